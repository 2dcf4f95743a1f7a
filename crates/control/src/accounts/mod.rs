//! Who has an account, and who is logged in.
//!
//! People have a name, a password and a [`Role`]. The first one is made with the setup secret, which the server shows where
//! only its owner looks. Everything here blocks, on the disk or, with passwords, for tens of milliseconds of work.

mod backoff;
mod password;
mod session;
mod token;
mod totp;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use store::{Collection, Store};

use crate::permission::{Permission, Role};
use crate::secret::{Fingerprint, Secret, hex};
use backoff::Backoff;

pub use password::{BadPassword, Password};
pub use session::{Login, LoginId};
pub use token::{Bearer, SUPPORT, Support, Token, TokenId};
pub use totp::new_factor;

/// Every account of this server and every login. Owns them: nobody else writes what the store keeps below `users/`, `logins/` and
/// `tokens/`.
#[derive(Debug)]
pub struct Accounts {
    users: Collection<Kept>,
    logins: Collection<Login>,
    tokens: Collection<Token>,
    /// There while nobody has an account.
    setup: Mutex<Option<Secret>>,
    /// Held while what is true of all accounts together is looked at and changed.
    changing: Mutex<()>,
    backoff: Mutex<Backoff>,
    logins_tried: Family<[(&'static str, &'static str); 1], Counter>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What they log in with: see [`name`].
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created: SystemTime,
    /// Whether they log in with a code as well.
    pub second_factor: bool,
    /// That of the password they have: see [`Kept::stamp`].
    stamp: String,
}

/// What the store has of an account.
#[derive(Serialize, Deserialize)]
struct Kept {
    role: Role,
    password: Password,
    created: SystemTime,
    /// New with each password: logins made with one end with it, also those that are being made while it is changed, and nobody
    /// gets those of somebody who had the name before.
    stamp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    factor: Option<totp::Factor>,
}

impl Kept {
    fn user(&self, name: &str) -> User {
        let second_factor = self.factor.is_some();
        let (name, stamp) = (name.to_owned(), self.stamp.clone());
        User { name, role: self.role, created: self.created, second_factor, stamp }
    }
}

impl Accounts {
    /// The accounts that `store` keeps.
    pub fn open(store: Arc<dyn Store>) -> Result<Accounts, Error> {
        let users = Collection::<Kept>::new(Arc::clone(&store), "users/");
        let setup = if users.is_empty()? { Some(Secret::generate()?) } else { None };
        Ok(Accounts {
            users,
            logins: Collection::new(Arc::clone(&store), "logins/"),
            tokens: Collection::new(store, "tokens/"),
            setup: Mutex::new(setup),
            changing: Mutex::default(),
            backoff: Mutex::default(),
            logins_tried: Family::default(),
        })
    }

    /// Adds what there is to know of passwords that are tried to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        for outcome in ["right", "wrong", "too_many"] {
            let _ = self.logins_tried.get_or_create(&[("outcome", outcome)]);
        }
        registry.register(
            "passwords_tried",
            "Passwords and codes that were tried, by outcome",
            self.logins_tried.clone(),
        );
    }

    fn tried(&self, outcome: &'static str) {
        self.logins_tried.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// The secret that makes the first account, while there is none. New at each start.
    pub fn setup(&self) -> Option<Secret> {
        lock(&self.setup).clone()
    }

    /// Makes the first account, an admin's. `secret` is what [`setup`](Accounts::setup) gave.
    pub fn set_up(&self, secret: &str, name: &str, password: &str) -> Result<User, Error> {
        if self.setup().is_none() {
            return Err(Error::SetUpAlready);
        }
        if !self.is_setup_secret(secret) {
            return Err(Error::WrongSetupSecret);
        }
        self.first(name, password)
    }

    /// Whether `secret` is what [`setup`](Accounts::setup) gave; nothing is once there is an account.
    pub fn is_setup_secret(&self, secret: &str) -> bool {
        self.setup().is_some_and(|expected| Fingerprint::of(secret) == expected.fingerprint())
    }

    /// Makes the first account, an admin's, for whoever the caller trusts. Errs when there is one.
    pub fn first(&self, name: &str, password: &str) -> Result<User, Error> {
        let mut setup = lock(&self.setup);
        if setup.is_none() {
            return Err(Error::SetUpAlready);
        }
        let user = self.create(name, password, Role::Admin)?;
        *setup = None;
        Ok(user)
    }

    /// Gives the first admin the password that the server's owner has written into its environment, whatever it was; makes the
    /// account `name` if there is no admin.
    pub fn set_owner(&self, name: &str, password: &str) -> Result<User, Error> {
        match self.first_admin()? {
            Some(admin) if self.is_password(&admin.name, password)? => Ok(admin),
            Some(admin) => self.put_in(&admin.name, None, Some(Password::of_owner(password)?)),
            None => {
                let user = self.keep_new(name, Password::of_owner(password)?, Role::Admin)?;
                *lock(&self.setup) = None;
                Ok(user)
            }
        }
    }

    /// Makes an account.
    pub fn create(&self, name: &str, password: &str, role: Role) -> Result<User, Error> {
        self.keep_new(name, Password::hash(password)?, role)
    }

    fn keep_new(&self, name: &str, password: Password, role: Role) -> Result<User, Error> {
        let name = self::name(name)?;
        let created = SystemTime::now();
        let kept = Kept { role, password, created, stamp: stamp()?, factor: None };
        if !self.users.insert(&name, &kept)? {
            return Err(Error::NameTaken { name });
        }
        Ok(kept.user(&name))
    }

    /// Everybody, in the order of their names.
    pub fn users(&self) -> Result<Vec<User>, Error> {
        Ok(self.users.all()?.iter().map(|(name, kept)| kept.user(name)).collect())
    }

    /// The account of that name.
    pub fn user(&self, name: &str) -> Result<Option<User>, Error> {
        Ok(self.users.get(name)?.map(|kept| kept.user(name)))
    }

    /// The admin who has been here longest.
    pub fn first_admin(&self) -> Result<Option<User>, Error> {
        let admins = self.users()?.into_iter().filter(|user| user.role == Role::Admin);
        Ok(admins.min_by_key(|user| user.created))
    }

    fn is_password(&self, name: &str, password: &str) -> Result<bool, Error> {
        Ok(self.users.get(name)?.is_some_and(|kept| kept.password.is(password)))
    }

    /// Changes what somebody may do, their password, or both; all of it or nothing. Another password logs them out everywhere. Errs
    /// when the server would have no admin left.
    pub fn change(&self, name: &str, role: Option<Role>, password: Option<&str>) -> Result<User, Error> {
        let password = password.map(Password::hash).transpose()?;
        self.put_in(name, role, password)
    }

    fn put_in(&self, name: &str, role: Option<Role>, password: Option<Password>) -> Result<User, Error> {
        let _changing = lock(&self.changing);
        if let Some(role) = role {
            self.keep_an_admin(name, role)?;
        }
        let stamp = if password.is_some() { Some(stamp()?) } else { None };
        let kept = self.users.update(name, |mut kept| {
            kept.role = role.unwrap_or(kept.role);
            if let (Some(password), Some(stamp)) = (&password, &stamp) {
                (kept.password, kept.stamp) = (password.clone(), stamp.clone());
            }
            Ok::<_, Error>(kept)
        })?;
        let user = kept.ok_or_else(|| unknown(name))?.user(name);
        if password.is_some() {
            self.log_out_everywhere(name)?;
        }
        Ok(user)
    }

    /// Removes an account with its logins and tokens. Errs when the server would have no admin left.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let _changing = lock(&self.changing);
        self.keep_an_admin(name, Role::Viewer)?;
        if !self.users.remove(name)? {
            return Err(unknown(name));
        }
        self.log_out_everywhere(name)?;
        self.revoke_tokens(name)
    }

    fn keep_an_admin(&self, name: &str, becomes: Role) -> Result<(), Error> {
        let is_admin = |kept: &Kept| kept.role == Role::Admin;
        let users = self.users.all()?;
        let others = users.iter().any(|(other, kept)| other != name && is_admin(kept));
        let is_last = !others && users.iter().any(|(other, kept)| other == name && is_admin(kept));
        if is_last && becomes != Role::Admin { Err(Error::LastAdmin) } else { Ok(()) }
    }

    /// Who `name` is, if `password` is theirs and, where they have a second factor, `code` is one it shows. `from` is the address
    /// that asks.
    ///
    /// Whoever guesses has to wait longer and longer; others, and the owner at another address, do not. It takes as long for a
    /// name that nobody has.
    pub fn check(&self, name: &str, password: &str, code: Option<&str>, from: IpAddr) -> Result<User, Error> {
        self.guess(name, from, || {
            let user = self.with_password(name, password)?;
            match code {
                _ if !user.second_factor => {}
                None => return Err(Error::CodeNeeded),
                Some(code) => self.take_code(&user.name, code)?,
            }
            Ok(user)
        })
    }

    /// The same of somebody who is logged in, whose password alone is asked for.
    pub fn confirm(&self, name: &str, password: &str, from: IpAddr) -> Result<User, Error> {
        self.guess(name, from, || self.with_password(name, password))
    }

    /// Lets an address that has guessed wrong wait, and counts what it guesses.
    fn guess(
        &self,
        name: &str,
        from: IpAddr,
        check: impl FnOnce() -> Result<User, Error>,
    ) -> Result<User, Error> {
        if let Some(wait) = lock(&self.backoff).wait(from, name, Instant::now()) {
            self.tried("too_many");
            return Err(Error::TooManyTries { seconds: wait.as_millis().div_ceil(1_000) as u64 });
        }
        let outcome = check();
        match &outcome {
            Ok(_) => {
                self.tried("right");
                lock(&self.backoff).succeeded(from, name);
            }
            Err(Error::WrongPassword | Error::WrongCode) => {
                self.tried("wrong");
                lock(&self.backoff).failed(from, name, Instant::now());
            }
            Err(_) => {}
        }
        outcome
    }

    fn with_password(&self, name: &str, password: &str) -> Result<User, Error> {
        let name = name.trim().to_lowercase();
        let kept = if self::name(&name).is_ok() { self.users.get(&name)? } else { None };
        let known = kept.as_ref().map_or(Password::of_nobody(), |kept| &kept.password);
        let matches = known.is(password);
        kept.filter(|_| matches).map(|kept| kept.user(&name)).ok_or(Error::WrongPassword)
    }
}

/// The name that somebody logs in with, as it is kept: lower case, without spaces around it.
pub fn name(text: &str) -> Result<String, Error> {
    let name = text.trim().to_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
        return Err(Error::Name);
    }
    Ok(name)
}

/// Bytes of a name: enough for a mail address.
const MAX_NAME: usize = 64;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The system has no randomness to give.
    #[error("no randomness for a secret: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A password that nobody should have.
    #[error(transparent)]
    Password(#[from] BadPassword),
    /// A name that cannot be one.
    #[error("a name has 1 to {MAX_NAME} of the letters a to z, digits and . _ @ -")]
    Name,
    /// Somebody else has it.
    #[error("{name} has an account already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Nobody has it.
    #[error("nobody is called {name}")]
    UnknownUser {
        /// The name.
        name: String,
    },
    /// Somebody has to be able to administer the server.
    #[error("the last admin cannot be removed or become something else")]
    LastAdmin,
    /// A token for more than its owner may do.
    #[error("your role does not have the permission {}", permission.name())]
    BeyondRole {
        /// What is beyond it.
        permission: Permission,
    },
    /// A token has to say what it is for.
    #[error("a token has a label of 1 to 64 characters, none of which is invisible or turns text around")]
    Label,
    /// Nobody can oversee more.
    #[error("there are 100 tokens already; revoke those that are not used")]
    TooManyTokens,
    /// There is an account.
    #[error("the server is set up already")]
    SetUpAlready,
    /// Not what the server has shown.
    #[error("that is not the setup token; it is in the address that the server prints when it starts")]
    WrongSetupSecret,
    /// Name or password; which one is not told.
    #[error("wrong name or password")]
    WrongPassword,
    /// The password is right, and a code is asked for.
    #[error("your account has a second factor: give the code that your app shows as well")]
    CodeNeeded,
    /// Not what the app shows, or used already.
    #[error("wrong code, or one that was used already; wait for the next one")]
    WrongCode,
    /// It cannot be one.
    #[error("a secret is at least 16 bytes in base32")]
    FactorSecret,
    /// The address has guessed too often.
    #[error("too many wrong tries from your address; the next one is in {seconds} s")]
    TooManyTries {
        /// Until then.
        seconds: u64,
    },
}

/// See [`Kept::stamp`].
fn stamp() -> Result<String, Error> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(hex(&random))
}

fn unknown(name: &str) -> Error {
    Error::UnknownUser { name: name.to_owned() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "accounts_test.rs"]
mod tests;
