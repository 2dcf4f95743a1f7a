#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::testing::request;

const LIMITS: Limits = Limits { time: Duration::from_secs(20), bytes: 64 };

/// A server that answers by the path that is asked for; tells the head and the body of each request.
struct Receiver {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<(String, String)>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receiver(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::unbounded_channel();
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (head, body) = request(&mut socket).await.unwrap();
            let (status, place) = answer(head.split(' ').nth(1).unwrap());
            let place = if place.is_empty() { place } else { format!("location: {place}\r\n") };
            let text = format!("HTTP/1.1 {status} x\r\n{place}content-length: 1\r\n\r\n0");
            sender.send((head, body)).unwrap();
            socket.write_all(text.as_bytes()).await.unwrap();
        }
    });
    Receiver { address, requests, serving }
}

impl Receiver {
    async fn post(&self, path: &str) -> Result<Answer, Error> {
        let url = format!("http://ann:p%40ss@{}{path}", self.address);
        Client::new().post_json_as_go(&url, HeaderMap::new(), Bytes::from_static(b"{}"), LIMITS).await
    }

    /// The first line of the next request, and whether it knew who asks, had a type, and which body it had.
    fn next(&mut self) -> (String, bool, bool, String) {
        let (head, body) = self.requests.try_recv().unwrap();
        // printf 'ann:p@ss' | base64
        let known = head.contains("authorization: Basic YW5uOnBAc3M=\r\n");
        assert!(known || !head.contains("authorization"), "{head}");
        assert!(!head.contains("ann") && !head.contains("referer"), "{head}");
        let typed = head.contains("content-type: application/json\r\n");
        (head.split_once(" HTTP/1.1\r\n").unwrap().0.to_owned(), known, typed, body)
    }
}

#[tokio::test]
async fn where_an_answer_leads_the_next_request_goes_as_gos_client_has_it() {
    let mut here = receiver(|path| match path.rsplit_once('/').unwrap().1.parse() {
        Ok(status) => (status, "../end?x=1#part".to_owned()),
        Err(_) => (200, String::new()),
    })
    .await;
    for (status, line, body) in [
        (301, "GET /a/end?x=1", ""),
        (302, "GET /a/end?x=1", ""),
        (303, "GET /a/end?x=1", ""),
        (307, "POST /a/end?x=1", "{}"),
        (308, "POST /a/end?x=1", "{}"),
    ] {
        let answer = here.post(&format!("/a/b/{status}")).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"0"[..]));
        assert_eq!(here.next(), (format!("POST /a/b/{status}"), true, true, "{}".to_owned()));
        assert_eq!(here.next(), (line.to_owned(), true, !body.is_empty(), body.to_owned()));
    }
    for status in [300, 304, 305, 401] {
        assert_eq!(here.post(&format!("/a/b/{status}")).await.unwrap().status, status, "it leads nowhere");
        here.next();
        assert!(here.requests.try_recv().is_err());
    }
}

#[tokio::test]
async fn who_we_are_is_told_to_no_other_server() {
    let mut there = receiver(|_| (200, String::new())).await;
    let place = format!("http://{}/there", there.address);
    let mut here = receiver(move |path| match path {
        "/away" => (307, place.clone()),
        "/mail" => (307, "mailto:ann@a.example".to_owned()),
        "/odd" => (307, "http://a b/".to_owned()),
        "/port" => (307, "http://127.0.0.1:65536/".to_owned()),
        _ => (302, String::new()),
    })
    .await;
    assert_eq!(here.post("/away").await.unwrap().status, 200);
    assert!(here.next().1);
    assert_eq!(there.next(), ("POST /there".to_owned(), false, true, "{}".to_owned()));
    assert!(matches!(here.post("/mail").await.unwrap_err(), Error::Address));
    assert!(matches!(here.post("/odd").await.unwrap_err(), Error::Address));
    assert!(matches!(here.post("/port").await.unwrap_err(), Error::Port));
    assert_eq!(here.post("/nowhere").await.unwrap().status, 302, "it does not say where");
}

#[tokio::test]
async fn a_circle_ends() {
    let mut here = receiver(|path| (307, path.to_owned())).await;
    assert!(matches!(here.post("/").await.unwrap_err(), Error::TooManyRedirects { limit: MOST }));
    let count = std::iter::from_fn(|| here.requests.try_recv().ok()).count();
    assert_eq!(count, MOST);
}

#[test]
fn places_are_resolved_as_addresses_in_documents_are() {
    // RFC 3986 §5.4, as far as it is about HTTP; and its own dot segments.
    let base: Uri = "http://me:x@a/b/c/d;p?q".parse().unwrap();
    for (place, expected) in [
        ("https://g/h", "https://g/h"),
        ("//g", "http://g"),
        ("g", "http://me:x@a/b/c/g"),
        ("./g", "http://me:x@a/b/c/g"),
        ("g/", "http://me:x@a/b/c/g/"),
        ("/g", "http://me:x@a/g"),
        ("?y", "http://me:x@a/b/c/d;p?y"),
        ("g?y", "http://me:x@a/b/c/g?y"),
        ("#s", "http://me:x@a/b/c/d;p?q"),
        ("g?y#s", "http://me:x@a/b/c/g?y"),
        (";x", "http://me:x@a/b/c/;x"),
        ("", "http://me:x@a/b/c/d;p?q"),
        (".", "http://me:x@a/b/c/"),
        ("..", "http://me:x@a/b/"),
        ("../g", "http://me:x@a/b/g"),
        ("../../../../g", "http://me:x@a/g"),
        ("/./g", "http://me:x@a/g"),
        ("/../g", "http://me:x@a/g"),
        ("g.", "http://me:x@a/b/c/g."),
        ("./g/.", "http://me:x@a/b/c/g/"),
        ("g/../h", "http://me:x@a/b/c/h"),
        ("g?y/../x", "http://me:x@a/b/c/g?y/../x"),
        ("./a:b", "http://me:x@a/b/c/a:b"),
    ] {
        assert_eq!(resolved(&base, place), expected, "{place}");
    }
    assert_eq!(resolved(&"http://a".parse().unwrap(), "g"), "http://a/g");
}

#[test]
fn a_name_without_a_password_is_one() {
    let said = |url: &str| login(&url.parse().unwrap()).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(said("http://ann@a.example/").as_deref(), Some("Basic YW5uOg=="));
    assert_eq!(said("http://a.example/x@y"), None);
}
