//! Recordings that are in object storage only: how their files are read, and what stays here so that they can be played from any place. Blocks.

use std::fs::File;
use std::io;
use std::sync::Arc;

use container::mp4::{Cue, Cues};
use media::Time;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::export::Container;
use super::library::{Error, Recordings, View, unknown};
use super::manifest::{self, Manifest, put};
use super::medium::Stored;
use crate::storage::Storage;

/// Which bytes of a file play when, as it is written down.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    /// As [`Cues`] has them.
    header: u64,
    base: u64,
    /// Of each fragment its first byte and how many they are, its beginning and its end in microseconds, and whether it begins with a key frame.
    fragments: Vec<(u64, u64, i64, i64, bool)>,
}

impl Recordings {
    /// File `number` (from 0) of one that is in storage only, in `container` if that is not the MP4.
    pub(super) fn stored(
        &self,
        id: &str,
        view: &View,
        number: usize,
        container: Option<Container>,
    ) -> Result<Stored, Error> {
        let Some(upload) = &view.manifest.upload else {
            return Err(Error::InClouds { clouds: view.manifest.clouds.known_as() });
        };
        let bucket = self.bucket();
        if !bucket.may_have(&upload.bucket) {
            return Err(Error::Elsewhere { bucket: upload.bucket.clone() });
        }
        let object =
            upload.objects.iter().find(|known| known.number == number && known.container == container);
        let object = object.ok_or_else(|| unknown(id))?;
        let storage = Storage::new(&bucket, &self.outbound);
        let storage =
            storage.map_err(|err| Error::Io { what: "it cannot be read", source: io::Error::other(err) })?;
        Ok(Stored::new(storage, object.name.clone(), object.bytes))
    }

    /// Notes which bytes of its files play when, for they are about to leave; whether that is noted of all. What is not leaves all the same, for the
    /// disk may be full.
    pub(super) fn note_cues(&self, id: &str, manifest: &Manifest) -> bool {
        let folder = self.folder.join(id);
        let mut all = true;
        for (number, _) in manifest.kept().filter(|(_, container)| container.is_none()) {
            let noted = self.cues(id, number).map_err(io::Error::other).and_then(|(cues, _)| {
                put(&serde_json::to_vec(&Noted::from(&*cues))?, &manifest::cues(&folder, number))
            });
            if let Err(error) = noted {
                debug!(recording = id, %error, "once it is in storage only, it can be had file by file alone");
                all = false;
            }
        }
        all
    }

    /// What was noted of a file that has left.
    pub(super) fn noted_cues(&self, id: &str, number: usize) -> Result<Arc<Cues>, Error> {
        let path = manifest::cues(&self.folder.join(id), number);
        if let Some((cues, _)) = self.known().of(&path) {
            return Ok(cues);
        }
        let noted = File::open(&path)
            .and_then(|file| Ok(serde_json::from_reader::<_, Noted>(io::BufReader::new(file))?));
        // Which bytes it has is known by the storage alone.
        let Ok(noted) = noted else { return self.view(id)?.here().and(Err(unknown(id))) };
        let cues = Arc::new(noted.into());
        self.known().insert(&path, &cues, true);
        Ok(cues)
    }
}

impl From<&Cues> for Noted {
    fn from(cues: &Cues) -> Noted {
        let fragments = cues.fragments.iter();
        let fragments =
            fragments.map(|cue| (cue.at, cue.bytes, cue.start.as_micros(), cue.end.as_micros(), cue.key));
        Noted { header: cues.header, base: cues.base, fragments: fragments.collect() }
    }
}

impl From<Noted> for Cues {
    fn from(noted: Noted) -> Cues {
        let fragments = noted.fragments.into_iter().map(|(at, bytes, start, end, key)| {
            let (start, end) = (Time::from_micros(start), Time::from_micros(end));
            Cue { at, bytes, start, end, key }
        });
        Cues::known(noted.header, noted.base, fragments.collect())
    }
}
