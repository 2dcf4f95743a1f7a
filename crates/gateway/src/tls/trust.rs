//! The client's side of the handshake: whom we believe.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::Socket;
use super::pair::{self, Fault};

/// Whom we believe to be who they say they are. Cheap to clone.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Those for whom an authority on Mozilla's list vouches, or one of `pem`: authorities of one's own, or the very
    /// certificates of servers that have signed theirs themselves.
    ///
    /// The list is the one that the program was built with, so that it does not matter what the machine has.
    ///
    /// Errs when there is no certificate in `pem`, or one that cannot be read.
    pub fn with_roots(pem: &[u8]) -> Result<Trust, Fault> {
        let mut roots = mozilla();
        for certificate in pair::certificates(pem)? {
            let added = roots.add(certificate);
            added.map_err(|err| Fault::Content { what: "certificate", reason: err.to_string() })?;
        }
        Ok(Trust::of(roots))
    }

    /// Everybody, whatever their certificate: what is sent can be read and changed by whoever stands between. Only for those
    /// who ask for it by name.
    pub fn insecure() -> Trust {
        Trust(Arc::new(x509::anybody::client(super::provider()).expect(VERSIONS)))
    }

    fn of(roots: RootCertStore) -> Trust {
        let config = ClientConfig::builder_with_provider(super::provider())
            .with_safe_default_protocol_versions()
            .expect(VERSIONS)
            .with_root_certificates(roots)
            .with_no_client_auth();
        Trust(Arc::new(config))
    }

    /// Shakes hands with the server `host`, a name or an address. How long that may take is the caller's business.
    ///
    /// Errs with the reason: the certificate is for another name, has expired, nobody vouches for it, …
    pub(crate) async fn connect(&self, host: &str, socket: TcpStream) -> io::Result<Socket> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|err| io::Error::new(io::ErrorKind::InvalidInput, err))?;
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, socket).await?;
        Ok(Socket::Tls(Box::new(TlsStream::Client(stream))))
    }
}

impl Default for Trust {
    /// Those for whom an authority on Mozilla's list vouches.
    fn default() -> Trust {
        Trust::of(mozilla())
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

fn mozilla() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

const VERSIONS: &str = "the provider has the cipher suites of TLS 1.2 and 1.3";
