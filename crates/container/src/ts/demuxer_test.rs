#![allow(clippy::unwrap_used)]

use media::{Codec, Delta, opus};
use proptest::prelude::*;

use super::*;
use crate::ts::packet::{Adaptation, Unit};
use crate::ts::psi::{self, Entry};
use crate::ts::samples::{self, AUDIO, VIDEO, frames, mux, track};
use crate::ts::{DELAY, Muxer};
use crate::{adts, annexb};

const WALL: SystemTime = SystemTime::UNIX_EPOCH;

/// All that comes of `stream`, in pieces of `size` bytes.
fn demux_in(stream: &[u8], size: usize) -> (Vec<Frame>, Demuxer) {
    let mut demuxer = Demuxer::new();
    let mut found = Vec::new();
    for piece in stream.chunks(size) {
        demuxer.push(WALL, piece);
        found.extend(std::iter::from_fn(|| demuxer.next()));
    }
    demuxer.flush();
    found.extend(std::iter::from_fn(|| demuxer.next()));
    (found, demuxer)
}

fn demux(stream: &[u8]) -> (Vec<Frame>, Demuxer) {
    demux_in(stream, 1316)
}

fn of(frames: &[Frame], id: u32) -> Vec<&Frame> {
    frames.iter().filter(|frame| frame.track.id == TrackId(id)).collect()
}

/// That `found` is `sent`, a muxer's delay later.
#[track_caller]
fn assert_same(found: &[Frame], sent: &[Frame]) {
    let mut ids: Vec<_> = sent.iter().map(|frame| frame.track.id.0).collect();
    ids.dedup();
    for id in ids {
        let (found, sent) = (of(found, id), of(sent, id));
        assert_eq!(found.len(), sent.len(), "frames of track {id}");
        for (at, (found, sent)) in found.iter().zip(sent).enumerate() {
            assert_eq!(found.payload, sent.payload, "frame {at} of track {id}");
            let close = |found: Time, sent: Time| (found - (sent + DELAY)).abs() <= Delta::micros(12);
            assert!(
                close(found.dts, sent.dts),
                "frame {at} of track {id}: {:?} for {:?}",
                found.dts,
                sent.dts
            );
            assert!(
                close(found.pts, sent.pts),
                "frame {at} of track {id}: {:?} for {:?}",
                found.pts,
                sent.pts
            );
            assert_eq!(
                (found.keyframe, found.duration),
                (sent.keyframe, sent.duration),
                "frame {at} of {id}"
            );
            assert_eq!(found.discontinuity, sent.discontinuity, "frame {at} of track {id}");
            assert_eq!(found.track.codec, sent.track.codec);
        }
    }
}

/// A short stream of H.264 and AAC, and its frames.
fn sample(start: Time, seconds: i64) -> (Vec<u8>, Vec<Frame>) {
    let tracks = [track(0, "h264"), track(1, "aac")];
    let mut sent = frames(&tracks[0], "h264", start, seconds);
    sent.extend(frames(&tracks[1], "aac", start, seconds));
    (mux(&tracks, &sent), sent)
}

#[test]
fn every_codec_and_combination_comes_back() {
    let videos = VIDEO.iter().map(Some).chain([None]);
    for (video, audio) in
        videos.flat_map(|video| AUDIO.iter().map(Some).chain([None]).map(move |audio| (video, audio)))
    {
        let names: Vec<_> =
            [(0, video), (1, audio)].into_iter().filter_map(|(id, name)| Some((id, *name?))).collect();
        let tracks: Vec<_> = names.iter().map(|(id, name)| track(*id, name)).collect();
        let sent: Vec<_> = tracks
            .iter()
            .zip(&names)
            .flat_map(|(track, (_, name))| frames(track, name, Time::from_millis(5_000), 3))
            .collect();
        let (found, demuxer) = demux(&mux(&tracks, &sent));
        assert_same(&found, &sent);
        assert_eq!(demuxer.counters(), &Counters::default(), "{video:?} {audio:?}");
        assert_eq!(demuxer.tracks().count(), tracks.len());
    }
}

#[test]
fn many_tracks_come_back() {
    let names = ["h265", "h264", "aac", "opus", "eac3", "aac", "mp3"];
    let ids = [0, 2, 1, 3, 5, 7, 9];
    let tracks: Vec<_> = ids.iter().zip(names).map(|(id, name)| track(*id, name)).collect();
    let sent: Vec<_> =
        tracks.iter().zip(names).flat_map(|(track, name)| frames(track, name, Time::ZERO, 2)).collect();
    let (found, demuxer) = demux(&mux(&tracks, &sent));
    assert_same(&found, &sent);
    assert_eq!(demuxer.counters(), &Counters::default());
}

#[test]
fn pieces_of_any_size_give_the_same() {
    let (stream, sent) = sample(Time::ZERO, 1);
    let (whole, _) = demux_in(&stream, stream.len());
    assert_same(&whole, &sent);
    for size in [1, 7, 187, 188, 189, 1000] {
        let (found, demuxer) = demux_in(&stream, size);
        assert_eq!(found.len(), whole.len(), "pieces of {size}");
        assert!(found.iter().zip(&whole).all(|(found, whole)| found.payload == whole.payload));
        assert_eq!(demuxer.counters(), &Counters::default());
    }
    let short = &stream[..30 * PACKET];
    let (expected, _) = demux_in(short, short.len());
    for cut in 0..short.len() {
        let mut demuxer = Demuxer::new();
        demuxer.push(WALL, &short[..cut]);
        demuxer.push(WALL, &short[cut..]);
        demuxer.flush();
        let found: Vec<_> = std::iter::from_fn(|| demuxer.next()).map(|frame| frame.payload).collect();
        assert!(found.iter().eq(expected.iter().map(|frame| &frame.payload)), "cut at {cut}");
    }
}

#[test]
fn a_stream_may_end_at_any_byte() {
    let (stream, _) = sample(Time::ZERO, 1);
    let stream = &stream[..40 * PACKET];
    let (whole, _) = demux(stream);
    assert!(whole.len() > 4);
    for end in 0..stream.len() {
        let (found, _) = demux(&stream[..end]);
        // All frames here have lengths: none comes out half.
        assert!(
            found.iter().zip(&whole).all(|(found, whole)| found.payload == whole.payload),
            "ends at {end}"
        );
        assert!(found.len() <= whole.len());
    }
}

#[test]
fn a_stream_may_begin_at_any_byte() {
    let (stream, sent) = sample(Time::ZERO, 3);
    for start in (0..4 * PACKET).step_by(13) {
        let (found, demuxer) = demux(&stream[start..]);
        // From the second key frame on everything is there.
        let at = Time::from_millis(1_000) + DELAY;
        let late = |frames: &[Frame], shift: Delta| {
            frames
                .iter()
                .filter(|frame| frame.dts + shift >= at)
                .map(|frame| frame.payload.clone())
                .collect::<Vec<_>>()
        };
        let mut expected = late(&sent, DELAY);
        let mut found = late(&found, Delta::ZERO);
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "begins at {start}");
        assert!(demuxer.counters().resyncs <= 1);
    }
}

#[test]
fn garbage_between_packets_is_passed_over() {
    let (stream, sent) = sample(Time::ZERO, 1);
    let garbage: Vec<u8> = (0..500u32).map(|at| if at as u8 == SYNC { 0 } else { at as u8 }).collect();
    for at in [1, 3, 20, 40].map(|packet| packet * PACKET) {
        for size in [1, 100, 187, 188, 189, 500] {
            let dirty = [&stream[..at], &garbage[..size], &stream[at..]].concat();
            let (found, demuxer) = demux(&dirty);
            assert_eq!(demuxer.counters(), &Counters { resyncs: 1, ..Counters::default() });
            assert_eq!(found.len(), sent.len());
        }
    }
    let (found, demuxer) = demux(&garbage);
    assert!(found.is_empty() && demuxer.rest.is_empty());
}

#[test]
fn a_lost_packet_costs_its_frame_and_marks_the_next() {
    let (stream, sent) = sample(Time::ZERO, 1);
    let packets: Vec<_> = stream.chunks(PACKET).collect();
    // Without the first picture there is none: behind it.
    let begun = packets.iter().enumerate().filter(|(_, packet)| packet[1..3] == [0x41, 0]).nth(1).unwrap().0;
    for lost in begun..packets.len() - 1 {
        let rest = [&packets[..lost], &packets[lost + 1..]].concat().concat();
        let (found, demuxer) = demux(&rest);
        let missing = sent.len() - found.len();
        let pid = u16::from_be_bytes([packets[lost][1] & 0x1f, packets[lost][2]]);
        let table = !(0x100..0x102).contains(&pid);
        if table {
            assert_eq!(missing, 0, "packet {lost}");
            continue;
        }
        // A picture; or the sounds of a PES packet.
        assert!((1..=6).contains(&missing), "packet {lost}: {missing}");
        let later = packets[lost + 1..].iter().any(|packet| packet[1..3] == [0x41, packets[lost][2]]);
        if demuxer.counters().missing > 0 {
            let id = u32::from(pid - 0x100);
            let marked = of(&found, id).iter().filter(|frame| frame.discontinuity).count();
            assert!(marked == 1 || marked == 0 && !later, "packet {lost}: {marked}");
        }
        assert!(
            found.iter().all(|frame| sent.iter().any(|sent| sent.payload == frame.payload)),
            "packet {lost}"
        );
    }
}

#[test]
fn damaged_packets_are_not_used() {
    let (stream, sent) = sample(Time::ZERO, 1);
    for (byte, bit) in [(1, 0x80), (3, 0xc0)] {
        let mut stream = stream.clone();
        stream[10 * PACKET + byte] |= bit;
        let (found, demuxer) = demux(&stream);
        assert_eq!((demuxer.counters().damaged, demuxer.counters().missing), (1, 1));
        assert!(found.len() < sent.len());
    }
}

#[test]
fn time_goes_on_over_the_wrap() {
    let wrap = Time::from_ticks(WRAP, 90_000);
    for start in [wrap - DELAY - Delta::secs(1), wrap - DELAY - Delta::millis(1)] {
        let (stream, sent) = sample(start, 2);
        let (found, _) = demux(&stream);
        assert_same(&found, &sent);
    }
    // From beyond the first wrap on it begins again, for nobody knows how many there were.
    let (stream, sent) = sample(wrap + Delta::secs(5), 1);
    let (found, _) = demux(&stream);
    assert_eq!(found.len(), sent.len());
    assert!((found[0].dts - (Time::from_millis(5_000) + DELAY)).abs() <= Delta::micros(12));
}

#[test]
fn a_clock_that_jumps_is_followed() {
    let video = track(0, "h264");
    let mut sent = frames(&video, "h264", Time::from_millis(1_000_000), 1);
    sent.extend(frames(&video, "h264", Time::ZERO, 1));
    let mut muxer = Muxer::new(std::slice::from_ref(&video));
    let mut stream = Vec::new();
    sent.iter().for_each(|frame| muxer.write(frame, &mut stream));
    sent[25].discontinuity = true;
    assert_same(&demux(&stream).0, &sent);
}

#[test]
fn tracks_come_change_and_go() {
    let (video, aac, opus, mp3) = (track(0, "h264"), track(1, "aac"), track(1, "opus"), track(3, "mp3"));
    let mut muxer = Muxer::new(std::slice::from_ref(&video));
    let mut stream = Vec::new();
    let mut sent = Vec::new();
    let second = |at: i64| Time::from_millis(1000 * at);
    let mut write = |tracks: &[(&Arc<Track>, &str)], at| {
        let list: Vec<_> = tracks.iter().map(|(track, _)| Arc::clone(track)).collect();
        muxer.flush(&mut stream);
        muxer.set_tracks(&list);
        let mut frames: Vec<_> =
            tracks.iter().flat_map(|(track, name)| frames(track, name, second(at), 1)).collect();
        frames.sort_by_key(|frame| frame.dts);
        frames.iter().for_each(|frame| muxer.write(frame, &mut stream));
        sent.extend(frames);
        muxer.flush(&mut stream);
    };
    write(&[(&video, "h264")], 0);
    write(&[(&video, "h264"), (&aac, "aac")], 1);
    write(&[(&video, "h264"), (&opus, "opus")], 2);
    write(&[(&video, "h264"), (&opus, "opus"), (&mp3, "mp3")], 3);
    write(&[(&video, "h264"), (&mp3, "mp3")], 4);
    let (found, demuxer) = demux(&stream);
    assert_same(
        &of(&found, 0).into_iter().cloned().collect::<Vec<_>>(),
        &of(&sent, 0).into_iter().cloned().collect::<Vec<_>>(),
    );
    assert_same(
        &of(&found, 3).into_iter().cloned().collect::<Vec<_>>(),
        &of(&sent, 3).into_iter().cloned().collect::<Vec<_>>(),
    );
    let names: Vec<_> = of(&found, 1).iter().map(|frame| frame.track.codec.name()).collect();
    assert_eq!(
        names.iter().filter(|name| **name == "aac").count(),
        of(&sent, 1).iter().filter(|frame| frame.track.codec.name() == "aac").count()
    );
    assert_eq!(names.len(), of(&sent, 1).len());
    assert_eq!(demuxer.counters(), &Counters::default());
    let tracks: Vec<_> = demuxer.tracks().map(|track| (track.id.0, track.codec.name())).collect();
    assert_eq!(tracks, [(0, "h264"), (3, "mp3")]);
}

#[test]
fn another_layout_of_opus_is_another_map() {
    let (stereo, surround) = (track(1, "opus"), track(1, "opus 5.1"));
    let mut muxer = Muxer::new(std::slice::from_ref(&stereo));
    let mut stream = Vec::new();
    let mut sent = frames(&stereo, "opus", Time::ZERO, 1);
    sent.extend(frames(&surround, "opus 5.1", Time::from_millis(1000), 1));
    sent.iter().for_each(|frame| muxer.write(frame, &mut stream));
    muxer.flush(&mut stream);
    let (found, demuxer) = demux(&stream);
    assert_same(&found, &sent);
    assert_eq!(demuxer.counters(), &Counters::default());
}

#[test]
fn a_reader_may_come_from_elsewhere() {
    let mut names = vec!["h264", "aac"];
    names.resize(16, "opus");
    let ids = [0].into_iter().chain((0..15).map(|at| 1 + 2 * at));
    let tracks: Vec<_> = ids.zip(&names).map(|(id, name)| track(id, name)).collect();
    let mut sent: Vec<_> =
        tracks.iter().zip(&names).flat_map(|(track, name)| frames(track, name, Time::ZERO, 3)).collect();
    sent.sort_by_key(|frame| frame.dts);
    let mut muxer = Muxer::new(&tracks);
    let mut seconds: [Vec<u8>; 3] = Default::default();
    let mut join = Vec::new();
    for (at, stream) in seconds.iter_mut().enumerate() {
        join.clear();
        muxer.join(&mut join);
        let now = |frame: &&Frame| frame.dts.as_millis() / 1000 == at as i64;
        sent.iter().filter(now).for_each(|frame| muxer.write(frame, stream));
        muxer.flush(stream);
    }
    let [first, second, third] = &seconds;
    let later = |frame: &&Frame| frame.dts.as_millis() >= 2000;
    let mut expected: Vec<_> = sent.iter().filter(later).map(|frame| &frame.payload).collect();
    expected.sort();
    for before in [&[][..], first, &[&first[..], second].concat()] {
        let (found, demuxer) = demux(&[before, &join, third].concat());
        assert_eq!(demuxer.counters(), &Counters::default());
        let start = Time::from_millis(2000) + DELAY - Delta::millis(1);
        let found: Vec<_> = found.iter().filter(|frame| frame.dts >= start).collect();
        let mut payloads: Vec<_> = found.iter().map(|frame| &frame.payload).collect();
        payloads.sort();
        assert_eq!(payloads, expected);
        let marked = found.iter().filter(|frame| frame.discontinuity).count();
        assert_eq!(marked, 16, "the first of each track");
    }
}

/// A stream made by hand: a map of `entries`, then PES packets by PID.
fn by_hand(entries: &[Entry], units: &[(u16, Vec<u8>, Adaptation)]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut pat, mut map) = (0, 0);
    Unit::section(&mut out, (0, &mut pat), &psi::pat(0x1000));
    Unit::section(&mut out, (0x1000, &mut map), &psi::pmt(0, 0x100, entries));
    let mut counters = std::collections::HashMap::new();
    for (pid, bytes, field) in units {
        let counter = counters.entry(*pid).or_insert(0);
        let mut unit = Unit::new(&mut out, (*pid, counter), bytes.len(), *field);
        unit.put(bytes);
    }
    out
}

fn pes(id: u8, millis: Option<i64>, payload: &[u8]) -> Vec<u8> {
    let Some(millis) = millis else {
        let length = ((payload.len() + 3) as u16).to_be_bytes();
        return [&[0, 0, 1, id, length[0], length[1], 0x80, 0, 0], payload].concat();
    };
    [&pes::Header::new(id, payload.len(), millis * 90, millis * 90)[..], payload].concat()
}

#[test]
fn frames_of_sound_may_lie_across_pes_packets() {
    let track = track(1, "aac");
    let Codec::Aac(parameters) = &track.codec else { unreachable!() };
    let payloads: Vec<_> = (0..20).map(|index| samples::payload("aac", index)).collect();
    let mut stream = Vec::new();
    let mut starts = Vec::new();
    for payload in &payloads {
        starts.push(stream.len());
        stream.extend(adts::header(parameters, payload.len()).unwrap());
        stream.extend(payload);
    }
    let duration = parameters.frame_duration();
    let entries = [Entry { pid: 0x100, format: Format::Adts }];
    for size in [60, 150, 333, 1000, 5000] {
        // Each PES packet says the time of the first frame that begins in it.
        let mut units = Vec::new();
        for (at, piece) in stream.chunks(size).enumerate() {
            let range = at * size..at * size + piece.len();
            let first = starts.iter().position(|start| range.contains(start));
            let stamp = first.map(|index| (duration * index as i64).to_ticks(1000) + 1000);
            units.push((0x100, pes(0xc0, stamp, piece), Adaptation::default()));
        }
        let (found, demuxer) = demux(&by_hand(&entries, &units));
        assert!(
            found.iter().map(|frame| &frame.payload[..]).eq(payloads.iter().map(|payload| &payload[..])),
            "{size}"
        );
        for (index, frame) in found.iter().enumerate() {
            let time = Time::from_millis(1000) + duration * index as i64;
            assert!((frame.dts - time).abs() < Delta::millis(1), "{size}: frame {index} at {:?}", frame.dts);
        }
        assert_eq!(demuxer.counters(), &Counters::default());
    }
}

#[test]
fn sound_without_a_time_is_dropped_until_there_is_one() {
    let entries = [Entry { pid: 0x100, format: Format::Eac3 }];
    let frame = |index| samples::payload("eac3", index);
    let units = [(None, 0), (None, 1), (Some(500), 2), (None, 3)]
        .map(|(stamp, index)| (0x100, pes(0xbd, stamp, &frame(index)), Adaptation::default()));
    let (found, demuxer) = demux(&by_hand(&entries, &units));
    let times: Vec<_> = found.iter().map(|frame| frame.dts.as_millis()).collect();
    assert_eq!((times, demuxer.counters().dropped), (vec![500, 532], 2));
    assert!(found[0].discontinuity && !found[1].discontinuity);
}

#[test]
fn noise_before_a_frame_of_sound_is_passed_over() {
    for (name, format, id) in [("mp3", Format::MpegAudio { low: false }, 0xc0), ("ac3", Format::Ac3, 0xbd)] {
        let entries = [Entry { pid: 0x100, format }];
        let noise = [0xff, 0xff, 0xfb, 0x0b, 0x76, 0xff, 0xe0, 0x00, 0x0b];
        let payload = [&noise[..], &samples::payload(name, 0), &samples::payload(name, 1)].concat();
        let (found, demuxer) =
            demux(&by_hand(&entries, &[(0x100, pes(id, Some(0), &payload), Adaptation::default())]));
        assert_eq!(found.len(), 2, "{name}");
        assert_eq!(found[0].payload, samples::payload(name, 0));
        assert_eq!(demuxer.counters().dropped, 1);
    }
}

#[test]
fn other_programmes_of_eac3_are_left_out() {
    let main = samples::payload("eac3", 1);
    let mut other = samples::payload("eac3", 1);
    // The independent frame is of substream 1; what depends on it goes with it.
    other[2] |= 0x08;
    let payload = [&main[..], &other, &main, &other].concat();
    let entries = [Entry { pid: 0x100, format: Format::Eac3 }];
    let (found, demuxer) =
        demux(&by_hand(&entries, &[(0x100, pes(0xbd, Some(0), &payload), Adaptation::default())]));
    assert!(found.len() == 2 && found.iter().all(|frame| frame.payload == main));
    assert_eq!(demuxer.counters(), &Counters::default());
}

#[test]
fn the_start_trim_of_opus_is_its_pre_skip() {
    let entries = [Entry { pid: 0x100, format: Format::Opus(2) }];
    let packet = samples::payload("opus", 4);
    let mut unit = vec![0x7f, 0xf0, packet.len() as u8, 0x00, 0x78];
    unit.extend(&packet);
    unit.extend([0x7f, 0xe0, packet.len() as u8]);
    unit.extend(&packet);
    let (found, _) = demux(&by_hand(&entries, &[(0x100, pes(0xbd, Some(0), &unit), Adaptation::default())]));
    assert_eq!(found.len(), 2);
    let Codec::Opus(parameters) = &found[1].track.codec else { panic!("not Opus") };
    assert_eq!((parameters.pre_skip, parameters.channels), (120, 2));
    assert_eq!(opus::Parameters::parse(&parameters.record), Ok(parameters.clone()));
}

#[test]
fn an_open_gop_begins_with_parameter_sets_and_a_mark() {
    let entries = [Entry { pid: 0x100, format: Format::H264 }];
    let track = track(0, "h264");
    let Codec::H264(sets) = &track.codec else { unreachable!() };
    let random_access = Adaptation { random_access: true, ..Adaptation::default() };
    let picture = |sets, field| {
        let mut stream = Vec::new();
        annexb::write(&[0, 0, 0, 2, 0x41, 7], sets, &mut stream);
        (0x100, pes(0xe0, Some(0), &stream), field)
    };
    let units = [
        picture(Some(sets), random_access),
        picture(None, random_access),
        picture(Some(sets), Adaptation::default()),
    ];
    let (found, _) = demux(&by_hand(&entries, &units));
    let keys: Vec<_> = found.iter().map(|frame| frame.keyframe).collect();
    assert_eq!(keys, [true, false, false]);
    assert!(Arc::ptr_eq(&found[0].track, &found[2].track), "the same sets make no new track");
}

#[test]
fn pictures_before_their_parameter_sets_are_dropped() {
    let (stream, sent) = sample(Time::ZERO, 2);
    // All but the first key frame.
    let mut pictures = 0;
    let rest: Vec<_> = stream
        .chunks(PACKET)
        .filter(|packet| {
            pictures += usize::from(packet[1..3] == [0x41, 0x00]);
            packet[1] & 0x1f != 0x01 || packet[2] != 0 || pictures > 1
        })
        .collect();
    let rest = rest.concat();
    let (found, demuxer) = demux(&rest);
    let video = of(&found, 0);
    assert!(video[0].keyframe && video[0].discontinuity);
    assert_eq!((video.len(), demuxer.counters().dropped), (25, 24));
    assert_eq!(of(&found, 1).len(), of(&sent, 1).len());
}

#[test]
fn malformed_messages_are_cut_out() {
    let entries = [Entry { pid: 0x100, format: Format::H264 }];
    let stream = [
        0, 0, 0, 1, 0x67, 0x64, 0, 0x0a, 0xac, 0x72, 0, 0, 1, 0x68, 0xe8, 0, 0, 1, 6, 5, 99, 1, 0, 0, 1,
        0x65, 9,
    ];
    let (found, demuxer) =
        demux(&by_hand(&entries, &[(0x100, pes(0xe0, Some(0), &stream), Adaptation::default())]));
    assert_eq!(found[0].payload, [0, 0, 0, 2, 0x65, 9][..]);
    assert_eq!(demuxer.counters().repaired, 1);
}

#[test]
fn a_picture_without_a_length_ends_with_the_next_or_the_stream() {
    let video = track(0, "h264");
    let size = 200_000u32;
    let payload = [&size.to_be_bytes()[..], &[0x65], &vec![7; size as usize - 1]].concat();
    let sent: Vec<_> = (0..3)
        .map(|at| Frame {
            payload: payload.clone().into(),
            ..frames(&video, "h264", Time::from_millis(40 * at), 1)[0].clone()
        })
        .collect();
    let stream = mux(std::slice::from_ref(&video), &sent);
    let mut demuxer = Demuxer::new();
    demuxer.push(WALL, &stream);
    assert_eq!(std::iter::from_fn(|| demuxer.next()).count(), 2);
    demuxer.flush();
    assert_eq!(std::iter::from_fn(|| demuxer.next()).count(), 1);
    // After it something new may begin.
    demuxer.push(WALL, &stream);
    demuxer.flush();
    let again: Vec<_> = std::iter::from_fn(|| demuxer.next()).collect();
    assert!(again.len() == 3 && again[0].discontinuity && !again[1].discontinuity);
    assert_eq!(demuxer.counters(), &Counters::default());
}

#[test]
fn a_picture_too_large_is_dropped() {
    let video = track(0, "h264");
    let size = 5_000_000u32;
    let payload = [&size.to_be_bytes()[..], &[0x65], &vec![7; size as usize - 1]].concat();
    let mut sent = frames(&video, "h264", Time::ZERO, 1);
    sent[3].payload = payload.into();
    let (found, demuxer) = demux(&mux(std::slice::from_ref(&video), &sent));
    assert_eq!((found.len(), demuxer.counters().dropped), (sent.len() - 1, 1));
    assert!(found[3].discontinuity);
    assert!(demuxer.streams[0].assembly.held() <= MAX_VIDEO);
}

#[test]
fn the_first_program_is_kept_for_as_long_as_it_is_there() {
    let mut demuxer = Demuxer::new();
    let pat = |programs: &[(u16, u16)]| {
        let mut section = vec![0u8, 0xb0, 0, 0, 1, 0xc1, 0, 0];
        for (number, pid) in programs {
            section.extend(number.to_be_bytes());
            section.extend((pid | 0xe000).to_be_bytes());
        }
        Some(section)
    };
    for (programs, chosen) in [
        (&[(0, 0x10), (7, 0x1000), (8, 0x1001)][..], (7, 0x1000)),
        (&[(8, 0x1001), (7, 0x1002)], (7, 0x1002)),
        (&[], (7, 0x1002)),
        (&[(8, 0x1001)], (8, 0x1001)),
    ] {
        demuxer.choose_program(pat(programs));
        assert_eq!(demuxer.program, Some(chosen));
    }
}

#[test]
fn what_is_not_read_is_listed() {
    let mut map = psi::pmt(0, 0x100, &[Entry { pid: 0x100, format: Format::H264 }])[1..].to_vec();
    map.truncate(map.len() - 4);
    // LATM, and subtitles.
    map.extend([0x11, 0xe1, 0x05, 0xf0, 0, 0x06, 0xe1, 0x06, 0xf0, 2, 0x59, 0]);
    let mut demuxer = Demuxer::new();
    demuxer.read_map(1, Some(map));
    assert_eq!((demuxer.streams.len(), demuxer.left_out()), (1, &[0x11, 0x06][..]));
}

#[test]
fn a_stream_takes_over_the_id_of_one_that_went() {
    let listed = |pid, format| Listed { pid, format };
    let ids = |demuxer: &Demuxer| demuxer.streams.iter().map(|stream| stream.id.0).collect::<Vec<_>>();
    let mut demuxer = Demuxer::new();
    demuxer.set_streams(&[
        listed(0x101, Format::Adts),
        listed(0x100, Format::H264),
        listed(0x102, Format::Ac3),
    ]);
    assert_eq!(ids(&demuxer), [1, 0, 3]);
    demuxer.set_streams(&[
        listed(0x200, Format::H265),
        listed(0x102, Format::Ac3),
        listed(0x201, Format::Adts),
    ]);
    assert_eq!(ids(&demuxer), [0, 3, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_streams_are_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        size in 1usize..3000,
        names in (prop::sample::select(VIDEO.to_vec()), prop::sample::select(AUDIO.to_vec())),
    ) {
        let tracks = [track(0, names.0), track(1, names.1)];
        let mut sent = frames(&tracks[0], names.0, Time::ZERO, 1);
        sent.extend(frames(&tracks[1], names.1, Time::ZERO, 1));
        let mut stream = mux(&tracks, &sent);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        for cut in cuts {
            let at = cut.index(stream.len());
            stream.drain(at..(at + 300).min(stream.len()));
        }
        let (found, demuxer) = demux_in(&stream, size);
        prop_assert!(found.len() <= sent.len() + 40);
        assert_bounded(&demuxer);
    }

    #[test]
    fn random_packets_are_survived(
        packets in prop::collection::vec((prop::sample::select(vec![0u16, 0x100, 0x101, 0x1000]), any::<[u8; 3]>(), prop::collection::vec(any::<u8>(), 0..60)), 0..60),
    ) {
        let entries = [Entry { pid: 0x100, format: Format::H265 }, Entry { pid: 0x101, format: Format::MpegAudio { low: true } }];
        let mut stream = by_hand(&entries, &[]);
        for (pid, [flags, control, extra], payload) in packets {
            let [high, low] = pid.to_be_bytes();
            let mut packet = vec![SYNC, flags & 0x40 | high, low, control & 0x3f];
            if control & 0x20 != 0 {
                packet.extend([extra]);
            }
            if flags & 1 != 0 {
                packet.extend([0, 0, 1, 0xe0, 0, extra, 0x80, 0x80, 5]);
            }
            packet.extend(payload);
            packet.resize(PACKET, extra);
            stream.extend(packet);
        }
        assert_bounded(&demux(&stream).1);
    }
}

fn assert_bounded(demuxer: &Demuxer) {
    assert!(demuxer.rest.len() < 3 * PACKET);
    assert!(demuxer.streams.len() <= MAX_STREAMS);
    for stream in &demuxer.streams {
        assert!(stream.assembly.held() <= MAX_VIDEO);
    }
}
