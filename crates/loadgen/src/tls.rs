//! TLS of one connection, for a load and not for secrets: whoever answers is believed.

use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

/// The client's side.
#[derive(Debug)]
pub(crate) struct Tls {
    connection: ClientConnection,
    /// The other side has closed, and what came before has been handed out.
    over: bool,
}

impl Tls {
    pub(crate) fn connect(host: IpAddr) -> io::Result<Tls> {
        let connection = ClientConnection::new(config(), ServerName::from(host)).map_err(io::Error::other)?;
        Ok(Tls { connection, over: false })
    }

    /// Takes bytes to be written.
    pub(crate) fn encrypt(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(bytes)
    }

    /// Writes what the socket takes.
    pub(crate) fn write(&mut self, socket: &mut impl Write) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until `buffer` is full or the socket empty, as [`Link::read`](crate::link::Link::read).
    pub(crate) fn read(&mut self, socket: &mut (impl Read + Write), buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while let Some(room) = buffer.get_mut(count..).filter(|room| !room.is_empty()) {
            match self.connection.reader().read(room) {
                Ok(0) => self.over = true,
                Ok(more) => {
                    count += more;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.over = true,
                Err(error) => return Err(error),
            }
            if self.over {
                break;
            }
            match self.connection.read_tls(socket) {
                Ok(_) => {
                    self.connection.process_new_packets().map_err(io::Error::other)?;
                    self.write(socket)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if count == 0 && self.over { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
    }
}

fn config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    // Only this machine is loaded.
    let make = || {
        let config = x509::anybody::client(Arc::new(aws_lc_rs::default_provider()));
        Arc::new(config.expect("the provider has the cipher suites of TLS 1.2 and 1.3"))
    };
    Arc::clone(CONFIG.get_or_init(make))
}
