//! The second factor: codes that an app on a phone shows (RFC 6238 with SHA-1, six digits, 30 s, as every such app does).

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};

use super::{Accounts, Error, Kept, User, unknown};

/// What is kept of somebody's second factor. `Debug` is left out on purpose.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Factor {
    /// In base32.
    secret: String,
    /// The step of the last code that was taken: each is taken once.
    last: u64,
}

impl Factor {
    /// The one of `secret`, if `code` is what it shows now.
    fn confirmed(secret: &str, code: &str) -> Result<Factor, Error> {
        let factor = Factor { secret: secret.to_owned(), last: 0 };
        factor.totp().ok_or(Error::FactorSecret)?;
        factor.after(code).ok_or(Error::WrongCode)
    }

    /// The same after `code` was taken; `None` when it is wrong, or was taken before.
    pub(super) fn after(&self, code: &str) -> Option<Factor> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let step = self.totp()?.check(code.trim(), now.as_secs())?;
        (step > self.last).then(|| Factor { last: step, ..self.clone() })
    }

    fn totp(&self) -> Option<Totp> {
        let secret = Secret::try_from_base32(&self.secret).ok()?;
        // Long enough by RFC 4226, or the library refuses it.
        Builder::new().with_secret(secret).build().ok()
    }
}

/// A secret for a second factor, to be put into an app and then given to [`Accounts::set_factor`] with the code it shows: 160 random bits
/// in base32.
pub fn new_factor() -> Result<String, Error> {
    let mut random = [0; 20];
    getrandom::fill(&mut random)?;
    Ok(Secret::from(random.to_vec()).to_base32())
}

impl Accounts {
    /// From now on `name` logs in with a code as well. `secret` is in base32; `code` shows that the app has it.
    pub fn set_factor(&self, name: &str, secret: &str, code: &str) -> Result<User, Error> {
        let factor = Factor::confirmed(secret, code)?;
        self.change_factor(name, Some(factor))
    }

    /// From now on `name` logs in with the password alone.
    pub fn remove_factor(&self, name: &str) -> Result<User, Error> {
        self.change_factor(name, None)
    }

    fn change_factor(&self, name: &str, factor: Option<Factor>) -> Result<User, Error> {
        let kept = self.users.update(name, |kept| Ok::<_, Error>(Kept { factor: factor.clone(), ..kept }))?;
        Ok(kept.ok_or_else(|| unknown(name))?.user(name))
    }

    /// Takes `code` for `name`, who has a second factor. Of two who give the same one at a time, one is let in.
    pub(super) fn take_code(&self, name: &str, code: &str) -> Result<(), Error> {
        let taken = self.users.update(name, |kept| {
            let factor = kept.factor.as_ref().and_then(|factor| factor.after(code));
            let factor = factor.ok_or(Error::WrongCode)?;
            Ok::<_, Error>(Kept { factor: Some(factor), ..kept })
        })?;
        taken.map(drop).ok_or_else(|| unknown(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const PASSWORD: &str = "correct horse";

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(Arc::new(store::Embedded::open(folder.path()).unwrap())).unwrap();
        accounts.first("ann", PASSWORD).unwrap();
        (folder, accounts)
    }

    /// What the app shows, `steps` of 30 s from now.
    fn shown(secret: &str, steps: i64) -> String {
        let totp = Factor { secret: secret.to_owned(), last: 0 }.totp().unwrap();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        totp.generate(now.checked_add_signed(steps * 30).unwrap()).to_string()
    }

    #[test]
    fn a_code_is_asked_for_and_taken_once() {
        let (_folder, accounts) = accounts();
        let secret = new_factor().unwrap();
        assert_eq!(secret.len(), 32);
        assert!(matches!(accounts.set_factor("ann", &secret, "000"), Err(Error::WrongCode)));
        // The one before, so that the one of now is not taken yet.
        assert!(accounts.set_factor("ann", &secret, &shown(&secret, -1)).unwrap().second_factor);
        assert!(matches!(accounts.check("ann", PASSWORD, None, HERE), Err(Error::CodeNeeded)));
        assert!(matches!(accounts.check("ann", "wrong horse", None, HERE), Err(Error::WrongPassword)));
        assert!(matches!(accounts.check("ann", PASSWORD, Some("123"), HERE), Err(Error::WrongCode)));
        let code = shown(&secret, 1);
        accounts.check("ann", PASSWORD, Some(&code), HERE).unwrap();
        assert!(matches!(accounts.check("ann", PASSWORD, Some(&code), HERE), Err(Error::WrongCode)));
        assert!(!accounts.remove_factor("ann").unwrap().second_factor);
        accounts.check("ann", PASSWORD, None, HERE).unwrap();
    }

    #[test]
    fn who_guesses_codes_waits() {
        let (_folder, accounts) = accounts();
        let secret = new_factor().unwrap();
        accounts.set_factor("ann", &secret, &shown(&secret, 0)).unwrap();
        for _ in 0..4 {
            assert!(matches!(accounts.check("ann", PASSWORD, Some("1"), HERE), Err(Error::WrongCode)));
        }
        let code = shown(&secret, 1);
        assert!(matches!(
            accounts.check("ann", PASSWORD, Some(&code), HERE),
            Err(Error::TooManyTries { .. })
        ));
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        let (_folder, accounts) = accounts();
        for secret in ["", "AAAA", "not base32!"] {
            assert!(
                matches!(accounts.set_factor("ann", secret, "123456"), Err(Error::FactorSecret)),
                "{secret}"
            );
        }
    }
}
