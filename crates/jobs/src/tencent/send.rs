//! Recordings on their way to the clouds: segments as they are made, then the list of them, and then the disk is let go of.
//!
//! A segment stays on the disk until it has arrived, however often that takes: what fails is tried again, ever more seldom, for as long as it is wanted.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::error::Error;
use super::sign::Credentials;
use super::{Account, Tencent};
use crate::record::{self, Bucketed, Cloud, Listed, Segment, Sent, View, list};
use crate::storage::{self, Storage};

/// Why the last try failed.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) words: String,
    /// How often that was tried.
    tries: u32,
    /// When it is tried again.
    again: Instant,
}

/// Where segments go, and what they are called there.
pub(super) struct Way {
    pub(super) storage: Storage,
    /// What objects' names begin with.
    pub(super) folder: String,
    /// What the list is called.
    pub(super) list: String,
    /// Whether objects may be looked at.
    pub(super) open: bool,
}

impl Tencent {
    /// Sends what is to go there, until `stop`. What has not arrived then goes on at the next start.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let work = async {
            self.let_disk_go().await;
            let (mut sending, mut busy) = (FuturesUnordered::new(), HashSet::new());
            let mut looked = HashMap::new();
            loop {
                for (view, cloud) in self.due(&looked) {
                    let key = (view.id.clone(), cloud);
                    // Each cloud by itself: one that does not answer holds up no other.
                    let there = busy.iter().filter(|(_, busy): &&(String, Cloud)| *busy == cloud).count();
                    if there < AT_ONCE && busy.insert(key.clone()) {
                        looked.insert(key.clone(), Instant::now());
                        sending.push(self.take(view, cloud).map(|()| key));
                    }
                }
                looked.retain(|_, at| at.elapsed() < LOOK);
                tokio::select! {
                    Some(key) = sending.next(), if !sending.is_empty() => {
                        busy.remove(&key);
                    }
                    () = self.recordings.segments.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// What a kill has kept from leaving the disk.
    async fn let_disk_go(self: &Arc<Self>) {
        let swept = self.on_disk(|ours| {
            for view in ours.recordings.all() {
                if let Err(err) = ours.recordings.leave_disk(&view.id) {
                    warn!(recording = view.id, %err, "what is in the cloud stays on the disk until the next start");
                }
            }
            Ok(())
        });
        // It errs when the server stops.
        let _ = swept.await;
    }

    /// Whose turn it is: nobody's who was `looked` at just now. Those that were tried least come first.
    fn due(&self, looked: &HashMap<(String, Cloud), Instant>) -> Vec<(View, Cloud)> {
        let now = Instant::now();
        let mut all = self.recordings.on_their_way_to_clouds();
        let mut troubles = self.troubles();
        let there: BTreeSet<_> = all.iter().map(|(view, _)| view.id.as_str()).collect();
        troubles.retain(|(id, _), _| there.contains(id.as_str()));
        self.opened().retain(|id, _| there.contains(id.as_str()));
        drop(there);
        let tries = |view: &View, cloud| troubles.get(&(view.id.clone(), cloud));
        all.retain(|(view, cloud)| {
            let rests = tries(view, *cloud).is_some_and(|trouble| trouble.again > now);
            let again = looked.get(&(view.id.clone(), *cloud)).is_none_or(|at| at.elapsed() >= LOOK);
            again && !rests
        });
        all.sort_by_key(|(view, cloud)| {
            (tries(view, *cloud).map(|trouble| trouble.tries), view.manifest.started)
        });
        all
    }

    /// Sends what there is of one, and notes why it does not get there if it does not.
    async fn take(self: &Arc<Self>, view: View, cloud: Cloud) {
        let key = (view.id.clone(), cloud);
        let sent = AssertUnwindSafe(self.send(&view, cloud)).catch_unwind().await;
        let (words, short) = match sent {
            Ok(Ok(())) => {
                self.troubles().remove(&key);
                return;
            }
            // It was removed meanwhile.
            Ok(Err(_)) if self.recordings.view(&view.id).is_err() => return,
            Ok(Err(err)) => (err.to_string(), err.in_short()),
            Err(_) => {
                let words = record::Error::Broken.to_string();
                (words.clone(), words)
            }
        };
        // What opens a bucket may not open it any more.
        self.opened().remove(&view.id);
        let mut troubles = self.troubles();
        let tries = troubles.get(&key).map_or(0, |trouble| trouble.tries) + 1;
        let again = Instant::now() + AGAIN * (1 << tries.min(MOST_DOUBLINGS));
        troubles.insert(key, Trouble { words, tries, again });
        drop(troubles);
        warn!(recording = view.id, cloud = ?cloud, err = short, tries, "recording does not get to the cloud: it is tried again");
    }

    async fn send(self: &Arc<Self>, view: &View, cloud: Cloud) -> Result<(), Error> {
        let account = self.account();
        let credentials = account.credentials().ok_or(Error::Incomplete)?;
        let noted = view.clone();
        self.on_disk(move |ours| ours.recordings.note_others(&noted)).await?;
        match cloud {
            Cloud::Cos => self.send_to_cos(view, &account, &credentials).await,
            Cloud::Vod => self.send_to_vod(view, &account, &self.api(credentials.clone())).await,
        }
    }

    async fn send_to_cos(
        self: &Arc<Self>,
        view: &View,
        account: &Account,
        credentials: &Credentials,
    ) -> Result<(), Error> {
        let bucket = self.bucket_of(view, account).await?;
        let storage = self.storage(&bucket, credentials, None)?;
        let way = Way {
            storage,
            folder: format!("{}/", view.id),
            list: format!("{}/index.m3u8", view.id),
            open: true,
        };
        let (segments, all) = self.send_segments(view, Cloud::Cos, &way).await?;
        if !all {
            return Ok(());
        }
        let segments = self.look_at(view, &way, segments).await?;
        self.put(&way, &way.list, index(&segments), PLAYLIST).await?;
        self.arrived(view, Cloud::Cos, segments, |_| {}).await
    }

    /// The bucket that a recording goes to: another one than at its beginning, if another account was set meanwhile.
    async fn bucket_of(self: &Arc<Self>, view: &View, account: &Account) -> Result<Bucketed, Error> {
        let noted = view.manifest.clouds.cos.as_ref().map(|cos| cos.bucket.clone()).unwrap_or_default();
        let now = Bucketed { name: account.cos.bucket.clone(), region: account.cos.region.clone() };
        if noted == now {
            return Ok(noted);
        }
        if !account.has_cos() {
            return Err(Error::Incomplete);
        }
        let (id, next) = (view.id.clone(), now.clone());
        self.on_disk(move |ours| {
            ours.recordings.set_arrived(&id, Cloud::Cos, &[])?;
            ours.recordings.change(&id, |manifest| {
                if let Some(cos) = &mut manifest.clouds.cos {
                    (cos.bucket, cos.sent) = (next.clone(), Sent::default());
                }
            })
        })
        .await?;
        Ok(now)
    }

    /// Looks once more for each segment that is said to be there. Errs when one is not, which is sent again then.
    async fn look_at(
        self: &Arc<Self>,
        view: &View,
        way: &Way,
        segments: Vec<Segment>,
    ) -> Result<Vec<Segment>, Error> {
        let looks = stream::iter(segments).map(|segment| async move {
            let there = way.storage.size(&format!("{}{}", way.folder, segment.name())).await?;
            Ok::<_, Error>((there == Some(segment.bytes), segment))
        });
        let looked: Vec<_> = looks.buffered(LOOKS).try_collect().await?;
        let lost = looked.iter().any(|(there, _)| !there);
        let there: Vec<_> =
            looked.into_iter().filter(|(there, _)| *there).map(|(_, segment)| segment).collect();
        if lost {
            let id = view.id.clone();
            self.on_disk(move |ours| ours.recordings.set_arrived(&id, Cloud::Cos, &there)).await?;
            return Err(storage::Error::Altered.into());
        }
        Ok(there)
    }

    /// A bucket there. Without an address of its own it would be one of somebody else.
    pub(super) fn storage(
        &self,
        bucket: &Bucketed,
        credentials: &Credentials,
        token: Option<&str>,
    ) -> Result<Storage, Error> {
        let bucket = self.places.bucket(&bucket.name, &bucket.region, credentials);
        if bucket.root().is_none() {
            return Err(Error::Address { what: "COS", reason: "the region has no address".to_owned() });
        }
        Ok(Storage::with_token(&bucket, token, &self.client)?)
    }

    /// Sends the segments that are there and have not arrived. All that have then, and whether that is all of the recording.
    pub(super) async fn send_segments(
        self: &Arc<Self>,
        view: &View,
        cloud: Cloud,
        way: &Way,
    ) -> Result<(Vec<Segment>, bool), Error> {
        let id = view.id.clone();
        let (segments, all, mut arrived) = self
            .on_disk(move |ours| {
                let (segments, all) = ours.recordings.segments(&id)?;
                Ok((segments, all, ours.recordings.in_cloud(&id, cloud)?))
            })
            .await?;
        let known: BTreeSet<_> = arrived.iter().map(Segment::place).collect();
        let mut sent = counted(&arrived);
        if view.manifest.clouds.sent(cloud).is_some_and(|noted| noted.segments != sent.segments) {
            self.recordings.count_arrived(&view.id, cloud, sent.clone());
        }
        for segment in segments.into_iter().filter(|segment| !known.contains(&segment.place())) {
            let (id, place) = (view.id.clone(), segment.place());
            let made =
                self.on_disk(move |ours| ours.recordings.transport(&id, place.0, place.1..place.2)).await?;
            let segment = Segment { bytes: made.len() as u64, ..segment };
            self.put(way, &format!("{}{}", way.folder, segment.name()), made, SEGMENTS).await?;
            sent.segments += 1;
            sent.millis += segment.millis;
            sent.bytes += segment.bytes;
            sent.at = Some(SystemTime::now());
            let (id, noted, so_far) = (view.id.clone(), segment.clone(), sent.clone());
            self.on_disk(move |ours| ours.recordings.note_arrived(&id, cloud, &noted, so_far)).await?;
            arrived.push(segment);
        }
        arrived.sort_by_key(Segment::place);
        Ok((arrived, all))
    }

    /// Puts an object there; the other side checks it against the digest that is signed with it, and then its size is looked at where that is allowed.
    pub(super) async fn put(
        &self,
        way: &Way,
        name: &str,
        bytes: Bytes,
        kind: &'static str,
    ) -> Result<(), Error> {
        let size = bytes.len() as u64;
        way.storage.put(name, bytes, kind).await?;
        if way.open && way.storage.size(name).await? != Some(size) {
            return Err(storage::Error::Altered.into());
        }
        Ok(())
    }

    /// All of it is there; `and` is noted with that.
    pub(super) async fn arrived(
        self: &Arc<Self>,
        view: &View,
        cloud: Cloud,
        segments: Vec<Segment>,
        and: impl Fn(&mut record::Clouds) + Send + 'static,
    ) -> Result<(), Error> {
        let id = view.id.clone();
        self.on_disk(move |ours| {
            ours.recordings.set_arrived(&id, cloud, &segments)?;
            let sent = Sent { done: true, ..counted(&segments) };
            ours.recordings.change(&id, |manifest| {
                and(&mut manifest.clouds);
                if let Some(known) = manifest.clouds.sent_mut(cloud) {
                    *known = sent.clone();
                }
            })?;
            let Sent { segments, bytes, .. } = sent;
            info!(recording = id, cloud = ?cloud, segments, bytes, "recording is in the cloud");
            ours.recordings.leave_disk(&id)
        })
        .await?;
        self.opened().remove(&view.id);
        Ok(())
    }

    pub(super) async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tencent) -> Result<T, record::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let ours = Arc::clone(self);
        Ok(self.recordings.on_disk(move || work(&ours)).await??)
    }
}

/// What the list of `segments` is, beside them.
pub(super) fn index(segments: &[Segment]) -> Bytes {
    let listed = segments.iter().map(|segment| Listed::new(segment, segment.name()));
    list(&listed.collect::<Vec<_>>()).into()
}

fn counted(segments: &[Segment]) -> Sent {
    Sent {
        done: false,
        segments: segments.len(),
        millis: segments.iter().map(|segment| segment.millis).sum(),
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
        at: Some(SystemTime::now()),
    }
}

const SEGMENTS: &str = "video/MP2T";
pub(super) const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// Recordings that are sent to a cloud at a time, a segment of each.
const AT_ONCE: usize = 4;
/// Objects that are looked at at a time.
const LOOKS: usize = 8;
/// How often is looked for segments that have become complete.
const LOOK: Duration = Duration::from_secs(2);
/// What did not get there is tried again after twice as long each time,
const AGAIN: Duration = Duration::from_secs(5);
/// to ten minutes in the end.
const MOST_DOUBLINGS: u32 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_what_is_beside_it() {
        let segment =
            |file, start, gap| Segment { file, start, end: start + 9, millis: 10_040, gap, bytes: 1 };
        let list = index(&[segment(0, 7, false), segment(1, 7, true)]);
        let expected = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:YES\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:11\n\
                        #EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.04, no desc\n1-7-16.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:10.04, no desc\n\
                        2-7-16.ts\n#EXT-X-ENDLIST";
        assert_eq!(list, expected);
    }
}
