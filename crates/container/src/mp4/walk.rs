//! From box to box of a file, without what is in them.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use media::ParseError;

/// Goes through the outermost boxes of a file.
pub(super) struct Walk<'a, F> {
    file: &'a mut F,
    length: u64,
    at: u64,
}

/// A box that is there to its last byte.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) kind: [u8; 4],
    /// Its first byte.
    pub(super) at: u64,
    /// What is in it.
    pub(super) body: Range<u64>,
}

impl<'a, F: Read + Seek> Walk<'a, F> {
    /// From the beginning of `file`.
    pub(super) fn new(file: &'a mut F) -> io::Result<Walk<'a, F>> {
        Walk::from(file, 0)
    }

    /// From `at` of `file`.
    pub(super) fn from(file: &'a mut F, at: u64) -> io::Result<Walk<'a, F>> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Walk { file, length, at })
    }

    /// Bytes of the file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The next box; `None` when there is none, or none that is whole.
    pub(super) fn next(&mut self) -> io::Result<Option<Place>> {
        let at = self.at;
        if self.length.saturating_sub(at) < HEAD {
            return Ok(None);
        }
        let mut head = [0; HEAD as usize];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut head)?;
        let [s0, s1, s2, s3, kind @ ..] = head;
        let size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
        let end = at + size;
        if size < HEAD || end > self.length {
            return Ok(None);
        }
        self.at = end;
        Ok(Some(Place { kind, at, body: at + HEAD..end }))
    }

    /// Where the body begins of the box that is next, if it is of `kind` and its size is too large for 32 bits, or is written as if it were.
    pub(super) fn large(&mut self, kind: &[u8; 4]) -> io::Result<Option<u64>> {
        let mut head = [0; HEAD as usize];
        if self.length.saturating_sub(self.at) < LARGE_HEAD {
            return Ok(None);
        }
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_exact(&mut head)?;
        Ok((head.starts_with(&1u32.to_be_bytes()) && head.ends_with(kind)).then_some(self.at + LARGE_HEAD))
    }

    /// Goes to the first box of `kind` that begins at `from` or behind, by its looks; says where that is, if it is anywhere.
    pub(super) fn find(&mut self, kind: &[u8; 4], from: u64) -> io::Result<Option<u64>> {
        let mut window = Vec::new();
        let mut at = from;
        while at < self.length {
            window.clear();
            self.file.seek(SeekFrom::Start(at))?;
            (&mut *self.file).take(WINDOW).read_to_end(&mut window)?;
            let found = window.windows(HEAD as usize).position(|head| head.ends_with(kind));
            if let Some(found) = found {
                self.at = at + found as u64;
                return Ok(Some(self.at));
            }
            // A head may lie across the edge.
            at += (window.len() as u64).saturating_sub(HEAD - 1).max(1);
        }
        Ok(None)
    }

    /// What is in the box at `place`. The inner error is that this is more than any of ours has.
    pub(super) fn read(&mut self, place: &Place) -> io::Result<Result<Vec<u8>, ParseError>> {
        let size = place.body.end - place.body.start;
        if size > MOST {
            return Ok(Err(ParseError::too_large("box", usize::try_from(place.at).unwrap_or(usize::MAX))));
        }
        let mut body = vec![0; size as usize];
        self.file.seek(SeekFrom::Start(place.body.start))?;
        self.file.read_exact(&mut body)?;
        Ok(Ok(body))
    }
}

const HEAD: u64 = 8;
const LARGE_HEAD: u64 = 16;
/// So much is searched at a time.
const WINDOW: u64 = 256 << 10;
/// Of a box that is read as a whole: a moof with a million samples.
const MOST: u64 = 16 << 20;
