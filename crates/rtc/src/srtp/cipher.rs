//! One key of one direction.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, Algorithm, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::Sealed;

/// What was negotiated (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// AES in counter mode with HMAC-SHA1, 80 bits of which are sent.
    Counter,
    Gcm128,
    Gcm256,
}

impl Profile {
    /// Bytes of a key.
    pub(super) fn key(self) -> usize {
        match self {
            Profile::Counter | Profile::Gcm128 => 16,
            Profile::Gcm256 => 32,
        }
    }

    /// Bytes of a salt.
    pub(super) fn salt(self) -> usize {
        match self {
            Profile::Counter => 14,
            Profile::Gcm128 | Profile::Gcm256 => 12,
        }
    }
}

/// One session key, of RTP or of RTCP.
pub(super) enum Cipher {
    Counter { key: Box<EncryptingKey>, salt: [u8; 14], signing: Box<hmac::Key> },
    Gcm { key: LessSafeKey, salt: [u8; 12] },
}

impl Cipher {
    pub(super) fn of_media(profile: Profile, master: &[u8], salt: &[u8]) -> Option<Cipher> {
        Cipher::derive(profile, master, salt, 0)
    }

    pub(super) fn of_reports(profile: Profile, master: &[u8], salt: &[u8]) -> Option<Cipher> {
        Cipher::derive(profile, master, salt, 3)
    }

    /// The keys with the labels from `label` on: key, signature, salt (RFC 3711 §4.3.2).
    fn derive(profile: Profile, master: &[u8], salt: &[u8], label: u8) -> Option<Cipher> {
        let generator = generator(master)?;
        let derive = |label, out: &mut [u8]| derive(&generator, salt, label, out);
        let (mut key, mut signing) = ([0; 32], [0; 20]);
        let key = key.get_mut(..profile.key())?;
        derive(label, key)?;
        match profile {
            Profile::Counter => {
                let mut salt = [0; 14];
                derive(label + 1, &mut signing)?;
                derive(label + 2, &mut salt)?;
                let signing = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &signing);
                let key = Box::new(generator_of(&AES_128, key)?);
                Some(Cipher::Counter { key, salt, signing: Box::new(signing) })
            }
            Profile::Gcm128 | Profile::Gcm256 => {
                let mut salt = [0; 12];
                derive(label + 2, &mut salt)?;
                let algorithm = if profile == Profile::Gcm128 { &AES_128_GCM } else { &AES_256_GCM };
                let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
                Some(Cipher::Gcm { key, salt })
            }
        }
    }

    /// See [`super::Srtp::seal`].
    pub(super) fn seal_media(&self, out: &mut Vec<u8>, packet: Sealed) -> Option<()> {
        let Sealed { start, payload, ssrc, index } = packet;
        match self {
            Cipher::Counter { key, salt, signing } => {
                count(key, counter(salt, ssrc, index), out.get_mut(payload..)?)?;
                let mut signed = hmac::Context::with_key(signing);
                signed.update(out.get(start..)?);
                // How often the sequence number has wrapped is signed, and not sent.
                signed.update(&((index >> 16) as u32).to_be_bytes());
                out.extend(signed.sign().as_ref().iter().take(SIGNATURE));
            }
            Cipher::Gcm { key, salt } => {
                let (head, text) = out.split_at_mut_checked(payload)?;
                let nonce = Nonce::assume_unique_for_key(nonce(salt, ssrc, index));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(head.get(start..)?), text).ok()?;
                out.extend(tag.as_ref());
            }
        }
        Some(())
    }

    /// Decrypts `packet` in place; the result is its length without its signature.
    pub(super) fn open_media(&self, packet: &mut [u8], sealed: Sealed) -> Option<usize> {
        let Sealed { payload, ssrc, index, .. } = sealed;
        match self {
            Cipher::Counter { key, salt, signing } => {
                let length = packet.len().checked_sub(SIGNATURE)?;
                let (signed, signature) = packet.split_at_mut_checked(length)?;
                let mut expected = hmac::Context::with_key(signing);
                expected.update(signed);
                expected.update(&((index >> 16) as u32).to_be_bytes());
                is_signed(expected.sign().as_ref(), signature)?;
                count(key, counter(salt, ssrc, index), signed.get_mut(payload..)?)?;
                Some(length)
            }
            Cipher::Gcm { key, salt } => {
                let (head, text) = packet.split_at_mut_checked(payload)?;
                let nonce = Nonce::assume_unique_for_key(nonce(salt, ssrc, index));
                let opened = key.open_in_place(nonce, Aad::from(&*head), text).ok()?;
                Some(payload + opened.len())
            }
        }
    }

    /// See [`super::Srtp::seal_reports`].
    pub(super) fn seal_reports(&self, out: &mut Vec<u8>, start: usize, ssrc: u32, index: u32) -> Option<()> {
        let marked = (index | ENCRYPTED).to_be_bytes();
        match self {
            Cipher::Counter { key, salt, signing } => {
                count(key, counter(salt, ssrc, index.into()), out.get_mut(start + HEAD..)?)?;
                out.extend(marked);
                let signature = hmac::sign(signing, out.get(start..)?);
                out.extend(signature.as_ref().iter().take(SIGNATURE));
            }
            Cipher::Gcm { key, salt } => {
                let (head, text) = out.split_at_mut_checked(start + HEAD)?;
                let signed = [head.get(start..)?, &marked].concat();
                let nonce = Nonce::assume_unique_for_key(nonce(salt, ssrc, index.into()));
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&signed), text).ok()?;
                out.extend(tag.as_ref());
                out.extend(marked);
            }
        }
        Some(())
    }

    /// The reports in `datagram`, and their index. Those that are signed but not encrypted are none: nobody has agreed to that.
    pub(super) fn open_reports(&self, datagram: &[u8], ssrc: u32) -> Option<(u32, Vec<u8>)> {
        let (before, marked) = match self {
            Cipher::Counter { signing, .. } => {
                let (signed, signature) =
                    datagram.split_at_checked(datagram.len().checked_sub(SIGNATURE)?)?;
                is_signed(hmac::sign(signing, signed).as_ref(), signature)?;
                signed.split_last_chunk::<4>()?
            }
            Cipher::Gcm { .. } => datagram.split_last_chunk::<4>()?,
        };
        let word = u32::from_be_bytes(*marked);
        let index = word & !ENCRYPTED;
        let (head, text) = before.split_at_checked(HEAD).filter(|_| word & ENCRYPTED != 0)?;
        let mut out = before.to_vec();
        match self {
            Cipher::Counter { key, salt, .. } => {
                count(key, counter(salt, ssrc, index.into()), out.get_mut(HEAD..)?)?;
            }
            Cipher::Gcm { key, salt } => {
                let nonce = Nonce::assume_unique_for_key(nonce(salt, ssrc, index.into()));
                let signed = [head, marked].concat();
                key.open_in_place(nonce, Aad::from(&signed), out.get_mut(HEAD..)?).ok()?;
                out.truncate(HEAD + text.len().checked_sub(TAG)?);
            }
        }
        Some((index, out))
    }
}

/// Whether `signature` is the beginning of `expected`: ten of twenty bytes, so not by `hmac::verify`.
fn is_signed(expected: &[u8], signature: &[u8]) -> Option<()> {
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.get(..SIGNATURE)?, signature).ok()
}

/// AES as a generator of keys.
fn generator(master: &[u8]) -> Option<EncryptingKey> {
    generator_of(if master.len() == 32 { &AES_256 } else { &AES_128 }, master)
}

fn generator_of(algorithm: &'static Algorithm, key: &[u8]) -> Option<EncryptingKey> {
    EncryptingKey::ctr(UnboundCipherKey::new(algorithm, key).ok()?).ok()
}

/// The key with `label` (RFC 3711 §4.3.1, §4.3.3; RFC 6188 §3 for 256 bits).
fn derive(generator: &EncryptingKey, salt: &[u8], label: u8, out: &mut [u8]) -> Option<()> {
    let mut counter = [0; 16];
    counter.get_mut(..salt.len())?.copy_from_slice(salt);
    counter[7] ^= label;
    count(generator, counter, out)
}

/// Encrypts or decrypts `text` in counter mode.
fn count(key: &EncryptingKey, counter: [u8; 16], text: &mut [u8]) -> Option<()> {
    let context = EncryptionContext::Iv128(FixedLength::from(counter));
    key.less_safe_encrypt(text, context).ok().map(|_| ())
}

/// RFC 3711 §4.1.1. `index` has 48 bits.
fn counter(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let value = u128::from(ssrc) << 64 | u128::from(index) << 16;
    let salt = salt.iter().fold(0, |salt, byte| salt << 8 | u128::from(*byte)) << 16;
    (value ^ salt).to_be_bytes()
}

/// RFC 7714 §8.1 and §9.1, which differ in nothing but the length of `index`.
fn nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    let value = u128::from(ssrc) << 48 | u128::from(index);
    let mut out = *salt;
    let bytes = value.to_be_bytes();
    out.iter_mut().zip(bytes.iter().skip(4)).for_each(|(out, byte)| *out ^= byte);
    out
}

/// The part of a compound of reports that is not encrypted: up to the first SSRC.
const HEAD: usize = 8;
/// The bit before the index of reports.
const ENCRYPTED: u32 = 0x8000_0000;
/// Bytes of HMAC-SHA1 that are sent.
const SIGNATURE: usize = 10;
/// Of AES-GCM.
const TAG: usize = 16;
