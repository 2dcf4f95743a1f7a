//! A file that is being recorded.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::manifest::sync_folder;

/// Appends fragments to a file. Blocks.
///
/// A fragment is on the disk when [`Writer::append`] returns: it is written at once and synced (`fdatasync`), so a process that is
/// killed loses nothing that was handed in, and a machine that loses power no more than the fragment that was being written.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    bytes: u64,
    /// The file system says how many names it has.
    named: bool,
}

impl Writer {
    /// A new file that begins with `header`. Errs when there is one of that name.
    pub(super) fn create(path: &Path, header: &[u8]) -> io::Result<Writer> {
        let mut file = File::create_new(path)?;
        file.write_all(header)?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            sync_folder(folder)?;
        }
        let named = file.metadata()?.nlink() > 0;
        Ok(Writer { file, bytes: header.len() as u64, named })
    }

    /// Appends a fragment; if that fails, the file is as it was. Fails also when somebody has removed the file: nobody would ever see what is
    /// written.
    pub(super) fn append(&mut self, fragment: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(fragment).and_then(|()| self.file.sync_data());
        let written = written.and_then(|()| match self.file.metadata()?.nlink() {
            0 if self.named => {
                Err(io::Error::new(io::ErrorKind::NotFound, "somebody has removed it while it was written"))
            }
            _ => Ok(()),
        });
        if written.is_err() {
            // What is left of it is cut off when the recording is finished, if not here.
            let _ = self.file.set_len(self.bytes);
            return written;
        }
        self.bytes += fragment.len() as u64;
        Ok(())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_removed_is_not_written_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part-1.mp4");
        let mut writer = Writer::create(&path, b"head").unwrap();
        writer.append(b"one").unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(writer.append(b"two").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
