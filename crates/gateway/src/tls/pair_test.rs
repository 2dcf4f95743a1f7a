#![allow(clippy::unwrap_used)]

use super::*;
use crate::tls::SelfSigned;

fn made() -> SelfSigned {
    let names = ["Live.Example", "*.live.example", "10.0.0.1", "2001:db8::1"].map(str::to_owned);
    SelfSigned::make(names, SystemTime::now()).unwrap()
}

fn parse(chain: &str, key: &str) -> Result<Pair, PairError> {
    Pair::parse(chain.as_bytes(), key.as_bytes())
}

fn wrong(chain: &str, key: &str) -> String {
    parse(chain, key).unwrap_err().to_string()
}

#[test]
fn a_pair_knows_its_names_and_its_time() {
    let made = made();
    let pair = parse(&made.certificate, &made.key).unwrap();
    assert_eq!(pair.names(), ["live.example", "*.live.example", "10.0.0.1", "2001:db8::1"]);
    let (now, day) = (SystemTime::now(), Duration::from_secs(24 * 3600));
    assert_eq!(pair.doubt(now), None);
    for (at, doubt) in [
        (now - 2 * day, "is not valid before 2"),
        (now + 720 * day, "expires on 2"),
        (now + 740 * day, "expired on 2"),
    ] {
        let said = pair.doubt(at).unwrap().to_string();
        assert!(said.starts_with(doubt), "{said}");
        assert_eq!(said.rsplit(' ').next().unwrap().len(), "2026-11-22".len(), "{said}");
    }
}

#[test]
fn a_chain_is_kept_in_order() {
    let (leaf, above) = (made(), made());
    let chain = format!("Subject: somebody\n{}\n{}", leaf.certificate, above.certificate);
    let pair = parse(&chain, &leaf.key).unwrap();
    let sent: Vec<_> = pair.signing.cert.iter().map(|der| der.to_vec()).collect();
    let der = |text: &str| certificates(text.as_bytes()).unwrap()[0].to_vec();
    assert_eq!(sent, [der(&leaf.certificate), der(&above.certificate)]);
}

#[test]
fn one_file_may_hold_both() {
    let made = made();
    for both in [made.certificate.clone() + &made.key, made.key.clone() + &made.certificate] {
        let both = both.replace('\n', "\r\n");
        assert!(parse(&both, &both).is_ok());
    }
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    assert_eq!(parse(&made().certificate, &made().key).unwrap_err(), PairError::Mismatch);
    let (leaf, above) = (made(), made());
    let upside_down = above.certificate + &leaf.certificate;
    assert_eq!(parse(&upside_down, &leaf.key).unwrap_err(), PairError::Mismatch);
}

#[test]
fn what_is_wrong_with_which_file_is_said() {
    let SelfSigned { certificate, key } = made();
    let no_certificate =
        "certificate holds no CERTIFICATE: expected a PEM file with \"-----BEGIN CERTIFICATE-----\"";
    let no_key = "key holds no PRIVATE KEY: expected a PEM file with \"-----BEGIN PRIVATE KEY-----\"";
    for text in ["", "\0\x01\x02", "hello", &key] {
        assert_eq!(wrong(text, &key), no_certificate, "{text}");
    }
    for text in ["", "\0\x01\x02", "hello", &certificate] {
        assert_eq!(wrong(&certificate, text), no_key, "{text}");
    }
    let cut = &key[..key.len() - 40];
    assert!(
        wrong(&certificate, cut).starts_with("key is no intact PEM file: "),
        "{}",
        wrong(&certificate, cut)
    );
    let cut = &certificate[..certificate.len() - 40];
    assert!(wrong(cut, &key).starts_with("certificate is no intact PEM file: "));
    let nonsense = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    assert!(wrong(nonsense, &key).starts_with("certificate holds a certificate that cannot be read: "));
    let nonsense = nonsense.replace("CERTIFICATE", "PRIVATE KEY");
    assert!(wrong(&certificate, &nonsense).starts_with("key holds a key that cannot be read: "));
    for locked in [
        key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        key.replace("PRIVATE KEY-----\n", "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
    ] {
        assert!(wrong(&certificate, &locked).contains("pass phrase"), "{}", wrong(&certificate, &locked));
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    let SelfSigned { certificate, key } = made();
    for end in 0..certificate.trim_end().len() - 1 {
        assert!(matches!(parse(&certificate[..end], &key), Err(PairError::Certificate(_))), "{end}");
    }
    for end in 0..key.trim_end().len() - 1 {
        assert!(matches!(parse(&certificate, &key[..end]), Err(PairError::Key(_))), "{end}");
    }
}

#[test]
fn the_key_is_not_shown() {
    let made = made();
    let shown = format!("{:?}", parse(&made.certificate, &made.key).unwrap());
    assert_eq!(shown, r#"Pair { names: ["live.example", "*.live.example", "10.0.0.1", "2001:db8::1"], .. }"#);
}
