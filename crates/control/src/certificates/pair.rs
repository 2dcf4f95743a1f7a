//! A certificate with its key, as texts, and what is wrong with them in plain words.

use std::fmt;
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509::{names, pem};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use crate::moment::day;

/// Two PEM texts, kept as they came. `Debug` hides the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pem {
    /// The server's own certificate, then those between it and the root.
    pub chain: String,
    /// The private key of the first.
    pub key: String,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The names and addresses that it is for, in lower case.
    pub names: Vec<String>,
    /// Whose it is.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// It is valid from then on.
    pub not_before: SystemTime,
    /// The last moment at which it is valid.
    pub not_after: SystemTime,
    /// What kind of key it has: `RSA 2048`, `EC P-256`, `Ed25519`.
    pub key: String,
    /// SHA-256 of it, in hexadecimal digits.
    pub fingerprint: String,
    /// Those that follow it, in order.
    pub chain: Vec<Link>,
    /// What may trouble some clients, in sentences.
    pub doubts: Vec<String>,
}

/// A certificate between the server's own and the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose it is.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// The last moment at which it is valid.
    pub not_after: SystemTime,
}

/// Why a pair cannot be used. What is said is for people who have never made a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// More text than any certificate has.
    #[error("the {what} has {size} bytes, which is more than {MOST}: is it the right file?")]
    TooLarge {
        /// Certificate or key.
        what: &'static str,
        /// Of the text.
        size: usize,
    },
    /// None in the text.
    #[error(
        "there is no certificate in the text: it is to begin with -----BEGIN CERTIFICATE-----, as in certbot's fullchain.pem"
    )]
    NoCertificate,
    /// None in the text.
    #[error(
        "there is no private key in the text: it is to begin with -----BEGIN PRIVATE KEY----- (or RSA or EC PRIVATE KEY), as in certbot's privkey.pem"
    )]
    NoKey,
    /// The texts are in each other's place.
    #[error("the certificate and the key have been put in each other's place")]
    Swapped,
    /// It begins as PEM does, and is broken.
    #[error("the {what} is damaged, perhaps only partly copied ({reason})")]
    Damaged {
        /// Certificate or key.
        what: &'static str,
        /// In the parser's words.
        reason: String,
    },
    /// It needs a pass phrase.
    #[error(
        "the key has a pass phrase, which the server does not know; take it off: openssl pkey -in KEY -out NEW-KEY"
    )]
    PassPhrase,
    /// A kind of key, or a size, that cannot be used.
    #[error(
        "a key of this kind cannot be used ({reason}); use RSA with 2048 bits or more, EC P-256 or P-384, or Ed25519"
    )]
    KeyKind {
        /// In the library's words.
        reason: String,
    },
    /// Each is right, and they are not of each other.
    #[error(
        "the key does not belong to the certificate: each was made with another, for example at a renewal"
    )]
    Mismatch,
    /// The key is that of a later one.
    #[error(
        "the certificates are in the wrong order: the server's own, for {subject}, has to be the first, and is number {position}"
    )]
    Order {
        /// Of the one that the key belongs to.
        subject: String,
        /// From 1.
        position: usize,
    },
    /// One does not vouch for the one before.
    #[error(
        "the chain is broken at certificate {position}: {subject} was signed by {wanted}, but {found} follows; leave out what does not belong to it"
    )]
    Chain {
        /// From 1.
        position: usize,
        /// Whose the one before is.
        subject: String,
        /// Who signed that.
        wanted: String,
        /// Who follows.
        found: String,
    },
    /// One has the name of who signed the one before, and another key.
    #[error(
        "the chain is broken at certificate {position}: {subject} was not signed with the key of this certificate of {issuer}, which may have several; get the chain that belongs to it"
    )]
    Signature {
        /// From 1.
        position: usize,
        /// Whose the one before is.
        subject: String,
        /// Who is said to have signed it.
        issuer: String,
    },
    /// So many that a client would not take them.
    #[error("there are {count} certificates in the text; a chain has no more than {MOST_LINKS}")]
    TooMany {
        /// In the text.
        count: usize,
    },
    /// Nobody who checks it accepts it any more.
    #[error("the certificate of {subject} expired on {day}")]
    Expired {
        /// Whose it is.
        subject: String,
        /// In UTC.
        day: String,
    },
    /// Nobody who checks it accepts it yet.
    #[error("the certificate of {subject} is not valid before {day}; is the clock of this machine right?")]
    Early {
        /// Whose it is.
        subject: String,
        /// In UTC.
        day: String,
    },
}

impl Facts {
    /// The last day on which it is valid, in UTC: `2026-11-22`.
    pub fn last_day(&self) -> String {
        day(self.not_after)
    }
}

impl Pem {
    /// The texts without white space around them, each with one line feed at its end.
    pub fn trimmed(chain: &str, key: &str) -> Pem {
        let whole = |text: &str| format!("{}\n", text.trim());
        Pem { chain: whole(chain), key: whole(key) }
    }

    /// What the certificate says, if client and server can use the pair at all; it may have expired.
    pub fn read(&self, now: SystemTime) -> Result<Facts, Fault> {
        let (mut facts, broken) = self.look(now)?;
        // Those who know better chains of their own may still accept it.
        facts.doubts.extend(broken.map(|fault| fault.to_string()));
        Ok(facts)
    }

    /// The same, with what is wrong with its chain.
    fn look(&self, now: SystemTime) -> Result<(Facts, Option<Fault>), Fault> {
        for (what, text) in [("certificate", &self.chain), ("key", &self.key)] {
            if text.len() > MOST {
                return Err(Fault::TooLarge { what, size: text.len() });
            }
        }
        let (chain, key) = (self.certificates()?, self.private_key()?);
        if chain.len() > MOST_LINKS {
            return Err(Fault::TooMany { count: chain.len() });
        }
        let parsed: Vec<X509Certificate<'_>> = chain.iter().map(parse).collect::<Result<_, _>>()?;
        let leaf = parsed.first().ok_or(Fault::NoCertificate)?;
        belong(&chain, &parsed, key)?;
        for (position, (one, next)) in parsed.iter().zip(parsed.iter().skip(1)).enumerate() {
            if one.issuer() != next.subject() {
                return Err(Fault::Chain {
                    position: position + 2,
                    subject: shown(one.subject()),
                    wanted: shown(one.issuer()),
                    found: shown(next.subject()),
                });
            }
        }
        let links = parsed.iter().skip(1).map(|link| Link {
            subject: shown(link.subject()),
            issuer: shown(link.issuer()),
            not_after: link.validity().not_after.to_datetime().into(),
        });
        let mut facts = Facts {
            names: names(leaf),
            subject: subject(leaf),
            issuer: shown(leaf.issuer()),
            not_before: leaf.validity().not_before.to_datetime().into(),
            not_after: leaf.validity().not_after.to_datetime().into(),
            key: kind(leaf),
            fingerprint: hexadecimal(&Sha256::digest(&chain[0])),
            chain: links.collect(),
            doubts: Vec::new(),
        };
        facts.doubts = doubts(&facts, now);
        let broken = unsigned(&chain, now, &facts);
        Ok((facts, broken))
    }

    /// The same, if whoever checks the certificate may accept it at `now`.
    pub fn check(&self, now: SystemTime) -> Result<Facts, Fault> {
        let (facts, broken) = self.look(now)?;
        if let Some(fault) = broken {
            return Err(fault);
        }
        let own = [(&facts.subject, Some(facts.not_before), facts.not_after)].into_iter();
        let links = facts.chain.iter().map(|link| (&link.subject, None, link.not_after));
        for (subject, not_before, not_after) in own.chain(links) {
            if now > not_after {
                return Err(Fault::Expired { subject: subject.clone(), day: day(not_after) });
            }
            if let Some(not_before) = not_before.filter(|not_before| now < *not_before) {
                return Err(Fault::Early { subject: subject.clone(), day: day(not_before) });
            }
        }
        Ok(facts)
    }

    /// The certificate of the server itself, in DER.
    pub(super) fn leaf(&self) -> Option<CertificateDer<'static>> {
        self.certificates().ok()?.into_iter().next()
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Fault> {
        let swapped = self.chain.contains("PRIVATE KEY-----") && self.key.contains("BEGIN CERTIFICATE");
        pem::certificates(self.chain.as_bytes()).map_err(|fault| match fault {
            pem::Fault::Nothing if swapped => Fault::Swapped,
            pem::Fault::Nothing => Fault::NoCertificate,
            pem::Fault::Broken(reason) => Fault::Damaged { what: "certificate", reason },
            pem::Fault::PassPhrase => Fault::PassPhrase,
        })
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, Fault> {
        pem::private_key(self.key.as_bytes()).map_err(|fault| match fault {
            pem::Fault::PassPhrase => Fault::PassPhrase,
            pem::Fault::Nothing => Fault::NoKey,
            pem::Fault::Broken(reason) => Fault::Damaged { what: "key", reason },
        })
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pem").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Fault> {
    let (_, certificate) = X509Certificate::from_der(der)
        .map_err(|err| Fault::Damaged { what: "certificate", reason: err.to_string() })?;
    Ok(certificate)
}

/// Whether `key` is that of the first of `chain`.
fn belong(
    chain: &[CertificateDer<'static>],
    parsed: &[X509Certificate<'_>],
    key: PrivateKeyDer<'static>,
) -> Result<(), Fault> {
    let provider = aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(key);
    let signing = signing.map_err(|err| Fault::KeyKind { reason: err.to_string() })?;
    let fits = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], signing.clone()).keys_match()
    };
    let Err(err) = chain.first().map_or(Ok(()), fits) else { return Ok(()) };
    if let Some(at) = chain.iter().position(|certificate| fits(certificate).is_ok()) {
        let subject = parsed.get(at).map(subject).unwrap_or_default();
        return Err(Fault::Order { subject, position: at + 1 });
    }
    Err(match err {
        rustls::Error::InconsistentKeys(_) => Fault::Mismatch,
        err => Fault::Damaged { what: "certificate", reason: err.to_string() },
    })
}

/// The first of `chain` that has not signed the one before; what else may be wrong with them is not looked at.
fn unsigned(chain: &[CertificateDer<'static>], now: SystemTime, facts: &Facts) -> Option<Fault> {
    let leaf = EndEntityCert::try_from(chain.first()?).ok()?;
    let known = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let now = UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).ok()?);
    let position = (1..chain.len()).find(|&position| {
        // As if who believes in that one checked the leaf.
        let Ok(anchor) = anchor_from_trusted_cert(&chain[position]) else { return false };
        let (anchors, between, usage) = ([anchor], &chain[1..position], KeyUsage::server_auth());
        let path = leaf.verify_for_usage(known, &anchors, between, now, usage, None, None);
        matches!(path, Err(webpki::Error::InvalidSignatureForPublicKey))
    })?;
    let issuer = facts.chain.get(position - 1)?.subject.clone();
    let before = position.checked_sub(2).and_then(|link| facts.chain.get(link));
    let subject = before.map_or(&facts.subject, |link| &link.subject).clone();
    Some(Fault::Signature { position: position + 1, subject, issuer })
}

fn doubts(facts: &Facts, now: SystemTime) -> Vec<String> {
    let mut doubts = Vec::new();
    let left = facts.not_after.duration_since(now);
    if left.as_ref().is_ok_and(|left| *left < SOON) {
        doubts.push(format!("it expires on {}", day(facts.not_after)));
    }
    if left.is_err() {
        doubts.push(format!("it expired on {}", day(facts.not_after)));
    }
    if facts.names.is_empty() {
        doubts.push(
            "it is for no host (it has no subject alternative names): browsers do not accept it".to_owned(),
        );
    }
    let vouched = facts.issuer != facts.subject;
    if vouched && facts.chain.is_empty() {
        doubts.push(format!(
            "the certificate of {}, who has signed it, is not with it: phones and players may not accept it; \
             use the full chain, as certbot's fullchain.pem",
            facts.issuer
        ));
    }
    doubts
}

/// Whose it is: certificates of authorities that ask for no more than a name may have only that.
fn subject(certificate: &X509Certificate<'_>) -> String {
    let said = shown(certificate.subject());
    if said.is_empty() { names(certificate).into_iter().next().unwrap_or_default() } else { said }
}

fn shown(name: &X509Name<'_>) -> String {
    name.to_string()
}

fn kind(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        // Told in whole bytes, of which this curve does not use all bits.
        Ok(PublicKey::EC(point)) if point.key_size() == 528 => "EC P-521".to_owned(),
        Ok(PublicKey::EC(point)) => format!("EC P-{}", point.key_size()),
        _ if key.algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".to_owned(),
        _ => key.algorithm.algorithm.to_id_string(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of a text: chains with RSA keys have ten thousand.
const MOST: usize = 64 << 10;
/// Authorities have two or three.
const MOST_LINKS: usize = 10;
/// An operator who looks once a week has time to act.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

#[cfg(test)]
#[path = "pair_test.rs"]
mod tests;
