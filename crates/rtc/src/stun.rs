//! Which peer a datagram is for, before anybody knows where that peer is; and checks of our own.

use crate::engine;

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

/// A binding request of ours with the name `id`, which `password` is to prove: how a controlled agent asks.
///
/// Source: RFC 8489 §14.5, §14.7; RFC 8445 §7.1.
pub(crate) fn request(id: &Id, username: &str, password: &str, tie_breaker: u64) -> Vec<u8> {
    let mut out = BINDING_REQUEST.to_be_bytes().to_vec();
    out.extend([0; 2]);
    out.extend(MAGIC_COOKIE);
    out.extend(id);
    put(&mut out, USERNAME, username.as_bytes());
    put(&mut out, PRIORITY, &PEER_REFLEXIVE.to_be_bytes());
    put(&mut out, ICE_CONTROLLED, &tie_breaker.to_be_bytes());
    sealed(out, password)
}

/// `request`, which `password` proves, as one that says USE-CANDIDATE too. `None` where it is not proved.
pub(crate) fn nominating(request: &[u8], password: &str) -> Option<Vec<u8>> {
    let (before, proof) = proved(request)?;
    if proof != integrity(before, password) {
        return None;
    }
    let mut out = before.to_vec();
    put(&mut out, USE_CANDIDATE, &[]);
    Some(sealed(out, password))
}

/// A message of which all is there but what proves it.
fn sealed(mut out: Vec<u8>, password: &str) -> Vec<u8> {
    let integrity = integrity(&out, password);
    put(&mut out, MESSAGE_INTEGRITY, &integrity);
    // What it covers says already that it is there.
    let size = out.len() - HEADER + 8;
    set_size(&mut out, size);
    let fingerprint = crc32(&out) ^ 0x5354_554e;
    put(&mut out, FINGERPRINT, &fingerprint.to_be_bytes());
    out
}

/// Whether `datagram` answers a request that was called one of `ids`, with the password of that.
pub(crate) fn is_answer(datagram: &[u8], mut ids: impl Iterator<Item = Id>, password: &str) -> bool {
    is_success(datagram)
        && ids.any(|id| datagram.get(8..HEADER) == Some(&id))
        && proved(datagram).is_some_and(|(before, proof)| proof == integrity(before, password))
}

/// What stands in a message before its MESSAGE-INTEGRITY, and that.
fn proved(datagram: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, mut attributes) = message(datagram)?;
    while let Some((&[kind_0, kind_1, size_0, size_1], rest)) = attributes.split_first_chunk::<4>() {
        let size = usize::from(u16::from_be_bytes([size_0, size_1]));
        if u16::from_be_bytes([kind_0, kind_1]) == MESSAGE_INTEGRITY {
            return Some((datagram.get(..datagram.len() - attributes.len())?, rest.get(..size)?));
        }
        attributes = rest.get(size.next_multiple_of(4)..)?;
    }
    None
}

/// What a message is called by whoever sent it; its answer is called the same.
pub(crate) type Id = [u8; 12];

/// MESSAGE-INTEGRITY of a message of which `before` is what stands before it.
fn integrity(before: &[u8], password: &str) -> [u8; 20] {
    let mut before = before.to_vec();
    let size = before.len().saturating_sub(HEADER) + 24;
    set_size(&mut before, size);
    engine::sign(password.as_bytes(), &before)
}

fn set_size(message: &mut [u8], size: usize) {
    if let Some(at) = message.get_mut(2..4) {
        at.copy_from_slice(&(size as u16).to_be_bytes());
    }
}

fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend(kind.to_be_bytes());
    out.extend((value.len() as u16).to_be_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// As Ethernet has it (RFC 8489 §14.7); short messages, seldom, so without a table.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc));
    !bytes.iter().fold(!0, byte)
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
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
/// The priority of what asks from where no candidate is (RFC 8445 §5.1.2.1).
const PEER_REFLEXIVE: u32 = 110 << 24 | 65_535 << 8 | 255;

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `request` as one that does not say USE-CANDIDATE.
    pub(crate) fn undecided(request: &[u8], password: &str) -> Vec<u8> {
        let (before, _) = proved(request).expect("a request with its proof");
        let (header, mut rest) = before.split_at(HEADER);
        let mut out = header.to_vec();
        while !rest.is_empty() {
            let size = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            let (attribute, after) = rest.split_at(4 + size.next_multiple_of(4));
            if !attribute.starts_with(&USE_CANDIDATE.to_be_bytes()) {
                out.extend(attribute);
            }
            rest = after;
        }
        sealed(out, password)
    }

    /// A binding request as browsers send it, without what proves it.
    fn asking(username: &str, nominates: bool) -> Vec<u8> {
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
        assert_eq!(ufrag(&asking("server1:client", false)), Some("server1"));
        assert_eq!(ufrag(&asking("a:b:c", false)), Some("a"));
        assert_eq!(ufrag(&asking("no colon", false)), None);
        let request = asking("server1:client", true);
        assert_eq!(Request::parse(&request), Some(Request { local: "server1", nominates: true }));
    }

    #[test]
    fn a_request_cut_at_any_byte_is_none() {
        let request = asking("server1:client", true);
        for end in 0..request.len() {
            assert_eq!(ufrag(&request[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn answers_and_what_is_no_stun_ask_for_nobody() {
        let mut answer = asking("server1:client", false);
        answer[0..2].copy_from_slice(&BINDING_SUCCESS.to_be_bytes());
        assert_eq!(ufrag(&answer), None);
        assert!(is_success(&answer));
        let mut other = asking("server1:client", false);
        other[4] = 0;
        assert_eq!(ufrag(&other), None);
        assert_eq!(ufrag(&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_follows_the_integrity_does_not_count() {
        let mut late = asking("server1:client", false);
        late.extend(USE_CANDIDATE.to_be_bytes());
        late.extend([0, 0]);
        let size = (late.len() - HEADER) as u16;
        late[2..4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(Request::parse(&late).map(|request| request.nominates), Some(false));
    }

    /// RFC 5769 §2.2, with its password.
    const SAMPLE_ANSWER: &[u8] = b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
        \x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\
        \x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\
        \x80\x28\x00\x04\xc0\x7d\x4c\x96";

    #[test]
    fn an_answer_is_one_to_its_request_and_of_who_knows_the_password() {
        let id = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";
        let password = "VOkJxbRl1RmTxUk/WvJxBt";
        let answers =
            |datagram: &[u8], id, password| is_answer(datagram, [[0; 12], id].into_iter(), password);
        assert!(answers(SAMPLE_ANSWER, id, password));
        assert!(!answers(SAMPLE_ANSWER, [7; 12], password), "another request");
        assert!(!answers(SAMPLE_ANSWER, id, "another password, as long"));
        assert!((0..SAMPLE_ANSWER.len()).all(|end| !answers(&SAMPLE_ANSWER[..end], id, password)));
    }

    #[test]
    fn the_checksum_is_that_of_the_sample() {
        // It covers all but itself.
        assert_eq!(crc32(&SAMPLE_ANSWER[..SAMPLE_ANSWER.len() - 8]) ^ 0x5354_554e, 0xc07d_4c96);
    }

    #[test]
    fn a_request_of_ours_is_read_as_one() {
        let sent = request(&[5; 12], "server1:client", "a password", 7);
        assert_eq!(Request::parse(&sent), Some(Request { local: "server1", nominates: false }));
        let read = str0m::ice::StunMessage::parse(&sent).expect("its checksum is right");
        assert!(read.verify(b"a password", |key, parts| engine::sign(key, &parts.concat())));
        assert_eq!((read.ice_controlled(), read.prio()), (Some(7), Some(PEER_REFLEXIVE)));
    }

    #[test]
    fn a_request_is_made_to_nominate_only_if_it_is_proved() {
        let asked = request(&[5; 12], "server1:client", "a password", 7);
        let made = nominating(&asked, "a password").expect("proved");
        assert_eq!(Request::parse(&made), Some(Request { local: "server1", nominates: true }));
        let read = str0m::ice::StunMessage::parse(&made).expect("its checksum is right");
        assert!(read.verify(b"a password", |key, parts| engine::sign(key, &parts.concat())));
        assert_eq!((read.use_candidate(), read.ice_controlled()), (true, Some(7)));
        assert_eq!(undecided(&made, "a password"), asked);
        assert_eq!(nominating(&asked, "another password"), None);
        assert_eq!(nominating(&asking("server1:client", false), "a password"), None);
        assert!((0..asked.len()).all(|end| nominating(&asked[..end], "a password").is_none()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in 0usize..200,
            value in any::<u8>(),
        ) {
            let _ = (ufrag(&bytes), is_success(&bytes), is_stun(&bytes));
            let _ = (is_answer(&bytes, [[0; 12]].into_iter(), ""), nominating(&bytes, ""));
            let mut request = asking("server1:client", true);
            if let Some(byte) = request.get_mut(at) {
                *byte = value;
            }
            let _ = (ufrag(&request), nominating(&request, ""));
        }
    }
}
