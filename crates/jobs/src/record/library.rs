//! Every recording there is: those that are being made, those that are being finished, and those that are done.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use control::{entry, outbound};
use hub::StreamKey;
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::clouds::Destinations;
use super::export::Container;
use super::keep::Keep;
use super::manifest::{self, Manifest, Part, fragments, whole};
use super::medium::Medium;
use super::metrics::Counters;
use super::pieces::Known;
use super::room::{Pace, Room};
use super::session::Session;
use super::space::{self, in_words};
use super::upload::{Begun, Uploading, Way};
use crate::storage::Bucket;
use crate::supervisor::Supervisor;

/// The recordings in one folder. Owned by the binary, which runs [`Recordings::run`]; shared by who records and all who look.
///
/// The folder is the truth: each recording has one of its own there, with a manifest. What changes them blocks.
#[derive(Debug)]
pub struct Recordings {
    pub(super) folder: PathBuf,
    table: Mutex<BTreeMap<String, Entry>>,
    keep: Mutex<Keep>,
    pub(super) bucket: Mutex<Bucket>,
    /// Where they went before.
    pub(super) former: Mutex<Vec<Bucket>>,
    /// Where those go in segments that begin now.
    pub(super) destinations: Mutex<Destinations>,
    /// Who wants recordings.
    pub(super) jobs: OnceLock<Weak<Supervisor>>,
    /// Parts in object storage that are to become nothing.
    parts: Mutex<Vec<Begun>>,
    /// How large the disk is, and what it had left at the last look.
    size: AtomicU64,
    free: AtomicU64,
    /// What was written of late, and what was told last of that and of the disk.
    pace: Mutex<Pace>,
    told: Mutex<(u64, u64)>,
    pub(super) counters: Counters,
    /// Threads that may wait for the disk at a time: one that hangs is not to take those of all others.
    threads: Arc<Semaphore>,
    pub(super) known: Mutex<Known>,
    /// Asks storage for what is there only, and sends what is to be there.
    pub(super) outbound: outbound::Client,
    /// Nothing more is read from there: the server stops.
    pub(super) closing: CancellationToken,
    /// Who makes previews or waits for that, and who does: of what is here, and of what is in storage only.
    pub(super) previewing: [(Semaphore, tokio::sync::Mutex<()>); 2],
    /// There may be something to be finished,
    pub(super) ended: Notify,
    /// to be copied,
    pub(super) finished: Notify,
    /// to be removed,
    pub(super) kept: Notify,
    /// to be uploaded,
    pub(super) sent: Notify,
    /// to become nothing in object storage,
    pub(super) unwanted: Notify,
    /// to be sent in segments.
    pub(crate) segments: Notify,
    revision: watch::Sender<u64>,
    pub(super) events: broadcast::Sender<Event>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) manifest: Arc<Manifest>,
    /// Held while the manifest and what else is small is written, so that none overtakes another.
    saving: Arc<Mutex<()>>,
    /// While it is being made: what ends it.
    pub(super) cut: Option<CancellationToken>,
    pub(super) claim: Claim,
    /// Why it cannot be finished.
    pub(super) trouble: Option<Trouble>,
    /// Into object storage.
    pub(super) way: Way,
}

/// What is being done with the files of a recording that are not written any more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Claim {
    /// Nothing.
    Free,
    /// One of them is made one piece; so much of it is done, from 0 to 1.
    Finishing(f32),
    /// It goes.
    Removing,
}

/// Why a recording was not finished.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) words: String,
    /// How often that was tried.
    pub(super) tries: u32,
    /// When it is tried again.
    pub(super) again: Instant,
    /// Bytes of the disk that it takes, if that is what it lacks: it is tried again as soon as there are so many.
    pub(super) needs: Option<u64>,
}

/// A recording, for whoever looks.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name.
    pub id: String,
    /// All that is known of it.
    pub manifest: Arc<Manifest>,
    /// Where it is.
    pub state: State,
    /// While a file of it is made one piece: how much of that is done, from 0 to 1.
    pub progress: Option<f32>,
    /// Why it does not go on.
    pub trouble: Option<String>,
    /// How far it has come on its way into object storage, if it is to go there.
    pub upload: Option<Uploading>,
}

/// A file of a recording, opened.
#[derive(Debug)]
pub struct Open {
    /// What is known of it.
    pub part: Part,
    /// Itself.
    pub file: Medium,
    /// Where it was opened, or would be if it were on the disk.
    pub path: PathBuf,
    /// It is being written.
    pub grows: bool,
}

/// Where a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being made.
    Recording,
    /// It is over, and not in one piece yet.
    Finishing,
    /// It is done.
    Finished,
}

/// What others are told of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A recording has begun.
    Begun {
        /// Its name.
        id: String,
        /// What is recorded.
        stream: StreamKey,
    },
    /// It is over and in one piece.
    Finished {
        /// Its name.
        id: String,
        /// What was recorded.
        stream: StreamKey,
    },
}

/// Why something cannot be done with a recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is none of that name, or it has no such file.
    #[error("there is no recording {id}")]
    Unknown {
        /// The name.
        id: String,
    },
    /// It is being made, or made one piece.
    #[error("recording {id} is being made or finished: end it first, or wait until it is")]
    Busy {
        /// The name.
        id: String,
    },
    /// As of everything that people name.
    #[error(transparent)]
    Entry(#[from] entry::Error),
    /// The disk has too little left.
    #[error("the disk has {} left, of which {} are to stay free", in_words(*free), in_words(*reserve))]
    Full {
        /// What there is, in bytes.
        free: u64,
        /// What is not to be used.
        reserve: u64,
    },
    /// It is in object storage only.
    #[error("the recording is not on the disk any more: it is in the bucket {bucket}")]
    Away {
        /// Which.
        bucket: String,
    },
    /// It is in object storage only, and other is set.
    #[error("the recording is in the bucket {bucket}, and another is set")]
    Elsewhere {
        /// Which.
        bucket: String,
    },
    /// It is in segments in a cloud only, which has addresses of its own for them.
    #[error("the recording is not on the disk any more: it is in segments in {clouds}")]
    InClouds {
        /// Which.
        clouds: String,
    },
    /// A clip of nothing.
    #[error("nothing of the recording is between those places")]
    Empty,
    /// A container has no place for one of its tracks.
    #[error("{container} has no place for {codec}")]
    Unfit {
        /// The container.
        container: &'static str,
        /// What the track is of.
        codec: &'static str,
    },
    /// The server stops.
    #[error("the server is shutting down")]
    Stopping,
    /// A panic.
    #[error("it broke, which is a fault of the server")]
    Broken,
    /// The disk or its permissions.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl Recordings {
    /// Those in `folder`, which is made if it is not there. What a crash has left is found, and finished by [`Recordings::run`]. Blocks.
    pub fn open(folder: PathBuf, keep: Keep, outbound: outbound::Client) -> io::Result<Recordings> {
        // Names of streams may be keys.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // Where it does not say, nothing is recorded before it does.
        let (size, free) = space::disk(&folder).unwrap_or_default();
        let mut table = BTreeMap::new();
        for found in fs::read_dir(&folder)? {
            let found = found?;
            let Ok(id) = found.file_name().into_string() else { continue };
            if id.starts_with(MAKING) {
                // A clip that a kill has left.
                fs::remove_dir_all(found.path())?;
            }
            if !is_id(&id) {
                continue;
            }
            match Manifest::load(&found.path()) {
                Ok(mut manifest) => {
                    manifest.measure(&found.path());
                    table.insert(id, Entry::new(manifest, None));
                }
                // It was begun, and that was all.
                Err(err) if err.kind() == io::ErrorKind::NotFound && is_empty(&found.path()) => {}
                Err(err) => {
                    warn!(recording = id, %err, "a recording's manifest cannot be read: it is left as it is");
                }
            }
        }
        Ok(Recordings {
            folder,
            table: Mutex::new(table),
            keep: Mutex::new(keep),
            bucket: Mutex::default(),
            former: Mutex::default(),
            destinations: Mutex::default(),
            jobs: OnceLock::new(),
            parts: Mutex::default(),
            size: AtomicU64::new(size),
            free: AtomicU64::new(free),
            pace: Mutex::default(),
            told: Mutex::default(),
            counters: Counters::default(),
            threads: Arc::new(Semaphore::new(THREADS)),
            known: Mutex::default(),
            outbound,
            closing: CancellationToken::new(),
            previewing: std::array::from_fn(|_| (Semaphore::new(PREVIEWERS), tokio::sync::Mutex::default())),
            ended: Notify::new(),
            finished: Notify::new(),
            kept: Notify::new(),
            sent: Notify::new(),
            unwanted: Notify::new(),
            segments: Notify::new(),
            revision: watch::Sender::new(0),
            events: broadcast::Sender::new(EVENTS),
        })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Hears that something of a recording has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Hears of beginnings and ends.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Every recording, in the order of ids.
    pub fn all(&self) -> Vec<View> {
        self.table().iter().map(|(id, entry)| entry.view(id)).collect()
    }

    /// How many are in object storage.
    pub fn uploaded(&self) -> usize {
        let table = self.table();
        table
            .values()
            .filter(|entry| entry.manifest.upload.as_ref().is_some_and(|upload| upload.done))
            .count()
    }

    /// Those that are not done, and how many are.
    pub fn current(&self) -> (Vec<View>, usize) {
        let table = self.table();
        let current = table.iter().filter(|(_, entry)| !entry.manifest.done);
        let current: Vec<_> = current.map(|(id, entry)| entry.view(id)).collect();
        let done = table.len() - current.len();
        (current, done)
    }

    /// Those on their way into object storage that are to be `known`, of which `most` are told, the eldest first; and how many there are.
    pub fn on_their_way(&self, most: usize, known: impl Fn(&View) -> bool) -> (Vec<View>, usize) {
        let mut views: Vec<_> = {
            let table = self.table();
            let waiting = table.iter().filter(|(_, entry)| entry.manifest.is_on_its_way());
            waiting.map(|(id, entry)| entry.view(id)).filter(known).collect()
        };
        let all = views.len();
        views.sort_by_key(|view| view.manifest.ended);
        views.truncate(most);
        (views, all)
    }

    /// One of them.
    pub fn view(&self, id: &str) -> Result<View, Error> {
        self.table().get(id).map(|entry| entry.view(id)).ok_or_else(|| unknown(id))
    }

    /// File `number` (from 0) of a recording as it is at this moment: in one piece, or as far as it is written; wherever that is. Blocks.
    pub fn file(&self, id: &str, number: usize) -> Result<Open, Error> {
        let open = || -> Result<io::Result<Open>, Error> {
            let view = self.view(id)?;
            let part = view.manifest.files.get(number).ok_or_else(|| unknown(id))?.clone();
            let folder = self.folder.join(id);
            let path = if part.finished { whole(&folder, number) } else { fragments(&folder, number) };
            if view.manifest.away {
                let file = Medium::Stored(self.stored(id, &view, number, None)?);
                return Ok(Ok(Open { part, file, path, grows: false }));
            }
            let grows = view.state == State::Recording && number + 1 == view.manifest.files.len();
            Ok(File::open(&path).map(|file| Open { part, file: file.into(), path, grows }))
        };
        let opened = match open()? {
            // It has become one piece in this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => open()?,
            opened => opened,
        };
        opened.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => unknown(id),
            _ => Error::Io { what: "it cannot be read", source },
        })
    }

    /// Where its picture is, a JPEG; `None` when it has none.
    pub fn picture(&self, id: &str) -> Result<Option<PathBuf>, Error> {
        let view = self.view(id)?;
        Ok(view.manifest.picture.then(|| manifest::picture(&self.folder.join(id))))
    }

    /// Gives it another label. Blocks.
    pub fn rename(&self, id: &str, label: &str) -> Result<View, Error> {
        let label = entry::good_label(label)?;
        self.change(id, |manifest| manifest.label.clone_from(&label))?;
        self.view(id)
    }

    /// Removes it for good, unless it is still being made. Blocks.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let saving = {
            let mut table = self.table();
            let entry = table.get_mut(id).ok_or_else(|| unknown(id))?;
            if entry.cut.is_some() || entry.claim != Claim::Free {
                return Err(Error::Busy { id: id.to_owned() });
            }
            entry.claim = Claim::Removing;
            Arc::clone(&entry.saving)
        };
        self.give_up(id);
        // First it has no name any more, so that a crash leaves nothing of which there is half.
        let away = self.folder.join(format!("{REMOVED}{id}"));
        let removed = {
            let _saving = saving.lock().unwrap_or_else(PoisonError::into_inner);
            fs::rename(self.folder.join(id), &away).and_then(|()| manifest::sync_folder(&self.folder))
        };
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                self.with(id, |entry| entry.claim = Claim::Free);
                return Err(Error::Io { what: "it cannot be removed", source });
            }
            _ => {}
        }
        self.table().remove(id);
        self.tell();
        if let Err(err) = fs::remove_dir_all(&away) {
            warn!(recording = id, %err, "what was recorded cannot be removed yet");
        }
        Ok(())
    }

    /// Ends it, if it is still being made: who records it begins another if there is more.
    pub fn end(&self, id: &str) -> Result<(), Error> {
        let table = self.table();
        let entry = table.get(id).ok_or_else(|| unknown(id))?;
        if let Some(cut) = &entry.cut {
            cut.cancel();
        }
        Ok(())
    }

    /// What is kept for how long, from now on.
    pub fn set_keep(&self, keep: Keep) {
        *self.keep.lock().unwrap_or_else(PoisonError::into_inner) = keep;
        // What there was no room for may have some now.
        let now = Instant::now();
        self.table()
            .values_mut()
            .filter_map(|entry| entry.trouble.as_mut())
            .for_each(|trouble| trouble.again = now);
        self.ended.notify_one();
        self.finished.notify_one();
        self.kept.notify_one();
    }

    /// What is kept for how long.
    pub fn keep(&self) -> Keep {
        self.keep.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that are done and of which others have not been told so, the eldest first.
    pub fn untold(&self) -> Vec<View> {
        let mut untold: Vec<_> = {
            let table = self.table();
            let untold = table.iter().filter(|(_, entry)| entry.manifest.done && !entry.manifest.told);
            untold.map(|(id, entry)| entry.view(id)).collect()
        };
        untold.sort_by_key(|view| view.manifest.ended);
        untold
    }

    /// Others have been told that it is done. Blocks.
    pub fn told(&self, id: &str) -> Result<(), Error> {
        self.change(id, |manifest| manifest.told = true)
    }

    /// Begins a recording of `stream` for `job`, whose files are to be something else `also`. Blocks.
    pub(super) fn begin(
        self: &Arc<Self>,
        stream: &StreamKey,
        job: &str,
        also: &[Container],
    ) -> Result<Session, Error> {
        // What waits for room to be put in one piece comes first: else who records takes all there ever is.
        self.room_for(BEGINNING + self.waits_for())?;
        let (clouds, also) = (self.clouds_for(stream, job), also.to_vec());
        let manifest = Manifest { clouds, also, ..Manifest::new(stream, job) };
        let (id, folder) = self.make(&manifest, |_| Ok(()))?;
        let cut = CancellationToken::new();
        self.enter(&id, manifest, Some(cut.clone()));
        // They may have changed since they were looked up.
        self.check_destinations(&id);
        info!(recording = id, stream = %stream.logged(), "recording begun");
        let _ = self.events.send(Event::Begun { id: id.clone(), stream: stream.clone() });
        Ok(Session::new(id, folder, cut, Arc::clone(self)))
    }

    /// Makes the folder of a recording with `manifest`, once `fill` has put there what is to be in it from the beginning: it is there with all of that,
    /// or not at all.
    pub(super) fn make(
        &self,
        manifest: &Manifest,
        fill: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(String, PathBuf), Error> {
        let id = entry::uuid().map_err(entry::Error::from)?;
        let (folder, making) = (self.folder.join(&id), self.folder.join(format!("{MAKING}{id}")));
        let make = || {
            fs::create_dir(&making)?;
            fill(&making)?;
            manifest.save(&making)?;
            fs::rename(&making, &folder)?;
            manifest::sync_folder(&self.folder)
        };
        if let Err(source) = make() {
            let _ = fs::remove_dir_all(&making);
            let _ = fs::remove_dir_all(&folder);
            return Err(Error::Io { what: "a recording cannot be made", source });
        }
        Ok((id, folder))
    }

    /// Has everybody know a recording whose folder is there; `cut` ends it, if it is being made.
    pub(super) fn enter(&self, id: &str, manifest: Manifest, cut: Option<CancellationToken>) {
        self.table().insert(id.to_owned(), Entry::new(manifest, cut));
        self.tell();
    }

    /// Errs unless the disk has room for `bytes` beside what is to stay free. Blocks.
    pub(super) fn room_for(&self, bytes: u64) -> Result<(), Error> {
        let looked = self.look();
        let free =
            looked.map_err(|source| Error::Io { what: "the disk does not say what it has left", source })?;
        let reserve = self.keep().reserve;
        if free < reserve.saturating_add(bytes) {
            return Err(Error::Full { free, reserve });
        }
        Ok(())
    }

    /// Errs when the disk had less left at the last look than is to stay free.
    pub(super) fn room(&self) -> Result<(), Error> {
        let (free, reserve) = (self.free.load(Ordering::Relaxed), self.keep().reserve);
        if free < reserve {
            return Err(Error::Full { free, reserve });
        }
        Ok(())
    }

    /// Looks for what the disk has left. Blocks.
    pub(super) fn look(&self) -> io::Result<u64> {
        let (size, free) = space::disk(&self.folder)?;
        self.size.store(size, Ordering::Relaxed);
        self.free.store(free, Ordering::Relaxed);
        self.pace().look(Instant::now(), self.counters.written.get());
        self.tell_of_space();
        let spare = free.saturating_sub(self.keep().reserve);
        let mut there_is = false;
        for trouble in self.table().values_mut().filter_map(|entry| entry.trouble.as_mut()) {
            if trouble.needs.is_some_and(|needs| needs <= spare) {
                (trouble.again, there_is) = (Instant::now(), true);
            }
        }
        if there_is {
            self.ended.notify_one();
        }
        Ok(free)
    }

    /// What the disk has for them, as of the last look.
    pub fn space(&self) -> Room {
        let taken = self.table().values().map(|entry| entry.taken()).sum();
        let (size, free) = (self.size.load(Ordering::Relaxed), self.free.load(Ordering::Relaxed));
        Room::new(size, free, taken, self.pace().rate(), &self.keep())
    }

    /// Tells it to who looks, if it is something else to look at: a thousandth of the disk, or another pace.
    fn tell_of_space(&self) {
        let Room { size, free, rate, .. } = self.space();
        let seen = (free / (size / 1_000).max(1), (rate / 10_000.0) as u64);
        let told = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), seen);
        if told != seen {
            self.tell();
        }
    }

    /// Bytes that the largest of what waits for room takes.
    fn waits_for(&self) -> u64 {
        let table = self.table();
        let needs = table.values().filter_map(|entry| entry.trouble.as_ref()?.needs);
        // What takes more is playable as it is, and who records is not to wait for it.
        needs.filter(|needs| *needs <= FIRST).max().unwrap_or(0)
    }

    /// Does `work` on a thread that may wait for the disk, when there is one.
    pub(crate) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Error::Stopping)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(thread);
            done
        });
        done.await.map_err(|error| if error.is_panic() { Error::Broken } else { Error::Stopping })
    }

    /// Changes what is known of a recording, in its folder and then here. Nobody who looks waits for the disk.
    pub(crate) fn change(&self, id: &str, change: impl Fn(&mut Manifest)) -> Result<(), Error> {
        let saving = self.saving(id)?;
        let _saving = saving.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.view(id)?.manifest;
        let mut manifest = Manifest::clone(&before);
        change(&mut manifest);
        if manifest == *before {
            return Ok(());
        }
        let saved = manifest.save(&self.folder.join(id));
        saved.map_err(|source| Error::Io { what: "what is known of it cannot be written down", source })?;
        self.with(id, |entry| change(Arc::make_mut(&mut entry.manifest)));
        Ok(())
    }

    /// Held by whoever writes small files of it.
    pub(super) fn saving(&self, id: &str) -> Result<Arc<Mutex<()>>, Error> {
        self.table().get(id).map(|entry| Arc::clone(&entry.saving)).ok_or_else(|| unknown(id))
    }

    pub(super) fn with(&self, id: &str, change: impl FnOnce(&mut Entry)) {
        self.table().get_mut(id).map(change);
        self.tell();
    }

    pub(super) fn tell(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn parts(&self) -> MutexGuard<'_, Vec<Begun>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn table(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(manifest: Manifest, cut: Option<CancellationToken>) -> Entry {
        let saving = Arc::default();
        let way = Way::default();
        Entry { manifest: Arc::new(manifest), saving, cut, claim: Claim::Free, trouble: None, way }
    }

    pub(super) fn state(&self) -> State {
        match () {
            () if self.cut.is_some() => State::Recording,
            () if self.manifest.done => State::Finished,
            () => State::Finishing,
        }
    }

    /// Bytes of the disk.
    fn taken(&self) -> u64 {
        if self.manifest.away { 0 } else { self.manifest.taken() }
    }

    /// Whether it is being removed.
    pub(super) fn is_going(&self) -> bool {
        self.claim == Claim::Removing
    }

    pub(super) fn view(&self, id: &str) -> View {
        let state = self.state();
        let progress = match self.claim {
            Claim::Finishing(done) => Some(done),
            _ => None,
        };
        let trouble = self.trouble.as_ref().filter(|_| self.claim == Claim::Free);
        let trouble = trouble.map(|trouble| trouble.words.clone());
        let (manifest, upload) = (Arc::clone(&self.manifest), self.uploading());
        View { id: id.to_owned(), manifest, state, progress, trouble, upload }
    }
}

impl View {
    /// What is or was recorded.
    pub fn stream(&self) -> Option<StreamKey> {
        StreamKey::new(&self.manifest.app, &self.manifest.stream).ok()
    }

    /// Errs when it is not on the disk any more.
    pub(super) fn here(&self) -> Result<(), Error> {
        match &self.manifest.upload {
            _ if !self.manifest.away => Ok(()),
            Some(upload) => Err(Error::Away { bucket: upload.bucket.clone() }),
            None => Err(Error::InClouds { clouds: self.manifest.clouds.known_as() }),
        }
    }
}

impl Error {
    /// Whether it is where nobody here can read it.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Error::Away { .. } | Error::Elsewhere { .. } | Error::InClouds { .. })
    }
}

/// Whether nothing is in `folder` but what the beginning of a manifest may have left; then it is gone.
fn is_empty(folder: &Path) -> bool {
    let _ = fs::remove_file(folder.join(manifest::NEXT));
    fs::remove_dir(folder).is_ok()
}

/// Whether it is the name of a recording: a UUID as we write it. Nothing else in the folder is looked at.
fn is_id(name: &str) -> bool {
    let shape = |(place, c): (usize, u8)| match place {
        8 | 13 | 18 | 23 => c == b'-',
        _ => c.is_ascii_digit() || (b'a'..=b'f').contains(&c),
    };
    name.len() == 36 && name.bytes().enumerate().all(shape)
}

pub(super) fn unknown(id: &str) -> Error {
    Error::Unknown { id: id.to_owned() }
}

/// The folder of recordings in the data folder.
pub fn folder(data: &Path) -> PathBuf {
    data.join("record")
}

/// What one is called that is not all there yet.
const MAKING: &str = ".making-";
/// What a recording that is being removed is called.
pub(super) const REMOVED: &str = ".removed-";
/// With less room than this nothing is begun, whatever else is to stay free: it would end at once.
const BEGINNING: u64 = 16 << 20;
/// What takes so much room or less to be put in one piece comes before what is recorded.
const FIRST: u64 = 1 << 30;
/// Who may wait for previews that are not made yet.
const PREVIEWERS: usize = 16;
/// Threads that may wait for the disk.
const THREADS: usize = 64;
/// Events that a slow listener may be behind.
const EVENTS: usize = 1_024;

#[cfg(test)]
#[path = "library_test.rs"]
mod tests;
