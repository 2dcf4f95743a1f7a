//! Where to listen.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};

/// The addresses to listen on; none if it is off. The IPv6 address `[::]` stands for every address of both families.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Listen(Vec<SocketAddr>);

impl Listen {
    /// Reads `:2022`, `2022`, `1.2.3.4:2022`, `[::1]:2022`, several of them separated by commas, or `off`.
    pub(super) fn parse(text: &str) -> Result<Listen, String> {
        if text.trim() == "off" {
            return Ok(Listen::default());
        }
        text.split(',').map(|one| address(one.trim())).collect::<Result<_, _>>().map(Listen)
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.0
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text);
    if !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()) {
        let port = port.parse().map_err(|_| format!("{text:?}: a port is at most 65535"))?;
        return Ok((Ipv6Addr::UNSPECIFIED, port).into());
    }
    text.parse().map_err(|_| {
        format!("{text:?} is not an address to listen on; write :2022, 1.2.3.4:2022, [::1]:2022 or off (an IP address, no name)")
    })
}

/// As it is said to people: `:2022`, `1.2.3.4:2022`, `[::1]:2022`.
pub(crate) struct Shown(pub(crate) SocketAddr);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.ip() == Ipv6Addr::UNSPECIFIED { write!(f, ":{}", self.0.port()) } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn all_spellings_are_understood() {
        for (text, addresses) in [
            (":2022", &["[::]:2022"][..]),
            ("2022", &["[::]:2022"]),
            (":0", &["[::]:0"]),
            ("1.2.3.4:2022", &["1.2.3.4:2022"]),
            ("0.0.0.0:80", &["0.0.0.0:80"]),
            ("[::1]:2022", &["[::1]:2022"]),
            (":2022, 127.0.0.1:2024", &["[::]:2022", "127.0.0.1:2024"]),
            ("off", &[]),
        ] {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
            assert_eq!(Listen::parse(text).unwrap().addresses(), addresses, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", ":", "1.2.3.4", "localhost:2022", ":65536", "99999", "::1:2022x", ":2022,", "on", "1:2:3"]
        {
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }
}
