//! Recordings in Tencent's clouds: a key sets everything up, and what is recorded gets there, whatever happens on the way.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use testkit::clip::Clip;
use testkit::ffmpeg::{self, Played};
use testkit::{Callback, Process, Server, Signal, Tencent, Tool, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::{SLUICE, SOON, STREAM, USUAL};

const BEARER: &str = "a-secret";

/// Sees to it that the disk of the machine does not matter.
fn start(data: &Path, tencent: &Tencent) -> Server {
    Server::of(SLUICE)
        .data(data)
        .env("SRS_PLATFORM_SECRET", BEARER)
        .env("SLUICE_TENCENT_API", tencent.address())
        .env("SLUICE_TENCENT_COS", tencent.address())
        .env("REGION", "ap-test")
        .start()
}

/// Whoever has set the server up.
#[track_caller]
fn owner(server: &Server) -> Client {
    let owner = Client::owner(server);
    let keep = json!({"days": null, "bytes": null, "reserve": 0});
    assert_eq!(owner.ask("PUT", "recordings/retention", Some(keep)).status, 200);
    owner
}

fn call(server: &Server, path: &str, body: Value) -> http::Response {
    let bearer = format!("Bearer {BEARER}");
    let url = server.http_url(&format!("terraform/v1/{path}"));
    http::send("POST", &url, &[("authorization", &bearer)], &body.to_string())
}

#[track_caller]
fn data(server: &Server, path: &str, body: Value) -> Value {
    let answer = call(server, path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    json_of(&answer)["data"].clone()
}

#[track_caller]
fn provision(server: &Server, tencent: &Tencent) {
    let key = json!({"secretId": tencent.secret_id(), "secretKey": tencent.secret_key()});
    assert_eq!(data(server, "tencent/cam/secret", key), Value::Null);
}

/// Waits until the one recording that goes to `cloud` is as it should be.
#[track_caller]
fn file(server: &Server, cloud: &str, what: &str, right: impl Fn(&Value) -> bool) -> Value {
    wait::until(what, STREAM, || {
        let files = data(server, &format!("hooks/{cloud}/files"), json!({}));
        assert!(files.as_array().unwrap().len() <= 1, "{files}");
        files.get(0).filter(|file| right(file)).cloned()
    })
}

fn is_there(file: &Value) -> bool {
    file["progress"] == false
}

/// Publishes over and over, four times as fast as it plays.
fn publish(server: &Server, name: &str) -> Process {
    ffmpeg::publish(&Clip::new(USUAL), &server.publish_url(&format!("live/{name}")))
        .forever()
        .speed(4.0)
        .start()
}

/// The playlist of a recording, and the addresses in it.
#[track_caller]
fn playlist(server: &Server, cloud: &str, file: &Value) -> (String, Vec<String>) {
    let uuid = file["uuid"].as_str().unwrap();
    let url = server.http_url(&format!("terraform/v1/hooks/{cloud}/hls/{uuid}.m3u8"));
    let list = http::get(&url);
    assert_eq!(list.status, 200, "{}", list.text());
    let addresses = list.text().lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    (url, addresses)
}

#[track_caller]
fn plays(url: &str, seconds: &Value) -> Played {
    let played = ffmpeg::play(url).run(STREAM);
    played.assert_clean();
    let (span, seconds) = (played.span(ffmpeg::Kind::Video), seconds.as_f64().unwrap());
    assert!((span - seconds).abs() < 0.5, "it plays for {span} s and is said to last for {seconds} s");
    played
}

fn on_disk(folder: &Path, file: &Value) -> bool {
    folder.join("record").join(file["uuid"].as_str().unwrap()).join("index.mp4").exists()
}

/// That it is in the cloud is noted first, and then it goes.
#[track_caller]
fn leaves_disk(folder: &Path, file: &Value) {
    wait::until("what is in the cloud to leave the disk", STREAM, || (!on_disk(folder, file)).then_some(()));
}

/// How often each object was sent whose name ends so.
fn sent(tencent: &Tencent, end: &str) -> BTreeMap<String, usize> {
    let mut sent = BTreeMap::new();
    for call in tencent.calls().iter().filter(|call| call.starts_with("put ") && call.ends_with(end)) {
        *sent.entry(call.clone()).or_default() += 1;
    }
    sent
}

#[test]
fn a_key_sets_everything_up_once() {
    if !tool::have(&[Tool::Moto]) {
        return;
    }
    let tencent = Tencent::start();
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &tencent);
    assert_eq!(data(&server, "hooks/dvr/query", json!({})), json!({"all": false, "secret": false}));
    let wrong = json!({"secretId": tencent.secret_id(), "secretKey": "wrong"});
    let refused = call(&server, "tencent/cam/secret", wrong);
    assert_eq!(refused.status, 500);
    assert_eq!(
        refused.text().trim(),
        "GetUserAppId: AuthFailure.SignatureFailure: The provided credentials could not be validated."
    );
    let unknown = call(&server, "tencent/cam/secret", json!({"secretId": "AKIDx", "secretKey": "x"}));
    assert!(unknown.text().starts_with("GetUserAppId: AuthFailure.SecretIdNotFound"), "{}", unknown.text());
    assert_eq!(data(&server, "hooks/dvr/query", json!({}))["secret"], false);

    // One step fails; those before are not taken again.
    tencent.hand("refuse?DescribeVodDomains");
    let key = json!({"secretId": tencent.secret_id(), "secretKey": tencent.secret_key()});
    let failed = call(&server, "tencent/cam/secret", key);
    assert_eq!(
        (failed.status, failed.text().trim()),
        (500, "DescribeVodDomains: InternalError: It is out of order.")
    );
    provision(&server, &tencent);
    provision(&server, &tencent);
    assert_eq!(
        tencent.calls(),
        [
            "GetUserAppId",
            "PUT bucket",
            "PUT policy",
            "PUT cors",
            "CreateSubAppId",
            "CreateStorageRegion",
            "ModifyDefaultStorageRegion",
            "DescribeTranscodeTemplates",
            "DescribeVodDomains",
            "GetUserAppId",
            "DescribeVodDomains",
            "GetUserAppId",
        ]
    );
    assert_eq!(data(&server, "hooks/dvr/query", json!({})), json!({"all": false, "secret": true}));
    assert_eq!(
        data(&server, "hooks/vod/query", json!({})),
        json!({"all": false, "secret": true, "service": true, "storage": true})
    );
    let log = server.log().join("\n");
    assert!(!log.contains(tencent.secret_key()), "{log}");
}

#[test]
fn what_is_recorded_to_cos_is_there_while_it_is_made_and_then_nowhere_else() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Moto]) {
        return;
    }
    let tencent = Tencent::start();
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &tencent);
    let owner = owner(&server);
    // Without credentials nothing is recorded, which is said; from the moment on that they are there it is.
    assert_eq!(data(&server, "hooks/dvr/apply", json!({"all": true})), Value::Null);
    server.wait_for_log(1, &["nothing is recorded to the cloud before its credentials are complete"], SOON);
    let callback = Callback::start();
    let events = json!(["on_record_begin", "on_record_end"]);
    let hook = json!({"label": "x", "url": callback.url("/"), "events": events});
    assert_eq!(owner.ask("POST", "webhooks", Some(hook)).status, 201);
    let publishing = publish(&server, "s");
    provision(&server, &tencent);
    let job = owner.get("jobs/tencent");
    assert_eq!((&job["wanted"], &job["settings"]), (&json!(true), &json!({"gap": 300})));
    let made = file(&server, "dvr", "two segments", |file| file["nn"].as_u64() >= Some(2));
    assert_eq!((&made["progress"], &made["stream"]), (&json!(true), &json!("s")));
    assert_eq!(made["region"], "ap-test");
    let (uuid, bucket) = (made["uuid"].as_str().unwrap(), made["bucket"].as_str().unwrap());
    let (_, addresses) = playlist(&server, "dvr", &made);
    for address in &addresses {
        assert!(address.starts_with(&format!("{}/{bucket}/{uuid}/", tencent.address())), "{address}");
        assert_eq!(http::get(address).status, 200, "{address}");
    }
    assert!(addresses.len() >= 2);

    // It dies in the middle of it, and nothing is lost.
    tencent.hand("mode?gone");
    let waits = file(&server, "dvr", "trouble", |file| file["trouble"].is_string());
    assert!(waits["trouble"].as_str().unwrap().contains("no answer"), "{waits}");
    tencent.hand("mode?works");
    let lost = addresses[0].rsplit('/').next().unwrap();
    tencent.hand(&format!("lose/{uuid}/{lost}"));
    assert_eq!(data(&server, "hooks/dvr/apply", json!({"all": false})), Value::Null);
    let done = file(&server, "dvr", "all of it in the cloud", is_there);
    drop(publishing);
    assert_eq!(done["trouble"], Value::Null);
    assert!(tencent.object(&format!("{uuid}/{lost}")).is_some(), "what was lost there is sent again");
    let (url, addresses) = playlist(&server, "dvr", &done);
    assert_eq!(done["nn"], addresses.len());
    let by_folder = http::get(&url.replace(".m3u8", "/index.m3u8"));
    assert_eq!(by_folder.text(), http::get(&url).text());
    plays(&url, &done["duration"]);
    plays(&format!("{}/{bucket}/{uuid}/index.m3u8", tencent.address()), &done["duration"]);
    let bytes: usize = addresses
        .iter()
        .map(|address| {
            tencent.object(&format!("{uuid}/{}", address.rsplit('/').next().unwrap())).unwrap().len()
        })
        .sum();
    assert_eq!(done["size"], bytes);
    leaves_disk(folder.path(), &done);
    assert_eq!(owner.get(&format!("recordings/{uuid}"))["state"], "finished");
    let gone = owner.ask("GET", &format!("recordings/{uuid}/files/1"), None);
    assert_eq!((gone.status, &json_of(&gone)["code"]), (409, &json!("in_a_cloud")));
    assert_eq!(data(&server, "hooks/record/files", json!({})), json!([]), "it is no recording of the disk");
    assert!(callback.requests().is_empty(), "nobody is told of it");
}

#[test]
fn one_recording_is_for_the_disk_and_for_both_clouds_if_all_want_it() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Moto]) {
        return;
    }
    let tencent = Tencent::start();
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &tencent);
    let owner = owner(&server);
    provision(&server, &tencent);
    for kind in ["dvr", "vod", "record"] {
        data(&server, &format!("hooks/{kind}/apply"), json!({"all": true}));
    }
    let publishing = publish(&server, "s");
    let vod = file(&server, "vod", "a segment", |file| file["nn"].as_u64() >= Some(1));
    let (_, from_here) = playlist(&server, "vod", &vod);
    assert!(
        from_here.iter().all(|uri| uri.starts_with("/terraform/v1/hooks/record/hls/record/")),
        "{from_here:?}"
    );
    assert_eq!(http::get(&server.http_url(&from_here[0][1..])).status, 200);
    for kind in ["dvr", "vod", "record"] {
        data(&server, &format!("hooks/{kind}/apply"), json!({"all": false}));
    }
    let [dvr, vod] = ["dvr", "vod"].map(|cloud| file(&server, cloud, "all of it in a cloud", is_there));
    drop(publishing);
    let recorded = data(&server, "hooks/record/files", json!({}));
    let uuids = [&dvr["uuid"], &vod["uuid"]];
    assert!(recorded.as_array().unwrap().iter().any(|file| uuids == [&file["uuid"]; 2]), "{recorded}");
    assert!(on_disk(folder.path(), &dvr));
    let whole = owner.ask("GET", &format!("recordings/{}/files/1", dvr["uuid"].as_str().unwrap()), None);
    assert_eq!(whole.status, 200);
}

#[test]
fn what_is_recorded_to_vod_becomes_a_video_there() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Moto]) {
        return;
    }
    let tencent = Tencent::start();
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &tencent);
    owner(&server);
    provision(&server, &tencent);
    data(&server, "hooks/vod/apply", json!({"all": true}));
    let publishing = publish(&server, "s");
    let made = file(&server, "vod", "a segment", |file| file["nn"].as_u64() >= Some(1));
    assert_eq!((&made["file"], &made["media"], &made["task"]), (&json!(""), &json!(""), &Value::Null));
    // The upload is forgotten there, so all of it goes once more; and then the end of it is refused once.
    tencent.hand("forget");
    tencent.hand("refuse?ProcessMedia");
    data(&server, "hooks/vod/apply", json!({"all": false}));
    let done = file(&server, "vod", "all of it in the cloud", is_there);
    drop(publishing);
    leaves_disk(folder.path(), &done);
    assert!(done["file"].as_str().unwrap().starts_with("528548"), "{done}");
    assert_eq!(done["task"], Value::Null);
    let (url, addresses) = playlist(&server, "vod", &done);
    let media = done["media"].as_str().unwrap();
    let (base, _) = media.rsplit_once('/').unwrap();
    assert!(addresses.iter().all(|address| address.starts_with(base)), "{addresses:?}");
    plays(&url, &done["duration"]);
    plays(media, &done["duration"]);
    let calls = tencent.calls();
    let count = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!((count("ApplyUpload"), count("CommitUpload"), count("ProcessMedia")), (2, 2, 2), "{calls:?}");

    tencent.hand("remuxed");
    let task = file(&server, "vod", "the remux", |file| file["task"].is_object())["task"].clone();
    let expected = json!({
        "url": format!("{}/v.f877.mp4", tencent.address()), "bitrate": 553_000, "height": 360, "width": 640, "size": 4_189_073,
        "duration": 60.04, "md5": "eff7031ad7877865f9a3240e9ab165ad",
    });
    assert_eq!(task, expected);
    let asked = tencent.calls().iter().filter(|call| *call == "DescribeMediaInfos").count();
    data(&server, "hooks/vod/files", json!({}));
    let again = tencent.calls().iter().filter(|call| *call == "DescribeMediaInfos").count();
    assert_eq!(again, asked, "what is known is not asked again");
}

#[test]
fn after_a_kill_it_goes_on_with_what_has_not_arrived() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Moto]) {
        return;
    }
    let tencent = Tencent::start();
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), &tencent);
    owner(&server);
    provision(&server, &tencent);
    for kind in ["dvr", "vod"] {
        data(&server, &format!("hooks/{kind}/apply"), json!({"all": true}));
    }
    tencent.hand("mode?slow");
    let publishing = publish(&server, "s");
    for cloud in ["dvr", "vod"] {
        file(&server, cloud, "two segments", |file| file["nn"].as_u64() >= Some(2));
    }
    server.signal(Signal::Kill);
    drop(publishing);
    drop(server);
    tencent.hand("mode?works");
    let server = start(folder.path(), &tencent);
    let [dvr, vod] = ["dvr", "vod"].map(|cloud| file(&server, cloud, "all of it in a cloud", is_there));
    assert_eq!(dvr["uuid"], vod["uuid"]);
    for (cloud, file) in [("dvr", &dvr), ("vod", &vod)] {
        let (url, _) = playlist(&server, cloud, file);
        plays(&url, &file["duration"]);
    }
    leaves_disk(folder.path(), &dvr);
    let sent = sent(&tencent, ".ts");
    let twice = sent.values().filter(|times| **times > 1).count();
    assert!(
        sent.len() as u64 == dvr["nn"].as_u64().unwrap() + vod["nn"].as_u64().unwrap() && twice <= 2,
        "{sent:?}"
    );
}
