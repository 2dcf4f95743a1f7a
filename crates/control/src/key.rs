//! A publish key: a secret that is told from other text without telling anything else.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

/// The secret that lets somebody publish. Kept out of logs: `Debug` hides it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// What a key may hold beside letters and digits.
const MARKS: &str = "._~-!$()*+,;=:@";

/// Why a text cannot be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadKey {
    /// It would be found in the names of streams by accident.
    #[error("it has {len} characters; use {} to {}", Key::MIN_LEN, Key::MAX_LEN)]
    Length {
        /// Its length in bytes.
        len: usize,
    },
    /// Encoders and players would not send it as it is.
    #[error("it contains {found:?}; use letters, digits and {MARKS} only")]
    Character {
        /// The first offender.
        found: char,
    },
}

impl Key {
    /// The shortest key, in bytes. A key counts wherever it is found in the address, so a short one is found by accident.
    pub const MIN_LEN: usize = 8;
    /// The longest, in bytes.
    pub const MAX_LEN: usize = 128;

    /// Takes `text` for a key. It must consist of characters that stand in a query as they are (RFC 3986 `query`, less
    /// what separates parameters or ends a quotation), since addresses are compared as they are sent.
    pub fn new(text: impl Into<String>) -> Result<Key, BadKey> {
        let text = text.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || MARKS.contains(c);
        if let Some(found) = text.chars().find(|c| !plain(*c)) {
            return Err(BadKey::Character { found });
        }
        match text.len() {
            Key::MIN_LEN..=Key::MAX_LEN => Ok(Key(text)),
            len => Err(BadKey::Length { len }),
        }
    }

    /// Makes one: 128 bits of the system's randomness as 32 hexadecimal digits. Errs when the system has none to give.
    pub fn generate() -> Result<Key, getrandom::Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        Ok(Key(crate::secret::hex(&random)))
    }

    /// Makes one of 64 bits as 16 digits, for devices with small fields: too many to be guessed by asking.
    pub fn generate_short() -> Result<Key, getrandom::Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random)?;
        Ok(Key(crate::secret::hex(&random)))
    }

    /// The secret itself, to be shown to the one who owns the server.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the key is a part of `text`, in time that depends on nothing but the two lengths.
    ///
    /// An ordinary search stops at the first byte that differs, so whoever measures answers finds the key byte by byte.
    /// Here every place of `text` is compared with the whole key, each comparison runs to its end
    /// ([`ConstantTimeEq`] on slices of equal length), and the outcomes are joined without a branch; only the last
    /// one is looked at. That costs `text.len() * key.len()` byte comparisons, so the caller bounds `text`.
    ///
    /// The length of the key does show: it is no secret (32 unless the owner chose another).
    pub(crate) fn is_in(&self, text: &[u8]) -> Choice {
        let key = self.0.as_bytes();
        text.windows(key.len()).fold(Choice::from(0), |found, window| found | window.ct_eq(key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Key {}

impl TryFrom<String> for Key {
    type Error = BadKey;

    fn try_from(text: String) -> Result<Key, BadKey> {
        Key::new(text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_generated_key_is_32_hex_digits_and_never_the_same() {
        let key = Key::generate().unwrap();
        assert_eq!(key.reveal().len(), 32);
        assert!(key.reveal().bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(key, Key::generate().unwrap());
        assert_eq!(Key::new(key.reveal()).unwrap(), key);
    }

    #[test]
    fn a_key_that_addresses_cannot_carry_is_refused() {
        assert_eq!(Key::new("").unwrap_err(), BadKey::Length { len: 0 });
        assert_eq!(Key::new("1234567").unwrap_err(), BadKey::Length { len: 7 });
        assert_eq!(Key::new("k".repeat(129)).unwrap_err(), BadKey::Length { len: 129 });
        for (text, found) in
            [("a&bcdefgh", '&'), ("a bcdefgh", ' '), ("pässword1", 'ä'), ("12345678\n", '\n')]
        {
            assert_eq!(Key::new(text).unwrap_err(), BadKey::Character { found });
        }
        assert!(Key::new("A-z_0.9~c2VjcmV0Cg==").is_ok());
    }

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Some(Key::new("topsecret").unwrap())), "Some(Key(…))");
    }

    #[test]
    fn the_search_agrees_with_the_ordinary_one() {
        let key = Key::new("abababac").unwrap();
        for text in [
            "",
            "a",
            "abababac",
            "xabababac",
            "abababacx",
            "ababababac",
            "abababab",
            "ABABABAC",
            "ababab%61c",
        ] {
            assert_eq!(bool::from(key.is_in(text.as_bytes())), text.contains(key.reveal()), "{text}");
        }
    }
}
