//! Hours in little: publishers and viewers come, go and crash for `MINUTES`, and the server's memory must not grow with
//! what has passed through. Run by `make soak`, not by the checks.

use std::time::{Duration, Instant};

use testkit::clip::{Clip, Spec};
use testkit::{Server, Signal, Tool, ffmpeg, http, tool};

use crate::support::{SLUICE, SOON, wait_for_viewers};

#[test]
#[ignore = "takes MINUTES=30; make soak runs it"]
fn memory_stays_where_it_is_while_all_come_and_go() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let minutes: u64 = std::env::var("MINUTES").map_or(30, |text| text.parse().expect("MINUTES is a number"));
    let deadline = Instant::now() + Duration::from_secs(60 * minutes);
    let clip = Clip::new(Spec { seconds: 20, b_frames: 2, ..Spec::default() });
    let server = Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").start();
    let steady = ffmpeg::publish(&clip, &server.publish_url("live/steady")).forever().start();
    let mut faithful = ffmpeg::play(&server.rtmp_url("live/steady")).start();
    let mut settled = None;
    let mut rounds = 0;
    while Instant::now() < deadline {
        round(&server, &clip, rounds);
        rounds += 1;
        let memory = resident(server.id());
        eprintln!("round {rounds}: {} KiB resident", memory / 1024);
        // By then the logs, playlists and allocator have reached their size.
        if rounds == SETTLING {
            settled = Some(memory);
        }
        if let Some(settled) = settled {
            assert!(memory < settled + settled / 4 + (16 << 20), "{memory} bytes after {settled}");
        }
        assert!(faithful.process.running(), "the viewer who stays is still there");
    }
    faithful.stop(SOON).assert_clean();
    drop(steady);
    assert!(server.stop(SOON).status.success());
}

/// One stream with a viewer of each kind, which ends, or whose publisher crashes.
fn round(server: &Server, clip: &Clip, number: usize) {
    let stream = format!("live/s{number}");
    let by_rtmp = ffmpeg::play(&server.rtmp_url(&stream)).start();
    let by_flv = ffmpeg::play(&server.http_url(&format!("{stream}.flv"))).start();
    wait_for_viewers(server, "flv", number + 1);
    let mut publishing = ffmpeg::publish(clip, &server.publish_url(&stream)).speed(4.0).start();
    if number.is_multiple_of(2) {
        publishing.succeed(SOON);
        by_rtmp.finish(SOON).assert_clean();
    } else {
        let mut by_rtmp = by_rtmp;
        by_rtmp.wait_for_pictures(100, SOON);
        publishing.signal(Signal::Kill);
        publishing.wait(SOON);
    }
    drop(by_flv);
    let playlist = http::get(&server.http_url(&format!("{stream}.m3u8")));
    assert_eq!(playlist.status, 200);
}

/// The resident memory of a process, in bytes.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

const SETTLING: usize = 12;
