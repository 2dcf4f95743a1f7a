//! A light reader of FLV: whole tags, of which only the beginning is kept. Source: FLV 10.1 Annex E.

use crate::view::Broken;
use crate::view::message::{Head, Message};

/// The tags of one FLV stream, file header included.
#[derive(Debug)]
pub(crate) struct Tags {
    state: State,
    header: [u8; TAG_HEADER],
    have: usize,
    kind: u8,
    head: Head,
}

#[derive(Debug)]
enum State {
    FileHeader,
    /// Bytes to pass over: the rest of the file header, the size field before every tag.
    Skip(usize),
    TagHeader,
    /// Bytes of the body still to come.
    Body(usize),
}

impl Tags {
    pub(crate) fn new() -> Tags {
        let (header, head) = ([0; TAG_HEADER], Head::default());
        Tags { state: State::FileHeader, header, have: 0, kind: 0, head }
    }

    /// The next tag that is complete, taking its bytes off the front of `data`; `None` when `data` is used up.
    pub(crate) fn next(&mut self, data: &mut &[u8]) -> Result<Option<Message<'_>>, Broken> {
        while !data.is_empty() {
            match self.state {
                State::FileHeader => {
                    if let Some(header) = self.header::<9>(data) {
                        let [b'F', b'L', b'V', 1, _, size @ ..] = header else {
                            return Err(Broken("FLV header"));
                        };
                        let size = u32::from_be_bytes(size) as usize;
                        self.state = State::Skip(size.saturating_sub(9).min(1024) + PREVIOUS_TAG_SIZE);
                    }
                }
                State::Skip(left) => {
                    let skip = left.min(data.len());
                    *data = data.get(skip..).unwrap_or_default();
                    self.state = if skip == left { State::TagHeader } else { State::Skip(left - skip) };
                }
                State::TagHeader => {
                    if let Some([kind, a, b, c, ..]) = self.header::<TAG_HEADER>(data) {
                        self.kind = kind & 0x1f;
                        self.head.clear();
                        self.state = State::Body(usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c));
                    }
                }
                State::Body(left) => {
                    let (body, rest) = data.split_at(left.min(data.len()));
                    *data = rest;
                    self.head.push(body);
                    if body.len() == left {
                        self.state = State::Skip(PREVIOUS_TAG_SIZE);
                        return Ok(Some(Message { kind: self.kind, head: self.head.bytes() }));
                    }
                    self.state = State::Body(left - body.len());
                }
            }
        }
        Ok(None)
    }

    /// Gathers the `N` bytes of a header; `None` until all have come.
    fn header<const N: usize>(&mut self, data: &mut &[u8]) -> Option<[u8; N]> {
        let take = (N - self.have).min(data.len());
        let (part, rest) = data.split_at(take);
        self.header.get_mut(self.have..self.have + take)?.copy_from_slice(part);
        *data = rest;
        self.have += take;
        if self.have < N {
            return None;
        }
        self.have = 0;
        self.header.first_chunk().copied()
    }
}

const TAG_HEADER: usize = 11;
const PREVIOUS_TAG_SIZE: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file() -> Vec<u8> {
        let mut file = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00".to_vec();
        for (kind, size) in [(18u8, 3u8), (9, 200), (8, 2)] {
            file.extend_from_slice(&[kind, 0, 0, size, 0, 0, 0, 0, 0, 0, 0]);
            file.extend(std::iter::repeat_n(kind, usize::from(size)));
            file.extend_from_slice(&[0, 0, 0, size + 11]);
        }
        file
    }

    #[test]
    fn tags_are_the_same_split_at_any_byte() {
        let file = file();
        for cut in 0..=file.len() {
            let mut tags = Tags::new();
            let mut seen = Vec::new();
            for mut part in [&file[..cut], &file[cut..]] {
                while let Some(message) = tags.next(&mut part).unwrap() {
                    seen.push((message.kind, message.head.len()));
                }
            }
            assert_eq!(seen, [(18, 3), (9, 200), (8, 2)], "split at {cut}");
        }
    }

    #[test]
    fn what_is_no_flv_is_broken() {
        assert!(Tags::new().next(&mut &b"<html><body>"[..]).is_err());
    }
}
