#![allow(clippy::unwrap_used)]

use std::time::SystemTime;

use bytes::Bytes;

use super::*;
use crate::{Codec, TrackId, aac, h264};

const VIDEO: TrackId = TrackId(0);
const AUDIO: TrackId = TrackId(1);
const DATA: TrackId = TrackId(9);

fn track(id: TrackId) -> Arc<Track> {
    let codec = match id {
        AUDIO => Codec::Aac(aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap()),
        DATA => Codec::Amf0,
        _ => Codec::H264(h264::Parameters { sps: vec![], pps: vec![], picture: None }),
    };
    Arc::new(Track { id, codec })
}

fn ms(millis: i64) -> Time {
    Time::from_millis(millis)
}

/// A timeline with what went in and came out, and an arrival clock.
struct Bench {
    timeline: Timeline,
    tracks: Vec<Arc<Track>>,
    now: Time,
    pushed: u64,
    out: Vec<Frame>,
    seen: usize,
}

impl Bench {
    fn new() -> Bench {
        let tracks = [VIDEO, AUDIO, DATA].map(track).to_vec();
        Bench { timeline: Timeline::new(), tracks, now: ms(77_000), pushed: 0, out: vec![], seen: 0 }
    }

    fn frame(&mut self, id: TrackId, dts: Time, pts: Time) -> Frame {
        if !self.tracks.iter().any(|track| track.id == id) {
            self.tracks.push(track(id));
        }
        let track = self.tracks.iter().find(|track| track.id == id).unwrap();
        self.pushed += 1;
        Frame {
            track: Arc::clone(track),
            dts,
            pts,
            duration: None,
            keyframe: true,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload: Bytes::copy_from_slice(&self.pushed.to_be_bytes()),
        }
    }

    fn push(&mut self, id: TrackId, dts: Time) {
        self.push_with_pts(id, dts, dts);
    }

    fn push_with_pts(&mut self, id: TrackId, dts: Time, pts: Time) {
        let frame = self.frame(id, dts, pts);
        self.timeline.push(self.now, frame, &mut self.out);
    }

    fn wait(&mut self, span: Delta) {
        self.now += span;
        self.timeline.tick(self.now, &mut self.out);
    }

    /// The dts in ms of what came out since the last call.
    fn dts(&mut self) -> Vec<i64> {
        let new = self.out[self.seen..].iter().map(|frame| frame.dts.as_millis()).collect();
        self.seen = self.out.len();
        new
    }

    /// `span` of 25 fps video and 20 ms audio in real time, from `from` on the source's clock.
    fn play(&mut self, from: Time, span: Delta) {
        for tick in 0..span.as_millis() / 20 {
            let at = from + Delta::millis(tick * 20);
            if tick % 2 == 0 {
                self.push(VIDEO, at);
            }
            self.push(AUDIO, at);
            self.wait(Delta::millis(20));
        }
    }

    fn last(&self, id: TrackId) -> &Frame {
        self.out.iter().rev().find(|frame| frame.track.id == id).unwrap()
    }

    /// What holds of all that came out, whatever went in.
    fn check(&mut self) {
        self.timeline.flush(&mut self.out);
        check(&self.out, self.pushed);
    }
}

fn check(out: &[Frame], pushed: u64) {
    let mut serials: Vec<&[u8]> = out.iter().map(|frame| &frame.payload[..]).collect();
    serials.sort();
    serials.dedup();
    assert_eq!((serials.len() as u64, out.len() as u64), (pushed, pushed), "every frame once");
    let mut last = std::collections::HashMap::new();
    for frame in out {
        assert!(frame.pts >= frame.dts && frame.dts >= Time::ZERO, "{frame:?}");
        if let Some(earlier) = last.insert(frame.track.id, frame.dts) {
            assert!(frame.dts > earlier, "{frame:?} after {earlier:?}");
        }
    }
}

#[test]
fn first_clock_is_kept() {
    for start in [0, 1, (1 << 24) - 10_000, (1 << 31) - 10_000, (1i64 << 32) - 10_000] {
        let mut bench = Bench::new();
        bench.push(AUDIO, ms(start + 7));
        bench.push(VIDEO, ms(start));
        bench.play(ms(start + 40), Delta::secs(20));
        assert_eq!(bench.dts()[..4], [start + 7, start, start + 40, start + 40]);
        assert_eq!(bench.last(AUDIO).dts, ms(start + 20_020));
        assert_eq!(bench.timeline.stats(), Stats::default());
        bench.check();
    }
}

#[test]
fn clock_goes_on_after_a_new_publisher() {
    let mut bench = Bench::new();
    bench.play(ms(5_000), Delta::secs(1));
    bench.timeline.resume();
    bench.seen = bench.out.len();
    bench.push(VIDEO, ms(70));
    bench.push(AUDIO, ms(80));
    bench.push(VIDEO, ms(110));
    // The last was audio at 5980 and video at 5960, of 40 ms.
    assert_eq!(bench.dts(), [6_001, 6_011, 6_041]);
}
