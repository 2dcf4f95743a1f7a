//! Files of recordings in other containers that stay, beside the MP4. Blocks.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::sync::atomic::Ordering;

use super::export::Container;
use super::finish::{self, Terms, room};
use super::library::{Error, Recordings};
use super::manifest::{form, sync_folder};
use super::medium::Medium;

impl Recordings {
    /// Writes file `number` (from 0) in `container`, so that it is there when it is whole; its size, which is 0 where that has no place for one of
    /// its tracks. `progress` is told how much of it is done, from 0 to 1.
    pub(super) fn write_form(
        &self,
        id: &str,
        number: usize,
        container: Container,
        terms: &Terms<'_>,
        progress: impl Fn(f32),
    ) -> Result<u64, finish::Error> {
        let export = match self.export(id, number, container) {
            Err(Error::Unfit { .. }) => return Ok(0),
            export => export.map_err(io::Error::other)?,
        };
        let all = self.file(id, number).map_err(io::Error::other)?.part.bytes;
        let folder = self.folder.join(id);
        let to = form(&folder, number, Some(container));
        let next = to.with_extension(format!("{}.next", container.name()));
        // MPEG-TS takes more than MP4 does, by its headers.
        room(&folder, all + all / 8, terms.reserve)?;
        let write = || {
            let mut out = File::create(&next)?;
            let mut written = 0;
            for piece in export {
                if terms.stop.load(Ordering::Relaxed) {
                    return Err(finish::Error::Stopped);
                }
                let piece = piece?;
                out.write_all(&piece)?;
                written += piece.len() as u64;
                progress((written as f32 / all.max(1) as f32).min(1.0));
            }
            out.sync_all()?;
            fs::rename(&next, &to)?;
            sync_folder(&folder)?;
            Ok(written)
        };
        let written = write();
        if written.is_err() {
            let _ = fs::remove_file(&next);
        }
        written
    }

    /// File `number` in `container`, if it was made that as well.
    pub fn form(&self, id: &str, number: usize, container: Container) -> Result<Option<Medium>, Error> {
        let view = self.view(id)?;
        if !view.manifest.kept().any(|kept| kept == (number, Some(container))) {
            return Ok(None);
        }
        if view.manifest.away {
            return Ok(self.stored(id, &view, number, Some(container)).ok().map(Medium::Stored));
        }
        Ok(File::open(form(&self.folder.join(id), number, Some(container))).ok().map(Medium::Disk))
    }
}
