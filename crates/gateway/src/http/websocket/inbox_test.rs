#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// A frame as clients send them.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        size @ ..=125 => out.push(MASKED | size as u8),
        size @ ..=0xffff => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(size as u16).to_be_bytes());
        }
        size => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    let mask = [1, 2, 3, 4];
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// All that is said in `pieces`, which come one after the other.
fn said<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Said>, Violation> {
    let (mut inbox, mut all) = (Inbox::new(), Vec::new());
    for mut piece in pieces {
        while let Some(said) = inbox.read(&mut piece)? {
            all.push(said);
        }
    }
    Ok(all)
}

fn said_at_once(bytes: &[u8]) -> Result<Vec<Said>, Violation> {
    said([bytes])
}

/// A ping, chatter of all sizes and in fragments, a pong, the end.
fn conversation() -> (Vec<u8>, Vec<Said>) {
    let bytes = [
        masked(0x89, b"are you there"),
        masked(0x82, &[7; 200]),
        masked(0x01, b"in "),
        masked(0x8a, &[]),
        masked(0x80, b"pieces"),
        masked(0x82, &[7; 65_536]),
        masked(0x82, &[]),
        masked(0x88, b"\x03\xe8bye"),
    ];
    (bytes.concat(), vec![Said::Ping(b"are you there".to_vec()), Said::Pong, Said::Close(Some(1000))])
}

#[test]
fn control_frames_are_heard_among_messages_that_nobody_reads() {
    let (bytes, expected) = conversation();
    assert_eq!(said_at_once(&bytes), Ok(expected));
}

#[test]
fn frames_may_be_split_at_any_byte() {
    let (bytes, expected) = conversation();
    assert_eq!(said(bytes.chunks(1)).as_ref(), Ok(&expected));
    // The 64 KiB in the middle are alike.
    for at in (0..400).chain(bytes.len() - 40..bytes.len()) {
        assert_eq!(said([&bytes[..at], &bytes[at..]]).as_ref(), Ok(&expected), "split at {at}");
    }
}

#[test]
fn what_is_cut_off_is_waited_for() {
    let (bytes, _) = conversation();
    for end in (0..400).chain(bytes.len() - 40..bytes.len()) {
        let heard = said_at_once(&bytes[..end]).unwrap();
        assert!(!heard.contains(&Said::Close(Some(1000))), "{end} bytes");
    }
}

#[test]
fn what_is_not_allowed_ends_it() {
    let cases = [
        (vec![0xc2, 0x80], Violation::Reserved),
        (vec![0x83, 0x80], Violation::Opcode(3)),
        (vec![0x8f, 0x80], Violation::Opcode(15)),
        (vec![0x89, 0x00], Violation::Unmasked),
        (vec![0x09, 0x80], Violation::Control),
        (vec![0x89, 0x80 | 126, 0, 126], Violation::Control),
        (masked(0x88, &[3]), Violation::CloseCode),
        (masked(0x88, &1005u16.to_be_bytes()), Violation::CloseCode),
        (masked(0x88, &999u16.to_be_bytes()), Violation::CloseCode),
        (masked(0x82, &[0; 65_537])[..14].to_vec(), Violation::TooBig),
        ([&[0x82, 0xff][..], &[0xff; 12]].concat(), Violation::TooBig),
    ];
    for (bytes, violation) in cases {
        assert_eq!(said_at_once(&bytes), Err(violation), "{bytes:x?}");
        assert_eq!(said(bytes.chunks(1)), Err(violation), "{bytes:x?}");
    }
}

#[test]
fn codes_of_a_close_are_told() {
    assert_eq!(said_at_once(&masked(0x88, &[])), Ok(vec![Said::Close(None)]));
    assert_eq!(said_at_once(&masked(0x88, &4999u16.to_be_bytes())), Ok(vec![Said::Close(Some(4999))]));
    assert_eq!((Violation::TooBig.code(), Violation::TooMuch.code()), (1009, 1008));
    assert_eq!(Violation::Unmasked.code(), 1002);
}

proptest! {
    #[test]
    fn nothing_that_comes_does_harm(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in 0usize..600) {
        let at = at.min(bytes.len());
        prop_assert_eq!(said_at_once(&bytes), said([&bytes[..at], &bytes[at..]]));
    }
}

#[test]
fn fragments_come_in_their_order() {
    let frames = |firsts: &[u8]| {
        said_at_once(&firsts.iter().flat_map(|first| masked(*first, b"x")).collect::<Vec<_>>())
    };
    assert_eq!(frames(&[0x01, 0x00, 0x80, 0x82]), Ok(vec![]));
    assert_eq!(frames(&[0x80]), Err(Violation::Order), "nothing has begun");
    assert_eq!(frames(&[0x01, 0x80, 0x80]), Err(Violation::Order), "it is over");
    assert_eq!(frames(&[0x01, 0x82]), Err(Violation::Order), "another within it");
}
