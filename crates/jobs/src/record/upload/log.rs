//! What of a file has arrived, beside the file, so that its upload goes on after whatever interrupts it. Blocks.
//!
//! A line for its beginning and one for each part. None is synced, for what is lost of it is only sent again.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::export::Container;

/// An upload in parts that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) begun: Begun,
    /// What is to be handed in for each part that has arrived.
    pub(super) arrived: BTreeMap<usize, String>,
}

/// How it was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Begun {
    #[serde(flatten)]
    pub(in super::super) plan: Plan,
    /// What the upload is called there.
    pub(in super::super) upload: String,
    /// What the lines of its parts have: one of another upload may come late.
    pub(in super::super) mark: String,
}

/// What is to come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Plan {
    /// The bucket, as people call it.
    pub(in super::super) bucket: String,
    /// What the object is to be called.
    pub(in super::super) object: String,
    /// Bytes of the file; `None` when it was begun while that was being made, and its first part is longer by what comes in front.
    pub(in super::super) size: Option<u64>,
    /// Bytes of a part.
    pub(in super::super) part: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Begun(Begun),
    Arrived { mark: String, number: usize, tag: String },
}

impl Log {
    /// What was noted in `file`; `None` when that makes no sense, as of one that was torn at its beginning.
    pub(super) fn read(file: &Path) -> io::Result<Option<Log>> {
        let text = match fs::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let mut lines = text.split(|byte| *byte == b'\n').map(serde_json::from_slice);
        let Some(Ok(Line::Begun(begun))) = lines.next() else { return Ok(None) };
        if begun.plan.part == 0 {
            return Ok(None);
        }
        // A line that was torn is that of a part that is sent again.
        let arrived = lines.filter_map(|line| match line {
            Ok(Line::Arrived { mark, number, tag }) if mark == begun.mark => Some((number, tag)),
            _ => None,
        });
        let arrived = arrived.collect();
        Ok(Some(Log { begun, arrived }))
    }

    /// Notes a beginning, and nothing of what was noted before.
    pub(super) fn begin(file: &Path, begun: &Begun) -> io::Result<()> {
        fs::write(file, line(&Line::Begun(begun.clone())))
    }

    /// Notes that a part has arrived.
    pub(super) fn arrived(file: &Path, mark: String, number: usize, tag: String) -> io::Result<()> {
        // It begins with an end of line, behind what may be torn.
        let line = [b"\n".as_slice(), &line(&Line::Arrived { mark, number, tag })].concat();
        OpenOptions::new().append(true).open(file)?.write_all(&line)
    }
}

fn line(line: &Line) -> Vec<u8> {
    serde_json::to_vec(line).unwrap_or_default()
}

/// Where that of file `number` (from 0) of the recording in `folder` is, in `container` if that is not the MP4.
pub(super) fn path(folder: &Path, number: usize, container: Option<Container>) -> PathBuf {
    let number = number + 1;
    folder.join(match container {
        None => format!("upload-{number}.log"),
        Some(container) => format!("upload-{number}-{}.log", container.name()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_torn_is_as_if_it_had_not_been_noted() {
        let folder = tempfile::tempdir().unwrap();
        let file = path(folder.path(), 0, None);
        assert_eq!(Log::read(&file).unwrap(), None);
        let text = str::to_owned;
        let (bucket, object, upload, mark) = (text("b"), text("o"), text("u\n"), text("m"));
        let begun = Begun { plan: Plan { bucket, object, size: Some(9), part: 8 }, upload, mark };
        let arrived = |mark, number, tag| Log::arrived(&file, text(mark), number, text(tag)).unwrap();
        Log::begin(&file, &begun).unwrap();
        arrived("m", 3, "\"a\"");
        arrived("of another", 5, "c");
        fs::write(&file, [fs::read(&file).unwrap().as_slice(), b"\n{\"arrived\":{\"num"].concat()).unwrap();
        arrived("m", 4, "b");
        let log = Log::read(&file).unwrap().unwrap();
        assert_eq!(log.begun, begun);
        assert_eq!(log.arrived, BTreeMap::from([(3, text("\"a\"")), (4, text("b"))]));
        fs::write(&file, b"{\"beg").unwrap();
        assert_eq!(Log::read(&file).unwrap(), None);
        Log::begin(&file, &begun).unwrap();
        assert!(Log::read(&file).unwrap().unwrap().arrived.is_empty());
    }
}
