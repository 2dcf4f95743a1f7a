//! Candidates. Source: RFC 8839 §5.1; RFC 6544 §4.5 (TCP).

use std::net::{IpAddr, SocketAddr};

use crate::Transport;

/// A way to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    pub(crate) priority: u32,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub(crate) kind: &'static str,
    /// Over TCP: whether it waits for us to connect.
    pub(crate) passive: bool,
    /// Whose it is, where it says so.
    pub(crate) ufrag: Option<String>,
}

impl Candidate {
    /// From what follows `a=candidate:`.
    ///
    /// `None` when it cannot be used: it is broken, of RTCP, or its address is a name (as browsers hide theirs, RFC 8828).
    pub(crate) fn parse(text: &str) -> Option<Candidate> {
        let mut words = text.split_ascii_whitespace();
        let _foundation = words.next()?;
        if words.next()? != "1" {
            return None;
        }
        let transport = match words.next()? {
            name if name.eq_ignore_ascii_case("udp") => Transport::Udp,
            name if name.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            _ => return None,
        };
        let priority = words.next()?.parse().ok()?;
        let address: IpAddr = words.next()?.parse().ok()?;
        let address = SocketAddr::new(address, words.next()?.parse().ok()?);
        if words.next()? != "typ" {
            return None;
        }
        let kind = words.next()?;
        let kind = ["host", "srflx", "prflx", "relay"].into_iter().find(|known| *known == kind)?;
        let mut candidate = Candidate { transport, address, priority, kind, passive: false, ufrag: None };
        while let (Some(key), Some(value)) = (words.next(), words.next()) {
            match key {
                "tcptype" => candidate.passive = value == "passive",
                "ufrag" => candidate.ufrag = Some(value.to_owned()),
                _ => {}
            }
        }
        Some(candidate)
    }

    /// What follows `a=candidate:`, for the candidate in place `index`; over TCP a `passive` end waits to be connected to.
    pub(crate) fn write(index: usize, candidate: &crate::Candidate, passive: bool) -> String {
        let address = candidate.address;
        // RFC 8445 §5.1.2.1: host 126; UDP before TCP, and in the order given.
        let (name, preference, end) = match candidate.transport {
            Transport::Udp => ("udp", 65_535, ""),
            Transport::Tcp if passive => ("tcp", 8_191, " tcptype passive"),
            Transport::Tcp => ("tcp", 8_191, " tcptype active"),
        };
        let preference = preference - index.min(255) as u32;
        let priority = 126 << 24 | preference << 8 | 255;
        let foundation = index + 1;
        format!("{foundation} 1 {name} {priority} {} {} typ host{end}", address.ip(), address.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_candidates_are_read() {
        let text = "842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 \
                    ufrag EsAw network-cost 999";
        let candidate = Candidate::parse(text).expect("good");
        assert_eq!(candidate.address, "203.0.113.7:46154".parse().expect("address"));
        assert_eq!((candidate.kind, candidate.priority), ("srflx", 1_677_729_535));
        assert_eq!(candidate.ufrag.as_deref(), Some("EsAw"));
        let hidden = "1 1 udp 2113937151 5c3f1a4e-1f.local 46154 typ host";
        assert_eq!(Candidate::parse(hidden), None, "a name");
        assert_eq!(Candidate::parse("1 2 udp 1 203.0.113.7 9 typ host"), None, "RTCP");
        assert_eq!(Candidate::parse("1 1 udp 1 203.0.113.7 99999 typ host"), None);
        assert_eq!(Candidate::parse(""), None);
    }

    #[test]
    fn ours_are_read_again() {
        let address = "[2001:db8::1]:8000".parse().expect("address");
        let ours = crate::Candidate { transport: Transport::Tcp, address };
        let read = Candidate::parse(&Candidate::write(1, &ours, true)).expect("good");
        assert_eq!((read.transport, read.address, read.passive), (Transport::Tcp, address, true));
        let udp = crate::Candidate { transport: Transport::Udp, address };
        let udp = Candidate::parse(&Candidate::write(2, &udp, true)).expect("good");
        assert!(udp.priority > read.priority);
    }
}
