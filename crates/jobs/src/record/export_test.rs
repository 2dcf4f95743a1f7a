#![allow(clippy::unwrap_used)]

use media::{Codec, Kind, TrackId, flac, opus};

use super::super::testing::{frame, pictures, record, sound, stream};
use super::*;

fn track(id: u32, codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(id), codec })
}

fn export(recordings: &Recordings, id: &str, container: Container) -> Vec<u8> {
    let mut out = Vec::new();
    recordings.export(id, 0, container).unwrap().write(&mut out).unwrap();
    out
}

fn read_ts(bytes: &[u8]) -> Vec<Frame> {
    let mut demuxer = ts::Demuxer::new();
    demuxer.push(SystemTime::UNIX_EPOCH, bytes);
    demuxer.flush();
    std::iter::from_fn(|| demuxer.next()).collect()
}

fn read_flv(bytes: &[u8]) -> Vec<Frame> {
    let (mut reader, mut demuxer) = (flv::Reader::new(), flv::Demuxer::new());
    reader.push(bytes);
    let mut frames = Vec::new();
    let mut last = 0;
    while let Some(tag) = reader.next().unwrap() {
        assert!(tag.timestamp >= last, "{} after {last}", tag.timestamp);
        last = tag.timestamp;
        let time = Time::from_millis(tag.timestamp.into());
        let found = match tag.kind {
            flv::TagKind::Video => demuxer.video(time, SystemTime::UNIX_EPOCH, tag.body),
            flv::TagKind::Audio => demuxer.audio(time, SystemTime::UNIX_EPOCH, tag.body),
            flv::TagKind::Data => demuxer.data(time, SystemTime::UNIX_EPOCH, tag.body),
        };
        frames.extend(found.map(Result::unwrap));
    }
    frames
}

/// Each frame comes once, in order, `late` later than from the beginning of the file on.
fn assert_same(kind: Kind, sent: &[Frame], came: &[Frame], late: Delta) {
    let of = |frames: &[Frame]| -> Vec<(Time, Time)> {
        let of_kind = frames.iter().filter(|frame| frame.track.kind() == kind);
        of_kind.map(|frame| (frame.dts, frame.pts)).collect()
    };
    let (sent_times, came) = (of(sent), of(came));
    assert_eq!(came.len(), sent_times.len(), "{kind:?}");
    let shift = Time::ZERO - sent[0].dts + late;
    for ((dts, pts), (came_dts, came_pts)) in sent_times.into_iter().zip(came) {
        assert!((dts + shift - came_dts).abs() <= Delta::millis(2), "{kind:?} {dts:?} {came_dts:?}");
        assert!((pts + shift - came_pts).abs() <= Delta::millis(2), "{kind:?} {pts:?} {came_pts:?}");
    }
}

#[test]
fn every_frame_comes_in_both_containers_with_its_times_from_zero_on() {
    let folder = tempfile::tempdir().unwrap();
    let tracks = [pictures(1, 77), sound(2, false)];
    // As the second file of a recording has it.
    let sent = stream(&tracks[0], &tracks[1], Time::from_millis(3_600_000), 5);
    let (recordings, id) = record(folder.path(), &tracks, &sent);
    let mut pieces = recordings.export(&id, 0, Container::Flv).unwrap();
    assert!(pieces.by_ref().count() >= 5, "a piece is a second");
    assert!(pieces.next().is_none());
    for kind in [Kind::Video, Kind::Audio] {
        assert_same(kind, &sent, &read_flv(&export(&recordings, &id, Container::Flv)), Delta::ZERO);
        assert_same(kind, &sent, &read_ts(&export(&recordings, &id, Container::Ts)), ts::DELAY);
    }
    assert!(matches!(recordings.export(&id, 1, Container::Ts), Err(Error::Unknown { .. })));
}

#[test]
fn a_codec_without_a_place_is_named_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut info = [0; 34];
    info[..2].copy_from_slice(&[0x10, 0]);
    info[10..14].copy_from_slice(&[0x0b, 0xb8, 0x02, 0xf0]);
    let flac = track(2, Codec::Flac(flac::Parameters::from_stream_info(&info).unwrap()));
    let tracks = [pictures(1, 77), flac];
    let frames =
        [frame(&tracks[0], Time::ZERO, Delta::ZERO, true), frame(&tracks[1], Time::ZERO, Delta::ZERO, true)];
    let (recordings, id) = record(folder.path(), &tracks, &frames);
    let refused = recordings.export(&id, 0, Container::Ts).err().unwrap();
    assert_eq!(refused.to_string(), "ts has no place for flac");
    assert!(recordings.export(&id, 0, Container::Flv).is_ok());
}

#[test]
fn what_a_container_is_said_to_have_its_muxer_has() {
    let tracks = [
        pictures(1, 77),
        sound(2, true),
        track(3, Codec::Opus(opus::Parameters::new(2).unwrap())),
        track(4, Codec::Amf0),
        track(
            5,
            Codec::Mp3(media::mp3::Parameters { sample_rate: 44_100, channels: 2, layer: 3, samples: 1152 }),
        ),
    ];
    for container in Container::ALL {
        for track in tracks.iter().filter(|track| track.kind() != Kind::Data) {
            assert_eq!(
                container.has(track.codec.name()),
                container.carries(track),
                "{container:?} {track:?}"
            );
        }
    }
    assert!(!Container::Ts.has("av1") && Container::Flv.has("av1") && !Container::Flv.has("amf0"));
}
