//! Certificates and keys in PEM text. Whatever else stands in the text is passed over.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a text has not what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing of the kind is in it.
    #[error("nothing of the kind")]
    Nothing,
    /// It begins as PEM does, and is broken; in the parser's words.
    #[error("no intact PEM: {0}")]
    Broken(String),
    /// The key needs a pass phrase.
    #[error("a key with a pass phrase")]
    PassPhrase,
}

/// All certificates in `text`, in order; at least one.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let all = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|err| Fault::Broken(err.to_string()))?;
    if all.is_empty() { Err(Fault::Nothing) } else { Ok(all) }
}

/// The first private key in `text`: PKCS #8 (`PRIVATE KEY`), PKCS #1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
pub fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Fault> {
    let has = |mark: &str| text.windows(mark.len()).any(|window| window == mark.as_bytes());
    if ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"].into_iter().any(has) {
        return Err(Fault::PassPhrase);
    }
    match PrivateKeyDer::pem_slice_iter(text).next() {
        Some(Ok(key)) => Ok(key),
        Some(Err(err)) => Err(Fault::Broken(err.to_string())),
        None => Err(Fault::Nothing),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn either_is_found_among_the_other_and_among_words() {
        let (certificate, key) = made();
        let both =
            format!("Subject: somebody\n{key}\n{certificate}more\n{certificate}").replace('\n', "\r\n");
        assert_eq!(certificates(both.as_bytes()).unwrap().len(), 2);
        assert!(matches!(private_key(both.as_bytes()).unwrap(), PrivateKeyDer::Pkcs8(_)));
        assert_eq!(certificates(key.as_bytes()).unwrap_err(), Fault::Nothing);
        assert_eq!(private_key(certificate.as_bytes()).unwrap_err(), Fault::Nothing);
    }

    #[test]
    fn keys_of_older_forms_are_told_by_their_words() {
        let (_, key) = made();
        let named = |words: &str| private_key(key.replace("PRIVATE KEY", words).as_bytes()).unwrap();
        assert!(matches!(named("RSA PRIVATE KEY"), PrivateKeyDer::Pkcs1(_)));
        assert!(matches!(named("EC PRIVATE KEY"), PrivateKeyDer::Sec1(_)));
    }

    #[test]
    fn what_is_cut_or_locked_is_no_key() {
        let (certificate, key) = made();
        for text in [&certificate, &key] {
            for end in 0..text.trim_end().len() - 1 {
                let cut = &text.as_bytes()[..end];
                assert!(certificates(cut).is_err() && private_key(cut).is_err(), "{end}");
            }
        }
        for (words, instead) in [
            ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            ("PRIVATE KEY-----\n", "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
        ] {
            let locked = key.replace(words, instead);
            assert_eq!(private_key(locked.as_bytes()).unwrap_err(), Fault::PassPhrase, "{instead}");
        }
    }
}
