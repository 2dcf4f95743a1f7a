//! IVF out: a file of video frames alone, for what no other container here carries.
//!
//! Source: the format's description in libvpx, `ivfdec.c`; all numbers are little-endian.

use bytes::{BufMut as _, Bytes, BytesMut};
use media::Picture;

/// The header of a file of pictures coded as `codec` says (`VP80`). `None` when they are larger than it can say.
pub fn header(codec: [u8; 4], picture: Option<Picture>) -> Option<Bytes> {
    let (width, height) = picture.map_or((0, 0), |picture| (picture.width, picture.height));
    let mut out = BytesMut::with_capacity(usize::from(HEADER));
    out.put_slice(b"DKIF");
    out.put_u16_le(0); // version
    out.put_u16_le(HEADER);
    out.put_slice(&codec);
    out.put_u16_le(width.try_into().ok()?);
    out.put_u16_le(height.try_into().ok()?);
    out.put_u32_le(1_000); // ticks a second, as numerator
    out.put_u32_le(1); // and denominator
    out.put_u32_le(0); // frames: not known
    out.put_u32_le(0);
    Some(out.freeze())
}

/// What stands before the frame `payload` at the time `ticks`. `None` when it is larger than that can say.
pub fn frame_header(payload: &[u8], ticks: u64) -> Option<Bytes> {
    let mut out = BytesMut::with_capacity(12);
    out.put_u32_le(payload.len().try_into().ok()?);
    out.put_u64_le(ticks);
    Some(out.freeze())
}

const HEADER: u16 = 32;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn headers_say_what_follows() {
        let header = header(*b"VP80", Some(Picture::of_size(640, 0x168))).unwrap();
        assert_eq!(header[..16], *b"DKIF\0\0\x20\0VP80\x80\x02\x68\x01");
        assert_eq!(header.len(), 32);
        assert_eq!(frame_header(&[0; 300], 7).unwrap()[..], *b"\x2c\x01\0\0\x07\0\0\0\0\0\0\0");
    }

    #[test]
    fn pictures_beyond_the_field_are_refused() {
        assert!(super::header(*b"VP80", Some(Picture::of_size(65_536, 16))).is_none());
    }
}
