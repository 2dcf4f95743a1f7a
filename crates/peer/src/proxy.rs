//! The PROXY protocol: a header in front of a connection's bytes, in which a proxy says whose connection it is.
//!
//! Whether a header is to come is never guessed from the bytes: whoever reads has decided it from the peer. A header is read to
//! its last byte and not further:
//!
//! ```text
//! let mut bytes = Vec::new();
//! let header = loop {
//!     match proxy::read(&bytes)? {
//!         Progress::More(count) => bytes.extend(exactly(count)),
//!         Progress::Done(header) => break header,
//!     }
//! };
//! ```
//!
//! Source: "The PROXY protocol" §2.1 (version 1, text), §2.2 (version 2, binary), §2.2.5 (whether the client speaks TLS).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// Of this client.
    Client {
        /// Its address.
        address: SocketAddr,
        /// Whether it speaks TLS with the proxy; `None` when that does not say, as none of version 1 does.
        secure: Option<bool>,
    },
    /// Of the proxy itself, such as a health check, or of somebody whose address it does not know or have: the peer of the
    /// socket counts.
    Peer,
}

/// How far a header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// At least so many bytes of it are still to come, and never fewer than one.
    More(usize),
    /// There it is.
    Done(Header),
}

/// Why what came is no header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither version begins so.
    #[error("what came does not begin as a PROXY header does")]
    NoHeader,
    /// Version 1: a line without an end, or one that is not as it should be.
    #[error("a PROXY header of version 1 that is not as it should be")]
    Line,
    /// Version 2: a version, command, family or length that there is not.
    #[error("a PROXY header of version 2 that is not as it should be ({what} {value:#04x})")]
    Binary {
        /// Which of them.
        what: &'static str,
        /// Its value.
        value: u8,
    },
    /// Version 2: longer than anybody needs.
    #[error("a PROXY header of {size} bytes, limit {MAX_BODY}")]
    TooLarge {
        /// Of what follows the first 16 bytes.
        size: usize,
    },
}

/// Reads a header from `bytes`, which are its beginning and no more than it: see [`Progress::More`].
///
/// Errs as soon as it can be no header.
pub fn read(bytes: &[u8]) -> Result<Progress, Error> {
    let begins = |whole: &[u8]| bytes.iter().zip(whole).all(|(a, b)| a == b);
    if begins(SIGNATURE) && !bytes.is_empty() {
        return binary(bytes);
    }
    if begins(PREFIX) {
        return line(bytes);
    }
    Err(Error::NoHeader)
}

/// Version 1: `PROXY TCP4 1.2.3.4 5.6.7.8 1000 80\r\n`.
fn line(bytes: &[u8]) -> Result<Progress, Error> {
    if bytes.len() < SHORTEST {
        return Ok(Progress::More(SHORTEST - bytes.len()));
    }
    let Some(text) = bytes.strip_suffix(b"\r\n") else {
        // A line end of another kind is not waited behind, nor is a line that is too long.
        if bytes.contains(&b'\n') || bytes.len() >= LONGEST {
            return Err(Error::Line);
        }
        return Ok(Progress::More(1));
    };
    let text = std::str::from_utf8(text).map_err(|_| Error::Line)?;
    let mut words = text.split(' ').skip(1);
    let header = match words.next() {
        // What follows is to be passed over.
        Some("UNKNOWN") => return Ok(Progress::Done(Header::Peer)),
        Some("TCP4") => client(&mut words, |word| word.parse::<Ipv4Addr>().ok().map(IpAddr::V4)),
        Some("TCP6") => client(&mut words, |word| word.parse::<Ipv6Addr>().ok().map(IpAddr::V6)),
        _ => None,
    };
    let header = header.filter(|_| words.next().is_none()).ok_or(Error::Line)?;
    Ok(Progress::Done(header))
}

/// Source address, destination address, source port, destination port.
fn client<'a>(
    words: &mut impl Iterator<Item = &'a str>,
    address: impl Fn(&str) -> Option<IpAddr>,
) -> Option<Header> {
    let [source, _] = [address(words.next()?)?, address(words.next()?)?];
    let [port, _] = [port(words.next()?)?, port(words.next()?)?];
    Some(Header::Client { address: SocketAddr::new(source.to_canonical(), port), secure: None })
}

/// Digits only: `parse` takes a plus as well.
fn port(word: &str) -> Option<u16> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

/// Version 2.
fn binary(bytes: &[u8]) -> Result<Progress, Error> {
    let Some((head, body)) = bytes.split_at_checked(HEAD) else {
        return Ok(Progress::More(HEAD - bytes.len()));
    };
    let [version, family] = [head[12], head[13]];
    let size = usize::from(u16::from_be_bytes([head[14], head[15]]));
    let local = match version {
        0x20 => true,
        0x21 => false,
        value => return Err(Error::Binary { what: "version and command", value }),
    };
    let least = match family {
        _ if local => 0,
        0x00 => 0,
        0x11 | 0x12 => 12,
        0x21 | 0x22 => 36,
        0x31 | 0x32 => 216,
        value => return Err(Error::Binary { what: "family", value }),
    };
    if size < least {
        return Err(Error::Binary { what: "length", value: size as u8 });
    }
    if size > MAX_BODY {
        return Err(Error::TooLarge { size });
    }
    if body.len() < size {
        return Ok(Progress::More(size - body.len()));
    }
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    let address = match family {
        _ if local => return Ok(Progress::Done(Header::Peer)),
        0x11 => {
            let source: [u8; 4] = body[..4].try_into().expect("the length was looked at");
            SocketAddr::new(source.into(), port(8))
        }
        0x21 => {
            let source: [u8; 16] = body[..16].try_into().expect("the length was looked at");
            SocketAddr::new(IpAddr::from(source).to_canonical(), port(32))
        }
        // Datagrams over TCP, sockets of the machine: no address that says anything here.
        _ => return Ok(Progress::Done(Header::Peer)),
    };
    let secure = body.get(least..size).and_then(secure);
    Ok(Progress::Done(Header::Client { address, secure }))
}

/// Whether the client speaks TLS, by the first TLV of `tlvs` that says so. What runs past the end says nothing, nor does what follows it: the
/// addresses are whole, and a header was never refused for what is behind them.
fn secure(mut tlvs: &[u8]) -> Option<bool> {
    while let [kind, high, low, rest @ ..] = tlvs {
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        if *kind == TLS {
            return value.first().map(|client| client & CLIENT_TLS != 0);
        }
        tlvs = rest;
    }
    None
}

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const PREFIX: &[u8] = b"PROXY ";
/// Version 1: `PROXY UNKNOWN` with its line end.
const SHORTEST: usize = 15;
/// Version 1, with its line end (§2.1).
const LONGEST: usize = 107;
/// Version 2: up to where its length has been told.
const HEAD: usize = 16;
/// Version 2: the TLV about TLS (`PP2_TYPE_SSL`), and the bit of its first byte that says that the client speaks it (`PP2_CLIENT_SSL`).
const TLS: u8 = 0x20;
const CLIENT_TLS: u8 = 0x01;
/// Version 2: bytes after those; addresses are 36 or 216 of them, the rest is TLVs. A client's certificate would not fit, and
/// nobody here reads one.
const MAX_BODY: usize = 4096;

#[cfg(test)]
#[path = "proxy_test.rs"]
mod tests;
