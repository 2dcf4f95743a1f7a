//! What all wires carry in the end: audio, video and other messages, of which only the beginning matters here.

use crate::stamp::Stamp;

/// One whole audio, video or other message that has passed, of which the first bytes were kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// RTMP message type, which is the FLV tag type: 8 audio, 9 video.
    pub(crate) kind: u8,
    /// The first bytes of the body, at most [`KEPT`].
    pub(crate) head: &'a [u8],
}

/// What a message means to a viewer's count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A coded picture, with its stamp if it has one.
    Video(Option<Stamp>),
    /// A coded audio frame.
    Audio,
    /// A codec configuration, metadata, a command: nothing that is counted.
    Other,
}

impl Message<'_> {
    /// Tells frames from the rest. Source: FLV 10.1 §E.4.2.1, §E.4.3.1; E-RTMP v2 "ExVideoTagHeader".
    pub(crate) fn seen(&self) -> Seen {
        match (self.kind, self.head) {
            // AAC: what is not raw is configuration.
            (AUDIO, [first, kind, ..]) if first >> 4 == 10 && *kind != 1 => Seen::Other,
            (AUDIO, [_, ..]) => Seen::Audio,
            (VIDEO, [first, ..]) if first & 0x80 != 0 => match first & 0x0f {
                1 | 3 => Seen::Video(Stamp::find(self.head, LIKELY)),
                _ => Seen::Other,
            },
            (VIDEO, [first, 1, ..]) if first & 0x0f == 7 => Seen::Video(Stamp::find(self.head, LIKELY)),
            _ => Seen::Other,
        }
    }
}

/// The first bytes of a message's body, kept across reads.
#[derive(Debug, Default)]
pub(crate) struct Head {
    bytes: Vec<u8>,
}

impl Head {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Keeps of `bytes`, the next of the body, what still counts as its beginning.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

pub(crate) const AUDIO: u8 = 8;
pub(crate) const VIDEO: u8 = 9;
/// Enough for the stamp behind parameter sets, should a server put those in front.
pub(crate) const KEPT: usize = 256;
/// Where the UUID is in an untouched body: 5 bytes of FLV header, 4 of NAL length, 3 of SEI header.
const LIKELY: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_no_frames() {
        let seen = |kind, head: &[u8]| Message { kind, head }.seen();
        assert_eq!(seen(VIDEO, &[0x17, 0, 0, 0, 0, 1]), Seen::Other);
        assert_eq!(seen(VIDEO, &[0x27, 1, 0, 0, 0, 9]), Seen::Video(None));
        assert_eq!(seen(VIDEO, &[0x17, 2, 0, 0, 0]), Seen::Other, "end of sequence");
        assert_eq!(seen(VIDEO, &[0x90, b'a', b'v', b'c', b'1']), Seen::Other);
        assert_eq!(seen(VIDEO, &[0x91, b'a', b'v', b'c', b'1']), Seen::Video(None));
        assert_eq!(seen(AUDIO, &[0xaf, 0, 0x11, 0x90]), Seen::Other);
        assert_eq!(seen(AUDIO, &[0xaf, 1, 0x21]), Seen::Audio);
        assert_eq!(seen(18, &[2, 0, 10]), Seen::Other);
        assert_eq!(seen(VIDEO, &[]), Seen::Other);
    }

    #[test]
    fn an_untouched_body_has_the_stamp_where_it_is_looked_for() {
        let stamp = Stamp { stream: 1, seq: 2, audio: 3, sent: 4 };
        let mut body = vec![0x27, 1, 0, 0, 0];
        body.extend_from_slice(&stamp.nal());
        assert_eq!(Message { kind: VIDEO, head: &body }.seen(), Seen::Video(Some(stamp)));
    }
}
