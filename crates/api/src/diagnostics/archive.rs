//! A `.tar.gz` of a few files of text.
//!
//! Source: POSIX.1-1988 `ustar`, which everything unpacks; gzip by flate2.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

/// An archive that is being made, all of it below one folder.
pub(super) struct Archive {
    out: GzEncoder<Vec<u8>>,
    folder: String,
    made: u64,
}

impl Archive {
    /// Everything is to be in `folder`, a plain name.
    pub(super) fn new(folder: &str, made: SystemTime) -> Archive {
        let made = made.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Archive { out: GzEncoder::new(Vec::new(), Compression::default()), folder: folder.to_owned(), made }
    }

    /// Adds the file `name`; of a `text` beyond [`MOST`] the end alone, which of a log is the newest.
    pub(super) fn add(&mut self, name: &str, text: &str) -> io::Result<()> {
        let from = text.len().saturating_sub(MOST);
        let text = text.get(text.ceil_char_boundary(from)..).unwrap_or_default();
        self.out.write_all(&self.header(name, text.len()))?;
        self.out.write_all(text.as_bytes())?;
        let rest = text.len().next_multiple_of(BLOCK) - text.len();
        self.out.write_all(&[0; BLOCK][..rest])
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.finish()
    }

    fn header(&self, name: &str, size: usize) -> [u8; BLOCK] {
        let mut header = [0; BLOCK];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, &format!("{}/{name}", self.folder));
        put(100, "0000600\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{size:011o}\0"));
        put(136, &format!("{:011o}\0", self.made));
        // The sum is of the header with spaces in its place.
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header
    }
}

const BLOCK: usize = 512;
/// Bytes of a file.
pub(super) const MOST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn files_are_found_again_and_long_ones_lose_their_beginning() {
        let mut archive = Archive::new("folder", UNIX_EPOCH);
        archive.add("a.txt", "hello").unwrap();
        archive.add("b.txt", &("é".repeat(MOST) + "end")).unwrap();
        let mut bytes = Vec::new();
        GzDecoder::new(&archive.finish().unwrap()[..]).read_to_end(&mut bytes).unwrap();
        assert_eq!(&bytes[..13], b"folder/a.txt\0");
        assert_eq!(&bytes[BLOCK..BLOCK + 6], b"hello\0");
        assert_eq!(&bytes[2 * BLOCK..2 * BLOCK + 13], b"folder/b.txt\0");
        assert!(bytes.windows(4).any(|four| four == b"end\0"));
        assert!(bytes.len() <= MOST + 6 * BLOCK && bytes.len() % BLOCK == 0);
    }
}
