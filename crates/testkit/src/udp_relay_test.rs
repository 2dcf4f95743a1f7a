use std::net::UdpSocket;

use super::*;
use crate::wait;

const LIMIT: Duration = Duration::from_secs(10);
const STORM: Conditions = Conditions {
    weather: Weather { loss: 20, duplication: 10, delay: Delta::millis(2), jitter: Delta::millis(10) },
    line: None,
};

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind(LOOPBACK).expect("a port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket
}

fn server() -> (UdpSocket, SocketAddr) {
    let server = socket();
    let address = server.local_addr().expect("bound");
    (server, address)
}

/// What comes next, and from whom.
fn next(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; DATAGRAM];
    let (size, from) = socket.recv_from(&mut buffer).expect("something comes");
    (buffer[..size].to_vec(), from)
}

#[test]
fn both_ways_are_open_and_clients_are_told_apart() {
    let (server, address) = server();
    let relay = Relay::start(address, 1, Conditions::CALM);
    let clients = [socket(), socket()];
    for (name, client) in [b"a", b"b"].into_iter().zip(&clients) {
        client.send_to(name, relay.address()).expect("sent");
        let (asked, from) = next(&server);
        assert_eq!(asked, name);
        server.send_to(&asked.repeat(2), from).expect("answered");
    }
    // Each hears its own, from the address it knows.
    for (name, client) in [b"a", b"b"].into_iter().zip(&clients) {
        assert_eq!(next(client), (name.repeat(2), relay.address()));
    }
    let passed = relay.passed();
    assert_eq!((passed.clients, passed.up.delivered, passed.down.delivered), (2, 2, 2));
    assert_eq!((passed.up.delivered_bytes, passed.down.delivered_bytes), (2, 4));
}

#[test]
fn a_rebound_client_comes_from_a_new_port_and_its_old_one_is_dead() {
    let (server, address) = server();
    let relay = Relay::start(address, 1, Conditions::CALM);
    let client = socket();
    client.send_to(b"before", relay.address()).expect("sent");
    let (_, old) = next(&server);
    relay.rebind();
    client.send_to(b"after", relay.address()).expect("sent");
    let (said, new) = next(&server);
    assert_eq!(said, b"after");
    assert_ne!(old, new);
    let _ = server.send_to(b"to the old port", old); // some systems say that it is closed
    server.send_to(b"to the new port", new).expect("answered");
    assert_eq!(next(&client).0, b"to the new port");
    assert_eq!(relay.passed().clients, 1);
}

#[test]
fn nothing_passes_while_it_is_dark() {
    let (server, address) = server();
    let relay = Relay::start(address, 1, Conditions::CALM);
    let client = socket();
    relay.black_out(true);
    client.send_to(b"lost", relay.address()).expect("sent");
    let lost = || (relay.passed().up.blacked_out == 1).then_some(());
    wait::until("the datagram to be lost", LIMIT, lost);
    relay.black_out(false);
    client.send_to(b"kept", relay.address()).expect("sent");
    assert_eq!(next(&server).0, b"kept");
}

/// What becomes of 200 datagrams in a storm.
fn fates(seed: u64) -> Vec<u8> {
    let (server, address) = server();
    let relay = Relay::start(address, seed, STORM);
    let client = socket();
    (0..200u8).for_each(|number| _ = client.send_to(&[number], relay.address()).expect("sent"));
    let up = wait::until("all of them to be dealt with", LIMIT, || {
        let up = relay.passed().up;
        (up.received == 200 && up.delivered == 200 - up.lost + up.doubled).then_some(up)
    });
    let mut arrived: Vec<u8> = (0..up.delivered).map(|_| next(&server).0[0]).collect();
    assert!(arrived.windows(2).any(|pair| pair[0] > pair[1]), "none overtook another");
    arrived.sort_unstable();
    arrived
}

#[test]
fn the_same_seed_has_the_same_victims() {
    let (first, other) = (fates(5), fates(6));
    assert_eq!(first, fates(5));
    assert_ne!(first, other);
    let mut distinct = first.clone();
    distinct.dedup();
    assert!(distinct.len() < 200 && first.len() > distinct.len(), "some are lost, and some come twice");
}

#[test]
fn a_server_that_is_not_there_does_no_harm() {
    let (server, address) = server();
    drop(server);
    let relay = Relay::start(address, 1, Conditions::CALM);
    let client = socket();
    for _ in 0..3 {
        client.send_to(b"?", relay.address()).expect("sent");
    }
    wait::until("all to go out", LIMIT, || (relay.passed().up.received == 3).then_some(()));
    let server = UdpSocket::bind(address).expect("the port is free again");
    server.set_read_timeout(Some(LIMIT)).expect("a limit");
    client.send_to(b"!", relay.address()).expect("sent");
    assert_eq!(next(&server).0, b"!");
}
