//! Recordings in object storage: how they get there, whatever happens on the way, and how they are had from there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::clip::Clip;
use testkit::ffmpeg::{Played, Version};
use testkit::s3::Mode;
use testkit::{Mix, S3, Server, Signal, Tool, ffmpeg, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::{SLUICE, STREAM, USUAL};

/// What is set of the bucket `films`, but for `change`.
fn bucket(s3: &S3, change: Value) -> Value {
    let mut bucket = json!({
        "endpoint": s3.endpoint(), "bucket": "films", "path_style": true, "key_id": s3.key_id(), "secret": s3.secret(),
        "names": "{stream}/{id}", "uploads": true,
    });
    for (name, value) in change.as_object().unwrap() {
        bucket[name] = value.clone();
    }
    bucket
}

#[track_caller]
fn set(owner: &Client, bucket: Value) {
    let set = owner.ask("PUT", "storage", Some(bucket));
    assert_eq!(set.status, 200, "{}", set.text());
}

/// Waits until recording `id` is in the bucket.
#[track_caller]
fn there(owner: &Client, id: &str) -> Value {
    wait::until("a recording in the bucket", STREAM, || {
        let recording = owner.get(&format!("recordings/{id}"));
        (recording["upload"]["state"] == "there").then_some(recording)
    })
}

fn file(data: &Path, id: &str) -> PathBuf {
    data.join("record").join(id).join("index.mp4")
}

/// A recording as one that was finished long ago, of so many MiB that are no pictures: whoever sends it does not look. To be made while no
/// server runs.
fn recording(data: &Path, number: u64, mib: usize) -> String {
    let id = format!("00000000-0000-4000-8000-{number:012x}");
    let bytes: Vec<u8> =
        (0..mib << 18).flat_map(|at: usize| (at as u32 ^ number as u32).to_be_bytes()).collect();
    let at = json!({"secs_since_epoch": 1_790_000_000, "nanos_since_epoch": 0});
    let part =
        json!({"started": at, "codecs": ["h264"], "finished": true, "bytes": bytes.len(), "millis": 1000});
    let manifest = json!({
        "version": 1, "label": "a", "app": "live", "stream": "a", "job": "x", "started": at, "ended": at, "why": null,
        "files": [part], "gaps": [], "done": true, "told": true,
    });
    let folder = data.join("record").join(&id);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.mp4"), bytes).unwrap();
    fs::write(folder.join("recording.json"), manifest.to_string()).unwrap();
    id
}

#[track_caller]
fn send(owner: &Client, id: &str) {
    let sent = owner.ask("PUT", &format!("recordings/{id}/upload"), Some(json!({"wanted": true})));
    assert_eq!(sent.status, 200, "{}", sent.text());
}

#[test]
fn what_is_recorded_goes_into_the_bucket_and_is_played_from_there() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Moto]) {
        return;
    }
    let s3 = S3::start();
    let data = tempfile::tempdir().unwrap();
    let server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::owner(&server);
    let test = |change| json_of(&owner.ask("POST", "storage/test", Some(bucket(&s3, change))));
    assert_eq!(test(json!({})), json!({"works": true}));
    for (change, word) in [
        (json!({"secret": "wrong"}), "SignatureDoesNotMatch"),
        (json!({"key_id": "AKIA0000"}), "InvalidAccessKeyId"),
        (json!({"bucket": "another"}), "NoSuchBucket"),
        (json!({"endpoint": "http://127.0.0.1:1"}), "refused"),
    ] {
        let tested = test(change);
        assert_eq!((&tested["works"], &tested["failed"]), (&json!(false), &json!("write")));
        assert!(tested["reason"].as_str().unwrap().contains(word), "{tested}");
    }
    let wrong = owner.ask("PUT", "storage", Some(bucket(&s3, json!({"names": "{stream}"}))));
    assert_eq!((wrong.status, &json_of(&wrong)["errors"][0]["field"]), (422, &json!("names")));

    set(&owner, bucket(&s3, json!({})));
    let told = owner.get("storage");
    assert_eq!((&told["secret_set"], &told["keeps"]), (&json!(true), &json!(true)));
    assert!(!told.to_string().contains(s3.secret()), "{told}");
    let keep = json!({"days": null, "bytes": null, "reserve": 0});
    assert_eq!(owner.ask("PUT", "recordings/retention", Some(keep)).status, 200);
    let job = json!({"kind": "record", "label": "all", "streams": {"only": ["live/*"]}, "settings": {"gap": 0, "also": ["ts"]}});
    assert_eq!(owner.ask("POST", "jobs", Some(job)).status, 201);
    let publish = |name: &str| {
        let url = server.publish_url(&format!("live/{name}"));
        ffmpeg::publish(&Clip::new(USUAL), &url).speed(4.0).start().succeed(STREAM);
        let id = wait::until("a recording", STREAM, || {
            let items = owner.get(&format!("recordings?stream=live/{name}"))["items"].clone();
            Some(items[0]["id"].as_str()?.to_owned())
        });
        (there(&owner, &id), id)
    };
    let (recording, id) = publish("kept");
    assert_eq!(recording["upload"]["objects"], json!([format!("kept/{id}.mp4"), format!("kept/{id}.ts")]));
    let ours = fs::read(file(data.path(), &id).with_extension("ts")).unwrap();
    assert!(s3.object(&format!("kept/{id}.ts")).is_some_and(|object| object == ours));
    let ours = fs::read(file(data.path(), &id)).unwrap();
    assert!(s3.object(&format!("kept/{id}.mp4")).is_some_and(|object| object == ours));

    // The secret that is not told stays, and what is there leaves the disk.
    let mut away = bucket(&s3, json!({"keeps": false}));
    away.as_object_mut().unwrap().remove("secret");
    set(&owner, away);
    let (recording, id) = publish("away");
    assert_eq!(recording["upload"]["away"], true);
    // It is noted first, and then they go.
    let left = || file(data.path(), &id).exists() || file(data.path(), &id).with_extension("ts").exists();
    wait::until("what is there to leave the disk", STREAM, || (!left()).then_some(()));
    let object = s3.object(&format!("away/{id}.mp4")).unwrap();
    let get = |headers: &[(&str, &str)]| {
        let headers = [&[("cookie", owner.cookie.as_str())], headers].concat();
        http::send("GET", &server.http_url(&format!("api/v2/recordings/{id}/files/1")), &headers, "")
    };
    assert!(get(&[]).body == object);
    let part = get(&[("range", "bytes=100-1099")]);
    assert_eq!((part.status, &part.body[..]), (206, &object[100..1100]));
    let ts = s3.object(&format!("away/{id}.ts")).unwrap();
    all_can_be_had(&server, &owner, &id, [&object, &ts]);
    nothing_is_made_up(&server, &owner, &s3, data.path(), &id);
    set(&owner, bucket(&s3, json!({"bucket": "another"})));
    assert_eq!((get(&[]).status, &json_of(&get(&[]))["code"]), (409, &json!("other_bucket")));

    // Where it is not known which bytes play when, there are whole files.
    drop(server);
    fs::write(data.path().join("record").join(&id).join("cues-1.json"), "{\"header\":700,").unwrap();
    let server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::log_in(&server, "ann");
    set(&owner, bucket(&s3, json!({"keeps": false})));
    let list = owner.ask("GET", &format!("recordings/{id}/index.m3u8"), None);
    assert_eq!((list.status, &json_of(&list)["code"]), (409, &json!("in_storage_only")));
    assert!(owner.ask("GET", &format!("recordings/{id}/files/1"), None).body == object);
}

/// From any place, in each way, as of one that is on the disk: a recording that is `mp4` and `ts` in the bucket, and nowhere else.
#[track_caller]
fn all_can_be_had(server: &Server, owner: &Client, id: &str, [mp4, ts]: [&[u8]; 2]) {
    let original = tempfile::NamedTempFile::new().unwrap();
    fs::write(original.path(), mp4).unwrap();
    let original = ffmpeg::play(original.path().to_str().unwrap()).run(STREAM);
    let shared = owner.ask("POST", &format!("recordings/{id}/share"), Some(json!({"expires_in": 3600})));
    let pass = json_of(&shared)["pass"].as_str().unwrap().to_owned();
    let recording = |rest: &str| server.http_url(&format!("api/v2/recordings/{id}/{rest}?pass={pass}"));
    assert!(http::get(&recording("files/1.ts")).body == ts);
    let oryx = server.http_url(&format!("terraform/v1/hooks/record/hls/{id}.m3u8"));
    for url in [recording("index.m3u8"), recording("files/1"), recording("files/1.flv"), oryx] {
        let played = ffmpeg::play(&url).run(STREAM);
        played.assert_clean();
        assert!(played.pictures() == original.pictures(), "the pictures of {url}");
        let sounds = |played: &Played| played.frames(ffmpeg::Kind::Audio).len();
        assert_eq!(sounds(&played), sounds(&original), "{url}");
    }
    let previews = json_of(&http::get(&recording("files/1/previews")));
    assert!(previews["times"][0].as_f64().is_some_and(|first| first < 0.1), "{previews}");
    assert_eq!(http::get(&recording("files/1/previews.jpg")).status, 200);
    let clip =
        owner.ask("POST", &format!("recordings/{id}/clips"), Some(json!({"label": "x", "from": 0, "to": 1})));
    assert_eq!(clip.status, 201, "{}", clip.text());
}

/// While the bucket is out of order.
#[track_caller]
fn nothing_is_made_up(server: &Server, owner: &Client, s3: &S3, data: &Path, id: &str) {
    let list = http::get(&server.http_url(&format!("terraform/v1/hooks/record/hls/{id}.m3u8"))).text();
    let segment = list.lines().find(|line| line.ends_with(".ts")).unwrap()[1..].to_owned();
    let list = owner.ask("GET", &format!("recordings/{id}/index.m3u8"), None).text();
    let piece = list.lines().find(|line| line.ends_with(".m4s")).unwrap().to_owned();
    let clip = || {
        let clip = json!({"label": "x", "from": 0, "to": 1});
        owner.ask("POST", &format!("recordings/{id}/clips"), Some(clip))
    };
    let folders = || fs::read_dir(data.join("record")).unwrap().count();
    let before = folders();
    s3.answers(Mode::Fails);
    // As Oryx says of whatever goes wrong.
    assert_eq!(http::get(&server.http_url(&segment)).status, 500);
    for path in [piece.as_str(), "files/1", "files/1.flv"] {
        let refused = owner.ask("GET", &format!("recordings/{id}/{path}"), None);
        assert_eq!((refused.status, &json_of(&refused)["code"]), (502, &json!("storage_failed")), "{path}");
    }
    assert_eq!((clip().status, folders()), (502, before), "and nothing of it is left");
    s3.answers(Mode::Works);
}

/// What has arrived is not sent again, and what is not to arrive any more is let go of.
#[test]
fn an_upload_goes_on_after_a_kill_and_ends_with_its_recording() {
    if !tool::have(&[Tool::Moto]) {
        return;
    }
    let s3 = S3::start();
    let data = tempfile::tempdir().unwrap();
    let [killed, removed] = [(1, 62), (2, 63)].map(|(number, mib)| recording(data.path(), number, mib));
    let mut server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::owner(&server);
    set(&owner, bucket(&s3, json!({})));
    s3.answers(Mode::Slow);
    send(&owner, &killed);
    let log = data.path().join("record").join(&killed).join("upload-1.log");
    wait::until("three parts to be noted", STREAM, || {
        let log = fs::read_to_string(&log).ok()?;
        (log.lines().filter(|line| line.contains("arrived")).count() >= 3).then_some(())
    });
    server.signal(Signal::Kill);
    drop(server);
    server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::log_in(&server, "ann");
    there(&owner, &killed);
    let (begun, parts) = (s3.seen("begin"), s3.seen("part"));
    assert!(begun == 1 && (8..=12).contains(&parts), "{begun} uploads in {parts} parts");
    assert!(s3.object(&format!("a/{killed}.mp4")) == fs::read(file(data.path(), &killed)).ok());
    // That it is there is noted first.
    wait::until("what was noted to go", STREAM, || (!log.exists()).then_some(()));

    send(&owner, &removed);
    wait::until("parts to arrive", STREAM, || (s3.seen("part") > parts + 4).then_some(()));
    assert_eq!(owner.ask("DELETE", &format!("recordings/{removed}"), None).status, 204);
    wait::until("what has arrived to be let go of", STREAM, || (s3.uploads() == 0).then_some(()));
    assert_eq!(s3.object(&format!("a/{removed}.mp4")), None);
}

#[test]
fn storage_that_is_out_of_order_or_loses_everything_is_waited_for() {
    if !tool::have(&[Tool::Moto]) {
        return;
    }
    let s3 = S3::start();
    let data = tempfile::tempdir().unwrap();
    let [first, second] = [(1, 60), (2, 1)].map(|(number, mib)| recording(data.path(), number, mib));
    let server = Server::of(SLUICE).data(data.path()).start();
    let owner = Client::owner(&server);
    set(&owner, bucket(&s3, json!({})));
    let trouble = |id: &str, word: &str| {
        wait::until("the recording to wait", STREAM, || {
            let upload = owner.get(&format!("recordings/{id}"))["upload"].clone();
            let trouble = upload["trouble"].as_str()?;
            (upload["state"] == "waiting" && trouble.contains(word)).then_some(())
        });
    };
    s3.answers(Mode::Fails);
    send(&owner, &second);
    trouble(&second, "SlowDown");
    let waiting = owner.get("recordings?uploading=true")["items"].clone();
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    s3.answers(Mode::Cuts);
    send(&owner, &second);
    trouble(&second, "no answer");
    s3.answers(Mode::Slow);
    send(&owner, &first);
    wait::until("a part to arrive", STREAM, || (s3.seen("part") > 0).then_some(()));
    let port = s3.port();
    drop(s3);
    trouble(&first, "cannot connect");
    // It has forgotten everything, also what was begun.
    let s3 = S3::at(port);
    set(&owner, bucket(&s3, json!({})));
    for id in [first, second] {
        there(&owner, &id);
        assert!(s3.object(&format!("a/{id}.mp4")) == fs::read(file(data.path(), &id)).ok());
    }
}

/// A stream of some 3 MB a second, so that there is something to send before its end.
fn publish_much(server: &Server, name: &str) -> testkit::Process {
    let much = "libx264 -preset ultrafast -qp 1 -filter noise=alls=80:allf=t";
    let path = Mix::new(18).video(much).path();
    ffmpeg::publish_file(&path, &server.publish_url(&format!("live/{name}")))
        .version(Version::Nine)
        .speed(2.0)
        .start()
}

/// Only the part with the index in front, and what is left at the end, come when it is over; also after a kill. What is not wanted any more is let
/// go of.
#[test]
fn a_recording_is_in_the_bucket_for_the_most_part_when_it_ends() {
    if !tool::have(&[Tool::Ffmpeg9, Tool::Moto]) {
        return;
    }
    let s3 = S3::start();
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::of(SLUICE).data(data.path()).start();
    let mut owner = Client::owner(&server);
    let keep = json!({"days": null, "bytes": null, "reserve": 0});
    assert_eq!(owner.ask("PUT", "recordings/retention", Some(keep)).status, 200);
    set(&owner, bucket(&s3, json!({"ahead": true})));
    let job =
        json!({"kind": "record", "label": "all", "streams": {"only": ["live/*"]}, "settings": {"gap": 0}});
    assert_eq!(owner.ask("POST", "jobs", Some(job)).status, 201);
    // What is recorded, once so many parts of it are there.
    let ahead = |owner: &Client, name: &str, parts: u64| {
        wait::until("parts of what is being recorded", STREAM, || {
            let recording = owner.get(&format!("recordings?stream=live/{name}"))["items"][0].clone();
            let sending = recording["upload"]["state"] == "sending" && s3.seen("part") >= parts;
            assert_ne!(recording["state"], "finished", "it ended before anything was sent");
            sending.then(|| recording["id"].as_str().unwrap().to_owned())
        })
    };
    let assert_there = |owner: &Client, name: &str, id: &str| {
        there(owner, id);
        let ours = fs::read(file(data.path(), id)).unwrap();
        assert!(s3.object(&format!("{name}/{id}.mp4")).is_some_and(|object| object == ours));
        ours.len() as u64 / (16 << 20)
    };
    let publisher = publish_much(&server, "whole");
    let id = ahead(&owner, "whole", 1);
    publisher.succeed(STREAM);
    let parts = assert_there(&owner, "whole", &id);
    let seen = s3.seen("part");
    assert!(parts >= 3 && (parts..=parts + 1).contains(&seen), "{seen} parts of {parts} were sent");
    assert_eq!((s3.seen("begin"), s3.uploads()), (1, 0));

    let publisher = publish_much(&server, "killed");
    let id = ahead(&owner, "killed", seen + 1);
    server.signal(Signal::Kill);
    drop((server, publisher));
    server = Server::of(SLUICE).data(data.path()).start();
    owner = Client::log_in(&server, "ann");
    assert_there(&owner, "killed", &id);
    assert_eq!((s3.seen("begin"), s3.uploads()), (2, 0));

    let seen = s3.seen("part");
    let publisher = publish_much(&server, "unwanted");
    let id = ahead(&owner, "unwanted", seen + 1);
    set(&owner, bucket(&s3, json!({"uploads": false})));
    publisher.succeed(STREAM);
    wait::until("what went ahead to be let go of", STREAM, || (s3.uploads() == 0).then_some(()));
    let recording = wait::until("the recording to be done", STREAM, || {
        let recording = owner.get(&format!("recordings/{id}"));
        (recording["state"] == "finished").then_some(recording)
    });
    assert_eq!(recording["upload"], Value::Null);
    assert_eq!(s3.object(&format!("unwanted/{id}.mp4")), None);
}
