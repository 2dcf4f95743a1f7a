//! A certificate and its key, out of PEM files.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use time::{Date, OffsetDateTime};

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use x509::pem;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A certificate with its chain, and the key that belongs to it.
#[derive(Clone)]
pub struct Pair {
    pub(super) signing: Arc<CertifiedKey>,
    names: Vec<String>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

/// Why there is no pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// The file of the certificate is wrong.
    #[error("certificate {0}")]
    Certificate(Fault),
    /// The file of the key is wrong.
    #[error("key {0}")]
    Key(Fault),
    /// Each is right, and they are not of each other.
    #[error("the key is not that of the certificate")]
    Mismatch,
}

/// What is wrong with a file. Completes a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing of the kind is in it.
    #[error("holds no {wanted}: expected a PEM file with \"-----BEGIN {wanted}-----\"")]
    Nothing {
        /// The words of PEM for it.
        wanted: &'static str,
    },
    /// It begins as PEM does, and is broken; in the parser's words.
    #[error("is no intact PEM file: {0}")]
    Pem(String),
    /// What is in it cannot be understood; in the parser's words.
    #[error("holds a {what} that cannot be read: {reason}")]
    Content {
        /// Certificate or key.
        what: &'static str,
        /// In the parser's words.
        reason: String,
    },
    /// The key needs a pass phrase.
    #[error("holds a key with a pass phrase; take that off: openssl pkey -in FILE -out FILE")]
    PassPhrase,
}

/// What speaks against a certificate that can be served all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// Nobody who checks it accepts it any more.
    #[error("expired on {0}")]
    Expired(Day),
    /// Nobody who checks it accepts it yet.
    #[error("is not valid before {0}")]
    Early(Day),
    /// It expires within two weeks.
    #[error("expires on {0}")]
    Soon(Day),
}

/// A day in UTC: `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(Date);

impl Pair {
    /// From PEM text. `chain` begins with the certificate of the server; those between it and the root follow in order.
    /// Anything else in either text, such as the other of the two, is passed over.
    ///
    /// Errs when one of them cannot be used, or the key is another's. An expired certificate is no error: see
    /// [`Pair::doubt`].
    pub fn parse(chain: &[u8], key: &[u8]) -> Result<Pair, PairError> {
        let chain = certificates(chain).map_err(PairError::Certificate)?;
        let leaf = chain.first().ok_or(PairError::Certificate(Fault::Nothing { wanted: CERTIFICATE }))?;
        let unreadable =
            |reason: String| PairError::Certificate(Fault::Content { what: "certificate", reason });
        let (_, certificate) = X509Certificate::from_der(leaf).map_err(|err| unreadable(err.to_string()))?;
        let names = x509::names(&certificate);
        let validity = certificate.validity();
        let (not_before, not_after) = (validity.not_before.to_datetime(), validity.not_after.to_datetime());
        let key = pem::private_key(key).map_err(|fault| PairError::Key(Fault::of(fault, "PRIVATE KEY")))?;
        let signing = CertifiedKey::from_der(chain, key, &super::provider()).map_err(|err| match err {
            rustls::Error::InconsistentKeys(_) => PairError::Mismatch,
            rustls::Error::InvalidCertificate(err) => unreadable(format!("{err:?}")),
            err => PairError::Key(Fault::Content { what: "key", reason: err.to_string() }),
        })?;
        Ok(Pair { signing: Arc::new(signing), names, not_before, not_after })
    }

    /// The names and addresses that the certificate is for: `example.com`, `*.example.com`, `10.0.0.1`; names in lower case.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The last day on which it is valid.
    pub fn last_day(&self) -> Day {
        Day(self.not_after.date())
    }

    /// What the certificate has against it at `now`.
    pub fn doubt(&self, now: SystemTime) -> Option<Doubt> {
        let now = OffsetDateTime::from(now);
        if now > self.not_after {
            Some(Doubt::Expired(self.last_day()))
        } else if now < self.not_before {
            Some(Doubt::Early(Day(self.not_before.date())))
        } else if now + SOON > self.not_after {
            Some(Doubt::Soon(self.last_day()))
        } else {
            None
        }
    }
}

/// All certificates in a PEM text, in order.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    pem::certificates(text).map_err(|fault| Fault::of(fault, CERTIFICATE))
}

impl Fault {
    /// Of a text in which `wanted`, in the words of PEM, was looked for.
    fn of(fault: pem::Fault, wanted: &'static str) -> Fault {
        match fault {
            pem::Fault::Nothing => Fault::Nothing { wanted },
            pem::Fault::PassPhrase => Fault::PassPhrase,
            pem::Fault::Broken(reason) => Fault::Pem(reason),
        }
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("names", &self.names).finish_non_exhaustive()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const CERTIFICATE: &str = "CERTIFICATE";
/// An operator who reads the log once a week has time to act.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

#[cfg(test)]
#[path = "pair_test.rs"]
mod tests;
