//! HLS from the real binary, with FFmpeg as encoder and player.

use std::time::{Duration, Instant};

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Played};
use testkit::{Server, Signal, Tool, http, tool};

use crate::support::{
    B_FRAMES, LONG_GOP, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, assert_all_pictures, original,
    wait_for_ok,
};

/// A media playlist as far as these tests read it.
struct Playlist {
    text: String,
    segments: Vec<String>,
}

impl Playlist {
    /// The playlist at `url`, followed through a master playlist to the media playlist.
    #[track_caller]
    fn fetch(server: &Server, url: &str) -> Playlist {
        let text = wait_for_ok(url).text();
        let uris = |text: &str| {
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        if text.contains("#EXT-X-STREAM-INF") {
            let media = uris(&text).pop().unwrap();
            return Playlist::fetch(server, &server.http_url(media.trim_start_matches('/')));
        }
        Playlist { segments: uris(&text), text }
    }

    /// The playlist at `url` once `fits` holds for it.
    #[track_caller]
    fn wait(server: &Server, url: &str, what: &str, fits: impl Fn(&Playlist) -> bool) -> Playlist {
        testkit::wait::until(what, SOON, || {
            Some(Playlist::fetch(server, url)).filter(|playlist| fits(playlist))
        })
    }

    /// The playlist of `live/s`, whose publisher has just ended, once its last segment is there: within a second.
    #[track_caller]
    fn whole(server: &Server, clip: &Clip) -> Playlist {
        let ended = Instant::now();
        let all = clip.duration().as_secs_f64() - 0.1;
        let playlist =
            Playlist::wait(server, &server.http_url("live/s.m3u8"), "the last segment", |playlist| {
                playlist.lengths().iter().sum::<f64>() > all
            });
        assert!(
            ended.elapsed() < Duration::from_secs(1),
            "the last segment came after {:?}",
            ended.elapsed()
        );
        playlist
    }

    /// How long the segments are, in seconds.
    fn lengths(&self) -> Vec<f64> {
        self.values("#EXTINF:").map(|value| value.split(',').next().unwrap().parse().unwrap()).collect()
    }

    /// What follows `tag` on the lines that begin with it.
    fn values<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a str> {
        self.text.lines().filter_map(move |line| line.strip_prefix(tag))
    }

    /// Downloads every segment and plays the whole as a recording.
    #[track_caller]
    fn play(&self, server: &Server) -> Played {
        let folder = tempfile::tempdir().unwrap();
        let mut local = String::new();
        let mut number = 0;
        for line in self.text.lines() {
            if line.starts_with('#') {
                local += line;
            } else {
                let segment = http::get(&server.http_url(&format!("live/{line}")));
                assert_eq!(
                    (segment.status, segment.header("content-type")),
                    (200, vec!["video/mp2t"]),
                    "{line}"
                );
                let file = format!("{number}.ts");
                std::fs::write(folder.path().join(&file), &segment.body).unwrap();
                local += &file;
                number += 1;
            }
            local += "\n";
        }
        local += "#EXT-X-ENDLIST\n";
        let path = folder.path().join("all.m3u8");
        std::fs::write(&path, local).unwrap();
        ffmpeg::play(&path.to_string_lossy()).run(STREAM)
    }
}

/// A server with short segments; the rest as it comes.
fn server() -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").start()
}

/// Every picture and every sound are in the segments that are there when the stream has ended.
#[track_caller]
fn arrives_whole(spec: Spec) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = server();
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let playlist = Playlist::whole(&server, &clip);
    assert!(!playlist.text.contains("ENDLIST"), "the stream may come back:\n{}", playlist.text);
    let (played, original) = (playlist.play(&server), original(&clip));
    played.assert_clean();
    assert_all_pictures(&played, &original);
    // The sound of before the first picture is left out: a segment begins with a picture.
    let (came, all) = (played.sounds().len(), original.sounds().len());
    assert!(came <= all && came + 3 >= all, "{came} sounds of {all}");
}

#[test]
fn picture_and_sound_arrive_whole() {
    arrives_whole(USUAL);
}

#[test]
fn b_frames_arrive_whole() {
    arrives_whole(B_FRAMES);
}

#[test]
fn a_gop_of_ten_seconds_arrives_whole() {
    arrives_whole(LONG_GOP);
}

#[test]
fn sound_alone_arrives_whole() {
    arrives_whole(SOUND_ONLY);
}

#[test]
fn pictures_alone_arrive_whole() {
    arrives_whole(PICTURE_ONLY);
}

#[test]
fn segments_are_of_ten_seconds_and_named_as_players_know_them() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 24, ..Spec::default() });
    let server = Server::start(SLUICE);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start().succeed(STREAM);
    let playlist = Playlist::whole(&server, &clip);
    let lengths = playlist.lengths();
    assert_eq!(lengths.len(), 3, "{}", playlist.text);
    assert!(lengths[..2].iter().all(|length| (9.9..10.1).contains(length)), "{lengths:?}");
    assert!((3.9..4.1).contains(&lengths[2]), "the last is what is left: {lengths:?}");
    assert!(playlist.values("#EXT-X-PROGRAM-DATE-TIME:").count() > 0, "{}", playlist.text);
    for (number, segment) in playlist.segments.iter().enumerate() {
        let name = segment.split('?').next().unwrap().strip_suffix(".ts").unwrap();
        let parts: Vec<_> = name.split('-').collect();
        assert_eq!((parts.len(), parts[0], parts[1]), (3, "s", number.to_string().as_str()), "{segment}");
        assert!(parts[2].parse::<u64>().is_ok_and(|millis| millis > 1_700_000_000_000), "{segment}");
    }
}

#[test]
fn each_viewer_has_a_session_of_its_own() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = server();
    let _publishing = ffmpeg::publish(&Clip::new(USUAL), &server.publish_url("live/s")).speed(2.0).start();
    let url = server.http_url("live/s.m3u8");
    let masters = [wait_for_ok(&url).text(), wait_for_ok(&url).text()];
    assert!(
        masters
            .iter()
            .all(|master| master.contains("#EXT-X-STREAM-INF") && master.contains("/live/s.m3u8?hls_ctx=")),
        "{masters:?}"
    );
    assert_ne!(masters[0], masters[1]);
    let child = masters[0].lines().last().unwrap().trim_start_matches('/');
    let playlist = Playlist::fetch(&server, &server.http_url(child));
    let context = child.split_once('?').unwrap().1;
    assert!(
        playlist.segments.iter().all(|segment| segment.ends_with(&format!("?{context}"))),
        "{}",
        playlist.text
    );
    assert_eq!(http::get(&server.http_url(child)).header("content-type"), ["application/vnd.apple.mpegurl"]);
}

#[test]
fn a_plain_playlist_is_the_same_for_all_and_may_be_cached() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_MEDIA_HLS_MODE", "plain").start();
    let clip = Clip::new(USUAL);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start().succeed(STREAM);
    Playlist::whole(&server, &clip);
    let answer = wait_for_ok(&server.http_url("live/s.m3u8"));
    let text = answer.text();
    assert!(text.contains("#EXTINF:") && !text.contains("hls_ctx"), "{text}");
    assert_eq!(answer.header("cache-control"), ["public, max-age=10"]);
    assert_eq!(wait_for_ok(&server.http_url("live/s.m3u8")).text(), text);
    let segment = text.lines().last().unwrap();
    let segment = http::get(&server.http_url(&format!("live/{segment}")));
    assert_eq!(segment.header("cache-control"), ["public, max-age=600"]);
    assert_eq!(segment.header("access-control-allow-origin"), ["*"]);
}

#[test]
fn a_live_player_follows_the_window() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 30, ..B_FRAMES });
    let server = server();
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    wait_for_ok(&url);
    let played = ffmpeg::play(&url).option("live_start_index", "0").seconds(12).run(STREAM);
    played.assert_clean();
    let (pictures, original) = (played.pictures(), original(&clip).pictures());
    assert!(pictures.len() >= 11 * 25, "{}", pictures.len());
    assert!(original.starts_with(&pictures), "from the first picture on, without a gap");
}

#[test]
fn a_live_player_outlives_a_killed_publisher_that_returns() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 20, ..Spec::default() });
    let server = server();
    let mut first = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    wait_for_ok(&url);
    // Ten seconds cannot be had from the first publisher alone.
    let playing = ffmpeg::play(&url).option("live_start_index", "0").seconds(12).start();
    Playlist::wait(&server, &url, "a second segment", |playlist| playlist.segments.len() >= 2);
    first.signal(Signal::Kill);
    first.wait(SOON);
    let _second = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    let played = playing.finish(STREAM);
    played.assert_clean();
    let (pictures, original) = (played.pictures(), original(&clip).pictures());
    let restart = (1..pictures.len()).find(|at| pictures[*at] == original[0]);
    let restart = restart.expect("the second publisher's first picture comes");
    assert!(original.starts_with(&pictures[..restart]) && original.starts_with(&pictures[restart..]));
    let playlist = Playlist::fetch(&server, &url);
    assert_eq!(
        playlist.values("#EXT-X-DISCONTINUITY").filter(|rest| rest.is_empty()).count(),
        1,
        "{}",
        playlist.text
    );
}
