//! How much a disk has left, and what the machine keeps of it in memory.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

/// Bytes that may still be written where `path` is or is to be. Blocks.
pub(super) fn free(path: &Path) -> io::Result<u64> {
    Ok(disk(path)?.1)
}

/// How large that disk is as well. Blocks.
pub(super) fn disk(path: &Path) -> io::Result<(u64, u64)> {
    let disk = match rustix::fs::statvfs(path) {
        Err(rustix::io::Errno::NOENT) => rustix::fs::statvfs(path.parent().unwrap_or(path))?,
        disk => disk?,
    };
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Ok((bytes(disk.f_blocks), bytes(disk.f_bavail)))
}

/// What was copied from one to the other need not stay in memory.
pub(super) fn forget(from: &File, to: &File) {
    for file in [from, to] {
        // A hint, and nothing else.
        let _ = fadvise(file, 0, None, Advice::DontNeed);
    }
}

/// Bytes, for people.
pub(super) fn in_words(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        more => format!("{:.1} GB", more as f64 / 1e9),
    }
}
