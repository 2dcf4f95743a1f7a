//! An encoder of our own, for what FFmpeg's cannot be made to do: a stream whose clock starts anywhere.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use container::flv;
use media::{Delta, Time};
use rtmp::MediaKind;
use rtmp::client::{Action, Config, Event, Output, Session};
use rtmp::url::Url;
use testkit::Clip;

/// Publishes `clip` to `url` in real time, its clock starting at `start`. The thread ends with the clip, or panics
/// when the server does not take it.
pub(crate) fn publish_from(start: Time, clip: &Clip, url: &str) -> JoinHandle<()> {
    let (tags, url) = (tags(clip), url.to_owned());
    std::thread::spawn(move || {
        let mut connection = Connection::open(&url);
        connection.run_until_ready();
        let began = Instant::now();
        for tag in tags {
            let time = Delta::millis(tag.timestamp.into());
            connection.run_until(began + time.to_std());
            let kind = match tag.kind {
                flv::TagKind::Audio => MediaKind::Audio,
                flv::TagKind::Video => MediaKind::Video,
                flv::TagKind::Data => MediaKind::Data,
            };
            connection.session.send(kind, start + time, &[tag.body]).expect("the publish has begun");
        }
        connection.session.end();
        connection.flush();
    })
}

/// One RTMP connection on a blocking socket.
struct Connection {
    socket: TcpStream,
    session: Session,
    began: Instant,
    ready: bool,
}

impl Connection {
    fn open(url: &str) -> Connection {
        let url = Url::parse(url).unwrap();
        let socket = TcpStream::connect((url.host.as_str(), url.port)).unwrap();
        socket.set_nodelay(true).unwrap();
        let session = Session::new(Config::new(&url, Action::Publish), 1);
        Connection { socket, session, began: Instant::now(), ready: false }
    }

    fn run_until_ready(&mut self) {
        let deadline = Instant::now() + super::SOON;
        while !self.ready {
            assert!(Instant::now() < deadline, "the server does not take the stream");
            self.run_until(Instant::now() + Duration::from_millis(5));
        }
    }

    /// Sends what is to be sent and reads what comes, until `deadline`.
    fn run_until(&mut self, deadline: Instant) {
        loop {
            self.flush();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.socket.set_read_timeout(Some(left)).unwrap();
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer) {
                Ok(0) => panic!("the server closed the connection"),
                Ok(size) => self.session.receive(self.now(), &buffer[..size]).unwrap(),
                Err(err) => {
                    assert!(matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{err}");
                }
            }
        }
    }

    fn flush(&mut self) {
        self.session.tick(self.now()).unwrap();
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(bytes) => self.socket.write_all(&bytes).unwrap(),
                Output::Event(Event::Ready) => self.ready = true,
                Output::Event(Event::Status(_)) => {}
                Output::Event(event) => panic!("the server says {event:?}"),
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.began.elapsed())
    }
}

/// All tags of a clip.
fn tags(clip: &Clip) -> Vec<flv::Tag> {
    let mut reader = flv::Reader::new();
    reader.push(&std::fs::read(clip.path()).unwrap());
    std::iter::from_fn(|| reader.next().unwrap()).collect()
}
