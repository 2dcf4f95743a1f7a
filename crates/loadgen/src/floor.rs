//! The floor: the least a server can do, a bare `writev` of the same bytes to as many sockets at the same cadence.
//!
//! No protocol, no parsing, no task, no lock: one thread, the clip's FLV tags, a loop over sockets. What a real server
//! costs above it is its own doing; what the floor costs is the kernel's.

use std::io::{self, ErrorKind, IoSlice, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};
use container::flv;

use crate::clip::Clip;
use crate::clock::Clock;
use crate::feed::{Due, Feed};

/// How the floor is laid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// What is due is gathered for so long and written at once; with zero, every frame is written.
    pub(crate) window: Duration,
    /// Leave Nagle's algorithm on: the kernel gathers small writes until the reader has acknowledged the ones before.
    pub(crate) nagle: bool,
}

/// Serves the clip to whoever connects to `listener`, until killed.
pub(crate) fn serve(clip: &Clip, listener: &TcpListener, plan: Plan) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let clock = Clock::start();
    let mut feed = Feed::new(0, clock.started());
    let mut sockets: Vec<Socket> = Vec::new();
    let mut block = Vec::new();
    let mut sealed = None;
    let beginning = beginning(clip);
    loop {
        accept(listener, plan.nagle, &beginning, &mut sockets)?;
        let now = Instant::now();
        while let Some(due) = feed.next(clip, now, clock.wall(now)) {
            push(&mut block, &due);
            sealed.get_or_insert(now + plan.window);
            if plan.window.is_zero() {
                write(&mut sockets, &mut block);
            }
        }
        if sealed.is_some_and(|at| at <= now) {
            write(&mut sockets, &mut block);
            sealed = None;
        }
        let next = feed.deadline(clip).min(sealed.unwrap_or(now + Duration::from_secs(1)));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

struct Socket {
    stream: TcpStream,
    /// What the socket did not take at once.
    rest: Vec<u8>,
}

fn accept(
    listener: &TcpListener,
    nagle: bool,
    beginning: &[u8],
    sockets: &mut Vec<Socket>,
) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(!nagle)?;
                let mut socket = Socket { stream, rest: beginning.to_vec() };
                if socket.flush() {
                    sockets.push(socket);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Writes the block to every socket and empties it; drops the sockets that are gone.
fn write(sockets: &mut Vec<Socket>, block: &mut Vec<Bytes>) {
    let slices: Vec<IoSlice<'_>> = block.iter().map(|bytes| IoSlice::new(bytes)).collect();
    let total: usize = block.iter().map(Bytes::len).sum();
    sockets.retain_mut(|socket| {
        if !socket.flush() {
            return false;
        }
        let written = if socket.rest.is_empty() { socket.stream.write_vectored(&slices) } else { Ok(0) };
        match written {
            Ok(written) if written < total => socket.keep(block, written),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => socket.keep(block, 0),
            Err(_) => return false,
        }
        socket.rest.len() < LONGEST_REST
    });
    drop(slices);
    block.clear();
}

impl Socket {
    /// Writes what is left over; false when the socket is gone.
    fn flush(&mut self) -> bool {
        if self.rest.is_empty() {
            return true;
        }
        match self.stream.write(&self.rest) {
            Ok(written) => {
                self.rest.drain(..written);
                true
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    fn keep(&mut self, block: &[Bytes], mut written: usize) {
        for bytes in block {
            let skip = written.min(bytes.len());
            self.rest.extend_from_slice(bytes.get(skip..).unwrap_or_default());
            written -= skip;
        }
    }
}

/// File header and codec configurations, up to where a block begins: before the size field behind the last tag.
fn beginning(clip: &Clip) -> Vec<u8> {
    let header = flv::file_header(true, true);
    let mut out = header[..header.len() - PREVIOUS_TAG_SIZE].to_vec();
    for (kind, body) in &clip.setup {
        out.put_u32(0);
        out.extend_from_slice(&flv::tag_header(*kind, body.len(), 0));
        out.extend_from_slice(body);
    }
    out
}

/// Adds a tag to the block as two slices: the size field behind the tag before (nobody reads it), header and stamp; payload.
fn push(block: &mut Vec<Bytes>, due: &Due) {
    let size = due.head.len() + due.rest.len();
    let millis = u32::try_from(due.time.as_millis()).unwrap_or(u32::MAX);
    let mut head = BytesMut::with_capacity(PREVIOUS_TAG_SIZE + 11 + due.head.len());
    head.put_u32(0);
    head.extend_from_slice(&flv::tag_header(due.kind, size, millis));
    head.extend_from_slice(&due.head);
    block.push(head.freeze());
    block.push(due.rest.clone());
}

const PREVIOUS_TAG_SIZE: usize = 4;
const LONGEST_REST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use container::flv::TagKind;

    use super::*;
    use crate::view::tags::Tags;

    #[test]
    fn blocks_follow_the_beginning_as_one_flv() {
        let setup = vec![(TagKind::Video, Bytes::from_static(&[0x17, 0, 0, 0, 0]))];
        let clip = Clip {
            setup,
            frames: Vec::new(),
            length: Duration::from_secs(1),
            stamp: crate::clip::Place::Unit,
        };
        let mut block = Vec::new();
        let (time, late) = (Duration::from_millis(40), Duration::ZERO);
        let (head, rest) = (Bytes::from_static(&[0x27, 1]), Bytes::from_static(&[1, 2, 3]));
        push(&mut block, &Due { kind: TagKind::Video, time, head, rest: rest.clone(), late });
        push(&mut block, &Due { kind: TagKind::Audio, time, head: Bytes::new(), rest, late });
        let mut wire = beginning(&clip);
        block.iter().for_each(|bytes| wire.extend_from_slice(bytes));
        let mut tags = Tags::new();
        let mut data = &wire[..];
        let mut seen = Vec::new();
        while let Some(tag) = tags.next(&mut data).unwrap() {
            seen.push((tag.kind, tag.head.len()));
        }
        assert_eq!(seen, [(9, 5), (9, 5), (8, 3)]);
    }

    #[test]
    fn what_a_socket_did_not_take_is_kept_in_order() {
        let (stream, _other) = pair();
        let mut socket = Socket { stream, rest: Vec::new() };
        let block = [Bytes::from_static(b"abc"), Bytes::from_static(b"def")];
        socket.keep(&block, 4);
        assert_eq!(socket.rest, b"ef");
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (stream, listener.accept().unwrap().0)
    }
}
