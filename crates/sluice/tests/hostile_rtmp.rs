//! Peers on the RTMP port who mean no good, while a stream is published and watched.

use std::io::Write;
use std::time::Duration;

use container::amf0::Value;
use rtmp::client::Action;
use testkit::{Clip, Script, Server, Tool, http, tool, wait};

use crate::support::client::Connection;
use crate::support::crowd::{Crowd, command, connect_command, handshake, message, noise};
use crate::support::encoder::Encoder;
use crate::support::siege::Siege;
use crate::support::watch::{self, Audience};
use crate::support::{SOON, USUAL, original};

/// A little longer than a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(13);

/// `count` peers send `bytes` and nothing more, and are put out in time.
#[track_caller]
fn strangers(count: usize, bytes: &[u8], limit: Duration) {
    let Some(siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, count);
    crowd.send(bytes);
    crowd.wait_until_closed(limit);
    siege.lift();
}

#[test]
fn a_thousand_who_say_nothing() {
    strangers(1_000, &[], HANDSHAKE);
}

#[test]
fn a_thousand_who_stop_within_the_handshake() {
    strangers(1_000, &handshake()[..900], HANDSHAKE);
}

#[test]
fn a_thousand_who_stop_within_the_handshake_of_tls() {
    let Some(siege) = Siege::lay_with(&[("SLUICE_RTMPS_LISTEN", "127.0.0.1:0")]) else { return };
    let address = siege.server.addresses().rtmps.unwrap();
    let silent = Crowd::connect(address, 500);
    let mut half = Crowd::connect(address, 500);
    // A client's hello of 512 bytes that does not come.
    half.send(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    silent.wait_until_closed(HANDSHAKE);
    half.wait_until_closed(SOON);
    siege.lift();
}

#[test]
fn a_thousand_who_stop_after_the_handshake() {
    // A request may take 20 s, but they go when the test does; what they cost meanwhile is seen.
    let Some(siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 1_000);
    crowd.send(&handshake());
    crowd.send(&connect_command());
    crowd.read_until(b"NetConnection.Connect.Success", SOON);
    drop(crowd);
    siege.lift();
}

#[test]
fn a_thousand_who_send_garbage() {
    let Some(siege) = Siege::lay() else { return };
    let garbage = noise(64 << 10);
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 500);
    crowd.send(&garbage);
    crowd.wait_until_closed(SOON);
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 500);
    crowd.send(&handshake());
    crowd.each(|number, socket| _ = socket.write_all(&garbage[number * 7..]));
    crowd.wait_until_closed(Duration::from_secs(25));
    siege.lift();
}

#[test]
fn a_thousand_who_fill_their_bounds() {
    let Some(mut siege) = Siege::lay() else { return };
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 1_000);
    let largest = rtmp::Limits::default().stranger.message;
    let command = message(3, 20, &vec![0; largest]);
    crowd.send(&handshake());
    crowd.send(&command[..command.len() - 1]);
    siege.hold_out(50);
    drop(crowd);
    siege.lift();
}

#[test]
fn messages_that_are_announced_too_large() {
    for length in [[0, 0x80, 1], [0xff, 0xff, 0xff]] {
        let header = [&[3, 0, 0, 0][..], &length, &[20, 0, 0, 0, 0]].concat();
        strangers(50, &[handshake(), header].concat(), Duration::from_secs(5));
    }
}

#[test]
fn chunk_sizes_that_cannot_be() {
    for size in [0u32, 0x8000_0000, u32::MAX] {
        strangers(20, &[handshake(), message(2, 1, &size.to_be_bytes())].concat(), Duration::from_secs(5));
    }
}

#[test]
fn chunk_streams_without_end() {
    let headers = (64..320u32).flat_map(|csid| message(csid, 9, &[1]));
    strangers(20, &handshake().into_iter().chain(headers).collect::<Vec<_>>(), Duration::from_secs(5));
}

#[test]
fn commands_without_end() {
    let flood = command("anything", 7.0, &[Value::Null]).repeat(20_000);
    strangers(50, &[handshake(), connect_command(), flood].concat(), Duration::from_secs(25));
}

#[test]
fn message_streams_without_end() {
    let flood = command("createStream", 2.0, &[Value::Null]).repeat(100);
    strangers(50, &[handshake(), connect_command(), flood].concat(), Duration::from_secs(5));
}

#[test]
fn values_nested_ten_thousand_deep() {
    let Some(mut siege) = Siege::lay() else { return };
    let mut body = b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0".to_vec();
    body.extend(b"\x03\0\x01a".repeat(7_000));
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 100);
    crowd.send(&[handshake(), message(3, 20, &body)].concat());
    siege.hold_out(25);
    drop(crowd);
    siege.lift();
}

#[test]
fn publishers_with_wrong_keys() {
    let Some(siege) = Siege::lay() else { return };
    for round in 0..300 {
        let url = siege.server.rtmp_url(&format!("live/s{round}?secret=wrong{round}"));
        let refused = Connection::open(&url, Action::Publish, |_| {}).try_ready().unwrap_err();
        assert!(refused.contains("key") || refused.contains("secret"), "{refused}");
    }
    siege.lift();
}

#[test]
fn two_hundred_viewers_who_stop_reading() {
    let Some(siege) = Siege::lay() else { return };
    let play =
        [handshake(), connect_command(), command("createStream", 2.0, &[Value::Null]), message_on(1, "play")];
    let mut crowd = Crowd::connect(siege.server.addresses().rtmp, 200);
    crowd.send(&play.concat());
    // They are given up once they have taken nothing for 20 s.
    siege.server.wait_for_log(200, &["session closed", "end=too slow"], Duration::from_secs(40));
    drop(crowd);
    siege.lift();
}

/// `play` of `s` on message stream `stream`.
fn message_on(stream: u8, name: &str) -> Vec<u8> {
    let mut bytes = command(name, 0.0, &[Value::Null, "s".into()]);
    bytes[8] = stream; // the last field of the header, little-endian
    bytes
}

#[test]
fn five_hundred_viewers_who_come_back_at_once_again_and_again() {
    let Some(siege) = Siege::lay() else { return };
    let url = siege.server.rtmp_url("live/s");
    for _ in 0..4 {
        let mut viewers: Vec<_> = (0..500).map(|_| Connection::open(&url, Action::Play, |_| {})).collect();
        viewers.iter_mut().for_each(Connection::run_until_ready);
    }
    siege.lift();
}

#[test]
fn publishers_who_come_back_at_once_again_and_again() {
    let Some(siege) = Siege::lay() else { return };
    for round in 0..5 {
        let mut publishers: Vec<_> = (0..50)
            .map(|number| {
                let url = siege.server.publish_url(&format!("live/s{number}"));
                Connection::open(&url, Action::Publish, |_| {})
            })
            .collect();
        publishers.iter_mut().for_each(|publisher| {
            publisher.try_ready().unwrap_or_else(|err| panic!("round {round}: {err}"));
        });
        if round % 2 == 0 {
            for publisher in &mut publishers {
                publisher.session.end();
                publisher.flush().unwrap();
            }
        }
        // Those who have sent nothing leave nothing behind.
        drop(publishers);
        siege.server.wait_for_log(50 * (round + 1), &["session closed", "proto=\"rtmp\""], SOON);
    }
    siege.lift();
}

#[test]
fn one_address_cannot_take_all_connections() {
    let Some(mut siege) = Siege::lay_with(&[("SLUICE_LIMITS_PER_ADDRESS", "50")]) else { return };
    for address in [siege.server.addresses().rtmp, siege.server.addresses().http] {
        let crowd = Crowd::connect(address, 200);
        wait::until("the others to be put out", SOON, || (crowd.open() == 50).then_some(()));
        // Who comes from elsewhere is let in.
        let url = siege.server.rtmp_url("live/s");
        Connection::open(&url, Action::Play, |_| {}).run_until_ready();
        assert_eq!(http::get(&siege.server.http_url("live/s.m3u8")).status, 200);
        siege.hold_out(10);
        assert_eq!(crowd.open(), 50);
    }
    siege.lift();
}

/// A stream in chunks of any size comes whole.
#[track_caller]
fn arrives_in_chunks_of(size: u32) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let server: Server = watch::server();
    let audience = Audience::of(&server);
    let encoder = Encoder::to(&server.publish_url("live/s")).chunk_size(size);
    encoder.publish(Script::of(&clip).speed(4.0)).finish();
    audience.leave(&server, 7.9).assert_all_pictures(&original(&clip));
}

#[test]
fn chunks_of_one_byte() {
    arrives_in_chunks_of(1);
}

#[test]
fn chunks_of_any_length() {
    arrives_in_chunks_of(0x7fff_ffff);
}
