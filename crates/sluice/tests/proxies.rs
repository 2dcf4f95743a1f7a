//! Whose address counts behind real proxies, and what headers do that somebody else has written.

use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::nginx::Nginx;
use testkit::{Server, Tool, ffmpeg, http, tool, wait};

use crate::support::console::{Client, PASSWORD, json_of};
use crate::support::secure::{exchange, secure};
use crate::support::websocket::HANDSHAKE;
use crate::support::{SLUICE, SOON, USUAL, wait_for_ok};

/// As Oryx's own and most guides have it.
const USUAL_HEADERS: &str = "proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
                             proxy_set_header X-Forwarded-Proto https;";

/// Logs in with a wrong password at `server`, saying one is `said`; the status.
fn guess(server: &str, said: &str) -> u16 {
    let body = json!({"name": "ann", "password": "wrong"}).to_string();
    http::send("POST", &format!("http://{server}/api/v2/session"), &[("x-forwarded-for", said)], &body).status
}

/// Where logins came from, newest first, by the audit log.
fn logins(owner: &Client) -> Vec<String> {
    let audit = owner.get("audit");
    let items = audit["items"].as_array().unwrap().iter().filter(|item| item["action"] == "login");
    items.map(|item| item["address"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn who_writes_headers_of_its_own_gains_nothing() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let address = server.addresses().http.to_string();
    let said: Vec<u16> = (0..6).map(|n| guess(&address, &format!("203.0.113.{n}"))).collect();
    assert!(said.contains(&429), "guesses are counted by the peer, whatever it says: {said:?}");
    assert!(logins(&owner).iter().all(|from| from == "127.0.0.1"), "{:?}", logins(&owner));
}

#[test]
fn behind_nginx_each_client_is_itself_and_cannot_choose_who_it_is() {
    if !tool::have(&[Tool::Nginx]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_TRUSTED_PROXIES", "127.0.0.1").start();
    let owner = Client::owner(&server);
    // nginx adds the peer that it has, 127.0.0.1, behind whatever the client has written: a trusted one, so the one before counts.
    // One that is not trusted in between ends it.
    let nginx = Nginx::in_front_of(server.addresses().http, USUAL_HEADERS);
    let front = nginx.address().to_string();
    assert_eq!(guess(&front, "198.51.100.9, 203.0.113.7"), 401);
    assert_eq!(logins(&owner)[0], "203.0.113.7");
    let said: Vec<u16> = (0..6).map(|n| guess(&front, &format!("198.51.100.{n}, 203.0.113.7"))).collect();
    assert!(said.contains(&429), "what it writes before its own address changes nothing: {said:?}");
    assert_eq!(guess(&front, "203.0.113.8"), 401, "others behind the proxy do not wait");

    let body = json!({"name": "ann", "password": PASSWORD}).to_string();
    let origin = format!("https://127.0.0.1:{}", nginx.address().port());
    let headers = [("x-forwarded-for", "203.0.113.9"), ("origin", origin.as_str())];
    let answer = http::send("POST", &format!("http://{front}/api/v2/session"), &headers, &body);
    assert_eq!(answer.status, 201, "nginx passes the host on without its port: {}", answer.text());
    let cookie = answer.header("set-cookie")[0].to_owned();
    assert!(
        cookie.starts_with("__Secure-sluice_session=") && cookie.ends_with("; Secure"),
        "the client came by TLS: {cookie}"
    );
    let foreign = [("x-forwarded-for", "203.0.113.9"), ("origin", "https://evil.example")];
    let answer = http::send("POST", &format!("http://{front}/api/v2/session"), &foreign, &body);
    assert_eq!(json_of(&answer)["code"], "cross_origin");
}

#[test]
fn a_viewer_behind_nginx_is_known_by_its_own_address() {
    if !tool::have(&[Tool::Nginx, Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_TRUSTED_PROXIES", "127.0.0.0/8").start();
    let owner = Client::owner(&server);
    let nginx = Nginx::in_front_of(server.addresses().http, USUAL_HEADERS);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    wait_for_ok(&server.http_url("live/s.m3u8"));
    let url = |path: &str| format!("http://{}/{path}", nginx.address());
    let as_client =
        |path: &str, client: &str| http::send("GET", &url(path), &[("x-forwarded-for", client)], "");
    let master = as_client("live/s.m3u8", "203.0.113.7").text();
    let playlist =
        master.lines().find(|line| line.contains("hls_ctx=")).unwrap().trim_start_matches('/').to_owned();
    // The first segment takes its time, and who waits in vain is told so.
    wait::until("the first segment", SOON, || {
        (as_client(&playlist, "203.0.113.7").status == 200).then_some(())
    });
    let addresses = |sessions: Value| -> Vec<String> {
        let of = |session: &Value| session["address"].as_str().unwrap().to_owned();
        sessions["items"].as_array().unwrap().iter().filter(|s| s["protocol"] == "hls").map(of).collect()
    };
    wait::until("the viewer is listed by its own address", SOON, || {
        addresses(owner.get("sessions?action=play")).contains(&"203.0.113.7".to_owned()).then_some(())
    });
    // Where an address may not watch, the proxy does not help it, and it does not keep others out.
    let rule = json!({"label": "no", "network": "203.0.113.8/32", "effect": "deny", "actions": ["play"]});
    let made = owner.ask("POST", "address-rules", Some(rule));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(as_client("live/s.flv", "203.0.113.8").status, 403);
    assert_eq!(
        as_client("live/s.flv", "203.0.113.7, 203.0.113.8").status,
        403,
        "nor does what it writes itself"
    );
    assert_eq!(as_client(&playlist, "203.0.113.7").status, 200);
}

/// Somebody who connects to `address`, from an address of this machine's.
fn connect(from: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket
}

/// From where a proxy comes that is trusted where that is said; the tests' own questions come from elsewhere.
const PROXY: [u8; 4] = [127, 0, 0, 9];
const ELSEWHERE: [u8; 4] = [127, 0, 0, 1];

/// A server with the account `ann`, which trusts [`PROXY`] and has these settings.
fn behind(settings: &[(&str, &str)], data: &std::path::Path) -> Server {
    let server = Server::of(SLUICE).data(data).start();
    let _owner = Client::owner(&server);
    assert!(server.stop(SOON).status.success());
    let setup = Server::of(SLUICE).data(data).env("SLUICE_HTTP_LISTEN", "127.0.0.1:0");
    let setup = setup.env("SLUICE_TRUSTED_PROXIES", "127.0.0.9");
    settings.iter().fold(setup, |setup, (name, value)| setup.env(name, value)).start()
}

/// A login as `ann` with `password`.
fn login(password: &str) -> String {
    let body = json!({"name": "ann", "password": password}).to_string();
    format!(
        "POST /api/v2/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_proxy_that_is_trusted_says_in_front_of_the_connection_whose_it_is() {
    if !tool::have(&[Tool::NginxStream, Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE)
        .env("SLUICE_TRUSTED_PROXIES", "127.0.0.1")
        .env("SLUICE_HTTP_PROXY_PROTOCOL", "off")
        .env("SLUICE_RTMP_PROXY_PROTOCOL", "on")
        .start();
    let owner = Client::owner(&server);
    let nginx = Nginx::with_proxy_header(server.addresses().rtmp);
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let url = format!("rtmp://{}/live/s?secret={}", nginx.address(), Server::KEY);
    let _publishing = ffmpeg::publish(&clip, &url).start();
    let sessions = wait::until("the stream is published through nginx", SOON, || {
        let sessions = owner.get("sessions?action=publish");
        (!sessions["items"].as_array().unwrap().is_empty()).then_some(sessions)
    });
    let address: SocketAddr = sessions["items"][0]["address"].as_str().unwrap().parse().unwrap();
    assert!(address.ip().is_loopback() && address.port() != 0, "FFmpeg's socket, as nginx says: {address}");
    let own = std::fs::read_to_string("/proc/net/tcp").unwrap();
    assert!(own.contains(&format!(":{:04X}", address.port())), "a port of this machine");
    // From the same peer without a header, nothing is served.
    assert_eq!(exchange(connect(ELSEWHERE, server.addresses().rtmp), &[3; 2000]), "");
    server.wait_for_log(1, &["connection refused: no PROXY header"], SOON);
}

#[test]
fn a_header_in_front_counts_from_nobody_else() {
    let head = "PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n";
    let request = "POST /api/v2/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 33\r\n\r\n\
                   {\"name\":\"ann\",\"password\":\"wrong1\"}";
    let both = format!("{head}{request}");
    let server = Server::of(SLUICE).env("SLUICE_HTTP_PROXY_PROTOCOL", "on").start();
    let answer = exchange(connect(ELSEWHERE, server.addresses().http), both.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400"), "nobody is trusted: {answer}");

    let server = Server::of(SLUICE).env("SLUICE_TRUSTED_PROXIES", "127.0.0.1").start();
    let answer = exchange(connect(ELSEWHERE, server.addresses().http), both.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400"), "the port is not set to expect one: {answer}");
}

#[test]
fn a_header_in_front_of_http_tells_the_client() {
    let data = tempfile::tempdir().unwrap();
    let server = behind(&[("SLUICE_HTTP_PROXY_PROTOCOL", "on")], data.path());
    let owner = Client::log_in(&server, "ann");
    let ask = |head: &[u8]| {
        let socket = connect(PROXY, server.addresses().http);
        exchange(socket, &[head, login("wrong").as_bytes()].concat())
    };
    assert!(ask(b"PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n").starts_with("HTTP/1.1 401"));
    assert_eq!(logins(&owner)[0], "203.0.113.7");
    assert!(ask(&binary(8, &[])).starts_with("HTTP/1.1 401"));
    assert_eq!(logins(&owner)[0], "203.0.113.8");
    assert_eq!(ask(b""), "", "without one, a proxy's connection is closed");
}

/// A header of version 2 for 203.0.113.`host`, with `tlvs`.
fn binary(host: u8, tlvs: &[u8]) -> Vec<u8> {
    let size = (12 + tlvs.len()) as u16;
    let head = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11"[..], &size.to_be_bytes()].concat();
    [&head[..], &[203, 0, 113, host, 127, 0, 0, 1, 0x13, 0x88, 0, 80], tlvs].concat()
}

#[test]
fn a_header_in_front_of_tls_tells_the_client_and_tls_is_ours() {
    let data = tempfile::tempdir().unwrap();
    let https = [("SLUICE_HTTPS_LISTEN", "127.0.0.1:0"), ("SLUICE_HTTPS_PROXY_PROTOCOL", "on")];
    let server = behind(&https, data.path());
    let address = server.addresses().https.unwrap();
    let owner = Client::log_in(&server, "ann");
    let ask = |head: &[u8], protocol: &[u8]| {
        let mut socket = connect(PROXY, address);
        std::io::Write::write_all(&mut socket, head).unwrap();
        exchange(secure(socket, protocol), login(PASSWORD).as_bytes())
    };
    // Whatever a proxy says of TLS that it has seen, the client speaks it with us.
    let off = [0x20, 0, 5, 0, 0, 0, 0, 0];
    for (head, client) in [
        (b"PROXY TCP4 203.0.113.7 127.0.0.1 5000 443\r\n".to_vec(), "203.0.113.7"),
        (binary(8, &[]), "203.0.113.8"),
        (binary(9, &off), "203.0.113.9"),
    ] {
        let answer = ask(&head, b"http/1.1");
        assert!(answer.starts_with("HTTP/1.1 201"), "{client}: {answer}");
        assert!(answer.contains("set-cookie: __Secure-sluice_session="), "{client}: {answer}");
        assert_eq!(logins(&owner)[0], client);
    }
    assert_eq!(ask(b"", b"http/1.1"), "", "without one, a proxy's connection is closed");
    let answer = exchange(secure(connect(ELSEWHERE, address), b"http/1.1"), login("wrong").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 401"), "others send none: {answer}");
    assert_eq!(logins(&owner)[0], "127.0.0.1");
    let mut socket = connect(ELSEWHERE, address);
    std::io::Write::write_all(&mut socket, &binary(7, &[])).unwrap();
    assert_eq!(exchange(secure(socket, b"http/1.1"), login("wrong").as_bytes()), "", "and theirs is no TLS");
}

#[test]
fn a_balancer_that_speaks_tls_and_says_so_in_front_of_the_connection_leads_nobody_in_a_circle() {
    let data = tempfile::tempdir().unwrap();
    let settings = [
        ("SLUICE_HTTP_PROXY_PROTOCOL", "on"),
        ("SLUICE_HTTPS_LISTEN", "127.0.0.1:0"),
        ("SLUICE_HTTPS_REDIRECT", "on"),
    ];
    let server = behind(&settings, data.path());
    let ask = |head: Vec<u8>| {
        let socket = connect(PROXY, server.addresses().http);
        exchange(socket, &[&head[..], login(PASSWORD).as_bytes()].concat())
    };
    // As HAProxy has it (`send-proxy-v2-ssl`): flags, verification, and within it the version.
    let tls = |client: u8| [&[0x20, 0, 15, client, 0, 0, 0, 0, 0x21, 0, 7][..], b"TLSv1.3"].concat();
    let answer = ask(binary(7, &tls(1)));
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(answer.contains("set-cookie: __Secure-sluice_session="), "{answer}");
    for head in [binary(7, &tls(0)), binary(7, &[]), b"PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n".to_vec()]
    {
        let answer = ask(head);
        assert!(answer.starts_with("HTTP/1.1 307") && answer.contains("location: https://x:"), "{answer}");
    }
}

#[test]
fn a_websocket_through_a_proxy_keeps_its_clients_place() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let server = behind(&[("SLUICE_LIMITS_PER_ADDRESS", "2")], data.path());
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    // Who comes before the first frame waits for it.
    let open = |client: &str| {
        let mut socket = connect(PROXY, server.addresses().http);
        let lines = HANDSHAKE.join("\r\n");
        let head =
            format!("GET /live/s.flv HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n{lines}\r\n\r\n");
        std::io::Write::write_all(&mut socket, head.as_bytes()).unwrap();
        let mut status = [0; 12];
        std::io::Read::read_exact(&mut socket, &mut status).unwrap();
        (socket, String::from_utf8_lossy(&status[9..]).into_owned())
    };
    let asks = |client: &str| {
        let head = format!(
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\nConnection: close\r\n\r\n"
        );
        exchange(connect(PROXY, server.addresses().http), head.as_bytes())[9..12].to_owned()
    };
    let (first, second) = (open("203.0.113.7"), open("203.0.113.7"));
    assert_eq!((&*first.1, &*second.1), ("101", "101"));
    assert_eq!(asks("203.0.113.7"), "503", "both places are taken while they are watched");
    assert_eq!(asks("203.0.113.8"), "200", "others do not mind");
    drop(first);
    wait::until("the place is given back", SOON, || (asks("203.0.113.7") == "200").then_some(()));
}
