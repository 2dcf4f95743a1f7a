//! From fragments to a file in one piece, and from what a crash has left. Blocks.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use container::mp4::{self, Index, Layout};
use tracing::warn;

use super::manifest::{fragments, sync_folder, whole};
use super::space::{self, in_words};

/// What has become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finished {
    /// It is in one piece.
    Whole {
        /// Its size.
        bytes: u64,
        /// How long it plays; `None` where that is known already.
        millis: Option<u64>,
        /// Not all of what was written can be read, though it is all in there.
        damaged: bool,
    },
    /// There was nothing in it.
    Empty,
    /// Not even its header can be read. It is left as it is.
    Unreadable,
}

/// Why a file is not in one piece.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The disk does not have the room.
    #[error(
        "it takes {}, and the disk has {} to spare", in_words(*needed), in_words(*free)
    )]
    Full { needed: u64, free: u64 },
    /// The server stops.
    #[error("it is interrupted")]
    Stopped,
    /// The disk or its permissions.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What finishing goes by.
pub(super) struct Terms<'a> {
    /// When the recording began.
    pub(super) created: SystemTime,
    /// Bytes of the disk that are to stay free.
    pub(super) reserve: u64,
    /// Once it is set, finishing ends soon, and can be begun again.
    pub(super) stop: &'a AtomicBool,
}

/// Makes file `number` of the recording in `folder` one piece: with its index first, called what it is called for good. `progress` is
/// told how much of it is done, from 0 to 1.
///
/// All that was written is in it, also what is damaged or torn, which no index points to. The file of fragments stays, for the caller to remove
/// once the manifest says that it is finished.
pub(super) fn finish(
    folder: &Path,
    number: usize,
    terms: &Terms<'_>,
    progress: impl FnMut(f32),
) -> Result<Finished, Error> {
    let (from, to) = (fragments(folder, number), whole(folder, number));
    let mut file = match File::open(&from) {
        // Somebody has moved things.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return measure(&to),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    let index = match Index::read(&mut file) {
        Ok(index) => index,
        Err(mp4::Error::Read(error)) => return Err(error.into()),
        // A header is synced before anything follows: where it is torn, nothing does.
        Err(mp4::Error::Parse(_)) if length < SMALL => return Ok(Finished::Empty),
        Err(error) => {
            warn!(file = %from.display(), %error, "a recorded file cannot be read: it is left as it is");
            return Ok(Finished::Unreadable);
        }
    };
    let torn = length - index.intact();
    let damage = index.damaged() > 0 || torn > (2 * index.largest()).max(SMALL);
    if damage {
        let lost = index.damaged() + torn;
        warn!(file = %from.display(), lost, "part of a recorded file cannot be read");
    }
    if index.samples() == 0 {
        return Ok(if damage { Finished::Unreadable } else { Finished::Empty });
    }
    let millis = u64::try_from(index.duration().as_millis()).unwrap_or_default();
    let layout = index.layout(terms.created);
    drop(index);
    if !is_copy(&to, &layout)? {
        copy(&mut file, &layout, &to, terms, progress)?;
        sync_folder(folder)?;
    }
    Ok(Finished::Whole { bytes: layout.size(), millis: Some(millis), damaged: damage })
}

/// Writes `to`, so that it is there when it is whole.
fn copy(
    file: &mut File,
    layout: &Layout,
    to: &Path,
    terms: &Terms<'_>,
    progress: impl FnMut(f32),
) -> Result<(), Error> {
    let next = to.with_extension("next");
    // What an earlier try has left is not to count as used.
    remove(&next)?;
    room(to, layout.size(), terms.reserve)?;
    let mut out = File::create(&next)?;
    let copied = out.write_all(&layout.head).map_err(Error::from);
    let copied = copied.and_then(|()| append(file, layout.length, &mut out, (terms.stop, PIECE), progress));
    put(copied, &next, to)
}

/// Copies a file that is finished to `to`, so that it is there when it is whole; not again, if it is.
pub(super) fn copy_whole(
    from: &Path,
    to: &Path,
    terms: &Terms<'_>,
    progress: impl FnMut(f32),
) -> Result<(), Error> {
    let mut file = File::open(from)?;
    let data = file.metadata()?;
    let length = data.len();
    if fs::metadata(to).is_ok_and(|there| there.len() == length) {
        return Ok(());
    }
    let next = to.with_extension("next");
    remove(&next)?;
    let folder = to.parent().unwrap_or(to);
    // Of the disk of the recordings something is to stay free for those that are being made.
    let reserve = if fs::metadata(folder)?.dev() == data.dev() { terms.reserve } else { 0 };
    room(folder, length, reserve)?;
    let mut out = File::create(&next)?;
    let copied = append(&mut file, length, &mut out, (terms.stop, u64::MAX), progress);
    put(copied, &next, to)
}

/// Errs unless the disk of `folder` has `needed` bytes beside the reserve.
pub(super) fn room(folder: &Path, needed: u64, reserve: u64) -> Result<(), Error> {
    let free = space::free(folder)?.saturating_sub(reserve);
    if needed > free { Err(Error::Full { needed, free }) } else { Ok(()) }
}

/// Removes what an earlier try has left, if it has.
fn remove(next: &Path) -> io::Result<()> {
    match fs::remove_file(next) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Appends the first `length` bytes of `file` to `out`, synced after so many; all are on the disk when this returns.
fn append(
    file: &mut File,
    length: u64,
    out: &mut File,
    (stop, sync): (&AtomicBool, u64),
    mut progress: impl FnMut(f32),
) -> Result<(), Error> {
    let (mut at, mut synced) = (0, 0);
    while at < length {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let piece = (length - at).min(PIECE);
        file.seek(SeekFrom::Start(at))?;
        // The kernel copies it where it can, and where the file system can, it is shared and not copied.
        if io::copy(&mut (&*file).take(piece), out)? != piece {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        at += piece;
        if at - synced >= sync {
            // Little by little: who records meanwhile waits for the same disk.
            out.sync_data()?;
            synced = at;
        }
        space::forget(file, out);
        progress(at as f32 / length as f32);
    }
    Ok(out.sync_all()?)
}

/// Gives what was copied to `next` its name, or takes it away again.
fn put(copied: Result<(), Error>, next: &Path, to: &Path) -> Result<(), Error> {
    if let Err(error) = copied {
        let _ = fs::remove_file(next);
        return Err(error);
    }
    Ok(fs::rename(next, to)?)
}

/// Whether `file` is what `layout` makes: an earlier try got that far, and no further.
fn is_copy(file: &Path, layout: &Layout) -> io::Result<bool> {
    let mut file = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    if file.metadata()?.len() != layout.size() {
        return Ok(false);
    }
    let mut head = vec![0; layout.head.len()];
    file.read_exact(&mut head)?;
    Ok(head == layout.head)
}

/// A file that was finished before.
fn measure(file: &Path) -> Result<Finished, Error> {
    match fs::metadata(file) {
        Ok(data) => Ok(Finished::Whole { bytes: data.len(), millis: None, damaged: false }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Finished::Empty),
        Err(error) => Err(error.into()),
    }
}

/// How much is copied between two looks at `stop`, and synced at once.
const PIECE: u64 = 16 << 20;
/// More than any header has, and than any fragment of little.
const SMALL: u64 = 64 << 10;

#[cfg(test)]
#[path = "finish_test.rs"]
mod tests;
