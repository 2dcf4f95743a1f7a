//! Passwords, of which only a slow hash is kept.

use std::fmt;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};

/// The hash of a password: Argon2id with 19 MiB and two passes (OWASP's first choice), as a PHC string. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

/// Why a text cannot be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadPassword {
    /// Guessed too easily, or too long to be hashed for strangers.
    #[error("a password has {} to {} characters, not {len}", Password::MIN_LEN, Password::MAX_LEN)]
    Length {
        /// Characters.
        len: usize,
    },
    /// It could not be hashed.
    #[error("the password cannot be hashed: {reason}")]
    Hash {
        /// What the library says.
        reason: String,
    },
}

impl Password {
    /// The shortest that somebody may choose here, in characters.
    pub const MIN_LEN: usize = 8;
    /// The longest.
    pub const MAX_LEN: usize = 256;

    /// The hash of `text`. Some tens of milliseconds of work.
    pub fn hash(text: &str) -> Result<Password, BadPassword> {
        let len = text.chars().count();
        if !(Password::MIN_LEN..=Password::MAX_LEN).contains(&len) {
            return Err(BadPassword::Length { len });
        }
        hashed(text)
    }

    /// The same for what the server's owner has written into its environment: as short as they like.
    pub(crate) fn of_owner(text: &str) -> Result<Password, BadPassword> {
        match text.chars().count() {
            len @ 0 => Err(BadPassword::Length { len }),
            len if len > Password::MAX_LEN => Err(BadPassword::Length { len }),
            _ => hashed(text),
        }
    }

    /// Whether `text` is the password. As much work as [`hash`](Password::hash).
    pub fn is(&self, text: &str) -> bool {
        let Ok(hash) = PasswordHash::new(&self.0) else { return false };
        text.chars().count() <= Password::MAX_LEN
            && Argon2::default().verify_password(text.as_bytes(), &hash).is_ok()
    }

    /// What is compared with when there is nobody, so that it takes as long.
    pub(super) fn of_nobody() -> &'static Password {
        static NOBODY: LazyLock<Password> =
            LazyLock::new(|| hashed("of nobody").unwrap_or_else(|_| Password(String::new())));
        &NOBODY
    }
}

fn hashed(text: &str) -> Result<Password, BadPassword> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(text.as_bytes())
        .map_err(|error| BadPassword::Hash { reason: error.to_string() })?;
    Ok(Password(hash.to_string()))
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_password_is_the_password() {
        let password = Password::hash("correct horse").unwrap();
        assert!(password.is("correct horse"));
        assert!(!password.is("correct horsf") && !password.is(""));
        assert!(password.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", password.0);
        assert_ne!(password, Password::hash("correct horse").unwrap(), "each has a salt of its own");
        assert!(!Password("damaged".to_owned()).is("damaged"));
        assert!(!format!("{password:?}").contains("argon2"));
    }

    #[test]
    fn short_and_endless_ones_are_refused() {
        assert_eq!(Password::hash("1234567").unwrap_err(), BadPassword::Length { len: 7 });
        assert!(Password::hash("äöüßäöüß").is_ok());
        assert_eq!(Password::hash(&"x".repeat(257)).unwrap_err(), BadPassword::Length { len: 257 });
    }
}
