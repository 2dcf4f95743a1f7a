//! Small pictures of a recording from its beginning to its end, all in one, for who looks for a place in it.
//!
//! They are made when somebody asks for the first time, of key frames as they lie in the file, and stay beside it: also when the file itself goes
//! into object storage.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use container::mp4::{Cue, Cues};
use media::{Delta, Frame, Kind, Time};
use serde::{Deserialize, Serialize};

use super::library::{Error, Recordings};
use super::manifest::put;
use super::pieces::read;
use crate::snapshot::{self, Sheet, Snapshots};

/// Which picture is of which moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previews {
    /// How wide each is, in pixels,
    pub width: u32,
    /// and how high.
    pub height: u32,
    /// How many stand side by side in the JPEG; then the next row begins.
    pub columns: u32,
    /// What each shows, in ms from the beginning of the file, in the order of reading.
    pub times: Vec<u64>,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPreviews {
    /// The file is not finished, so it would soon have others.
    #[error("there are previews of pictures in files that are finished")]
    NotYet,
    /// It is of sound alone, or FFmpeg makes nothing of its pictures.
    #[error("the file has no pictures that could be made small")]
    NoPictures,
    /// As of whatever is done with a recording.
    #[error(transparent)]
    Recording(#[from] Error),
    /// They cannot be made.
    #[error(transparent)]
    Picture(#[from] snapshot::Error),
}

impl Recordings {
    /// Those of file `number` (from 0), and the JPEG that has them.
    pub async fn previews(
        self: &Arc<Self>,
        snapshots: &Snapshots,
        id: &str,
        number: usize,
    ) -> Result<(Previews, PathBuf), NoPreviews> {
        let view = self.view(id)?;
        let part = view.manifest.files.get(number).ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
        if !part.finished {
            return Err(NoPreviews::NotYet);
        }
        let picture = self.folder.join(id).join(format!("previews-{}.jpg", number + 1));
        let notes = picture.with_extension("json");
        if let Some(known) = self.known_previews(&notes).await? {
            return known.map(|previews| (previews, picture));
        }
        // Of what is in storage so much is fetched that it is to be known first that something can be made of it.
        snapshots.abilities().await.map_err(snapshot::Error::Missing)?;
        // One after the other: they are many pictures each, and who asked for the same finds them then. A bucket that is slow holds up those in it.
        let [here, away] = &self.previewing;
        let (places, turns) = if view.manifest.away { away } else { here };
        let _place = places.try_acquire().map_err(|_| snapshot::Error::Busy)?;
        let _turn = turns.lock().await;
        if let Some(known) = self.known_previews(&notes).await? {
            return known.map(|previews| (previews, picture));
        }
        let (ours, name) = (Arc::clone(self), id.to_owned());
        let frames = self.on_disk(move || ours.key_frames(&name, number)).await??;
        let times = frames.iter().map(|(at, _)| *at).collect();
        let frames: Vec<_> = frames.into_iter().map(|(_, frame)| frame).collect();
        let sheet = if frames.is_empty() { None } else { Some(snapshots.sheet(&frames).await) };
        let Sheet { jpeg, width, height, columns } = match sheet {
            Some(Ok(sheet)) => sheet,
            Some(Err(error)) if !matches!(error, snapshot::Error::Undecodable { .. }) => {
                return Err(error.into());
            }
            // That does not change, and is not tried for each who asks.
            _ => {
                let _ = self.on_disk(move || fs::write(notes, b"null")).await?;
                return Err(NoPreviews::NoPictures);
            }
        };
        let previews = Previews { width, height, columns, times };
        let (made, to) = (previews.clone(), picture.clone());
        let written = self.on_disk(move || write(&jpeg, &to, &made, &notes)).await?;
        written.map_err(|source| match source.kind() {
            // It was removed meanwhile.
            io::ErrorKind::NotFound => Error::Unknown { id: id.to_owned() },
            _ => Error::Io { what: "its previews cannot be written", source },
        })?;
        Ok((previews, picture))
    }

    /// What is noted of them, if anything is: those that there are, or that there can be none.
    async fn known_previews(&self, notes: &Path) -> Result<Option<Result<Previews, NoPreviews>>, Error> {
        let notes = notes.to_owned();
        let known = self.on_disk(move || fs::read(notes)).await?;
        let known: Option<Option<Previews>> =
            known.ok().and_then(|known| serde_json::from_slice(&known).ok());
        Ok(known.map(|previews| previews.ok_or(NoPreviews::NoPictures)))
    }

    /// Key frames of a file, as evenly as there are any, and when they are shown. Blocks.
    fn key_frames(&self, id: &str, number: usize) -> Result<Vec<(u64, Arc<Frame>)>, Error> {
        let (demuxer, cues, mut file) = self.demuxer(id, number)?;
        let zero = cues.fragments.first().map_or(Time::ZERO, |first| first.start);
        let (mut frames, mut bytes) = (Vec::new(), 0);
        let begun = Instant::now();
        for cue in spread(&cues) {
            if begun.elapsed() > LONGEST {
                let source = io::Error::from(io::ErrorKind::TimedOut);
                return Err(Error::Io { what: "it takes too long to read", source });
            }
            let fragment = read(&mut file, &cues, cue.at..cue.at + cue.bytes)
                .map_err(|source| Error::Io { what: "it cannot be read", source })?;
            // What is damaged has no picture.
            let found = demuxer.frames(&fragment, SystemTime::UNIX_EPOCH).unwrap_or_default();
            let found = found.into_iter().find(|frame| frame.keyframe && frame.track.kind() == Kind::Video);
            let Some(mut frame) = found else { continue };
            let at = u64::try_from((frame.pts - zero).as_millis()).unwrap_or_default();
            // It is a slice of the fragment, which need not stay.
            frame.payload = Bytes::copy_from_slice(&frame.payload);
            bytes += frame.payload.len();
            if bytes > MOST_BYTES {
                break;
            }
            frames.push((at, Arc::new(frame)));
        }
        Ok(frames)
    }
}

/// The fragments that begin with a picture: as many as there are to be, evenly.
fn spread(cues: &Cues) -> Vec<Cue> {
    let (Some(first), Some(last)) = (cues.fragments.first(), cues.fragments.last()) else {
        return Vec::new();
    };
    let apart = Delta::micros((last.end - first.start).as_micros() / Sheet::MOST as i64).max(LEAST_APART);
    let (mut spread, mut next) = (Vec::new(), first.start);
    for cue in cues.fragments.iter().filter(|cue| cue.key) {
        if cue.start >= next && spread.len() < Sheet::MOST {
            spread.push(*cue);
            next = next + apart * ((cue.start - next).as_micros() / apart.as_micros() + 1);
        }
    }
    spread
}

/// The notes come last: what they are of is there then.
fn write(jpeg: &[u8], picture: &Path, previews: &Previews, notes: &Path) -> io::Result<()> {
    put(jpeg, picture)?;
    put(&serde_json::to_vec(previews)?, notes)
}

/// Pictures that are nearer to each other show the same.
const LEAST_APART: Delta = Delta::secs(1);
/// Of which those of an hour of 5 Mbit/s, some 60 MB, come at 8 Mbit/s.
const LONGEST: Duration = Duration::from_secs(60);
/// Of all key frames together, in memory.
const MOST_BYTES: usize = 96 << 20;

#[cfg(test)]
#[path = "previews_test.rs"]
mod tests;
