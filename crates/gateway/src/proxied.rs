//! The header of the PROXY protocol, from a socket.

use std::io;
use std::time::Duration;

use peer::proxy::{self, Header, Progress};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no PROXY header within {} s", PATIENCE.as_secs())]
    TimedOut,
    #[error("{0}; is the proxy set to send one?")]
    Wrong(#[from] proxy::Error),
    #[error("the connection ended before its PROXY header: {0}")]
    Io(#[from] io::Error),
}

/// Reads a header, and no byte of what follows it. The proxy has some seconds for it.
pub(crate) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> Result<Header, Failure> {
    tokio::time::timeout(PATIENCE, read_all(socket)).await.map_err(|_| Failure::TimedOut)?
}

async fn read_all(socket: &mut (impl AsyncRead + Unpin)) -> Result<Header, Failure> {
    let mut bytes = Vec::new();
    loop {
        match proxy::read(&bytes)? {
            Progress::Done(header) => return Ok(header),
            Progress::More(count) => {
                let have = bytes.len();
                bytes.resize(have + count, 0);
                socket.read_exact(&mut bytes[have..]).await?;
            }
        }
    }
}

/// A proxy sends it with its first packet.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_follows_the_header_is_left_however_it_comes() {
        let stream = b"PROXY TCP4 203.0.113.7 10.0.0.1 5000 80\r\n\x03C0";
        for first in 0..stream.len() {
            let (mut near, mut far) = tokio::io::duplex(4096);
            let (begin, rest) = stream.split_at(first);
            far.write_all(begin).await.unwrap();
            let (header, _) = tokio::join!(read(&mut near), async {
                tokio::task::yield_now().await;
                far.write_all(rest).await.unwrap();
            });
            assert_eq!(
                header.unwrap(),
                Header::Client { address: "203.0.113.7:5000".parse().unwrap(), secure: None }
            );
            let mut left = [0; 3];
            near.read_exact(&mut left).await.unwrap();
            assert_eq!(&left, b"\x03C0");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_none_is_given_up() {
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(b"PROXY TCP4 ").await.unwrap();
        assert!(matches!(read(&mut near).await, Err(Failure::TimedOut)));
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        assert!(matches!(read(&mut near).await, Err(Failure::Wrong(proxy::Error::NoHeader))));
        let (mut near, far) = tokio::io::duplex(4096);
        drop(far);
        assert!(matches!(read(&mut near).await, Err(Failure::Io(_))));
    }
}
