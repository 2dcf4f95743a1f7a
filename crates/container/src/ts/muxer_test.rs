#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Kind, Unwrap, aac, h264};
use mpeg2ts_reader::packet::Packet;
use mpeg2ts_reader::pes::{PesContents, PesHeader, PtsDts};
use proptest::prelude::*;

use super::*;
use crate::ts::PACKET;
use crate::ts::packet::WRAP;
use crate::{adts, flv};

const CLIP: &[u8] = include_bytes!("../../fixtures/flv/ffmpeg_bframes.flv");
const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;
const VIDEO_ID: u8 = 0xe0;

/// A transport stream taken apart by a reader that is not ours; panics at what no reader should see.
#[derive(Default)]
struct Parsed {
    units: HashMap<u16, Vec<Pes>>,
    /// Clock values with the number of their packet, and whether they jump.
    clocks: Vec<(u64, bool)>,
    maps: Vec<Vec<u8>>,
    /// In order of their first packets: PAT, PMT and PES.
    order: Vec<u16>,
    counters: HashMap<u16, u8>,
}

#[derive(Clone, Debug)]
struct Pes {
    pts: u64,
    dts: u64,
    random_access: bool,
    discontinuity: bool,
    clock: Option<u64>,
    bytes: Vec<u8>,
}

impl Parsed {
    fn new(stream: &[u8]) -> Parsed {
        let mut parsed = Parsed::default();
        parsed.add(stream);
        parsed
    }

    fn add(&mut self, stream: &[u8]) {
        assert_eq!(stream.len() % PACKET, 0);
        let mut whole: HashMap<u16, Vec<u8>> = HashMap::new();
        for bytes in stream.chunks(PACKET) {
            let packet = Packet::try_new(bytes).expect("sync byte");
            let pid = u16::from(packet.pid());
            let field = packet.adaptation_field();
            let clock = field.as_ref().and_then(|field| field.pcr().ok());
            let flag = |flag: fn(&mpeg2ts_reader::packet::AdaptationField<'_>) -> bool| {
                field.as_ref().is_some_and(flag)
            };
            let discontinuity = flag(|field| field.discontinuity_indicator());
            if let Some(clock) = clock {
                assert_eq!(clock.extension(), 0);
                self.clocks.push((clock.base(), discontinuity));
            }
            self.count(pid, packet.continuity_counter().count(), packet.payload().is_some());
            let Some(payload) = packet.payload() else {
                assert!(clock.is_some(), "a packet with nothing in it");
                continue;
            };
            if !packet.payload_unit_start_indicator() {
                whole.get_mut(&pid).expect("a unit that began").extend_from_slice(payload);
                continue;
            }
            self.order.push(pid);
            self.end(pid, whole.remove(&pid));
            if let 0 | PMT_PID = pid {
                self.table(pid, payload);
                continue;
            }
            whole.insert(pid, payload.to_vec());
            self.units.entry(pid).or_default().push(Pes {
                pts: 0,
                dts: 0,
                random_access: flag(|field| field.random_access_indicator()),
                discontinuity,
                clock: clock.map(|clock| clock.base()),
                bytes: Vec::new(),
            });
        }
        for (pid, bytes) in whole {
            self.end(pid, Some(bytes));
        }
    }

    fn count(&mut self, pid: u16, counter: u8, payload: bool) {
        let expected = self.counters.get(&pid).map(|last| (last + u8::from(payload)) & 15);
        assert_eq!(counter, expected.unwrap_or(counter), "continuity of {pid:#x}");
        self.counters.insert(pid, counter);
    }

    fn table(&mut self, pid: u16, payload: &[u8]) {
        assert_eq!(payload[0], 0, "pointer");
        let length = usize::from(u16::from_be_bytes([payload[2] & 0x0f, payload[3]]));
        let (section, rest) = payload[1..].split_at(3 + length);
        assert_eq!(mpeg2ts_reader::mpegts_crc::sum32(section), 0);
        assert!(rest.iter().all(|byte| *byte == 0xff));
        if pid == PMT_PID {
            self.maps.push(section.to_vec());
        }
    }

    fn end(&mut self, pid: u16, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return };
        let header = PesHeader::from_bytes(&bytes).expect("start code");
        let length = usize::from(u16::from_be_bytes([bytes[4], bytes[5]]));
        assert!(length == bytes.len() - 6 || length == 0 && bytes[3] == VIDEO_ID, "PES length");
        let PesContents::Parsed(Some(contents)) = header.contents() else { panic!("PES header") };
        let (pts, dts) = match contents.pts_dts() {
            Ok(PtsDts::PtsOnly(Ok(pts))) => (pts, pts),
            Ok(PtsDts::Both { pts: Ok(pts), dts: Ok(dts) }) => (pts, dts),
            other => panic!("time stamps: {other:?}"),
        };
        let unit = self.units.get_mut(&pid).and_then(|units| units.last_mut()).expect("it began");
        (unit.pts, unit.dts, unit.bytes) = (pts.value(), dts.value(), contents.payload().to_vec());
    }

    fn units(&self, pid: u16) -> &[Pes] {
        self.units.get(&pid).map_or(&[], |units| units)
    }

    /// The clock goes forward, by at most `longest` milliseconds at a time.
    fn assert_clock(&self, longest: u64) {
        for pair in self.clocks.windows(2) {
            let ahead = (pair[1].0 + WRAP as u64 - pair[0].0) % WRAP as u64;
            assert!(ahead <= longest * 90, "{} ms between clocks {pair:?}", ahead / 90);
        }
    }
}

/// The frames of the clip, in dts order, moved by `start`.
fn clip(start: Time) -> Vec<Frame> {
    let mut demuxer = flv::Demuxer::new();
    let mut reader = flv::Reader::new();
    let mut unwrap = Unwrap::new(32);
    let mut frames = Vec::new();
    reader.push(CLIP);
    while let Some(tag) = reader.next().unwrap() {
        let (time, wall) = (Time::from_millis(unwrap.next(tag.timestamp.into())), SystemTime::UNIX_EPOCH);
        let found = match tag.kind {
            flv::TagKind::Video => demuxer.video(time, wall, tag.body),
            flv::TagKind::Audio => demuxer.audio(time, wall, tag.body),
            flv::TagKind::Data => continue,
        };
        frames.extend(found.into_iter().flatten());
    }
    for frame in &mut frames {
        frame.dts += start - Time::ZERO;
        frame.pts += start - Time::ZERO;
    }
    frames.sort_by_key(|frame| frame.dts);
    frames
}

fn tracks(frames: &[Frame]) -> Vec<Arc<Track>> {
    let mut tracks: Vec<Arc<Track>> = Vec::new();
    for frame in frames {
        if !tracks.iter().any(|track| track.id == frame.track.id) {
            tracks.push(Arc::clone(&frame.track));
        }
    }
    tracks.sort_by_key(|track| track.id);
    tracks
}

fn mux(frames: &[Frame]) -> Vec<u8> {
    let mut muxer = Muxer::new(&tracks(frames));
    let mut out = Vec::new();
    frames.iter().for_each(|frame| muxer.write(frame, &mut out));
    muxer.flush(&mut out);
    out
}

fn video_track(id: u32) -> Arc<Track> {
    let sps = Bytes::from_static(&[0x67, 0x64, 0x00, 0x0a, 0xac, 0x72]);
    let parameters = h264::Parameters::new(vec![sps], vec![Bytes::from_static(&[0x68, 0xe8])]).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::H264(parameters) })
}

fn audio_track(config: &'static [u8]) -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(config)).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) })
}

fn frame(track: &Arc<Track>, millis: i64, keyframe: bool) -> Frame {
    let payload = match track.kind() {
        Kind::Video => Bytes::from_static(&[0, 0, 0, 4, 0x65, 1, 2, 3]),
        _ => Bytes::from_static(&[0x21; 100]),
    };
    let time = Time::from_millis(millis);
    let track = Arc::clone(track);
    let wall = SystemTime::UNIX_EPOCH;
    Frame { track, dts: time, pts: time, duration: None, keyframe, discontinuity: false, wall, payload }
}

fn stamp(time: Time) -> u64 {
    (time + DELAY).to_ticks(90_000).rem_euclid(WRAP) as u64
}

#[test]
fn a_clip_is_carried_whole() {
    let frames = clip(Time::ZERO);
    let parsed = Parsed::new(&mux(&frames));
    assert_eq!(parsed.order[..3], [0, PMT_PID, VIDEO]);

    let video: Vec<_> = frames.iter().filter(|frame| frame.track.kind() == Kind::Video).collect();
    let units = parsed.units(VIDEO);
    assert_eq!(units.len(), video.len());
    for (unit, frame) in units.iter().zip(&video) {
        let Codec::H264(parameters) = &frame.track.codec else { unreachable!() };
        let mut expected = Vec::new();
        annexb::write(&frame.payload, frame.keyframe.then_some(parameters), &mut expected);
        assert_eq!(unit.bytes, expected);
        assert_eq!((unit.pts, unit.dts), (stamp(frame.pts), stamp(frame.dts)));
        assert_eq!(unit.random_access, frame.keyframe);
        assert!(!unit.discontinuity);
        assert!(!frame.keyframe || unit.clock.is_some(), "a key frame says the time");
        assert!(unit.clock.is_none_or(|clock| clock < unit.dts));
    }

    let sound: Vec<u8> = parsed.units(AUDIO).iter().flat_map(|unit| unit.bytes.clone()).collect();
    let mut expected = Vec::new();
    for frame in &frames {
        if let Codec::Aac(parameters) = &frame.track.codec {
            expected.extend(adts::header(parameters, frame.payload.len()).unwrap());
            expected.extend(&frame.payload);
        }
    }
    assert_eq!(sound, expected);
    assert!(parsed.units(AUDIO).iter().all(|unit| !unit.random_access && unit.clock.is_none()));
    parsed.assert_clock(100);
    // At the start, after a second, and at the second key frame.
    assert_eq!(parsed.maps.len(), 3);
}

#[test]
fn time_goes_on_over_every_wrap() {
    let hours = |hours: f64| Time::from_millis((hours * 3.6e6) as i64);
    let wrap = Time::from_ticks(WRAP, 90_000);
    let starts = [
        wrap - DELAY - Delta::secs(1),
        wrap - Delta::secs(1),
        Time::ZERO - Delta::secs(1),
        Time::from_millis((1 << 24) - 1000),
        Time::from_millis((1i64 << 31) - 1000),
        Time::from_millis((1i64 << 32) - 1000),
        hours(1e6),
    ];
    let base = Parsed::new(&mux(&clip(Time::ZERO)));
    for start in starts {
        let moved = Parsed::new(&mux(&clip(start)));
        moved.assert_clock(100);
        for pid in [VIDEO, AUDIO] {
            assert_eq!(moved.units(pid).len(), base.units(pid).len());
            for (moved, base) in moved.units(pid).iter().zip(base.units(pid)) {
                let shift = (stamp(start) + WRAP as u64 - stamp(Time::ZERO)) % WRAP as u64;
                assert_eq!((moved.dts + WRAP as u64 - base.dts) % WRAP as u64, shift);
                assert_eq!(moved.bytes, base.bytes);
            }
        }
        assert!(moved.clocks.iter().all(|(_, jump)| !jump));
    }
}

#[test]
fn the_clock_is_heard_every_100_ms() {
    let (video, audio) = (video_track(0), audio_track(&[0x11, 0x90]));
    let pictures = |step: i64| (0..40).map(move |at| (at * step, true));
    let sound = || (0..400).map(|at| (at * 64 / 3, false));
    let cases: [(&str, Vec<(i64, bool)>); 5] = [
        ("25 fps", pictures(40).collect()),
        ("60 fps", pictures(16).collect()),
        ("2 fps", pictures(500).collect()),
        ("2 fps with sound", pictures(500).chain(sound()).collect()),
        ("sound", sound().collect()),
    ];
    for (name, mut times) in cases {
        times.sort();
        let frames: Vec<_> = times
            .iter()
            .map(|(at, picture)| frame(if *picture { &video } else { &audio }, *at, true))
            .collect();
        let parsed = Parsed::new(&mux(&frames));
        assert!(parsed.clocks.len() >= 30, "{name}");
        assert!(parsed.clocks.iter().all(|(_, jump)| !jump), "{name}");
        parsed.assert_clock(100);
    }
}

#[test]
fn a_clock_that_jumps_says_so() {
    let video = video_track(0);
    let frames = [0, 40, 80, 10_000, 10_040, 1_000, 1_040].map(|at| frame(&video, at, false));
    let parsed = Parsed::new(&mux(&frames));
    let jumps: Vec<_> = parsed.units(VIDEO).iter().map(|unit| unit.discontinuity).collect();
    assert_eq!(jumps, [false, false, false, true, false, true, false]);
    assert_eq!(parsed.clocks.len(), 7);
}

#[test]
fn a_gap_in_the_source_is_marked_on_its_track() {
    let (video, audio) = (video_track(0), audio_track(&[0x11, 0x90]));
    let mut frames = vec![frame(&video, 0, true), frame(&audio, 0, true), frame(&audio, 21, true)];
    frames.push(Frame { discontinuity: true, ..frame(&audio, 43, true) });
    frames.push(Frame { discontinuity: true, ..frame(&video, 50, true) });
    let parsed = Parsed::new(&mux(&frames));
    let marks = |pid| parsed.units(pid).iter().map(|unit| unit.discontinuity).collect::<Vec<_>>();
    assert_eq!((marks(VIDEO), marks(AUDIO)), (vec![false, true], vec![false, false, true]));
}

#[test]
fn audio_shares_a_packet_for_100_ms_and_while_it_is_continuous() {
    let audio = audio_track(&[0x11, 0x90]);
    let times = |list: &[i64]| {
        let frames: Vec<_> = list.iter().map(|at| frame(&audio, *at, true)).collect();
        let parsed = Parsed::new(&mux(&frames));
        parsed.units(VIDEO).iter().map(|unit| (unit.pts - stamp(Time::ZERO)) / 90).collect::<Vec<_>>()
    };
    assert_eq!(
        times(&[0, 21, 43, 64, 85, 107, 128, 149, 171]),
        [0, 21, 107],
        "one, then four frames of 21.3 ms"
    );
    assert_eq!(times(&[0, 21, 43, 80, 101]), [0, 21, 80], "a gap of 16 ms");
    assert_eq!(times(&[0, 21, 21, 22]), [0, 21, 21, 22], "time that does not move");
}

#[test]
fn audio_does_not_wait_while_video_goes_on() {
    let (video, audio) = (video_track(0), audio_track(&[0x11, 0x90]));
    let mut muxer = Muxer::new(&[Arc::clone(&video), Arc::clone(&audio)]);
    let mut out = Vec::new();
    muxer.write(&frame(&audio, 0, true), &mut out);
    muxer.write(&frame(&video, 99, false), &mut out);
    assert!(Parsed::new(&out).units(AUDIO).is_empty());
    muxer.write(&frame(&video, 100, false), &mut out);
    assert_eq!(
        Parsed::new(&out).order.iter().filter(|pid| [VIDEO, AUDIO].contains(pid)).collect::<Vec<_>>(),
        [&VIDEO, &AUDIO, &VIDEO]
    );
}

#[test]
fn the_map_changes_its_version_only_with_what_it_says() {
    let (video, audio) = (video_track(0), audio_track(&[0x11, 0x90]));
    let mut muxer = Muxer::new(std::slice::from_ref(&audio));
    let mut out = Vec::new();
    muxer.write(&frame(&audio, 0, true), &mut out);
    muxer.set_tracks(std::slice::from_ref(&audio));
    muxer.set_tracks(&[audio_track(&[0x12, 0x10])]);
    muxer.write(&frame(&audio, 21, true), &mut out);
    muxer.flush(&mut out);
    muxer.set_tracks(&[Arc::clone(&audio), Arc::clone(&video)]);
    muxer.write(&frame(&video, 40, true), &mut out);
    muxer.write(&frame(&audio, 43, true), &mut out);
    muxer.flush(&mut out);
    muxer.set_tracks(std::slice::from_ref(&video));
    muxer.write(&frame(&audio, 64, true), &mut out);
    muxer.write(&frame(&video, 80, true), &mut out);
    let parsed = Parsed::new(&out);
    // Version and "current", clock PID, then type and PID of each stream; video first.
    let maps: Vec<_> =
        parsed.maps.iter().map(|map| (map[5] >> 1 & 31, map[12..map.len() - 4].to_vec())).collect();
    let audio_entry = [0x0f, 0xe1, 0x00, 0xf0, 0];
    let video_entry = [0x1b, 0xe1, 0x01, 0xf0, 0];
    assert_eq!(maps[0], (0, audio_entry.to_vec()));
    assert_eq!(maps[1], (1, [video_entry, audio_entry].concat()));
    assert_eq!(maps[2], (2, video_entry.to_vec()));
    assert_eq!(maps.len(), 3);
    assert_eq!((parsed.units(0x100).len(), parsed.units(0x101).len()), (3, 2));
}

#[test]
fn a_map_that_nobody_has_seen_is_no_version() {
    let video = video_track(0);
    let mut muxer = Muxer::new(&[]);
    muxer.set_tracks(&[audio_track(&[0x11, 0x90])]);
    muxer.set_tracks(std::slice::from_ref(&video));
    let mut out = Vec::new();
    muxer.write(&frame(&video, 0, true), &mut out);
    assert_eq!(Parsed::new(&out).maps[0][5], 0xc1, "version 0, current");
}

#[test]
fn tables_come_once_a_second_and_before_key_frames() {
    let video = video_track(0);
    let frames: Vec<_> = (0..100).map(|at| frame(&video, at * 40, at == 30)).collect();
    let parsed = Parsed::new(&mux(&frames));
    let places = parsed.order.iter().filter(|pid| **pid != 0).scan(0, |pictures, pid| {
        *pictures += i32::from(*pid == VIDEO);
        Some((*pid, *pictures))
    });
    let tables: Vec<_> = places.filter(|(pid, _)| *pid == PMT_PID).map(|(_, pictures)| pictures).collect();
    assert_eq!(tables, [0, 25, 30, 55, 80]);
}

#[test]
fn a_reader_may_begin_where_it_was_said() {
    let (video, audio) = (video_track(0), audio_track(&[0x11, 0x90]));
    for next in [frame(&video, 100, false), frame(&audio, 100, true)] {
        let mut muxer = Muxer::new(&[Arc::clone(&video), Arc::clone(&audio)]);
        let mut out = Vec::new();
        muxer.write(&frame(&video, 80, true), &mut out);
        muxer.begin();
        let cut = out.len();
        muxer.write(&next, &mut out);
        muxer.flush(&mut out);
        let parsed = Parsed::new(&out[cut..]);
        assert_eq!(parsed.order[..2], [0, PMT_PID]);
        assert_eq!(parsed.clocks.len(), 1, "the time is said, 20 ms after the last");
    }
}

#[test]
fn new_parameter_sets_are_written_at_once() {
    let (first, second) = (video_track(0), video_track(0));
    let frames = [frame(&first, 0, false), frame(&first, 40, false), frame(&second, 80, false)];
    let parsed = Parsed::new(&mux(&frames));
    let sizes: Vec<_> = parsed.units(VIDEO).iter().map(|unit| unit.bytes.len()).collect();
    assert_eq!(sizes, [6 + 10 + 6 + 8, 6 + 8, 6 + 10 + 6 + 8]);
}

#[test]
fn what_cannot_be_carried_is_passed_over() {
    let data = Arc::new(Track { id: TrackId(2), codec: Codec::Amf0 });
    // AAC with the layout in the configuration, and at 12,345 Hz.
    let inside = audio_track(&[0x12, 0x00]);
    let video = video_track(0);
    assert!(carries(&video) && !carries(&data) && !carries(&inside));
    let frames = [frame(&video, 0, true), frame(&data, 0, true), frame(&inside, 0, true)];
    let parsed = Parsed::new(&mux(&frames));
    assert_eq!(parsed.order, [0, PMT_PID, VIDEO]);
    // A codec that changed without set_tracks is not what the PMT says.
    let mut muxer = Muxer::new(&[video_track(1)]);
    let mut out = Vec::new();
    muxer.write(&frame(&audio_track(&[0x11, 0x90]), 0, true), &mut out);
    assert!(out.is_empty());
}

#[test]
fn more_tracks_than_fit_are_passed_over() {
    let tracks: Vec<_> = (0..40).map(video_track).collect();
    let mut muxer = Muxer::new(&tracks);
    let mut out = Vec::new();
    tracks.iter().for_each(|track| muxer.write(&frame(track, 0, true), &mut out));
    assert_eq!(Parsed::new(&out).units.len(), 16);
    // Their places are free again once they are gone, counters and all.
    muxer.set_tracks(&tracks[30..]);
    tracks[30..].iter().for_each(|track| muxer.write(&frame(track, 40, true), &mut out));
    assert_eq!(Parsed::new(&out).units.values().map(Vec::len).sum::<usize>(), 16 + 10);
}

proptest! {
    #[test]
    fn anything_becomes_a_sound_stream(
        list in prop::collection::vec((0..3u8, -5_000..5_000i64, any::<bool>(), any::<bool>(), 0..9000usize), 0..40),
        start in prop_oneof![Just(0i64), Just(i64::MAX / 2), any::<i64>()],
    ) {
        let tracks = [video_track(0), audio_track(&[0x11, 0x90]), Arc::new(Track { id: TrackId(2), codec: Codec::Amf0 })];
        let mut muxer = Muxer::new(&tracks);
        let mut out = Vec::new();
        for (track, at, keyframe, discontinuity, size) in list {
            let time = Time::from_micros(start) + Delta::millis(at);
            let payload = Bytes::from(vec![0; size]);
            let pts = time - Delta::millis(at);
            muxer.write(&Frame { dts: time, pts, payload, discontinuity, ..frame(&tracks[usize::from(track)], 0, keyframe) }, &mut out);
        }
        muxer.flush(&mut out);
        Parsed::new(&out);
    }
}
