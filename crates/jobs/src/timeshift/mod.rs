//! Going back in live streams: the last hours of a stream on the disk, for viewers of HLS.
//!
//! ```text
//! hub::Frames (lossless) ─ record's Cutter ─ Shift: segments of 6 s, a file each, the eldest go ─ gateway's HLS, ?timeshift=
//! ```
//!
//! Nothing of it is for ever: what is older than the window goes, and some minutes after the stream all of it. So nothing is synced, and what a
//! crash leaves is removed at the next start. What is to be kept is recorded, which is another kind.

mod run;
mod settings;
mod shift;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway::timeshift::Kept;
use hub::StreamKey;
use media::Delta;
use serde_json::Value;

use crate::record::Recordings;
use crate::supervisor::{BadSettings, Kind, Reach, Run, Running, Work};
use settings::Settings;
use shift::Shift;

/// What is kept of live streams. Owned by the binary; shared by who keeps it and who serves it.
#[derive(Debug)]
pub struct Timeshifts {
    folder: PathBuf,
    table: Mutex<HashMap<StreamKey, Arc<Shift>>>,
}

/// The kind of job that keeps it.
pub struct Keep {
    shifts: Arc<Timeshifts>,
    /// Whose disk it is as well.
    recordings: Arc<Recordings>,
}

struct Job {
    settings: Settings,
    shifts: Arc<Timeshifts>,
    recordings: Arc<Recordings>,
}

/// What is kept of one stream, until this is dropped.
struct Keeping {
    shifts: Arc<Timeshifts>,
    key: StreamKey,
    shift: Arc<Shift>,
}

impl Timeshifts {
    /// In `folder`, where nothing else is: what is there goes. Blocks.
    pub fn open(folder: PathBuf) -> io::Result<Timeshifts> {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Names of streams are in none of it, and pictures of streams that are guarded are.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Timeshifts { folder, table: Mutex::default() })
    }

    /// How far one can go back in `stream`; `None` where nothing is kept of it.
    pub fn reach(&self, stream: &StreamKey) -> Option<Delta> {
        self.table().get(stream).map(|shift| shift.reach()).filter(|reach| *reach > Delta::ZERO)
    }

    /// Begins to keep the last `window` of `stream`. What was kept of it before is not served any more. Blocks.
    fn begin(self: &Arc<Self>, stream: &StreamKey, window: Delta) -> io::Result<Keeping> {
        let shift = Arc::new(Shift::begin(&self.folder, window)?);
        self.table().insert(stream.clone(), Arc::clone(&shift));
        Ok(Keeping { shifts: Arc::clone(self), key: stream.clone(), shift })
    }

    fn table(&self) -> MutexGuard<'_, HashMap<StreamKey, Arc<Shift>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl gateway::timeshift::Timeshift for Timeshifts {
    fn of(&self, stream: &StreamKey) -> Option<Arc<dyn Kept>> {
        let shift = Arc::clone(self.table().get(stream)?);
        // Until there is something to be played there is nothing.
        (shift.reach() > Delta::ZERO).then_some(shift as Arc<dyn Kept>)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let mut table = self.shifts.table();
        if table.get(&self.key).is_some_and(|shift| Arc::ptr_eq(shift, &self.shift)) {
            table.remove(&self.key);
        }
    }
}

impl Keep {
    /// Keeps what it keeps in `shifts`, as long as the disk has room for `recordings`.
    pub fn new(shifts: Arc<Timeshifts>, recordings: Arc<Recordings>) -> Keep {
        Keep { shifts, recordings }
    }
}

impl Kind for Keep {
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

/// The folder of what is kept, in the data folder.
pub fn folder(data: &Path) -> PathBuf {
    data.join("timeshift")
}

const NAME: &str = "timeshift";
/// Streams of which something is kept at a time.
const MOST: usize = 200;
