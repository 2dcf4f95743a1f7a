//! Recording: what is published, onto the disk, so that nothing is lost and it can be played at once.
//!
//! ```text
//! hub::Frames (lossless) ─ Cutter: order, one clock, files ─ Session: fragments of 1 s, each synced ─ part-1.mp4
//!                                                                                                        │ over
//!                                                                     Recordings::run ─ finish ─ index.mp4
//! ```
//!
//! A recording is a folder with a [`Manifest`] and a file or several. While it is made, a file is a fragmented MP4, which can be played
//! as it is; once it is over it is copied behind an index of its samples, without FFmpeg. Whatever interrupts that, it
//! begins anew: the fragments stay until the finished file is on the disk and known to be.
//!
//! At a power cut at most two seconds are lost: a fragment of one second and a quarter that is being gathered, and half a second that waits to
//! be put in order. When the process is killed it is the same, for each fragment is on the disk before the next is begun.

mod away;
mod clip;
mod clouds;
mod cutter;
mod demand;
mod export;
mod facts;
mod finish;
mod forms;
mod keep;
mod library;
mod m3u8;
mod manifest;
mod medium;
mod metrics;
mod pieces;
mod previews;
mod recorder;
mod room;
mod session;
mod settings;
mod space;
#[cfg(test)]
mod testing;
mod tidy;
mod upload;
mod writer;

use std::sync::Arc;

use media::Delta;
use serde_json::Value;

use crate::Snapshots;
use crate::supervisor::{BadSettings, Kind, Reach, Run, Running, Work};

pub use clouds::{Bucketed, Cloud, Clouds, Destinations, InCos, InVod, JOB, Remuxed, Segment, Sent, Session};
pub(crate) use cutter::{Cut, Cutter};
pub use demand::switch;
pub use export::{Container, Export};
pub use facts::{Counted, Facts};
pub use keep::Keep;
pub use library::{Error, Event, Open, Recordings, State, View, folder};
pub use m3u8::{Listed, list};
pub use manifest::{Cause, Fault, Form, Gap, Manifest, Object, Part, Upload};
pub use medium::{Medium, Stored};
pub use pieces::{Piece, Pieces, Playlist};
pub use previews::{NoPreviews, Previews};
pub use room::Room;
pub use settings::Settings;
pub(crate) use space::free;
pub use upload::Uploading;

/// The kind of job that records.
pub struct Record {
    recordings: Arc<Recordings>,
    snapshots: Arc<Snapshots>,
}

/// One that does.
struct Job {
    settings: Settings,
    recordings: Arc<Recordings>,
    snapshots: Arc<Snapshots>,
}

impl Record {
    /// Records into `recordings`, each with a picture by `snapshots`, if that can make one.
    pub fn new(recordings: Arc<Recordings>, snapshots: Arc<Snapshots>) -> Record {
        Record { recordings, snapshots }
    }
}

impl Kind for Record {
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
        let (recordings, snapshots) = (Arc::clone(&self.recordings), Arc::clone(&self.snapshots));
        Ok(Arc::new(Job { settings, recordings, snapshots }))
    }
}

impl Work for Job {
    fn run(&self, run: Run) -> Running {
        let (recordings, snapshots) = (Arc::clone(&self.recordings), Arc::clone(&self.snapshots));
        Box::pin(recorder::record(self.settings.clone(), recordings, snapshots, run))
    }
}

/// How long segments are that are made as transport streams.
pub const SEGMENT: Delta = Delta::secs(10);

pub(crate) const NAME: &str = "record";
/// Streams that are recorded at a time.
const MOST: usize = 1_000;
