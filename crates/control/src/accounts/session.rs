//! Logins: who is known by which cookie, until when.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Accounts, Error, User};
use crate::secret::{Fingerprint, Secret};

/// Somebody who is logged in somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The account.
    pub user: String,
    /// That of the password it was made with.
    stamp: String,
    /// Since when.
    pub since: SystemTime,
    /// When it was last used, to within [`TOUCH`].
    pub used: SystemTime,
    /// Where it was used then.
    pub from: IpAddr,
    /// The browser, as it calls itself.
    pub agent: String,
}

/// The name of a login in lists: it tells nothing of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginId(String);

impl LoginId {
    fn of(key: &str) -> LoginId {
        LoginId(key.chars().take(ID_LEN).collect())
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Accounts {
    /// Logs `user` in. The secret is what they are known by from then on.
    pub fn log_in(&self, user: &User, from: IpAddr, agent: &str) -> Result<Secret, Error> {
        let secret = Secret::generate()?;
        let now = SystemTime::now();
        let agent = agent.chars().take(MAX_AGENT).collect();
        let (name, stamp) = (user.name.clone(), user.stamp.clone());
        let login = Login { user: name, stamp, since: now, used: now, from, agent };
        let key = secret.fingerprint();
        self.logins.put(key.as_str(), &login)?;
        self.logins.expire(key.as_str(), LASTS)?;
        Ok(secret)
    }

    /// Whose login `secret` is, if it is one that still holds. `from` is where it is used now.
    pub fn whose(&self, secret: &str, from: IpAddr) -> Result<Option<(LoginId, User)>, Error> {
        let key = Fingerprint::of(secret);
        let Some(login) = self.logins.get(key.as_str())? else { return Ok(None) };
        let Some(user) = self.user(&login.user)? else { return Ok(None) };
        let now = SystemTime::now();
        let idle = now.duration_since(login.used).unwrap_or_default();
        if user.stamp != login.stamp || idle >= LASTS {
            return Ok(None);
        }
        if idle >= TOUCH {
            // Only if it is still there: who is logged out meanwhile stays so.
            let touched = |login| Ok::<_, Error>(Login { used: now, from, ..login });
            if self.logins.update(key.as_str(), touched)?.is_none() {
                return Ok(None);
            }
            self.logins.expire(key.as_str(), LASTS)?;
        }
        Ok(Some((LoginId::of(key.as_str()), user)))
    }

    /// Ends the login of `secret`. Says whether there was one.
    pub fn log_out(&self, secret: &str) -> Result<bool, Error> {
        Ok(self.logins.remove(Fingerprint::of(secret).as_str())?)
    }

    /// Every login, of everybody or of `user`.
    pub fn logins(&self, user: Option<&str>) -> Result<Vec<(LoginId, Login)>, Error> {
        let all = self.logins.all()?;
        let wanted = all.into_iter().filter(|(_, login)| user.is_none_or(|user| login.user == user));
        Ok(wanted.map(|(key, login)| (LoginId::of(&key), login)).collect())
    }

    /// Ends a login by its name in the list. Says whether there was one.
    pub fn revoke(&self, id: &str) -> Result<bool, Error> {
        let all = self.logins.all()?;
        match all.iter().find(|(key, _)| LoginId::of(key).as_str() == id) {
            Some((key, _)) => Ok(self.logins.remove(key)?),
            None => Ok(false),
        }
    }

    pub(super) fn log_out_everywhere(&self, user: &str) -> Result<(), Error> {
        for (key, _) in self.logins.all()?.iter().filter(|(_, login)| login.user == user) {
            self.logins.remove(key)?;
        }
        Ok(())
    }
}

/// Without being used.
const LASTS: Duration = Duration::from_secs(30 * 24 * 3600);
/// How exactly the last use is kept: a write costs two syncs.
const TOUCH: Duration = Duration::from_secs(600);
/// Digits of a login's name.
const ID_LEN: usize = 16;
/// Characters of what a browser calls itself.
const MAX_AGENT: usize = 256;
