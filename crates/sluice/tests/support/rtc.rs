//! What WebRTC clients ask over HTTP, to the letter; and what descriptions of sessions say.

use std::io::{Read, Write};
use std::net::TcpStream;

use testkit::Server;
use testkit::http::Response;

use super::SOON;
use super::console::{Client, json_of};

/// Offers of publishers, by whose they are: see the README beside them.
pub(crate) const OFFERS: [(&str, &str); 5] = [
    ("obs", include_str!("../data/whip-offer-obs.sdp")),
    ("larix", include_str!("../data/whip-offer-larix.sdp")),
    ("ffmpeg", include_str!("../data/whip-offer-ffmpeg.sdp")),
    ("chromium", include_str!("../data/whip-offer-chromium.sdp")),
    ("aiortc", include_str!("../data/whip-offer-aiortc.sdp")),
];

/// The first of them, which is answered like most.
pub(crate) const OFFER: &str = OFFERS[0].1;

/// A player's.
pub(crate) const PLAYERS_OFFER: &str = include_str!("../data/whep-offer-chromium.sdp");

/// Sends a request with these headers, one of which may be `Host`, and no others but `Content-Length`; the answer.
#[track_caller]
pub(crate) fn ask(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let address = server.addresses().http;
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head += &format!("Host: {address}\r\n");
    }
    headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    socket.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let _ = socket.write_all(body.as_bytes()); // who is told that it is too long may not read it all
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    parse(&answer)
        .unwrap_or_else(|| panic!("{method} {path}: {read:?}, {:?}", String::from_utf8_lossy(&answer)))
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let body = answer[end + 4..].to_vec();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    assert!(
        length.is_none_or(|(_, length)| length == &body.len().to_string()),
        "{head}\n for {} bytes",
        body.len()
    );
    Some(Response { status, headers, body })
}

/// Where `live/s` is published, or played, with what is added to the query.
pub(crate) fn path(way: &str, more: &str) -> String {
    format!("/rtc/v1/{way}/?app=live&stream=s{more}")
}

/// Publishes `live/s` with the key in the query.
#[track_caller]
pub(crate) fn publish(server: &Server, offer: &str) -> Response {
    ask(server, "POST", &path("whip", &format!("&secret={}", Server::KEY)), &[], offer)
}

/// The session that an answer to a POST has made.
#[track_caller]
pub(crate) fn session(answer: &Response) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text());
    let [location] = answer.header("location")[..] else { panic!("one Location: {:?}", answer.headers) };
    location.to_owned()
}

/// How many sessions of WebRTC there are that `action` (`publish` or `play`).
#[track_caller]
pub(crate) fn sessions(owner: &Client, action: &str) -> usize {
    let sessions = owner.get(&format!("sessions?action={action}"));
    sessions["items"].as_array().unwrap().iter().filter(|session| session["protocol"] == "webrtc").count()
}

/// Waits until nobody publishes nor plays by WebRTC.
#[track_caller]
pub(crate) fn wait_until_alone(owner: &Client) {
    testkit::wait::until("all sessions to be gone", SOON, || {
        (sessions(owner, "publish") + sessions(owner, "play") == 0).then_some(())
    });
}

/// Waits until pictures or sound of `live/s` come: a session alone is not yet that.
#[track_caller]
pub(crate) fn wait_until_live(server: &Server) {
    let url = server.http_url("api/v2/public/streams/live%2Fs");
    testkit::wait::until("live/s to be live", SOON, || {
        let answer = testkit::http::try_get(&url).ok().filter(|answer| answer.status == 200)?;
        (json_of(&answer)["live"] == true).then_some(())
    });
}

/// A description of a session.
pub(crate) struct Description<'a>(pub(crate) &'a str);

impl Description<'_> {
    /// The values of `a=name:value`, in order.
    pub(crate) fn attributes(&self, name: &str) -> Vec<&str> {
        let prefix = format!("a={name}:");
        self.0.lines().filter_map(|line| line.strip_prefix(&prefix)).collect()
    }

    /// Whether a line is there just so.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.0.lines().any(|known| known == line)
    }

    /// The lines `m=…`, without that.
    pub(crate) fn media(&self) -> Vec<&str> {
        self.0.lines().filter_map(|line| line.strip_prefix("m=")).collect()
    }

    /// Where the other side says it is, without repetition: protocol, address and port.
    pub(crate) fn candidates(&self) -> Vec<(String, String, u16)> {
        let mut found = Vec::new();
        for candidate in self.attributes("candidate") {
            let words: Vec<_> = candidate.split(' ').collect();
            let place = (words[2].to_lowercase(), words[4].to_owned(), words[5].parse().unwrap());
            if !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }
}
