//! Digests hidden in handshake packets.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::PACKET;

/// Where in a packet its digest is: the two layouts differ in whether 764 bytes of key or of digest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// Key first: the digest's offset is in bytes 772 to 775.
    Zero,
    /// Digest first: its offset is in bytes 8 to 11. FFmpeg and Flash 10 use it.
    One,
}

impl Schema {
    fn position(self, packet: &[u8; PACKET]) -> usize {
        let field = match self {
            Schema::Zero => 772,
            Schema::One => 8,
        };
        let sum: usize = packet[field..field + 4].iter().map(|byte| usize::from(*byte)).sum();
        field + 4 + sum % 728
    }
}

/// The digest in a peer's packet and where it was, if there is one made with `key`.
pub(super) fn find(packet: &[u8; PACKET], key: &[u8]) -> Option<(Schema, [u8; DIGEST])> {
    [Schema::One, Schema::Zero].into_iter().find_map(|schema| {
        let at = schema.position(packet);
        let digest = around(packet, at, key);
        (packet[at..at + DIGEST] == digest).then_some((schema, digest))
    })
}

/// Puts a digest into our packet; returns it.
pub(super) fn hide(packet: &mut [u8; PACKET], schema: Schema, key: &[u8]) -> [u8; DIGEST] {
    let at = schema.position(packet);
    let digest = around(packet, at, key);
    packet[at..at + DIGEST].copy_from_slice(&digest);
    digest
}

/// Ends our second packet with its signature: made with a key that is made of the peer's digest.
pub(super) fn sign(packet: &mut [u8; PACKET], digest: &[u8; DIGEST], key: &[u8]) {
    let key = hmac(key, &[digest]);
    let (body, signature) = packet.split_at_mut(PACKET - DIGEST);
    signature.copy_from_slice(&hmac(&key, &[body]));
}

/// Whether a peer's second packet is signed so.
#[cfg(test)]
pub(super) fn signed(packet: &[u8; PACKET], digest: &[u8; DIGEST], key: &[u8]) -> bool {
    let mut again = *packet;
    sign(&mut again, digest, key);
    again == *packet
}

/// The HMAC of a packet without the digest at `at`.
fn around(packet: &[u8; PACKET], at: usize, key: &[u8]) -> [u8; DIGEST] {
    hmac(key, &[&packet[..at], &packet[at + DIGEST..]])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every size");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(super) const DIGEST: usize = 32;

/// The client's key: the words alone for its digest, all of it for its signature.
pub(super) const CLIENT_KEY: [u8; 62] = key(b"Genuine Adobe Flash Player 001");
pub(super) const CLIENT_WORDS: usize = 30;

/// The server's key: the words alone for its digest, all of it for its signature.
pub(super) const SERVER_KEY: [u8; 68] = key(b"Genuine Adobe Flash Media Server 001");
pub(super) const SERVER_WORDS: usize = 36;

/// The words, and the 32 bytes that both keys end with.
const fn key<const N: usize>(words: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    let mut at = 0;
    while at < N {
        key[at] = if at < words.len() { words[at] } else { TAIL[at - words.len()] };
        at += 1;
    }
    key
}

const TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e,
    0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
