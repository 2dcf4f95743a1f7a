//! What the header of a fragmented file says of its tracks.

use media::ParseError;

use crate::boxes::{Fields, boxes, find};

/// A track, as far as it is taken over.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) id: u32,
    /// Ticks a second.
    pub(super) scale: u32,
    /// `tkhd` behind its times: layer, volume, matrix, size.
    pub(super) looks: Vec<u8>,
    /// Boxes as they are, with their heads: `hdlr`,
    pub(super) handler: Vec<u8>,
    /// `vmhd` or `smhd`, and `dinf`;
    pub(super) media: Vec<u8>,
    /// and `stsd`.
    pub(super) entries: Vec<u8>,
}

/// The tracks of a `moov`, of which this is what is in it.
///
/// Errs where it is none that was written here.
pub(super) fn tracks(moov: &[u8]) -> Result<Vec<Header>, ParseError> {
    let mut tracks: Vec<Header> = Vec::new();
    for found in boxes("moov", moov) {
        let (kind, body) = found?;
        if kind != *b"trak" {
            continue;
        }
        let track = track(body)?;
        if tracks.iter().any(|other| other.id == track.id) || tracks.len() >= MAX_TRACKS {
            return Err(ParseError::invalid("trak", 0));
        }
        tracks.push(track);
    }
    Ok(tracks)
}

fn track(trak: &[u8]) -> Result<Header, ParseError> {
    // ISO/IEC 14496-12 §8.3.2, version 0.
    let head = find("trak", trak, b"tkhd")?;
    let mut fields = Fields::new("tkhd", head);
    if fields.u32()? >> 24 != 0 {
        return Err(fields.unsupported());
    }
    let id = (fields.u32()?, fields.u32()?, fields.u32()?).2;
    let looks = head.get(24..84).ok_or(ParseError::truncated("tkhd", head.len()))?.to_vec();
    let media = find("trak", trak, b"mdia")?;
    // §8.4.2, version 0.
    let mut fields = Fields::new("mdhd", find("mdia", media, b"mdhd")?);
    if fields.u32()? >> 24 != 0 {
        return Err(fields.unsupported());
    }
    let scale = (fields.u32()?, fields.u32()?, fields.u32()?).2;
    if scale == 0 {
        return Err(fields.invalid());
    }
    let information = find("mdia", media, b"minf")?;
    let table = find("minf", information, b"stbl")?;
    let mut kept = Vec::new();
    for found in boxes("minf", information) {
        let (kind, body) = found?;
        if kind != *b"stbl" {
            whole(&mut kept, kind, body);
        }
    }
    let (mut handler, mut entries) = (Vec::new(), Vec::new());
    whole(&mut handler, *b"hdlr", find("mdia", media, b"hdlr")?);
    whole(&mut entries, *b"stsd", find("stbl", table, b"stsd")?);
    Ok(Header { id, scale, looks, handler, media: kept, entries })
}

impl Header {
    /// Whether it has pictures: ISO/IEC 14496-12 §8.4.3, behind the head of the box, its version, and a field.
    pub(super) fn is_video(&self) -> bool {
        self.handler.get(16..20) == Some(b"vide")
    }

    /// The code of the codec: `avc1`, `mp4a`; zeros if there is none.
    pub(super) fn codec(&self) -> [u8; 4] {
        // The box's head, version and count, and the size of the first entry.
        self.entries.get(20..24).and_then(|code| code.try_into().ok()).unwrap_or_default()
    }
}

/// Appends a box of which `body` was read, so its size is known to fit.
fn whole(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    crate::boxes::put(out, &kind, |out| out.extend_from_slice(body));
}

/// More than any stream has.
const MAX_TRACKS: usize = 64;
