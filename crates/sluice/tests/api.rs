//! The HTTP API of the real binary: from the first account to the stream that is put out.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::{Server, Tool, ffmpeg, http, tool, wait};

use crate::support::console::{Client, PASSWORD, json_of};
use crate::support::{SLUICE, SOON, USUAL, on_air};

#[test]
fn a_stream_is_seen_and_put_out() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    assert_eq!(owner.get("streams")["items"], json!([]));
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let stream = owner.get("streams/live%2Fs");
    assert_eq!((&stream["id"], &stream["state"]), (&json!("live/s"), &json!("live")), "{stream}");
    assert_eq!(stream["viewers"], json!({"rtmp": 1}), "{stream}");
    assert_eq!(stream["publisher"]["protocol"], "rtmp", "{stream}");
    let kinds: Vec<_> = stream["tracks"].as_array().unwrap().iter().map(|track| &track["kind"]).collect();
    assert_eq!(kinds, ["video", "audio"], "{stream}");
    assert_eq!(stream["tracks"][0]["width"], 320, "{stream}");
    assert!(!stream.to_string().contains(Server::KEY), "the publish key is nobody's business here");

    let sessions = owner.get("sessions?stream=live/s");
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
    let first = owner.get("sessions?limit=1");
    let rest = owner.get(&format!("sessions?after={}", first["next"].as_str().unwrap()));
    assert_eq!((&first["items"][0], rest["items"].as_array().unwrap().len()), (&first["items"][0], 1));
    assert_eq!(owner.get("system")["publishers"], 1);

    assert_eq!(owner.ask("POST", "streams/live%2Fs/kick", None).status, 204);
    let after = owner.ask("GET", "sessions?action=publish", None);
    assert_eq!(json_of(&after)["items"], json!([]), "gone at once");
    publishing.wait(SOON);
}

#[test]
fn a_viewer_is_put_out_and_others_stay() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (_publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let other = ffmpeg::play(&server.http_url("live/s.flv")).start();
    crate::support::wait_for_viewers(&server, "flv", 1);
    let flv = owner.get("sessions?action=play");
    let flv = flv["items"].as_array().unwrap().iter().find(|session| session["protocol"] == "flv").unwrap();
    assert_eq!(owner.ask("DELETE", &format!("sessions/{}", flv["id"]), None).status, 204);
    other.finish(SOON);
    wait::until("the viewer is gone", SOON, || {
        (owner.get("streams/live%2Fs")["viewers"] == json!({"rtmp": 1})).then_some(())
    });
}

#[test]
fn accounts_and_logins_outlive_a_restart_and_the_setup_token_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).data(folder.path()).start();
    let server = start();
    assert_eq!(Client::stranger(&server).get("setup")["required"], true);
    let owner = Client::owner(&server);
    assert_eq!(Client::stranger(&server).get("setup")["required"], false);
    let viewer = json!({"name": "Vic", "password": PASSWORD, "role": "viewer"});
    assert_eq!(owner.ask("POST", "users", Some(viewer)).status, 201);
    assert!(server.stop(SOON).status.success());

    let server = start();
    assert!(!server.log().iter().any(|line| line.contains("First account")));
    let owner = Client { server: server.http_url(""), ..owner };
    assert_eq!(owner.get("session")["user"]["name"], "ann");
    let vic = Client::log_in(&server, "vic");
    assert_eq!(
        vic.get("session")["permissions"],
        json!(["streams:read", "recordings:read", "system:read", "metrics:read"])
    );
    assert_eq!(vic.ask("GET", "users", None).status, 403);
    assert_eq!(Client::stranger(&server).ask("GET", "streams", None).status, 401);
    assert!(server.stop(SOON).status.success());
    let said = fs_of(folder.path());
    assert!(!said.contains(PASSWORD) && !said.contains(&owner.cookie["sluice_session=".len()..]));
}

/// Everything that the server keeps, as text.
fn fs_of(folder: &std::path::Path) -> String {
    let bytes = std::fs::read(folder.join("store/sluice.redb")).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_script_for_oryx_logs_in_sees_and_puts_out_a_stream() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::write(folder.path().join("config/.env"), "MGMT_PASSWORD=007\n").unwrap();
    let environment = [("MGMT_PASSWORD", "not-this-one"), ("SRS_PLATFORM_SECRET", "the-secret-of-a-script")];
    let server = environment
        .iter()
        .fold(Server::of(SLUICE).data(folder.path()), |setup, (name, value)| setup.env(name, value))
        .start();
    let call = |path: &str, headers: &[(&str, &str)], body: Value| {
        http::send("POST", &server.http_url(path), headers, &body.to_string())
    };
    let data = |answer: http::Response| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        json_of(&answer)["data"].clone()
    };
    let login = data(call("terraform/v1/mgmt/login", &[], json!({"password": "007"})));
    assert_eq!(login["bearer"], "the-secret-of-a-script");
    let token = &login["token"];
    let bearer = [("authorization", "Bearer the-secret-of-a-script")];

    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let streams = data(call("terraform/v1/mgmt/streams/query", &[], json!({"token": token})));
    let stream = &streams["streams"][0];
    assert_eq!((&stream["vhost"], &stream["app"]), (&json!("__defaultVhost__"), &json!("live")), "{stream}");
    assert_eq!(
        (&stream["stream"], &stream["param"]),
        (&json!("s"), &json!(format!("?secret={}", Server::KEY)))
    );
    let clients = json_of(&http::send("GET", &server.http_url("api/v1/clients/"), &bearer, ""));
    let kinds: Vec<_> = clients["clients"].as_array().unwrap().iter().map(|client| &client["type"]).collect();
    assert_eq!(kinds, ["rtmp-play", "fmle-publish"], "{clients}");
    let srs = json_of(&http::send("GET", &server.http_url("api/v1/streams/"), &bearer, ""));
    assert_eq!(srs["streams"][0]["video"]["codec"], "H264", "{srs}");
    assert_eq!(srs["streams"][0]["publish"]["cid"], stream["client_id"], "{srs}");

    assert_eq!(data(call("terraform/v1/mgmt/streams/kickoff", &bearer, stream.clone())), Value::Null);
    let after = data(call("terraform/v1/mgmt/streams/query", &bearer, json!({})));
    assert_eq!(after, json!({"streams": null}), "gone at once");
    publishing.wait(SOON);

    let other = json!({"secret": "another-publish-key"});
    assert_eq!(data(call("terraform/v1/hooks/srs/secret/update", &bearer, other)), Value::Null);
    let refused = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    assert!(!refused.wait(SOON).status.success(), "the key until now is refused");
    let url = server.publish_url("live/s").replace(Server::KEY, "another-publish-key");
    let _publishing = ffmpeg::publish(&clip, &url).start();
    server.wait_for_log(2, &["publishing", "stream=live/s"], SOON);
    let log = server.log().join("\n");
    assert!(
        !log.contains("the-secret-of-a-script")
            && !log.contains("another-publish-key")
            && !log.contains("007\"")
    );
}

#[test]
fn hls_is_switched_under_a_player_and_stays_so() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let setup =
            Server::of(SLUICE).data(folder.path()).env("SRS_PLATFORM_SECRET", "the-secret-of-a-script");
        setup.start()
    };
    let server = start();
    let call = |server: &Server, path: &str, body: Value| {
        let headers = [("authorization", "Bearer the-secret-of-a-script")];
        let url = server.http_url(&format!("terraform/v1/mgmt/{path}"));
        let answer = http::send("POST", &url, &headers, &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        json_of(&answer)["data"].clone()
    };
    call(&server, "hlsll/update", json!({"hlsLowLatency": true}));
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    let playlist = |what: &str, is: &dyn Fn(&str) -> bool| {
        wait::until(what, SOON, || {
            let answer = http::try_get(&url).ok().filter(|answer| answer.status == 200)?;
            Some(answer.text()).filter(|text| is(text))
        })
    };
    let master = playlist("a master playlist", &|text| text.contains(".m3u8?hls_ctx="));
    let known = server.http_url(master.lines().last().unwrap().trim_start_matches('/'));
    wait::until("segments", SOON, || http::get(&known).text().contains("#EXTINF").then_some(()));
    assert!(http::get(&known).text().contains("#EXT-X-TARGETDURATION:3\n"), "segments are short");

    let mut playing = ffmpeg::play(&url).start();
    playing.wait_for_pictures(10, SOON);
    call(&server, "hphls/update", json!({"noHlsCtx": true}));
    playlist("one playlist for all", &|text| text.contains("#EXTINF") && !text.contains("hls_ctx"));
    assert!(http::get(&known).text().contains("#EXTINF"), "who had a name before goes on");
    playing.wait_for_pictures(100, SOON);
    call(&server, "hphls/update", json!({"noHlsCtx": false}));
    playlist("a master playlist again", &|text| text.contains(".m3u8?hls_ctx="));
    playing.wait_for_pictures(160, SOON);

    assert!(server.stop(SOON).status.success());
    let server = start();
    assert_eq!(call(&server, "hlsll/query", json!({})), json!({"hlsLowLatency": true}));
    assert_eq!(call(&server, "hphls/query", json!({})), json!({"noHlsCtx": false}));
}

#[test]
fn a_forgotten_password_is_reset_from_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let reset = || {
        let arguments = ["user", "reset-password", "Ann", "--without-second-factor"];
        let output = std::process::Command::new(SLUICE)
            .args(arguments)
            .env("SLUICE_DATA_DIR", folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let start = || Server::of(SLUICE).data(folder.path()).start();
    let log_in = |server: &Server, password: &str| {
        let credentials = json!({"name": "ann", "password": password});
        Client::stranger(server).ask("POST", "session", Some(credentials)).status
    };
    let server = start();
    let owner = Client::owner(&server);
    let running = reset();
    assert_eq!(owner.ask("GET", "session", None).status, 401, "logged out");
    assert_eq!((log_in(&server, PASSWORD), log_in(&server, &running)), (401, 201));
    assert!(server.stop(SOON).status.success());
    let stopped = reset();
    let server = start();
    assert_eq!((log_in(&server, &running), log_in(&server, &stopped)), (401, 201));
}

#[test]
fn an_app_with_a_key_of_its_own_asks_for_that() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).data(folder.path()).start();
    let server = start();
    let owner = Client::owner(&server);
    let made = owner.ask("POST", "keys", Some(json!({"label": "studio", "app": "live"})));
    assert_eq!(made.status, 201, "{}", made.text());
    let made = json_of(&made);
    let own = made["key"].as_str().unwrap();
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let refused = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    assert!(!refused.wait(SOON).status.success(), "the key of the server is not that of the app");
    assert!(server.stop(SOON).status.success());

    let server = start();
    let url = server.publish_url("live/s").replace(Server::KEY, own);
    let _publishing = ffmpeg::publish(&clip, &url).start();
    server.wait_for_log(1, &["publishing", "stream=live/s"], SOON);
    assert!(!server.log().join("\n").contains(own), "keys are in no log");
}

#[test]
fn a_console_hears_of_streams_and_does_not_hold_the_server_up() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let token =
        owner.ask("POST", "tokens", Some(json!({"label": "console", "permissions": ["streams:read"]})));
    let bearer = format!("Bearer {}", json_of(&token)["secret"].as_str().unwrap());
    let address = server.addresses().http;
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "GET /api/v2/events?topics=streams HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut lines = std::io::BufReader::new(socket).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == r#"data: {"snapshot":true,"items":[]}"#));
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    assert!(
        lines.any(|line| line.contains(r#""changed":[{"id":"live/s""#) && line.contains(r#""codec":"h264""#))
    );
    drop(publishing);
    assert!(lines.any(|line| line.contains(r#""gone":["live/s"]"#)));
    let stopped = server.stop(SOON);
    assert!(stopped.status.success());
    assert!(!stopped.log.iter().any(|line| line.contains("before everything was finished")));
}

#[test]
fn what_is_guarded_is_seen_by_who_has_a_pass_and_by_nobody_else() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).arg("--media-hls-fragment=1s").arg("--media-hls-mode=plain").start();
    let owner = Client::owner(&server);
    let alias = json!({"label": "door", "app": "live", "stream": "s"});
    let alias = json_of(&owner.ask("POST", "aliases", Some(alias)))["name"].as_str().unwrap().to_owned();
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let _publishing = ffmpeg::publish(&clip, &server.rtmp_url(&format!("live/{alias}"))).start();
    crate::support::wait_for_ok(&server.http_url("live/s.m3u8"));
    assert!(!owner.get("streams").to_string().contains(&alias), "the device's name is its secret");

    assert_eq!(owner.ask("PUT", "passes", Some(json!({"guarded": ["live/*"]}))).status, 200);
    let pass = json!({"streams": "live/s", "expires_in": 600});
    let pass = json_of(&owner.ask("POST", "passes", Some(pass)))["token"].as_str().unwrap().to_owned();
    let (flv, list) = (server.http_url("live/s.flv"), server.http_url("live/s.m3u8"));
    assert_eq!(http::try_get(&flv).unwrap().status, 403);
    let refused = ffmpeg::play(&server.rtmp_url("live/s")).seconds(2).run(SOON);
    assert!(refused.pictures().is_empty());
    for url in [
        format!("{flv}?token={pass}"),
        format!("{list}?token={pass}"),
        server.rtmp_url(&format!("live/s?token={pass}")),
    ] {
        let mut playing = ffmpeg::play(&url).start();
        playing.wait_for_pictures(1, SOON);
        playing.stop(SOON);
    }
    let public = |query: &str| owner.get(&format!("public/streams/live%2Fs{query}"));
    assert_eq!(public(""), json!({"live": true, "guarded": true, "viewers": 0}));
    assert_eq!(public(&format!("?token={pass}"))["width"], 320);
    // Not a byte of it, whatever is asked.
    let (low, strangers_low) = (format!("{list}?variant=ll&token={pass}"), format!("{list}?variant=ll"));
    let low = crate::support::wait_for_ok(&low).text();
    let low = low.lines().find(|line| line.contains("hls_ctx=")).unwrap();
    let low = server.http_url(low.trim_start_matches('/'));
    let parts = wait::until("parts", SOON, || {
        let text = http::try_get(&low).ok().filter(|answer| answer.status == 200)?.text();
        let uris = text.split(['"', '\n']).filter(|uri| uri.contains(".m4s?") || uri.contains(".mp4?"));
        let uris: Vec<String> = uris.map(|uri| server.http_url(&format!("live/{uri}"))).collect();
        (uris.len() > 2).then_some(uris)
    });
    assert_eq!(http::try_get(&parts[0]).unwrap().status, 200);
    let master = crate::support::wait_for_ok(&strangers_low).text();
    assert!(!master.contains("RESOLUTION") && !master.contains("CODECS"), "{master}");
    let without = |uri: &String| uri.split('?').next().unwrap().to_owned();
    let barred = parts
        .iter()
        .map(without)
        .chain(["ts", "aac", "flv"].map(|kind| server.http_url(&format!("live/s.{kind}"))));
    let guessed = ["", "?hls_ctx=guessed", "?token=x.y.z", "?hls_ctx="].map(|query| format!("{list}{query}"));
    for url in barred.chain([low.split("&token").next().unwrap().replace("hls_ctx=", "hls_ctx=x")]) {
        assert_eq!(http::try_get(&url).unwrap().status, 403, "{url}");
        // The head of a file that never ends is the same for every stream, there or not.
        let endless = [".ts", ".aac", ".flv"].iter().any(|suffix| url.ends_with(suffix));
        assert_eq!(http::send("HEAD", &url, &[], "").status, if endless { 200 } else { 403 }, "HEAD {url}");
    }
    for url in guessed {
        let answer = http::try_get(&url).unwrap();
        assert!(answer.status >= 400 || !answer.text().contains(".ts"), "{url}: {}", answer.text());
    }
    // What a player is led to by the playlist of somebody without a pass.
    let master = crate::support::wait_for_ok(&list).text();
    let media = master.lines().find(|line| line.contains("hls_ctx=")).unwrap();
    assert_eq!(http::try_get(&server.http_url(media.trim_start_matches('/'))).unwrap().status, 403);

    let rule = json!({"label": "x", "actions": ["play"], "network": "127.0.0.0/8", "effect": "deny"});
    assert_eq!(owner.ask("POST", "address-rules", Some(rule)).status, 201);
    let denied = http::try_get(&format!("{flv}?token={pass}")).unwrap();
    assert!(denied.status == 403 && denied.text().contains("Your address"), "{}", denied.text());
}

#[test]
fn a_key_in_a_streams_name_is_shown_to_nobody_who_may_not_see_keys() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let viewer = json!({"name": "vic", "password": PASSWORD, "role": "viewer"});
    assert_eq!(owner.ask("POST", "users", Some(viewer)).status, 201);
    let vic = Client::log_in(&server, "vic");
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let name = format!("garden{}", Server::KEY);
    let _publishing = ffmpeg::publish(&clip, &server.rtmp_url(&format!("live/{name}"))).start();
    wait::until("the stream", SOON, || owner.get("streams").to_string().contains(&name).then_some(()));
    for list in ["streams", "sessions"] {
        assert!(owner.get(list).to_string().contains(Server::KEY));
        assert_eq!(vic.get(list)["items"], json!([]), "{list}");
    }
    for path in ["streams", "sessions", "logs", "audit"].map(|list| format!("{list}?limit=100")) {
        let told = vic.ask("GET", &path, None).text();
        assert!(!told.contains(Server::KEY), "{told}");
    }
    let one = format!("streams/live%2F{name}");
    assert_eq!((owner.ask("GET", &one, None).status, vic.ask("GET", &one, None).status), (200, 404));
    assert_eq!(vic.ask("GET", &format!("{one}/snapshot"), None).status, 404);
    server.wait_for_log(1, &["publishing", "(its name is a secret)"], SOON);
    let log = server.log().into_iter().filter(|line| line.contains("INFO"));
    assert!(log.clone().count() > 0 && !log.into_iter().any(|line| line.contains(Server::KEY)));
}
