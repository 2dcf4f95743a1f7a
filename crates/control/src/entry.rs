//! What the things have in common that people make by hand: each has a label, a name that we give it, and there are only so many.

use crate::secret::hex;

/// Why one was not made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The system has no randomness to give.
    #[error("no randomness for a secret: {0}")]
    Randomness(#[from] getrandom::Error),
    /// It has to say what it is for.
    #[error("a label has 1 to {MAX_LABEL} characters, none of which is invisible or turns text around")]
    Label,
    /// A field makes no sense.
    #[error("{reason}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There are as many as there may be.
    #[error("{whose} has {most} {what} already")]
    TooMany {
        /// The server, or what it is for.
        whose: &'static str,
        /// What there are too many of.
        what: &'static str,
        /// The most there may be.
        most: usize,
    },
    /// Another one has that.
    #[error("{what} is taken")]
    Taken {
        /// What cannot be had twice.
        what: &'static str,
    },
    /// There is none of that name.
    #[error("there is no {what} {id}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        id: String,
    },
    /// A pass could not be signed.
    #[error("cannot sign a pass: {0}")]
    Signature(#[from] jsonwebtoken::errors::Error),
}

/// A label of somebody's own, without space around it.
pub fn good_label(label: &str) -> Result<String, Error> {
    let label = label.trim();
    match label.chars().count() {
        1..=MAX_LABEL if !label.chars().any(hub::key::is_deceptive) => Ok(label.to_owned()),
        _ => Err(Error::Label),
    }
}

/// A name that nothing else has: 16 hexadecimal digits. It is no secret.
pub fn fresh_id() -> Result<String, getrandom::Error> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(hex(&random))
}

/// The same as other programs expect it: a UUID of version 4 (RFC 9562).
pub fn uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}

/// Characters of a label.
const MAX_LABEL: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_version_4() {
        let id = uuid().unwrap();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]), "{id}");
        assert_ne!(id, uuid().unwrap());
    }
}
