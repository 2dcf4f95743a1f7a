//! A stream as a list of messages, to be sent as it is or spoilt in ways that no encoder can be asked for.
//!
//! A [`Script`] is taken from a [`Clip`] and changed: its clock, its order, its bytes. Whoever sends it goes by
//! [`Cue::at`]; what the stream says of itself is [`Cue::time`].

use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use container::flv::{self, TagKind};
use media::{Delta, Time};

use crate::Clip;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// When it is sent, from the beginning of the script.
    pub at: Delta,
    /// What its body is.
    pub kind: TagKind,
    /// Its timestamp.
    pub time: Time,
    /// An FLV tag body, which is an RTMP message body.
    pub body: Bytes,
}

/// Messages in the order of sending.
#[derive(Debug, Clone)]
pub struct Script {
    cues: Vec<Cue>,
}

impl Script {
    /// The clip as it is: each message is sent at its own time.
    pub fn of(clip: &Clip) -> Script {
        Script::of_file(clip.path())
    }

    /// The same of any FLV file.
    pub fn of_file(path: &Path) -> Script {
        let mut reader = flv::Reader::new();
        reader.push(&std::fs::read(path).expect("a clip can be read"));
        let tags = std::iter::from_fn(|| reader.next().expect("a clip is FLV"));
        let cue = |tag: flv::Tag| {
            let at = Delta::millis(tag.timestamp.into());
            Cue { at, kind: tag.kind, time: Time::ZERO + at, body: tag.body }
        };
        Script { cues: tags.map(cue).collect() }
    }

    /// The messages.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// How many coded pictures it holds.
    pub fn pictures(&self) -> usize {
        self.cues.iter().filter(|cue| cue.is_picture()).count()
    }

    /// What `change` makes of each message.
    pub fn filter_map(self, change: impl FnMut(Cue) -> Option<Cue>) -> Script {
        Script { cues: self.cues.into_iter().filter_map(change).collect() }
    }

    /// Sent so many times as fast; the timestamps stay.
    pub fn speed(mut self, times: f64) -> Script {
        let faster = |at: Delta| Delta::micros((at.as_micros() as f64 / times) as i64);
        self.cues.iter_mut().for_each(|cue| cue.at = faster(cue.at));
        self
    }

    /// The clock jumps by `by`, forward or back, at `from`.
    pub fn jump(mut self, from: Delta, by: Delta) -> Script {
        self.cues.iter_mut().filter(|cue| cue.at >= from).for_each(|cue| cue.time += by);
        self
    }

    /// The clock starts at `start`.
    pub fn starting_at(self, start: Time) -> Script {
        self.jump(Delta::ZERO, start.since(Time::ZERO))
    }

    /// The clock of one kind only knows multiples of `step`: each time is rounded down.
    pub fn coarse(mut self, kind: TagKind, step: Delta) -> Script {
        for cue in self.cues.iter_mut().filter(|cue| cue.kind == kind) {
            let steps = cue.time.as_micros() / step.as_micros();
            cue.time = Time::ZERO + step * steps;
        }
        self
    }

    /// What is of `kind` and sent within `range` is not sent; headers are.
    pub fn without(mut self, kind: TagKind, range: Range<Delta>) -> Script {
        self.cues.retain(|cue| cue.kind != kind || cue.is_header() || !range.contains(&cue.at));
        self
    }

    /// What is of `kind` and after the beginning arrives `by` later than it should; the timestamps stay.
    pub fn late(mut self, kind: TagKind, by: Delta) -> Script {
        for cue in self.cues.iter_mut().filter(|cue| cue.kind == kind && !cue.is_header()) {
            cue.at += by;
        }
        self.cues.sort_by_key(|cue| cue.at);
        self
    }

    /// Headers of `kind` come when its first frame does, as from an encoder whose source is not there yet.
    pub fn header_with_first(mut self, kind: TagKind) -> Script {
        let first = self.cues.iter().find(|cue| cue.kind == kind && !cue.is_header());
        let Some((at, time)) = first.map(|first| (first.at, first.time)) else { return self };
        for cue in self.cues.iter_mut().filter(|cue| cue.kind == kind && cue.is_header()) {
            (cue.at, cue.time) = (at, time);
        }
        // Headers stay before the frames that are sent at the same time.
        self.cues.sort_by_key(|cue| (cue.at, !cue.is_header()));
        self
    }

    /// Each of `extra` before each message that is no header, at its time.
    pub fn among(self, extra: &[(TagKind, &[u8])]) -> Script {
        let mut cues = Vec::new();
        for cue in self.cues {
            if !cue.is_header() {
                let spare = |(kind, body): &(TagKind, &[u8])| Cue {
                    kind: *kind,
                    body: Bytes::copy_from_slice(body),
                    ..cue.clone()
                };
                cues.extend(extra.iter().map(spare));
            }
            cues.push(cue);
        }
        Script { cues }
    }

    /// `next` follows, sent `gap` after the last message; its clock goes on as it is sent.
    pub fn then(mut self, gap: Delta, next: Script) -> Script {
        let (at, time) = self
            .cues
            .iter()
            .fold((Delta::ZERO, Time::ZERO), |(at, time), cue| (at.max(cue.at), time.max(cue.time)));
        let follows =
            |cue: Cue| Cue { at: cue.at + at + gap, time: cue.time + time.since(Time::ZERO) + gap, ..cue };
        self.cues.retain(|cue| !cue.is_end());
        self.cues.extend(next.cues.into_iter().map(follows));
        self
    }

    /// Has `change` at each coded picture: its number, and its body with the five bytes before its NAL units.
    pub fn spoil(mut self, mut change: impl FnMut(usize, &mut Vec<u8>)) -> Script {
        for (number, cue) in self.cues.iter_mut().filter(|cue| cue.is_picture()).enumerate() {
            let mut body = cue.body.to_vec();
            change(number, &mut body);
            cue.body = body.into();
        }
        self
    }
}

impl Cue {
    /// A configuration, or metadata.
    pub fn is_header(&self) -> bool {
        match self.kind {
            TagKind::Data => true,
            _ => self.body.get(1) == Some(&0),
        }
    }

    /// A coded picture of H.264.
    pub fn is_picture(&self) -> bool {
        self.kind == TagKind::Video && self.body.get(1) == Some(&1)
    }

    /// What says that the pictures end.
    pub fn is_end(&self) -> bool {
        self.kind == TagKind::Video && self.body.get(1) == Some(&2)
    }
}

/// Puts a NAL unit in front of those in `body`.
pub fn put_first(body: &mut Vec<u8>, nal: &[u8]) {
    body.splice(HEAD..HEAD, with_length(nal));
}

/// Puts a NAL unit behind those in `body`.
pub fn put_last(body: &mut Vec<u8>, nal: &[u8]) {
    body.extend(with_length(nal));
}

/// Whether another picture may refer to that in `body`: one of its slices says so.
pub fn is_reference(body: &[u8]) -> bool {
    let mut at = HEAD;
    while let Some([a, b, c, d, header]) = body.get(at..).and_then(|rest| rest.first_chunk()) {
        if matches!(header & 31, 1 | 5) && header & 0x60 != 0 {
            return true;
        }
        at += 4 + u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    }
    false
}

fn with_length(nal: &[u8]) -> impl Iterator<Item = u8> {
    let length = u32::try_from(nal.len()).expect("a NAL unit is small").to_be_bytes();
    length.into_iter().chain(nal.to_vec())
}

/// Bytes of a video body before its first NAL unit: codec, packet type, composition time.
const HEAD: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        let cue = |kind, millis: i64, body: &'static [u8]| Cue {
            at: Delta::millis(millis),
            kind,
            time: Time::from_millis(millis),
            body: Bytes::from_static(body),
        };
        Script {
            cues: vec![
                cue(TagKind::Video, 0, &[0x17, 0, 0, 0, 0]),
                cue(TagKind::Audio, 0, &[0xaf, 0]),
                cue(TagKind::Video, 0, &[0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 1]),
                cue(TagKind::Audio, 21, &[0xaf, 1, 1]),
                cue(TagKind::Video, 40, &[0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x01, 2]),
                cue(TagKind::Audio, 43, &[0xaf, 1, 2]),
                cue(TagKind::Video, 80, &[0x17, 2, 0, 0, 0]),
            ],
        }
    }

    fn outline(script: &Script) -> Vec<(i64, i64)> {
        script.cues().iter().map(|cue| (cue.at.as_millis(), cue.time.as_millis())).collect()
    }

    #[test]
    fn a_jump_changes_times_and_not_the_sending() {
        let jumped = script().jump(Delta::millis(40), Delta::secs(-1)).starting_at(Time::from_millis(5_000));
        assert_eq!(outline(&jumped)[3..6], [(21, 5_021), (40, 4_040), (43, 4_043)]);
    }

    #[test]
    fn sound_can_be_coarse_missing_or_late() {
        let audio = |script: &Script| {
            let sounds = script.cues().iter().filter(|cue| cue.kind == TagKind::Audio);
            sounds.map(|cue| (cue.at.as_millis(), cue.time.as_millis())).collect::<Vec<_>>()
        };
        let coarse = script().coarse(TagKind::Audio, Delta::millis(10));
        assert_eq!(audio(&coarse), [(0, 0), (21, 20), (43, 40)]);
        let missing = script().without(TagKind::Audio, Delta::ZERO..Delta::millis(43));
        assert_eq!(audio(&missing), [(0, 0), (43, 43)]);
        assert_eq!(audio(&missing.header_with_first(TagKind::Audio)), [(43, 43), (43, 43)]);
        let late = script().late(TagKind::Audio, Delta::millis(100));
        assert_eq!(audio(&late), [(0, 0), (121, 21), (143, 43)]);
        assert!(late.cues().is_sorted_by_key(|cue| cue.at));
    }

    #[test]
    fn one_script_follows_another_as_one_stream() {
        let both = script().then(Delta::millis(40), script());
        assert_eq!(both.cues().len(), 13, "the first does not say that the pictures end");
        assert_eq!(outline(&both)[6..9], [(120, 120), (120, 120), (120, 120)]);
        assert_eq!((both.pictures(), script().speed(2.0).cues()[4].at), (4, Delta::millis(20)));
    }

    #[test]
    fn units_are_put_around_those_that_there_are() {
        let mut bodies = Vec::new();
        script().spoil(|number, body| {
            bodies.push((number, is_reference(body)));
            put_first(body, &[6]);
            put_last(body, &[7, 8]);
            assert_eq!(body[5..10], [0, 0, 0, 1, 6]);
            assert_eq!(body[16..], [0, 0, 0, 2, 7, 8]);
        });
        assert_eq!(bodies, [(0, true), (1, false)]);
    }

    #[test]
    fn spare_messages_go_among_the_others() {
        let among = script().among(&[(TagKind::Video, &[]), (TagKind::Video, &[0x27])]);
        assert_eq!(among.cues().len(), 7 + 2 * 5);
        assert_eq!((among.cues()[2].body.len(), among.cues()[3].body.len()), (0, 1));
    }
}
