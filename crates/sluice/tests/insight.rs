//! What the operator of the real binary sees of it: history, the system, the log; and what strangers see of a stream.

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::{Server, Tool, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::rtc::PLAYERS_OFFER;
use crate::support::{SLUICE, SOON, USUAL, on_air};

/// The values of `name` that are known.
fn known(range: &Value, name: &str) -> Vec<f64> {
    range["series"][name].as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

#[test]
fn history_says_what_was_sent_and_when() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (publishing, playing) = on_air(&server, &clip, "flv", 1);
    let full = |range: &Value| known(range, "received").iter().filter(|rate| **rate > 0.0).count() >= 3;
    let of_stream = wait::until("a history of the stream", SOON, || {
        let answer = owner.ask("GET", "metrics/range?stream=live/s", None);
        Some(json_of(&answer)).filter(|range| answer.status == 200 && full(range))
    });
    assert_eq!(of_stream["step"], 1);
    let times: Vec<_> =
        of_stream["times"].as_array().unwrap().iter().map(|at| at.as_i64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[1] == pair[0] + 1), "{times:?}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    assert!((now - times.last().unwrap()).abs() < 20, "{times:?} {now}");
    for name in ["sent", "fps", "viewers", "key_frame_interval", "gaps", "skipped"] {
        assert_eq!(of_stream["series"][name].as_array().unwrap().len(), times.len(), "{name}");
    }
    assert!(known(&of_stream, "fps").iter().any(|fps| (20.0..=30.0).contains(fps)), "{of_stream}");
    assert!(known(&of_stream, "viewers").contains(&1.0), "{of_stream}");

    let range = owner.get("metrics/range?from=-60");
    for name in ["received", "sent", "cpu", "memory", "load", "system_memory", "disk_free", "net_sent"] {
        assert!(known(&range, name).iter().any(|value| *value >= 0.0), "{name} {range}");
    }
    assert_eq!(known(&range, "viewers.flv").last(), Some(&1.0), "{range}");
    assert_eq!(known(&range, "publishers").last(), Some(&1.0), "{range}");
    assert!(known(&range, "memory").iter().all(|bytes| *bytes > 1e6), "{range}");

    let system = owner.get("system");
    let listeners = system["listeners"].to_string();
    assert!(
        listeners.contains("\"rtmp\"") && listeners.contains(&server.addresses().http.to_string()),
        "{system}"
    );
    assert!(system["process"]["memory"].as_u64().unwrap() > 1_000_000, "{system}");
    assert!(system["process"]["open_files"].as_u64().unwrap() > 5, "{system}");
    assert!(system["disk"]["free"].as_u64().unwrap() > 0 && system["warnings"].is_array(), "{system}");
    assert!(system["received"].as_f64().unwrap() > 0.0 && system["hostname"].is_string(), "{system}");

    drop((publishing, playing));
    wait::until("the stream's history to be gone", SOON, || {
        (owner.ask("GET", "metrics/range?stream=live/s", None).status == 404).then_some(())
    });
}

#[test]
fn scripts_of_srs_get_true_figures() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SRS_PLATFORM_SECRET", "the-secret-of-a-script").start();
    let get = |path: &str| {
        let headers = [("authorization", "Bearer the-secret-of-a-script")];
        json_of(&http::send("GET", &server.http_url(&format!("api/v1/{path}")), &headers, ""))
    };
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (_publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    wait::until("rates", SOON, || {
        let kbps = &get("streams/")["streams"][0]["kbps"];
        (kbps["recv_30s"].as_u64()? > 0 && kbps["send_30s"].as_u64()? > 0).then_some(())
    });
    let data = get("summaries")["data"].clone();
    let (own, system) = (&data["self"], &data["system"]);
    for name in
        ["version", "pid", "ppid", "argv", "cwd", "mem_kbyte", "mem_percent", "cpu_percent", "srs_uptime"]
    {
        assert!(!own[name].is_null(), "{name} {data}");
    }
    for name in "cpu_percent disk_read_KBps disk_write_KBps disk_busy_percent mem_ram_kbyte mem_ram_percent mem_swap_kbyte \
        mem_swap_percent cpus cpus_online uptime ilde_time load_1m load_5m load_15m net_sample_time net_recv_bytes net_send_bytes \
        net_recvi_bytes net_sendi_bytes srs_sample_time srs_recv_bytes srs_send_bytes conn_sys conn_sys_et conn_sys_tw \
        conn_sys_udp conn_srs"
        .split_whitespace()
    {
        assert!(system[name].is_number(), "{name} {data}");
    }
    assert!(
        own["mem_kbyte"].as_u64().unwrap() > 1_000 && system["mem_ram_kbyte"].as_u64().unwrap() > 100_000,
        "{data}"
    );
    assert!(system["srs_recv_bytes"].as_u64().unwrap() > 0 && system["conn_srs"] == 2, "{data}");
    let clients = get("clients/")["clients"].clone();
    assert!(clients[0]["kbps"]["send_30s"].as_u64().unwrap() > 0, "{clients}");
    let vhost = get("vhosts/")["vhosts"][0].clone();
    assert!(
        vhost["kbps"]["recv_30s"].as_u64().unwrap() > 0 && vhost["send_bytes"].as_u64().unwrap() > 0,
        "{vhost}"
    );
}

#[test]
fn the_log_is_read_and_followed_without_a_shell() {
    let server = Server::of(SLUICE).env("SLUICE_LOG_LEVEL", "error").start();
    let owner = Client::owner(&server);
    let log = owner.get("logs");
    let lines = log["items"].as_array().unwrap();
    let ready = lines
        .iter()
        .find(|line| line["message"] == "ready")
        .expect("info is kept though the output is quiet");
    assert_eq!(
        (&ready["level"], &ready["fields"]["version"]),
        (&json!("info"), &json!(env!("CARGO_PKG_VERSION")))
    );
    assert!(!log.to_string().contains(Server::KEY), "no secrets");

    let token = owner.ask("POST", "tokens", Some(json!({"label": "log", "permissions": ["logs:read"]})));
    let bearer = format!("Bearer {}", json_of(&token)["secret"].as_str().unwrap());
    let address = server.addresses().http;
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "GET /api/v2/events?topics=logs HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut events = std::io::BufReader::new(socket).lines().map_while(Result::ok);
    let snapshot = events.find(|line| line.starts_with("data: ")).unwrap();
    assert!(
        snapshot.contains(r#""snapshot":true"#) && snapshot.contains(r#""message":"ready""#),
        "{snapshot}"
    );
    let url = server.rtmp_url("live/refused");
    let refused = std::thread::spawn(move || {
        let action = rtmp::client::Action::Publish;
        crate::support::client::Connection::open(&url, action, |_| {}).try_ready()
    });
    let next = events.find(|line| line.contains("publish refused")).unwrap();
    assert!(next.contains(r#""missed":0"#) && next.contains(r#""level":"warn""#), "{next}");
    assert!(refused.join().unwrap().is_err());
}

#[test]
fn a_page_learns_where_a_stream_is_to_be_had() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let stranger = Client::stranger(&server);
    assert_eq!(
        stranger.get("public/streams/live%2Fs"),
        json!({"live": false, "guarded": false, "viewers": 0})
    );
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (_publishing, _playing) = on_air(&server, &clip, "flv", 1);
    let stream = wait::until("a viewer", SOON, || {
        Some(stranger.get("public/streams/live%2Fs")).filter(|stream| stream["viewers"] == 1)
    });
    assert_eq!(
        (&stream["live"], &stream["width"], &stream["height"]),
        (&json!(true), &json!(320), &json!(180))
    );
    let codecs: Vec<_> = stream["tracks"].as_array().unwrap().iter().map(|track| &track["codec"]).collect();
    assert_eq!(codecs, ["h264", "aac"], "{stream}");
    let text = stream.to_string();
    assert!(!text.contains(Server::KEY) && !text.contains("127.0.0.1"), "{stream}");
    let outputs = stream["outputs"].as_array().unwrap();
    let names: Vec<_> = outputs.iter().map(|output| output["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["whep", "ll-hls", "hls", "flv", "ws-flv", "ts", "ws-ts", "aac"], "{stream}");
    for output in outputs {
        let path = output["path"].as_str().unwrap().trim_start_matches('/');
        if output["name"] == "whep" {
            let answer = http::send("POST", &server.http_url(path), &[], PLAYERS_OFFER);
            assert_eq!(answer.status, 201, "{output}");
            assert_eq!(answer.header("content-type"), [output["content_type"].as_str().unwrap()]);
            continue;
        }
        if output["content_type"] == "application/vnd.apple.mpegurl" {
            wait::until(path, SOON, || {
                let playlist = http::try_get(&server.http_url(path)).ok()?;
                (playlist.status == 200 && playlist.text().starts_with("#EXTM3U")).then_some(())
            });
            continue;
        }
        let head = http::send("HEAD", &server.http_url(path), &[], "");
        assert_eq!(head.status, 200, "{output}");
        assert_eq!(head.header("content-type"), [output["content_type"].as_str().unwrap()]);
    }
}

#[test]
fn who_sets_up_learns_whether_the_ports_can_be_reached() {
    let server = Server::start(SLUICE);
    let stranger = Client::stranger(&server);
    let refused = stranger.ask("POST", "setup/probe-ports", Some(json!({"token": "guessed"})));
    assert_eq!(refused.status, 403, "{}", refused.text());
    let owner = Client::owner(&server);
    let found = owner.ask("POST", "setup/probe-ports", Some(json!({"host": "localhost"})));
    assert_eq!(found.status, 200, "{}", found.text());
    let found = json_of(&found);
    let listeners = found["listeners"].as_array().unwrap();
    for name in ["http", "rtmp"] {
        let listener = listeners.iter().find(|listener| listener["protocol"] == name).unwrap();
        for attempts in ["own", "host"] {
            let reached = listener[attempts].as_array().unwrap();
            assert!(
                reached.iter().any(|attempt| attempt["outcome"] == "reachable"),
                "{name} {attempts} {found}"
            );
        }
    }
}
