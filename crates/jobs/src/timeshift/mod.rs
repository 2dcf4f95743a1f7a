//! Going back in live streams: the last hours of a stream on the disk, for viewers of HLS.
//!
//! ```text
//! hub::Frames (lossless) ─ record's Cutter ─ Shift: segments of 6 s, a file each, the eldest go ─ gateway's HLS, ?timeshift=
//! ```
//!
//! Nothing of it is for ever: what is older than the window goes, and some time after the stream all of it. So nothing is synced, and what a
//! crash leaves is removed after the next start. What is to be kept is recorded, which is another kind, and comes first where the disk is nearly full.

mod run;
mod settings;
mod shift;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway::timeshift::Kept;
use hub::StreamKey;
use media::Delta;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::record::Recordings;
use crate::supervisor::{BadSettings, Kind, Reach, Run, Running, Work};
use settings::Settings;
use shift::Shift;

/// What is kept of live streams. Owned by the binary, which runs [`Timeshifts::run`]; shared by who keeps it and who serves it.
#[derive(Debug)]
pub struct Timeshifts {
    folder: PathBuf,
    table: Mutex<HashMap<StreamKey, Slot>>,
    /// Folders that nobody needs any more.
    gone: Mutex<Vec<PathBuf>>,
}

#[derive(Debug)]
struct Slot {
    shift: Arc<Shift>,
    /// Nobody writes it, and so long it stays.
    until: Option<Instant>,
}

/// The kind of job that keeps it.
pub struct Rewind {
    shifts: Arc<Timeshifts>,
    /// Whose disk it is as well.
    recordings: Arc<Recordings>,
}

struct Job {
    settings: Settings,
    shifts: Arc<Timeshifts>,
    recordings: Arc<Recordings>,
}

/// What is kept of one stream, while it is written.
struct Writing {
    shifts: Arc<Timeshifts>,
    key: StreamKey,
    shift: Arc<Shift>,
    /// How long it stays when this is dropped.
    stays: Duration,
}

impl Timeshifts {
    /// In `folder`, where nothing else is: what is there is removed by [`Timeshifts::run`]. Blocks.
    pub fn open(folder: PathBuf) -> io::Result<Timeshifts> {
        // Names of streams are in none of it, and pictures of streams that are guarded are.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let left = fs::read_dir(&folder)?.flatten().map(|left| left.path()).collect();
        Ok(Timeshifts { folder, table: Mutex::default(), gone: Mutex::new(left) })
    }

    /// How far one can go back in `stream`; `None` where nothing is kept of it.
    pub fn reach(&self, stream: &StreamKey) -> Option<Delta> {
        self.table().get(stream).map(|slot| slot.shift.reach()).filter(|reach| *reach > Delta::ZERO)
    }

    /// Removes what nobody needs any more, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let halt = Arc::new(AtomicBool::new(false));
        while stop.run_until_cancelled(tokio::time::sleep(SWEEP)).await.is_some() {
            self.let_go(Instant::now());
            let folders = std::mem::take(&mut *self.gone());
            if folders.is_empty() {
                continue;
            }
            let halted = Arc::clone(&halt);
            let mut removing = tokio::task::spawn_blocking(move || {
                for folder in folders {
                    remove(&folder, &halted);
                }
            });
            tokio::select! {
                _ = &mut removing => {}
                () = stop.cancelled() => {
                    halt.store(true, Ordering::Relaxed);
                    let _ = removing.await;
                }
            }
        }
    }

    /// What nobody writes and whose time is over is not served any more.
    fn let_go(&self, now: Instant) {
        let over = |slot: &Slot| slot.until.is_some_and(|until| until <= now);
        let gone: Vec<_> = self.table().extract_if(|_, slot| over(slot)).collect();
        self.gone().extend(gone.into_iter().map(|(_, slot)| slot.shift.folder().to_owned()));
    }

    /// Begins to keep the last `window` of `stream`, or goes on with what is there still. Blocks.
    fn begin(self: &Arc<Self>, stream: &StreamKey, window: Delta) -> io::Result<Writing> {
        let known = self.table().get(stream).map(|slot| Arc::clone(&slot.shift));
        let shift = match known.filter(|shift| shift.folder().is_dir()) {
            Some(shift) => shift,
            None => Arc::new(Shift::begin(&self.folder)?),
        };
        shift.goes_on(window);
        let slot = Slot { shift: Arc::clone(&shift), until: None };
        let before = self.table().insert(stream.clone(), slot);
        if let Some(before) = before.filter(|before| !Arc::ptr_eq(&before.shift, &shift)) {
            self.gone().push(before.shift.folder().to_owned());
        }
        let stays = window.to_std();
        Ok(Writing { shifts: Arc::clone(self), key: stream.clone(), shift, stays })
    }

    fn table(&self) -> MutexGuard<'_, HashMap<StreamKey, Slot>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl gateway::timeshift::Timeshift for Timeshifts {
    fn of(&self, stream: &StreamKey) -> Option<Arc<dyn Kept>> {
        let shift = Arc::clone(&self.table().get(stream)?.shift);
        // Until there is something to be played there is nothing.
        (shift.reach() > Delta::ZERO).then_some(shift as Arc<dyn Kept>)
    }
}

impl Writing {
    /// It is not wanted any more, or somebody else goes on with it in a moment.
    fn is_not_wanted(&mut self) {
        self.stays = MOMENT;
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.shift.complete();
        if let Some(slot) = self.shifts.table().get_mut(&self.key)
            && Arc::ptr_eq(&slot.shift, &self.shift)
        {
            slot.until = Some(Instant::now() + self.stays);
        }
    }
}

impl Rewind {
    /// Keeps what it keeps in `shifts`, as long as the disk has room beside what `recordings` need.
    pub fn new(shifts: Arc<Timeshifts>, recordings: Arc<Recordings>) -> Rewind {
        Rewind { shifts, recordings }
    }
}

impl Kind for Rewind {
    fn name(&self) -> &'static str {
        NAME
    }

    fn most(&self) -> usize {
        MOST
    }

    fn reach(&self) -> Reach {
        Reach::EachStream { once: true }
    }

    fn schema(&self) -> Value {
        Settings::schema()
    }

    fn work(&self, settings: &Value) -> Result<Arc<dyn Work>, BadSettings> {
        let settings = Settings::parse(settings)?;
        let (shifts, recordings) = (Arc::clone(&self.shifts), Arc::clone(&self.recordings));
        Ok(Arc::new(Job { settings, shifts, recordings }))
    }
}

impl Work for Job {
    fn run(&self, run: Run) -> Running {
        let (shifts, recordings) = (Arc::clone(&self.shifts), Arc::clone(&self.recordings));
        Box::pin(run::keep(self.settings.window(), shifts, recordings, run))
    }
}

/// Removes a folder file by file, until `halt`; the next start goes on with what is left.
fn remove(folder: &Path, halt: &AtomicBool) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        if halt.load(Ordering::Relaxed) {
            return;
        }
        let _ = fs::remove_file(file.path());
    }
    match fs::remove_dir_all(folder) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            warn!(folder = %folder.display(), %err, "what was kept of a stream cannot be removed");
        }
        _ => {}
    }
}

/// The folder of what is kept, in the data folder.
pub fn folder(data: &Path) -> PathBuf {
    data.join("timeshift")
}

const NAME: &str = "timeshift";
/// Streams of which something is kept at a time.
const MOST: usize = 200;
/// How often is looked for what nobody needs any more.
const SWEEP: Duration = Duration::from_secs(2);
/// So long what is not wanted stays, for a job whose settings have changed begins anew.
const MOMENT: Duration = Duration::from_secs(10);
