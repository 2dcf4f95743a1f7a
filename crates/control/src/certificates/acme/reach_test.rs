#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const HOST: &str = "localhost";

/// A server that answers each request as `answer` makes of its path; gives its port.
async fn server(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 2048];
            let size = socket.read(&mut request).await.unwrap();
            let text = String::from_utf8_lossy(&request[..size]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = socket.write_all(answer(&path).as_bytes()).await;
        }
    });
    port
}

fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nlocation: /x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn checked(port: u16, challenges: &Challenges) -> Result<Option<String>, Failure> {
    check(challenges, HOST, port, &["127.0.0.1".parse().unwrap()]).await
}

#[tokio::test]
async fn a_name_that_leads_here_is_known_by_the_proof() {
    let challenges = Challenges::default();
    let known = challenges.clone();
    let port = server(move |path| {
        let token = path.rsplit('/').next().unwrap_or_default();
        known
            .answer(token)
            .map_or_else(|| response("404 Not Found", ""), |answer| response("200 OK", &answer))
    })
    .await;
    assert_eq!(checked(port, &challenges).await, Ok(None));
}

#[tokio::test]
async fn somebody_elses_server_is_told_from_ours() {
    let challenges = Challenges::default();
    for answer in [response("404 Not Found", "no"), response("200 OK", "welcome")] {
        let port = server(move |_| answer.clone()).await;
        let failure = checked(port, &challenges).await.unwrap_err();
        assert_eq!(failure.code, failure::WRONG_SERVER);
        for words in [HOST, "127.0.0.1", "A record", &port.to_string()] {
            assert!(failure.text.contains(words), "{}", failure.text);
        }
    }
    let port = server(|_| response("301 Moved Permanently", "")).await;
    let doubt = checked(port, &challenges).await.unwrap().unwrap();
    assert!(doubt.contains("sends elsewhere"), "{doubt}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_said() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let failure = checked(port, &Challenges::default()).await.unwrap_err();
    assert_eq!(failure.code, failure::UNREACHABLE);
    assert!(
        failure.text.contains("nothing listens") && failure.text.contains("http.second_listen"),
        "{}",
        failure.text
    );
}
