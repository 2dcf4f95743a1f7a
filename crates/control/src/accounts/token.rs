//! API tokens: what programs are known by in the name of somebody.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Accounts, Error, User};
use crate::permission::Permission;
use crate::secret::{Fingerprint, Secret};

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// What it is for, in its owner's words.
    pub label: String,
    /// In whose name.
    pub user: String,
    /// What it may be used for, if its owner may do that.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub created: SystemTime,
    /// Until when; `None`: until it is revoked.
    pub expires: Option<SystemTime>,
    /// When it was last used, to within [`TOUCH`], and from where.
    pub used: Option<(SystemTime, IpAddr)>,
    /// Whether it is access for support: to look for a while, and at no secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub support: bool,
}

/// The name of a token in lists: it tells nothing of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenId(String);

impl TokenId {
    fn of(key: &str) -> TokenId {
        TokenId(key.chars().take(ID_LEN).collect())
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Access for support that is being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Who has it, in the words of whoever gave it.
    pub label: String,
    /// Whether this use is worth a note: it is the first for [`TOUCH`].
    pub noticed: bool,
}

/// Who uses a token, and what for.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Which token.
    pub id: TokenId,
    /// In whose name.
    pub user: User,
    /// What the token and its owner may do.
    pub permissions: Vec<Permission>,
    /// When it is access for support.
    pub support: Option<Support>,
}

impl Accounts {
    /// Makes a token in the name of `user`, for `permissions`, of which each has to be theirs. It ends after `lasts`; without
    /// that, when it is revoked. The secret is told this once.
    pub fn create_token(
        &self,
        user: &User,
        label: &str,
        permissions: &[Permission],
        lasts: Option<Duration>,
    ) -> Result<(Secret, TokenId, Token), Error> {
        self.keep(self.new_token(user, label, permissions, lasts)?)
    }

    /// Makes access for support in the name of `user`: [`SUPPORT`] and nothing else.
    pub fn create_support(
        &self,
        user: &User,
        label: &str,
        lasts: Duration,
    ) -> Result<(Secret, TokenId, Token), Error> {
        let token = self.new_token(user, label, &SUPPORT, Some(lasts))?;
        self.keep(Token { support: true, ..token })
    }

    fn new_token(
        &self,
        user: &User,
        label: &str,
        permissions: &[Permission],
        lasts: Option<Duration>,
    ) -> Result<Token, Error> {
        if let Some(beyond) = permissions.iter().find(|permission| !user.role.permits(**permission)) {
            return Err(Error::BeyondRole { permission: *beyond });
        }
        let label = label.trim();
        let fits = (1..=MAX_LABEL).contains(&label.chars().count());
        if !fits || label.chars().any(hub::key::is_deceptive) {
            return Err(Error::Label);
        }
        if self.tokens(Some(&user.name))?.len() >= MOST {
            return Err(Error::TooManyTokens);
        }
        let created = SystemTime::now();
        Ok(Token {
            label: label.to_owned(),
            user: user.name.clone(),
            permissions: permissions.to_vec(),
            created,
            expires: lasts.and_then(|lasts| created.checked_add(lasts)),
            used: None,
            support: false,
        })
    }

    fn keep(&self, token: Token) -> Result<(Secret, TokenId, Token), Error> {
        let secret = Secret::generate()?;
        let key = secret.fingerprint();
        self.tokens.put(key.as_str(), &token)?;
        self.let_expire(key.as_str(), &token)?;
        Ok((secret, TokenId::of(key.as_str()), token))
    }

    /// Who uses the token `secret`, if it is one that holds. `from` is where it is used now.
    pub fn bearer(&self, secret: &str, from: IpAddr) -> Result<Option<Bearer>, Error> {
        let key = Fingerprint::of(secret);
        let Some(token) = self.tokens.get(key.as_str())? else { return Ok(None) };
        let now = SystemTime::now();
        // The store lets it vanish as well; a clock that was set back must not bring it back.
        if token.expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        let Some(user) = self.user(&token.user)? else { return Ok(None) };
        let fresh =
            token.used.is_some_and(|(used, _)| now.duration_since(used).is_ok_and(|idle| idle < TOUCH));
        let (support, label) = (token.support, token.label.clone());
        if !fresh {
            // Only if it is still there: one that is revoked meanwhile stays so.
            let touched = |token| Ok::<_, Error>(Token { used: Some((now, from)), ..token });
            let Some(token) = self.tokens.update(key.as_str(), touched)? else { return Ok(None) };
            self.let_expire(key.as_str(), &token)?;
        }
        let permissions =
            token.permissions.into_iter().filter(|permission| user.role.permits(*permission)).collect();
        let support = support.then_some(Support { label, noticed: !fresh });
        Ok(Some(Bearer { id: TokenId::of(key.as_str()), user, permissions, support }))
    }

    /// Every token, of everybody or of `user`.
    pub fn tokens(&self, user: Option<&str>) -> Result<Vec<(TokenId, Token)>, Error> {
        let all = self.tokens.all()?;
        let wanted = all.into_iter().filter(|(_, token)| user.is_none_or(|user| token.user == user));
        Ok(wanted.map(|(key, token)| (TokenId::of(&key), token)).collect())
    }

    /// Ends a token of `user`, or of anybody, by its name in the list. Says whether there was one.
    pub fn revoke_token(&self, id: &str, user: Option<&str>) -> Result<bool, Error> {
        let all = self.tokens.all()?;
        let mine = |token: &Token| user.is_none_or(|user| token.user == user);
        match all.iter().find(|(key, token)| TokenId::of(key).as_str() == id && mine(token)) {
            Some((key, _)) => Ok(self.tokens.remove(key)?),
            None => Ok(false),
        }
    }

    pub(super) fn revoke_tokens(&self, user: &str) -> Result<(), Error> {
        for (key, _) in self.tokens.all()?.iter().filter(|(_, token)| token.user == user) {
            self.tokens.remove(key)?;
        }
        Ok(())
    }

    fn let_expire(&self, key: &str, token: &Token) -> Result<(), Error> {
        if let Some(expires) = token.expires {
            let left = expires.duration_since(SystemTime::now()).unwrap_or_default();
            self.tokens.expire(key, left)?;
        }
        Ok(())
    }
}

/// What access for support is for: to see how the server does. Neither keys nor accounts.
pub const SUPPORT: [Permission; 5] = [
    Permission::StreamsRead,
    Permission::SystemRead,
    Permission::MetricsRead,
    Permission::LogsRead,
    Permission::SettingsRead,
];

/// How exactly the last use is kept: a write costs two syncs.
const TOUCH: Duration = Duration::from_secs(600);
/// Digits of a token's name.
const ID_LEN: usize = 16;
/// Characters of what a token is for.
const MAX_LABEL: usize = 64;
/// Tokens of one account.
const MOST: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use super::*;
    use crate::permission::Role;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn accounts() -> (tempfile::TempDir, Accounts, User) {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(Arc::new(store::Embedded::open(folder.path()).unwrap())).unwrap();
        accounts.first("ann", "correct horse").unwrap();
        let olga = accounts.create("olga", "correct horse", Role::Operator).unwrap();
        (folder, accounts, olga)
    }

    #[test]
    fn a_token_does_what_both_it_and_its_owner_may() {
        let (_folder, accounts, olga) = accounts();
        let wanted = [Permission::StreamsRead, Permission::KeysWrite];
        let (secret, id, token) = accounts.create_token(&olga, " backup ", &wanted, None).unwrap();
        assert_eq!((token.label.as_str(), token.used), ("backup", None));
        let bearer = accounts.bearer(secret.reveal(), HERE).unwrap().unwrap();
        assert_eq!(
            (bearer.user.name.as_str(), &bearer.permissions[..], &bearer.id),
            ("olga", &wanted[..], &id)
        );
        assert!(accounts.tokens(Some("olga")).unwrap()[0].1.used.is_some());
        accounts.change("olga", Some(Role::Viewer), None).unwrap();
        let bearer = accounts.bearer(secret.reveal(), HERE).unwrap().unwrap();
        assert_eq!(bearer.permissions, [Permission::StreamsRead]);
        assert!(accounts.bearer(id.as_str(), HERE).unwrap().is_none(), "its name in lists is no secret");
    }

    #[test]
    fn a_token_is_for_no_more_than_its_owner_may() {
        let (_folder, accounts, olga) = accounts();
        let beyond = accounts.create_token(&olga, "x", &[Permission::AccountsWrite], None);
        assert!(matches!(beyond, Err(Error::BeyondRole { permission: Permission::AccountsWrite })));
        assert!(matches!(accounts.create_token(&olga, " ", &[], None), Err(Error::Label)));
        for n in 0..MOST {
            accounts.create_token(&olga, &n.to_string(), &[], None).unwrap();
        }
        assert!(matches!(accounts.create_token(&olga, "x", &[], None), Err(Error::TooManyTokens)));
    }

    #[test]
    fn a_token_ends_when_it_expires_is_revoked_or_its_owner_goes() {
        let (_folder, accounts, olga) = accounts();
        let make = |lasts| accounts.create_token(&olga, "x", &[], lasts).unwrap();
        let (expired, ..) = make(Some(Duration::ZERO));
        let (revoked, id, _) = make(None);
        let (orphan, ..) = make(Some(Duration::from_secs(3600)));
        let holds = |secret: &Secret| accounts.bearer(secret.reveal(), HERE).unwrap().is_some();
        assert!(!holds(&expired) && holds(&revoked) && holds(&orphan));
        assert!(!accounts.revoke_token(id.as_str(), Some("ann")).unwrap(), "it is not hers");
        assert!(accounts.revoke_token(id.as_str(), Some("olga")).unwrap());
        assert!(!holds(&revoked) && holds(&orphan));
        accounts.remove("olga").unwrap();
        assert!(accounts.tokens(None).unwrap().is_empty());
        accounts.create("olga", "correct horse", Role::Operator).unwrap();
        assert!(!holds(&orphan), "who gets the name later does not get the token");
    }
}
