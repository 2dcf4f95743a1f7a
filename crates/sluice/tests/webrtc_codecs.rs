//! Codecs that no other WebRTC peer here has, from an encoder to a player and from a publisher to all else: what is seen is compared
//! picture by picture with the recording.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use media::{Frame, Kind};
use rtc::Event;
use testkit::ffmpeg::{self, Played, Version};
use testkit::{Mix, Server, Tool, tool};

use crate::support::rtc::wait_until_live;
use crate::support::rtc_peer::RtcPeer;
use crate::support::{SLUICE, SOON, STREAM, frames_of_flv, wait_for_viewers};

/// Without B-frames, as players of WebRTC need it.
const X265: &str =
    "libx265 -preset ultrafast -b 300k -bf 0 -x265-params log-level=error:bframes=0:pools=1:repeat-headers=1";
const AV1: &str = "libsvtav1 -preset 12 -b 300k -svtav1-params lp=1";
const OPUS: &str = "libopus -b:a 64k";

fn play(path: &str) -> Played {
    let played = ffmpeg::play(path).version(Version::Nine).run(STREAM);
    played.assert_clean();
    played
}

/// The pictures of RTP payloads of H.265 in their order, as a byte stream (RFC 7798 §4.4).
fn byte_stream<'a>(payloads: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    const START: [u8; 4] = [0, 0, 0, 1];
    let mut out = Vec::new();
    for payload in payloads {
        match payload[0] >> 1 & 0x3f {
            48 => {
                let mut rest = &payload[2..];
                while let Some((size, after)) = rest.split_first_chunk::<2>() {
                    let (unit, after) = after.split_at(u16::from_be_bytes(*size).into());
                    out.extend([&START, unit].concat());
                    rest = after;
                }
            }
            49 => {
                let head = payload[2];
                if head & 0x80 != 0 {
                    out.extend(START);
                    out.extend([payload[0] & 0x81 | (head & 0x3f) << 1, payload[1]]);
                }
                out.extend(&payload[3..]);
            }
            _ => out.extend([&START, payload].concat()),
        }
    }
    out
}

#[test]
fn h265_of_an_encoder_is_seen_by_whep() {
    if !tool::have(&[Tool::Ffmpeg9]) {
        return;
    }
    let path = Mix::new(4).video(X265).audio("aac").path();
    let server = Server::start(SLUICE);
    let mut publishing =
        ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine).start();
    wait_until_live(&server);
    let mut player = RtcPeer::play(&server);
    let (mut payloads, mut sounds, mut after) = (BTreeMap::new(), 0, 0);
    player.run(Instant::now() + STREAM, |event| {
        match event {
            Event::Packet { kind: Kind::Video, sequence, bytes, .. } => _ = payloads.insert(sequence, bytes),
            Event::Packet { kind: Kind::Audio, .. } => sounds += 1,
            // Once a second.
            Event::Measured => after += u32::from(!publishing.running()),
            _ => {}
        }
        after >= 2
    });
    assert!(sounds > 100, "{sounds}");
    publishing.succeed(SOON);
    let sequences: Vec<u64> = payloads.keys().copied().collect();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.h265");
    std::fs::write(&file, byte_stream(payloads.values().map(|payload| &payload[..]))).unwrap();
    let (seen, published) =
        (play(file.to_str().unwrap()).pictures(), play(path.to_str().unwrap()).pictures());
    // Who comes sees the pictures since the last key frame.
    ffmpeg::assert_ends_with(&published, &seen, 50);
}

/// The frames of `path`.
fn frames(path: &Path) -> Vec<Frame> {
    let folder = tempfile::tempdir().unwrap();
    let flv = folder.path().join("clip.flv");
    let mut command = Command::new(Version::Nine.program());
    command.args(["-v", "error", "-i"]).arg(path).args(["-c", "copy"]).arg(&flv);
    let said = command.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    frames_of_flv(&std::fs::read(flv).unwrap())
}

/// Publishes `mix` by WHIP; who watches by RTMP, FLV and, where MPEG-TS has the codec, HLS sees each of its pictures.
fn arrives_whole_by_whip(mix: &Mix, hls: bool) {
    if !tool::have(&[Tool::Ffmpeg9]) {
        return;
    }
    let path = mix.path();
    let frames = frames(&path);
    let mut tracks: Vec<Arc<media::Track>> = Vec::new();
    for frame in &frames {
        if tracks.iter().all(|track| track.id != frame.track.id) {
            tracks.push(Arc::clone(&frame.track));
        }
    }
    let server = Server::start(SLUICE);
    let watch = |url: String| ffmpeg::play(&url).version(Version::Nine).start();
    let rtmp = watch(server.rtmp_url("live/s?sound=source"));
    let flv = watch(server.http_url("live/s.flv?sound=source"));
    wait_for_viewers(&server, "rtmp", 1);
    wait_for_viewers(&server, "flv", 1);
    let mut publisher = RtcPeer::publish(&server, &tracks);
    publisher.connect();
    publisher.send(&frames);
    let expected = play(path.to_str().unwrap()).pictures();
    let mut seen = vec![("rtmp", rtmp.finish(SOON)), ("flv", flv.finish(SOON))];
    if hls {
        let url = server.http_url("live/s.m3u8");
        seen.push(("hls", ffmpeg::play(&url).version(Version::Nine).run(STREAM)));
    }
    for (name, played) in seen {
        assert_eq!(played.pictures().len(), expected.len(), "{name}");
        assert!(played.pictures() == expected, "{name}");
    }
}

#[test]
fn h265_by_whip_is_seen_by_rtmp_flv_and_hls() {
    arrives_whole_by_whip(&Mix::new(4).video(X265).audio(OPUS), true);
}

#[test]
fn av1_by_whip_is_seen_by_rtmp_and_flv() {
    arrives_whole_by_whip(&Mix::new(4).video(AV1).audio(OPUS), false);
}
