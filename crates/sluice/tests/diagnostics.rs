//! The bundle for whoever is asked for help, access for support, and whether any secret is anywhere.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::{Server, Tool, http, tool, wait};

use crate::support::console::{Client, PASSWORD, json_of};
use crate::support::{SLUICE, SOON, USUAL, on_air};

/// Unpacks `archive` with the system's own tar: name and text of each file.
fn unpack(archive: &[u8]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("b.tar.gz"), archive).unwrap();
    let tar = Command::new("tar").arg("-xzf").arg("b.tar.gz").current_dir(folder.path()).output().unwrap();
    assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
    let mut top = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let top = top.find(|path| path.is_dir()).unwrap();
    let read = |entry: std::fs::DirEntry| {
        let text = String::from_utf8(std::fs::read(entry.path()).unwrap()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    };
    let mut files: Vec<_> = std::fs::read_dir(top).unwrap().map(|entry| read(entry.unwrap())).collect();
    files.sort();
    files
}

fn bearer(token: &str, method: &str, url: &str, body: &str) -> http::Response {
    http::send(method, url, &[("authorization", &format!("Bearer {token}"))], body)
}

#[test]
fn access_for_support_sees_how_the_server_does_and_changes_nothing() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let wrong = owner.ask("POST", "support", Some(json!({"label": "x", "expires_in": 8 * 24 * 3600})));
    assert_eq!(json_of(&wrong)["errors"][0]["field"], "expires_in");
    let given = owner.ask("POST", "support", Some(json!({"label": "the vendor"})));
    assert_eq!(given.status, 201, "{}", given.text());
    let (given, url) = (json_of(&given), |path: &str| server.http_url(&format!("api/v2/{path}")));
    let token = given["secret"].as_str().unwrap();
    assert!(given["expires"].is_string());
    for path in ["streams", "sessions", "system", "settings", "logs", "session"] {
        assert_eq!(bearer(token, "GET", &url(path), "").status, 200, "{path}");
    }
    assert_eq!(bearer(token, "GET", &server.http_url("metrics"), "").status, 200);
    for path in
        ["keys", "users", "audit", "tokens", "logins", "support", "aliases", "invites", "address-rules"]
    {
        assert_eq!(bearer(token, "GET", &url(path), "").status, 403, "{path}");
    }
    // Every route that changes anything.
    let document = json_of(&http::get(&url("openapi.json")));
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["post", "put", "patch", "delete"] {
            let open = ["/api/v2/setup", "/api/v2/session", "/api/v2/invited"].contains(&path.as_str());
            if item.get(method).is_none() || path == "/api/v2/diagnostics" || (open && method == "post") {
                continue;
            }
            let path = path.replace("{id}", "x").replace("{name}", "ann");
            let answer = bearer(token, &method.to_uppercase(), &server.http_url(&path[1..]), "{}");
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
    let made = bearer(token, "POST", &url("diagnostics"), "{}");
    assert_eq!(made.status, 200, "{}", made.text());

    let audit = owner.get("audit").to_string();
    assert!(audit.contains("support access") && audit.contains("the vendor"), "{audit}");
    let listed = owner.get("support");
    assert!(listed["items"][0]["used"].is_string(), "{listed}");
    let path = format!("support/{}", given["id"].as_str().unwrap());
    assert_eq!(owner.ask("DELETE", &path, None).status, 204);
    assert_eq!(bearer(token, "GET", &url("streams"), "").status, 401);
}

/// Reads the first events of everything that a console listens to.
fn events(server: &Server, cookie: &str) -> String {
    let mut socket = TcpStream::connect(server.addresses().http).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let request = format!(
        "GET /api/v2/events?topics=streams,system,logs HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    let mut lines = BufReader::new(socket).lines();
    while !["event: streams", "event: system", "event: logs"].iter().all(|event| text.contains(event)) {
        text += &(lines.next().unwrap().unwrap() + "\n");
    }
    // The data of the last event follows its name.
    for line in lines.by_ref().take(2) {
        text += &(line.unwrap() + "\n");
    }
    text
}

#[test]
fn no_secret_is_in_lists_errors_logs_events_or_the_bundle() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let mark = |what: &str| format!("MARK-{what}-0123456789");
    let (platform, key) = (mark("platform"), mark("publish-key"));
    let server = Server::of(SLUICE)
        .env("SLUICE_LOG_LEVEL", "debug")
        .env("SLUICE_PUBLISH_KEY", &key)
        .env("SRS_PLATFORM_SECRET", &platform)
        .env("SOME_PASSWORD", &mark("environment"))
        .start();
    let owner = Client::owner(&server);
    let mut secrets = vec![key.clone(), platform.clone(), mark("environment"), PASSWORD.to_owned()];
    let mut made = |method: &str, path: &str, body: Value, field: &str| {
        let answer = owner.ask(method, path, Some(body));
        assert!(answer.status < 300, "{path}: {}", answer.text());
        let text = json_of(&answer)[field].as_str().map(str::to_owned);
        secrets.extend(text.clone().filter(|text| text.len() >= 8));
        text.unwrap_or_default()
    };
    let own = made("POST", "keys", json!({"label": "k", "app": "live", "stream": "own"}), "key");
    made("POST", "tokens", json!({"label": "t", "permissions": ["streams:read"]}), "secret");
    made("POST", "support", json!({"label": "s"}), "secret");
    made("PATCH", "settings", json!({"ai": {"key": mark("ai"), "url": "https://ai.example"}}), "none");
    made("POST", "users", json!({"name": "vic", "password": mark("password"), "role": "viewer"}), "none");
    made("GET", "session/second-factor", json!({}), "secret");
    let pass = made("POST", "passes", json!({"streams": "live/*", "expires_in": 3600}), "token");
    let publishes = json!({"streams": "live/*", "expires_in": 3600, "action": "publish"});
    let publish_pass = made("POST", "passes", publishes, "token");
    let guest = json!({"label": "g", "app": "live", "stream": "s", "action": "play", "expires_in": 60});
    made("POST", "invites", guest, "token");
    secrets.extend([mark("ai"), mark("password"), own.clone()]);
    secrets.push(owner.cookie["sluice_session=".len()..].to_owned());

    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let publish = |url: String| testkit::ffmpeg::publish(&clip, &url).start();
    let _usual = publish(format!("{}?secret={key}", server.rtmp_url("live/s")));
    let _in_name = publish(server.rtmp_url(&format!("live/cam{key}")));
    let _own = publish(format!("{}?token={own}", server.rtmp_url("live/own")));
    let _by_pass = publish(format!("{}?token={publish_pass}", server.rtmp_url("live/passed")));
    wait::until("all are live", SOON, || (owner.get("system")["streams"] == 4).then_some(()));
    let _watching = testkit::ffmpeg::play(&format!("{}?token={pass}", server.http_url("live/s.flv"))).start();
    let _watching_too =
        testkit::ffmpeg::play(&format!("{}?token={pass}", server.rtmp_url("live/own"))).start();
    wait::until("both watch", SOON, || (owner.get("system")["viewers"] == 2).then_some(()));
    // A second factor in force, and codes that are right, wrong and not there.
    let factor = second_factor(&server, &owner, &mark("factored"));
    secrets.extend([factor, mark("factored")]);

    // Mistakes, with secrets where they do not belong.
    let wrong = mark("typed-as-name");
    secrets.push(wrong.clone());
    let stranger = Client::stranger(&server);
    let mut seen = String::new();
    let mut look = |answer: http::Response| {
        seen += &format!("{:?} {}\n", answer.headers, answer.text());
    };
    look(stranger.ask("POST", "session", Some(json!({"name": wrong, "password": "x"}))));
    look(stranger.ask(
        "POST",
        "session",
        Some(json!({"name": "vic", "password": format!("{}x", mark("password"))})),
    ));
    look(http::get(&server.http_url("api/v2/streams?token=MARK-query-0123456789")));
    secrets.push("MARK-query-0123456789".to_owned());
    look(bearer("MARK-bearer-0123456789", "GET", &server.http_url("api/v2/streams"), ""));
    secrets.push("MARK-bearer-0123456789".to_owned());
    look(http::send(
        "POST",
        &server.http_url("terraform/v1/mgmt/streams/query"),
        &[("authorization", "Bearer MARK-srs-0123")],
        "{}",
    ));
    secrets.push("MARK-srs-0123".to_owned());

    let vic =
        Client::stranger(&server).enters("session", json!({"name": "vic", "password": mark("password")}));
    secrets.push(vic.cookie["sluice_session=".len()..].to_owned());
    let support = owner.ask("POST", "support", Some(json!({"label": "again"})));
    let token = json_of(&support)["secret"].as_str().unwrap().to_owned();
    secrets.push(token.clone());
    let document = json_of(&http::get(&server.http_url("api/v2/openapi.json")));
    for (path, item) in document["paths"].as_object().unwrap() {
        // For who has `keys:read`, keys are what lists are for; only others are looked at there.
        if item.get("get").is_none() || path.contains("events") || path.contains("second-factor") {
            continue;
        }
        let url = server.http_url(&path.replace("{id}", "live%2Fs").replace("{name}", "ann")[1..]);
        look(http::send("GET", &url, &[("cookie", &vic.cookie)], ""));
        look(bearer(&token, "GET", &url, ""));
        look(http::get(&url));
        if !["keys", "aliases", "invites", "passes", "session", "streams"]
            .iter()
            .any(|part| path.contains(part))
        {
            look(http::send("GET", &format!("{url}?limit=1000"), &[("cookie", &owner.cookie)], ""));
        }
    }
    seen += &events(&server, &vic_listens(&vic, &server, &token));
    let bundle = bearer(&token, "POST", &server.http_url("api/v2/diagnostics"), "{\"addresses\": true}");
    let files = unpack(&bundle.body);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "about.json",
            "certificates.json",
            "environment.txt",
            "ffmpeg.json",
            "limits.txt",
            "log.txt",
            "machine.txt",
            "metrics.txt",
            "sessions.json",
            "settings.txt",
            "store.json",
            "streams.json",
            "system.json"
        ]
    );
    let text_of = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
    assert!(text_of("environment.txt").contains("SOME_PASSWORD"), "names are told");
    assert!(text_of("streams.json").contains("\"hidden\": 1"), "{}", text_of("streams.json"));
    assert!(text_of("streams.json").contains("live/own") && text_of("log.txt").contains("publishing"));
    let counts: Value = serde_json::from_str(text_of("store.json")).unwrap();
    assert_eq!((&counts["users"], &counts["publish/keys"]), (&json!(3), &json!(1)), "{counts}");
    seen += &files.iter().map(|(name, text)| format!("{name}\n{text}\n")).collect::<String>();
    // What the start shows its owner is shown there and nowhere else.
    let shown = |line: &&String| !line.starts_with(' ') && !line.contains(&format!("secret={key}"));
    seen += &server.log().iter().filter(shown).cloned().collect::<Vec<_>>().join("\n");
    seen += &std::fs::read_to_string(server.data().join("audit.jsonl")).unwrap();
    for secret in &secrets {
        if let Some(at) = seen.find(secret.as_str()) {
            let (from, to) = (
                seen.floor_char_boundary(at.saturating_sub(300)),
                seen.ceil_char_boundary((at + 100).min(seen.len())),
            );
            panic!("{secret} is told: {}", &seen[from..to]);
        }
    }
}

/// The secret of the second factor that the new account `fay`, with `password`, has put in force and logged in by.
fn second_factor(server: &Server, owner: &Client, password: &str) -> String {
    let account = json!({"name": "fay", "password": password, "role": "viewer"});
    assert_eq!(owner.ask("POST", "users", Some(account)).status, 201);
    let enter = |code: Option<&str>| {
        let body = json!({"name": "fay", "password": password, "code": code});
        Client::stranger(server).ask("POST", "session", Some(body))
    };
    let fay = Client::stranger(server).enters("session", json!({"name": "fay", "password": password}));
    let secret = fay.get("session/second-factor")["secret"].as_str().unwrap().to_owned();
    let kept = totp_rs::Secret::try_from_base32(&secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(kept).build().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    // The one before: each is taken once, and the next is needed below.
    let [before, now] = [now - 30, now].map(|at| totp.generate(at).to_string());
    let factor = |code: &str| Some(json!({"secret": secret, "code": code, "password": password}));
    assert_eq!(fay.ask("PUT", "session/second-factor", factor("000")).status, 401);
    let set = fay.ask("PUT", "session/second-factor", factor(&before));
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!((enter(None).status, enter(Some("12345")).status), (401, 401));
    assert_eq!(enter(Some(&now)).status, 201);
    secret
}

/// Who listens to everything without keys is a viewer, who may not see the log; so support's token is put where a cookie would be.
fn vic_listens(vic: &Client, _server: &Server, token: &str) -> String {
    format!("{}\r\nAuthorization: Bearer {token}", vic.cookie)
}

#[test]
fn the_command_makes_a_bundle_and_masks_addresses() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_TRUSTED_PROXIES", "127.0.0.1").start();
    let owner = Client::owner(&server);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (_publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let url = server.http_url("live/s.m3u8");
    let viewer = [("x-forwarded-for", "203.0.113.77")];
    wait::until("a viewer has come from elsewhere", SOON, || {
        let master = http::send("GET", &url, &viewer, "").text();
        let playlist = master.lines().find(|line| line.contains("hls_ctx="))?.to_owned();
        let status =
            http::send("GET", &server.http_url(playlist.trim_start_matches('/')), &viewer, "").status;
        (status == 200).then_some(())
    });
    assert!(owner.get("sessions").to_string().contains("203.0.113.77"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.tar.gz");
    let run = |file: &Path| {
        let mut command = Command::new(SLUICE);
        command.env("SLUICE_DATA_DIR", server.data()).arg("diagnostics").arg(file).output().unwrap()
    };
    let made = run(&file);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut bytes = Vec::new();
    std::fs::File::open(&file).unwrap().read_to_end(&mut bytes).unwrap();
    let all: String = unpack(&bytes).into_iter().map(|(_, text)| text).collect();
    assert!(all.contains("203.0.113.0") && !all.contains("203.0.113.77"));
    assert!(!run(&file).status.success(), "nothing is written over");
}
