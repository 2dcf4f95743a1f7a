//! Going back in live streams of the real binary, by the URL of the stream itself.

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::{Server, Tool, ffmpeg, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::{B_FRAMES, SLUICE, SOON, STREAM, original};

/// Has the past of every stream of `live` kept.
#[track_caller]
fn keep(owner: &Client, settings: Value) -> String {
    let job =
        json!({"kind": "timeshift", "label": "all", "streams": {"only": ["live/*"]}, "settings": settings});
    let made = owner.ask("POST", "jobs", Some(job));
    assert_eq!(made.status, 201, "{}", made.text());
    json_of(&made)["id"].as_str().unwrap().to_owned()
}

fn get(server: &Server, path: &str) -> (u16, String) {
    let answer = http::get(&server.http_url(path));
    (answer.status, answer.text())
}

/// The playlist that a viewer of its own gets, and where it is.
fn playlist(server: &Server, stream: &str, query: &str) -> Option<(String, String)> {
    let (status, master) = get(server, &format!("{stream}.m3u8?timeshift={query}"));
    let uri = master.lines().find(|line| line.contains("hls_ctx="))?;
    let uri = uri.trim_start_matches('/').to_owned();
    let (listed, text) = get(server, &uri);
    ((status, listed) == (200, 200)).then_some((text, uri))
}

#[test]
fn whoever_comes_late_sees_the_stream_from_its_beginning_to_its_end() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::owner(&server);
    let wrong = json!({"kind": "timeshift", "label": "x", "streams": {"only": ["live/*"]}, "settings": {"seconds": 1}});
    assert_eq!(owner.ask("POST", "jobs", Some(wrong)).status, 422);
    assert_eq!(get(&server, "live/s.m3u8?timeshift=0").0, 404);
    let job = keep(&owner, json!({}));
    let clip = Clip::new(Spec { seconds: 30, ..B_FRAMES });
    let publisher = ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(3.0).start();
    let (text, uri) = wait::until("a playlist", STREAM, || {
        playlist(&server, "live/s", "10").filter(|(text, _)| text.contains("#EXTINF"))
    });
    assert!(text.contains("#EXT-X-START:TIME-OFFSET=") && !text.contains("ENDLIST"), "{text}");
    // Who goes back is a viewer like all others.
    let viewers = owner.get("streams/live%2Fs")["viewers"].clone();
    assert!(viewers["hls"].as_u64().is_some_and(|viewers| viewers >= 1), "{viewers}");
    let public = json_of(&http::get(&server.http_url("api/v2/public/streams/live%2Fs")));
    assert!(public["timeshift"].as_u64().is_some_and(|seconds| seconds >= 6), "{public}");
    publisher.succeed(STREAM);
    // All of it, although the window of HLS has gone on long ago.
    let seconds = |text: &str| -> f64 {
        let lengths = text
            .lines()
            .filter_map(|line| line.strip_prefix("#EXTINF:")?.trim_end_matches(',').parse::<f64>().ok());
        lengths.sum()
    };
    wait::until("all of it", STREAM, || {
        let text = get(&server, &uri).1;
        (text.contains("MEDIA-SEQUENCE:0\n") && (seconds(&text) - 30.0).abs() < 0.2).then_some(())
    });
    assert!(data.path().join("timeshift").read_dir().unwrap().count() == 1);
    let sent = original(&clip);
    let url = server.http_url("live/s.m3u8?timeshift=86400");
    let played = ffmpeg::play(&url).option("live_start_index", "0").seconds(29).run(STREAM);
    let (pictures, sounds) = (played.pictures(), played.sounds());
    assert!(pictures.len() > 28 * 25 && sent.pictures().starts_with(&pictures), "{}", pictures.len());
    assert!(sounds.len() > 28 * 43 && sent.sounds().starts_with(&sounds), "{}", sounds.len());
    // What was kept goes with the job.
    assert_eq!(owner.ask("DELETE", &format!("jobs/{job}"), None).status, 204);
    wait::until("an empty folder", SOON, || {
        (data.path().join("timeshift").read_dir().unwrap().count() == 0).then_some(())
    });
    assert_eq!(get(&server, "live/s.m3u8?timeshift=0").0, 404);
}
