use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("hex");
    digits.chunks(2).map(pair).collect()
}

/// The two ends of a session.
fn ends(profile: Profile) -> (Srtp, Srtp) {
    let length = 2 * (profile.key() + profile.salt());
    let material: Vec<u8> = (0..length as u8).collect();
    let end = |client| {
        let handshake = Handshake { profile, material: material.clone(), client };
        Srtp::new(&handshake).expect("keys")
    };
    (end(true), end(false))
}

const PROFILES: [Profile; 3] = [Profile::Counter, Profile::Gcm128, Profile::Gcm256];

/// RFC 3711 has no vector of a packet as a whole; this one is libsrtp's (`srtp_driver.c`, `srtp_plaintext_ref` and
/// `srtp_ciphertext`), which others use, too.
#[test]
fn a_packet_in_counter_mode_is_sealed_as_others_do() {
    let key = hex("e1f97a0d3e018be0d64fa32c06de4139");
    let salt = hex("0ec675ad498afeebb6960b3aabe6");
    let cipher = Cipher::of_media(Profile::Counter, &key, &salt).expect("a key");
    let mut packet = hex("800f1234decafbadcafebabe");
    packet.extend([0xab; 16]);
    cipher
        .seal_media(&mut packet, Sealed { start: 0, payload: 12, ssrc: 0xcafe_babe, index: 0x1234 })
        .expect("sealed");
    let expected = hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
    assert_eq!(packet, expected);
}

/// RFC 7714 §16.1.1 and §17.1, which begin with session keys: see [`Cipher::Gcm`].
#[test]
fn packets_and_reports_in_gcm_are_sealed_as_the_rfc_has_it() {
    let algorithm = &aws_lc_rs::aead::AES_128_GCM;
    let key = hex("000102030405060708090a0b0c0d0e0f");
    let key = aws_lc_rs::aead::UnboundKey::new(algorithm, &key).expect("a key");
    let salt = hex("517569642070726f2071756f").try_into().expect("twelve");
    let cipher = Cipher::Gcm { key: aws_lc_rs::aead::LessSafeKey::new(key), salt };
    let mut packet = hex(
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573",
    );
    cipher
        .seal_media(&mut packet, Sealed { start: 0, payload: 12, ssrc: 0x5501_a0b2, index: 0xf17b })
        .expect("sealed");
    let expected = hex(
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
    );
    assert_eq!(packet, expected);
    let mut report = hex(
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef",
    );
    cipher.seal_reports(&mut report, 0, 0x4d61_7273, 0x5d4).expect("sealed");
    let expected = hex(
        "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
    );
    assert_eq!(report, expected);
}

#[test]
fn a_report_is_opened_by_the_other_end_once_and_by_nobody_else() {
    for profile in PROFILES {
        let (mut client, mut server) = ends(profile);
        for round in 0..3u8 {
            let report = [&[0x80, 201, 0, 1][..], &9u32.to_be_bytes(), &[round; 20]].concat();
            let mut sealed = vec![1, 2, 3];
            sealed.extend(&report);
            client.seal_reports(&mut sealed, 3, 9);
            let sealed = sealed.split_off(3);
            assert_ne!(sealed[8..28], report[8..28], "{profile:?}");
            assert_eq!(client.open_reports(&sealed), None, "not by who has sent it");
            for at in 0..sealed.len() {
                let mut forged = sealed.clone();
                forged[at] ^= 1;
                assert_eq!(server.open_reports(&forged), None, "{profile:?} {at}");
            }
            assert_eq!(server.open_reports(&sealed), Some(report), "{profile:?}");
            assert_eq!(server.open_reports(&sealed), None, "a second time");
        }
        for size in 0..60 {
            assert_eq!(server.open_reports(&vec![0x80; size]), None);
        }
    }
}

#[test]
fn a_packet_is_opened_by_the_other_end_and_by_nobody_else() {
    for profile in PROFILES {
        let (mut sender, _) = ends(profile);
        let opening = |client| {
            let material = (0..2 * (profile.key() + profile.salt()) as u8).collect();
            Opening::new(&Handshake { profile, material, client }).expect("keys")
        };
        let (mut other, mut same) = (opening(false), opening(true));
        // The sequence number wraps.
        for index in 65_530..65_545u64 {
            let mut packet = vec![0x80, 96, (index >> 8) as u8, index as u8, 0, 0, 0, 1, 0, 0, 0, 9];
            packet.extend([index as u8; 100]);
            let clear = packet.clone();
            sender.seal(&mut packet, Sealed { start: 0, payload: 12, ssrc: 9, index });
            assert_ne!(packet[12..112], clear[12..], "{profile:?}");
            assert_eq!(same.open(&mut packet.clone()), None, "not by who has sent it");
            for at in 0..packet.len() {
                let mut forged = packet.clone();
                forged[at] ^= 1;
                assert_eq!(other.open(&mut forged), None, "{profile:?} {at}");
            }
            assert_eq!(other.open(&mut packet), Some((index, 112)), "{profile:?}");
            assert_eq!(packet[..112], clear);
        }
        for size in 0..60 {
            assert_eq!(other.open(&mut vec![0x80; size]), None);
        }
    }
}

#[test]
fn keys_of_another_length_are_none() {
    for profile in PROFILES {
        let handshake =
            Handshake { profile, material: vec![7; 2 * profile.key() + profile.salt()], client: true };
        assert!(Srtp::new(&handshake).is_none());
    }
}
