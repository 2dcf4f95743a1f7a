#![allow(clippy::unwrap_used)]

use std::time::SystemTime;

use container::flv::Demuxer;
use media::{Delta, aac, h264, opus};
use rtmp::chunk::Reader;

use super::*;
use crate::flv::FlvTags;
use crate::rtmp::Messages;

fn video() -> Arc<Track> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters = h264::Parameters::new(set(&[0x67, 66, 0, 30]), set(&[0x68, 1])).unwrap();
    Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) })
}

fn audio() -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) })
}

fn picture(track: &Arc<Track>, dts: Time, size: usize) -> Frame {
    let mut payload = vec![0, 0, 0, 0, 0x65];
    payload.resize(size, 7);
    payload[..4].copy_from_slice(&(size as u32 - 4).to_be_bytes());
    Frame {
        track: Arc::clone(track),
        dts,
        pts: dts + Delta::millis(80),
        duration: None,
        keyframe: true,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    }
}

const START: Time = Time::from_millis(0x7fff_ffff - 10_000);

fn flv(tracks: &[Arc<Track>], frames: &[Frame]) -> Vec<flv::Tag> {
    let mut tags = Tags::new(FlvTags::default());
    let mut bytes = vec![tags.header(tracks), tags.preamble(tracks, frames[0].dts)];
    frames.iter().for_each(|frame| tags.write(frame, false, &mut bytes));
    let mut reader = flv::Reader::new();
    reader.push(&bytes.concat());
    std::iter::from_fn(|| reader.next().unwrap()).collect()
}

#[test]
fn flv_file_begins_at_zero_with_metadata_and_configuration() {
    let tracks = [video(), audio()];
    let frame = picture(&tracks[0], START, 100);
    let later = Frame { dts: START + Delta::secs(1), pts: START + Delta::secs(1), ..frame.clone() };
    let tags = flv(&tracks, &[frame.clone(), later]);
    let kinds: Vec<_> = tags.iter().map(|tag| (tag.kind, tag.timestamp)).collect();
    let expected = [TagKind::Data, TagKind::Video, TagKind::Audio, TagKind::Video, TagKind::Video];
    assert_eq!(kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), expected);
    assert_eq!(kinds.iter().map(|(_, time)| *time).collect::<Vec<_>>(), [0, 0, 0, 0, 1_000]);
    let mut demuxer = Demuxer::new();
    let wall = SystemTime::UNIX_EPOCH;
    assert!(demuxer.video(Time::ZERO, wall, tags[1].body.clone()).next().is_none());
    let back = demuxer.video(Time::ZERO, wall, tags[3].body.clone()).next().unwrap().unwrap();
    assert_eq!((back.pts - back.dts, back.keyframe, back.payload), (Delta::millis(80), true, frame.payload));
}

#[test]
fn what_belongs_before_the_zero_of_an_flv_file_is_left_out_or_begins_there() {
    let tracks = [video(), audio()];
    let sound = |millis: i64| Frame {
        track: Arc::clone(&tracks[1]),
        ..picture(&tracks[0], START + Delta::millis(millis), 100)
    };
    let shown = |millis: i64| picture(&tracks[0], START + Delta::millis(millis), 100);
    // The file began with sound, whose pictures are late.
    let frames = [sound(0), shown(-70), sound(-20), shown(-30), sound(20), shown(10), shown(50)];
    let tags = flv(&tracks, &frames);
    let times = |kind| {
        let media = tags.iter().skip(3).filter(move |tag| tag.kind == kind);
        media.map(|tag| tag.timestamp).collect::<Vec<_>>()
    };
    assert_eq!(times(TagKind::Audio), [0, 20]);
    assert_eq!(times(TagKind::Video), [0, 1, 10, 50]);
}

#[test]
fn a_frame_too_large_for_a_tag_is_left_out_and_the_next_is_found() {
    let tracks = [video()];
    let (whole, large) = (picture(&tracks[0], START, 100), picture(&tracks[0], START, flv::MAX_BODY - 5));
    assert_eq!(flv(&tracks, &[large, whole.clone()]).len(), 4, "of the largest size there is");
    let larger = picture(&tracks[0], START, flv::MAX_BODY - 4);
    let tags = flv(&tracks, &[larger, whole.clone()]);
    assert_eq!(tags.len(), 3);
    assert!(tags[2].body.ends_with(&whole.payload));
}

#[test]
fn flv_file_ends_when_tracks_change_or_its_clock_would_run_over() {
    let mut tags = Tags::new(FlvTags::default());
    let with_sound = [video(), audio()];
    tags.preamble(&with_sound, START);
    assert!(tags.fits(&with_sound, START + Delta::secs(60)));
    assert!(tags.fits(&[video(), audio()], START), "new parameters of the same codecs");
    assert!(!tags.fits(&[video()], START));
    assert!(!tags.fits(&with_sound, START + Delta::secs(20 * 86_400)));
}

#[test]
fn flv_header_tells_what_there_is() {
    let flags = |tracks: &[Arc<Track>]| Tags::new(FlvTags::default()).header(tracks)[4];
    assert_eq!((flags(&[video(), audio()]), flags(&[video()]), flags(&[audio()])), (5, 1, 4));
}

#[test]
fn rtmp_messages_keep_the_stream_clock_and_share_large_payloads() {
    let tracks = [video()];
    let frame = picture(&tracks[0], Time::from_millis((1 << 32) + 5), 200_000);
    let mut tags = Tags::new(Messages::new(1));
    let mut out = vec![tags.preamble(&tracks, frame.dts)];
    // New parameters, which happen to be the same.
    let frame = Frame { track: Arc::new(Track::clone(&frame.track)), ..frame };
    tags.write(&frame, true, &mut out);
    let shared = |piece: &Bytes| frame.payload.as_ptr_range().contains(&piece.as_ptr());
    assert_eq!(out.iter().filter(|piece| shared(piece)).count(), 4, "one slice a chunk of 60,000");
    let mut reader = Reader::new();
    let bounds = rtmp::Limits::default().publisher;
    let size = [&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &60_000u32.to_be_bytes()].concat();
    let bytes = [size, out.concat()].concat();
    let mut input = &bytes[..];
    let messages: Vec<_> = std::iter::from_fn(|| reader.read(&mut input, &bounds).unwrap()).collect();
    let kinds: Vec<_> =
        messages.iter().map(|message| (message.header.kind, message.header.timestamp)).collect();
    assert_eq!(
        kinds,
        [(18, 5), (9, 5), (9, 5), (9, 5)],
        "metadata, configuration, the new one again, the picture"
    );
    assert_eq!(messages[3].body.len(), 200_005);
}

/// Track `number` of H.264, as the demuxer names it.
fn further(number: u32) -> Arc<Track> {
    Arc::new(Track { id: TrackId(0x100 + number), codec: video().codec.clone() })
}

fn opus(id: u32) -> Arc<Track> {
    Arc::new(Track { id: TrackId(id), codec: Codec::Opus(opus::Parameters::new(2).unwrap()) })
}

/// Of a message its kind and its first bytes.
type Outline = (u8, Vec<u8>);

/// All messages but metadata.
fn messages(out: &[Bytes]) -> Vec<Outline> {
    let bounds = rtmp::Limits::default().publisher;
    let size = [&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &60_000u32.to_be_bytes()].concat();
    let bytes = [size, out.concat()].concat();
    let (mut reader, mut input) = (Reader::new(), &bytes[..]);
    let messages = std::iter::from_fn(|| reader.read(&mut input, &bounds).unwrap());
    let media = messages.filter(|message| message.header.kind != 18);
    media.map(|message| (message.header.kind, message.body[..message.body.len().min(7)].to_vec())).collect()
}

/// A wire for players that take this, and what it has for the given tracks and a frame of each.
fn wire(takes: Takes, tracks: &[Arc<Track>]) -> (Vec<Outline>, Vec<Outline>) {
    let mut tags = Tags::with(Messages::new(1), takes);
    let preamble = tags.preamble(tracks, START);
    let mut out = Vec::new();
    for track in tracks {
        tags.write(&picture(track, START, 100), false, &mut out);
    }
    (messages(&[preamble]), messages(&out))
}

fn all() -> FourCcs {
    FourCcs::ALL
}

#[test]
fn whoever_announces_nothing_gets_the_main_tracks() {
    let tracks = [further(1), opus(0x201), video(), audio()];
    let takes = Takes::new(all(), false, &tracks);
    assert_eq!(takes, Takes::MAIN);
    let (configuration, frames) = wire(takes, &tracks);
    let heads =
        |messages: &[Outline]| messages.iter().map(|(kind, body)| (*kind, body[0])).collect::<Vec<_>>();
    assert_eq!(heads(&configuration), [(9, 0x17), (8, 0xaf)]);
    assert_eq!(heads(&frames), [(9, 0x17), (8, 0xaf)]);
}

#[test]
fn whoever_takes_several_tracks_gets_all_by_their_numbers() {
    let tracks = [video(), audio(), further(1), opus(0x201)];
    let takes = Takes::new(all(), true, &tracks);
    let (configuration, frames) = wire(takes, &tracks);
    let expected: [&[u8]; 4] = [&[0x17, 0], b"\x96\x00avc1\x01", &[0xaf, 0], b"\x95\x00Opus\x01"];
    for ((_, body), expected) in configuration.iter().zip(expected) {
        assert!(body.starts_with(expected), "{body:x?}");
    }
    let expected: [&[u8]; 4] = [&[0x17, 1], &[0xaf, 1], b"\x96\x01avc1\x01", b"\x95\x01Opus\x01"];
    assert_eq!(frames.len(), 4);
    for ((_, body), expected) in frames.iter().zip(expected) {
        assert!(body.starts_with(expected), "{body:x?}");
    }
}

#[test]
fn players_of_one_make_share_a_wire() {
    let plain = [video(), audio()];
    assert_eq!(Takes::new(all(), true, &plain), Takes::MAIN, "one track of a kind is enough for everybody");
    let classic = FourCcs::classic();
    assert_eq!(Takes::new(classic, false, &plain), Takes::MAIN, "what is not there is not missed");
    let modern = [video(), opus(1)];
    let takes = Takes::new(classic, false, &modern);
    assert_ne!(takes.variant(), 0);
    assert!(!takes.takes(&modern[1].codec) && takes.takes(&modern[0].codec));
    assert!(Takes::new(FourCcs::NONE, true, &[further(1), video()]).variant() < 1 << 16);
}

#[test]
fn what_the_player_lacks_is_not_on_its_wire() {
    let tracks = [video(), opus(1)];
    let (configuration, frames) = wire(Takes::new(FourCcs::classic(), false, &tracks), &tracks);
    assert_eq!((configuration.len(), frames.len()), (1, 1));
    assert_eq!((configuration[0].0, frames[0].0), (9, 9));
}

#[test]
fn a_wire_ends_when_the_stream_asks_for_more_than_its_players_were_asked() {
    let mut tags = Tags::new(Messages::new(1));
    tags.preamble(&[video()], START);
    assert!(tags.fits(&[video(), audio()], START), "everybody takes AAC");
    assert!(!tags.fits(&[video(), opus(1)], START));
    assert!(!tags.fits(&[video(), further(1)], START));
    let mut file = Tags::new(FlvTags::default());
    file.preamble(&[video()], START);
    assert!(file.fits(&[video(), further(1)], START), "a file only holds the main tracks");
}

#[test]
fn a_track_that_comes_late_is_configured_before_its_first_frame() {
    let (first, second) = (video(), further(1));
    let takes = Takes::new(all(), true, &[first.clone(), second.clone()]);
    let mut tags = Tags::with(Messages::new(1), takes);
    tags.preamble(std::slice::from_ref(&first), START);
    let mut out = Vec::new();
    tags.write(&picture(&second, START, 100), false, &mut out);
    tags.write(&picture(&second, START, 100), false, &mut out);
    let bodies: Vec<_> = messages(&out).into_iter().map(|(_, body)| body[1]).collect();
    assert_eq!(bodies, [0, 1, 1], "its configuration once");
}

#[test]
fn sound_that_is_made_goes_on_where_the_publishers_was_and_back() {
    let (video, sent) = (video(), audio());
    let made = Arc::new(Track { id: media::Sound::Aac.derived_id().unwrap(), codec: sent.codec.clone() });
    let sound = |track: &Arc<Track>, ms| {
        let at = START + Delta::millis(ms);
        Frame { track: Arc::clone(track), dts: at, pts: at, ..picture(&video, at, 100) }
    };
    let frames = [sound(&sent, 0), sound(&made, 20), sound(&made, 40), sound(&sent, 60)];
    let tags = flv(&[Arc::clone(&video), Arc::clone(&sent)], &frames);
    let bodies: Vec<_> = tags.iter().skip(3).map(|tag| (tag.kind, tag.body[1])).collect();
    let expected = [1, 0, 1, 1, 0, 1].map(|packet| (TagKind::Audio, packet));
    assert_eq!(bodies, expected, "a configuration before the first frame of each");
}
