//! Recordings that are in object storage only: how their files are read, and what stays here so that they can be played from any place. Blocks.

use std::fs::File;
use std::io;
use std::io::ErrorKind::{InvalidData, NotFound, QuotaExceeded, StorageFull, UnexpectedEof};
use std::sync::{Arc, PoisonError};

use container::mp4::{Cue, Cues};
use media::Time;
use serde::{Deserialize, Serialize};
use tracing::warn;

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
        Ok(Stored::new(storage, object.name.clone(), object.bytes, self.closing.clone()))
    }

    /// Notes which bytes of its files play when, for they are about to leave; whether that is noted of all. Where the disk is full it is not, and the
    /// file leaves all the same: that makes room.
    pub(super) fn note_cues(&self, id: &str, manifest: &Manifest) -> Result<bool, Error> {
        let saving = self.saving(id)?;
        let _saving = saving.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.join(id);
        let mut all = true;
        for (number, _) in manifest.kept().filter(|(_, container)| container.is_none()) {
            let (cues, _) = self.cues(id, number)?;
            let noted = serde_json::to_vec(&Noted::from(&*cues)).map_err(io::Error::other);
            let noted = noted.and_then(|noted| put(&noted, &manifest::cues(&folder, number)));
            match noted {
                Ok(()) => {}
                Err(source) if matches!(source.kind(), StorageFull | QuotaExceeded) => {
                    warn!(recording = id, %source, "once it is in storage only, it can be had file by file alone");
                    all = false;
                }
                Err(source) => {
                    return Err(Error::Io { what: "where its pieces are cannot be noted", source });
                }
            }
        }
        Ok(all)
    }

    /// What was noted of a file that has left, of `size` bytes.
    pub(super) fn noted_cues(&self, id: &str, number: usize, size: u64) -> Result<Arc<Cues>, Error> {
        let path = manifest::cues(&self.folder.join(id), number);
        if let Some((cues, _)) = self.known().of(&path) {
            return Ok(cues);
        }
        let read = || {
            let noted: Noted = serde_json::from_reader(io::BufReader::new(File::open(&path)?))?;
            noted.cues(size).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
        };
        let cues = match read() {
            Ok(cues) => Arc::new(cues),
            // Which bytes it has is known by the storage alone.
            Err(err) if matches!(err.kind(), NotFound | InvalidData | UnexpectedEof) => {
                warn!(recording = id, %err, "where its pieces are is not known: it can be had file by file alone");
                let elsewhere = self.view(id)?.here();
                self.change(id, |manifest| manifest.cued = false)?;
                return elsewhere.and(Err(unknown(id)));
            }
            Err(source) => return Err(Error::Io { what: "where its pieces are cannot be read", source }),
        };
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

impl Noted {
    /// As they are, if they make sense in a file of `size` bytes: what stands on the disk may have been damaged there.
    fn cues(self, size: u64) -> Option<Cues> {
        let mut known = self.header;
        let mut fragments = Vec::with_capacity(self.fragments.len());
        for (at, bytes, start, end, key) in self.fragments {
            if at < known || end < start {
                return None;
            }
            known = at.checked_add(bytes)?;
            fragments.push(Cue {
                at,
                bytes,
                start: Time::from_micros(start),
                end: Time::from_micros(end),
                key,
            });
        }
        let fits = self.header > 0 && self.base.checked_add(known)? <= size;
        fits.then(|| Cues::known(self.header, self.base, fragments))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn noted(header: u64, base: u64, fragments: &[(u64, u64, i64, i64, bool)]) -> Noted {
        Noted { header, base, fragments: fragments.to_vec() }
    }

    #[test]
    fn what_is_noted_is_what_was_known() {
        let fragments = [(700, 300, 0, 1_000_000, true), (1_050, 50, 1_000_000, 2_000_000, false)];
        let cues = noted(700, 40, &fragments).cues(1_140).unwrap();
        let again: Noted = serde_json::from_slice(&serde_json::to_vec(&Noted::from(&cues)).unwrap()).unwrap();
        let again = again.cues(1_140).unwrap();
        assert_eq!((again.header, again.base, &again.fragments), (700, 40, &cues.fragments));
        assert_eq!((again.fragments.len(), again.fragments[1].at, again.fragments[1].key), (2, 1_050, false));
    }

    #[test]
    fn what_makes_no_sense_is_not_believed() {
        let whole = (700, 300, 0, 1, true);
        for wrong in [
            noted(700, 0, &[(700, 1_301, 0, 1, true)]),
            noted(700, 1_001, &[whole]),
            noted(700, 0, &[(600, 300, 0, 1, true)]),
            noted(700, 0, &[whole, (999, 1, 1, 2, true)]),
            noted(700, 0, &[(700, 300, 2, 1, true)]),
            noted(700, 0, &[(700, u64::MAX, 0, 1, true)]),
            noted(700, u64::MAX, &[whole]),
            noted(0, 0, &[(0, 300, 0, 1, true)]),
        ] {
            let words = format!("{wrong:?}");
            assert!(wrong.cues(2_000).is_none(), "{words}");
        }
    }
}
