//! Names and secrets of sessions.

use rtc::Credentials;

/// What ICE goes by. The username fragment is also the session's name.
pub(super) fn credentials() -> Credentials {
    Credentials::new(random(16), random(32)).expect("letters and digits, and enough of them")
}

/// What a client shows to steer its session over HTTP.
pub(super) fn token() -> String {
    random(32)
}

/// What nobody but the session itself knows.
pub(super) fn secret() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness once it runs");
    bytes
}

/// `count` characters of 5 random bits each. All of them are ice-chars (RFC 8839 §5.4) and need no escape in a URL, where `+` and `/` would.
fn random(count: usize) -> String {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).expect("the system has randomness once it runs");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// 32 characters, so that each has the same chance.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_and_never_the_same() {
        let (one, two) = (credentials(), credentials());
        assert_ne!(one.ufrag(), two.ufrag());
        assert_ne!(one.password(), two.password());
        // RFC 8445 §5.3: at least 24 and 128 bits.
        assert!(one.ufrag().len() * 5 >= 24 && one.password().len() * 5 >= 128 && token().len() * 5 >= 128);
    }
}
