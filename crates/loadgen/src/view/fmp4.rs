//! A light reader of fragmented MP4: the pictures of each fragment, with the stamp at their beginning.
//!
//! A picture has come when the last byte of its sample has. Which track is the video's is read from the header (`moov`).
//!
//! Source: ISO/IEC 14496-12 §4.2, §8.8.

use std::collections::VecDeque;
use std::ops::Range;

use crate::stamp::Stamp;
use crate::view::Broken;

/// Reads headers and fragments, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    state: State,
    /// The number of the track of video; `None` before a header has come.
    video: Option<u32>,
    /// A box's header, then the box if it is one that is read as a whole.
    gathered: Vec<u8>,
    /// How far the reading is from the first byte of the last moof.
    at: usize,
    /// The pictures still to come, from the first byte of the last moof.
    samples: VecDeque<Range<usize>>,
    /// The first bytes of the picture that is being read.
    head: Vec<u8>,
    pictures: VecDeque<Option<Stamp>>,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// The header of a box is being gathered.
    #[default]
    Header,
    /// A box that is gathered whole: all its bytes.
    Whole(usize),
    /// Bytes of mdat still to come.
    Media(usize),
    /// Bytes of another box still to come.
    Other(usize),
}

impl Fragments {
    /// Reads on; pictures that are complete are handed out by [`Fragments::picture`].
    pub(crate) fn push(&mut self, mut data: &[u8]) -> Result<(), Broken> {
        while !data.is_empty() {
            match self.state {
                State::Header => {
                    self.gather(&mut data, HEADER);
                    if let Some(header) = self.gathered.first_chunk() {
                        self.begin(*header)?;
                    }
                }
                State::Whole(size) => {
                    self.gather(&mut data, size);
                    if self.gathered.len() == size {
                        self.read()?;
                        self.next_box();
                    }
                }
                State::Media(left) | State::Other(left) => {
                    let (part, rest) = data.split_at(left.min(data.len()));
                    data = rest;
                    let media = matches!(self.state, State::Media(_));
                    if media {
                        self.media(part);
                    }
                    self.at = self.at.saturating_add(part.len());
                    let left = left - part.len();
                    self.state = if media { State::Media(left) } else { State::Other(left) };
                    if left == 0 {
                        self.next_box();
                    }
                }
            }
        }
        Ok(())
    }

    /// The file is over: what follows begins with a box.
    pub(crate) fn end(&mut self) {
        self.next_box();
        self.samples.clear();
    }

    /// The next picture, in order of arrival: its stamp, if one was found.
    pub(crate) fn picture(&mut self) -> Option<Option<Stamp>> {
        self.pictures.pop_front()
    }

    fn next_box(&mut self) {
        self.state = State::Header;
        self.gathered.clear();
    }

    /// Takes bytes off the front of `data` until `size` are gathered.
    fn gather(&mut self, data: &mut &[u8], size: usize) {
        let (part, rest) = data.split_at(size.saturating_sub(self.gathered.len()).min(data.len()));
        self.gathered.extend_from_slice(part);
        self.at = self.at.saturating_add(part.len());
        *data = rest;
    }

    fn begin(&mut self, header: [u8; HEADER]) -> Result<(), Broken> {
        let [s0, s1, s2, s3, kind @ ..] = header;
        let size = u32::from_be_bytes([s0, s1, s2, s3]) as usize;
        let inside = size.checked_sub(HEADER).ok_or(Broken("MP4 box"))?;
        match &kind {
            b"moof" | b"moov" if size > LARGEST_HEADER => return Err(Broken("MP4 box")),
            b"moof" | b"moov" => {
                self.at = HEADER;
                self.state = State::Whole(size);
            }
            b"mdat" => self.state = State::Media(inside),
            _ => self.state = State::Other(inside),
        }
        if inside == 0 {
            self.next_box();
        }
        Ok(())
    }

    /// Reads the header or the head of a fragment that has been gathered.
    fn read(&mut self) -> Result<(), Broken> {
        let Some((kind, body)) = boxes(&self.gathered).next() else { return Err(Broken("MP4 box")) };
        if kind == b"moov" {
            self.video =
                boxes(body).filter(|(kind, _)| *kind == b"trak").find_map(|(_, trak)| video_track(trak));
            return Ok(());
        }
        let mut samples = Vec::new();
        for (_, traf) in boxes(body).filter(|(kind, _)| *kind == b"traf") {
            extents(traf, self.video, &mut samples).ok_or(Broken("MP4 fragment"))?;
        }
        samples.sort_by_key(|sample: &Range<usize>| sample.start);
        self.samples = samples.into();
        self.head.clear();
        Ok(())
    }

    /// Goes through `part`, the next bytes of mdat.
    fn media(&mut self, part: &[u8]) {
        let (from, to) = (self.at, self.at + part.len());
        while let Some(sample) = self.samples.front() {
            let inside = sample.start.max(from)..sample.end.min(to);
            if self.head.len() < KEPT && inside.start < inside.end {
                let bytes = part.get(inside.start - from..inside.end - from).unwrap_or_default();
                self.head.extend_from_slice(bytes.get(..KEPT - self.head.len()).unwrap_or(bytes));
            }
            if sample.end > to {
                return;
            }
            self.pictures.push_back(Stamp::find(&self.head, LIKELY));
            self.head.clear();
            self.samples.pop_front();
        }
    }
}

/// The boxes that `bytes` consist of, by kind and content; ends where they are broken.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
        let kind = bytes.get(4..)?.first_chunk()?;
        let body = bytes.get(HEADER..size)?;
        bytes = bytes.get(size..)?;
        Some((kind, body))
    })
}

fn inside<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(other, _)| *other == kind).map(|(_, body)| body)
}

/// The number of a track of video; `None` for others.
fn video_track(trak: &[u8]) -> Option<u32> {
    let handler = inside(inside(trak, b"mdia")?, b"hdlr")?.get(8..12)?;
    let header = inside(trak, b"tkhd")?;
    let place = if header.first() == Some(&1) { 20 } else { 12 };
    let number = header.get(place..)?.first_chunk()?;
    (handler == b"vide").then_some(u32::from_be_bytes(*number))
}

/// Appends where the samples of `traf` are, if it is of the track `video`; `None` if it is broken.
fn extents(traf: &[u8], video: Option<u32>, out: &mut Vec<Range<usize>>) -> Option<()> {
    let mut header = Words(inside(traf, b"tfhd")?);
    let flags = header.next()?;
    if Some(header.next()?) != video {
        return Some(());
    }
    header.skip(if flags & 0x01 != 0 { 2 } else { 0 })?;
    header.skip((flags >> 1 & 1) + (flags >> 3 & 1))?;
    let usual = if flags & 0x10 != 0 { header.next()? } else { 0 };
    for (_, body) in boxes(traf).filter(|(kind, _)| *kind == b"trun") {
        let mut run = Words(body);
        let flags = run.next()?;
        let count = run.next()?;
        let mut at = if flags & 0x01 != 0 { run.next()? as usize } else { return None };
        run.skip(flags >> 2 & 1)?;
        for _ in 0..count {
            run.skip(flags >> 8 & 1)?;
            let size = if flags & 0x200 != 0 { run.next()? } else { usual } as usize;
            run.skip((flags >> 10 & 1) + (flags >> 11 & 1))?;
            if out.len() >= MOST_SAMPLES {
                return None;
            }
            out.push(at..at.checked_add(size)?);
            at = at.checked_add(size)?;
        }
    }
    Some(())
}

/// Numbers of 32 bits, one after the other.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.next().map(drop))
    }
}

const HEADER: usize = 8;
/// A header or the head of a fragment takes no more.
const LARGEST_HEADER: usize = 1 << 20;
const MOST_SAMPLES: usize = 1 << 16;
/// Of a picture: the stamp is its first NAL unit.
const KEPT: usize = 256;
/// Where the stamp's UUID is then: behind length, NAL header, payload type and size.
const LIKELY: usize = 7;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::time::SystemTime;

    use bytes::Bytes;
    use container::fmp4;
    use media::{Codec, Frame, Time, Track, TrackId, aac, h264};

    use super::*;

    fn tracks() -> Vec<Arc<Track>> {
        let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
        let video = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).unwrap();
        let sound = aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap();
        let track = |id, codec| Arc::new(Track { id: TrackId(id), codec });
        // Sound first, so that it is not by luck that the right one is found.
        vec![track(2, Codec::Aac(sound)), track(1, Codec::H264(video))]
    }

    fn stamp(seq: u64) -> Stamp {
        Stamp { stream: 0, seq, audio: 0, sent: 1 }
    }

    /// A header and two chunks of three pictures each, with sound.
    fn file() -> Vec<u8> {
        let tracks = tracks();
        let frame = |track: usize, millis, payload: Vec<u8>| {
            let at = Time::from_millis(millis);
            let track = Arc::clone(&tracks[track]);
            let (wall, payload) = (SystemTime::UNIX_EPOCH, payload.into());
            Arc::new(Frame {
                track,
                dts: at,
                pts: at,
                duration: None,
                keyframe: true,
                discontinuity: false,
                wall,
                payload,
            })
        };
        let mut file = fmp4::init(&tracks).to_vec();
        let mut fragmenter = fmp4::Fragmenter::new(&tracks);
        for n in 0..6u64 {
            let mut picture = stamp(n).nal().to_vec();
            picture.resize(if n == 1 { picture.len() } else { 900 }, 0x41);
            fragmenter.push(&frame(1, n as i64 * 40, picture));
            fragmenter.push(&frame(0, n as i64 * 40, vec![0x21; 300]));
            if n == 2 {
                file.extend_from_slice(&fragmenter.cut(Time::from_millis(120)).unwrap().data);
            }
        }
        file.extend_from_slice(&fragmenter.finish().unwrap().data);
        file
    }

    #[test]
    fn stamps_are_found_split_at_any_byte() {
        let file = file();
        for cut in 0..=file.len() {
            let mut fragments = Fragments::default();
            fragments.push(&file[..cut]).unwrap();
            fragments.push(&file[cut..]).unwrap();
            let seen: Vec<_> = std::iter::from_fn(|| fragments.picture()).collect();
            assert_eq!(seen, (0..6).map(|n| Some(stamp(n))).collect::<Vec<_>>(), "split at {cut}");
        }
    }

    #[test]
    fn a_picture_has_come_with_its_last_byte() {
        let file = file();
        let mut fragments = Fragments::default();
        let mut ends = Vec::new();
        for (at, byte) in file.iter().enumerate() {
            fragments.push(&[*byte]).unwrap();
            while fragments.picture().is_some() {
                ends.push(at);
            }
        }
        // What stands behind the first picture is the stamp of the second, or at the end, nothing but sound.
        let second =
            file.windows(16).enumerate().filter(|(_, bytes)| stamp(0).nal()[7..23] == **bytes).nth(1);
        assert_eq!(ends[0], second.unwrap().0 - 7 - 1);
        assert_eq!((ends.len(), *ends.last().unwrap()), (6, file.len() - 1));
    }

    #[test]
    fn what_is_no_file_is_broken() {
        assert!(Fragments::default().push(&[0, 0, 0, 4, b'm', b'o', b'o', b'f']).is_err());
        let mut cut = file();
        // A run with more samples than it has rows.
        let mut runs = cut.windows(4).enumerate().filter(|(_, bytes)| bytes == b"trun").map(|(at, _)| at);
        let (_sound, video) = (runs.next().unwrap(), runs.next().unwrap());
        cut[video + 8..video + 12].copy_from_slice(&[0xff; 4]);
        assert!(Fragments::default().push(&cut).is_err());
    }
}
