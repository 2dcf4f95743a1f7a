//! Recordings on their way into object storage: one after the other, in parts, until each is there.
//!
//! Where that is wanted, much of a recording goes there while it is made ([`ahead`]).
//!
//! What is to go there is written in its manifest when it is done, and so is what has arrived: nothing that is interrupted is forgotten. What storage
//! does not take is tried again, ever more seldom, for as long as it is wanted.

mod ahead;
mod begin;
mod log;
mod send;

use std::collections::BTreeMap;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::export::Container;
use super::library::{Entry, Error, Recordings, State, Trouble, View};
use super::manifest::{Object, Upload, form};
use crate::storage::{self, Bucket, Named, Storage};
use ahead::Ahead;
pub(super) use log::Begun;
use log::Log;
use send::Sending;

/// How far a recording has come on its way.
#[derive(Debug, Clone, PartialEq)]
pub enum Uploading {
    /// Its turn has not come, or it is tried again.
    Waiting {
        /// Why it did not get there the last time.
        trouble: Option<String>,
    },
    /// It is being sent.
    Sending {
        /// How much of it has arrived, from 0 to 1.
        done: f32,
    },
    /// It is there, and that was looked at.
    There,
}

/// What is remembered of it while the server runs.
#[derive(Debug, Default)]
pub(super) struct Way {
    sending: Option<(CancellationToken, f32)>,
    trouble: Option<Trouble>,
    /// Its files that go while they are made.
    ahead: BTreeMap<usize, Ahead>,
}

impl Way {
    /// From here on it goes as what it has become.
    pub(super) fn begin(&mut self) {
        self.ahead.clear();
        self.trouble = None;
    }

    fn tries(&self) -> u32 {
        self.trouble.as_ref().map_or(0, |trouble| trouble.tries)
    }
}

/// What is to be sent. Dropped, it may be had again.
struct Claimed<'a> {
    recordings: &'a Recordings,
    view: View,
    gone: CancellationToken,
    /// How often it was tried, this time counted.
    tries: u32,
}

impl Recordings {
    /// Where recordings go, from now on.
    pub fn set_bucket(&self, bucket: Bucket) {
        let last = std::mem::replace(
            &mut *self.bucket.lock().unwrap_or_else(PoisonError::into_inner),
            bucket.clone(),
        );
        if last.check().is_ok() && last.known_as() != bucket.known_as() {
            let mut former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
            former.retain(|known| ![last.known_as(), bucket.known_as()].contains(&known.known_as()));
            former.push(last);
            let more = former.len().saturating_sub(MOST_FORMER);
            former.drain(..more);
        }
        // What the last one did not take this one may; and nothing more goes to the last.
        for way in self.table().values_mut().map(|entry| &mut entry.way) {
            way.trouble = None;
            way.ahead.clear();
            if let Some((gone, _)) = &way.sending {
                gone.cancel();
            }
        }
        self.tell();
        self.sent.notify_one();
    }

    /// Where recordings go.
    pub fn bucket(&self) -> Bucket {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has a recording go into object storage, at once if it is waiting already; or no longer, if that is not `wanted`. What is there stays there. Blocks.
    pub fn send(&self, id: &str, wanted: bool) -> Result<View, Error> {
        let view = self.view(id)?;
        if view.state != State::Finished {
            return Err(Error::Busy { id: id.to_owned() });
        }
        if wanted && view.manifest.upload.is_none() {
            view.here()?;
        }
        let known_as = self.bucket().known_as();
        self.change(id, |manifest| match (wanted, &manifest.upload) {
            (true, None) if !manifest.away => manifest.upload = Some(Upload::default()),
            // It is in another bucket.
            (true, Some(upload)) if upload.done && !manifest.away && upload.bucket != known_as => {
                manifest.upload = Some(Upload::default());
            }
            (false, Some(upload)) if !upload.done => manifest.upload = None,
            _ => {}
        })?;
        if !wanted {
            self.give_up(id);
        }
        self.with(id, |entry| {
            if !wanted || entry.way.sending.is_none() {
                entry.way.trouble = None;
            }
        });
        self.sent.notify_one();
        self.view(id)
    }

    /// Sends what is to go into object storage, until `stop`. What has not arrived then goes on at the next start.
    pub async fn upload(self: Arc<Self>, stop: CancellationToken) {
        let work = async {
            loop {
                while let Some(claimed) = self.next_to_send() {
                    // One that breaks is in trouble, and the next has its turn.
                    if AssertUnwindSafe(self.take(&claimed)).catch_unwind().await.is_err() {
                        error!(
                            recording = claimed.view.id,
                            "uploading broke, which is a fault of the server: it goes on with others"
                        );
                    }
                    drop(claimed);
                }
                tokio::select! {
                    () = self.sent.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        };
        let ahead = async { tokio::join!(self.send_ahead(), self.send_ahead()) };
        // A bucket that does not answer holds up nothing but what is to become nothing.
        let letting_go = self.let_parts_go();
        stop.run_until_cancelled(async { tokio::join!(work, ahead, letting_go) }).await;
    }

    /// Sends one, as long as it is there to be sent.
    async fn take(self: &Arc<Self>, claimed: &Claimed<'_>) {
        let Claimed { view, gone, tries, .. } = claimed;
        let (id, bucket) = (view.id.as_str(), self.bucket());
        let sent = gone.run_until_cancelled(self.send_files(&bucket, view, *tries)).await;
        let done = match sent {
            None => return,
            // What is noted now is not interrupted, so that it is all of it.
            Some(Ok(objects)) => self.arrived(view, objects, &bucket).await,
            Some(Err(err)) => Err(err),
        };
        let Err(err) = done else { return };
        self.counters.not_uploaded.inc();
        // Whole words may have the stream's name in them.
        warn!(recording = id, why = err.code().unwrap_or_else(|| err.in_short()), "recording not uploaded");
        self.with(id, |entry| {
            // Who comes forward is not kept waiting for longer and longer.
            let moved = entry.way.sending.as_ref().is_some_and(|(_, done)| *done > 0.0);
            pause(entry, err.to_string(), if moved { 1 } else { *tries });
        });
    }

    /// All files that there are. What they are called there.
    async fn send_files(
        self: &Arc<Self>,
        bucket: &Bucket,
        view: &View,
        tries: u32,
    ) -> Result<Vec<Object>, storage::Error> {
        let (id, manifest) = (view.id.as_str(), &view.manifest);
        let (storage, known_as) = (Storage::new(bucket, &self.outbound)?, bucket.known_as());
        let folder = self.folder.join(id);
        let named = named(view);
        let all = manifest.taken().max(1) as f32;
        let (mut objects, mut before) = (Vec::new(), 0_u64);
        for (number, container) in manifest.kept() {
            let object = bucket.object(&named, number, container.map_or("mp4", Container::name));
            let sending = Sending {
                recordings: self,
                id,
                number,
                storage: &storage,
                bucket: &known_as,
                object: &object,
                kind: container.map_or(KIND, Container::media_type),
                file: form(&folder, number, container),
                log: log::path(&folder, number, container),
                // On a line where several were too slow together, one may not be.
                at_once: if tries > 1 { 1 } else { 4 },
            };
            let bytes = manifest.size_of(number, container) as f32;
            let progress = |done: f32| {
                let done = (before as f32 + done * bytes) / all;
                self.with(id, |entry| {
                    if let Some((_, so_far)) = &mut entry.way.sending {
                        *so_far = done;
                    }
                });
            };
            let bytes = sending.send(progress).await?;
            before += bytes;
            objects.push(Object { number, container, name: object, bytes });
        }
        if objects.is_empty() { Err(storage::Error::Nothing) } else { Ok(objects) }
    }

    /// All of it is there.
    async fn arrived(
        self: &Arc<Self>,
        view: &View,
        objects: Vec<Object>,
        bucket: &Bucket,
    ) -> Result<(), storage::Error> {
        // A file that cannot be read is nowhere else.
        let whole = objects.iter().filter(|object| object.container.is_none()).count();
        let all = view.manifest.files.iter().filter(|part| part.bytes > 0).count() == whole;
        let (files, kept) = (view.manifest.files.len(), view.manifest.kept().collect::<Vec<_>>());
        let away = !bucket.keeps && all && !view.manifest.clouds.wait();
        let upload = Upload { done: true, bucket: bucket.known_as(), objects };
        let (ours, id, bucket) = (Arc::clone(self), view.id.clone(), bucket.clone());
        let noted = self.on_disk(move || {
            // Another bucket was set meanwhile, where it goes then.
            if ours.bucket() != bucket {
                return Ok(());
            }
            let cued = away && ours.note_cues(&id, &ours.view(&id)?.manifest)?;
            // First it is written down that they are not here any more: what a kill leaves of them is swept away.
            ours.change(&id, |manifest| {
                // Nobody has given it up.
                if manifest.is_on_its_way() {
                    (manifest.upload, manifest.away, manifest.cued) = (Some(upload.clone()), away, cued);
                }
            })?;
            if ours.view(&id)?.manifest.upload.as_ref() != Some(&upload) {
                return Ok(());
            }
            let folder = ours.folder.join(&id);
            for number in (0..files).filter(|number| !kept.contains(&(*number, None))) {
                // It went ahead, and cannot be read now.
                let log = log::path(&folder, number, None);
                ours.let_go_of(Log::read(&log).ok().flatten().map(|log| log.begun));
                send::forget(&log);
            }
            for (number, container) in kept {
                send::forget(&log::path(&folder, number, container));
                if away {
                    let _ = fs::remove_file(form(&folder, number, container));
                }
            }
            ours.with(&id, |entry| entry.way.trouble = None);
            ours.counters.uploaded.inc();
            info!(recording = id, "recording uploaded");
            // It may have been there for the clouds' sake alone.
            ours.leave_disk(&id)?;
            Ok::<_, Error>(())
        });
        noted.await.and_then(|noted| noted).map_err(|err| storage::Error::File(std::io::Error::other(err)))
    }

    /// Of those whose turn it is the one that was tried least, and of those the one that ended first.
    fn next_to_send(&self) -> Option<Claimed<'_>> {
        if self.bucket().check().is_err() {
            return None;
        }
        let now = Instant::now();
        let mut table = self.table();
        let due = table.iter_mut().filter(|(_, entry)| entry.is_to_be_sent(now));
        let (id, entry) = due.min_by_key(|(_, entry)| (entry.way.tries(), entry.manifest.ended))?;
        Some(Claimed::new(self, id, entry, now))
    }

    /// Nobody sends it any more, and what has arrived is let go of.
    pub(super) fn give_up(&self, id: &str) {
        if let Some(entry) = self.table().get_mut(id) {
            entry.way.ahead.clear();
            if let Some((gone, _)) = &entry.way.sending {
                gone.cancel();
            }
        }
        let folder = self.folder.join(id);
        let files = self.view(id).map_or(0, |view| view.manifest.files.len());
        let containers = || [None].into_iter().chain(Container::ALL.map(Some));
        let logs = (0..files).flat_map(|number| containers().map(move |container| (number, container)));
        let logs = logs.map(|(number, container)| log::path(&folder, number, container));
        let begun = logs.filter_map(|path| {
            let log = Log::read(&path).ok().flatten()?;
            send::forget(&path);
            Some(log.begun)
        });
        let begun: Vec<_> = begun.collect();
        self.let_go_of(begun);
        self.sent.notify_one();
    }

    /// What was begun is to become nothing.
    fn let_go_of(&self, begun: impl IntoIterator<Item = Begun>) {
        let mut parts = self.parts();
        parts.extend(begun);
        // Of what nobody wants, nobody wants a list without an end.
        parts.truncate(MOST_UNWANTED);
        drop(parts);
        self.unwanted.notify_one();
    }

    /// Lets go of parts in storage that are to become nothing, which cost what others cost. Never returns.
    async fn let_parts_go(&self) {
        loop {
            if self.let_go_once().await {
                self.unwanted.notified().await;
            } else {
                tokio::time::sleep(LATER).await;
            }
        }
    }

    /// Whether nothing is left that is to be tried again.
    async fn let_go_once(&self) -> bool {
        let parts = std::mem::take(&mut *self.parts());
        let mut buckets = vec![self.bucket()];
        buckets.extend(self.former.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        let mut left = Vec::new();
        for begun in parts {
            let bucket = buckets.iter().find(|bucket| bucket.known_as() == begun.plan.bucket);
            let Some(Ok(storage)) = bucket.map(|bucket| Storage::new(bucket, &self.outbound)) else {
                warn!(
                    bucket = begun.plan.bucket,
                    "parts of an upload stay in a bucket that is not set any more"
                );
                continue;
            };
            match storage.abort(&begun.plan.object, &begun.upload).await {
                Ok(()) | Err(storage::Error::Missing(_)) => {}
                // Later, and if there is none, a rule of the bucket lets go of them.
                Err(err) => {
                    let why = err.code().unwrap_or_else(|| err.in_short());
                    warn!(bucket = begun.plan.bucket, why, "parts of an upload are not let go of yet");
                    left.push(begun);
                }
            }
        }
        let done = left.is_empty();
        self.parts().extend(left);
        done
    }
}

impl Entry {
    fn is_to_be_sent(&self, now: Instant) -> bool {
        let rests = self.way.trouble.as_ref().is_some_and(|trouble| trouble.again > now);
        self.manifest.done
            && self.manifest.is_on_its_way()
            && self.way.sending.is_none()
            && !rests
            && !self.is_going()
    }

    /// How far it has come on its way into object storage, if it is to go there.
    pub(super) fn uploading(&self) -> Option<Uploading> {
        let Some(upload) = &self.manifest.upload else {
            let (ahead, all) = (self.way.ahead_bytes(), self.manifest.bytes().max(1));
            return match &self.way.trouble {
                Some(trouble) if self.way.sending.is_none() => {
                    Some(Uploading::Waiting { trouble: Some(trouble.words.clone()) })
                }
                _ => (ahead > 0).then(|| Uploading::Sending { done: ahead as f32 / all as f32 }),
            };
        };
        Some(match (&self.way.sending, &self.way.trouble) {
            _ if upload.done => Uploading::There,
            (Some((_, done)), _) => Uploading::Sending { done: *done },
            (None, trouble) => {
                Uploading::Waiting { trouble: trouble.as_ref().map(|trouble| trouble.words.clone()) }
            }
        })
    }
}

impl<'a> Claimed<'a> {
    fn new(recordings: &'a Recordings, id: &str, entry: &mut Entry, now: Instant) -> Claimed<'a> {
        let (gone, tries) = (CancellationToken::new(), entry.way.tries() + 1);
        entry.way.sending = Some((gone.clone(), 0.0));
        let words = Error::Broken.to_string();
        let again = now + AGAIN * (1 << tries.min(MOST_DOUBLINGS));
        entry.way.trouble = Some(Trouble { words, tries, again, needs: None });
        Claimed { recordings, view: entry.view(id), gone, tries }
    }
}

/// It is tried again, the later the more often it was tried.
fn pause(entry: &mut Entry, words: String, tries: u32) {
    let again = Instant::now() + AGAIN * (1 << tries.min(MOST_DOUBLINGS));
    entry.way.trouble = Some(Trouble { words, tries, again, needs: None });
}

/// What objects of a recording are called after.
fn named(view: &View) -> Named<'_> {
    let View { id, manifest, .. } = view;
    Named { app: &manifest.app, stream: &manifest.stream, id, started: manifest.started }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.recordings.with(&self.view.id, |entry| entry.way.sending = None);
        // What went ahead is over, perhaps, and goes on now.
        self.recordings.sent.notify_one();
    }
}

/// Of files that are nothing else.
const KIND: &str = "video/mp4";
/// How often is looked for what is to be tried again.
const LOOK: Duration = Duration::from_secs(5);
/// What did not get there is tried again after twice as long each time.
const AGAIN: Duration = Duration::from_secs(5);
/// To ten minutes in the end.
const MOST_DOUBLINGS: u32 = 7;
/// Uploads that were begun and are to become nothing, of which is known.
const MOST_UNWANTED: usize = 1_000;
/// What could not be let go of is tried again after so long.
const LATER: Duration = Duration::from_secs(60);
/// Buckets that were set before, of which is known how to let go of what was begun there.
const MOST_FORMER: usize = 4;
