//! Recordings that go to clouds in segments, as they are made: where one goes, what of it is there, and what that means for the disk.
//!
//! What is to be sent stands in the manifest from the first moment on; what has arrived in a log beside the files, a line a segment, which stays when the files
//! have gone, for players ask for the list. A line that is lost is a segment that is sent again.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, Weak};
use std::time::SystemTime;

use hub::StreamKey;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::export::Container;
use super::library::{Error, Recordings, State, View};
use super::manifest::{Fault, Manifest, form, put, sync_folder};
use super::{NAME, SEGMENT};
use crate::supervisor::Supervisor;

/// A cloud that takes recordings in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Tencent's object storage.
    Cos,
    /// Its video on demand.
    Vod,
}

/// Where a recording goes beside the disk, and how far it has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clouds {
    /// Others want it on the disk.
    pub stays: bool,
    /// In object storage.
    pub cos: Option<InCos>,
    /// In video on demand.
    pub vod: Option<InVod>,
}

/// A recording in object storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InCos {
    /// The bucket.
    pub bucket: Bucketed,
    /// What is there.
    pub sent: Sent,
}

/// A bucket by its name and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bucketed {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: String,
}

/// A recording in video on demand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InVod {
    /// Its upload, from its beginning on.
    pub session: Option<Session>,
    /// The application that it is in; 0 where that is not known.
    pub application: u64,
    /// What it is called there, and where it is; empty until all of it is.
    pub file: String,
    /// The address of its playlist.
    pub media: String,
    /// By which template an MP4 is made of it,
    pub definition: u64,
    /// and what that task is called; empty when none was begun.
    pub task: String,
    /// What came of it.
    pub remuxed: Option<Remuxed>,
    /// What is there.
    pub sent: Sent,
}

/// An upload that was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// What the other side knows it by.
    pub key: String,
    /// Where its objects go,
    pub bucket: String,
    /// and in which region.
    pub region: String,
    /// What the playlist is called there; segments are beside it.
    pub playlist: String,
}

/// The MP4 that the other side has made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remuxed {
    /// Where it is.
    pub url: String,
    /// Bits a second.
    pub bitrate: u64,
    /// Of its pictures.
    pub height: u64,
    /// Of its pictures.
    pub width: u64,
    /// Bytes.
    pub size: u64,
    /// Seconds.
    pub duration: f64,
    /// Its digest.
    pub md5: String,
}

/// What of a recording has arrived.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// All of it, and it was looked at.
    pub done: bool,
    /// How many segments,
    pub segments: usize,
    /// how long they play, in ms,
    pub millis: u64,
    /// and how many bytes they have.
    pub bytes: u64,
    /// When that last changed.
    pub at: Option<SystemTime>,
}

/// Where recordings go that begin now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Into this bucket.
    pub cos: Option<Bucketed>,
    /// Into video on demand.
    pub vod: bool,
}

/// Some seconds of a recording, as a transport stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Which file, from 0.
    pub file: usize,
    /// Where in it, as [`Piece::range`](super::Piece).
    pub start: u64,
    /// The end of that.
    pub end: u64,
    /// How long it plays.
    pub millis: u64,
    /// It does not follow the one before without a seam.
    pub gap: bool,
    /// Bytes of the transport stream; 0 until it is made.
    #[serde(default)]
    pub bytes: u64,
}

impl Segment {
    /// What it is called, and nothing else of the recording.
    pub fn name(&self) -> String {
        format!("{}-{}-{}.ts", self.file + 1, self.start, self.end)
    }

    pub(crate) fn place(&self) -> (usize, u64, u64) {
        (self.file, self.start, self.end)
    }
}

impl Clouds {
    /// Those of a recording that begins now; `stays`: others want it on the disk.
    fn of(Destinations { cos, vod }: Destinations, stays: bool) -> Clouds {
        let cos = cos.map(|bucket| InCos { bucket, ..InCos::default() });
        Clouds { stays, cos, vod: vod.then(InVod::default) }
    }

    /// What of it is in `cloud`; `None` where it does not go there.
    pub fn sent(&self, cloud: Cloud) -> Option<&Sent> {
        match cloud {
            Cloud::Cos => self.cos.as_ref().map(|cos| &cos.sent),
            Cloud::Vod => self.vod.as_ref().map(|vod| &vod.sent),
        }
    }

    pub(crate) fn sent_mut(&mut self, cloud: Cloud) -> Option<&mut Sent> {
        match cloud {
            Cloud::Cos => self.cos.as_mut().map(|cos| &mut cos.sent),
            Cloud::Vod => self.vod.as_mut().map(|vod| &mut vod.sent),
        }
    }

    /// Whether it is made for clouds alone: nobody else was to have it.
    pub fn are_all(&self) -> bool {
        !self.stays && (self.cos.is_some() || self.vod.is_some())
    }

    /// Whether not all of it is where it is to go.
    pub fn wait(&self) -> bool {
        [Cloud::Cos, Cloud::Vod].into_iter().filter_map(|cloud| self.sent(cloud)).any(|sent| !sent.done)
    }

    /// Whether it goes where recordings go that begin now.
    fn go_to(&self, Destinations { cos, vod }: &Destinations) -> bool {
        self.cos.is_some() == cos.is_some() && self.vod.is_some() == *vod
    }

    /// Where it is when it is not on the disk, as people call it.
    pub(super) fn known_as(&self) -> String {
        match &self.cos {
            Some(cos) => format!("{} at COS", cos.bucket.name),
            None => "of VoD".to_owned(),
        }
    }
}

impl Recordings {
    /// Who else wants recordings. To be called once, before anything is recorded.
    pub(crate) fn know(&self, jobs: &Arc<Supervisor>) {
        let _ = self.jobs.set(Arc::downgrade(jobs));
    }

    /// Where recordings go that begin from now on. Those that are made and go elsewhere end, and go on as others.
    pub(crate) fn set_destinations(&self, destinations: Destinations) {
        self.destinations.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&destinations);
        for entry in self.table().values() {
            if let Some(cut) = entry.cut.as_ref().filter(|_| !entry.manifest.clouds.go_to(&destinations)) {
                cut.cancel();
            }
        }
        self.segments.notify_one();
    }

    /// Has a recording that has just begun end, and go on as another, if it goes elsewhere than recordings do by now.
    pub(super) fn check_destinations(&self, id: &str) {
        let destinations = self.destinations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(entry) = self.table().get(id)
            && !entry.manifest.clouds.go_to(&destinations)
            && let Some(cut) = &entry.cut
        {
            cut.cancel();
        }
    }

    /// Where a recording of `stream` goes that `job` begins.
    pub(super) fn clouds_for(&self, stream: &StreamKey, job: &str) -> Clouds {
        let destinations = self.destinations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Clouds::of(destinations, job != JOB || self.is_wanted(stream))
    }

    /// Whether somebody beside the clouds wants `stream` recorded.
    fn is_wanted(&self, stream: &StreamKey) -> bool {
        let Some(jobs) = self.jobs.get().and_then(Weak::upgrade) else { return false };
        jobs.all().iter().any(|view| {
            view.id != JOB && view.job.kind == NAME && view.job.wanted && view.job.streams.include(stream)
        })
    }

    /// Recordings of which something is to go to a cloud, with each of those.
    pub(crate) fn on_their_way_to_clouds(&self) -> Vec<(View, Cloud)> {
        let table = self.table();
        let waiting = table.iter().filter(|(_, entry)| entry.manifest.clouds.wait() && !entry.is_going());
        let views = waiting.map(|(id, entry)| entry.view(id)).flat_map(|view| {
            let waits = |cloud| view.manifest.clouds.sent(cloud).is_some_and(|sent| !sent.done);
            let clouds = [Cloud::Cos, Cloud::Vod].into_iter().filter(|cloud| waits(*cloud));
            clouds.map(|cloud| (view.clone(), cloud)).collect::<Vec<_>>()
        });
        views.collect()
    }

    /// Notes that others want the recording as well, if they do while it is made. Blocks.
    pub(crate) fn note_others(&self, view: &View) -> Result<(), Error> {
        if self.others_want(view) {
            self.change(&view.id, |manifest| manifest.clouds.stays = true)?;
        }
        Ok(())
    }

    /// Whether others want a recording that is made for clouds alone so far.
    pub(super) fn others_want(&self, view: &View) -> bool {
        let alone = view.state == State::Recording && view.manifest.clouds.are_all();
        alone && view.stream().is_some_and(|stream| self.is_wanted(&stream))
    }

    /// A recording in segments, and whether those are all: of one that is made, what is not long enough yet is left out. Blocks.
    ///
    /// Errs rather than leave out what is there and cannot be read in this moment.
    pub(crate) fn segments(&self, id: &str) -> Result<(Vec<Segment>, bool), Error> {
        // What comes after this look is in the next.
        let view = self.view(id)?;
        view.here()?;
        let parts = &view.manifest.files;
        let mut segments: Vec<Segment> = Vec::new();
        for (file, part) in parts.iter().enumerate() {
            if part.fault == Some(Fault::Unreadable) || part.finished && part.bytes == 0 {
                continue;
            }
            let grows = view.state == State::Recording && file + 1 == parts.len();
            let found = match self.pieces(id, file, SEGMENT, grows) {
                Ok(found) => found.pieces,
                // It may have been known for a moment before it is there.
                Err(_) if grows => Vec::new(),
                // A kill has left nothing in it, which finishing finds out.
                Err(_) if !view.manifest.done => break,
                Err(error) => return Err(error),
            };
            for (number, piece) in found.into_iter().enumerate() {
                segments.push(Segment {
                    file,
                    start: piece.range.start,
                    end: piece.range.end,
                    millis: u64::try_from(piece.length.as_millis()).unwrap_or_default(),
                    gap: piece.gap || file > 0 && number == 0,
                    bytes: 0,
                });
            }
        }
        Ok((segments, view.manifest.done))
    }

    /// Segments that have arrived in `cloud`, in order. Blocks.
    pub fn in_cloud(&self, id: &str, cloud: Cloud) -> Result<Vec<Segment>, Error> {
        let text = match fs::read(self.log(id, cloud)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(log_trouble)?,
        };
        // A line that was torn is that of a segment that is sent again.
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let segments: BTreeMap<_, Segment> =
            lines.map(|segment: Segment| (segment.place(), segment)).collect();
        Ok(segments.into_values().collect())
    }

    /// Notes that a segment has arrived in `cloud`, with those before `sent`. Blocks.
    pub(crate) fn note_arrived(
        &self,
        id: &str,
        cloud: Cloud,
        segment: &Segment,
        sent: Sent,
    ) -> Result<(), Error> {
        let mut line = serde_json::to_vec(segment).unwrap_or_default();
        // It begins with an end of line, behind what may be torn.
        line.insert(0, b'\n');
        let log = OpenOptions::new().append(true).create(true).open(self.log(id, cloud));
        log.and_then(|mut log| log.write_all(&line)).map_err(log_trouble)?;
        self.count_arrived(id, cloud, sent);
        Ok(())
    }

    /// So much has arrived. It is written down with what is next.
    pub(crate) fn count_arrived(&self, id: &str, cloud: Cloud, sent: Sent) {
        self.with(id, |entry| {
            if let Some(known) = Arc::make_mut(&mut entry.manifest).clouds.sent_mut(cloud) {
                *known = sent;
            }
        });
    }

    /// Only `segments` have arrived, in this order; which is on the disk when this returns. Blocks.
    pub(crate) fn set_arrived(&self, id: &str, cloud: Cloud, segments: &[Segment]) -> Result<(), Error> {
        let log = self.log(id, cloud);
        let mut text = Vec::new();
        for segment in segments {
            text.extend(serde_json::to_vec(segment).unwrap_or_default());
            text.push(b'\n');
        }
        let written = put(&text, &log).and_then(|()| sync_folder(&self.folder.join(id)));
        written.map_err(log_trouble)
    }

    /// Takes a recording from the disk that is where it was to go, unless somebody wants it here, or transport streams cannot carry all of it. Blocks.
    pub(crate) fn leave_disk(&self, id: &str) -> Result<(), Error> {
        let keeps = self.bucket().keeps;
        let view = self.view(id)?;
        if !may_leave(&view.manifest, keeps) {
            return Ok(());
        }
        if view.manifest.upload.is_none() {
            for (number, _) in view.manifest.kept().filter(|(_, container)| container.is_none()) {
                match self.export(id, number, Container::Ts) {
                    Ok(_) => {}
                    Err(err @ Error::Unfit { .. }) => {
                        info!(recording = id, %err, "what is in the cloud lacks a track: the recording stays on the disk as well");
                        return Ok(());
                    }
                    // What cannot be looked at now may be all there is of something.
                    Err(err) => return Err(err),
                }
            }
        }
        let cued = view.manifest.upload.is_some() && self.note_cues(id, &view.manifest)?;
        // First it is written down that it is not here any more: what a kill leaves is swept away.
        self.change(id, |manifest| {
            if may_leave(manifest, keeps) {
                (manifest.away, manifest.cued) = (true, cued);
            }
        })?;
        let view = self.view(id)?;
        let folder = self.folder.join(id);
        for (number, container) in view.manifest.kept().filter(|_| view.manifest.away) {
            let _ = fs::remove_file(form(&folder, number, container));
        }
        Ok(())
    }

    fn log(&self, id: &str, cloud: Cloud) -> PathBuf {
        log(&self.folder.join(id), cloud)
    }
}

/// Whether a recording is not needed on the disk any more. `keeps`: what goes into other storage stays here.
fn may_leave(manifest: &Manifest, keeps: bool) -> bool {
    let clouds = &manifest.clouds;
    let there = (clouds.cos.is_some() || clouds.vod.is_some()) && !clouds.wait();
    // What is damaged has more in it than what plays.
    let whole = manifest.files.iter().all(|part| part.finished && part.fault.is_none());
    let unwanted = match &manifest.upload {
        None => !clouds.stays,
        Some(upload) => upload.done && !keeps,
    };
    manifest.done && !manifest.away && there && whole && unwanted
}

fn log(folder: &Path, cloud: Cloud) -> PathBuf {
    folder.join(match cloud {
        Cloud::Cos => "cos.log",
        Cloud::Vod => "vod.log",
    })
}

fn log_trouble(source: io::Error) -> Error {
    Error::Io { what: "what has arrived in the cloud cannot be noted", source }
}

/// The job that records for clouds.
pub const JOB: &str = "tencent";

#[cfg(test)]
#[path = "clouds_test.rs"]
mod tests;
