//! Endless files of streams with other codecs than H.264 and AAC, and of streams whose tracks change.

use std::path::Path;
use std::thread::JoinHandle;

use media::Delta;
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Kind, Played, Version, assert_ends_with};
use testkit::{Mix, Script, Server, Tool, http, tool};

use crate::support::encoder::Encoder;
use crate::support::{
    PICTURE_ONLY, SLUICE, SOON, STREAM, USUAL, assert_all_pictures, original, wait_for_viewers,
};

/// What a player of `live/s{suffix}` gets who was there before `file` was published and goes when it goes.
#[track_caller]
fn played(server: &Server, suffix: &str, file: &Path, player: Version) -> Played {
    let playing = ffmpeg::play(&server.http_url(&format!("live/s{suffix}"))).version(player).start();
    wait_for_viewers(server, suffix.trim_start_matches('.'), 1);
    let publishing = ffmpeg::publish_file(file, &server.publish_url("live/s")).version(Version::Nine);
    publishing.speed(2.0).start().succeed(STREAM);
    let mut played = playing.finish(SOON);
    // FFmpeg 9 says so at the end of any chunked answer whose server closes the connection after the last chunk.
    played.complaints.retain(|line| !line.contains("Error during demuxing: Input/output error"));
    played.assert_clean();
    played
}

/// What the file itself plays to.
#[track_caller]
fn whole(file: &Path) -> Played {
    ffmpeg::play(&file.to_string_lossy()).version(Version::Nine).run(STREAM)
}

#[test]
fn h265_arrives_whole_in_ts() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let x265 = "libx265 -preset ultrafast -b 300k -bf 2 -x265-params log-level=error:bframes=2:pools=1";
    let file = Mix::new(4).video(x265).audio("aac").path();
    let original = whole(&file);
    for player in [Version::System, Version::Nine] {
        assert_all_pictures(&played(&Server::start(SLUICE), ".ts", &file, player), &original);
    }
}

#[test]
fn mpeg_audio_can_be_had_bare_and_in_ts() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let x264 = "libx264 -preset ultrafast -b 300k -bf 2";
    let file = Mix::new(4).video(x264).audio("libmp3lame -b:a 96k").path();
    let original = whole(&file);
    let sounds = original.sounds();
    for (suffix, player) in [(".mp3", Version::System), (".mp3", Version::Nine), (".ts", Version::Nine)] {
        let played = played(&Server::start(SLUICE), suffix, &file, player);
        assert_ends_with(&sounds, &played.sounds(), sounds.len() - 4);
        if suffix == ".ts" {
            assert_all_pictures(&played, &original);
        }
    }
    let server = Server::start(SLUICE);
    let url = server.publish_url("live/s");
    let _publishing = ffmpeg::publish_file(&file, &url).version(Version::Nine).start();
    let refused = http::get(&server.http_url("live/s.aac"));
    assert_eq!(
        (refused.status, refused.text().trim()),
        (404, "the sound of live/s is MP3; ask for live/s.mp3")
    );
}

/// All bytes of `live/s.ts`, to its end.
fn download(server: &Server) -> JoinHandle<Vec<u8>> {
    let url = server.http_url("live/s.ts");
    std::thread::spawn(move || http::get(&url).body)
}

/// The versions of the PMT with how many tracks each lists, in the order in which they first come.
fn maps(bytes: &[u8]) -> Vec<(u8, usize)> {
    let mut maps = Vec::new();
    for packet in bytes.chunks(188).filter(|packet| packet[1] & 0x1f == 0x10 && packet[2] == 0) {
        // Behind the header and the pointer.
        let section = &packet[5..];
        let end = 3 + usize::from(section[2]) - 4;
        let map = (section[5] >> 1 & 31, section[12..end].chunks(5).count());
        if maps.last() != Some(&map) {
            maps.push(map);
        }
    }
    maps
}

#[test]
fn tracks_may_come_and_change_while_ts_is_watched() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    // Pictures; then sound, too; then pictures of another size.
    let clips = [
        Clip::new(Spec { seconds: 4, ..PICTURE_ONLY }),
        Clip::new(Spec { seconds: 4, ..USUAL }),
        Clip::new(Spec { seconds: 4, size: (480, 270), ..USUAL }),
    ];
    let [first, second, third] = [0, 1, 2].map(|index| Script::of(&clips[index]));
    let gap = Delta::millis(40);
    let server = Server::start(SLUICE);
    let watching = download(&server);
    wait_for_viewers(&server, "ts", 1);
    let script = first.then(gap, second).then(gap, third).speed(2.0);
    Encoder::to(&server.publish_url("live/s")).publish(script).finish();
    let bytes = watching.join().unwrap();
    assert_eq!(maps(&bytes), [(0, 1), (1, 2)], "sound is listed when it comes, and nothing else changes");
    let saved = tempfile::Builder::new().suffix(".ts").tempfile().unwrap();
    std::fs::write(saved.path(), &bytes).unwrap();
    // It has the sound's beginning, four seconds in, in what it looks at first.
    let path = saved.path().to_string_lossy();
    let played = ffmpeg::play(&path).option("analyzeduration", "12000000").run(SOON);
    let complaints: Vec<_> = played.complaints.iter().filter(|line| line.contains("[error]")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let packets = |kind| clips.iter().map(|clip| original(clip).packets(kind).len()).sum::<usize>();
    assert_eq!(played.packets(Kind::Video).len(), packets(Kind::Video));
    assert_eq!(played.packets(Kind::Audio).len(), packets(Kind::Audio));
}
