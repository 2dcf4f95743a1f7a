//! One RTMP connection on a blocking socket, driven by the client machine.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use media::{Delta, Time};
use rtmp::client::{Action, Config, Event, Output, Session};
use rtmp::url::Url;

/// A connection; dropping it closes the socket without a word.
pub(crate) struct Connection {
    pub(crate) socket: TcpStream,
    pub(crate) session: Session,
    began: Instant,
    ready: bool,
}

impl Connection {
    /// Connects to `url`, with what `change` makes of the usual configuration.
    pub(crate) fn open(url: &str, action: Action, change: impl FnOnce(&mut Config)) -> Connection {
        let url = Url::parse(url).unwrap();
        let socket = TcpStream::connect((url.host.as_str(), url.port)).unwrap();
        socket.set_nodelay(true).unwrap();
        let mut config = Config::new(&url, action);
        change(&mut config);
        let session = Session::new(config, 1);
        Connection { socket, session, began: Instant::now(), ready: false }
    }

    /// Goes on until the server has taken the publish or play; else says why not.
    pub(crate) fn try_ready(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + super::SOON;
        loop {
            self.flush()?;
            if self.ready {
                return Ok(());
            }
            if !self.read(deadline)? {
                return Err("the server does not take the stream".to_owned());
            }
        }
    }

    /// The same, or panics.
    #[track_caller]
    pub(crate) fn run_until_ready(&mut self) {
        self.try_ready().unwrap();
    }

    /// Sends what is to be sent and reads what comes, until `deadline`; panics when the connection ends.
    #[track_caller]
    pub(crate) fn run_until(&mut self, deadline: Instant) {
        self.try_run_until(deadline).unwrap();
    }

    /// The same; errs when the connection ends.
    pub(crate) fn try_run_until(&mut self, deadline: Instant) -> Result<(), String> {
        loop {
            self.flush()?;
            if !self.read(deadline)? {
                return Ok(());
            }
        }
    }

    /// Reads what comes next; false once `deadline` is over.
    fn read(&mut self, deadline: Instant) -> Result<bool, String> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        self.socket.set_read_timeout(Some(left)).unwrap();
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(0) => return Err("the server closed the connection".to_owned()),
            Ok(size) => {
                self.session.receive(self.now(), &buffer[..size]).map_err(|err| err.to_string())?;
            }
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(err) => return Err(err.to_string()),
        }
        Ok(true)
    }

    /// Sends what the session has to say.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        self.session.tick(self.now()).map_err(|err| err.to_string())?;
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(bytes) => self.socket.write_all(&bytes).map_err(|err| err.to_string())?,
                Output::Event(Event::Ready) => self.ready = true,
                Output::Event(Event::Status(_) | Event::Media(_)) => {}
                Output::Event(event) => return Err(format!("the server says {event:?}")),
            }
        }
        Ok(())
    }

    fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.began.elapsed())
    }
}
