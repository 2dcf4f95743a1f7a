#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Reads `stream` as a socket would be: no byte more than was asked for. The header, and how many bytes it had.
fn of(stream: &[u8]) -> Result<Option<(Header, usize)>, Error> {
    let mut size = 0;
    loop {
        match read(&stream[..size])? {
            Progress::Done(header) => return Ok(Some((header, size))),
            Progress::More(count) => {
                assert!(count > 0);
                size += count;
                if size > stream.len() {
                    return Ok(None);
                }
            }
        }
    }
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([command, family]);
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn v4_body() -> Vec<u8> {
    [&[203, 0, 113, 7][..], &[10, 0, 0, 1], &5000u16.to_be_bytes(), &80u16.to_be_bytes()].concat()
}

fn v6_body() -> Vec<u8> {
    let source: Ipv6Addr = "2001:db8::7".parse().unwrap();
    [&source.octets()[..], &[0; 16], &5000u16.to_be_bytes(), &80u16.to_be_bytes()].concat()
}

/// The TLV about TLS, with that about its version within, as HAProxy sends it (`send-proxy-v2-ssl`).
fn tls(client: u8) -> Vec<u8> {
    let version = [&[0x21, 0, 7][..], b"TLSv1.3"].concat();
    let value = [&[client, 0, 0, 0, 0][..], &version].concat();
    [&[0x20, 0, value.len() as u8][..], &value].concat()
}

/// Headers, and who they say it is.
fn headers() -> Vec<(Vec<u8>, Header)> {
    let told = |text: &str, secure| Header::Client { address: text.parse().unwrap(), secure };
    let client = |text: &str| told(text, None);
    let with = |tlvs: &[u8]| v2(0x21, 0x11, &[&v4_body()[..], tlvs].concat());
    vec![
        (b"PROXY TCP4 203.0.113.7 10.0.0.1 5000 80\r\n".to_vec(), client("203.0.113.7:5000")),
        (b"PROXY TCP6 2001:db8::7 ::1 5000 80\r\n".to_vec(), client("[2001:db8::7]:5000")),
        (b"PROXY TCP6 ::ffff:203.0.113.7 ::1 5000 80\r\n".to_vec(), client("203.0.113.7:5000")),
        (b"PROXY UNKNOWN\r\n".to_vec(), Header::Peer),
        (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".to_vec(), Header::Peer),
        (v2(0x21, 0x11, &v4_body()), client("203.0.113.7:5000")),
        (with(&[0x04, 0, 3, 0, 0, 0]), client("203.0.113.7:5000")),
        (with(&tls(0x01)), told("203.0.113.7:5000", Some(true))),
        (with(&[&[0x02, 0, 1, b'a'][..], &tls(0x07)].concat()), told("203.0.113.7:5000", Some(true))),
        (with(&tls(0x00)), told("203.0.113.7:5000", Some(false))),
        (v2(0x21, 0x21, &[v6_body(), tls(0x01)].concat()), told("[2001:db8::7]:5000", Some(true))),
        (v2(0x21, 0x21, &v6_body()), client("[2001:db8::7]:5000")),
        (v2(0x20, 0x00, &[]), Header::Peer),
        (v2(0x20, 0x11, &v4_body()), Header::Peer),
        (v2(0x21, 0x00, &[]), Header::Peer),
        (v2(0x21, 0x31, &[0; 216]), Header::Peer),
    ]
}

#[test]
fn headers_of_both_versions_are_read_to_their_last_byte() {
    for (bytes, header) in headers() {
        let followed = [&bytes[..], b"GET / HTTP/1.1\r\n\r\n"].concat();
        assert_eq!(of(&followed), Ok(Some((header, bytes.len()))), "{bytes:?}");
    }
}

#[test]
fn a_header_that_stops_anywhere_is_waited_for() {
    for (bytes, header) in headers() {
        for end in 0..bytes.len() {
            let Ok(Progress::More(count)) = read(&bytes[..end]) else { panic!("{header:?} at {end}") };
            assert!(
                end + count <= bytes.len(),
                "{header:?} at {end}: asks for {count}, which are not the header's"
            );
        }
        assert_eq!(read(&bytes), Ok(Progress::Done(header)));
    }
}

#[test]
fn what_is_no_header_is_refused_at_its_first_wrong_byte() {
    for bytes in [&b"G"[..], b"PROXz", b"\r\n\r\nA", b"\x03", b"PROXY\t"] {
        assert_eq!(read(bytes), Err(Error::NoHeader), "{bytes:?}");
    }
}

#[test]
fn lines_that_are_wrong_are_refused() {
    for line in [
        "PROXY TCP4 203.0.113.7 10.0.0.1 5000\r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 5000 80 \r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 +500 80\r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 65536 80\r\n",
        "PROXY TCP4  203.0.113.7 10.0.0.1 500 80\r\n",
        "PROXY TCP4 ::1 10.0.0.1 5000 80\r\n",
        "PROXY TCP6 1.2.3.4 ::1 5000 80\r\n",
        "PROXY UDP4 203.0.113.7 10.0.0.1 5000 80\r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 5000 80\n",
    ] {
        assert_eq!(of(line.as_bytes()), Err(Error::Line), "{line:?}");
    }
    let endless = [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 200]].concat();
    assert_eq!(of(&endless), Err(Error::Line));
}

#[test]
fn binary_headers_that_are_wrong_are_refused() {
    for (bytes, what) in [
        (v2(0x11, 0x11, &v4_body()), "version and command"),
        (v2(0x22, 0x11, &v4_body()), "version and command"),
        (v2(0x21, 0x41, &v4_body()), "family"),
        (v2(0x21, 0x11, &v4_body()[..11]), "length"),
        (v2(0x21, 0x21, &v4_body()), "length"),
    ] {
        assert!(matches!(of(&bytes), Err(Error::Binary { what: found, .. }) if found == what), "{bytes:?}");
    }
    assert_eq!(of(&v2(0x21, 0x11, &[0; 5000])), Err(Error::TooLarge { size: 5000 }));
}

#[test]
fn what_is_broken_behind_the_addresses_says_nothing() {
    for tlvs in [&[0x20][..], &[0x20, 0], &[0x20, 0, 0], &[0x20, 0, 9, 1], &[0x04, 0xff, 0xff, 0x20, 0, 1, 1]]
    {
        let header = of(&v2(0x21, 0x11, &[&v4_body()[..], tlvs].concat())).unwrap().unwrap().0;
        assert!(matches!(header, Header::Client { secure: None, .. }), "{tlvs:?}: {header:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = read(&[SIGNATURE, &bytes].concat());
        let _ = read(&[PREFIX, &bytes].concat());
    }
}
