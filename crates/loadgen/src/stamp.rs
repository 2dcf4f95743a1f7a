//! The stamp that rides in every published picture: when it left, and which one it is.
//!
//! It is an SEI message of type 5 (user data unregistered) under our own UUID, placed as the first NAL unit of the
//! access unit. Servers that remux keep SEI messages, so the same bytes are found again in RTMP and FLV
//! bodies and in transport streams. Every byte after the UUID has its top bit set and the UUID has no zero byte: emulation
//! prevention (H.264 §7.4.1) never changes the stamp, so it is found by comparing bytes.
//!
//! Source: H.264 §7.3.2.3.1, Annex D.1.6.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is known of one published picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which of the published streams, 0 to 16,383.
    pub(crate) stream: u16,
    /// Counts the pictures of the stream from 0, over every loop of the clip.
    pub(crate) seq: u64,
    /// How many audio frames of the stream were published before this picture.
    pub(crate) audio: u64,
    /// Wall clock, microseconds since 1970, when the picture was handed to the socket.
    pub(crate) sent: u64,
}

impl Stamp {
    /// The SEI NAL unit behind its 4-byte length, as it stands in an FLV or RTMP video body.
    pub(crate) fn nal(&self) -> [u8; NAL_SIZE] {
        let mut nal = [0u8; NAL_SIZE];
        nal[3] = (NAL_SIZE - 4) as u8;
        nal[4] = 0x06; // nal_unit_type: SEI
        nal[5] = 0x05; // payloadType: user_data_unregistered
        nal[6] = PAYLOAD_SIZE as u8;
        nal[7..23].copy_from_slice(&UUID);
        sevens(&mut nal[23..32], self.sent);
        sevens(&mut nal[32..37], self.seq);
        sevens(&mut nal[37..42], self.audio);
        sevens(&mut nal[42..44], u64::from(self.stream));
        let check = check(&nal[23..44]);
        sevens(&mut nal[44..46], check);
        nal[46] = 0x80; // rbsp_trailing_bits
        nal
    }

    /// Finds a stamp in `bytes`, looking first at `likely`, where the UUID is if nobody moved it.
    pub(crate) fn find(bytes: &[u8], likely: usize) -> Option<Stamp> {
        if let Some(stamp) = Stamp::read(bytes.get(likely..)?) {
            return Some(stamp);
        }
        let [first, ..] = UUID;
        let mut at = 0;
        while let Some(step) = bytes.get(at..)?.iter().position(|&byte| byte == first) {
            at += step;
            if let Some(stamp) = Stamp::read(bytes.get(at..)?) {
                return Some(stamp);
            }
            at += 1;
        }
        None
    }

    /// How long ago it was sent; zero if the clock was set back.
    pub(crate) fn age(&self, now: SystemTime) -> Duration {
        Duration::from_micros(micros(now).saturating_sub(self.sent))
    }

    /// Reads the stamp that starts with the UUID at the first byte of `bytes`.
    fn read(bytes: &[u8]) -> Option<Stamp> {
        let rest = bytes.strip_prefix(&UUID)?;
        let fields = rest.get(..21)?;
        if number(rest.get(21..23)?) != check(fields) {
            return None;
        }
        Some(Stamp {
            sent: number(fields.get(..9)?),
            seq: number(fields.get(9..14)?),
            audio: number(fields.get(14..19)?),
            stream: u16::try_from(number(fields.get(19..21)?)).ok()?,
        })
    }
}

/// Microseconds since 1970.
pub(crate) fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Writes `value` as groups of seven bits, highest first, the top bit of every byte set.
fn sevens(out: &mut [u8], mut value: u64) {
    for byte in out.iter_mut().rev() {
        *byte = 0x80 | (value & 0x7f) as u8;
        value >>= 7;
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}

/// 14 bits that any damage to a single byte changes, 31 being odd.
fn check(fields: &[u8]) -> u64 {
    fields.iter().fold(1, |sum, byte| (sum * 31 + u64::from(*byte)) & 0x3fff)
}

/// Bytes that the stamp adds to a video body.
pub(crate) const NAL_SIZE: usize = 47;
const PAYLOAD_SIZE: usize = 39;
/// Random once; no byte is zero.
const UUID: [u8; 16] =
    [0x9d, 0x5e, 0xc1, 0x7b, 0x42, 0xf6, 0x4a, 0x8e, 0xb3, 0x6d, 0x1f, 0x27, 0xa9, 0x74, 0xe8, 0x35];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stamp_is_found_wherever_it_stands(
            sent in 0u64..1 << 60, seq in 0u64..1 << 35, audio in 0u64..1 << 35, stream in 0u16..1 << 14,
            before in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let stamp = Stamp { stream, seq, audio, sent };
            let mut bytes = before;
            bytes.extend_from_slice(&stamp.nal());
            bytes.extend_from_slice(&[0, 0, 0, 1, 0x65]);
            prop_assert_eq!(Stamp::find(&bytes, 12), Some(stamp));
        }
    }

    #[test]
    fn emulation_prevention_leaves_it_alone() {
        let nal = Stamp { stream: 0, seq: 0, audio: 0, sent: 0 }.nal();
        assert!(nal[4..].iter().all(|&byte| byte != 0), "a zero byte could start an emulated start code");
    }

    #[test]
    fn a_cut_or_damaged_stamp_is_no_stamp() {
        let nal = Stamp { stream: 3, seq: 77, audio: 110, sent: 1_700_000_000_000_000 }.nal();
        for end in 0..NAL_SIZE - 1 {
            assert_eq!(Stamp::find(&nal[..end], 7), None, "cut at {end}");
        }
        for at in 7..NAL_SIZE - 1 {
            let mut damaged = nal;
            damaged[at] ^= 0x08;
            assert_eq!(Stamp::find(&damaged, 7), None, "damaged at {at}");
        }
    }
}
