//! What shows a receiver that it was us.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::target::Dialect;
use crate::key::Key;
use crate::platform::seconds;
use crate::secret::hex;

/// The value of the header [`HEADER`] for `body`, sent `now`: `t=1795930215,v1=HEX`, where HEX is the HMAC-SHA256 of `1795930215.` and
/// the body. While a secret is rotated there is another `v1=` by the one before. `None` where nothing is signed.
pub(super) fn signature(dialect: &Dialect, body: &[u8], now: SystemTime) -> Option<String> {
    let Dialect::Sluice { secret, previous } = dialect else { return None };
    let time = seconds(now);
    let mut value = format!("t={time},v1={}", digest(secret, time, body));
    if let Some((previous, until)) = previous
        && now < *until
    {
        value = format!("{value},v1={}", digest(previous, time, body));
    }
    Some(value)
}

fn digest(secret: &Key, time: u64, body: &[u8]) -> String {
    let mut hmac =
        Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("HMAC takes keys of any length");
    hmac.update(format!("{time}.").as_bytes());
    hmac.update(body);
    hex(&hmac.finalize().into_bytes())
}

/// Where it stands.
pub(super) const HEADER: &str = "sluice-signature";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    const BODY: &[u8] = br#"{"event":"on_publish"}"#;

    #[test]
    fn it_is_what_others_make_of_the_same() {
        // Made with: printf '1795930215.{"event":"on_publish"}' | openssl dgst -sha256 -hmac the-secret-of-a-hook
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_930_215);
        let secret = Key::new("the-secret-of-a-hook").unwrap();
        let dialect = Dialect::Sluice { secret: secret.clone(), previous: None };
        let expected = "t=1795930215,v1=71e26a479b2a207f5b9ce67d39678f0b010eb823f5eaa7758d2f5a69b9f6264a";
        assert_eq!(signature(&dialect, BODY, now).unwrap(), expected);

        let other = Key::new("the-one-until-now").unwrap();
        let until = now + Duration::from_secs(1);
        let both = Dialect::Sluice { secret: other, previous: Some((secret, until)) };
        let value = signature(&both, BODY, now).unwrap();
        assert_eq!(value.matches("v1=").count(), 2);
        assert!(value.ends_with(&expected["t=1795930215,".len()..]), "{value}");
        assert_eq!(signature(&both, BODY, until).unwrap().matches("v1=").count(), 1, "its grace is over");
    }

    #[test]
    fn oryx_signs_nothing() {
        let dialect = Dialect::Oryx { opaque: String::new(), host: String::new() };
        assert_eq!(signature(&dialect, BODY, SystemTime::now()), None);
    }
}
