//! The client's side of the handshake.

use bytes::{BufMut, BytesMut};

use super::digest::{self, CLIENT_KEY, CLIENT_WORDS, SERVER_KEY, SERVER_WORDS, Schema};
use super::{Collector, PACKET, VERSION, fill};
use crate::Error;

/// Sends C0 and C1, answers S1, then passes over S2.
#[derive(Debug)]
pub(crate) struct Client {
    seed: u64,
    packet: Collector<{ 1 + PACKET }>,
    /// Bytes of S2 to come, once S1 has come.
    echo: Option<usize>,
}

impl Client {
    /// Begins: writes C0 and C1. `seed` fills the packets; `digests` hides one, which servers without understand too.
    pub(crate) fn new(seed: u64, digests: bool, out: &mut BytesMut) -> Client {
        let mut c1 = [0; PACKET];
        fill(seed, &mut c1[8..]);
        if digests {
            c1[4..8].copy_from_slice(&CLIENT_VERSION);
            digest::hide(&mut c1, Schema::One, &CLIENT_KEY[..CLIENT_WORDS]);
        }
        out.put_u8(VERSION);
        out.put_slice(&c1);
        Client { seed, packet: Collector::new(), echo: None }
    }

    /// Takes its bytes from the front of `input` and writes C2 to `out`; true when it is done.
    ///
    /// Errs at the first byte when that is not plain RTMP's.
    pub(crate) fn receive(&mut self, input: &mut &[u8], out: &mut BytesMut) -> Result<bool, Error> {
        if self.echo.is_none() {
            let first = self.packet.bytes.first().or(input.first());
            if let Some(found) = first.filter(|version| **version != VERSION) {
                return Err(Error::Version { found: *found });
            }
            let Some([_, s1 @ ..]) = self.packet.take(input) else { return Ok(false) };
            let mut c2 = *s1;
            if let Some((_, theirs)) = digest::find(s1, &SERVER_KEY[..SERVER_WORDS]) {
                fill(!self.seed, &mut c2);
                digest::sign(&mut c2, &theirs, &CLIENT_KEY);
            }
            out.put_slice(&c2);
        }
        let left = self.echo.get_or_insert(PACKET);
        let passed = input.len().min(*left);
        *left -= passed;
        *input = &input[passed..];
        Ok(*left == 0)
    }
}

/// That of FFmpeg, which says it is Flash Player 9.0.124.2.
const CLIENT_VERSION: [u8; 4] = [9, 0, 124, 2];
