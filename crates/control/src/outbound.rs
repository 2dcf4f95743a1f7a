//! Requests to other servers over HTTP and HTTPS.
//!
//! One connection a request, driven by whoever waits for the answer: nothing goes on when they have gone. Redirects are answers
//! as any other, so nobody is led to a server that was not asked for.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Asks other servers. A handle: clones share whom it believes, which is Mozilla's list of authorities.
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

    fn believing(roots: RootCertStore) -> Client {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Client { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// GETs `url`.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<Answer, Error> {
        let url: Uri = url.parse().map_err(|_| Error::Address)?;
        let asked = timeout(limits.time, self.ask(Method::GET, &url, Bytes::new(), limits.bytes));
        asked.await.map_err(|_| Error::Timeout { limit: limits.time })?
    }

    async fn ask(&self, method: Method, url: &Uri, body: Bytes, most: usize) -> Result<Answer, Error> {
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
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, named)
            .header(USER_AGENT, concat!("Sluice/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*")
            .body(Full::new(body))
            .map_err(|_| Error::Address)?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::Address)?;
        let port = authority.port_u16().unwrap_or(usual);
        let socket = TcpStream::connect((host, port)).await.map_err(Error::Connect)?;
        if scheme == "http" {
            return exchange(socket, request, most).await;
        }
        let socket = self.tls.connect(name, socket).await.map_err(Error::Connect)?;
        exchange(socket, request, most).await
    }
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

/// Sends `request` and reads the answer, while the connection runs beside it.
async fn exchange<S>(socket: S, request: Request<Full<Bytes>>, most: usize) -> Result<Answer, Error>
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
        Ok(Answer { status: head.status.as_u16(), body: body.to_bytes() })
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => {
            ended?;
            // What has come is there still.
            answer.await
        }
    }
}

#[cfg(test)]
#[path = "outbound_test.rs"]
mod tests;
