//! Who changed what, when and from where: a file that is only ever added to, and its end in memory.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tracing::warn;

/// What was done, or tried. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// The account; `None` for somebody unknown, such as who gave a wrong password.
    pub who: Option<String>,
    /// From where; `None` on the machine itself.
    pub from: Option<IpAddr>,
    /// What: `DELETE /api/v2/users/{name}`, `login`.
    pub action: String,
    /// To what: `/api/v2/users/bob`.
    pub subject: String,
    /// How it ended: an HTTP status.
    pub status: u16,
}

/// A deed with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up from 1, also over restarts.
    pub number: u64,
    /// When.
    pub at: SystemTime,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
}

/// The log of this server, in the folder it was opened in. Owns its files: `audit.jsonl`, and `audit.1.jsonl` to
/// [`KEPT`] before it, the oldest last.
#[derive(Debug)]
pub struct Audit {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    size: u64,
    next: u64,
    recent: VecDeque<Entry>,
}

impl Audit {
    /// The log in `folder`, which is there. Lines that cannot be read, as the last one after a power cut, are passed over.
    pub fn open(folder: &Path) -> io::Result<Audit> {
        let path = folder.join("audit.jsonl");
        let mut recent = VecDeque::new();
        for place in [numbered(&path, 1), path.clone()] {
            let file = match File::open(&place) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            for line in BufReader::new(file).split(b'\n') {
                if let Ok(entry) = serde_json::from_slice::<Entry>(&line?) {
                    remember(&mut recent, entry);
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path)?;
        let size = file.metadata()?.len();
        // A line that was cut off ends here, or the next one would be lost with it.
        if size > 0 {
            file.write_all(b"\n")?;
        }
        let next = recent.back().map_or(1, |entry| entry.number + 1);
        Ok(Audit { inner: Mutex::new(Inner { path, file, size, next, recent }) })
    }

    /// Writes down `deed`. When the disk does not take it, it is in memory and in the server's log alone. Blocks.
    pub fn record(&self, deed: Deed) {
        let mut inner = self.inner();
        let entry = Entry { number: inner.next, at: SystemTime::now(), deed };
        inner.next += 1;
        if let Err(err) = inner.write(&entry) {
            let Deed { who, action, subject, status, .. } = &entry.deed;
            warn!(?who, action, subject, status, %err, "the audit log cannot be written");
        }
        remember(&mut inner.recent, entry);
    }

    /// Up to `limit` of the newest deeds before number `before` (`None`: up to now), newest first. Goes back as far as memory.
    pub fn newest(&self, before: Option<u64>, limit: usize) -> Vec<Entry> {
        let inner = self.inner();
        let wanted =
            inner.recent.iter().rev().filter(|entry| before.is_none_or(|before| entry.number < before));
        wanted.take(limit).cloned().collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        if self.size >= FULL {
            self.turn()?;
        }
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        // In one piece, so that nothing comes between.
        self.file.write_all(&line)?;
        self.size += line.len() as u64;
        Ok(())
    }

    /// Begins another file; the oldest goes.
    fn turn(&mut self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            match fs::rename(numbered(&self.path, number), numbered(&self.path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, numbered(&self.path, 1))?;
        self.file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

fn remember(recent: &mut VecDeque<Entry>, entry: Entry) {
    if recent.len() == REMEMBERED {
        recent.pop_front();
    }
    recent.push_back(entry);
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    path.with_extension(format!("{number}.jsonl"))
}

/// Entries in memory.
const REMEMBERED: usize = 2_000;
/// Bytes of a file.
const FULL: u64 = 4 << 20;
/// Files before the present one.
const KEPT: u32 = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn deed(subject: &str) -> Deed {
        Deed {
            who: Some("ann".to_owned()),
            from: Some([127, 0, 0, 1].into()),
            action: "DELETE /api/v2/users/{name}".to_owned(),
            subject: subject.to_owned(),
            status: 204,
        }
    }

    fn subjects(audit: &Audit, before: Option<u64>, limit: usize) -> Vec<(u64, String)> {
        audit.newest(before, limit).into_iter().map(|entry| (entry.number, entry.deed.subject)).collect()
    }

    #[test]
    fn what_was_done_is_there_after_a_restart_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::open(folder.path()).unwrap();
        ["a", "b", "c"].iter().for_each(|subject| audit.record(deed(subject)));
        drop(audit);
        let audit = Audit::open(folder.path()).unwrap();
        audit.record(deed("d"));
        let all = [(4, "d"), (3, "c"), (2, "b"), (1, "a")].map(|(n, s)| (n, s.to_owned()));
        assert_eq!(subjects(&audit, None, 9), all);
        assert_eq!(subjects(&audit, Some(4), 2), all[1..3]);
        assert_eq!(audit.newest(None, 1)[0].deed, deed("d"));
    }

    #[test]
    fn a_line_that_was_cut_off_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        Audit::open(folder.path()).unwrap().record(deed("a"));
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, [&whole[..], &whole[..end]].concat()).unwrap();
            Audit::open(folder.path()).unwrap().record(deed("b"));
            let audit = Audit::open(folder.path()).unwrap();
            let found: Vec<_> = subjects(&audit, None, 9).into_iter().map(|(_, subject)| subject).collect();
            assert!(found[0] == "b" && found.last().unwrap() == "a" && found.len() <= 3, "{end}: {found:?}");
        }
    }

    #[test]
    fn files_and_memory_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::open(folder.path()).unwrap();
        let long = "x".repeat(60 << 10);
        for _ in 0..7 * FULL as usize / long.len() {
            audit.record(deed(&long));
        }
        let mut sizes: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .collect();
        sizes.sort_unstable();
        assert_eq!(sizes.len(), 1 + KEPT as usize);
        assert!(sizes.iter().all(|size| *size < FULL + (61 << 10)), "{sizes:?}");
        for _ in 0..REMEMBERED + 10 {
            audit.record(deed("s"));
        }
        assert_eq!(audit.newest(None, usize::MAX).len(), REMEMBERED);
    }
}
