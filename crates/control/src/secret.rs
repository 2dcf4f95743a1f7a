//! Secrets that are handed out once: of them only a digest is kept.

use std::fmt;

use getrandom::Error as NoRandomness;
use sha2::{Digest as _, Sha256};

/// A secret of 256 random bits, as text that can stand in a header, a cookie or a URL. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is kept of a secret: enough to know it again, not enough to use it. It is the SHA-256 of the text; a slow hash is for what
/// people choose, and nobody guesses 256 bits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Secret {
    /// Makes one. Errs when the system has no randomness to give.
    pub fn generate() -> Result<Secret, NoRandomness> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        Ok(Secret(hex(&random)))
    }

    /// The secret itself, to be shown to the one it is for.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to keep of it.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl Fingerprint {
    /// That of a text which somebody says is a secret. Whoever looks it up learns nothing from the time that takes: what is
    /// compared is a digest, and nobody can choose one.
    pub fn of(text: &str) -> Fingerprint {
        Fingerprint(hex(&Sha256::digest(text.as_bytes())))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fingerprint").field(&&self.0[..8]).finish()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_secret_is_long_new_each_time_and_hidden() {
        let secret = Secret::generate().unwrap();
        assert_eq!(secret.reveal().len(), 64);
        assert_ne!(secret, Secret::generate().unwrap());
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        assert_eq!(secret.fingerprint(), Fingerprint::of(secret.reveal()));
    }

    #[test]
    fn a_fingerprint_is_the_sha_256() {
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Fingerprint::of("abc").as_str(), of_abc);
    }
}
