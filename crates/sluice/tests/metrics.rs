//! What Prometheus gets of the real binary, and whether the dashboard asks for anything else.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::{Server, Tool, http, tool, wait};

use crate::support::console::{Client, json_of};
use crate::support::{SLUICE, SOON, USUAL, on_air};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

fn scrape(server: &Server, accept: &str) -> http::Response {
    let address = server.addresses().metrics.expect("started with SLUICE_METRICS_LISTEN");
    http::send("GET", &format!("http://{address}/metrics"), &[("accept", accept)], "")
}

/// The sample of exactly that name and labels.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(series, _)| series == name))?;
    line.rsplit_once(' ').unwrap().1.parse().ok()
}

fn start() -> Server {
    Server::of(SLUICE)
        .env("SLUICE_METRICS_LISTEN", "127.0.0.1:0")
        .env("SLUICE_METRICS_PER_STREAM", "10")
        .start()
}

#[test]
fn a_stream_is_counted() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = start();
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let (_publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let secret = format!("live/x{}", Server::KEY);
    let _hidden = testkit::ffmpeg::publish(&clip, &server.rtmp_url(&secret)).start();
    let text = wait::until("both streams are counted", SOON, || {
        let text = scrape(&server, OPENMETRICS).text();
        (sample(&text, "sluice_streams{state=\"live\"}") == Some(2.0)).then_some(text)
    });
    assert_eq!(sample(&text, "sluice_viewers{protocol=\"rtmp\"}"), Some(1.0), "{text}");
    assert_eq!(sample(&text, "sluice_publishers{protocol=\"rtmp\"}"), Some(2.0), "{text}");
    assert_eq!(sample(&text, "sluice_stream_viewers{stream=\"live/s\"}"), Some(1.0), "{text}");
    assert!(!text.contains(Server::KEY), "a name that is a secret is no label");
    for name in ["sluice_received_bytes_total", "sluice_sent_bytes_total", "sluice_received_frames_total"] {
        assert!(sample(&text, name).unwrap() > 0.0, "{name}: {text}");
    }
    assert!(sample(&text, "sluice_stream_sent_bytes_total{stream=\"live/s\"}").unwrap() > 0.0);
    assert!(sample(&text, "sluice_connections{listener=\"rtmp\"}").unwrap() >= 3.0, "{text}");
    let before = sample(&text, "sluice_received_frames_total").unwrap();
    wait::until("counters go up", SOON, || {
        let text = scrape(&server, OPENMETRICS).text();
        (sample(&text, "sluice_received_frames_total").unwrap() > before).then_some(())
    });
    let refused = testkit::ffmpeg::publish(&clip, &server.rtmp_url("live/no")).start();
    refused.wait(SOON);
    wait::until("a refusal is counted", SOON, || {
        let text = scrape(&server, OPENMETRICS).text();
        let lacked = sample(&text, "sluice_admissions_refused_total{action=\"publish\",lacks=\"key\"}");
        (lacked >= Some(1.0) && sample(&text, "sluice_refused_total{action=\"publish\"}") >= Some(1.0))
            .then_some(())
    });
}

/// Whether each line is one that the format has, and each sample belongs to what was described before it, once.
fn check(text: &str, open: bool) {
    let (mut described, mut series) = (BTreeSet::new(), BTreeSet::new());
    let mut family: (String, String) = Default::default();
    let mut lines: Vec<&str> = text.lines().collect();
    assert!(text.ends_with('\n'));
    if open {
        assert_eq!(lines.pop(), Some("# EOF"));
    }
    for line in lines {
        if let Some(about) = line.strip_prefix("# TYPE ") {
            let (name, kind) = about.split_once(' ').unwrap();
            assert!(described.insert(name.to_owned()), "{name} is described twice");
            assert!(["counter", "gauge", "info"].contains(&kind), "{line}");
            family = (name.to_owned(), kind.to_owned());
        } else if !(line.starts_with("# HELP ") || open && line.starts_with("# UNIT ")) {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
            let name = sample.split('{').next().unwrap();
            let suffix = match (open, family.1.as_str()) {
                (true, "counter") => "_total",
                (true, "info") => "_info",
                _ => "",
            };
            assert_eq!(name, format!("{}{suffix}", family.0), "{line}");
            assert!(family.1 != "counter" || name.ends_with("_total"), "{line}");
            assert!(series.insert(sample.to_owned()), "{sample} is there twice");
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(
                name.chars().all(fits) && (name.starts_with("sluice_") || name.starts_with("process_")),
                "{name}"
            );
        }
    }
    assert!(series.len() > 40, "{text}");
}

#[test]
fn both_formats_are_as_they_should_be() {
    let server = start();
    let open = scrape(&server, OPENMETRICS);
    assert_eq!(open.header("content-type"), ["application/openmetrics-text; version=1.0.0; charset=utf-8"]);
    check(&open.text(), true);
    let plain = scrape(&server, "*/*");
    assert_eq!(plain.header("content-type"), ["text/plain; version=0.0.4; charset=utf-8"]);
    check(&plain.text(), false);
    assert!(plain.text().contains("\n# TYPE process_cpu_seconds_total counter\n"), "{}", plain.text());
}

#[test]
fn the_main_port_asks_for_a_token_and_the_other_has_nothing_else() {
    let server = start();
    let owner = Client::owner(&server);
    let url = server.http_url("metrics");
    assert_eq!(http::get(&url).status, 401);
    let token = |permission: &str| {
        let wish = json!({"label": "t", "permissions": [permission]});
        let made = owner.ask("POST", "tokens", Some(wish));
        format!("Bearer {}", json_of(&made)["secret"].as_str().unwrap())
    };
    let ask = |token: &str| http::send("GET", &url, &[("authorization", token)], "").status;
    assert_eq!((ask(&token("metrics:read")), ask(&token("streams:read")), ask("Bearer x")), (200, 403, 401));
    let other = server.addresses().metrics.unwrap();
    for path in ["api/v2/session", "mgmt", "live/s.flv", "terraform/v1/mgmt/versions"] {
        assert_eq!(http::get(&format!("http://{other}/{path}")).status, 404, "{path}");
    }
}

#[test]
fn the_port_of_its_own_tells_its_health_and_leads_nowhere() {
    let server = Server::of(SLUICE)
        .env("SLUICE_METRICS_LISTEN", "127.0.0.1:0")
        .env("SLUICE_HTTPS_LISTEN", "127.0.0.1:0")
        .env("SLUICE_HTTPS_REDIRECT", "on")
        .start();
    let address = server.addresses().metrics.unwrap();
    let get = |path: &str| http::get(&format!("http://{address}/{path}"));
    assert_eq!((get("healthz").status, get("healthz").text()), (200, "ok\n".to_owned()));
    assert_eq!((get("readyz").status, get("metrics").status), (200, 200));
    assert_eq!(get("mgmt").status, 404);
    assert_eq!(http::get(&server.http_url("metrics")).status, 307, "the other port does lead");
}

#[test]
fn the_dashboard_shows_what_there_is_and_nothing_else() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana/sluice.json");
    let dashboard: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let server = start();
    let text = scrape(&server, "*/*").text();
    let there: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let names: Vec<&str> =
                words.filter(|word| word.starts_with("sluice_") || word.starts_with("process_")).collect();
            assert!(!names.is_empty(), "{query}");
            for name in names {
                assert!(there.contains(name), "{name} in {:?} is not among {there:?}", panel["title"]);
                asked.insert(name.to_owned());
            }
        }
    }
    let left_out: Vec<_> = there.iter().filter(|name| !asked.contains(**name)).collect();
    // What changes with versions alone, and more of single streams than a page has room for.
    let known = [
        "sluice_build_info",
        "sluice_stream_media_held_bytes",
        "sluice_stream_received_frames_total",
        "sluice_stream_skipped_total",
    ];
    assert_eq!(left_out, known.iter().collect::<Vec<_>>());
}
