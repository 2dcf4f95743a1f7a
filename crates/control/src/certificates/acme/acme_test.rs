//! Against an authority that says what a real one cannot be made to say. What real ones do is tested with Pebble.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority that knows accounts and answers each order with `orders`.
struct Fake {
    port: u16,
    root: String,
    accounts: Arc<AtomicUsize>,
}

impl Fake {
    async fn start(orders: &'static str) -> Fake {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let root = certificate.pem();
        let der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], der)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accounts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accounts);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let Ok(mut socket) = tls.accept(socket).await else { continue };
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                let path = loop {
                    let size = socket.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..size]);
                    let text = String::from_utf8_lossy(&request);
                    if let Some((head, body)) = text.split_once("\r\n\r\n") {
                        let length = head
                            .to_lowercase()
                            .split_once("content-length: ")
                            .map_or(0, |(_, rest)| rest.lines().next().unwrap().trim().parse().unwrap());
                        if body.len() >= length || size == 0 {
                            break head.split(' ').nth(1).unwrap().to_owned();
                        }
                    }
                };
                let base = format!("https://localhost:{port}");
                let answer = match path.as_str() {
                    "/dir" => ok(&format!(
                        r#"{{"newNonce":"{base}/nonce","newAccount":"{base}/account","newOrder":"{base}/order"}}"#
                    )),
                    "/nonce" => ok(""),
                    "/account" => {
                        counted.fetch_add(1, Ordering::SeqCst);
                        answer(
                            "201 Created",
                            &format!("location: {base}/accounts/1\r\n"),
                            r#"{"status":"valid"}"#,
                        )
                    }
                    _ => orders.to_owned(),
                };
                socket.write_all(answer.as_bytes()).await.unwrap();
                let _ = socket.shutdown().await;
            }
        });
        Fake { port, root, accounts }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nreplay-nonce: bm9uY2U\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn ok(body: &str) -> String {
    answer("200 OK", "", body)
}

async fn fails(orders: &'static str, times: usize) -> (Failure, usize, Steps) {
    let fake = Fake::start(orders).await;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority {
        directory: format!("https://localhost:{}/dir", fake.port),
        staging: None,
        roots: Some(fake.root.clone().into_bytes()),
        port: 80,
        own: Vec::new(),
    };
    let (folder, challenges, steps) = (Folder::at(folder.path()), Challenges::default(), Steps::default());
    let desk = Desk { authority: &authority, folder: &folder, challenges: &challenges, steps: &steps };
    let mut order = Order::new(["a.example"], None).unwrap();
    order.unchecked = true;
    let mut failure = None;
    for _ in 0..times {
        failure = Some(desk.obtain(&order, None).await.unwrap_err());
    }
    let mut staging = order.clone();
    staging.staging = true;
    assert_eq!(
        desk.obtain(&staging, None).await.unwrap_err().code,
        failure::REFUSED,
        "it has no staging directory"
    );
    (failure.unwrap(), fake.accounts.load(Ordering::SeqCst), steps)
}

#[tokio::test]
async fn an_authority_that_has_had_enough_says_until_when() {
    let before = SystemTime::now();
    let (failure, accounts, steps) = fails(
        "HTTP/1.1 429 Too Many Requests\r\nreplay-nonce: bm9uY2U\r\nretry-after: 7200\r\ncontent-length: 110\r\nconnection: close\r\n\r\n\
         {\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many certificates already issued\",\"status\":429}",
        2,
    )
    .await;
    assert_eq!(failure.code, failure::RATE_LIMITED);
    let at = failure.retry_at.unwrap();
    assert!(at >= before + Duration::from_secs(7200) && at <= SystemTime::now() + Duration::from_secs(7200));
    for words in ["too many certificates already issued", &crate::moment::minutes(at), "staging"] {
        assert!(failure.text.contains(words), "{}", failure.text);
    }
    assert_eq!(accounts, 1, "the account is kept");
    assert_eq!(
        steps.after(0).iter().filter(|step| step.text.contains("tried again in")).count(),
        0,
        "it is not asked again at once"
    );
}

#[tokio::test(start_paused = true)]
async fn an_authority_in_trouble_is_asked_again_a_few_times() {
    let (failure, _, steps) = fails(
        "HTTP/1.1 503 Service Unavailable\r\nreplay-nonce: bm9uY2U\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops",
        1,
    )
    .await;
    assert_eq!(failure.code, failure::AUTHORITY);
    assert!(failure.text.contains("503"), "{}", failure.text);
    let again = steps.after(0).iter().filter(|step| step.text.contains("tried again in")).count();
    assert_eq!(again, PAUSES.len());
}
