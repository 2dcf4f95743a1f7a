//! Who we are at Tencent's clouds, what was set up there, and what is to go there: as the store keeps it.

use std::fmt;

use control::settings::Subject;
use serde::{Deserialize, Serialize};

use super::sign::Credentials;
use super::vod::Template;

/// All of it. `Debug` hides the secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The account's number, by which buckets are called.
    pub app_id: String,
    /// The user's.
    pub uin: String,
    /// The key's name,
    pub secret_id: String,
    /// and its secret.
    pub secret_key: String,
    /// Object storage.
    pub cos: Cos,
    /// Video on demand.
    pub vod: Vod,
}

/// Object storage, as far as it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cos {
    /// Recordings are to go there.
    pub all: bool,
    /// The bucket's name.
    pub bucket: String,
    /// Where it is; empty until it is there.
    pub region: String,
    /// Anybody may read what is in it.
    pub policy: bool,
    /// Pages of others may, too.
    pub cors: bool,
}

/// Video on demand, as far as it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vod {
    /// Recordings are to go there.
    pub all: bool,
    /// The application's number; 0: none.
    pub application: u64,
    /// Where it stores.
    pub region: String,
    /// What it can make of videos.
    pub templates: Vec<Template>,
    /// That which makes an MP4, as it is.
    pub remux: Option<u64>,
    /// Where videos are served.
    pub domain: String,
}

impl Subject for Account {
    const KEY: &'static str = "settings/tencent";
}

impl Account {
    /// Whether somebody has said who we are.
    pub fn is_known(&self) -> bool {
        ![&self.app_id, &self.secret_id, &self.secret_key].into_iter().any(String::is_empty)
    }

    /// Who we are.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        self.is_known().then(|| Credentials { id: self.secret_id.clone(), key: self.secret_key.clone() })
    }

    /// Whether there is all that object storage needs.
    pub(super) fn has_cos(&self) -> bool {
        self.is_known() && !self.cos.region.is_empty()
    }

    /// The same for video on demand.
    pub(super) fn has_vod(&self) -> bool {
        self.is_known() && self.vod.application != 0
    }

    /// Somebody else's: what was set up in another account is of no use, and what is to go there stays.
    pub(super) fn become_of(&mut self, app_id: &str) {
        if self.app_id != app_id {
            let (cos, vod) = (self.cos.all, self.vod.all);
            *self = Account {
                app_id: app_id.to_owned(),
                cos: Cos { all: cos, ..Cos::default() },
                vod: Vod { all: vod, ..Vod::default() },
                ..Account::default()
            };
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { app_id, cos, vod, .. } = self;
        f.debug_struct("Account").field("app_id", app_id).field("cos", cos).field("vod", vod).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_account_has_nothing_set_up_and_the_secret_is_hidden() {
        let text = str::to_owned;
        let mut account = Account {
            app_id: text("1"),
            secret_id: text("AKID"),
            secret_key: text("hush"),
            cos: Cos { all: true, bucket: text("b-1"), region: text("r"), policy: true, cors: true },
            ..Account::default()
        };
        assert!(account.has_cos() && !account.has_vod());
        assert!(!format!("{account:?}").contains("hush"));
        let before = account.clone();
        account.become_of("1");
        assert_eq!(account, before);
        account.become_of("2");
        assert_eq!(account.cos, Cos { all: true, ..Cos::default() });
        assert!(!account.is_known());
    }
}
