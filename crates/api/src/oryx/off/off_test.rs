//! Every endpoint of section 3 of the reference, held against it.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::api_test::Server;
use crate::oryx::paths;
use crate::oryx::tests::{ask, call, open};

/// The whole index: who may call, and the path.
const INDEX: &str = "
O host/versions mgmt/versions ffmpeg/versions hooks/versions tencent/versions
O mgmt/init mgmt/check mgmt/envs mgmt/login
A mgmt/token mgmt/status mgmt/secret/query mgmt/bilibili
A mgmt/openai/query mgmt/openai/update mgmt/limits/query mgmt/limits/update
O mgmt/beian/query
A mgmt/beian/update mgmt/hphls/query mgmt/hphls/update mgmt/hlsll/query mgmt/hlsll/update
A mgmt/auto-self-signed-certificate mgmt/ssl mgmt/letsencrypt mgmt/cert/query
A mgmt/streams/query mgmt/streams/kickoff mgmt/hooks/query mgmt/hooks/apply
O mgmt/hooks/example hooks/srs/verify hooks/srs/hls
A hooks/srs/secret hooks/srs/secret/query hooks/srs/secret/update hooks/srs/secret/disable
A hooks/record/query hooks/record/apply hooks/record/globs hooks/record/post-processing hooks/record/remove
A hooks/record/end hooks/record/files
O hooks/record/hls/
A hooks/dvr/query hooks/dvr/apply hooks/dvr/files
O hooks/dvr/hls/
A hooks/vod/query hooks/vod/apply hooks/vod/files
O hooks/vod/hls/
A tencent/cam/secret
A live/room/create live/room/query live/room/update live/room/list live/room/remove
R ai-talk/stage/start ai-talk/stage/conversation ai-talk/stage/upload ai-talk/stage/query
O ai-talk/stage/hello-voices/ ai-talk/stage/verify
R ai-talk/subscribe/start ai-talk/subscribe/query ai-talk/subscribe/remove
O ai-talk/subscribe/tts
R ai-talk/user/query ai-talk/user/update
A dubbing/create dubbing/list dubbing/remove dubbing/query dubbing/update dubbing/export dubbing/source
A dubbing/task-start dubbing/task-query dubbing/task-rephrase dubbing/task-merge
Q dubbing/play dubbing/task-tts
A ffmpeg/forward/secret ffmpeg/forward/streams
A ffmpeg/vlive/secret ffmpeg/vlive/streams ffmpeg/vlive/source ffmpeg/vlive/server ffmpeg/vlive/ytdl
A ffmpeg/vlive/stream-url ffmpeg/vlive/streamUrl
O ffmpeg/vlive/upload/
A ffmpeg/camera/secret ffmpeg/camera/streams ffmpeg/camera/source ffmpeg/camera/stream-url
A ffmpeg/transcode/query ffmpeg/transcode/apply ffmpeg/transcode/task
A ai/transcript/query ai/transcript/apply ai/transcript/check ai/transcript/clear-subtitle ai/transcript/reset
A ai/transcript/live-queue ai/transcript/asr-queue ai/transcript/fix-queue ai/transcript/overlay-queue
O ai/transcript/hls/webvtt/ ai/transcript/hls/overlay/ ai/transcript/hls/original/
A ai/ocr/query ai/ocr/apply ai/ocr/check ai/ocr/reset
A ai/ocr/live-queue ai/ocr/ocr-queue ai/ocr/callback-queue ai/ocr/cleanup-queue
O ai/ocr/image/
";

#[tokio::test]
async fn every_endpoint_of_the_index_is_there_and_guarded_as_it_says() {
    let server = Server::new();
    let mut wanted: Vec<(&str, char)> = Vec::new();
    for line in INDEX.trim().lines() {
        let mut words = line.split(' ');
        let guard = words.next().unwrap().chars().next().unwrap();
        wanted.extend(words.map(|path| (path, guard)));
    }
    let letter = |guard| match guard {
        Guard::Open => 'O',
        Guard::Secret | Guard::Change => 'A',
        Guard::Room => 'R',
        Guard::Link => 'Q',
    };
    let mut there: Vec<_> =
        paths(&server.api).into_iter().map(|(path, guard)| (path, letter(guard))).collect();
    wanted.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, wanted);
}

#[tokio::test]
async fn queries_answer_as_where_nothing_is_set() {
    let server = Server::new();
    let queue = || json!({"segments": null, "count": 0});
    for (path, data) in [
        (
            "mgmt/hooks/query",
            json!({"req": "", "res": "", "target": "", "opaque": "", "all": false, "host": ""}),
        ),
        (
            "hooks/record/query",
            json!({"all": false, "home": "/data/record", "globs": [], "processCpDir": ""}),
        ),
        ("hooks/record/files", json!([])),
        ("hooks/dvr/query", json!({"all": false, "secret": false})),
        ("hooks/dvr/files", json!([])),
        ("hooks/vod/query", json!({"all": false, "secret": false, "service": false, "storage": false})),
        ("hooks/vod/files", json!([])),
        ("live/room/list", json!({"rooms": null})),
        ("dubbing/list", json!({"projects": null})),
        ("ffmpeg/forward/secret", json!({})),
        ("ffmpeg/forward/streams", json!([])),
        ("ffmpeg/vlive/secret", json!({})),
        ("ffmpeg/vlive/streams", json!([])),
        ("ffmpeg/camera/secret", json!({})),
        ("ffmpeg/camera/streams", json!([])),
        (
            "ffmpeg/transcode/query",
            json!({
                "all": false, "vcodec": "", "acodec": "", "vbitrate": 0, "abitrate": 0, "vprofile": "",
                "vpreset": "", "achannels": 0, "server": "", "secret": "",
            }),
        ),
        ("ai/transcript/live-queue", queue()),
        ("ai/transcript/asr-queue", queue()),
        ("ai/transcript/fix-queue", queue()),
        ("ai/transcript/overlay-queue", queue()),
        ("ai/ocr/live-queue", queue()),
        ("ai/ocr/ocr-queue", queue()),
        ("ai/ocr/callback-queue", queue()),
        ("ai/ocr/cleanup-queue", queue()),
    ] {
        for body in [Value::Null, json!({"unknown": 1})] {
            assert_eq!(call(&server, path, body).await.data(), data, "{path}");
        }
    }
    let task = call(&server, "ffmpeg/transcode/task", Value::Null).await.data();
    let uuid = task["uuid"].as_str().unwrap();
    let expected = json!({
        "uuid": uuid, "enabled": false, "input": "", "output": "", "frame": {"log": "", "update": ""},
    });
    assert_eq!(task, expected);
    let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
    let transcript = call(&server, "ai/transcript/query", Value::Null).await.data();
    assert_eq!(
        transcript["config"],
        json!({
            "all": false, "secretKey": "", "baseURL": "", "organization": "", "lang": "", "forceStyle": "",
            "videoCodecParams": "", "overlayEnabled": true, "webvttEnabled": true,
        })
    );
    let ocr = call(&server, "ai/ocr/query", Value::Null).await.data();
    assert_eq!(
        ocr["config"],
        json!({
            "all": false, "aiProvider": "", "aiSecretKey": "", "aiOrganization": "", "aiBaseURL": "",
            "aiChatEnabled": true, "aiChatModel": "", "aiChatPrompt": "", "aiChatMaxWindow": 0,
            "aiChatMaxWords": 0,
        })
    );
    assert!(transcript["task"]["uuid"].is_string() && ocr["task"] != transcript["task"]);
}

#[tokio::test]
async fn what_would_do_something_checks_and_refuses() {
    let server = Server::new();
    let not_yet = |feature: &str| -> &'static str {
        String::leak(format!("{feature}: this server does not do that yet"))
    };
    let (files, cameras) = (not_yet("streams from files"), not_yet("streams from cameras"));
    let (speech, pictures) = (not_yet("subtitles"), not_yet("reading texts in pictures"));
    let (rooms, dubbing) = (not_yet("live rooms"), not_yet("dubbing"));
    let (forwarding, downloads) = (not_yet("forwarding"), not_yet("downloading videos"));
    let transcoding = not_yet("transcoding");
    let file = |target: &str, kind: &str| json!({"target": target, "type": kind});
    let uploads = |target| json!([file(target, "upload")]);
    let streams = json!([file("rtmp://h/a/b", "stream")]);
    for (path, body, text) in [
        ("mgmt/bilibili", json!({}), "no bvid"),
        ("tencent/cam/secret", json!({"secretKey": "k"}), "no secretId"),
        ("tencent/cam/secret", json!({"secretId": "i"}), "no secretKey"),
        ("live/room/create", json!({"title": "My room"}), rooms),
        ("live/room/update", json!({"uuid": "u", "title": "x"}), rooms),
        ("live/room/query", json!({"uuid": "u"}), "live room u not exists"),
        ("live/room/remove", json!({"uuid": "u"}), "live room u not exists"),
        ("dubbing/source", json!({}), "no files"),
        ("dubbing/source", json!({"files": [{}]}), "no target"),
        ("dubbing/source", json!({"files": uploads("upload/x.mp4")}), dubbing),
        ("dubbing/create", json!({"files": null}), "invalid files 0"),
        ("dubbing/create", json!({"files": [{}, {}]}), "invalid files 2"),
        ("dubbing/create", json!({"files": [null]}), "invalid file"),
        ("dubbing/create", json!({"files": [{"type": "stream"}]}), "invalid file type stream"),
        ("dubbing/create", json!({"files": [{"type": "file"}]}), "invalid file path"),
        ("dubbing/create", json!({"files": [{"type": "file", "path": "/data/a.mp4"}]}), dubbing),
        ("dubbing/update", json!({"uuid": "u"}), dubbing),
        ("ffmpeg/forward/secret", json!({"action": "delete"}), "invalid action=delete"),
        ("ffmpeg/forward/secret", json!({"action": "update"}), "no platform"),
        ("ffmpeg/forward/secret", json!({"action": "update", "platform": "x"}), "invalid platform=x"),
        ("ffmpeg/forward/secret", json!({"action": "update", "platform": "my-forwarding-1"}), "no server"),
        (
            "ffmpeg/forward/secret",
            json!({"action": "update", "platform": "wx", "server": "rtmp://a/b", "enabled": true}),
            forwarding,
        ),
        ("ffmpeg/vlive/secret", json!({"action": "x"}), "invalid action=x"),
        ("ffmpeg/vlive/secret", json!({"action": "update"}), "no platform"),
        (
            "ffmpeg/vlive/secret",
            json!({"action": "update", "platform": "camera-1"}),
            "invalid platform=camera-1",
        ),
        ("ffmpeg/vlive/secret", json!({"action": "update", "platform": "vlive-1"}), "no server"),
        (
            "ffmpeg/vlive/secret",
            json!({"action": "update", "platform": "bilibili", "server": "rtmp://a"}),
            "no files",
        ),
        (
            "ffmpeg/vlive/secret",
            json!({"action": "update", "platform": "wx", "server": "rtmp://a", "files": streams}),
            files,
        ),
        (
            "ffmpeg/camera/secret",
            json!({"action": "update", "platform": "vlive-1"}),
            "invalid platform=vlive-1",
        ),
        (
            "ffmpeg/camera/secret",
            json!({"action": "update", "platform": "camera-1", "server": "rtmp://a", "files": streams}),
            cameras,
        ),
        ("ffmpeg/vlive/source", json!({}), "no files"),
        ("ffmpeg/vlive/source", json!({"files": [{}]}), "no target"),
        ("ffmpeg/vlive/source", json!({"files": uploads("/etc/passwd")}), "invalid target /etc/passwd"),
        ("ffmpeg/vlive/source", json!({"files": uploads("upload/a")}), "no platform"),
        ("ffmpeg/vlive/source", json!({"files": streams, "platform": "x"}), "invalid platform x"),
        ("ffmpeg/vlive/source", json!({"files": uploads("upload/a"), "platform": "wx"}), files),
        ("ffmpeg/camera/source", json!({}), "no files"),
        ("ffmpeg/camera/source", json!({"files": [{}]}), "no target"),
        (
            "ffmpeg/camera/source",
            json!({"files": uploads("upload/a")}),
            "invalid target upload/a type upload",
        ),
        ("ffmpeg/camera/source", json!({"files": streams}), "no platform"),
        ("ffmpeg/camera/source", json!({"files": streams, "platform": "wx"}), cameras),
        ("ffmpeg/vlive/ytdl", json!({"url": "ftp://a"}), "invalid url ftp://a"),
        ("ffmpeg/vlive/ytdl", json!({"url": "https://a"}), downloads),
        ("ffmpeg/vlive/server", json!({"file": "/etc/a.mp4"}), "invalid file /etc/a.mp4, should in /data"),
        (
            "ffmpeg/vlive/server",
            json!({"file": "/data/a.MP4"}),
            "invalid file extension /data/a.MP4, should be [.mp4 .flv .ts .mkv .mov .mp3 .aac .m4a]",
        ),
        ("ffmpeg/vlive/server", json!({"file": "/data/a.mp4"}), files),
        ("ffmpeg/transcode/apply", json!({"all": true}), transcoding),
        ("ai/transcript/apply", json!({"all": true}), speech),
        ("ai/transcript/check", json!({"secretKey": "k", "baseURL": "http://a"}), speech),
        ("ai/transcript/clear-subtitle", json!({"uuid": "u"}), "invalid uuid u"),
        ("ai/transcript/reset", json!({}), "invalid uuid "),
        ("ai/ocr/apply", json!({"all": true}), pictures),
        ("ai/ocr/check", json!({}), pictures),
        ("ai/ocr/reset", json!({"uuid": "u"}), "invalid uuid u"),
    ] {
        call(&server, path, body.clone()).await.fails(text);
        let at_once = open(&server, path, &body.to_string()).await;
        at_once.fails("authenticate: no Authorization or token");
    }
    for path in ["query", "export", "remove", "task-start", "task-query", "task-rephrase", "task-merge"] {
        let answer = call(&server, &format!("dubbing/{path}"), json!({"uuid": "u", "task": "t"})).await;
        answer.fails("load dubbing project u: dubbing project u not exists");
    }
    for (path, feature) in [
        ("ffmpeg/vlive/stream-url", files),
        ("ffmpeg/vlive/streamUrl", files),
        ("ffmpeg/camera/stream-url", cameras),
    ] {
        for (url, text) in [
            ("file:///etc/passwd", "invalid url scheme file"),
            ("nothing", "invalid url scheme "),
            ("http://host", "url path  empty"),
            ("https://host/a.mp4?x=.flv", "invalid url path suffix /a.mp4"),
            ("http://host/a.flv?x", feature),
            ("srt://host:10080?streamid=x", feature),
        ] {
            call(&server, path, json!({"url": url})).await.fails(text);
        }
    }
    for (query, reset, clear) in [
        ("ai/transcript/query", "ai/transcript/reset", Some("ai/transcript/clear-subtitle")),
        ("ai/ocr/query", "ai/ocr/reset", None),
    ] {
        let uuid = call(&server, query, json!({})).await.data()["task"]["uuid"].clone();
        let answer = call(&server, reset, json!({"uuid": uuid})).await;
        assert!(answer.text.contains("does not do that yet"), "{}", answer.text);
        if let Some(clear) = clear {
            let text = format!("clear subtitle task {} and tsid=t: no tsid t", uuid.as_str().unwrap());
            call(&server, clear, json!({"uuid": uuid, "tsid": "t"})).await.fails(&text);
        }
    }
}

#[tokio::test]
async fn a_room_token_takes_the_place_of_the_secret_and_opens_nothing_without_a_room() {
    let server = Server::new();
    for (path, body, text) in [
        ("stage/start", json!({}), "empty room id"),
        ("stage/start", json!({"room": "r"}), "live room r not exists"),
        ("stage/conversation", json!({}), "empty sid"),
        ("stage/conversation", json!({"sid": "s"}), "invalid sid s"),
        ("stage/upload", json!({}), "empty sid"),
        ("stage/upload", json!({"sid": "s"}), "empty rid"),
        ("stage/upload", json!({"sid": "s", "rid": "q"}), "empty userId"),
        ("stage/upload", json!({"sid": "s", "rid": "q", "userId": "u"}), "empty audio and text"),
        ("stage/upload", json!({"sid": "s", "rid": "q", "userId": "u", "text": "hi"}), "invalid sid s"),
        ("stage/query", json!({"sid": "s"}), "empty rid"),
        ("stage/query", json!({"sid": "s", "rid": "q"}), "invalid sid s"),
        ("subscribe/start", json!({"room": "r"}), "no stage in room r"),
        ("subscribe/query", json!({"sid": "s"}), "empty spid"),
        ("subscribe/query", json!({"sid": "s", "spid": "p"}), "invalid sid s"),
        ("subscribe/remove", json!({"sid": "s", "spid": "p"}), "empty asid"),
        ("subscribe/remove", json!({"sid": "s", "spid": "p", "asid": "a"}), "invalid sid s"),
        ("user/query", json!({"sid": "s"}), "empty userId"),
        ("user/update", json!({"sid": "s", "userId": "u"}), "invalid sid s"),
    ] {
        let path = format!("ai-talk/{path}");
        call(&server, &path, body.clone()).await.fails(text);
        open(&server, &path, &body.to_string()).await.fails("authenticate: no Authorization or token");
        let mut body = body;
        body["roomToken"] = json!("");
        open(&server, &path, &body.to_string()).await.fails("authenticate: no Authorization or token");
        body["roomToken"] = json!("t");
        open(&server, &path, &body.to_string()).await.fails(text);
    }
    let verify = r#"{"room":"r","roomToken":"t"}"#;
    open(&server, "ai-talk/stage/verify", verify).await.fails("live room r not exists");
    let mut query = String::from("ai-talk/subscribe/tts?x");
    for name in ["sid", "spid", "asid", "room", "roomToken"] {
        open(&server, &query, "").await.fails(&format!("empty {name}"));
        query = format!("{query}&{name}=1");
    }
    open(&server, &query, "").await.fails("invalid sid 1");
}

#[tokio::test]
async fn links_need_the_secret_or_a_token_in_the_query() {
    let server = Server::new();
    let secret = server.api.platform.secret().to_owned();
    let token = server.api.platform.issue().unwrap().token;
    for path in ["dubbing/play", "dubbing/task-tts"] {
        open(&server, path, "").await.fails("empty token");
        // The query decides alone.
        call(&server, path, json!({"token": token})).await.fails("empty token");
        for token in [&secret, &token] {
            open(&server, &format!("{path}?token={token}"), "").await.fails("empty uuid");
            open(&server, &format!("{path}?token={token}&uuid=u"), "")
                .await
                .fails("load dubbing project u: dubbing project u not exists");
        }
        let wrong = open(&server, &format!("{path}?token=x&uuid=u"), "").await;
        wrong.fails("authenticate: verify token: token contains an invalid number of segments");
    }
}

#[tokio::test]
async fn what_is_open_does_nothing() {
    let server = Server::new();
    for kind in ["record", "dvr", "vod"] {
        for (file, text) in [
            ("u.m3u8", "no m3u8 of uuid=u"),
            ("u/index.m3u8", "no m3u8 of uuid=u"),
            (".m3u8", "invalid uuid .m3u8"),
            ("record/u/s.ts", "no ts file record/u/s.ts"),
            ("u/index.mp4", "no mp4 file u/index.mp4"),
            ("u/x.sh", "invalid handler for u/x.sh"),
            ("", "invalid handler for "),
        ] {
            open(&server, &format!("hooks/{kind}/hls/{file}"), "").await.fails(text);
        }
        let answer = open(&server, &format!("hooks/{kind}/hls"), "").await;
        assert_eq!(answer.status, 301);
    }
    for kind in ["webvtt", "overlay", "original"] {
        let hls = format!("ai/transcript/hls/{kind}");
        open(&server, &format!("{hls}/u.m3u8"), "").await.fails("build m3u8 of u: no files");
        open(&server, &format!("{hls}/s.vtt"), "").await.fails("no asr text segments of s");
    }
    open(&server, "ai/ocr/image/i.jpg", "").await.fails("no image file i.jpg");
    open(&server, "ai-talk/stage/hello-voices/hello-english.aac", "")
        .await
        .fails("the assistant's voices: this server does not do that yet");
    let large = "-".repeat(1 << 20);
    let upload = open(&server, "ffmpeg/vlive/upload/movie.mp4", &large).await;
    upload.fails("uploads: this server does not do that yet");
    for action in ["on_publish", "on_hls"] {
        for path in ["hooks/srs/verify", "hooks/srs/hls"] {
            let body = json!({"action": action, "app": "live", "stream": "s", "param": "?secret=x"});
            open(&server, path, &body.to_string()).await.fails(crate::oryx::hooks::INTERNAL);
            call(&server, path, body).await.fails(crate::oryx::hooks::INTERNAL);
        }
    }
    assert_eq!(call(&server, "mgmt/streams/query", json!({})).await.data(), json!({"streams": null}));
    let example = r#"{"action":"on_publish","opaque":"o"}"#;
    assert_eq!(open(&server, "mgmt/hooks/example", example).await.data(), Value::Null);
    for fail in ["true", "1"] {
        let answer = open(&server, &format!("mgmt/hooks/example?fail={fail}"), example).await;
        answer.fails("fail as required, action=on_publish, opaque=o");
    }
}

#[tokio::test]
async fn releases_are_constants_by_any_path() {
    let server = Server::new();
    for path in ["releases", "releases/", "releases/v1", "releases-of-old"] {
        let answer = ask(&server, "GET", &format!("/terraform/v1/{path}"), &[], "").await;
        assert_eq!((answer.status, answer.text.as_str()), (200, crate::oryx::system::RELEASES), "{path}");
    }
}
