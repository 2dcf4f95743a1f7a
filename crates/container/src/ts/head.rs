//! What stands before a frame of sound, so that readers find where it begins and ends.

use media::Codec;

use super::opus;
use crate::adts;

/// What stands before one frame; most codecs bring their own.
#[derive(Debug)]
pub(super) enum Head {
    Adts([u8; adts::SIZE]),
    /// For a packet of so many bytes.
    Opus(usize),
    Nothing,
}

impl Head {
    /// `None` when the frame cannot be carried: it is empty, or too long.
    pub(super) fn of(codec: &Codec, payload: &[u8]) -> Option<Head> {
        if payload.is_empty() || payload.len() > MAX_GATHERED {
            return None;
        }
        match codec {
            // 6,144 bits a channel are the most.
            Codec::Aac(parameters) => adts::header(parameters, payload.len()).ok().map(Head::Adts),
            Codec::Opus(_) => Some(Head::Opus(payload.len())),
            _ => Some(Head::Nothing),
        }
    }

    pub(super) fn size(&self) -> usize {
        match self {
            Head::Adts(header) => header.len(),
            Head::Opus(packet) => opus::header_size(*packet),
            Head::Nothing => 0,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Head::Adts(header) => out.extend_from_slice(header),
            Head::Opus(packet) => opus::write_header(*packet, out),
            Head::Nothing => {}
        }
    }
}

/// Most bytes of frames that share a PES packet, and most of one frame: far below what its length can say.
pub(super) const MAX_GATHERED: usize = 32 << 10;
