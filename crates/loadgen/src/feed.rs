//! The clip in real time: which frame is due when, on one stream, with its stamp.

use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use container::flv::TagKind;

use crate::clip::{Clip, Frame, Place};
use crate::stamp::{NAL_SIZE, Stamp, micros};

/// Plays a clip over and over, from `start`, for one stream.
#[derive(Debug)]
pub(crate) struct Feed {
    stream: u16,
    start: Instant,
    /// Index of the next frame, and how often the clip has ended.
    at: usize,
    rounds: u32,
    /// Number of the next picture.
    pub(crate) pictures: u64,
    /// Audio frames given so far.
    pub(crate) audio: u64,
}

/// One frame that is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) kind: TagKind,
    /// On the stream's clock, which begins at zero and never jumps.
    pub(crate) time: Duration,
    /// The small first part of the body, with the stamp; empty for audio.
    pub(crate) head: Bytes,
    /// The rest of the body.
    pub(crate) rest: Bytes,
    /// How much later than it should have been.
    pub(crate) late: Duration,
}

impl Feed {
    pub(crate) fn new(stream: u16, start: Instant) -> Feed {
        Feed { stream, start, at: 0, rounds: 0, pictures: 0, audio: 0 }
    }

    /// When the next frame is due.
    pub(crate) fn deadline(&self, clip: &Clip) -> Instant {
        self.start + self.time(clip)
    }

    /// The next frame if it is due at `now`, which is `wall` on the clock of the stamps.
    pub(crate) fn next(&mut self, clip: &Clip, now: Instant, wall: SystemTime) -> Option<Due> {
        let frame = clip.frames.get(self.at)?;
        let time = self.time(clip);
        let late = now.checked_duration_since(self.start + time)?;
        self.at += 1;
        if self.at == clip.frames.len() {
            self.at = 0;
            self.rounds += 1;
        }
        let (head, rest) = match frame.kind {
            TagKind::Video => self.stamped(frame, clip.stamp, wall),
            _ => (Bytes::new(), frame.rest.clone()),
        };
        match frame.kind {
            TagKind::Video => self.pictures += 1,
            TagKind::Audio => self.audio += 1,
            TagKind::Data => {}
        }
        Some(Due { kind: frame.kind, time, head, rest, late })
    }

    fn time(&self, clip: &Clip) -> Duration {
        clip.length * self.rounds + clip.frames.get(self.at).map_or(Duration::ZERO, |frame| frame.at)
    }

    /// The first part of a picture, with its stamp, and the rest.
    fn stamped(&self, frame: &Frame, place: Place, wall: SystemTime) -> (Bytes, Bytes) {
        let stamp = Stamp { stream: self.stream, seq: self.pictures, audio: self.audio, sent: micros(wall) };
        let nal = stamp.nal();
        let mut out = BytesMut::with_capacity(frame.head.len() + NAL_SIZE);
        out.extend_from_slice(&frame.head);
        match (place, frame.rest.first_chunk::<5>(), nal.split_first_chunk::<5>()) {
            (Place::Slice, Some([a, b, c, d, header]), Some((_, stamp)))
                if matches!(header & 0x1f, 1 | 5) =>
            {
                let length = u32::from_be_bytes([*a, *b, *c, *d]) + stamp.len() as u32;
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(&[*header]);
                out.extend_from_slice(stamp);
                (out.freeze(), frame.rest.slice(5..))
            }
            _ => {
                out.extend_from_slice(&nal);
                (out.freeze(), frame.rest.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::view::message::{Message, Seen, VIDEO};

    #[test]
    fn the_clip_loops_without_a_seam_and_every_picture_is_numbered() {
        let frame = |at, kind, head: &'static [u8]| Frame {
            at: Duration::from_millis(at),
            kind,
            head: Bytes::from_static(head),
            rest: Bytes::from_static(b"rest"),
        };
        let frames = vec![frame(0, TagKind::Video, &[0x17, 1, 0, 0, 0]), frame(20, TagKind::Audio, &[])];
        let clip = Clip { setup: Vec::new(), frames, length: Duration::from_millis(40), stamp: Place::Unit };
        let start = Instant::now();
        let mut feed = Feed::new(9, start);
        let wall = SystemTime::now();
        let mut seen = Vec::new();
        for millis in [0, 10, 20, 45, 70] {
            while let Some(due) = feed.next(&clip, start + Duration::from_millis(millis), wall) {
                if due.kind == TagKind::Video {
                    let Seen::Video(Some(stamp)) = (Message { kind: VIDEO, head: &due.head }).seen() else {
                        panic!("no stamp")
                    };
                    assert_eq!((stamp.stream, stamp.sent), (9, micros(wall)));
                    seen.push((stamp.seq, stamp.audio, due.time.as_millis(), due.late.as_millis()));
                }
            }
        }
        assert_eq!(seen, [(0, 0, 0, 0), (1, 1, 40, 5)]);
        assert_eq!((feed.pictures, feed.audio), (2, 2));
        assert_eq!(feed.deadline(&clip), start + Duration::from_millis(80));
    }

    #[test]
    fn a_stamp_in_a_slice_makes_no_unit_more() {
        let frame = Frame {
            at: Duration::ZERO,
            kind: TagKind::Video,
            head: Bytes::from_static(&[0x27, 1, 0, 0, 0]),
            rest: Bytes::from_static(&[0, 0, 0, 3, 0x41, 1, 2]),
        };
        let (head, rest) = Feed::new(9, Instant::now()).stamped(&frame, Place::Slice, SystemTime::now());
        let body = [&head[..], &rest].concat();
        assert_eq!(body[5..10], [0, 0, 0, body.len() as u8 - 9, 0x41]);
        assert!(body.ends_with(&[1, 2]) && Stamp::find(&body, 12).is_some_and(|stamp| stamp.stream == 9));
    }
}
