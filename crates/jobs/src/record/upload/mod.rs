//! Recordings on their way into object storage: one after the other, in parts, until each is there.
//!
//! What is to go there is written in its manifest when it is done, and so is what has arrived: nothing that is interrupted is forgotten. What storage
//! does not take is tried again, ever more seldom, for as long as it is wanted.

mod log;
mod send;

use std::fs;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use control::outbound;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::library::{Entry, Error, Recordings, State, Trouble, View};
use super::manifest::{Object, Upload, whole};
use crate::storage::{self, Bucket, Named, Storage};
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
}

/// What is to be sent. Dropped, it may be had again.
struct Claimed<'a> {
    recordings: &'a Recordings,
    view: View,
    gone: CancellationToken,
}

impl Recordings {
    /// Where recordings go, from now on.
    pub fn set_bucket(&self, bucket: Bucket) {
        *self.bucket.lock().unwrap_or_else(PoisonError::into_inner) = bucket;
        // What the last one did not take this one may, and nothing more goes to the last.
        for way in self.table().values_mut().map(|entry| &mut entry.way) {
            way.trouble = None;
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
        if view.manifest.upload.as_ref().is_some_and(|upload| upload.done) {
            return Ok(view);
        }
        self.change(id, |manifest| match (wanted, &manifest.upload) {
            (true, None) => manifest.upload = Some(Upload::default()),
            (false, Some(_)) => manifest.upload = None,
            _ => {}
        })?;
        if !wanted {
            self.give_up(id);
        }
        self.with(id, |entry| entry.way.trouble = None);
        self.sent.notify_one();
        self.view(id)
    }

    /// Sends what is to go into object storage, until `stop`. What has not arrived then goes on at the next start.
    pub async fn upload(self: Arc<Self>, client: outbound::Client, stop: CancellationToken) {
        let work = async {
            loop {
                self.let_parts_go(&client).await;
                while let Some(claimed) = self.next_to_send() {
                    self.take(&client, &claimed).await;
                }
                tokio::select! {
                    () = self.sent.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Sends one, as long as it is there to be sent.
    async fn take(self: &Arc<Self>, client: &outbound::Client, claimed: &Claimed<'_>) {
        let Claimed { view, gone, .. } = claimed;
        let id = view.id.as_str();
        match gone.run_until_cancelled(self.send_files(client, claimed)).await {
            None => {}
            Some(Ok(())) => info!(recording = id, "recording uploaded"),
            Some(Err(err)) => {
                warn!(recording = id, %err, "recording not uploaded");
                self.with(id, |entry| {
                    if let Some(trouble) = &mut entry.way.trouble {
                        trouble.words = err.to_string();
                    }
                });
            }
        }
    }

    async fn send_files(
        self: &Arc<Self>,
        client: &outbound::Client,
        claimed: &Claimed<'_>,
    ) -> Result<(), storage::Error> {
        let id = claimed.view.id.as_str();
        let manifest = &claimed.view.manifest;
        let bucket = self.bucket();
        let (storage, known_as) = (Storage::new(&bucket, client)?, bucket.known_as());
        let folder = self.folder.join(id);
        let named = Named { app: &manifest.app, stream: &manifest.stream, id, started: manifest.started };
        let files = manifest.files.iter().enumerate();
        let files: Vec<_> = files.filter(|(_, part)| part.finished && part.bytes > 0).collect();
        let all = manifest.bytes().max(1) as f32;
        let (mut objects, mut before) = (Vec::new(), 0);
        for (number, part) in &files {
            let object = bucket.object(&named, *number);
            let sending = Sending {
                storage: &storage,
                bucket: &known_as,
                object: &object,
                file: whole(&folder, *number),
                log: log::path(&folder, *number),
            };
            let progress = |done: f32| {
                let done = (before as f32 + done * part.bytes as f32) / all;
                self.with(id, |entry| {
                    if let Some((_, so_far)) = &mut entry.way.sending {
                        *so_far = done;
                    }
                });
            };
            let bytes = sending.send(progress).await?;
            before += bytes;
            objects.push(Object { number: *number, name: object, bytes });
        }
        self.arrived(id, Upload { done: true, bucket: known_as, objects }, bucket.keeps).await
    }

    /// All of it is there.
    async fn arrived(self: &Arc<Self>, id: &str, upload: Upload, keeps: bool) -> Result<(), storage::Error> {
        let (ours, id) = (Arc::clone(self), id.to_owned());
        let noted = self.on_disk(move || {
            let files = ours.view(&id)?.manifest.files.len();
            // First it is written down that they are not here any more: what a kill leaves of them is swept away.
            ours.change(&id, |manifest| {
                (manifest.upload, manifest.away) = (Some(upload.clone()), !keeps);
            })?;
            let folder = ours.folder.join(&id);
            for number in 0..files {
                send::forget(&log::path(&folder, number));
                if !keeps {
                    let _ = fs::remove_file(whole(&folder, number));
                }
            }
            ours.with(&id, |entry| entry.way.trouble = None);
            Ok::<_, Error>(())
        });
        noted.await.and_then(|noted| noted).map_err(|err| storage::Error::File(std::io::Error::other(err)))
    }

    /// The one that ended first of those whose turn it is.
    fn next_to_send(&self) -> Option<Claimed<'_>> {
        if self.bucket().check().is_err() {
            return None;
        }
        let now = Instant::now();
        let mut table = self.table();
        let due = table.iter_mut().filter(|(_, entry)| entry.is_to_be_sent(now));
        let (id, entry) = due.min_by_key(|(_, entry)| entry.manifest.ended)?;
        let gone = CancellationToken::new();
        entry.way.sending = Some((gone.clone(), 0.0));
        let tries = entry.way.trouble.as_ref().map_or(0, |trouble| trouble.tries) + 1;
        let again = now + AGAIN * (1 << tries.min(MOST_DOUBLINGS));
        let words = "it broke, which is a fault of the server".to_owned();
        entry.way.trouble = Some(Trouble { words, tries, again, needs: None });
        let view = entry.view(id);
        Some(Claimed { recordings: self, view, gone })
    }

    /// Nobody sends it any more, and what has arrived is let go of.
    pub(super) fn give_up(&self, id: &str) {
        if let Some((gone, _)) = self.table().get(id).and_then(|entry| entry.way.sending.as_ref()) {
            gone.cancel();
        }
        let folder = self.folder.join(id);
        let files = self.view(id).map_or(0, |view| view.manifest.files.len());
        let logs = (0..files).map(|number| log::path(&folder, number));
        let begun = logs.filter_map(|path| {
            let log = Log::read(&path).ok().flatten()?;
            send::forget(&path);
            Some(log.begun)
        });
        self.parts().extend(begun);
        self.sent.notify_one();
    }

    /// Parts in storage that are to become nothing cost what others cost.
    async fn let_parts_go(&self, client: &outbound::Client) {
        let parts = std::mem::take(&mut *self.parts());
        if parts.is_empty() {
            return;
        }
        let bucket = self.bucket();
        let Ok(storage) = Storage::new(&bucket, client) else { return };
        for Begun { object, upload, .. } in parts.iter().filter(|begun| begun.bucket == bucket.known_as()) {
            match storage.abort(object, upload).await {
                Ok(()) | Err(storage::Error::Missing(_)) => {}
                Err(err) => warn!(object, %err, "parts of an upload that was given up stay in the bucket"),
            }
        }
    }
}

impl Entry {
    fn is_to_be_sent(&self, now: Instant) -> bool {
        let rests = self.way.trouble.as_ref().is_some_and(|trouble| trouble.again > now);
        self.manifest.done && self.is_on_its_way() && self.way.sending.is_none() && !rests && !self.is_going()
    }

    /// Whether it is to go into object storage, and not all of it is there.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.manifest.upload.as_ref().is_some_and(|upload| !upload.done)
    }

    /// How far it has come on its way into object storage, if it is to go there.
    pub(super) fn uploading(&self) -> Option<Uploading> {
        let upload = self.manifest.upload.as_ref()?;
        Some(match (&self.way.sending, &self.way.trouble) {
            _ if upload.done => Uploading::There,
            (Some((_, done)), _) => Uploading::Sending { done: *done },
            (None, trouble) => {
                Uploading::Waiting { trouble: trouble.as_ref().map(|trouble| trouble.words.clone()) }
            }
        })
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.recordings.with(&self.view.id, |entry| entry.way.sending = None);
    }
}

/// How often is looked for what is to be tried again.
const LOOK: Duration = Duration::from_secs(5);
/// What did not get there is tried again after twice as long each time.
const AGAIN: Duration = Duration::from_secs(5);
/// To ten minutes in the end.
const MOST_DOUBLINGS: u32 = 7;
