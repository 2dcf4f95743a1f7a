#![allow(clippy::unwrap_used)]

use bytes::BytesMut;

use super::digest::{CLIENT_KEY, CLIENT_WORDS, SERVER_KEY, SERVER_WORDS, Schema};
use super::*;
use crate::Error;

fn packet(bytes: &[u8]) -> &[u8; PACKET] {
    bytes.try_into().unwrap()
}

/// C0 and C1 with a digest in the place of `schema`.
fn hello(schema: Schema) -> Vec<u8> {
    let mut c1 = [0; PACKET];
    fill(3, &mut c1);
    digest::hide(&mut c1, schema, &CLIENT_KEY[..CLIENT_WORDS]);
    [&[VERSION], &c1[..]].concat()
}

/// What the server answers to C0 and C1.
fn answered(mut hello: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    assert!(!Server::new(7).receive(&mut hello, &mut out).unwrap());
    out
}

#[test]
fn both_sides_finish_whatever_the_pieces() {
    for digests in [false, true] {
        for piece in [1, 7, 1535, 1536, 1537, 5000] {
            let (mut to_server, mut to_client) = (BytesMut::new(), BytesMut::new());
            let mut client = Client::new(1, digests, &mut to_server);
            let mut server = Server::new(2);
            let mut done = (false, false);
            while done != (true, true) {
                let part = to_server.split_to(piece.min(to_server.len()));
                done.0 |= server.receive(&mut &part[..], &mut to_client).unwrap();
                let part = to_client.split_to(piece.min(to_client.len()));
                done.1 |= client.receive(&mut &part[..], &mut to_server).unwrap();
            }
            assert!(to_server.is_empty() && to_client.is_empty());
        }
    }
}

#[test]
fn what_follows_the_handshake_is_left_alone() {
    let mut out = BytesMut::new();
    let mut server = Server::new(2);
    let bytes = [&hello(Schema::One)[..], &[9; PACKET], b"next"].concat();
    let mut input = &bytes[..];
    assert!(server.receive(&mut input, &mut out).unwrap());
    assert_eq!(input, b"next");
}

#[test]
fn digests_are_answered_in_the_place_where_they_were() {
    for schema in [Schema::Zero, Schema::One] {
        let hello = hello(schema);
        let (_, theirs) = digest::find(packet(&hello[1..]), &CLIENT_KEY[..CLIENT_WORDS]).unwrap();
        let answer = answered(&hello);
        assert_eq!(answer.len(), 1 + 2 * PACKET);
        let (s1, s2) = answer[1..].split_at(PACKET);
        assert!(s1[4] >= 3, "FFmpeg looks for digests from version 3 on");
        assert_eq!(digest::find(packet(s1), &SERVER_KEY[..SERVER_WORDS]).unwrap().0, schema);
        assert!(digest::signed(packet(s2), &theirs, &SERVER_KEY));
    }
}

#[test]
fn a_simple_hello_gets_its_echo() {
    let mut hello = vec![VERSION; 1];
    hello.extend((0..PACKET).map(|at| if (4..8).contains(&at) { 0 } else { at as u8 }));
    let answer = answered(&hello);
    assert_eq!(answer[0], VERSION);
    assert_eq!(answer[5..9], [0; 4], "no version, so no digests");
    assert_eq!(answer[1 + PACKET..], hello[1..]);
}

#[test]
fn a_version_without_a_digest_gets_an_echo_too() {
    let mut hello = vec![VERSION; 1 + PACKET];
    hello[5..9].copy_from_slice(&[9, 0, 124, 2]);
    assert_eq!(answered(&hello)[1 + PACKET..], hello[1..]);
}

#[test]
fn the_client_signs_what_the_server_hid() {
    let mut out = BytesMut::new();
    let mut client = Client::new(1, true, &mut out);
    let answer = answered(&out.split());
    let (_, theirs) = digest::find(packet(&answer[1..=PACKET]), &SERVER_KEY[..SERVER_WORDS]).unwrap();
    assert!(client.receive(&mut &answer[..], &mut out).unwrap());
    assert!(digest::signed(packet(&out), &theirs, &CLIENT_KEY));
}

#[test]
fn other_protocols_are_noticed_at_the_first_byte() {
    for found in [6, 22, b'G'] {
        let error = Server::new(0).receive(&mut &[found][..], &mut BytesMut::new()).unwrap_err();
        assert_eq!(error, Error::Version { found });
    }
}

#[test]
fn packets_differ_by_seed() {
    let (mut a, mut b) = ([0; 100], [0; 100]);
    fill(1, &mut a);
    fill(2, &mut b);
    assert_ne!(a, b);
}
