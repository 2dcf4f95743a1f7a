//! The server's side of the handshake.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rustls::{AlertDescription, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream};
use tracing::{debug, warn};

use super::{Certificates, Socket};
use crate::repeats::SharedRepeats;

/// Shakes hands with those who connect to a listener with TLS.
#[derive(Clone)]
pub(crate) struct Acceptor {
    what: &'static str,
    tls: TlsAcceptor,
    trouble: Arc<SharedRepeats>,
    failed: Counter,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no handshake within {} s", HANDSHAKE.as_secs())]
    TimedOut,
    #[error("what came is not TLS; is the client meant to use {0}:// without the s, on its port?")]
    NotTls(&'static str),
    #[error("the client does not trust the certificate ({0:?})")]
    Distrust(AlertDescription),
    #[error(transparent)]
    Tls(rustls::Error),
    #[error(transparent)]
    Io(io::Error),
}

impl Acceptor {
    /// For the listener `what`, whose connections get the certificate that `certificates` has for them at that time.
    pub(crate) fn new(what: &'static str, certificates: Arc<Certificates>) -> Acceptor {
        Acceptor::speaking(what, certificates, &[])
    }

    /// The same, with a choice of `protocols` for the connection (ALPN, RFC 7301), the best first.
    pub(crate) fn speaking(
        what: &'static str,
        certificates: Arc<Certificates>,
        protocols: &[&[u8]],
    ) -> Acceptor {
        let mut config = ServerConfig::builder_with_provider(super::provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Acceptor {
            what,
            tls: TlsAcceptor::from(Arc::new(config)),
            trouble: Arc::default(),
            failed: Counter::default(),
        }
    }

    /// Counts handshakes that come to nothing in `failed`.
    pub(crate) fn counting(self, failed: Counter) -> Acceptor {
        Acceptor { failed, ..self }
    }

    /// Shakes hands; a peer has ten seconds for it. Nothing when that fails, which is logged.
    pub(crate) async fn accept(&self, socket: TcpStream, peer: SocketAddr) -> Option<Socket> {
        match self.shake_hands(socket).await {
            Ok(socket) => Some(socket),
            Err(failure) => {
                self.failed.inc();
                self.report(peer, &failure);
                None
            }
        }
    }

    async fn shake_hands(&self, socket: TcpStream) -> Result<Socket, Failure> {
        match tokio::time::timeout(HANDSHAKE, self.tls.accept(socket)).await {
            Ok(Ok(stream)) => Ok(Socket::Tls(Box::new(TlsStream::Server(stream)))),
            Ok(Err(err)) => Err(self.failure(err)),
            Err(_) => Err(Failure::TimedOut),
        }
    }

    fn failure(&self, err: io::Error) -> Failure {
        let tls = err.get_ref().and_then(|err| err.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidMessage(_)) => Failure::NotTls(self.what.trim_end_matches('s')),
            Some(rustls::Error::AlertReceived(
                alert @ (AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired),
            )) => Failure::Distrust(*alert),
            Some(err) => Failure::Tls(err.clone()),
            None => Failure::Io(err),
        }
    }

    fn report(&self, peer: SocketAddr, failure: &Failure) {
        let proto = self.what;
        // Scanners and health checks connect and go; they are no news.
        if matches!(failure, Failure::TimedOut | Failure::Io(_)) {
            debug!(proto, %peer, err = %failure, "TLS handshake failed");
            return;
        }
        if let Some(count) = self.trouble.count() {
            warn!(proto, %peer, err = %failure, count, "TLS handshake failed");
        }
    }
}

/// A handshake is two round trips and some milliseconds.
const HANDSHAKE: Duration = Duration::from_secs(10);

#[cfg(test)]
#[path = "accept_test.rs"]
mod tests;
