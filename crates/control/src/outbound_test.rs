#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const LIMITS: Limits = Limits { time: Duration::from_secs(20), bytes: 64 };

/// A server that sends `answer` to the first who asks, and closes; gives what it was sent.
async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"\r\n\r\n") {
            sent.push(socket.read_u8().await.unwrap());
        }
        socket.write_all(answer).await.unwrap();
        String::from_utf8(sent).unwrap()
    });
    (format!("http://user:pass@{address}"), serving)
}

#[tokio::test]
async fn an_answer_comes_whatever_its_status_and_nothing_is_followed() {
    for (answer, status, body) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"[..], 200, "hello"),
        (b"HTTP/1.1 404 Not Found\r\n\r\nuntil the end", 404, "until the end"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 302, ""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab"),
    ] {
        let (url, serving) = server(answer).await;
        let answer = Client::new().get(&format!("{url}/x?y=%26"), LIMITS).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (status, body.as_bytes()));
        let sent = serving.await.unwrap();
        assert!(sent.starts_with("GET /x?y=%26 HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains("host: 127.0.0.1:") && !sent.contains("pass"), "{sent}");
    }
}

#[tokio::test]
async fn what_is_no_answer_says_why() {
    let ask = async |answer| {
        let (url, _serving) = server(answer).await;
        Client::new().get(&url, LIMITS).await.unwrap_err()
    };
    let large =
        b"HTTP/1.1 200 OK\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123456789";
    assert!(matches!(ask(large).await, Error::TooLarge { limit: 64 }));
    assert!(matches!(ask(b"SSH-2.0-x\r\n\r\n").await, Error::Http(_)));
    assert!(matches!(ask(b"").await, Error::Http(_)));
    assert!(matches!(ask(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await, Error::Http(_)));
    for url in ["", "/path", "ftp://host/", "http:///x", "host:80", "http://a b/"] {
        let refused = Client::new().get(url, LIMITS).await.unwrap_err();
        assert!(matches!(refused, Error::Address), "{url}: {refused}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = Client::new().get(&format!("http://{free}/"), LIMITS).await.unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_silent_or_no_tls_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let short = Limits { time: Duration::from_millis(50), ..LIMITS };
    let refused = Client::new().get(&format!("http://{address}/"), short).await.unwrap_err();
    assert!(matches!(refused, Error::Timeout { .. }), "{refused}");
    let (url, _serving) = server(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let refused = Client::new().get(&url.replace("http:", "https:"), short).await.unwrap_err();
    assert!(matches!(refused, Error::Timeout { .. } | Error::Connect(_)), "{refused}");
}
