//! What tests of those who ask others over HTTP have in common.
#![allow(clippy::unwrap_used)]

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Head and body of the request that comes by `socket`; nothing when it breaks off.
pub(crate) async fn request(socket: &mut TcpStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .split_once("content-length: ")
        .map_or(0, |(_, rest)| rest.split_once("\r\n").unwrap().0.parse().unwrap());
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}
