//! The client's side of TLS, for tests that write every byte themselves.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

/// A connection whose handshake is made with its first bytes.
pub(crate) type Secure = StreamOwned<ClientConnection, TcpStream>;

/// Speaks TLS over `socket`, with whoever answers; `protocol` is offered for what is said within (ALPN).
pub(crate) fn secure(socket: TcpStream, protocol: &[u8]) -> Secure {
    let mut config = x509::anybody::client(Arc::new(aws_lc_rs::default_provider())).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

/// Sends `bytes`, and gives what comes back until the end, however it ends.
pub(crate) fn exchange(mut socket: impl Read + Write, bytes: &[u8]) -> String {
    let _ = socket.write_all(bytes).and_then(|()| socket.flush());
    let mut answer = Vec::new();
    let _: io::Result<usize> = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
