#![allow(clippy::unwrap_used)]

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + 20_000 * DAY
}

/// A certificate for `names`, valid from a day before [`now`] for so long, signed by `issuer` or by itself.
fn made(names: &[&str], valid: Duration, issuer: Option<&Issuer<'static, KeyPair>>) -> Pem {
    of(&PKCS_ECDSA_P256_SHA256, names, valid, issuer)
}

fn of(
    kind: &'static SignatureAlgorithm,
    names: &[&str],
    valid: Duration,
    issuer: Option<&Issuer<'static, KeyPair>>,
) -> Pem {
    let key = KeyPair::generate_for(kind).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names.first().cloned().unwrap_or_default());
    params.not_before = (now() - DAY).into();
    params.not_after = (now() - DAY + valid).into();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    Pem { chain: certificate.unwrap().pem(), key: key.serialize_pem() }
}

/// An authority of that name, as a PEM text and as what signs.
fn authority(name: &str, issuer: Option<&Issuer<'static, KeyPair>>) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (now() - DAY).into();
    params.not_after = (now() + 1000 * DAY).into();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    (certificate.unwrap().pem(), Issuer::new(params, key))
}

#[test]
fn what_a_certificate_says_is_read() {
    let (_, root) = authority("root", None);
    let (middle, signs) = authority("middle", Some(&root));
    let mut pem = made(&["a.example", "*.B.example", "10.1.2.3", "::1"], 90 * DAY, Some(&signs));
    let alone = pem.check(now()).unwrap();
    assert!(alone.doubts[0].contains("fullchain.pem"), "{:?}", alone.doubts);
    pem.chain += &middle;
    let facts = pem.check(now()).unwrap();
    assert_eq!(facts.names, ["a.example", "*.b.example", "10.1.2.3", "::1"]);
    assert_eq!((&*facts.subject, &*facts.issuer, &*facts.key), ("CN=a.example", "CN=middle", "EC P-256"));
    assert_eq!(facts.not_after, now() + 89 * DAY);
    assert_eq!(facts.fingerprint.len(), 64);
    assert_eq!((facts.chain.len(), &*facts.chain[0].issuer), (1, "CN=root"));
    assert_eq!(facts.doubts, [""; 0]);
    assert!(!format!("{pem:?}").contains("PRIVATE"));
}

#[test]
fn a_chain_of_the_right_names_and_another_key_is_refused() {
    let (root, signs_root) = authority("root", None);
    let (middle, signs) = authority("middle", Some(&signs_root));
    let (namesake, _) = authority("middle", Some(&signs_root));
    let (other_root, _) = authority("root", None);
    let own = made(&["a.example"], 90 * DAY, Some(&signs));
    let with = |links: &[&String]| {
        let links: String = links.iter().map(|link| link.as_str()).collect();
        Pem { chain: own.chain.clone() + &links, key: own.key.clone() }.check(now())
    };
    assert!(with(&[&middle, &root]).is_ok());
    let signature = |position, subject: &str, issuer: &str| Fault::Signature {
        position,
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
    };
    assert_eq!(with(&[&namesake, &root]).unwrap_err(), signature(2, "CN=a.example", "CN=middle"));
    assert_eq!(with(&[&middle, &other_root]).unwrap_err(), signature(3, "CN=middle", "CN=root"));
    // Still said when it has expired.
    let old = Pem { chain: own.chain.clone() + &middle, key: own.key.clone() };
    assert!(matches!(old.check(now() + 2_000 * DAY), Err(Fault::Expired { .. })));
}

#[test]
fn keys_of_all_usual_kinds_are_taken() {
    for (kind, name) in [
        (&PKCS_ECDSA_P256_SHA256, "EC P-256"),
        (&PKCS_ECDSA_P384_SHA384, "EC P-384"),
        (&PKCS_ED25519, "Ed25519"),
    ] {
        assert_eq!(of(kind, &["a.example"], 90 * DAY, None).check(now()).unwrap().key, name);
    }
}

#[test]
fn what_is_wrong_is_said_in_plain_words() {
    let (one, other) = (made(&["a.example"], 90 * DAY, None), made(&["b.example"], 90 * DAY, None));
    let with = |chain: &str, key: &str| {
        Pem { chain: chain.to_owned(), key: key.to_owned() }.check(now()).unwrap_err()
    };
    assert_eq!(with(&one.chain, &other.key), Fault::Mismatch);
    assert_eq!(with(&one.key, &one.chain), Fault::Swapped);
    assert_eq!(with("nonsense", &one.key), Fault::NoCertificate);
    assert_eq!(with(&one.chain, "nonsense"), Fault::NoKey);
    let cut = &one.chain[..one.chain.len() / 2];
    assert!(matches!(with(cut, &one.key), Fault::Damaged { what: "certificate", .. }));
    let bent = one.chain.replacen("MII", "AAA", 1);
    let bent = if bent == one.chain { one.chain.replacen("MI", "AA", 1) } else { bent };
    assert!(matches!(with(&bent, &one.key), Fault::Damaged { what: "certificate", .. }));
    let bent = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(matches!(with(&one.chain, bent), Fault::KeyKind { .. }));
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(with(&one.chain, locked), Fault::PassPhrase);
    assert!(matches!(with(&"x".repeat(MOST + 1), &one.key), Fault::TooLarge { what: "certificate", .. }));
    assert!(matches!(with(&one.chain, &"x".repeat(MOST + 1)), Fault::TooLarge { what: "key", .. }));
    let many = made(&["a.example"], 90 * DAY, None).chain.repeat(MOST_LINKS + 1);
    assert!(matches!(with(&many, &one.key), Fault::TooMany { .. }));
}

#[test]
fn the_chain_has_to_be_one() {
    let (root, signs_root) = authority("root", None);
    let (middle, signs) = authority("middle", Some(&signs_root));
    let (stranger, _) = authority("stranger", None);
    let leaf = made(&["a.example"], 90 * DAY, Some(&signs));
    let check = |parts: &[&str]| Pem { chain: parts.concat(), key: leaf.key.clone() }.check(now());
    assert!(check(&[&leaf.chain, &middle, &root]).is_ok());
    let turned = check(&[&middle, &leaf.chain]).unwrap_err();
    assert_eq!(turned, Fault::Order { subject: "CN=a.example".to_owned(), position: 2 });
    let broken = check(&[&leaf.chain, &stranger]).unwrap_err();
    assert!(matches!(&broken, Fault::Chain { position: 2, .. }));
    let said = broken.to_string();
    assert!(["CN=a.example", "CN=middle", "CN=stranger"].iter().all(|name| said.contains(name)), "{said}");
}

#[test]
fn a_certificate_out_of_its_time_can_be_read_but_not_chosen() {
    let pem = made(&["a.example"], 10 * DAY, None);
    assert!(pem.check(now()).unwrap().doubts.iter().any(|doubt| doubt.contains("expires on")));
    let late = now() + 10 * DAY;
    assert!(matches!(pem.check(late).unwrap_err(), Fault::Expired { .. }));
    assert!(pem.read(late).unwrap().doubts.iter().any(|doubt| doubt.contains("expired on")));
    let early = pem.check(now() - 2 * DAY).unwrap_err();
    assert!(matches!(&early, Fault::Early { .. }) && early.to_string().contains("clock"));
}

#[test]
fn texts_are_kept_as_they_came_but_for_white_space_around_them() {
    let pem = made(&["a.example"], 90 * DAY, None);
    let around = Pem::trimmed(&format!("\n  {}\n\n", pem.chain), &pem.key);
    assert_eq!(around, Pem::trimmed(&pem.chain, &pem.key));
    assert!(around.chain.ends_with("-----END CERTIFICATE-----\n") && around.check(now()).is_ok());
}
