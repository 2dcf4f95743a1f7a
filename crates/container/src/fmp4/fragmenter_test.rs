#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::time::SystemTime;

use media::{Codec, TrackId, aac, h264};
use mp4_atom::{Decode as _, Moof};
use proptest::prelude::*;

use super::*;

const VIDEO: u32 = 1;
const SOUND: u32 = 2;
const RATE: u32 = 44_100;

fn tracks() -> Vec<Arc<Track>> {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let video = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).unwrap();
    let sound = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    let track = |id, codec| Arc::new(Track { id: TrackId(id), codec });
    vec![track(VIDEO, Codec::H264(video)), track(SOUND, Codec::Aac(sound))]
}

struct Bench {
    tracks: Vec<Arc<Track>>,
    fragmenter: Fragmenter,
    read: Read,
}

/// What another's parser reads in the chunks.
#[derive(Default)]
struct Read {
    sequence: u32,
    samples: HashMap<u32, Vec<Row>>,
    /// Where each track's base time was not where its last sample ended.
    seams: Vec<(u32, u64, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    start: u64,
    duration: u32,
    offset: i32,
    sync: bool,
    payload: Vec<u8>,
}

impl Bench {
    fn new(tracks: &[Arc<Track>]) -> Bench {
        Bench { tracks: tracks.to_vec(), fragmenter: Fragmenter::new(tracks), read: Read::default() }
    }

    fn push(&mut self, id: u32, dts: Time, pts: Time, keyframe: bool) {
        let track = Arc::clone(self.tracks.iter().find(|track| track.id.0 == id).unwrap());
        let payload = Bytes::from(dts.as_micros().to_be_bytes().to_vec());
        let (duration, discontinuity, wall) = (None, false, SystemTime::UNIX_EPOCH);
        self.fragmenter.push(&Arc::new(Frame {
            track,
            dts,
            pts,
            duration,
            keyframe,
            discontinuity,
            wall,
            payload,
        }));
    }

    fn picture(&mut self, millis: i64) {
        self.push(VIDEO, Time::from_millis(millis), Time::from_millis(millis), millis == 0);
    }

    fn sound(&mut self, at: Time) {
        self.push(SOUND, at, at, true);
    }

    fn cut(&mut self, millis: i64) -> Option<Chunk> {
        let chunk = self.fragmenter.cut(Time::from_millis(millis));
        chunk.inspect(|chunk| self.read.chunk(chunk))
    }

    fn finish(&mut self) -> Option<Chunk> {
        self.fragmenter.finish().inspect(|chunk| self.read.chunk(chunk))
    }

    fn rows(&self, id: u32) -> &[Row] {
        self.read.samples.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Starts and durations.
    fn times(&self, id: u32) -> Vec<(u64, u32)> {
        self.rows(id).iter().map(|row| (row.start, row.duration)).collect()
    }
}

impl Read {
    fn chunk(&mut self, chunk: &Chunk) {
        let mut rest = &chunk.data[..];
        let moof = Moof::decode(&mut rest).unwrap();
        let mut at = chunk.data.len() - rest.len() + 8;
        assert_eq!(rest.len(), u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize, "mdat to the end");
        assert_eq!(&rest[4..8], b"mdat");
        self.sequence += 1;
        assert_eq!(moof.mfhd.sequence_number, self.sequence);
        let mut count = 0;
        for traf in &moof.traf {
            let id = traf.tfhd.track_id;
            assert!(traf.tfhd.default_base_is_moof);
            let [run] = &traf.trun[..] else { panic!("one run a track") };
            assert_eq!(run.data_offset, Some(at as i32));
            let mut start = traf.tfdt.as_ref().unwrap().base_media_decode_time;
            let rows = self.samples.entry(id).or_default();
            if let Some(last) = rows.last()
                && last.start + u64::from(last.duration) != start
            {
                self.seams.push((id, last.start + u64::from(last.duration), start));
            }
            for entry in &run.samples {
                let duration = entry.duration.or(traf.tfhd.default_sample_duration).unwrap();
                let size = entry.size.unwrap() as usize;
                let flags = entry.flags.or(traf.tfhd.default_sample_flags).unwrap();
                let payload = chunk.data[at..at + size].to_vec();
                let (sync, offset) = (flags & 0x01_0000 == 0, entry.cts.unwrap_or(0) as i32);
                assert_eq!(flags >> 24 & 3, if sync { 2 } else { 1 }, "what it depends on");
                rows.push(Row { start, duration, offset, sync, payload });
                start += u64::from(duration);
                at += size;
                count += 1;
            }
        }
        assert_eq!((at, count), (chunk.data.len(), chunk.samples));
    }
}

/// When sound frame `n` begins, as RTMP has it.
fn rounded(n: i64) -> Time {
    Time::from_millis(Time::from_ticks(n * 1024, RATE).as_millis())
}

#[test]
fn a_picture_lasts_until_the_next() {
    let mut bench = Bench::new(&tracks());
    for millis in [0, 33, 67, 100, 133] {
        bench.picture(millis);
    }
    let chunk = bench.cut(100).unwrap();
    assert_eq!((chunk.start, chunk.duration, chunk.samples), (Time::ZERO, Delta::millis(100), 3));
    assert_eq!(bench.times(VIDEO), [(0, 2970), (2970, 3060), (6030, 2970)]);
    assert_eq!(bench.rows(VIDEO).iter().map(|row| row.sync).collect::<Vec<_>>(), [true, false, false]);
    let chunk = bench.finish().unwrap();
    // The last lasts as long as the one before.
    assert_eq!((chunk.start, chunk.duration), (Time::from_millis(100), Delta::millis(66)));
    assert_eq!(bench.times(VIDEO)[3..], [(9000, 2970), (11970, 2970)]);
    assert!(bench.finish().is_none() && bench.read.seams.is_empty());
}

#[test]
fn sound_that_was_rounded_is_even_again() {
    let mut bench = Bench::new(&tracks());
    for n in 0..2000 {
        bench.sound(rounded(n));
        bench.cut(n * 23);
    }
    bench.finish();
    let rows = bench.rows(SOUND);
    assert!(rows.iter().enumerate().all(|(n, row)| (row.start, row.duration) == (n as u64 * 1024, 1024)));
    assert_eq!(rows.len(), 2000);
}

/// A sound card that is 200 ppm fast, for twelve hours: what is written stays where the frames are.
#[test]
fn nothing_drifts() {
    let config = Bytes::from_static(&[0x15, 0x88]); // 8 kHz, mono
    let codec = Codec::Aac(aac::Parameters::parse(&config).unwrap());
    let mut bench = Bench::new(&[Arc::new(Track { id: TrackId(SOUND), codec })]);
    let mut checked = 0;
    for n in 0..12 * 3600 * 8000 / 1024 {
        let at = Time::from_micros(n * 1024 * 125 * 10_000 / 10_002);
        bench.sound(at);
        if n % 1000 == 999 {
            bench.cut(i64::MAX / 1000);
            for row in bench.read.samples.remove(&1).unwrap() {
                let dts = i64::from_be_bytes(row.payload.try_into().unwrap());
                let apart = Time::from_ticks(row.start as i64, 8000) - Time::from_micros(dts);
                assert!(apart.abs() <= Delta::micros(2200), "{apart:?} apart");
                checked += 1;
            }
        }
    }
    assert!(checked >= 337_000);
}

#[test]
fn the_next_chunk_makes_up_for_a_wrong_guess() {
    let mut bench = Bench::new(&tracks());
    // After the cuts: 20 ms less than guessed, then 30 ms more.
    for millis in [0, 40, 60, 100, 140, 210] {
        bench.picture(millis);
        if let 40 | 140 = millis {
            bench.cut(millis + 1);
        }
    }
    bench.finish();
    let ticks = |millis: u64| millis * 90;
    let starts: Vec<u64> = bench.rows(VIDEO).iter().map(|row| row.start).collect();
    assert_eq!(starts, [0, 40, 80, 100, 140, 180].map(ticks), "no seam");
    let presented: Vec<i64> =
        bench.rows(VIDEO).iter().map(|row| row.start as i64 + i64::from(row.offset)).collect();
    assert_eq!(
        presented,
        [0, 40, 60, 100, 140, 210].map(|millis| millis * 90),
        "presented when it should be"
    );
    assert!(bench.read.seams.is_empty());
}

#[test]
fn pictures_last_until_the_cut_where_the_next_begins() {
    let mut bench = Bench::new(&tracks());
    for millis in [0, 33, 67, 100] {
        bench.cut(millis);
        bench.picture(millis);
    }
    bench.finish();
    assert_eq!(bench.times(VIDEO)[1..3], [(2970, 3060), (6030, 2970)]);
    assert!(bench.read.seams.is_empty());
}

#[test]
fn a_gap_after_a_cut_stays_one() {
    let mut bench = Bench::new(&tracks());
    for millis in [0, 40] {
        bench.picture(millis);
    }
    bench.sound(rounded(0));
    bench.cut(50);
    bench.picture(3000);
    bench.sound(Time::from_millis(3000));
    bench.finish();
    assert_eq!(bench.read.seams, [(1, 7200, 270_000), (2, 1024, 132_300)]);
}

#[test]
fn a_gap_within_a_chunk_is_the_frame_before() {
    let mut bench = Bench::new(&tracks());
    for at in [0, 23, 1000] {
        bench.sound(Time::from_millis(at));
    }
    bench.finish();
    assert_eq!(bench.times(SOUND), [(0, 1024), (1024, 43_076), (44_100, 1024)]);
}

#[test]
fn b_frames_are_presented_later_than_decoded() {
    let mut bench = Bench::new(&tracks());
    for (dts, pts) in [(0, 80), (40, 200), (80, 120), (120, 160)] {
        bench.push(VIDEO, Time::from_millis(dts), Time::from_millis(pts), dts == 0);
    }
    bench.finish();
    let offsets: Vec<i32> = bench.rows(VIDEO).iter().map(|row| row.offset).collect();
    assert_eq!(offsets, [7200, 14_400, 3600, 3600]);
}

#[test]
fn players_begin_at_key_frames_of_the_main_video() {
    let mut bench = Bench::new(&tracks());
    bench.push(VIDEO, Time::ZERO, Time::ZERO, true);
    bench.sound(Time::ZERO);
    assert!(bench.cut(10).unwrap().independent);
    bench.push(VIDEO, Time::from_millis(10), Time::from_millis(10), false);
    bench.push(VIDEO, Time::from_millis(20), Time::from_millis(20), true);
    assert!(!bench.cut(30).unwrap().independent);
    bench.sound(Time::from_millis(30));
    assert!(!bench.cut(40).unwrap().independent, "sound alone where there is video");
    let mut bench = Bench::new(&tracks()[1..]);
    bench.sound(Time::ZERO);
    assert!(bench.finish().unwrap().independent);
}

#[test]
fn frames_that_do_not_belong_are_passed_over() {
    let tracks = tracks();
    let mut bench = Bench::new(&tracks[..1]);
    bench.tracks = tracks.clone();
    bench.sound(Time::ZERO);
    let Codec::Aac(_) = &tracks[1].codec else { panic!("sound") };
    let other = Arc::new(Track { id: TrackId(VIDEO), codec: tracks[1].codec.clone() });
    bench.tracks[0] = other;
    bench.picture(0);
    assert!(bench.finish().is_none());
}

#[test]
fn chunks_follow_each_other_but_for_empty_cuts() {
    let mut bench = Bench::new(&tracks()[1..]);
    for n in 0..10 {
        bench.sound(rounded(n));
    }
    let spans: Vec<_> = [100, 190, 210].map(|millis| bench.cut(millis)).into_iter().flatten().collect();
    let spans: Vec<_> =
        spans.iter().map(|chunk| (chunk.start.as_millis(), chunk.duration.as_millis())).collect();
    assert_eq!(spans, [(0, 100), (100, 90), (190, 20)]);
    assert!(bench.cut(500).is_none());
    bench.sound(Time::from_millis(900));
    assert_eq!(bench.finish().unwrap().start, Time::from_millis(900));
}

proptest! {
    /// Frames at any distance, cut anywhere: a track's chunks join without a seam, its durations sum up to its span, every
    /// picture is presented at its time and no sound is more than that 2 ms off.
    #[test]
    fn whatever_comes_is_written_as_it_was(
        frames in prop::collection::vec((any::<bool>(), 1i64..100_000, 0i64..200_000, any::<bool>()), 1..60),
        cuts in prop::collection::vec(0i64..60, 0..10),
        origin in prop_oneof![Just(0i64), 0..100_000_000_000i64],
    ) {
        let mut bench = Bench::new(&tracks());
        let (mut video, mut sound) = (Time::from_micros(origin), Time::from_micros(origin));
        let mut expected: HashMap<u32, Vec<(Time, Time, bool)>> = HashMap::new();
        let (mut start, mut end) = (None, Time::ZERO);
        for (n, (is_video, step, wait, keyframe)) in frames.iter().enumerate() {
            let (id, at, pts) = if *is_video {
                // No step is so long that it would be a gap after a cut.
                video += Delta::micros(*step);
                (VIDEO, video, video + Delta::micros(*wait))
            } else {
                sound += Delta::from_ticks(1024, RATE) + Delta::micros(step % 2_000 - 1_000);
                (SOUND, sound, sound)
            };
            bench.push(id, at, pts, *keyframe);
            expected.entry(id).or_default().push((at, pts, *keyframe));
            if cuts.contains(&(n as i64)) {
                let until = at.max(end);
                if let Some(chunk) = bench.fragmenter.cut(until) {
                    prop_assert_eq!(chunk.start, start.unwrap_or(chunk.start));
                    start = Some(chunk.start + chunk.duration);
                    prop_assert!(start == Some(until) || chunk.start > until);
                    bench.read.chunk(&chunk);
                } else {
                    start = None;
                }
                end = until;
            }
        }
        bench.finish();
        for (id, scale) in [(VIDEO, 90_000), (SOUND, RATE)] {
            let expected = expected.remove(&id).unwrap_or_default();
            let rows = bench.rows(id);
            prop_assert_eq!(rows.len(), expected.len());
            for (row, (dts, pts, keyframe)) in rows.iter().zip(&expected) {
                let sent = dts.as_micros().to_be_bytes();
                prop_assert_eq!(&row.payload[..], &sent[..]);
                prop_assert_eq!(row.sync, *keyframe || id == SOUND);
                let presented = row.start as i64 + i64::from(row.offset);
                // 2 ms, and 1 ms by which the last frame of a chunk may have been guessed too long.
                let slack = if id == SOUND { i64::from(scale) * 3 / 1000 + 1 } else { 0 };
                prop_assert!((presented - pts.to_ticks(scale)).abs() <= slack);
            }
            for pair in rows.windows(2) {
                let end = pair[0].start + u64::from(pair[0].duration);
                prop_assert!(end <= pair[1].start && pair[0].duration > 0);
                // Only sound that came later than its frame lasts leaves a seam.
                prop_assert!(end == pair[1].start || id == SOUND);
            }
        }
    }
}
