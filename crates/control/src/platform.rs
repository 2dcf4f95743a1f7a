//! Administration as scripts written for Oryx know it: one password, one secret, and tokens that follow from the secret.
//!
//! Source: Oryx 5.15 `mgmt/init`, `mgmt/login`, `mgmt/token`, and its rule for credentials.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use store::{Store, Typed};
use subtle::ConstantTimeEq;

use crate::accounts::{self, Accounts};
use crate::secret::hex;

/// The one password is that of the first admin. Owns the API secret, which is that of this run.
pub struct Platform {
    accounts: Arc<Accounts>,
    secret: String,
    open_init: bool,
}

/// A token, and how long it holds.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// To be sent in `token`.
    pub token: String,
    /// Since when.
    pub created: SystemTime,
    /// Until when.
    pub expires: SystemTime,
}

/// Why somebody is not known, in Oryx's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Neither a header nor a token.
    #[error("no Authorization or token")]
    Nothing,
    /// A header that is not `Bearer SECRET`.
    #[error("parse bearer token: Invalid Authorization format")]
    Header,
    /// Another secret.
    #[error("invalid bearer token")]
    Bearer,
    /// A token that does not hold.
    #[error("verify token: {reason}")]
    Token {
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is a password.
    #[error("already initialized")]
    Initialized,
    /// Nobody may set the first password without the setup token.
    #[error(
        "set the server up with the setup token that it prints when it starts, \
         or start it with SLUICE_OPEN_INIT=on to let anybody set the first password here"
    )]
    SetupTokenNeeded,
    /// There is no password.
    #[error("not init")]
    NotInitialized,
    /// Nothing was given.
    #[error("no password")]
    NoPassword,
    /// Another password was given.
    #[error("invalid password, wait 10s")]
    WrongPassword,
    /// The address has guessed, and waits.
    #[error("login is running, try later")]
    TooManyTries,
    /// A password alone does not do.
    #[error("the account has a second factor, so no password opens this; use the API secret")]
    SecondFactor,
    /// The account could not be made or looked at.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A token could not be made.
    #[error("cannot make a token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The system has no randomness to give.
    #[error("no randomness for a secret: {0}")]
    Randomness(#[from] getrandom::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    v: String,
    nonce: String,
    iat: u64,
    exp: u64,
}

/// What else a token claims does not matter.
#[derive(Deserialize)]
struct AnyClaims {}

impl Platform {
    /// With `chosen` as the API secret, if the owner chose one; else with the one that `store` keeps, made at the first start.
    /// `open_init` lets anybody set the first password.
    pub fn open(
        store: &dyn Store,
        accounts: Arc<Accounts>,
        chosen: Option<String>,
        open_init: bool,
    ) -> Result<Platform, Error> {
        let secret = match chosen {
            Some(chosen) => chosen,
            None => match store.read::<String>(SECRET)?.filter(|kept| !kept.is_empty()) {
                Some(kept) => kept,
                None => {
                    let mut random = [0; 16];
                    getrandom::fill(&mut random)?;
                    let secret = format!("srs-v2-{}", hex(&random));
                    store.write(SECRET, &secret)?;
                    secret
                }
            },
        };
        Ok(Platform { accounts, secret, open_init })
    }

    /// The API secret, to be shown to whoever is known.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether there is a password.
    pub fn is_initialized(&self) -> Result<bool, Error> {
        Ok(self.accounts.first_admin()?.is_some())
    }

    /// Sets the first password: that of the account `admin`.
    pub fn initialize(&self, password: &str) -> Result<Ticket, Error> {
        if self.is_initialized()? {
            return Err(Error::Initialized);
        }
        if !self.open_init {
            return Err(Error::SetupTokenNeeded);
        }
        match self.accounts.first(FIRST, password) {
            Err(accounts::Error::SetUpAlready) => Err(Error::Initialized),
            Err(error) => Err(error.into()),
            Ok(_) => self.issue(),
        }
    }

    /// A token for who knows the password. `from` is the address that asks: it waits as one that logs in by name, and the caller lets
    /// a wrong one wait longer.
    pub fn log_in(&self, password: &str, from: IpAddr) -> Result<Ticket, Error> {
        let admin = self.accounts.first_admin()?.ok_or(Error::NotInitialized)?;
        if password.is_empty() {
            return Err(Error::NoPassword);
        }
        let admin = match self.accounts.confirm(&admin.name, password, from) {
            Err(accounts::Error::WrongPassword) => return Err(Error::WrongPassword),
            Err(accounts::Error::TooManyTries { .. }) => return Err(Error::TooManyTries),
            other => other?,
        };
        if admin.second_factor {
            return Err(Error::SecondFactor);
        }
        self.issue()
    }

    /// A token. It holds for a year, or until there is another secret.
    pub fn issue(&self) -> Result<Ticket, Error> {
        let created = SystemTime::now();
        let expires = created + LASTS;
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce)?;
        let claims =
            Claims { v: "1.0".to_owned(), nonce: hex(&nonce), iat: seconds(created), exp: seconds(expires) };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?;
        Ok(Ticket { token, created, expires })
    }

    /// Whether somebody is known by the header `Authorization` or, where there is none, by `token`. A header decides alone.
    pub fn authenticate(&self, header: Option<&str>, token: &str) -> Result<(), Refused> {
        let header = header.unwrap_or_default();
        if header.is_empty() && token.is_empty() {
            return Err(Refused::Nothing);
        }
        if !header.is_empty() {
            let parts: Vec<&str> = header.split(' ').collect();
            let [scheme, secret] = parts[..] else { return Err(Refused::Header) };
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Refused::Header);
            }
            let same: bool = secret.as_bytes().ct_eq(self.secret.as_bytes()).into();
            return if same { Ok(()) } else { Err(Refused::Bearer) };
        }
        self.verify(token)
    }

    fn verify(&self, token: &str) -> Result<(), Refused> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.algorithms = vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
        rules.leeway = 0;
        rules.validate_nbf = true;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let key = DecodingKey::from_secret(self.secret.as_bytes());
        match jsonwebtoken::decode::<AnyClaims>(token, &key, &rules) {
            Ok(_) => Ok(()),
            Err(error) => Err(Refused::Token {
                reason: match error.kind() {
                    ErrorKind::InvalidToken => "token contains an invalid number of segments",
                    ErrorKind::InvalidSignature => "signature is invalid",
                    ErrorKind::ExpiredSignature => "token is expired",
                    ErrorKind::ImmatureSignature => "token is not valid yet",
                    ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
                        "signing method is invalid"
                    }
                    _ => "token is malformed",
                },
            }),
        }
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform").field("open_init", &self.open_init).finish()
    }
}

/// Unix seconds, as tokens tell times.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The account that a password alone belongs to.
const FIRST: &str = "admin";
/// Where the API secret is in the store, as a JSON string.
const SECRET: &str = "platform/secret";
const LASTS: Duration = Duration::from_secs(8_760 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use store::Embedded;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn platform(open_init: bool) -> (tempfile::TempDir, Arc<Embedded>, Platform) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(folder.path()).unwrap());
        let accounts = Arc::new(Accounts::open(store.clone()).unwrap());
        let platform = Platform::open(&*store, accounts, None, open_init).unwrap();
        (folder, store, platform)
    }

    #[test]
    fn the_secret_is_made_once_and_a_chosen_one_goes_before_it() {
        let (_folder, store, platform) = platform(true);
        assert!(platform.secret().starts_with("srs-v2-") && platform.secret().len() == 39);
        let again = |chosen| Platform::open(&*store, Arc::clone(&platform.accounts), chosen, true).unwrap();
        assert_eq!(again(None).secret(), platform.secret());
        let token = platform.issue().unwrap().token;
        assert_eq!(again(None).authenticate(None, &token), Ok(()));
        let other = again(Some("another".to_owned()));
        let refused = Refused::Token { reason: "signature is invalid" };
        assert_eq!(other.authenticate(None, &token), Err(refused), "another secret ends all tokens");
        assert_eq!(again(None).secret(), platform.secret(), "it is not kept");
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let (_folder, store, platform) = platform(true);
        store.write(SECRET, "").unwrap();
        let again = Platform::open(&*store, Arc::clone(&platform.accounts), None, true).unwrap();
        assert!(again.secret().len() > 20);
    }

    #[test]
    fn a_header_decides_alone() {
        let (_folder, _store, platform) = platform(true);
        let token = platform.issue().unwrap().token;
        let good = format!("Bearer {}", platform.secret());
        assert_eq!(platform.authenticate(Some(&good), "nonsense"), Ok(()));
        assert_eq!(platform.authenticate(Some(&good.replace("Bearer", "bEARER")), ""), Ok(()));
        assert_eq!(platform.authenticate(Some("Bearer wrong"), &token), Err(Refused::Bearer));
        for header in ["Bearer", "Basic abc", &good.replace(' ', "  "), "Bearer a b"] {
            assert_eq!(platform.authenticate(Some(header), &token), Err(Refused::Header), "{header}");
        }
        assert_eq!(platform.authenticate(None, ""), Err(Refused::Nothing));
        assert_eq!(platform.authenticate(Some(""), &token), Ok(()));
        let refused = |token: &str| platform.authenticate(None, token).unwrap_err().to_string();
        assert_eq!(refused("x"), "verify token: token contains an invalid number of segments");
        assert_eq!(refused(&format!("{token}x")), "verify token: signature is invalid");
    }

    #[test]
    fn a_token_without_a_signature_is_none() {
        let (_folder, _store, platform) = platform(true);
        let token = platform.issue().unwrap().token;
        let claims = token.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        assert!(platform.authenticate(None, &unsigned).is_err());
    }

    #[test]
    fn the_first_password_needs_leave_and_is_set_once() {
        let (_folder, _store, closed) = platform(false);
        assert!(!closed.is_initialized().unwrap());
        assert!(closed.initialize("12345678").unwrap_err().to_string().contains("setup token"));
        assert!(matches!(closed.log_in("x", HERE), Err(Error::NotInitialized)));
        let (_folder, _store, open) = platform(true);
        let ticket = open.initialize("12345678").unwrap();
        assert_eq!(open.authenticate(None, &ticket.token), Ok(()));
        assert!(matches!(open.initialize("12345678"), Err(Error::Initialized)));
        assert!(matches!(open.log_in("", HERE), Err(Error::NoPassword)));
        assert!(matches!(open.log_in("87654321", HERE), Err(Error::WrongPassword)));
        let ticket = open.log_in("12345678", HERE).unwrap();
        assert_eq!(ticket.expires.duration_since(ticket.created).unwrap(), LASTS);
    }
}
