//! Opus that is published, as players that have no Opus hear it, from the real binary: in time with the pictures, made once,
//! and through what publishers do.

use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;

use media::{Codec, Delta, Frame, Kind, Time};
use testkit::ffmpeg::{self, Played, Version};
use testkit::{Mix, Process, Server, Signal, Tool, http, tool, wait};

use crate::support::{SLUICE, SOON, STREAM, frames_of_flv, wait_for_ok, wait_for_viewers};

const X264: &str = "libx264 -preset ultrafast -tune zerolatency -b 300k";
const OPUS: &str = "libopus -b:a 96k";
/// Sample rate of what is made of Opus.
const RATE: f64 = 48_000.0;

fn tools() -> bool {
    tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9])
}

fn start() -> Server {
    Server::of(SLUICE).env("SLUICE_METRICS_LISTEN", "127.0.0.1:0").start()
}

/// Publishes the file at its pace.
fn publish(server: &Server, file: &Path) -> Process {
    ffmpeg::publish_file(file, &server.publish_url("live/s")).version(Version::Nine).start()
}

/// All bytes of `live/s{suffix}`, to its end.
fn download(server: &Server, suffix: &str) -> JoinHandle<Vec<u8>> {
    let url = server.http_url(&format!("live/s{suffix}"));
    std::thread::spawn(move || http::get(&url).body)
}

/// What FFmpeg 9 makes of the main track `track` of `media`, as raw data of this form.
fn decoded(media: &[u8], track: &str, form: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (file, raw) = (folder.path().join("media"), folder.path().join("raw"));
    std::fs::write(&file, media).unwrap();
    let mut command = Command::new(Version::Nine.program());
    command.args(["-v", "error", "-i"]).arg(&file).args(["-map", track]).args(form).arg(&raw);
    let said = command.output().unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
    std::fs::read(raw).unwrap()
}

/// The left channel of the sound.
fn samples(media: &[u8]) -> Vec<f32> {
    let raw = decoded(media, "0:a", &["-f", "f32le", "-ac", "2"]);
    raw.chunks_exact(8).map(|pair| f32::from_le_bytes(pair[..4].try_into().unwrap())).collect()
}

/// When each beat begins, in seconds: where something is after half a second of nothing.
fn beginnings(something: impl Iterator<Item = (f64, bool)>) -> Vec<f64> {
    let (mut found, mut last) = (Vec::new(), f64::MIN);
    for (at, _) in something.filter(|(_, there)| *there) {
        if at - last > 0.5 {
            found.push(at);
        }
        last = at;
    }
    found
}

fn seconds(time: Time) -> f64 {
    (time - Time::ZERO).as_secs_f64()
}

/// When the beats of an FLV file are seen, and when they are heard.
fn beats(flv: &[u8]) -> (Vec<f64>, Vec<f64>) {
    let frames = frames_of_flv(flv);
    let of_kind = |kind| frames.iter().filter(move |frame| frame.track.kind() == kind);
    let grey =
        decoded(flv, "0:v", &["-fps_mode", "passthrough", "-vf", "scale=1:1,format=gray", "-f", "rawvideo"]);
    let times: Vec<_> = of_kind(Kind::Video).map(|frame| seconds(frame.pts)).collect();
    assert_eq!(grey.len(), times.len());
    let seen = beginnings(times.into_iter().zip(grey).map(|(at, grey)| (at, grey > 128)));
    let first = seconds(of_kind(Kind::Audio).next().unwrap().dts);
    let samples = samples(flv).into_iter().enumerate();
    let heard = beginnings(samples.map(|(at, sample)| (first + at as f64 / RATE, sample.abs() > 0.1)));
    (seen, heard)
}

/// Asserts that the sound has no holes after its first.
fn assert_gapless<'a>(frames: impl Iterator<Item = &'a Frame>) {
    let times: Vec<_> = frames.map(|frame| frame.dts).collect();
    let hole = times.windows(2).find(|pair| pair[1] - pair[0] > Delta::millis(23));
    assert_eq!(hole, None, "a frame is 21 ms");
}

#[test]
fn opus_is_heard_as_aac_in_time_with_the_pictures() {
    if !tools() {
        return;
    }
    let server = start();
    let watching = download(&server, ".flv");
    wait_for_viewers(&server, "flv", 1);
    publish(&server, &Mix::new(9).beats().video(X264).audio(OPUS).path()).succeed(STREAM);
    let flv = watching.join().unwrap();
    let frames = frames_of_flv(&flv);
    let sound: Vec<_> = frames.iter().filter(|frame| frame.track.kind() == Kind::Audio).collect();
    assert!(sound.iter().all(|frame| matches!(frame.track.codec, Codec::Aac(_))));
    assert_gapless(sound.into_iter());
    let (seen, heard) = beats(&flv);
    // The first may be cut, as the player begins with the first picture.
    let (seen, heard) = (&seen[1..], &heard[heard.len() - (seen.len() - 1)..]);
    assert!(seen.len() >= 3, "{seen:?}");
    for (seen, heard) in seen.iter().zip(heard) {
        assert!((heard - seen).abs() < 0.03, "seen at {seen}, heard at {heard}");
    }
    // In the middle of a beat there is its tone.
    let samples = samples(&flv);
    let begins = samples.iter().skip(24_000).position(|sample| sample.abs() > 0.1).unwrap() + 24_000;
    let middle = &samples[begins + 2_400..begins + 7_200];
    let swings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count() as f64 * 10.0;
    assert!((swings - Mix::BEAT_HERTZ).abs() <= 10.0, "{swings} Hz");
    let log = server.log();
    assert!(!log.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{log:#?}");
}

/// Asserts that a player got all pictures, and as much sound as there was, less what there was before it came.
#[track_caller]
fn assert_heard(played: &Played, original: &Played) {
    ffmpeg::assert_ends_with(&original.pictures(), &played.pictures(), original.pictures().len());
    let span = played.span(ffmpeg::Kind::Audio);
    assert!((span - original.span(ffmpeg::Kind::Audio)).abs() < 0.3, "{span} s of sound");
}

/// FFmpeg 5.1 knows no Opus in FLV, and announces nothing: a player of old.
#[test]
fn players_of_old_hear_opus_by_every_output() {
    if !tools() {
        return;
    }
    let server = start();
    let file = Mix::new(6).video(X264).audio(OPUS).path();
    let urls = [
        ("rtmp", server.rtmp_url("live/s")),
        ("flv", server.http_url("live/s.flv")),
        ("ts", server.http_url("live/s.ts")),
    ];
    let players = urls.map(|(proto, url)| {
        let playing = ffmpeg::play(&url).start();
        wait_for_viewers(&server, proto, 1);
        playing
    });
    let bare = download(&server, ".aac");
    wait_for_viewers(&server, "aac", 1);
    publish(&server, &file).succeed(STREAM);
    let original = ffmpeg::play(&file.to_string_lossy()).version(Version::Nine).run(STREAM);
    for player in players {
        let played = player.finish(SOON);
        played.assert_clean();
        assert_heard(&played, &original);
    }
    let bare = samples(&bare.join().unwrap()).len() as f64 / RATE;
    assert!((bare - 6.0).abs() < 0.4, "{bare} s");
    let playlist = wait_for_ok(&server.http_url("live/s.m3u8?variant=ts"));
    assert_eq!(playlist.status, 200);
    let mut hls =
        ffmpeg::play(&server.http_url("live/s.m3u8?variant=ts")).option("live_start_index", "0").start();
    hls.wait_for_pictures(140, SOON);
    let heard = hls.so_far();
    assert!(heard.span(ffmpeg::Kind::Audio) > 5.0, "{} s", heard.span(ffmpeg::Kind::Audio));
}

#[test]
fn who_asks_for_the_source_or_announces_opus_gets_it_as_it_was_sent() {
    if !tools() {
        return;
    }
    let server = start();
    let file = Mix::new(4).video(X264).audio(OPUS).path();
    let play = |url: String| ffmpeg::play(&url).version(Version::Nine);
    let listed = |list| play(server.rtmp_url("live/s")).option("rtmp_enhanced_codecs", list).start();
    let (with, without) = (listed("Opus,hvc1"), listed("hvc1"));
    let asked = play(server.rtmp_url("live/s?sound=source")).start();
    wait_for_viewers(&server, "rtmp", 3);
    let flv = play(server.http_url("live/s.flv?sound=source")).start();
    wait_for_viewers(&server, "flv", 1);
    publish(&server, &file).succeed(STREAM);
    let original = ffmpeg::play(&file.to_string_lossy()).version(Version::Nine).run(STREAM);
    let sounds = original.sounds();
    for player in [with, asked, flv] {
        ffmpeg::assert_ends_with(&sounds, &player.finish(SOON).sounds(), sounds.len() - 3);
    }
    let played = without.finish(SOON);
    assert!(!played.sounds().iter().any(|sound| sounds.contains(sound)), "AAC is in everybody's list");
    assert_heard(&played, &original);
}

fn derivations(server: &Server) -> f64 {
    let address = server.addresses().metrics.unwrap();
    let text = http::get(&format!("http://{address}/metrics")).text();
    let line = text.lines().find_map(|line| line.strip_prefix("sluice_derivations{sound=\"aac\"} "));
    line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}

#[test]
fn it_is_made_once_for_all_and_not_for_streams_that_have_it() {
    if !tools() {
        return;
    }
    let server = start();
    let playing = [0; 2].map(|_| ffmpeg::play(&server.http_url("live/s.flv")).start());
    wait_for_viewers(&server, "flv", 2);
    let publishing = publish(&server, &Mix::new(30).video(X264).audio(OPUS).path());
    let aac = Mix::new(30).video(X264).audio("aac").path();
    let other = ffmpeg::publish_file(&aac, &server.publish_url("live/aac")).version(Version::Nine).start();
    for mut playing in playing {
        playing.wait_for_pictures(50, SOON);
    }
    assert_eq!(derivations(&server), 1.0);
    drop((publishing, other));
    wait::until("nothing is made any more", SOON, || (derivations(&server) == 0.0).then_some(()));
}

#[test]
fn a_publisher_that_is_lost_and_returns_with_another_codec_is_heard() {
    if !tools() {
        return;
    }
    let server = start();
    let playing = ffmpeg::play(&server.rtmp_url("live/s")).version(Version::Nine).start();
    wait_for_viewers(&server, "rtmp", 1);
    let files = [OPUS, OPUS, "aac"].map(|sound| Mix::new(20).video(X264).audio(sound).path());
    for (round, file) in files.iter().enumerate() {
        let mut publishing = publish(&server, file);
        wait::until(&format!("publisher {round} is heard"), SOON, || {
            let played = playing.so_far();
            let (pictures, heard) = (played.span(ffmpeg::Kind::Video), played.span(ffmpeg::Kind::Audio));
            // Two seconds of each, and no sound or picture behind the other.
            (heard.min(pictures) > 2.0 * (round + 1) as f64 && (heard - pictures).abs() < 0.5).then_some(())
        });
        publishing.signal(Signal::Kill);
    }
    let played = playing.so_far();
    assert!(!played.complaints.iter().any(|line| line.contains("Non-monotonic")), "{:#?}", played.complaints);
}
