#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const LIMITS: Limits = Limits { time: Duration::from_secs(20), bytes: 64 };

/// A server that sends `answer` to the first who asks, and closes; gives what it was sent.
async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let sent = asked(&mut socket).await;
        socket.write_all(answer).await.unwrap();
        sent
    });
    (format!("http://user:pass@{address}"), serving)
}

/// The head of a request.
async fn asked(socket: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut sent = Vec::new();
    while !sent.ends_with(b"\r\n\r\n") {
        sent.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(sent).unwrap()
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
async fn a_body_is_posted_with_its_headers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let head = asked(&mut socket).await;
        let mut body = [0; 2];
        // What is not read would reset the connection.
        socket.read_exact(&mut body).await.unwrap();
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        (head, body)
    });
    let headers = HeaderMap::from_iter([("x-one".parse().unwrap(), "1".parse().unwrap())]);
    let answer = Client::new().post_json(&url, headers, Bytes::from_static(b"{}"), LIMITS).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (204, &b""[..]));
    let (head, body) = serving.await.unwrap();
    assert_eq!(&body, b"{}");
    assert!(head.starts_with("POST / HTTP/1.1\r\n") && head.contains("content-length: 2\r\n"), "{head}");
    assert!(head.contains("x-one: 1\r\n") && head.contains("content-type: application/json\r\n"), "{head}");
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
    for port in ["0", "65536", "99999999999", "+80", "8x", "080808080"] {
        let refused =
            Client::new().get(&format!("http://user:1@127.0.0.1:{port}/"), LIMITS).await.unwrap_err();
        assert!(matches!(refused, Error::Port | Error::Address), "{port}: {refused}");
    }
    for (url, named) in [("http://h", None), ("https://[::1]:443", Some(443)), ("http://u:7@h:080", Some(80))]
    {
        assert_eq!(port(address(url).unwrap().authority().unwrap()).unwrap(), named, "{url}");
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

#[tokio::test]
async fn https_is_for_servers_that_somebody_vouches_for_by_that_name() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            // Who does not believe us does not shake hands.
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            asked(&mut socket).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret";
            socket.write_all(answer).await.unwrap();
            socket.flush().await.unwrap();
            // Without the word with which TLS ends, as many servers do.
            socket.get_mut().0.shutdown().await.unwrap();
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let url = format!("https://localhost:{port}/");
    let answer = Client::believing(roots.clone()).get(&url, LIMITS).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"secret"[..]));
    let refused = Client::new().get(&url, LIMITS).await.unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
    let anybody = Client::believing_anybody().get(&url, LIMITS).await.unwrap();
    assert_eq!(&anybody.body[..], b"secret");
    let other_name = format!("https://127.0.0.1:{port}/");
    let refused = Client::believing(roots).get(&other_name, LIMITS).await.unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
    serving.abort();
}
