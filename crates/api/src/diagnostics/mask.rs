//! Addresses of clients, made unfit to find anybody by and still fit to tell who is who.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `text` with every address in it masked: the last byte of IPv4, all but 48 bits of IPv6. Addresses of the machine to itself stay.
pub(super) fn addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out.push_str(before);
        match masked(word) {
            Some(address) => out.push_str(&address),
            None => out.push_str(word),
        }
        rest = after;
    }
    out + rest
}

fn is_part(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '[' | ']')
}

fn masked(word: &str) -> Option<String> {
    // Before it there may be a bracket, or a name and its colon, of which all but hexadecimal digits has been passed.
    let after = |(at, mark): (usize, char)| matches!(mark, '[' | ':' | '.').then_some(at + 1);
    let starts = [0].into_iter().chain(word.char_indices().filter_map(after));
    let near = starts.filter(|start| word.len() - start <= LONGEST);
    let (start, end, shown) = near.flat_map(|start| ends(word, start)).find_map(|(start, end)| {
        let shown = shown(&word[start..end])?;
        Some((start, end, shown))
    })?;
    Some([&word[..start], &shown?, &word[end..]].concat())
}

/// Where what begins at `start` may end: behind it there may be a bracket or what ends a clause.
fn ends(word: &str, start: usize) -> impl Iterator<Item = (usize, usize)> {
    let bare = word.trim_end_matches(['.', ':', ']']).len().max(start);
    (bare..=word.len()).rev().map(move |end| (start, end))
}

/// `text` masked, if it is an address; `Some(None)` if it is one that stays.
fn shown(text: &str) -> Option<Option<String>> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(mask(ip).map(|ip| ip.to_string()));
    }
    let address = text.parse::<SocketAddr>().ok()?;
    Some(mask(address.ip()).map(|ip| SocketAddr::new(ip, address.port()).to_string()))
}

fn mask(ip: IpAddr) -> Option<IpAddr> {
    if ip.is_loopback() || ip.is_unspecified() {
        return None;
    }
    Some(match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80).into(),
    })
}

/// Bytes of an address with a port and what may stand behind it.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, shown) in [
            ("peer=203.0.113.77:5000 id=7", "peer=203.0.113.0:5000 id=7"),
            ("from 203.0.113.77, then", "from 203.0.113.0, then"),
            ("\"address\":\"2001:db8:1:2::3\"", "\"address\":\"2001:db8:1::\""),
            ("[2001:db8:1:2::3]:80 and 127.0.0.1:80", "[2001:db8:1::]:80 and 127.0.0.1:80"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("at 203.0.113.77.", "at 203.0.113.0."),
            ("[203.0.113.77, 203.0.113.78]", "[203.0.113.0, 203.0.113.0]"),
            ("via [2001:db8:1:2::3] and [203.0.113.77]", "via [2001:db8:1::] and [203.0.113.0]"),
            ("[[2001:db8:1:2::3]:80, [::1]:5]", "[[2001:db8:1::]:80, [::1]:5]"),
            ("from:203.0.113.77 id:203.0.113.77:80", "from:203.0.113.0 id:203.0.113.0:80"),
            ("peer:[2001:db8:1:2::3]:80: gone", "peer:[2001:db8:1::]:80: gone"),
            ("(203.0.113.77) .203.0.113.77", "(203.0.113.0) .203.0.113.0"),
            (
                "12:34:56.789 abc. version 1.2.3 dead.beef [::1]:5",
                "12:34:56.789 abc. version 1.2.3 dead.beef [::1]:5",
            ),
        ] {
            assert_eq!(addresses(text), shown);
        }
    }
}
