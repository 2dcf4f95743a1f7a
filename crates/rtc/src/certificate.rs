//! What a peer proves with, in the handshake, that it is the one of the answer.

use std::fmt;
use std::sync::Arc;

use str0m::config::DtlsCert;
use str0m::crypto;

/// A self-signed certificate for DTLS. Made once and shared: making one costs more than a session's handshake.
#[derive(Clone)]
pub struct Certificate {
    inner: Arc<Inner>,
}

struct Inner {
    certificate: DtlsCert,
    /// SHA-256, as descriptions have it.
    fingerprint: [u8; 32],
}

/// The crypto library made no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no certificate could be made")]
pub struct NoCertificate;

impl Certificate {
    /// A new one, with a new key.
    pub fn generate() -> Result<Certificate, NoCertificate> {
        let provider = crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate().ok_or(NoCertificate)?;
        let fingerprint = provider.sha256_provider.sha256(&certificate.certificate);
        Ok(Certificate { inner: Arc::new(Inner { certificate, fingerprint }) })
    }

    pub(crate) fn dtls(&self) -> DtlsCert {
        self.inner.certificate.clone()
    }

    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.inner.fingerprint
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}
