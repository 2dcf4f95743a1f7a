//! Messages: their types, and what of them is media.

use bytes::{Buf, Bytes};
use container::amf0;
use media::Time;

/// One audio, video or data message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The message stream it came on.
    pub stream: u32,
    /// What it is.
    pub kind: MediaKind,
    /// The message's timestamp on the sender's clock: milliseconds, unwrapped over all kinds of the message stream.
    pub time: Time,
    /// The body of an FLV tag, never empty. Data: AMF0 values, the first of them the name, without `@setDataFrame`.
    pub body: Bytes,
}

/// What a media message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// An FLV audio tag's body.
    Audio,
    /// An FLV video tag's body.
    Video,
    /// Script data in AMF0.
    Data,
}

impl MediaKind {
    /// The message type that carries it.
    pub(crate) const fn kind(self) -> u8 {
        match self {
            MediaKind::Audio => AUDIO,
            MediaKind::Video => VIDEO,
            MediaKind::Data => DATA,
        }
    }
}

/// What is media in a message of type `kind`; `None` for what is not, is empty or says nothing.
pub(crate) fn media(kind: u8, mut body: Bytes) -> Option<(MediaKind, Bytes)> {
    let kind = match kind {
        AUDIO => MediaKind::Audio,
        VIDEO => MediaKind::Video,
        DATA | DATA_AMF3 => {
            if kind == DATA_AMF3 {
                body = without_amf3_frame(body);
            }
            match data_handler(&body) {
                Some((name, size)) if name == "@setDataFrame" => body.advance(size),
                // The first takes back metadata, which nobody downstream copies; the second is for Flash alone.
                Some((name, _)) if name == "@clearDataFrame" || name == "|RtmpSampleAccess" => return None,
                _ => {}
            }
            MediaKind::Data
        }
        _ => return None,
    };
    (!body.is_empty()).then_some((kind, body))
}

/// The body of an AMF3 message without the byte that says that AMF0 follows, which is all that anybody sends.
pub(crate) fn without_amf3_frame(mut body: Bytes) -> Bytes {
    if body.first() == Some(&0) {
        body.advance(1);
    }
    body
}

/// The string at the front of script data, and its size on the wire.
pub(crate) fn data_handler(body: &[u8]) -> Option<(String, usize)> {
    match amf0::Value::parse(body) {
        Ok((amf0::Value::String(name), size)) => Some((name, size)),
        _ => None,
    }
}

/// Message types. Source: RTMP 1.0 §5.4, §6.2, §7.1.
pub(crate) const SET_CHUNK_SIZE: u8 = 1;
pub(crate) const ABORT: u8 = 2;
pub(crate) const ACKNOWLEDGEMENT: u8 = 3;
pub(crate) const USER_CONTROL: u8 = 4;
pub(crate) const WINDOW_ACK_SIZE: u8 = 5;
pub(crate) const SET_PEER_BANDWIDTH: u8 = 6;
pub(crate) const AUDIO: u8 = 8;
pub(crate) const VIDEO: u8 = 9;
pub(crate) const DATA_AMF3: u8 = 15;
pub(crate) const COMMAND_AMF3: u8 = 17;
pub(crate) const DATA: u8 = 18;
pub(crate) const COMMAND: u8 = 20;
pub(crate) const AGGREGATE: u8 = 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_frames_are_unwrapped() {
        let meta: &[u8] = b"\x02\0\x0aonMetaData\x03\0\0\x09";
        let set = [b"\x02\0\x0d@setDataFrame", meta].concat();
        let amf3 = [b"\0", &set[..]].concat();
        for (kind, body) in
            [(DATA, meta.to_vec()), (DATA, set), (DATA_AMF3, amf3), (DATA_AMF3, meta.to_vec())]
        {
            assert_eq!(media(kind, body.into()), Some((MediaKind::Data, Bytes::from_static(meta))));
        }
        assert_eq!(media(DATA, Bytes::from_static(b"\x02\0\x0f@clearDataFrame")), None);
        assert_eq!(media(DATA, Bytes::from_static(b"\x02\0\x0d@setDataFrame")), None, "sets nothing");
        assert_eq!(media(DATA, Bytes::from_static(b"\x02\0\x11|RtmpSampleAccess\x01\x01\x01\x01")), None);
    }

    #[test]
    fn empty_and_foreign_messages_are_not_media() {
        assert_eq!(media(AUDIO, Bytes::new()), None);
        assert_eq!(media(DATA_AMF3, Bytes::from_static(&[0])), None);
        assert_eq!(media(COMMAND, Bytes::from_static(&[1])), None);
        let tag = Bytes::from_static(&[0xaf, 1, 2]);
        assert_eq!(media(AUDIO, tag.clone()), Some((MediaKind::Audio, tag)));
    }
}
