//! From the host in a URL to a socket.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rtmp::url::Url;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Error, Options, Stage};
use crate::tls::Socket;

/// Finds the host, connects, and shakes hands if the URL says `rtmps`. Each of the three may take [`Options::connect`].
pub(super) async fn dial(url: &Url, options: &Options) -> Result<Socket, Error> {
    let limit = options.connect;
    let late = |stage| move |_| Error::TimedOut { host: url.host.clone(), stage, limit };
    let failed = |source| Error::Resolve { host: url.host.clone(), source };
    let found = timeout(limit, tokio::net::lookup_host((url.host.as_str(), url.port))).await;
    let addresses: Vec<SocketAddr> = found.map_err(late(Stage::Resolve))?.map_err(failed)?.collect();
    let connected = timeout(limit, connect(&url.host, &addresses)).await;
    let socket = connected.map_err(late(Stage::Connect))??;
    // A frame must not wait for the acknowledgement of the one before.
    socket.set_nodelay(true).map_err(Error::Io)?;
    if !url.tls {
        return Ok(Socket::Plain(socket));
    }
    // Boxed: only the handshake needs so much room.
    let shaken = timeout(limit, Box::pin(options.trust.connect(&url.host, socket))).await;
    let failed = |source| Error::Tls { host: url.host.clone(), source };
    shaken.map_err(late(Stage::Tls))?.map_err(failed)
}

/// Tries one address after the other: a host may have one of IPv6 that leads nowhere.
async fn connect(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut error = Error::Resolve { host: host.to_owned(), source: io::ErrorKind::NotFound.into() };
    for (at, address) in addresses.iter().enumerate() {
        let attempt = TcpStream::connect(address);
        let connected = match at + 1 < addresses.len() {
            true => timeout(ATTEMPT, attempt).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            false => attempt.await,
        };
        match connected {
            Ok(socket) => return Ok(socket),
            Err(source) => error = Error::Connect { address: *address, source },
        }
    }
    Err(error)
}

/// Of one address that is not the last.
const ATTEMPT: Duration = Duration::from_secs(3);
