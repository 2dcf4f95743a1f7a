//! One non-blocking connection and what is still to be written to it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};

use bytes::{Buf as _, Bytes};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::target::Target;
use crate::tls::Tls;

/// A socket registered for edge-triggered readiness.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    tls: Option<Box<Tls>>,
    out: VecDeque<Bytes>,
    queued: usize,
    connected: bool,
}

impl Link {
    /// Begins to connect; the connection stands when the first writable event has come.
    pub(crate) fn connect(target: &Target, registry: &Registry, token: Token) -> io::Result<Link> {
        let mut stream = TcpStream::connect(target.address)?;
        let tls = target.secure().then(|| Tls::connect(target.address.ip())).transpose()?.map(Box::new);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Link { stream, tls, out: VecDeque::new(), queued: 0, connected: false })
    }

    /// Takes note that the socket is writable: completes the connection and writes what waits.
    pub(crate) fn writable(&mut self) -> io::Result<()> {
        if !self.connected {
            if let Some(error) = self.stream.take_error()? {
                return Err(error);
            }
            match self.stream.peer_addr() {
                Ok(_) => self.connected = true,
                Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
                Err(error) => return Err(error),
            }
            self.stream.set_nodelay(true)?;
        }
        self.flush()
    }

    /// Queues bytes; they leave with the next [`Link::flush`]. Errs when the server has not read for too long.
    pub(crate) fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        self.queued += bytes.len();
        if self.queued > LONGEST_QUEUE {
            return Err(io::Error::new(ErrorKind::TimedOut, "the server does not read"));
        }
        if !bytes.is_empty() {
            self.out.push_back(bytes);
        }
        Ok(())
    }

    /// Writes as much of the queue as the socket takes.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if let Some(tls) = self.tls.as_mut().filter(|_| self.connected) {
            while let Some(bytes) = self.out.pop_front() {
                self.queued -= bytes.len();
                tls.encrypt(&bytes)?;
            }
            return tls.write(&mut self.stream);
        }
        while self.connected && !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); 64];
            let mut count = 0;
            for (slice, bytes) in slices.iter_mut().zip(&self.out) {
                *slice = IoSlice::new(bytes);
                count += 1;
            }
            match self.stream.write_vectored(slices.get(..count).unwrap_or_default()) {
                Ok(written) => self.written(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn written(&mut self, mut count: usize) {
        self.queued -= count;
        while let Some(first) = self.out.front_mut() {
            if count < first.len() {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.out.pop_front();
        }
    }

    /// Reads once into `buffer`: how many bytes came, 0 when none are there.
    ///
    /// A count below the size of the buffer means that the socket is empty. Errs with `UnexpectedEof` when the other side has closed.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(tls) = &mut self.tls {
            return tls.read(&mut self.stream, buffer);
        }
        loop {
            return match self.stream.read(buffer) {
                Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
                Err(error) if error.kind() == ErrorKind::NotConnected => Ok(0),
                Err(error) => Err(error),
            };
        }
    }
}

/// Half a minute of a stream of 2 Mbit/s.
const LONGEST_QUEUE: usize = 8 << 20;
