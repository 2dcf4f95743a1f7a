//! Enhanced RTMP in and out of the real binary: every codec and several tracks, with FFmpeg 9 at both ends, and players that
//! know nothing of it.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use container::flv::{self, Demuxer};
use media::{Delta, Frame, Kind, Time};
use rtmp::MediaKind;
use rtmp::client::{Action, Event, Output};
use testkit::ffmpeg::{self, Played, Version};
use testkit::script::Cue;
use testkit::{Mix, Script, Server, Tool, tool};

use crate::support::client::Connection;
use crate::support::encoder::Encoder;
use crate::support::{SLUICE, SOON, STREAM, assert_whole, wait_for_viewers};

const X264: &str = "libx264 -preset ultrafast -b 300k -bf 2";
const X265: &str = "libx265 -preset ultrafast -b 300k -bf 2 -x265-params log-level=error:bframes=2:pools=1";
const AV1: &str = "libsvtav1 -preset 12 -b 300k -svtav1-params lp=1";
const VP9: &str = "libvpx-vp9 -deadline realtime -cpu-used 8 -b 300k";

fn nine() -> bool {
    tool::have(&[Tool::Ffmpeg9])
}

/// What the file itself plays to.
#[track_caller]
fn original(path: &Path) -> Played {
    let played = ffmpeg::play(path.to_str().unwrap()).version(Version::Nine).run(STREAM);
    played.assert_clean();
    played
}

/// Publishes `mix` by FFmpeg 9; two of its kind, who were there before, get all of it by RTMP and by HTTP-FLV.
#[track_caller]
fn arrives_whole(mix: &Mix) {
    if !nine() {
        return;
    }
    let path = mix.path();
    let server = Server::start(SLUICE);
    let play = |url: String| ffmpeg::play(&url).version(Version::Nine).start();
    let rtmp = play(server.rtmp_url("live/s?sound=source"));
    let flv = play(server.http_url("live/s.flv?sound=source"));
    wait_for_viewers(&server, "rtmp", 1);
    wait_for_viewers(&server, "flv", 1);
    let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
    publishing.speed(2.0).start().succeed(STREAM);
    let expected = original(&path);
    for playing in [rtmp, flv] {
        let mut played = playing.finish(SOON);
        // FFmpeg 9 says so at the end of any chunked answer whose server closes the connection after the last chunk.
        played.complaints.retain(|line| !line.contains("Error during demuxing: Input/output error"));
        assert_whole(&played, &expected);
        assert_eq!(played.pictures().len(), expected.pictures().len());
    }
    let log = server.log();
    let broken = log.iter().find(|line| line.contains("passed over") || line.contains("broken frames"));
    assert_eq!(broken, None);
}

#[test]
fn h264_and_aac() {
    arrives_whole(&Mix::new(4).video(X264).audio("aac"));
}

#[test]
fn h265_and_aac() {
    arrives_whole(&Mix::new(4).video(X265).audio("aac"));
}

#[test]
fn av1_and_opus() {
    arrives_whole(&Mix::new(4).video(AV1).audio("libopus -b:a 64k"));
}

#[test]
fn vp9_and_opus() {
    arrives_whole(&Mix::new(4).video(VP9).audio("libopus -b:a 64k"));
}

#[test]
fn h264_and_flac() {
    arrives_whole(&Mix::new(4).video(X264).audio("flac"));
}

#[test]
fn h264_and_ac3() {
    arrives_whole(&Mix::new(4).video(X264).audio("ac3 -b:a 128k"));
}

#[test]
fn h265_and_eac3() {
    arrives_whole(&Mix::new(4).video(X265).audio("eac3 -b:a 96k"));
}

#[test]
fn h264_and_mp3() {
    arrives_whole(&Mix::new(4).video(X264).audio("libmp3lame -b:a 96k"));
}

/// Two renditions and two languages.
fn ladder() -> Mix {
    Mix::new(4).video(X264).video(X264).audio("aac").audio("aac")
}

/// Publishes `path` and gives, of each track, how many frames a client of ours got that takes several.
#[track_caller]
fn received(server: &Server, path: &Path) -> Vec<(u32, usize)> {
    let mut player = Player::of(&server.rtmp_url("live/s"));
    wait_for_viewers(server, "rtmp", 1);
    let publishing = ffmpeg::publish_file(path, &server.publish_url("live/s")).version(Version::Nine);
    let publishing = publishing.speed(2.0).start();
    let frames = player.until_unpublished();
    publishing.succeed(SOON);
    // Who is there when a further track is announced begins again at the last key frame, with that one: frames count once.
    let mut distinct: Vec<_> = frames.iter().map(|frame| (frame.track.id.0, frame.dts)).collect();
    distinct.sort();
    distinct.dedup();
    let mut counts: Vec<(u32, usize)> = Vec::new();
    for (id, _) in distinct {
        match counts.iter_mut().find(|(track, _)| *track == id) {
            Some((_, count)) => *count += 1,
            None => counts.push((id, 1)),
        }
    }
    counts
}

#[test]
fn a_player_of_several_tracks_gets_all() {
    if !nine() {
        return;
    }
    let mix = ladder();
    let server = Server::start(SLUICE);
    let counts = received(&server, &mix.path());
    let ids: Vec<_> = counts.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [0, 1, 0x101, 0x201], "main tracks, then the second of each");
    assert_eq!((counts[0].1, counts[2].1), (mix.pictures(), mix.pictures()));
    assert!(counts[1].1 > 150 && counts[3].1 > 150, "{counts:?}");
}

#[test]
fn tracks_may_differ_in_codec() {
    if !nine() {
        return;
    }
    let mix = Mix::new(4).video(X264).video(X265).video(VP9).audio("aac").audio("libopus").audio("flac");
    let server = Server::start(SLUICE);
    let counts = received(&server, &mix.path());
    let video: Vec<_> = counts.iter().filter(|(id, _)| matches!(id, 0 | 0x100..0x200)).collect();
    assert_eq!(video.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [mix.pictures(); 3]);
    assert_eq!(counts.len(), 6, "{counts:?}");
}

/// Of a stream of several tracks, whoever has not asked for them gets the main ones: also FFmpeg 5.1, which could not
/// read the others.
#[test]
fn players_that_announce_nothing_get_the_main_tracks() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let path = ladder().path();
    let server = Server::start(SLUICE);
    let play = |version, url: String| ffmpeg::play(&url).version(version).start();
    let players = [
        play(Version::System, server.rtmp_url("live/s")),
        play(Version::Nine, server.rtmp_url("live/s")),
        play(Version::System, server.http_url("live/s.flv")),
    ];
    wait_for_viewers(&server, "rtmp", 2);
    wait_for_viewers(&server, "flv", 1);
    let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
    publishing.speed(2.0).start().succeed(STREAM);
    let expected = original(&path);
    assert_eq!(expected.tracks(ffmpeg::Kind::Video).len(), 2);
    for playing in players {
        let played = playing.finish(SOON);
        assert_whole(&played, &expected);
        assert_eq!(played.tracks(ffmpeg::Kind::Video).len(), 1);
        assert_eq!(played.tracks(ffmpeg::Kind::Audio).len(), 1);
    }
}

/// FFmpeg announces a list when it is told one.
#[test]
fn what_a_player_has_not_listed_is_left_out() {
    if !nine() {
        return;
    }
    let path = Mix::new(4).video(X265).audio("libopus").path();
    let server = Server::start(SLUICE);
    let url = server.rtmp_url("live/s?sound=source");
    let play = |list| ffmpeg::play(&url).version(Version::Nine).option("rtmp_enhanced_codecs", list).start();
    let (pictures, neither) = (play("hvc1,av01"), play("vp09"));
    wait_for_viewers(&server, "rtmp", 2);
    let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
    publishing.speed(2.0).start().succeed(STREAM);
    let expected = original(&path);
    let played = pictures.finish(SOON);
    assert_eq!(played.pictures(), expected.pictures());
    assert_eq!(played.tracks(ffmpeg::Kind::Audio).len(), 0);
    server.wait_for_log(1, &["cannot take all of the stream", "opus"], SOON);
    let refused = neither.finish(SOON);
    assert!(
        refused.complaints.iter().any(|line| line.contains("h265 and opus")),
        "{:#?}",
        refused.complaints
    );
}

/// As Chinese encoders send it: H.265 in the form of H.264, with the codec id 12.
#[test]
fn h265_by_its_unofficial_number() {
    if !nine() {
        return;
    }
    let path = Mix::new(4).video(X265).path();
    let server = Server::start(SLUICE);
    let playing = ffmpeg::play(&server.rtmp_url("live/s")).version(Version::Nine).start();
    wait_for_viewers(&server, "rtmp", 1);
    // FFmpeg makes the tags, and each is given the other head.
    let folder = tempfile::tempdir().unwrap();
    let flv = folder.path().join("enhanced.flv");
    ffmpeg::publish_file(&path, flv.to_str().unwrap())
        .version(Version::Nine)
        .speed(100.0)
        .start()
        .succeed(STREAM);
    let script = Script::of_file(&flv).filter_map(|cue| {
        let body = match cue.body.first()? & 0x8f {
            0x80 => [&[0x1c, 0, 0, 0, 0], &cue.body[5..]].concat(),
            0x81 => [&[frame_type(&cue) | 12, 1], &cue.body[5..]].concat(),
            0x83 => [&[frame_type(&cue) | 12, 1, 0, 0, 0], &cue.body[5..]].concat(),
            _ => return None,
        };
        Some(Cue { body: body.into(), ..cue })
    });
    Encoder::to(&server.publish_url("live/s")).publish(script.speed(2.0)).finish();
    let played = playing.finish(SOON);
    assert_whole(&played, &original(&path));
}

fn frame_type(cue: &Cue) -> u8 {
    cue.body[0] & 0x70
}

/// When the server stops, whoever understands it is asked to come back.
#[test]
fn a_stopping_server_asks_to_reconnect() {
    let server = Server::start(SLUICE);
    let mut player = Player::of(&server.rtmp_url("live/s"));
    wait_for_viewers(&server, "rtmp", 1);
    let asked = std::thread::spawn(move || player.until(|event| matches!(event, Event::Reconnect { .. })));
    server.stop(SOON);
    assert!(asked.join().unwrap(), "the connection ended without a request");
}

/// A client of ours, which announces everything.
struct Player {
    connection: Connection,
    began: Instant,
    demuxer: Demuxer,
    frames: Vec<Frame>,
}

impl Player {
    /// That plays `url`.
    fn of(url: &str) -> Player {
        let mut connection = Connection::open(url, Action::Play, |_| {});
        connection.run_until_ready();
        Player { connection, began: Instant::now(), demuxer: Demuxer::new(), frames: Vec::new() }
    }

    /// All frames until the publisher has gone.
    #[track_caller]
    fn until_unpublished(&mut self) -> Vec<Frame> {
        let gone = |event: &Event| match event {
            Event::Status(status) => status.code == "NetStream.Play.UnpublishNotify",
            _ => false,
        };
        assert!(self.until(gone), "the stream has not ended in order");
        assert_eq!((self.demuxer.repaired(), self.demuxer.dropped()), (0, 0));
        std::mem::take(&mut self.frames)
    }

    /// Reads until an event is the one, or the connection ends: then it has not come.
    fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> bool {
        let deadline = Instant::now() + STREAM;
        self.connection.socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut buffer = vec![0; 64 << 10];
        while Instant::now() < deadline {
            let now = Time::ZERO + Delta::from_std(self.began.elapsed());
            match self.connection.socket.read(&mut buffer) {
                Ok(0) => return false,
                Ok(size) => self.connection.session.receive(now, &buffer[..size]).unwrap(),
                Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return false,
            }
            while let Some(output) = self.connection.session.poll() {
                match output {
                    Output::Send(bytes) => self.send(&bytes),
                    Output::Event(Event::Media(media)) => self.media(media.kind, media.time, media.body),
                    Output::Event(event) if is_it(&event) => return true,
                    Output::Event(_) => {}
                }
            }
        }
        false
    }

    fn send(&mut self, bytes: &[u8]) {
        use std::io::Write;
        let _ = self.connection.socket.write_all(bytes);
    }

    fn media(&mut self, kind: MediaKind, time: Time, body: Bytes) {
        let wall = SystemTime::UNIX_EPOCH;
        let frames: flv::Frames = match kind {
            MediaKind::Video => self.demuxer.video(time, wall, body),
            MediaKind::Audio => self.demuxer.audio(time, wall, body),
            MediaKind::Data => return,
        };
        self.frames.extend(frames.map(Result::unwrap).filter(|frame| frame.track.kind() != Kind::Data));
    }
}
