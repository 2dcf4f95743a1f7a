//! A certificate of our own making, for a server that has no other.

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use time::OffsetDateTime;

/// A certificate that nobody vouches for, and its key, as PEM texts. It encrypts as well as any other; who is to trust it has
/// to be told to.
pub struct SelfSigned {
    /// The certificate.
    pub certificate: String,
    /// Its key, which is a secret.
    pub key: String,
}

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a certificate: {0}")]
pub struct MakeError(#[from] rcgen::Error);

impl SelfSigned {
    /// A certificate for `names`, which are host names or IP addresses, valid for two years from the day before `now`.
    ///
    /// Errs when a name is no name.
    pub fn make(names: impl IntoIterator<Item = String>, now: SystemTime) -> Result<SelfSigned, MakeError> {
        let names: Vec<String> = names.into_iter().collect();
        let mut params = CertificateParams::new(names.clone())?;
        let now = OffsetDateTime::from(now);
        // Clocks differ.
        params.not_before = now - DAY;
        params.not_after = now + VALID;
        let common = names.into_iter().next().unwrap_or_else(|| "localhost".to_owned());
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Sluice, self-signed");
        params.distinguished_name.push(DnType::CommonName, common);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // ECDSA P-256: every TLS stack in use has it, and a handshake costs little.
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(SelfSigned { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Apple's clients accept up to 825 days.
const VALID: Duration = Duration::from_secs(2 * 365 * 24 * 3600);
