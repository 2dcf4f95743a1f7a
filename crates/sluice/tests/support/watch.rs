//! One stream watched in all ways at once.

use media::Delta;
use testkit::ffmpeg::{self, Kind, Played, Playing};
use testkit::{Clip, Script, Server};

use super::encoder::Encoder;
use super::playlist::Playlist;
use super::{SLUICE, SOON, STREAM, assert_all_pictures, wait_for_viewers};

/// Viewers of `live/s` who were there before its publisher.
pub(crate) struct Audience {
    rtmp: Playing,
    flv: Playing,
}

/// What came.
pub(crate) struct Seen {
    pub(crate) rtmp: Played,
    pub(crate) flv: Played,
    pub(crate) hls: Played,
}

/// A server with short segments.
pub(crate) fn server() -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").start()
}

/// Publishes `script`, which has pictures, four times as fast as it wants, and gives what viewers of each kind see of it;
/// of HLS, once its segments are as long as the script, less a tenth of a second.
#[track_caller]
pub(crate) fn watch(script: Script) -> Seen {
    watch_at(4.0, script)
}

/// The same, so many times as fast as it wants.
#[track_caller]
pub(crate) fn watch_at(speed: f64, script: Script) -> Seen {
    let server = server();
    let audience = Audience::of(&server);
    let seconds = length(&script);
    Encoder::to(&server.publish_url("live/s")).publish(script.speed(speed)).finish();
    audience.leave(&server, seconds)
}

/// How long the pictures are sent.
fn length(script: &Script) -> f64 {
    let mut times = script.cues().iter().filter(|cue| cue.is_picture()).map(|cue| cue.at);
    let first = times.next().unwrap_or_default();
    (times.last().unwrap_or(first) - first).as_secs_f64()
}

impl Audience {
    #[track_caller]
    pub(crate) fn of(server: &Server) -> Audience {
        let rtmp = ffmpeg::play(&server.rtmp_url("live/s")).start();
        let flv = ffmpeg::play(&server.http_url("live/s.flv")).start();
        wait_for_viewers(server, "rtmp", 1);
        wait_for_viewers(server, "flv", 1);
        Audience { rtmp, flv }
    }

    /// The stream has ended: plays what is left. The segments are waited for until they hold `seconds`.
    #[track_caller]
    pub(crate) fn leave(self, server: &Server, seconds: f64) -> Seen {
        let hls = Playlist::of_length(server, "live/s", seconds - 0.1).play(server, STREAM);
        Seen { rtmp: self.rtmp.finish(SOON), flv: self.flv.finish(SOON), hls }
    }
}

impl Seen {
    pub(crate) fn each(&self) -> [(&'static str, &Played); 3] {
        [("RTMP", &self.rtmp), ("FLV", &self.flv), ("HLS", &self.hls)]
    }

    /// Passes over what players say that contains `words`: it is their own trouble.
    pub(crate) fn forgive(&mut self, words: &str) {
        for played in [&mut self.rtmp, &mut self.flv, &mut self.hls] {
            played.complaints.retain(|line| !line.contains(words));
        }
    }

    /// Asserts that nobody's player complained, and that everybody saw every picture of `original`, and no other.
    #[track_caller]
    pub(crate) fn assert_all_pictures(&self, original: &Played) {
        for (name, played) in self.each() {
            eprintln!("by {name}:");
            played.assert_clean();
            assert_all_pictures(played, original);
        }
    }

    /// Asserts that picture and sound are in step for everybody: within 40 ms of how they are in `original`.
    #[track_caller]
    pub(crate) fn assert_in_step(&self, original: &Played) {
        for (name, played) in self.each() {
            eprintln!("by {name}:");
            played.assert_in_step(original, Delta::millis(40).to_std());
        }
    }

    /// Asserts that everybody heard all sounds of `original`, but `missing` at most.
    #[track_caller]
    pub(crate) fn assert_sounds(&self, original: &Played, missing: usize) {
        for (name, played) in self.each() {
            let (came, all) = (played.packets(Kind::Audio).len(), original.sounds().len());
            assert!(came <= all && came + missing >= all, "{name}: {came} sounds of {all}");
        }
    }

    /// Asserts that the stream lasts as long for everybody as `original`: a clock that jumped anywhere shows here.
    #[track_caller]
    pub(crate) fn assert_same_length(&self, original: &Played) {
        for (name, played) in self.each() {
            assert_same_length(name, played, original);
        }
    }
}

/// Asserts that `played` lasts as long as `original`.
#[track_caller]
pub(crate) fn assert_same_length(name: &str, played: &Played, original: &Played) {
    for kind in [Kind::Video, Kind::Audio] {
        // The sound of before the first picture is left out.
        let (span, expected) = (played.span(kind), original.span(kind));
        let frame = expected / (original.packets(kind).len() as f64 - 1.0);
        let apart = (span - expected).abs();
        assert!(apart < 0.07 || apart < 1.5 * frame, "{name}: {span} s of {kind:?} came of {expected} s");
    }
}

/// Asserts what holds of every stream that is whole: all came, as long as it was, in step.
#[track_caller]
pub(crate) fn assert_undisturbed(seen: &Seen, clip: &Clip) {
    let original = super::original(clip);
    seen.assert_all_pictures(&original);
    // The sound of before the first picture is left out.
    seen.assert_sounds(&original, 3);
    seen.assert_same_length(&original);
    seen.assert_in_step(&original);
}
