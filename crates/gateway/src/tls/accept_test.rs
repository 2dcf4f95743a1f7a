#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use super::*;
use crate::tls::{Pair, SelfSigned, Trust};

/// A server of one connection at a time, with a certificate for `localhost` that is signed by nobody else.
struct Server {
    acceptor: Acceptor,
    certificates: Arc<Certificates>,
    listener: TcpListener,
    /// What a client needs to believe it.
    root: String,
}

fn made() -> SelfSigned {
    SelfSigned::make(["localhost".to_owned()], SystemTime::now()).unwrap()
}

impl Server {
    async fn start() -> Server {
        let certificates = Arc::<Certificates>::default();
        let made = made();
        certificates.replace(&[Pair::parse(made.certificate.as_bytes(), made.key.as_bytes()).unwrap()]);
        let acceptor = Acceptor::new("rtmps", Arc::clone(&certificates));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server { acceptor, certificates, listener, root: made.certificate }
    }

    async fn accept(&self) -> Result<Socket, Failure> {
        let (socket, _) = self.listener.accept().await.unwrap();
        self.acceptor.shake_hands(socket).await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap()
    }
}

/// Both ends of a connection.
async fn connected(server: &Server, trust: &Trust) -> (Result<Socket, Failure>, io::Result<Socket>) {
    let client = async { trust.connect("localhost", server.connect().await).await };
    tokio::join!(server.accept(), client)
}

fn trust(root: &str) -> Trust {
    Trust::with_roots(root.as_bytes()).unwrap()
}

#[tokio::test]
async fn bytes_go_both_ways_by_either_version() {
    let server = Server::start().await;
    for (version, expected) in [
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let client = async { version_only(&server.root, version, server.connect().await).await };
        let (accepted, mut client) = tokio::join!(server.accept(), client);
        let mut accepted = accepted.unwrap();
        assert_eq!(client.get_ref().1.protocol_version(), Some(expected));
        let sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        let (mut there, mut back) = (vec![0; sent.len()], vec![0; sent.len()]);
        let echo = async {
            accepted.read_exact(&mut there).await.unwrap();
            accepted.write_all(&there).await.unwrap();
            accepted.shutdown().await.unwrap();
        };
        let (mut reading, mut writing) = tokio::io::split(&mut client);
        let write = async {
            // One record each, then as few as possible.
            for byte in &sent[..1000] {
                writing.write_all(std::slice::from_ref(byte)).await.unwrap();
                writing.flush().await.unwrap();
            }
            writing.write_all(&sent[1000..]).await.unwrap();
            writing.flush().await.unwrap();
        };
        let read = async {
            reading.read_exact(&mut back).await.unwrap();
            // The end is said (`close_notify`), or this would err.
            assert_eq!(reading.read(&mut [0; 8]).await.unwrap(), 0);
        };
        tokio::join!(echo, write, read);
        assert!(there == sent && back == sent);
    }
}

async fn version_only(
    root: &str,
    version: &'static SupportedProtocolVersion,
    socket: TcpStream,
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(super::super::pair::certificates(root.as_bytes()).unwrap().remove(0)).unwrap();
    let config = ClientConfig::builder_with_provider(super::super::provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}

#[tokio::test]
async fn pieces_share_records() {
    let server = Server::start().await;
    let (accepted, client) = connected(&server, &trust(&server.root)).await;
    let (mut accepted, client) = (accepted.unwrap(), client.unwrap());
    let Socket::Tls(client) = client else { panic!("not TLS") };
    let TlsStream::Client(client) = *client else { panic!("not a client") };
    let (mut raw, _) = client.into_inner();
    let pieces = vec![bytes::Bytes::from(vec![7; 100]); 320];
    let mut outbox = std::collections::VecDeque::from(pieces);
    while !outbox.is_empty() {
        let slices: Vec<_> = outbox.iter().take(64).map(|piece| io::IoSlice::new(piece)).collect();
        let written = accepted.write_vectored(&slices).await.unwrap();
        assert_eq!(written, 6_400, "64 pieces at a time");
        outbox.drain(..64);
    }
    accepted.shutdown().await.unwrap();
    drop(accepted);
    let mut wire = Vec::new();
    raw.read_to_end(&mut wire).await.unwrap();
    // Records: type, version, two bytes of length.
    let (mut records, mut rest) = (0, &wire[..]);
    while let [_, _, _, high, low, body @ ..] = rest {
        records += 1;
        rest = &body[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert!(records <= 5 + 4, "{records} records for 320 pieces"); // and session tickets, and the goodbye
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections() {
    let server = Server::start().await;
    let old = trust(&server.root);
    let (accepted, client) = connected(&server, &old).await;
    let (mut accepted, mut client) = (accepted.unwrap(), client.unwrap());
    let made = made();
    server.certificates.replace(&[Pair::parse(made.certificate.as_bytes(), made.key.as_bytes()).unwrap()]);
    let (refused, err) = connected(&server, &old).await;
    assert!(refused.is_err() && err.is_err(), "who believes the old one alone does not believe the new one");
    let (accepted_too, client_too) = connected(&server, &trust(&made.certificate)).await;
    assert!(accepted_too.is_ok() && client_too.is_ok());
    client.write_all(b"still here").await.unwrap();
    client.flush().await.unwrap();
    let mut heard = [0; 10];
    accepted.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"still here");
}

#[tokio::test]
async fn who_is_not_to_be_believed_is_not() {
    let server = Server::start().await;
    let (accepted, client) = connected(&server, &Trust::default()).await;
    let refusal = client.unwrap_err().to_string();
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
    let failure = accepted.unwrap_err();
    assert!(matches!(failure, Failure::Distrust(_)), "{failure:?}");

    let other_name = async { trust(&server.root).connect("127.0.0.1", server.connect().await).await };
    let (accepted, client) = tokio::join!(server.accept(), other_name);
    let refusal = client.unwrap_err().to_string();
    assert!(refusal.contains("127.0.0.1") && accepted.is_err(), "{refusal}");

    let (accepted, client) = connected(&server, &Trust::insecure()).await;
    assert!(accepted.is_ok() && client.is_ok(), "unless one insists");
}

#[tokio::test]
async fn without_a_certificate_there_is_no_handshake() {
    let server = Server::start().await;
    server.certificates.replace(&[]);
    let (accepted, client) = connected(&server, &Trust::insecure()).await;
    assert!(matches!(accepted.unwrap_err(), Failure::Tls(_)));
    assert!(client.is_err());
}

#[tokio::test]
async fn what_is_not_tls_is_told_from_broken_tls() {
    let server = Server::start().await;
    let rtmp = [&[3][..], &[0; 1536]].concat();
    for hello in [&rtmp[..], b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let mut client = server.connect().await;
        client.write_all(hello).await.unwrap();
        let failure = server.accept().await.unwrap_err();
        assert!(matches!(failure, Failure::NotTls("rtmp")), "{failure:?}");
    }
    drop(server.connect().await);
    assert!(matches!(server.accept().await.unwrap_err(), Failure::Io(_)));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_dawdles_is_given_up() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    // The beginning of a hello.
    client.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let began = tokio::time::Instant::now();
    assert!(matches!(server.accept().await.unwrap_err(), Failure::TimedOut));
    assert!(began.elapsed() >= HANDSHAKE);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0, "and its connection is closed");
}
