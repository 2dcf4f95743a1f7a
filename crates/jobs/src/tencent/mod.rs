//! Tencent's clouds as a place for recordings: COS, which keeps objects, and VoD, which makes videos of them.
//!
//! ```text
//! cam/secret ── provision: who we are, a bucket, an application ── Account, in the store
//! Recordings ── Clouds: what goes where ── send: segments as they are made ── COS: UUID/N.ts … UUID/index.m3u8
//!                                                                          └─ VoD: ApplyUpload … CommitUpload, ProcessMedia
//! ```
//!
//! Recording itself is the job of the kind `record`, as for everybody: [`JOB`] is one of it for all streams, which is wanted while something is to go
//! to a cloud that is set up. What a recording that goes there is made of, and what of it has arrived, stands beside it.

mod account;
mod api;
mod cos;
mod error;
mod provision;
mod send;
mod sign;
mod videos;
mod vod;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::outbound::Client;
use control::settings::Settings;
use serde_json::json;
use tokio::sync::Semaphore;
use tracing::warn;

pub use account::Account;
pub use error::Error;

use crate::record::{self, Bucketed, Cloud, Destinations, JOB, NAME, Recordings};
use crate::storage::Bucket;
use crate::supervisor::{New, Streams, Supervisor};
use api::Api;
use send::Trouble;
use sign::Credentials;

/// What is ours at Tencent's clouds, and what goes there. Owned by the binary, which runs [`Tencent::run`]; shared by who asks and who sets.
pub struct Tencent {
    account: Mutex<Account>,
    /// Held while the account and what follows from it change.
    changing: Mutex<()>,
    settings: Settings,
    client: Client,
    places: Places,
    recordings: Arc<Recordings>,
    jobs: Arc<Supervisor>,
    /// One after the other sets up.
    provisioning: Semaphore,
    /// What opens buckets of VoD for a while, by recordings.
    opened: Mutex<HashMap<String, videos::Open>>,
    /// What does not get there, and when it is tried again.
    troubles: Mutex<HashMap<(String, Cloud), Trouble>>,
}

/// Where the clouds are.
#[derive(Debug, Clone)]
pub struct Places {
    /// In which region what we set up is to be.
    pub region: String,
    /// The API, with `{service}` in the place of `cam` and `vod`.
    pub api: String,
    /// Object storage without the bucket, with `{region}` in the place of a region.
    pub cos: String,
}

impl Default for Places {
    fn default() -> Places {
        let text = str::to_owned;
        Places { region: text("ap-singapore"), api: text(Places::API), cos: text(Places::COS) }
    }
}

impl Places {
    /// Where the API is for everybody.
    pub const API: &'static str = "https://{service}.tencentcloudapi.com";
    /// Where COS is for everybody.
    pub const COS: &'static str = "https://cos.{region}.myqcloud.com";

    /// A bucket there.
    fn bucket(&self, name: &str, region: &str, credentials: &Credentials) -> Bucket {
        let bucket = Bucket {
            endpoint: self.cos.replace("{region}", region),
            region: region.to_owned(),
            name: name.to_owned(),
            key_id: credentials.id.clone(),
            secret: credentials.key.clone(),
            ..Bucket::default()
        };
        Bucket { path_style: bucket.is_at_numbers(), ..bucket }
    }
}

impl Tencent {
    /// What the store knows of it. `jobs` has to be that which records into `recordings`. Blocks.
    pub fn open(
        settings: Settings,
        client: Client,
        places: Places,
        recordings: Arc<Recordings>,
        jobs: Arc<Supervisor>,
    ) -> Result<Tencent, store::Error> {
        let account: Account = settings.read()?;
        recordings.know(&jobs);
        let tencent = Tencent {
            account: Mutex::new(account),
            changing: Mutex::default(),
            settings,
            client,
            places,
            recordings,
            jobs,
            provisioning: Semaphore::new(1),
            opened: Mutex::default(),
            troubles: Mutex::default(),
        };
        // A kill may have come between what is wanted and what follows from it.
        if let Err(err) = tencent.follow() {
            warn!(%err, "what is recorded to the clouds is not set: it is when somebody sets it again");
        }
        Ok(tencent)
    }

    /// What is known of the account, its secret included.
    pub fn account(&self) -> Account {
        self.lock().clone()
    }

    /// Has everything that is recorded from now on go to `cloud`, or not any more. Blocks.
    pub fn set_all(&self, cloud: Cloud, all: bool) -> Result<(), Error> {
        self.change(|account| match cloud {
            Cloud::Cos => account.cos.all = all,
            Cloud::Vod => account.vod.all = all,
        })?;
        let ready = match cloud {
            Cloud::Cos => self.account().has_cos(),
            Cloud::Vod => self.account().has_vod(),
        };
        if all && !ready {
            warn!(?cloud, "nothing is recorded to the cloud before its credentials are complete");
        }
        Ok(())
    }

    /// Where object `name` of a bucket is, for anybody who may read it.
    pub fn address(&self, bucket: &Bucketed, name: &str) -> String {
        let nobody = Credentials { id: String::new(), key: String::new() };
        let root = self.places.bucket(&bucket.name, &bucket.region, &nobody).root();
        root.map_or(String::new(), |(root, path)| format!("{root}{path}{name}"))
    }

    /// Why the last try to send a recording to `cloud` failed, if it did.
    pub fn trouble(&self, id: &str, cloud: Cloud) -> Option<String> {
        self.troubles().get(&(id.to_owned(), cloud)).map(|trouble| trouble.words.clone())
    }

    /// Changes the account, and lets what follows from it follow. Blocks.
    fn change(&self, change: impl Fn(&mut Account)) -> Result<(), Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let account = self.settings.update(&change)?;
        let before = std::mem::replace(&mut *self.lock(), account.clone());
        self.follow()?;
        // What did not work before may work now.
        self.troubles().clear();
        if before.credentials() != account.credentials() {
            self.opened.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.recordings.segments.notify_one();
        Ok(())
    }

    /// Has recorded what is wanted of the account. Blocks.
    fn follow(&self) -> Result<(), Error> {
        let ready = self.destinations();
        // Whoever begins meanwhile knows already.
        let records = ready.cos.is_some() || ready.vod;
        self.recordings.set_destinations(ready);
        let known = self.jobs.view(JOB);
        if records || known.is_ok() {
            self.jobs.set(
                JOB,
                New {
                    kind: NAME.to_owned(),
                    label: "Record to Tencent's clouds".to_owned(),
                    streams: Streams::all(),
                    settings: json!({ "gap": EXPIRY }),
                    wanted: records,
                },
            )?;
        }
        Ok(())
    }

    /// The same, from where nobody may block.
    async fn note(self: &Arc<Self>, change: impl Fn(&mut Account) + Send + 'static) -> Result<(), Error> {
        let ours = Arc::clone(self);
        let changed = tokio::task::spawn_blocking(move || ours.change(change)).await;
        changed.unwrap_or(Err(Error::Recording(record::Error::Stopping)))
    }

    /// Where recordings go that begin now.
    fn destinations(&self) -> Destinations {
        let account = self.account();
        let cos = (account.cos.all && account.has_cos())
            .then(|| Bucketed { name: account.cos.bucket.clone(), region: account.cos.region.clone() });
        Destinations { cos, vod: account.vod.all && account.has_vod() }
    }

    fn api(&self, credentials: Credentials) -> Api {
        Api { client: self.client.clone(), base: self.places.api.clone(), credentials }
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn troubles(&self) -> MutexGuard<'_, HashMap<(String, Cloud), Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tencent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tencent").field("account", &self.account()).finish_non_exhaustive()
    }
}

/// Seconds that a publisher may be away.
const EXPIRY: u32 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_in_front_of_the_host_where_that_has_a_name_and_nowhere_without_a_region() {
        let nobody = Credentials { id: String::new(), key: String::new() };
        let root = |places: &Places, region: &str| places.bucket("b-1", region, &nobody).root();
        let text = str::to_owned;
        let places = Places::default();
        let expected = Some((text("https://b-1.cos.ap-beijing.myqcloud.com"), text("/")));
        assert_eq!(root(&places, "ap-beijing"), expected);
        let here = Places { cos: text("http://127.0.0.1:9"), ..Places::default() };
        assert_eq!(root(&here, "r"), Some((text("http://127.0.0.1:9"), text("/b-1/"))));
        assert_eq!(root(&places, "a b/c"), None, "nothing is sent to somebody else");
    }
}
