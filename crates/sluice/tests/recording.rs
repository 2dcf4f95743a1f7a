//! Recordings of the real binary: what is in them, how they are had over HTTP, and what of them a kill leaves.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Played, Version};
use testkit::{Callback, Mix, Server, Signal, Tool, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::{
    B_FRAMES, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, assert_whole, original,
};

/// A server that does not mind how full the disk of the machine is, with its owner.
fn start(data: &Path) -> Server {
    Server::of(SLUICE).data(data).start()
}

/// Has every stream of `live` recorded, and each recording be over with its publisher.
#[track_caller]
fn record(owner: &Client) -> String {
    let keep =
        owner.ask("PUT", "recordings/retention", Some(json!({"days": null, "bytes": null, "reserve": 0})));
    assert_eq!(keep.status, 200, "{}", keep.text());
    let job =
        json!({"kind": "record", "label": "all", "streams": {"only": ["live/*"]}, "settings": {"gap": 0}});
    let made = owner.ask("POST", "jobs", Some(job));
    assert_eq!(made.status, 201, "{}", made.text());
    json_of(&made)["id"].as_str().unwrap().to_owned()
}

/// Waits until there are `count` recordings and all are finished.
#[track_caller]
fn finished(owner: &Client, count: usize) -> Vec<Value> {
    wait::until("finished recordings", STREAM, || {
        let items = owner.get("recordings")["items"].as_array().unwrap().clone();
        let done = items.iter().all(|item| item["state"] == "finished");
        (items.len() == count && done).then_some(items)
    })
}

fn index(data: &Path, recording: &Value) -> PathBuf {
    data.join("record").join(recording["id"].as_str().unwrap()).join("index.mp4")
}

fn play(file: &Path) -> Played {
    ffmpeg::play(&file.to_string_lossy()).run(SOON)
}

#[test]
fn what_is_published_is_in_the_recording_to_the_last_frame() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    record(&owner);
    for (number, spec) in [USUAL, B_FRAMES, SOUND_ONLY, PICTURE_ONLY].into_iter().enumerate() {
        let clip = Clip::new(spec);
        let url = server.publish_url(&format!("live/{number}"));
        ffmpeg::publish(&clip, &url).speed(4.0).start().succeed(STREAM);
        let all = finished(&owner, number + 1);
        let recording = &all[0];
        assert_eq!((&recording["app"], &recording["stream"]), (&json!("live"), &json!(number.to_string())));
        let tracks = recording["files"][0]["tracks"].as_array().unwrap();
        assert_eq!(tracks.len(), usize::from(spec.video) + usize::from(spec.audio), "{recording}");
        assert!(tracks.iter().all(|track| track["bitrate"].as_f64().unwrap() > 1_000.0), "{recording}");
        if let Some(video) = tracks.iter().find(|track| track["kind"] == "video") {
            let (fps, width) = (video["fps"].as_f64().unwrap(), &video["width"]);
            assert!((fps - 25.0).abs() < 0.1 && width.as_u64().unwrap() > 0, "{video}");
        }
        let (played, sent) = (play(&index(data.path(), recording)), original(&clip));
        assert_whole(&played, &sent);
        assert_eq!(
            (played.pictures().len(), played.sounds().len()),
            (sent.pictures().len(), sent.sounds().len())
        );
        let kind = if spec.video { ffmpeg::Kind::Video } else { ffmpeg::Kind::Audio };
        assert!((played.span(kind) - sent.span(kind)).abs() < 0.05, "{spec:?} keeps its times");
    }
}

/// One after the other, to one server: each combination of codecs is in its recording as it was sent.
#[test]
fn every_codec_that_mp4_has_is_recorded_as_it_was_sent() {
    if !tool::have(&[Tool::Ffmpeg9]) {
        return;
    }
    let x265 = "libx265 -preset ultrafast -b 300k -bf 2 -x265-params log-level=error:bframes=2:pools=1";
    let mixes = [
        Mix::new(4).video(x265).audio("aac"),
        Mix::new(4).video("libsvtav1 -preset 12 -b 300k -svtav1-params lp=1").audio("libopus -b:a 64k"),
        Mix::new(4).video("libx264 -preset ultrafast -b 300k -bf 2").audio("flac"),
    ];
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    record(&owner);
    let nine = |path: &Path| {
        let played = ffmpeg::play(&path.to_string_lossy()).version(Version::Nine).run(STREAM);
        played.assert_clean();
        played
    };
    for (number, mix) in mixes.iter().enumerate() {
        let path = mix.path();
        let url = server.publish_url(&format!("live/{number}"));
        ffmpeg::publish_file(&path, &url).version(Version::Nine).speed(2.0).start().succeed(STREAM);
        let all = finished(&owner, number + 1);
        let (played, sent) = (nine(&index(data.path(), &all[0])), nine(&path));
        assert_eq!(played.pictures(), sent.pictures(), "{}", path.display());
        assert_eq!(played.sounds(), sent.sounds(), "{}", path.display());
        let off = played.span(ffmpeg::Kind::Video) - sent.span(ffmpeg::Kind::Video);
        assert!(off.abs() < 0.05, "{} is {off} s longer", path.display());
    }
}

#[test]
fn a_recording_is_had_over_http_whole_and_in_parts_and_is_gone_when_removed() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    let job = record(&owner);
    let callback = Callback::start();
    let events = json!(["on_record_begin", "on_record_end"]);
    let hook = json!({"label": "x", "url": callback.url("/"), "events": events});
    assert_eq!(owner.ask("POST", "webhooks", Some(hook)).status, 201);
    ffmpeg::publish(&Clip::new(USUAL), &server.publish_url("live/s")).speed(4.0).start().succeed(STREAM);
    let recording = finished(&owner, 1).remove(0);
    let id = recording["id"].as_str().unwrap();
    let whole = std::fs::read(index(data.path(), &recording)).unwrap();
    assert_eq!(recording["bytes"], whole.len());

    let get = |headers: &[(&str, &str)]| {
        let mut all = vec![("cookie", owner.cookie.as_str())];
        all.extend(headers);
        http::send("GET", &server.http_url(&format!("api/v2/recordings/{id}/files/1")), &all, "")
    };
    let answer = get(&[]);
    assert_eq!((answer.status, &answer.body), (200, &whole));
    assert_eq!(
        (answer.header("content-type"), answer.header("accept-ranges")),
        (vec!["video/mp4"], vec!["bytes"])
    );
    let tag = answer.header("etag")[0].to_owned();
    assert_eq!(get(&[("if-none-match", &tag)]).status, 304);
    let part = get(&[("range", "bytes=100-1099")]);
    assert_eq!((part.status, &part.body[..]), (206, &whole[100..1100]));
    assert_eq!(part.header("content-range"), [format!("bytes 100-1099/{}", whole.len())]);
    assert_eq!(get(&[("range", "bytes=99999999-")]).status, 416);

    let told = callback.wait_for(2, SOON);
    let words: Vec<_> =
        told.iter().map(|told| (told.json()["event"].clone(), told.json()["recording"].clone())).collect();
    assert_eq!(words, [(json!("on_record_begin"), json!(id)), (json!("on_record_end"), json!(id))]);

    let wanted = json!({"label": "The kiss", "from": 2.5, "to": 4});
    let clip = owner.ask("POST", &format!("recordings/{id}/clips"), Some(wanted));
    assert_eq!((clip.status, &json_of(&clip)["clip_of"]), (201, &json!(id)), "{}", clip.text());
    let clips = finished(&owner, 2);
    let clip = clips.iter().find(|item| item["label"] == "The kiss").unwrap();
    let (all, part) = (play(&index(data.path(), &recording)).pictures(), play(&index(data.path(), clip)));
    part.assert_clean();
    let from = all.windows(part.pictures().len()).position(|window| window == part.pictures());
    assert!(from.is_some_and(|from| from > 0), "pictures in the middle of those of the whole");
    let wrong = json!({"label": "x", "from": 4, "to": 2.5});
    assert_eq!(owner.ask("POST", &format!("recordings/{id}/clips"), Some(wrong)).status, 422);
    let clip = clip["id"].as_str().unwrap();
    assert_eq!(owner.ask("DELETE", &format!("recordings/{clip}"), None).status, 204);

    let named = owner.ask("PATCH", &format!("recordings/{id}"), Some(json!({"label": "The wedding"})));
    assert_eq!(json_of(&named)["label"], "The wedding");
    assert_eq!(owner.get(&format!("jobs/{job}"))["runs"], json!([]), "nothing runs any more");
    assert_eq!(owner.ask("DELETE", &format!("recordings/{id}"), None).status, 204);
    assert_eq!(get(&[]).status, 404);
    assert!(!data.path().join("record").join(id).exists());
}

/// The brightness of each pixel of a picture, row by row.
fn grey(picture: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), picture).unwrap();
    let mut ffmpeg = std::process::Command::new(Version::System.program());
    ffmpeg.args(["-v", "error", "-f", "mjpeg", "-i"]).arg(file.path());
    ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]);
    ffmpeg.output().unwrap().stdout
}

#[test]
fn small_pictures_of_a_recording_say_where_in_it_they_are() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    record(&owner);
    ffmpeg::publish(&Clip::new(USUAL), &server.publish_url("live/s")).speed(4.0).start().succeed(STREAM);
    let recording = finished(&owner, 1).remove(0);
    let path = format!("recordings/{}/files/1/previews", recording["id"].as_str().unwrap());
    let previews = owner.get(&path);
    let times: Vec<_> = previews["times"].as_array().unwrap().iter().map(|at| at.as_f64().unwrap()).collect();
    // A key frame every two of eight seconds.
    assert_eq!(times.iter().map(|at| at.round() as u32).collect::<Vec<_>>(), [0, 2, 4, 6], "{previews}");
    let get = || {
        let url = server.http_url(&format!("api/v2/{path}.jpg"));
        http::send("GET", &url, &[("cookie", owner.cookie.as_str())], "")
    };
    let picture = get();
    assert_eq!((picture.status, picture.header("content-type")), (200, vec!["image/jpeg"]));
    let number = |key: &str| usize::try_from(previews[key].as_u64().unwrap()).unwrap();
    let (width, height, columns) = (number("width"), number("height"), number("columns"));
    let sheet = grey(&picture.body);
    let line = width * columns;
    assert_eq!(sheet.len(), line * height * times.len().div_ceil(columns));
    let tile = |place: usize| -> Vec<u8> {
        let first = place / columns * height * line + place % columns * width;
        (0..height).flat_map(|row| &sheet[first + row * line..][..width]).copied().collect()
    };
    for place in 0..times.len() {
        assert!(tile(place).iter().any(|grey| *grey > 60), "picture {place} is black");
        assert!(place == 0 || tile(place) != tile(place - 1), "picture {place} is the one before");
    }
    assert!(tile(times.len()).iter().all(|grey| *grey < 20), "there is one more");
    // They are kept, also when nothing else is there to make them of.
    std::fs::remove_file(index(data.path(), &recording)).unwrap();
    assert_eq!(get().body, picture.body);
    let none = owner.ask("GET", &path.replace("/1/", "/2/"), None);
    assert_eq!(none.status, 404, "{}", none.text());
    let space = owner.get("recordings/space");
    let bytes = |key: &str| space[key].as_f64().unwrap();
    assert!(
        bytes("taken") == recording["bytes"].as_f64().unwrap() && bytes("size") > bytes("free"),
        "{space}"
    );
}

#[test]
fn a_recording_is_kept_in_other_containers_where_that_is_wanted() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    let keep = json!({"days": null, "bytes": null, "reserve": 0, "copy_to": copies.path()});
    assert_eq!(owner.ask("PUT", "recordings/retention", Some(keep)).status, 200);
    let job = |also: Value| {
        let settings = json!({"gap": 0, "also": also});
        json!({"kind": "record", "label": "all", "streams": {"only": ["live/*"]}, "settings": settings})
    };
    assert_eq!(owner.ask("POST", "jobs", Some(job(json!(["mkv"])))).status, 422);
    assert_eq!(owner.ask("POST", "jobs", Some(job(json!(["ts", "flv"])))).status, 201);
    let clip = Clip::new(B_FRAMES);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start().succeed(STREAM);
    let recording = finished(&owner, 1).remove(0);
    let (id, sent) = (recording["id"].as_str().unwrap(), original(&clip));
    let also = recording["files"][0]["also"].as_array().unwrap();
    assert_eq!(also.iter().map(|one| one["format"].as_str().unwrap()).collect::<Vec<_>>(), ["ts", "flv"]);
    for one in also {
        let end = one["format"].as_str().unwrap();
        let file = index(data.path(), &recording).with_extension(end);
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(one["bytes"], bytes.len());
        let played = play(&file);
        assert!(played.pictures() == sent.pictures(), "the pictures of {end}");
        // With a header each in MPEG-TS.
        assert_eq!(played.sounds().len(), sent.sounds().len(), "{end}");
        assert!(
            std::fs::read(copies.path().join(format!("{id}.{end}"))).unwrap() == bytes,
            "the copy of {end}"
        );
        let url = server.http_url(&format!("api/v2/recordings/{id}/files/1.{end}"));
        let headers = [("cookie", owner.cookie.as_str()), ("range", "bytes=188-375")];
        let part = http::send("GET", &url, &headers, "");
        assert_eq!((part.status, &part.body[..]), (206, &bytes[188..376]), "{end}");
    }
    // What has no place there is recorded all the same.
    let mix = Mix::new(4).video("libsvtav1 -preset 12 -b 300k -svtav1-params lp=1").audio("libopus -b:a 64k");
    let url = server.publish_url("live/av1");
    ffmpeg::publish_file(&mix.path(), &url).version(Version::Nine).speed(2.0).start().succeed(STREAM);
    let recording = finished(&owner, 2).remove(0);
    let also = recording["files"][0]["also"].as_array().unwrap();
    assert_eq!(also.iter().map(|one| one["format"].as_str().unwrap()).collect::<Vec<_>>(), ["flv"]);
    assert!(!index(data.path(), &recording).with_extension("ts").exists());
}

/// One stream is recorded, and the other waits until it is its turn; what is running already goes on.
#[test]
fn no_more_streams_are_recorded_at_a_time_than_somebody_has_set() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    let limit = |most: Value| owner.ask("PATCH", "jobs/kinds/record", Some(json!({ "most": most })));
    assert_eq!(json_of(&limit(json!(1)))["most"], 1);
    assert_eq!((limit(json!(0)).status, limit(json!(10_001)).status), (422, 422));
    assert_eq!(owner.ask("PATCH", "jobs/kinds/nothing", Some(json!({ "most": 1 }))).status, 404);
    let job = record(&owner);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let _publishers: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|name| ffmpeg::publish(&clip, &server.publish_url(&format!("live/{name}"))).start())
        .collect();
    let states = || {
        let runs = owner.get(&format!("jobs/{job}"))["runs"].as_array().unwrap().clone();
        let mut states: Vec<_> = runs.iter().map(|run| run["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states
    };
    wait::until("one of two", SOON, || (states() == ["queued", "running"]).then_some(()));
    assert_eq!(json_of(&limit(Value::Null))["most"], owner.get("jobs/kinds")["items"][0]["most_by_default"]);
    wait::until("both", SOON, || (states() == ["running", "running"]).then_some(()));
}

#[test]
fn who_may_only_look_sees_recordings_and_ends_none() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let account = json!({"name": "eve", "password": crate::support::console::PASSWORD, "role": "viewer"});
    assert_eq!(owner.ask("POST", "users", Some(account)).status, 201);
    let viewer = Client::log_in(&server, "eve");
    assert_eq!(viewer.get("recordings")["items"], json!([]));
    let job = json!({"kind": "record", "label": "all", "streams": {"only": ["live/*"]}});
    assert_eq!(viewer.ask("POST", "jobs", Some(job)).status, 403);
    assert_eq!(viewer.ask("DELETE", "recordings/x", None).status, 403);
    let wrong = json!({"kind": "record", "label": "all", "streams": {"only": ["live/["]}});
    assert_eq!(owner.ask("POST", "jobs", Some(wrong)).status, 422);
    let wrong =
        json!({"kind": "record", "label": "x", "streams": {"only": ["a/*"]}, "settings": {"gap": -1}});
    let refused = owner.ask("POST", "jobs", Some(wrong));
    assert_eq!((refused.status, &json_of(&refused)["errors"][0]["field"]), (422, &json!("settings.gap")));
}

/// The server is killed at different moments of a second; what a viewer has seen two seconds before is in the recording.
#[test]
fn a_kill_costs_two_seconds_at_most() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut server = start(data.path());
    let owner = Client::owner(&server);
    record(&owner);
    let sent = original(&Clip::new(B_FRAMES)).pictures();
    for (kills, seen) in [60, 69, 78, 87].into_iter().enumerate() {
        let (publishing, mut playing) = crate::support::on_air(&server, &Clip::new(B_FRAMES), "flv", 25);
        playing.wait_for_pictures(seen, SOON);
        server.signal(Signal::Kill);
        // Neither has anybody to talk to.
        drop((publishing, playing));
        drop(server);
        server = start(data.path());
        let owner = Client::log_in(&server, "ann");
        let all = finished(&owner, kills + 1);
        let played = play(&index(data.path(), &all[0]));
        played.assert_clean();
        let pictures = played.pictures();
        assert!(pictures.len() + 50 >= seen, "{} of {seen} pictures", pictures.len());
        // Of the last in decoding order some that are shown before them are missing.
        let whole = pictures.len() - 3;
        assert_eq!(pictures[..whole], sent[..whole], "and those are all, from the first");
    }
}

/// From the beginning while it is made, and then the whole; as HLS of fragmented MP4, and as scripts for Oryx know it.
#[test]
fn a_recording_is_played_by_hls_while_it_is_made_and_after() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = Server::of(SLUICE).data(data.path()).env("SRS_PLATFORM_SECRET", "of-scripts").start();
    let owner = Client::owner(&server);
    record(&owner);
    let clip = Clip::new(Spec { seconds: 24, ..B_FRAMES });
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start();
    let id = wait::until("a recording of some seconds", STREAM, || {
        let items = owner.get("recordings")["items"].as_array().unwrap().clone();
        let long = items.iter().find(|item| item["seconds"].as_f64().unwrap() > 14.0)?;
        Some(long["id"].as_str().unwrap().to_owned())
    });
    let cookie = format!("Cookie: {}\r\n", owner.cookie);
    let playlist = server.http_url(&format!("api/v2/recordings/{id}/index.m3u8"));
    let text =
        || String::from_utf8(http::send("GET", &playlist, &[("cookie", &owner.cookie)], "").body).unwrap();
    let early = text();
    assert!(early.contains("PLAYLIST-TYPE:EVENT") && early.contains("\n#EXTINF:6"), "{early}");
    publishing.succeed(STREAM);
    let recording = finished(&owner, 1).remove(0);
    let late = text();
    assert!(late.ends_with("#EXT-X-ENDLIST\n"), "{late}");
    let listed: Vec<_> = early.lines().filter(|line| line.starts_with("files/")).collect();
    assert!(
        listed.iter().all(|file| late.lines().any(|line| line == *file)),
        "what was told stays:\n{early}\n{late}"
    );
    let whole = play(&index(data.path(), &recording));
    let sent = original(&clip);
    assert_eq!(whole.pictures().len(), sent.pictures().len());
    let played = ffmpeg::play(&playlist).option("headers", &cookie).run(STREAM);
    played.assert_clean();
    assert_eq!((played.pictures(), played.sounds()), (whole.pictures(), whole.sounds()));

    let bearer = [("authorization", "Bearer of-scripts")];
    let files = http::send("POST", &server.http_url("terraform/v1/hooks/record/files"), &bearer, "{}");
    let files = json_of(&files)["data"].clone();
    assert_eq!((&files[0]["uuid"], &files[0]["progress"]), (&json!(id), &json!(false)));
    let base = server.http_url("terraform/v1/hooks/record/hls");
    let playlist = String::from_utf8(http::get(&format!("{base}/{id}.m3u8")).body).unwrap();
    assert_eq!(playlist.lines().filter(|line| line.ends_with(".ts")).count(), files[0]["nn"]);
    let played = ffmpeg::play(&format!("{base}/{id}/index.m3u8")).run(STREAM);
    assert_eq!(played.pictures(), whole.pictures());
    assert_eq!(
        http::get(&format!("{base}/{id}/index.mp4")).body,
        std::fs::read(index(data.path(), &recording)).unwrap()
    );
}

/// Without an account: by HLS, also while it is made, and as a file in every format. Nobody else comes in, and the log does not know how.
#[test]
fn whoever_has_a_link_watches_a_recording_and_keeps_it_in_any_format() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = start(data.path());
    let owner = Client::owner(&server);
    record(&owner);
    let clip = Clip::new(Spec { seconds: 16, ..B_FRAMES });
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start();
    let id = wait::until("a recording of some seconds", STREAM, || {
        let items = owner.get("recordings")["items"].as_array().unwrap().clone();
        let long = items.iter().find(|item| item["seconds"].as_f64().unwrap() > 8.0)?;
        Some(long["id"].as_str().unwrap().to_owned())
    });
    let share = |seconds: u64| {
        let wanted = json!({"expires_in": seconds});
        let made = owner.ask("POST", &format!("recordings/{id}/share"), Some(wanted));
        assert_eq!(made.status, 201, "{}", made.text());
        let made = json_of(&made);
        let pass = made["pass"].as_str().unwrap().to_owned();
        assert_eq!(made["path"], format!("/watch/recordings/{id}?pass={pass}"));
        pass
    };
    let pass = share(3600);
    let url = |path: &str| server.http_url(&format!("api/v2/recordings/{id}/{path}?pass={pass}"));
    let early = http::get(&url("index.m3u8"));
    assert_eq!(early.header("access-control-allow-origin"), ["*"]);
    let early = early.text();
    assert!(early.contains("TYPE:EVENT") && early.contains(&format!(".m4s?pass={pass}\n")), "{early}");
    publishing.succeed(STREAM);
    finished(&owner, 1);

    let sent = original(&clip);
    for path in ["index.m3u8", "files/1", "files/1.ts", "files/1.flv"] {
        let played = ffmpeg::play(&url(path)).run(STREAM);
        played.assert_clean();
        assert_eq!(played.pictures(), sent.pictures(), "{path}");
        let sounds = |played: &Played| played.frames(ffmpeg::Kind::Audio).len();
        assert_eq!(sounds(&played), sounds(&sent), "{path}");
        played.assert_in_step(&sent, std::time::Duration::from_millis(30));
        for kind in [ffmpeg::Kind::Video, ffmpeg::Kind::Audio] {
            let off = played.span(kind) - sent.span(kind);
            // Sound of a transport stream is several frames a packet.
            assert!(off.abs() < 0.11, "{path} is {off} s longer");
        }
    }
    let kept = http::get(&format!("{}&download=true", url("files/1.flv")));
    assert_eq!(
        (kept.header("content-type"), kept.header("accept-ranges")),
        (vec!["video/x-flv"], vec!["none"])
    );
    assert!(kept.header("content-disposition")[0].starts_with("attachment; filename=\"s.flv\""));
    let part = http::send("GET", &url("files/1"), &[("range", "bytes=0-7")], "");
    assert_eq!((part.status, &part.body[4..]), (206, &b"ftyp"[..]));
    assert_eq!(http::get(&url("files/1.mkv")).status, 404);
    assert_eq!(http::get(&url("files/2.ts")).status, 404);

    let public =
        |pass: &str| http::get(&server.http_url(&format!("api/v2/public/recordings/{id}?pass={pass}")));
    let seen = json_of(&public(&pass));
    assert_eq!((&seen["label"], &seen["state"]), (&json!("s"), &json!("finished")));
    assert_eq!(seen["files"][0]["formats"], json!(["mp4", "ts", "flv"]));
    assert!(seen["job"].is_null() && seen["stream"].is_null(), "{seen}");
    assert_eq!(json_of(&public(&share(0)))["code"], "pass_expired");
    assert_eq!(json_of(&public("a.b.c"))["code"], "pass_wrong");
    let bare = server.http_url(&format!("api/v2/recordings/{id}?pass={pass}"));
    assert_eq!(http::get(&bare).status, 401, "what is for those who are known is not for guests");
    assert!(server.log().iter().all(|line| !line.contains(&pass)));
    let audit = std::fs::read_to_string(data.path().join("audit.jsonl")).unwrap();
    assert!(audit.contains("/share") && !audit.contains(&pass), "{audit}");

    assert_eq!(owner.ask("DELETE", &format!("recordings/{id}"), None).status, 204);
    assert_eq!((http::get(&url("index.m3u8")).status, public(&pass).status), (404, 404));
}
