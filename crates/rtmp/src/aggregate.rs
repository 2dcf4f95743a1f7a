//! Aggregate messages: several messages as FLV tags in one body. Source: RTMP 1.0 §7.1.6; FLV 10.1 §E.4.1.

use bytes::{Buf, Bytes};

/// The messages in an aggregate message: type, timestamp, body.
///
/// Ends where the body does not go on as it should, and after 4,096: each costs more than its eleven bytes of header.
#[derive(Debug)]
pub(crate) struct Aggregate {
    timestamp: u32,
    /// What to add to the tags' timestamps: the message's belongs to its first tag.
    offset: Option<u32>,
    rest: Bytes,
    count: usize,
}

impl Aggregate {
    /// `timestamp` is the message's.
    pub(crate) fn new(timestamp: u32, body: Bytes) -> Aggregate {
        Aggregate { timestamp, offset: None, rest: body, count: 0 }
    }
}

impl Iterator for Aggregate {
    type Item = (u8, u32, Bytes);

    fn next(&mut self) -> Option<(u8, u32, Bytes)> {
        let [kind, s2, s1, s0, t2, t1, t0, t3, _, _, _] = *self.rest.first_chunk()?;
        let size = u32::from_be_bytes([0, s2, s1, s0]) as usize;
        let time = u32::from_be_bytes([t3, t2, t1, t0]);
        let offset = *self.offset.get_or_insert(self.timestamp.wrapping_sub(time));
        if self.rest.len() < 11 + size || self.count == MAX_TAGS {
            return None;
        }
        self.count += 1;
        self.rest.advance(11);
        let body = self.rest.split_to(size);
        // The size of the tag is repeated behind it; the last may lack it.
        self.rest.advance(self.rest.len().min(4));
        Some((kind, time.wrapping_add(offset), body))
    }
}

/// Flash Media Server puts a few dozen into one.
const MAX_TAGS: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(kind: u8, time: u32, body: &[u8]) -> Vec<u8> {
        let [t3, t2, t1, t0] = time.to_be_bytes();
        let mut tag = vec![kind, 0, 0, body.len() as u8, t2, t1, t0, t3, 0, 0, 0];
        tag.extend(body);
        tag.extend((11 + body.len() as u32).to_be_bytes());
        tag
    }

    #[test]
    fn tags_count_from_the_message() {
        let body =
            [tag(8, 0x0100_0005, b"a"), tag(9, 0x0100_0015, b"vv"), tag(18, 0x0100_0000, b"")].concat();
        let messages: Vec<_> = Aggregate::new(2, body.into()).collect();
        assert_eq!(
            messages,
            [
                (8, 2, Bytes::from_static(b"a")),
                (9, 18, Bytes::from_static(b"vv")),
                (18, u32::MAX - 2, Bytes::new()),
            ]
        );
    }

    #[test]
    fn a_cut_aggregate_gives_its_whole_tags() {
        let whole = [tag(8, 0, b"abc"), tag(9, 1, b"def")].concat();
        for end in 0..whole.len() {
            let count = Aggregate::new(0, whole[..end].to_vec().into()).count();
            // The four bytes behind a tag may be missing.
            assert_eq!(count, usize::from(end >= 14) + usize::from(end >= 18 + 14), "{end}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let body = tag(8, 0, b"").repeat(MAX_TAGS + 5);
        assert_eq!(Aggregate::new(0, body.into()).count(), MAX_TAGS);
    }
}
