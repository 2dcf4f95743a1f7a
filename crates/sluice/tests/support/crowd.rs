//! Many peers at once who do not mean well: bare sockets, and what they send.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use container::amf0::{self, Object, Value};
use rtmp::chunk::{self, Header};
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

/// Some hundred sockets, connected to one address.
pub(crate) struct Crowd {
    sockets: Vec<TcpStream>,
}

impl Crowd {
    /// `count` peers connect, from another address than the other clients of a test.
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr, count: usize) -> Crowd {
        let mut files = getrlimit(Resource::Nofile);
        files.current = files.maximum;
        setrlimit(Resource::Nofile, files).unwrap();
        Crowd { sockets: (0..count).map(|_| connect(address)).collect() }
    }

    /// Each sends `bytes`, or as much of it as the server takes.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.each(|_, socket| _ = socket.write_all(bytes));
    }

    pub(crate) fn each(&mut self, mut act: impl FnMut(usize, &mut TcpStream)) {
        self.sockets.iter_mut().enumerate().for_each(|(number, socket)| act(number, socket));
    }

    /// Each reads until it has met `end`, at most for `limit`; panics for those who have not.
    #[track_caller]
    pub(crate) fn read_until(&mut self, end: &[u8], limit: Duration) {
        let deadline = Instant::now() + limit;
        let met = |socket: &mut TcpStream| {
            let mut read = Vec::new();
            while let Some(byte) = read_byte(socket, deadline) {
                read.push(byte);
                if read.ends_with(end) {
                    return true;
                }
            }
            false
        };
        let count = self.sockets.iter_mut().map(met).filter(|met| !met).count();
        assert_eq!(count, 0, "{count} of {} have not been told {end:?}", self.sockets.len());
    }

    /// How many connections the server has not closed.
    pub(crate) fn open(&self) -> usize {
        let open = |socket: &&TcpStream| {
            socket.set_nonblocking(true).unwrap();
            let peeked = socket.peek(&mut [0]);
            socket.set_nonblocking(false).unwrap();
            matches!(peeked, Ok(1)) || peeked.is_err_and(|err| err.kind() == std::io::ErrorKind::WouldBlock)
        };
        self.sockets.iter().filter(open).count()
    }

    /// Waits until the server has closed every connection. Panics after `limit`.
    #[track_caller]
    pub(crate) fn wait_until_closed(mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        let open =
            self.sockets.iter_mut().filter_map(|socket| (!is_closed(socket, deadline)).then_some(())).count();
        assert_eq!(open, 0, "{open} of {} connections are still open after {limit:?}", self.sockets.len());
    }
}

/// With a receive buffer so small that who does not read is noticed soon.
#[track_caller]
fn connect(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.bind(&SocketAddr::from((ATTACKER, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_tcp_nodelay(true).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    socket.into()
}

fn read_byte(socket: &mut TcpStream, deadline: Instant) -> Option<u8> {
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    socket.set_read_timeout(Some(left)).ok()?;
    let mut byte = [0];
    socket.read_exact(&mut byte).ok()?;
    Some(byte[0])
}

/// Reads what there is; whether the server closes the connection before `deadline`.
fn is_closed(socket: &mut TcpStream, deadline: Instant) -> bool {
    let mut buffer = [0; 16 << 10];
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left)).unwrap();
        match socket.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) if Instant::now() < deadline => {}
            Ok(_) => return false,
            Err(err) => {
                return !matches!(err.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
            }
        }
    }
}

/// The client's part of an RTMP handshake, without waiting for the server's.
pub(crate) fn handshake() -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend((0..2 * 1536).map(|at: u32| if (4..8).contains(&at) { 0 } else { at as u8 }));
    bytes
}

/// `connect` to the app `live`.
pub(crate) fn connect_command() -> Vec<u8> {
    let object = Object::default().with("app", "live").with("tcUrl", "rtmp://127.0.0.1/live");
    command("connect", 1.0, &[object.into()])
}

/// A command message in chunks of 128 bytes.
pub(crate) fn command(name: &str, transaction: f64, arguments: &[Value]) -> Vec<u8> {
    let mut body = BytesMut::new();
    amf0::write_string(&mut body, name);
    Value::Number(transaction).write(&mut body);
    arguments.iter().for_each(|value| value.write(&mut body));
    message(3, 20, &body)
}

/// A message of type `kind` in chunks of 128 bytes.
pub(crate) fn message(csid: u32, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    let header = Header { csid, timestamp: 0, kind, stream: 0 };
    chunk::write_contiguous(&mut out, &header, chunk::INITIAL_SIZE, body).unwrap();
    out.to_vec()
}

/// Bytes that mean nothing, always the same.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Where crowds come from.
const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
