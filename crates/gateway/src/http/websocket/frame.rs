//! Frames as we write them: whole messages, not masked.
//!
//! Source: RFC 6455 §5.2, §5.5.

use bytes::{BufMut, Bytes, BytesMut};

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    /// A message of bytes.
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// What goes before the `size` bytes of a frame's payload.
pub(super) fn header(opcode: Opcode, size: usize) -> Bytes {
    let mut out = BytesMut::with_capacity(10);
    out.put_u8(FIN | opcode as u8);
    match (u8::try_from(size), u16::try_from(size)) {
        (Ok(size), _) if usize::from(size) <= MAX_CONTROL => out.put_u8(size),
        (_, Ok(size)) => {
            out.put_u8(126);
            out.put_u16(size);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(size as u64);
        }
    }
    out.freeze()
}

/// A whole control frame; of `payload` no more than fits.
pub(super) fn control(opcode: Opcode, payload: &[u8]) -> Bytes {
    let payload = &payload[..payload.len().min(MAX_CONTROL)];
    [&header(opcode, payload.len()), payload].concat().into()
}

/// A frame that says why it is over: one of the codes of §7.4.1, and words for people.
pub(super) fn close(code: u16, reason: &str) -> Bytes {
    control(Opcode::Close, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The last frame of its message.
pub(super) const FIN: u8 = 0x80;
/// The most that a control frame holds.
pub(super) const MAX_CONTROL: usize = 125;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_short_as_they_can_be() {
        let header = |size| header(Opcode::Binary, size);
        assert_eq!(&header(0)[..], [0x82, 0]);
        assert_eq!(&header(125)[..], [0x82, 125]);
        assert_eq!(&header(126)[..], [0x82, 126, 0, 126]);
        assert_eq!(&header(255)[..], [0x82, 126, 0, 255]);
        assert_eq!(&header(65_535)[..], [0x82, 126, 255, 255]);
        assert_eq!(&header(65_536)[..], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn control_frames_never_have_more_than_fits() {
        assert_eq!(&close(1000, "over")[..], *b"\x88\x06\x03\xe8over");
        assert_eq!(control(Opcode::Pong, &[7; 200]).len(), 2 + 125);
    }
}
