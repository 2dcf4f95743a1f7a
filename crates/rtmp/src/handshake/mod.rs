//! The handshake, simple and with digests.
//!
//! Simple: each side sends 1536 bytes and gets them back. With digests a side hides an HMAC in its bytes and signs the
//! other's; Flash, FFmpeg and some encoders do, and check what they get. Nothing is secret about it: the keys are known.
//! Source: RTMP 1.0 §5.2; the digests as FFmpeg's `rtmpproto.c` has them.

mod client;
mod digest;
mod server;

pub(crate) use client::Client;
pub(crate) use server::Server;

/// Bytes of C1, C2, S1 and S2.
const PACKET: usize = 1536;

/// C0 and S0: plain RTMP.
const VERSION: u8 = 3;

/// Collects a packet that comes in pieces.
#[derive(Debug)]
struct Collector<const N: usize> {
    bytes: Vec<u8>,
}

impl<const N: usize> Collector<N> {
    fn new() -> Collector<N> {
        Collector { bytes: Vec::with_capacity(N) }
    }

    /// Takes what is missing from the front of `input`; the packet, when it is whole.
    fn take(&mut self, input: &mut &[u8]) -> Option<&[u8; N]> {
        let (part, rest) = input.split_at(input.len().min(N - self.bytes.len()));
        self.bytes.extend_from_slice(part);
        *input = rest;
        self.bytes.first_chunk()
    }
}

/// Fills packets with what a seed gives (splitmix64): it only has to differ, nothing rests on it.
fn fill(seed: u64, out: &mut [u8]) {
    let mut state = seed;
    for bytes in out.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        bytes.copy_from_slice(&word.to_be_bytes()[..bytes.len()]);
    }
}

#[cfg(test)]
#[path = "handshake_test.rs"]
mod tests;
