//! Which peer a datagram is for, before anybody knows where that peer is.

/// The name of the peer that a binding request asks for: the part of its USERNAME before the colon.
///
/// `None` for everything else and for what is broken. Nothing is checked but the structure: whether the asker knows the
/// password is found out by the peer.
/// Source: RFC 8489 §5, §14.3; RFC 8445 §7.2.2.
pub fn ufrag(datagram: &[u8]) -> Option<&str> {
    Request::parse(datagram).map(|request| request.local)
}

/// A binding request, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request<'a> {
    /// Whom it asks for.
    pub(crate) local: &'a str,
    /// USE-CANDIDATE: the asker wants media to go this way.
    pub(crate) nominates: bool,
}

impl Request<'_> {
    pub(crate) fn parse(datagram: &[u8]) -> Option<Request<'_>> {
        let (kind, mut attributes) = message(datagram)?;
        if kind != BINDING_REQUEST {
            return None;
        }
        let (mut local, mut nominates) = (None, false);
        while let Some((header, rest)) = attributes.split_first_chunk::<4>() {
            let [kind_0, kind_1, size_0, size_1] = *header;
            let size = usize::from(u16::from_be_bytes([size_0, size_1]));
            let value = rest.get(..size)?;
            match u16::from_be_bytes([kind_0, kind_1]) {
                USERNAME if local.is_none() => {
                    let (name, _) = std::str::from_utf8(value).ok()?.split_once(':')?;
                    local = Some(name);
                }
                USE_CANDIDATE => nominates = true,
                // What follows it is not covered by it, and to be ignored (§14.5).
                MESSAGE_INTEGRITY => break,
                _ => {}
            }
            attributes = rest.get(size.next_multiple_of(4)..)?;
        }
        Some(Request { local: local?, nominates })
    }
}

/// Whether `datagram` is the answer that a binding request with the right password gets.
pub(crate) fn is_success(datagram: &[u8]) -> bool {
    message(datagram).is_some_and(|(kind, _)| kind == BINDING_SUCCESS)
}

/// Whether `datagram` is STUN at all (RFC 7983 §7).
pub(crate) fn is_stun(datagram: &[u8]) -> bool {
    datagram.len() >= HEADER && datagram.first().is_some_and(|byte| *byte < 4)
}

/// Type and attributes of a message.
fn message(datagram: &[u8]) -> Option<(u16, &[u8])> {
    let (header, attributes) = datagram.split_first_chunk::<HEADER>()?;
    let [kind_0, kind_1, size_0, size_1, cookie @ ..] = *header;
    let size = usize::from(u16::from_be_bytes([size_0, size_1]));
    let fits = size == attributes.len() && size % 4 == 0 && cookie.starts_with(&MAGIC_COOKIE);
    fits.then_some((u16::from_be_bytes([kind_0, kind_1]), attributes))
}

const HEADER: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A binding request as browsers send it, without what proves it.
    fn request(username: &str, nominates: bool) -> Vec<u8> {
        let mut attributes = Vec::new();
        let mut put = |kind: u16, value: &[u8]| {
            attributes.extend(kind.to_be_bytes());
            attributes.extend((value.len() as u16).to_be_bytes());
            attributes.extend(value);
            attributes.resize(attributes.len().next_multiple_of(4), 0);
        };
        put(USERNAME, username.as_bytes());
        put(0xc057, &[0, 1, 0, 10]); // GOOG-NETWORK-INFO
        put(0x802a, &[1; 8]); // ICE-CONTROLLING
        if nominates {
            put(USE_CANDIDATE, &[]);
        }
        put(0x0024, &[0x6e, 0x7f, 0x1e, 0xff]); // PRIORITY
        put(MESSAGE_INTEGRITY, &[7; 20]);
        put(0x8028, &[8; 4]); // FINGERPRINT
        let mut out = vec![0, 1];
        out.extend((attributes.len() as u16).to_be_bytes());
        out.extend(MAGIC_COOKIE);
        out.extend([9; 12]);
        out.extend(attributes);
        out
    }

    #[test]
    fn the_name_is_what_stands_before_the_colon() {
        assert_eq!(ufrag(&request("server1:client", false)), Some("server1"));
        assert_eq!(ufrag(&request("a:b:c", false)), Some("a"));
        assert_eq!(ufrag(&request("no colon", false)), None);
        let request = request("server1:client", true);
        assert_eq!(Request::parse(&request), Some(Request { local: "server1", nominates: true }));
    }

    #[test]
    fn a_request_cut_at_any_byte_is_none() {
        let request = request("server1:client", true);
        for end in 0..request.len() {
            assert_eq!(ufrag(&request[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn answers_and_what_is_no_stun_ask_for_nobody() {
        let mut answer = request("server1:client", false);
        answer[0..2].copy_from_slice(&BINDING_SUCCESS.to_be_bytes());
        assert_eq!(ufrag(&answer), None);
        assert!(is_success(&answer));
        let mut other = request("server1:client", false);
        other[4] = 0;
        assert_eq!(ufrag(&other), None);
        assert_eq!(ufrag(&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_follows_the_integrity_does_not_count() {
        let mut late = request("server1:client", false);
        late.extend(USE_CANDIDATE.to_be_bytes());
        late.extend([0, 0]);
        let size = (late.len() - HEADER) as u16;
        late[2..4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(Request::parse(&late).map(|request| request.nominates), Some(false));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in 0usize..200,
            value in any::<u8>(),
        ) {
            let _ = (ufrag(&bytes), is_success(&bytes), is_stun(&bytes));
            let mut request = request("server1:client", true);
            if let Some(byte) = request.get_mut(at) {
                *byte = value;
            }
            let _ = ufrag(&request);
        }
    }
}
