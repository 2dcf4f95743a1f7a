//! Peers on the HTTP port who mean no good, while a stream is published and watched.

use std::io::Write;
use std::time::{Duration, Instant};

use testkit::{http, wait};

use crate::support::crowd::{Crowd, noise};
use crate::support::playlist::Playlist;
use crate::support::siege::Siege;
use crate::support::websocket::HANDSHAKE;
use crate::support::{SOON, wait_for_ok};

/// A little longer than a request's headers may take.
const HEADERS: Duration = Duration::from_secs(34);

#[test]
fn a_thousand_who_say_nothing_or_half_a_request() {
    let Some(siege) = Siege::lay() else { return };
    let address = siege.server.addresses().http;
    let silent = Crowd::connect(address, 500);
    let mut half = Crowd::connect(address, 500);
    half.send(b"GET /live/s.flv HTTP/1.1\r\nHost: a\r\nX: ");
    silent.wait_until_closed(HEADERS);
    half.wait_until_closed(SOON);
    siege.lift();
}

#[test]
fn two_hundred_who_send_their_request_byte_by_byte() {
    let Some(mut siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().http, 200);
    crowd.send(b"GET /live/s.flv HTTP/1.1\r\nHost: a\r\nX: ");
    let began = Instant::now();
    while began.elapsed() < HEADERS {
        crowd.send(b"x");
        siege.hold_out(10);
    }
    crowd.wait_until_closed(Duration::from_secs(1));
    siege.lift();
}

#[test]
fn headers_without_end() {
    let Some(siege) = Siege::lay() else { return };
    let address = siege.server.addresses().http;
    let many = [&b"GET / HTTP/1.1\r\n"[..], &b"A: b\r\n".repeat(20_000)].concat();
    let long = [&b"GET / HTTP/1.1\r\nA: "[..], &b"b".repeat(1 << 20)].concat();
    let path = [&b"GET /"[..], &b"b".repeat(1 << 20)].concat();
    for flood in [many, long, path, noise(1 << 20)] {
        let mut crowd = Crowd::connect(address, 100);
        crowd.send(&flood);
        crowd.wait_until_closed(SOON);
    }
    siege.lift();
}

#[test]
fn a_thousand_who_fill_the_room_for_headers() {
    let Some(mut siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().http, 1_000);
    crowd.send(&[&b"GET / HTTP/1.1\r\nA: "[..], &b"b".repeat(60 << 10)].concat());
    siege.hold_out(50);
    drop(crowd);
    siege.lift();
}

#[test]
fn bodies_without_end_are_not_read() {
    let Some(siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().http, 50);
    crowd.send(b"POST /live/s.flv HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n");
    let body = noise(1 << 20);
    crowd.each(|_, socket| _ = (0..4).try_for_each(|_| socket.write_all(&body)));
    crowd.wait_until_closed(SOON);
    siege.lift();
}

#[test]
fn two_hundred_viewers_of_each_kind_who_stop_reading() {
    let Some(siege) = Siege::lay() else { return };
    let address = siege.server.addresses().http;
    let mut flv = Crowd::connect(address, 200);
    flv.send(b"GET /live/s.flv HTTP/1.1\r\nHost: a\r\n\r\n");
    let playlist = Playlist::fetch(&siege.server, "live/s.m3u8");
    let mut hls = Crowd::connect(address, 200);
    hls.send(format!("GET /live/{} HTTP/1.1\r\nHost: a\r\n\r\n", playlist.segments[0]).as_bytes());
    // They are given up once they have taken nothing for 20 s, which they do once the buffers of their sockets are full.
    siege.server.wait_for_log(200, &["session closed", "proto=\"flv\""], Duration::from_secs(80));
    // Those who take a segment came a little later.
    wait::until("them to be given up, too", SOON, || (siege.server.open_files() < 250).then_some(()));
    drop((flv, hls));
    siege.lift();
}

#[test]
fn two_hundred_viewers_by_websocket_who_stop_reading() {
    let Some(mut siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().http, 200);
    let handshake = HANDSHAKE.join("\r\n");
    crowd.send(format!("GET /live/s.flv HTTP/1.1\r\nHost: a\r\n{handshake}\r\n\r\n").as_bytes());
    crowd.read_until(b"\r\n\r\n", SOON);
    // They are given up when they answer no ping; what they cost meanwhile is seen.
    siege.hold_out(250);
    drop(crowd);
    siege.lift();
}

#[test]
fn a_thousand_who_wait_for_a_segment_that_is_to_come() {
    let Some(siege) = Siege::lay() else { return };
    let list = Playlist::fetch(&siege.server, "live/s.m3u8?variant=ll");
    let first = list.text.lines().find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:")).unwrap();
    // The one that is being made is the first that is not listed.
    let next = first.parse::<usize>().unwrap() + list.lengths().len() + 1;
    for _ in 0..2 {
        let mut crowd = Crowd::connect(siege.server.addresses().http, 1_000);
        crowd.each(|number, socket| {
            let query = format!("variant=ll&hls_ctx=w{number}&_HLS_msn={next}");
            write!(socket, "GET /live/s.m3u8?{query} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        });
        crowd.read_until(b"#EXT-X-MEDIA-SEQUENCE", SOON);
    }
    siege.lift();
}

#[test]
fn five_hundred_viewers_who_come_back_at_once_again_and_again() {
    let Some(siege) = Siege::lay() else { return };
    for _ in 0..4 {
        let mut crowd = Crowd::connect(siege.server.addresses().http, 500);
        crowd.send(b"GET /live/s.flv HTTP/1.1\r\nHost: a\r\n\r\n");
        crowd.read_until(b"FLV", SOON);
    }
    wait_for_ok(&siege.server.http_url("healthz"));
    siege.lift();
}

#[test]
fn viewers_who_wait_for_streams_that_never_come() {
    let Some(siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().http, 1_000);
    crowd.each(|number, socket| {
        let request = format!("GET /live/none{number}.flv HTTP/1.1\r\nHost: a\r\n\r\n");
        socket.write_all(request.as_bytes()).unwrap();
    });
    // Somebody else still gets what there is.
    let master = http::get(&siege.server.http_url("live/s.m3u8"));
    assert_eq!(master.status, 200);
    drop(crowd);
    siege.lift();
}
