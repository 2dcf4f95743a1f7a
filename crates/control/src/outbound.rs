//! Requests to other servers over HTTP and HTTPS.
//!
//! One connection a request, driven by whoever waits for the answer: nothing goes on when they have gone. Redirects are answers
//! as any other, so nobody is led to a server that was not asked for; but for those who ask as Go's client does: see [`go`].

mod go;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Asks other servers. A handle: clones share whom it believes, which is Mozilla's list of authorities unless said otherwise.
#[derive(Clone)]
pub struct Client {
    tls: TlsConnector,
}

/// What one request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the look-up of the name to the last byte of the answer.
    pub time: Duration,
    /// Of the answer's body.
    pub bytes: usize,
}

/// What a server answered, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither `http://host/…` nor `https://host/…`.
    #[error("not the address of an HTTP server")]
    Address,
    /// There is no such port.
    #[error("not the address of an HTTP server: a port is a number from 1 to 65535")]
    Port,
    /// Each answer leads to another.
    #[error("no answer after {limit} requests, each of which led to the next")]
    TooManyRedirects {
        /// What was allowed.
        limit: usize,
    },
    /// The server cannot be found or reached, or nobody vouches for it.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// What came is not HTTP, or the connection broke.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// It took too long.
    #[error("no answer within {} s", .limit.as_secs_f32())]
    Timeout {
        /// What was allowed.
        limit: Duration,
    },
    /// The body is too large.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// What was allowed.
        limit: usize,
    },
}

impl Client {
    /// Believes the authorities that were built in.
    pub fn new() -> Client {
        Client::believing(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Believes the authorities of the PEM text `roots` as well. Errs with what is wrong with the text.
    pub fn with_roots(roots: &[u8]) -> Result<Client, String> {
        let mut all = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let known = all.len();
        for root in CertificateDer::pem_slice_iter(roots) {
            let added = root.map_err(|err| err.to_string()).map(|root| all.add(root));
            added?.map_err(|err| err.to_string())?;
        }
        if all.len() == known {
            return Err("holds no CERTIFICATE".to_owned());
        }
        Ok(Client::believing(all))
    }

    fn believing(roots: RootCertStore) -> Client {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect(VERSIONS)
            .with_root_certificates(roots)
            .with_no_client_auth();
        Client { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Believes whoever answers: what is sent is hidden from those who listen, and not from those who can redirect it. For
    /// servers in one's own network whose certificates nobody vouches for.
    pub fn believing_anybody() -> Client {
        let config = x509::anybody::client(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        let config = config.expect(VERSIONS);
        Client { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// GETs `url`.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<Answer, Error> {
        self.ask(Method::GET, url, HeaderMap::new(), Bytes::new(), limits).await
    }

    /// POSTs the JSON `body` to `url`, with `headers` beside those that every request has.
    pub async fn post_json(
        &self,
        url: &str,
        mut headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Error> {
        headers.insert(CONTENT_TYPE, JSON);
        self.ask(Method::POST, url, headers, body, limits).await
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Error> {
        let request = Request::builder().method(method).uri(address(url)?).header(ACCEPT, "*/*");
        let mut request = request.body(Full::new(body)).map_err(|_| Error::Address)?;
        request.headers_mut().extend(headers);
        let (head, body) = self.send(request, limits).await?.into_parts();
        Ok(Answer { status: head.status.as_u16(), body })
    }

    /// Sends `request`, whose address is whole (`https://host/path`); gives the answer with its headers.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Error> {
        let sent = timeout(limits.time, self.dispatch(request, limits.bytes));
        sent.await.map_err(|_| Error::Timeout { limit: limits.time })?
    }

    async fn dispatch(&self, request: Request<Full<Bytes>>, most: usize) -> Result<Response<Bytes>, Error> {
        let url = request.uri().clone();
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err(Error::Address);
        };
        let usual = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(Error::Address),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        // Whoever it was meant for, a name and a password of the address are not for the header.
        let named = authority.as_str().rsplit('@').next().unwrap_or_default();
        let (mut head, body) = request.into_parts();
        head.uri = path.parse().map_err(|_| Error::Address)?;
        head.headers.insert(HOST, HeaderValue::try_from(named).map_err(|_| Error::Address)?);
        head.headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let request = Request::from_parts(head, body);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::Address)?;
        let port = port(authority)?.unwrap_or(usual);
        let socket = connect(host, port).await.map_err(Error::Connect)?;
        if scheme == "http" {
            return exchange(socket, request, most).await;
        }
        let socket = self.tls.connect(name, socket).await.map_err(Error::Connect)?;
        exchange(socket, request, most).await
    }
}

/// Tries one address after the other: a host may have one of IPv6 that leads nowhere.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut addresses = lookup_host((host, port)).await?.peekable();
    let mut failed = io::ErrorKind::NotFound.into();
    while let Some(address) = addresses.next() {
        let attempt = TcpStream::connect(address);
        let connected = match addresses.peek() {
            Some(_) => {
                timeout(ATTEMPT, attempt).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            }
            None => attempt.await,
        };
        match connected {
            Ok(socket) => return Ok(socket),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// The address of an HTTP server that is written as `url`.
pub(crate) fn address(url: &str) -> Result<Uri, Error> {
    let url: Uri = url.parse().map_err(|_| Error::Address)?;
    let authority = url.authority().filter(|authority| !authority.host().is_empty()).ok_or(Error::Address)?;
    port(authority)?;
    match url.scheme_str() {
        Some("http" | "https") => Ok(url),
        _ => Err(Error::Address),
    }
}

/// The port of an address, if it names one. The library takes one that there is not for none.
fn port(authority: &Authority) -> Result<Option<u16>, Error> {
    let named = authority.as_str().rsplit('@').next().unwrap_or_default();
    let digits = named.strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':'));
    match digits {
        None | Some("") => Ok(None),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0).map(Some).ok_or(Error::Port)
        }
        Some(_) => Err(Error::Port),
    }
}

/// Sends `request` and reads the answer, while the connection runs beside it.
async fn exchange<S>(socket: S, request: Request<Full<Bytes>>, most: usize) -> Result<Response<Bytes>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let read = Limited::new(body, most).collect().await;
        let body = read.map_err(|error| match error.downcast::<hyper::Error>() {
            Ok(broken) => Error::Http(*broken),
            Err(other) => {
                debug_assert!(other.is::<LengthLimitError>(), "a body breaks or is too large: {other}");
                Error::TooLarge { limit: most }
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => {
            // What has come is there still, and may be all of it: some servers cut TLS off behind their answer without a word.
            match answer.await {
                Ok(answer) => Ok(answer),
                Err(error) => {
                    ended?;
                    Err(error)
                }
            }
        }
    }
}

/// To connect to one address that is not the last.
const ATTEMPT: Duration = Duration::from_secs(1);
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: &str = concat!("Sluice/", env!("CARGO_PKG_VERSION"));
const VERSIONS: &str = "the provider has the cipher suites of TLS 1.2 and 1.3";

#[cfg(test)]
#[path = "outbound_test.rs"]
mod tests;
