//! Any bytes as what a proxy says: in front of a connection, and in the headers of a request.

use peer::Trusted;
use peer::forwarded::{self, Headers};
use peer::proxy::{self, Progress};

pub fn run(data: &[u8]) {
    // As a socket is read: never a byte more than was asked for.
    let mut size = 0;
    while let Ok(Progress::More(count)) = proxy::read(&data[..size]) {
        assert!(count > 0, "asks for nothing");
        size += count;
        if size > data.len() {
            break;
        }
    }
    let text = String::from_utf8_lossy(data);
    let trusted = Trusted::parse("10.0.0.0/8").expect("a network");
    let proxy = ([10, 0, 0, 1], 80).into();
    let behind = format!("{text}, 192.0.2.7");
    let headers = Headers {
        x_forwarded_for: vec![&behind],
        forwarded: vec![&text],
        x_real_ip: Some(&text),
        x_forwarded_proto: vec![&text],
    };
    let client = forwarded::client(proxy, &trusted, &headers);
    assert_eq!(
        client.address.ip().to_string(),
        "192.0.2.7",
        "whoever writes the list's beginning cannot choose"
    );
    let _ = forwarded::client(proxy, &trusted, &Headers { x_forwarded_for: Vec::new(), ..headers });
    let _ = Trusted::parse(&text);
}
