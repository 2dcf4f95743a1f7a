//! HTTPS of the real binary, by HTTP/1.1 and HTTP/2.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use testkit::clip::Clip;
use testkit::{Process, Server, Tool, ffmpeg, http, tool};

use crate::support::chain::Chain;
use crate::support::console::{Client, json_of};
use crate::support::pebble::fingerprint;
use crate::support::{B_FRAMES, SLUICE, SOON, STREAM, USUAL, assert_whole, original, wait_for_viewers};

const LISTEN: &str = "SLUICE_HTTPS_LISTEN";

fn start() -> Server {
    Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").start()
}

/// What curl prints.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "60"]).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn own(server: &Server) -> String {
    server.data().join("tls/self-signed.crt").to_str().unwrap().to_owned()
}

#[test]
fn the_same_is_served_by_either_version_under_our_own_certificate() {
    if !tool::have(&[Tool::Curl]) {
        return;
    }
    let server = start();
    let own = own(&server);
    for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        for (path, status) in
            [("healthz", "200"), ("readyz", "200"), ("mgmt", "200"), (".well-known/none", "404"), ("", "302")]
        {
            let url = server.https_url("localhost", path);
            let format = "%{http_version} %{http_code} %header{server} %header{strict-transport-security}";
            let said = curl(&[option, "--ipv4", "--cacert", &own, "-o", "/dev/null", "-w", format, &url]);
            let (head, rest) = said.split_once(" Sluice/").unwrap_or_else(|| panic!("{path}: {said}"));
            assert_eq!(head, format!("{version} {status}"), "{path}");
            assert!(!rest.contains("max-age"), "{rest}");
        }
    }
}

#[test]
fn a_stream_is_whole_over_https_and_its_bytes_are_those_of_http() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let server = start();
    let url = server.https_url("127.0.0.1", "live/s.flv");
    let own = own(&server);
    let play = ffmpeg::play(&url).option("tls_verify", "1").option("ca_file", &own);
    let playing = play.start();
    wait_for_viewers(&server, "flv", 1);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
}

#[test]
fn a_stream_is_whole_over_http_2() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Curl]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let server = start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("played.flv");
    let url = server.https_url("localhost", "live/s.flv");
    let mut command = Command::new("curl");
    command
        .args(["-sS", "--http2", "--ipv4", "--cacert", &own(&server), "--max-time", "60", "-o"])
        .arg(&file);
    command.args(["-w", "version %{http_version}", &url]);
    let taking = Process::start("curl", &mut command);
    wait_for_viewers(&server, "flv", 1);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let exit = taking.wait(SOON);
    assert!(exit.status.success() && exit.output.join("\n").contains("version 2"), "{:?}", exit.output);
    assert_whole(&ffmpeg::play(file.to_str().unwrap()).run(SOON), &original(&clip));
}

#[test]
fn events_come_over_http_2_as_they_happen() {
    if !tool::have(&[Tool::Curl]) {
        return;
    }
    let server = start();
    let ann = Client::owner(&server);
    let url = server.https_url("localhost", "api/v2/events?topics=https");
    let token = json!({"label": "t", "permissions": ["settings:read"]});
    let token = json_of(&ann.ask("POST", "tokens", Some(token)))["secret"].as_str().unwrap().to_owned();
    let bearer = format!("Authorization: Bearer {token}");
    let mut command = Command::new("curl");
    command.args(["-sSN", "--http2", "--ipv4", "--cacert", &own(&server), "-H", &bearer, &url]);
    let mut listening = Process::start("curl", &mut command);
    listening.wait_for_line(r#""source":"self_signed""#, SOON);
    let pair = leaf(&["a.example"], 0, 90);
    assert_eq!(upload(&ann, &pair.0, &pair.1).status, 200);
    listening.wait_for_line(r#""source":"uploaded""#, SOON);
}

#[test]
fn whoever_comes_by_http_is_led_here_when_that_is_wished() {
    if !tool::have(&[Tool::Curl]) {
        return;
    }
    let server = Server::of(SLUICE)
        .env(LISTEN, "127.0.0.1:0")
        .env("SLUICE_HTTPS_REDIRECT", "on")
        .env("SLUICE_HTTPS_HSTS", "31536000")
        .start();
    let port = server.addresses().https.unwrap().port();
    let answer = http::get(&server.http_url("mgmt?x=1"));
    assert_eq!(answer.status, 307);
    assert_eq!(answer.header("location"), [format!("https://127.0.0.1:{port}/mgmt?x=1")]);
    assert_eq!(answer.header("access-control-allow-origin"), ["*"]);
    assert_eq!(http::get(&server.http_url("healthz")).status, 200);
    assert_eq!(http::get(&server.http_url(".well-known/acme-challenge/none")).status, 404);
    let said = curl(&["-kI", &server.https_url("127.0.0.1", "healthz")]);
    assert!(said.contains("strict-transport-security: max-age=31536000"), "{said}");
}

/// What comes back for `request`, byte for byte.
fn exchange(server: &Server, request: &str) -> String {
    let mut socket = TcpStream::connect(server.addresses().http).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer); // closed, or reset
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn who_says_no_host_is_not_served_without_tls() {
    let server = Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").env("SLUICE_HTTPS_REDIRECT", "on").start();
    for host in ["", "Host: \r\n", "Host: a b\r\n", "Host: a\r\nHost: b\r\n"] {
        let answer = exchange(&server, &format!("GET /mgmt HTTP/1.0\r\n{host}\r\n"));
        assert!(
            answer.starts_with("HTTP/1.0 400") || answer.starts_with("HTTP/1.1 400"),
            "{host:?}: {answer}"
        );
    }
    let answer = exchange(&server, "GET /healthz HTTP/1.0\r\n\r\n");
    assert!(answer.contains(" 200 OK\r\n"), "{answer}");
}

#[test]
fn nothing_that_is_asked_for_breaks_out_of_a_header() {
    let leading = Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").env("SLUICE_HTTPS_REDIRECT", "on").start();
    let plain = Server::start(SLUICE);
    let breaks = [
        "%0d%0aX-Broken:%201",
        "%0D%0A%0D%0Ax",
        "\rX-Broken: 1",
        "\u{85}X-Broken: 1",
        "%E5%98%8A%E5%98%8DX-Broken: 1",
    ];
    for server in [&leading, &plain] {
        for part in breaks {
            for path in [
                format!("/{part}"),
                format!("//{part}"),
                format!("/live/../{part}/./s.flv?x={part}"),
                format!("/mgmt/{part}"),
                format!("/terraform/v1/{part}"),
                format!("/terraform/v1/releases/{part}?callback={part}"),
                format!("/api/v1/versions?callback={part}"),
                format!("/live/{part}.m3u8"),
            ] {
                for host in ["a.example", &format!("a.example{part}")] {
                    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                    let answer = exchange(server, &request);
                    let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
                    assert!(head.starts_with("http/1.1 "), "{request}: {answer}");
                    let breaks = |line: &str| line.trim_start().starts_with("x-broken");
                    assert!(!head.split(['\r', '\n', '\u{85}']).any(breaks), "{request}: {answer}");
                    assert_eq!(
                        head.matches("location:").count(),
                        usize::from(head.contains("\r\nlocation:"))
                    );
                }
            }
        }
    }
    let owner = Client::owner(&plain);
    let bundle = owner.ask("POST", "diagnostics", Some(json!({})));
    let name = bundle.header("content-disposition")[0].to_owned();
    let inner = name.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"')).unwrap();
    assert!(inner.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
}

/// A certificate and its key as the system's openssl makes them: the key of `kind`, in the form that older programs write.
fn of_older_form(folder: &Path, kind: &[&str], convert: &[&str]) -> (String, String) {
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let made = ["-nodes", "-keyout", "key", "-out", "crt", "-days", "90", "-subj", "/CN=a.example"];
    let names = ["-addext", "subjectAltName=DNS:a.example"];
    run(&[&["req", "-x509"], kind, &made, &names].concat());
    run(&[convert, &["-in", "key", "-out", "old"]].concat());
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    (text("crt"), text("old"))
}

#[test]
fn keys_in_the_forms_of_older_programs_are_taken_and_served() {
    if !tool::have(&[Tool::Curl, Tool::Openssl]) {
        return;
    }
    let (folder, server) = (tempfile::tempdir().unwrap(), start());
    let ann = Client::owner(&server);
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    for (kind, convert, words, name) in [
        (&["-newkey", "rsa:2048"][..], &["rsa", "-traditional"][..], "BEGIN RSA PRIVATE KEY", "RSA 2048"),
        (&curve, &["ec"], "BEGIN EC PRIVATE KEY", "EC P-256"),
    ] {
        let (certificate, key) = of_older_form(folder.path(), kind, convert);
        assert!(key.contains(words), "{words}");
        let answer = upload(&ann, &certificate, &key);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(json_of(&answer)["key"], name);
        let root = folder.path().join("crt");
        let port = server.addresses().https.unwrap().port();
        let resolve = format!("a.example:{port}:127.0.0.1");
        let url = server.https_url("a.example", "healthz");
        assert_eq!(curl(&["--cacert", root.to_str().unwrap(), "--resolve", &resolve, &url]), "ok\n");
    }
}

/// A certificate for `names`, signed by itself, valid from `from` to `to` days from now; and its key.
fn leaf(names: &[&str], from: i64, to: i64) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let day = |days: i64| {
        let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let days = (seconds / 86_400).checked_add_signed(days).unwrap();
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(days * 86_400)
    };
    (params.not_before, params.not_after) = (day(from), day(to));
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn upload(ann: &Client, certificate: &str, key: &str) -> http::Response {
    ann.ask("PUT", "certificates", Some(json!({"certificate": certificate, "key": key})))
}

#[test]
fn an_uploaded_chain_is_served_at_once_and_after_a_restart_and_taken_back() {
    if !tool::have(&[Tool::Curl, Tool::Openssl]) {
        return;
    }
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let chain = Chain::make(folder.path());
    let start = || {
        let setup = Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").env("SLUICE_RTMPS_LISTEN", "127.0.0.1:0");
        setup.data(data.path()).start()
    };
    let trusted = |server: &Server| {
        let port = server.addresses().https.unwrap().port();
        let resolve = format!("live.example:{port}:127.0.0.1");
        let root = chain.root.to_str().unwrap();
        curl(&["--cacert", root, "--resolve", &resolve, &server.https_url("live.example", "healthz")])
    };
    let server = start();
    let ann = Client::owner(&server);
    assert!(!trusted(&server).contains("ok\n"));
    let [certificate, key] = [&chain.certificate, &chain.key].map(|path| fs::read_to_string(path).unwrap());
    let view = json_of(&upload(&ann, &certificate, &key));
    assert_eq!(view["names"], json!(["live.example"]));
    assert_eq!(trusted(&server), "ok\n");
    // RTMPS has the same.
    let address = server.addresses().rtmps.unwrap().to_string();
    let said = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &address,
            "-verify_return_error",
            "-CAfile",
            chain.root.to_str().unwrap(),
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&said.stdout).contains("Verify return code: 0 (ok)"));
    // What cannot be used changes nothing.
    let (one, other) = (leaf(&["a.example"], -1, 90), leaf(&["b.example"], -1, 90));
    let expired = leaf(&["a.example"], -90, -1);
    let early = leaf(&["a.example"], 2, 90);
    let parts: Vec<&str> = certificate.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let turned: String = parts.into_iter().rev().collect();
    let foreign = format!("{certificate}{}", one.0);
    let huge = "x".repeat(100_000);
    for (certificate, key, words) in [
        (&*one.0, &*other.1, "does not belong"),
        (&expired.0, &expired.1, "expired on"),
        (&early.0, &early.1, "not valid before"),
        (&turned, &key, "wrong order"),
        (&foreign, &key, "chain is broken"),
        ("garbage", &key, "no certificate"),
        (&certificate, "garbage", "no private key"),
        (&huge, &key, "bytes"),
    ] {
        let answer = upload(&ann, certificate, key);
        assert!(answer.status == 422 && answer.text().contains(words), "{words}: {}", answer.text());
        assert_eq!(trusted(&server), "ok\n");
    }
    assert_eq!(upload(&ann, &"x".repeat(300_000), &key).status, 413);
    assert!(!server.log().join("\n").contains("PRIVATE KEY"));
    server.stop(SOON);
    let server = start();
    assert_eq!(trusted(&server), "ok\n");
    let ann = Client::log_in(&server, "ann");
    assert_eq!(ann.get("certificates")["source"], "uploaded");
    assert_eq!(ann.ask("DELETE", "certificates", None).status, 204);
    assert!(!trusted(&server).contains("ok\n"));
}

/// Whether Chromium, whose home is `home`, shows `url` of the host `live.example`.
fn chromium_shows(home: &Path, url: &str) -> String {
    let mut command = Command::new("chromium");
    command.env("HOME", home).args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", home.join("profile").display()));
    command.args(["--host-resolver-rules=MAP live.example 127.0.0.1", url]);
    let exit = Process::start("chromium", &mut command).wait(STREAM);
    exit.output.join("\n")
}

#[test]
fn a_browser_accepts_the_uploaded_certificate_of_an_authority_that_it_trusts() {
    if !tool::have(&[Tool::Browser, Tool::Certutil]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let chain = Chain::make(folder.path());
    let server = start();
    let ann = Client::owner(&server);
    let [certificate, key] = [&chain.certificate, &chain.key].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(upload(&ann, &certificate, &key).status, 200);
    let url = server.https_url("live.example", "healthz");
    let (trusting, other) = (folder.path().join("trusting"), folder.path().join("other"));
    let store = trusting.join(".pki/nssdb");
    fs::create_dir_all(&store).unwrap();
    fs::create_dir_all(&other).unwrap();
    let database = format!("sql:{}", store.display());
    let root = chain.root.to_str().unwrap();
    for arguments in [
        &["-N", "-d", &database, "--empty-password"][..],
        &["-A", "-d", &database, "-t", "C,,", "-n", "root", "-i", root],
    ] {
        Process::start("certutil", Command::new("certutil").args(arguments)).succeed(SOON);
    }
    let shown = chromium_shows(&trusting, &url);
    assert!(shown.contains(">ok"), "{shown}");
    let shown = chromium_shows(&other, &url);
    assert!(!shown.contains(">ok"), "who does not trust it is warned: {shown}");
}

#[test]
fn without_a_certificate_nobody_connects_until_one_is_made() {
    if !tool::have(&[Tool::Curl]) {
        return;
    }
    let server = Server::of(SLUICE)
        .env(LISTEN, "127.0.0.1:0")
        .env("AUTO_SELF_SIGNED_CERTIFICATE", "off")
        .env("SRS_PLATFORM_SECRET", "the-secret-of-scripts")
        .start();
    server.wait_for_log(1, &["WARN", "there is no certificate"], SOON);
    let url = server.https_url("127.0.0.1", "healthz");
    assert!(!curl(&["-k", &url]).contains("ok\n"));
    let bearer = [("authorization", "Bearer the-secret-of-scripts")];
    let call = |path: &str, body: &str| -> Value {
        let url = server.http_url(&format!("terraform/v1/mgmt/{path}"));
        json_of(&http::send("POST", &url, &bearer, body))["data"].clone()
    };
    assert_eq!(call("auto-self-signed-certificate", "{}"), Value::Null);
    assert_eq!(curl(&["-k", &url]), "ok\n");
    // And what is posted is told byte for byte.
    let (crt, key) = leaf(&["a.example"], -1, 90);
    let (crt, key) = (crt.replace("\r\n", "\n"), key.replace("\r\n", "\n"));
    assert_eq!(call("ssl", &json!({"key": key, "crt": crt}).to_string()), Value::Null);
    assert_eq!(call("cert/query", ""), json!({"provider": "ssl", "domain": "", "key": key, "crt": crt}));
    let refused = http::send(
        "POST",
        &server.http_url("terraform/v1/mgmt/ssl"),
        &bearer,
        &json!({"key": key, "crt": "x"}).to_string(),
    );
    assert_eq!(refused.status, 500);
    assert!(refused.text().contains("no certificate"), "{}", refused.text());
}

#[test]
fn a_damaged_certificate_of_our_own_does_not_stop_the_server_and_stays() {
    if !tool::have(&[Tool::Curl, Tool::Openssl]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).env(LISTEN, "127.0.0.1:0").data(data.path()).start();
    let first = fingerprint(&start());
    let key = data.path().join("tls/self-signed.key");
    fs::write(&key, "half").unwrap();
    let server = start();
    server.wait_for_log(1, &["WARN", "damaged"], SOON);
    assert_eq!(curl(&["-k", &server.https_url("127.0.0.1", "healthz")]), "ok\n");
    assert_ne!(fingerprint(&server), first);
    assert_eq!(fs::read(&key).unwrap(), b"half");
}

#[test]
fn who_speaks_http_without_tls_here_is_told_from_others() {
    let server = start();
    let mut peer = TcpStream::connect(server.addresses().https.unwrap()).unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let _ = peer.read_to_end(&mut Vec::new()); // closed, or reset
    server.wait_for_log(1, &["WARN", "not TLS", "http://"], SOON);
}
