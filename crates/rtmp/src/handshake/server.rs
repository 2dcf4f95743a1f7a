//! The server's side of the handshake.

use bytes::{BufMut, BytesMut};

use super::digest::{self, CLIENT_KEY, CLIENT_WORDS, SERVER_KEY, SERVER_WORDS};
use super::{Collector, PACKET, VERSION, fill};
use crate::Error;

/// Answers C0 and C1, then passes over C2, which nobody needs to check.
#[derive(Debug)]
pub(crate) enum Server {
    /// C0 and C1 are coming.
    Hello(Box<Hello>),
    /// So many bytes of C2 are to come.
    Echo(usize),
}

#[derive(Debug)]
pub(crate) struct Hello {
    seed: u64,
    packet: Collector<{ 1 + PACKET }>,
}

impl Server {
    /// `seed` fills the packets.
    pub(crate) fn new(seed: u64) -> Server {
        Server::Hello(Box::new(Hello { seed, packet: Collector::new() }))
    }

    /// Takes its bytes from the front of `input` and writes the answer to `out`; true when it is done.
    ///
    /// Errs at the first byte when that is not plain RTMP's.
    pub(crate) fn receive(&mut self, input: &mut &[u8], out: &mut BytesMut) -> Result<bool, Error> {
        if let Server::Hello(hello) = self {
            let first = hello.packet.bytes.first().or(input.first());
            if let Some(found) = first.filter(|version| **version != VERSION) {
                return Err(Error::Version { found: *found });
            }
            let Some([_, c1 @ ..]) = hello.packet.take(input) else { return Ok(false) };
            answer(c1, hello.seed, out);
            *self = Server::Echo(PACKET);
        }
        if let Server::Echo(left) = self {
            let passed = input.len().min(*left);
            *left -= passed;
            *input = &input[passed..];
            return Ok(*left == 0);
        }
        Ok(false)
    }
}

/// S0, S1 and S2.
fn answer(c1: &[u8; PACKET], seed: u64, out: &mut BytesMut) {
    let mut s1 = [0; PACKET];
    let mut s2 = *c1;
    fill(seed, &mut s1[8..]);
    // A client without digests sends a version of 0 and so do we; FFmpeg looks for digests above 2.
    let peer = if c1[4..8] == [0; 4] { None } else { digest::find(c1, &CLIENT_KEY[..CLIENT_WORDS]) };
    if let Some((schema, theirs)) = peer {
        s1[4..8].copy_from_slice(&SERVER_VERSION);
        digest::hide(&mut s1, schema, &SERVER_KEY[..SERVER_WORDS]);
        fill(!seed, &mut s2);
        digest::sign(&mut s2, &theirs, &SERVER_KEY);
    }
    out.put_u8(VERSION);
    out.put_slice(&s1);
    out.put_slice(&s2);
}

/// That of a Flash Media Server which knew digests.
const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];
