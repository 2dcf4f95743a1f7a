//! Peers that speak HTTP/2 and mean no good, while a stream is published and watched, and others use HTTP/2 as it is meant.

use std::io;
use std::time::Duration;

use crate::support::h2::{
    AGAIN, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PING, Peer, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    kept, request,
};
use crate::support::siege::Siege;

/// Attackers at the same time.
const CROWD: usize = 8;
/// Frames or pairs of frames that each sends, if it can.
const FLOOD: u32 = 20_000;
/// A peer that takes nothing is given up after 20 s; any other sooner.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// The error codes of GOAWAY (RFC 9113 §7).
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What one attacker does: errs when the server does not take it any more.
type Attack = fn(&mut Peer) -> io::Result<()>;

/// Has a crowd do the same to a server, while somebody else asks it for something now and then. Gives what it says to each of the crowd
/// when it closes the connection. `closes`: it has to close every one.
#[track_caller]
fn attack(closes: bool, act: Attack) -> Vec<Option<u32>> {
    let Some(mut siege) = Siege::lay_with(&[("SLUICE_HTTPS_LISTEN", "127.0.0.1:0")]) else {
        return Vec::new();
    };
    let address = siege.server.addresses().https.unwrap();
    let mut other = Peer::connect(address).unwrap();
    let crowd: Vec<_> = (0..CROWD)
        .map(|_| {
            std::thread::spawn(move || {
                let mut peer = Peer::connect(address).unwrap();
                let taken = act(&mut peer);
                (taken.is_ok(), peer.closed(if closes { GIVEN_UP } else { Duration::ZERO }))
            })
        })
        .collect();
    let mut stream = 1;
    while crowd.iter().any(|attacker| !attacker.is_finished()) {
        assert_eq!(asks(&mut other, stream), b"ok\n", "who is on another connection does not notice");
        stream += 2;
        siege.hold_out(5);
    }
    let said: Vec<_> = crowd.into_iter().map(|attacker| attacker.join().unwrap()).collect();
    assert_eq!(asks(&mut Peer::connect(address).unwrap(), 1), b"ok\n");
    drop(other);
    siege.lift();
    if !closes {
        return Vec::new();
    }
    said.into_iter()
        .map(|(taken, closed)| closed.unwrap_or_else(|| panic!("it is open; all of it was taken: {taken}")))
        .collect()
}

fn asks(peer: &mut Peer, stream: u32) -> Vec<u8> {
    peer.ask(stream, "/healthz").unwrap();
    peer.body(stream).unwrap()
}

/// Asserts that those to whom a reason was told were told one of `codes`: who does not read may be told nothing.
#[track_caller]
fn assert_told(said: &[Option<u32>], codes: &[u32]) {
    let wrong = said.iter().flatten().find(|code| !codes.contains(code));
    assert_eq!(wrong, None, "{said:?}");
}

#[test]
fn requests_that_are_taken_back_at_once() {
    let said = attack(true, |peer| {
        (0..FLOOD).try_for_each(|number| {
            peer.ask(2 * number + 1, "/live/s.flv")?;
            peer.send(RST_STREAM, 0, 2 * number + 1, &8u32.to_be_bytes())
        })
    });
    assert_told(&said, &[ENHANCE_YOUR_CALM]);
}

#[test]
fn requests_that_we_have_to_take_back() {
    // A window that grows by nothing is an error of its stream (RFC 9113 §6.9), which then is closed by us and not by them.
    let said = attack(true, |peer| {
        (0..FLOOD).try_for_each(|number| {
            peer.ask(2 * number + 1, "/live/s.flv")?;
            peer.send(WINDOW_UPDATE, 0, 2 * number + 1, &0u32.to_be_bytes())
        })
    });
    assert_told(&said, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR]);
}

#[test]
fn headers_that_never_end() {
    let said = attack(true, |peer| {
        peer.send(HEADERS, END_STREAM, 1, &request("/"))?;
        // One that nobody keeps: `x: xx…`.
        let header = [&[0x00, 1, b'x', 100][..], &[b'x'; 100]].concat().repeat(100);
        (0..FLOOD).try_for_each(|_| peer.send(CONTINUATION, 0, 1, &header))
    });
    assert_told(&said, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR]);
}

#[test]
fn headers_that_never_end_and_hold_nothing() {
    let said = attack(true, |peer| {
        peer.send(HEADERS, END_STREAM, 1, &request("/"))?;
        (0..FLOOD).try_for_each(|_| peer.send(CONTINUATION, 0, 1, &[]))
    });
    assert_told(&said, &[ENHANCE_YOUR_CALM, PROTOCOL_ERROR]);
}

#[test]
fn headers_that_are_small_and_become_large() {
    // 4,000 bytes that a byte stands for, sixteen thousand times in a frame: 64 MB, in each of a hundred requests.
    attack(false, |peer| {
        let first = [request("/"), kept("x", &"x".repeat(3_900))].concat();
        peer.send(HEADERS, END_STREAM | END_HEADERS, 1, &first)?;
        let bomb = [request("/"), vec![AGAIN; 16_000]].concat();
        (1..100).try_for_each(|number| {
            peer.send(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1, &bomb)?;
            peer.body(2 * number + 1).map(drop)
        })
    });
}

#[test]
fn settings_without_end() {
    attack(false, |peer| (0..FLOOD).try_for_each(|_| peer.send(SETTINGS, 0, 0, &[])));
}

#[test]
fn settings_that_change_the_table_again_and_again() {
    attack(false, |peer| {
        (0..FLOOD).try_for_each(|number| {
            // SETTINGS_HEADER_TABLE_SIZE, SETTINGS_INITIAL_WINDOW_SIZE.
            let size = (number % 2 * 4_096).to_be_bytes();
            peer.send(SETTINGS, 0, 0, &[&[0, 1][..], &size, &[0, 4], &size].concat())
        })
    });
}

#[test]
fn pings_without_end_whose_answers_are_not_taken() {
    attack(false, |peer| (0..10 * FLOOD).try_for_each(|_| peer.send(PING, 0, 0, &[7; 8])));
}

#[test]
fn more_requests_at_a_time_than_there_may_be() {
    // Endless ones, and nobody reads: the first hundred are served, and the connection ends when they are not taken.
    let said = attack(true, |peer| (0..1_000).try_for_each(|number| peer.ask(2 * number + 1, "/live/s.flv")));
    assert_told(&said, &[ENHANCE_YOUR_CALM, 0]);
}

#[test]
fn what_is_no_http_2() {
    let said = attack(true, |peer| {
        let noise: Vec<u8> =
            (0..=255u8).cycle().map(|byte| byte.wrapping_mul(167) ^ 0x5a).take(16_000).collect();
        (0..100).try_for_each(|number| peer.send(number as u8, 0xff, number, &noise))
    });
    assert!(said.len() == CROWD || said.is_empty());
}
