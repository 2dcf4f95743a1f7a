//! A server that is called back: it records what it is sent and answers as it is told to, for better or worse.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::wait;

/// A real HTTP server on a port of its own. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Callback {
    address: SocketAddr,
    tls: bool,
    inner: Arc<Inner>,
    accepting: Option<JoinHandle<()>>,
}

/// What was sent to it.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST /path`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

/// How it answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With this status and body.
    With(u16, String),
    /// Not at all; the connection stays open until the server is dropped, or answers otherwise.
    Hang,
    /// With these bytes, whatever they are, and the end of the connection.
    Bytes(Vec<u8>),
}

#[derive(Debug)]
struct Inner {
    answer: Mutex<Answer>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<Vec<TcpStream>>,
    closed: AtomicBool,
    dead: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

impl Callback {
    /// One that says yes.
    #[track_caller]
    pub fn start() -> Callback {
        Callback::listen(None)
    }

    /// The same with TLS and the DER certificate and PKCS #8 key of the caller's.
    #[track_caller]
    pub fn start_tls(certificate: Vec<u8>, key: Vec<u8>) -> Callback {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::try_from(key).expect("a PKCS #8 key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider speaks TLS")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(certificate)], key)
            .expect("a certificate and its key");
        Callback::listen(Some(Arc::new(config)))
    }

    #[track_caller]
    fn listen(tls: Option<Arc<ServerConfig>>) -> Callback {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the port can be had");
        let address = listener.local_addr().expect("it is bound");
        let secure = tls.is_some();
        let inner = Arc::new(Inner {
            answer: Mutex::new(Answer::yes()),
            requests: Mutex::default(),
            open: Mutex::default(),
            closed: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            tls,
        });
        let serving = Arc::clone(&inner);
        let accepting = std::thread::spawn(move || {
            for socket in listener.incoming() {
                if serving.closed.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(socket) = socket else { continue };
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || serving.serve(socket));
            }
        });
        Callback { address, tls: secure, inner, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `path` (with its slash) on it.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// From the next request on it answers so; those that hang are let go.
    pub fn answer(&self, answer: Answer) {
        *lock(&self.inner.answer) = answer;
        self.inner.hang_up();
    }

    /// With this JSON and status 200.
    pub fn answer_json(&self, body: &str) {
        self.answer(Answer::With(200, body.to_owned()));
    }

    /// What came so far, in the order in which it came.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.inner.requests).clone()
    }

    /// Waits until `count` requests have come, and gives all there are.
    #[track_caller]
    pub fn wait_for(&self, count: usize, limit: Duration) -> Vec<Request> {
        wait::until(&format!("{count} callbacks"), limit, || {
            Some(self.requests()).filter(|requests| requests.len() >= count)
        })
    }

    /// Closes every connection, and from now on each new one at once. The port stays its own: one that is free may be another's
    /// before it is back.
    pub fn kill(&self) {
        self.inner.dead.store(true, Ordering::SeqCst);
        self.inner.hang_up();
    }

    /// From now on it is as one that has just started: it says yes, and was sent nothing.
    pub fn revive(&self) {
        *lock(&self.inner.answer) = Answer::yes();
        lock(&self.inner.requests).clear();
        self.inner.dead.store(false, Ordering::SeqCst);
    }
}

impl Answer {
    fn yes() -> Answer {
        Answer::With(200, r#"{"code":0,"data":null}"#.to_owned())
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        // Whoever accepts is woken by it, and goes.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        self.inner.hang_up();
    }
}

impl Request {
    /// The value of the header `name` (lower case); empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON. Panics when it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|err| panic!("{err}: {:?}", self.body))
    }
}

impl Inner {
    fn serve(&self, socket: TcpStream) {
        let (Ok(held), Ok(end)) = (socket.try_clone(), socket.try_clone()) else { return };
        {
            let mut open = lock(&self.open);
            // Within the lock: what is pushed before it is killed is hung up by that.
            if self.dead.load(Ordering::SeqCst) {
                return;
            }
            open.push(held);
        }
        match &self.tls {
            None => self.talk(socket),
            Some(config) => {
                let Ok(session) = ServerConnection::new(Arc::clone(config)) else { return };
                self.talk(StreamOwned::new(session, socket));
            }
        }
        // What is held keeps it open.
        let _ = end.shutdown(Shutdown::Both);
    }

    fn talk(&self, socket: impl Read + Write) {
        let mut socket = BufReader::new(socket);
        let Some(request) = read(&mut socket) else { return };
        let answer = lock(&self.answer).clone();
        lock(&self.requests).push(request);
        let mut socket = socket.into_inner();
        let bytes = match answer {
            Answer::With(status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n\r\n");
                [head.into_bytes(), body.into_bytes()].concat()
            }
            Answer::Bytes(bytes) => bytes,
            Answer::Hang => {
                // Until somebody closes it.
                let _ = socket.read(&mut [0]);
                return;
            }
        };
        let _ = socket.write_all(&bytes).and_then(|()| socket.flush()); // whoever asked may have gone
    }

    fn hang_up(&self) {
        for socket in lock(&self.open).drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn read(socket: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).ok().filter(|size| *size > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.first()?.trim_end_matches(" HTTP/1.1").to_owned();
    let pairs = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
