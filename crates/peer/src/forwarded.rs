//! What proxies say of an HTTP request in its headers.
//!
//! Each proxy adds the address that it was asked from to the end of a list. So the list is read from its end, and as long as
//! the address there is a proxy's that is trusted, the one before it is believed; whatever stands before the first other
//! address was written by somebody unknown.

use std::net::{IpAddr, SocketAddr};

use crate::Trusted;

/// The headers that matter, each with its values in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    /// `X-Forwarded-For`.
    pub x_forwarded_for: Vec<&'a str>,
    /// `Forwarded` (RFC 7239).
    pub forwarded: Vec<&'a str>,
    /// `X-Real-IP`.
    pub x_real_ip: Option<&'a str>,
    /// `X-Forwarded-Proto`.
    pub x_forwarded_proto: Vec<&'a str>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address; the port is 0 where a proxy has not told it.
    pub address: SocketAddr,
    /// Whether TLS is spoken with the proxy before us; `None` when it does not say.
    pub secure: Option<bool>,
}

/// Who asks on a connection from `peer`.
///
/// `X-Forwarded-For` goes first, then `Forwarded`, then `X-Real-IP`: a proxy that writes one of them often passes on the others
/// as they came. Where an entry is no address (`unknown`, `_hidden`, garbage) what is left of it is not believed either, and the
/// last one that was understood counts.
pub fn client(peer: SocketAddr, trusted: &Trusted, headers: &Headers<'_>) -> Client {
    if !trusted.contains(peer.ip()) {
        return Client { address: peer, secure: None };
    }
    let secure = headers
        .x_forwarded_proto
        .last()
        .and_then(|last| scheme(last))
        .or_else(|| forwarded_proto(&headers.forwarded));
    let address = if !headers.x_forwarded_for.is_empty() {
        walk(peer, trusted, entries(&headers.x_forwarded_for, ',').map(address))
    } else if !headers.forwarded.is_empty() {
        walk(
            peer,
            trusted,
            entries(&headers.forwarded, ',').map(|entry| parameter(entry, "for").and_then(address)),
        )
    } else {
        headers.x_real_ip.and_then(address).unwrap_or(peer)
    };
    Client { address, secure }
}

/// Goes from the end of the list to its beginning, at most [`MOST`] proxies far.
fn walk(
    peer: SocketAddr,
    trusted: &Trusted,
    entries: impl DoubleEndedIterator<Item = Option<SocketAddr>>,
) -> SocketAddr {
    let mut client = peer;
    for entry in entries.rev().take(MOST) {
        let Some(address) = entry else { break };
        client = address;
        if !trusted.contains(address.ip()) {
            break;
        }
    }
    client
}

/// The entries of all values, which together are one list. Empty ones do not count.
fn entries<'a>(values: &'a [&'a str], separator: char) -> impl DoubleEndedIterator<Item = &'a str> {
    let entries = values.iter().flat_map(move |value| value.split(separator));
    entries.map(str::trim).filter(|entry| !entry.is_empty())
}

/// `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]`, `[::1]:80`, with or without quotes.
fn address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0));
    let address = ip.or_else(|_| text.parse::<SocketAddr>()).ok()?;
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

/// The value of `name` in one element of `Forwarded`: `for=1.2.3.4;proto=https`.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Of the last element, which the proxy before us has written.
fn forwarded_proto(values: &[&str]) -> Option<bool> {
    scheme(parameter(entries(values, ',').next_back()?, "proto")?)
}

/// The last word, which the proxy before us has written: some add theirs to what came.
fn scheme(text: &str) -> Option<bool> {
    let word = text.rsplit(',').next()?.trim().trim_matches('"');
    if word.eq_ignore_ascii_case("https") || word.eq_ignore_ascii_case("wss") {
        return Some(true);
    }
    (word.eq_ignore_ascii_case("http") || word.eq_ignore_ascii_case("ws")).then_some(false)
}

/// Proxies in a row. No chain that anybody means is longer.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1:4000";

    fn of(peer: &str, headers: &Headers<'_>) -> String {
        let trusted = Trusted::parse("10.0.0.0/8,fd00::/8").unwrap();
        let client = client(peer.parse().unwrap(), &trusted, headers);
        client.address.to_string()
    }

    fn by_list(peer: &str, values: &[&str]) -> String {
        of(peer, &Headers { x_forwarded_for: values.to_vec(), ..Headers::default() })
    }

    #[test]
    fn nobody_else_is_believed() {
        let all = Headers {
            x_forwarded_for: vec!["1.1.1.1"],
            forwarded: vec!["for=2.2.2.2;proto=https"],
            x_real_ip: Some("3.3.3.3"),
            x_forwarded_proto: vec!["https"],
        };
        assert_eq!(of("127.0.0.1:9", &all), "127.0.0.1:9", "also not the machine itself");
        let stranger = client("127.0.0.1:9".parse().unwrap(), &Trusted::default(), &all);
        assert_eq!(stranger.secure, None);
        assert_eq!(of(PROXY, &all), "1.1.1.1:0");
    }

    #[test]
    fn the_list_is_walked_from_its_end_through_proxies_that_are_trusted() {
        assert_eq!(
            by_list(PROXY, &["7.7.7.7, 1.1.1.1"]),
            "1.1.1.1:0",
            "what the client has written counts nothing"
        );
        assert_eq!(by_list(PROXY, &["7.7.7.7, 1.1.1.1, 10.2.3.4"]), "1.1.1.1:0");
        assert_eq!(
            by_list(PROXY, &["7.7.7.7", "1.1.1.1,10.2.3.4", " , 10.9.9.9 "]),
            "1.1.1.1:0",
            "lines are one list"
        );
        assert_eq!(by_list(PROXY, &["10.3.3.3, 10.2.3.4"]), "10.3.3.3:0", "a client within the network");
        assert_eq!(by_list(PROXY, &[""]), PROXY);
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        assert_eq!(by_list(PROXY, &["1.1.1.1, unknown"]), PROXY);
        assert_eq!(by_list(PROXY, &["1.1.1.1, <script>, 10.2.3.4"]), "10.2.3.4:0");
        assert_eq!(by_list(PROXY, &["1.1.1.1, 300.1.1.1"]), PROXY);
    }

    #[test]
    fn addresses_have_ports_brackets_and_mapped_forms() {
        for (text, client) in [
            ("1.1.1.1:5000", "1.1.1.1:5000"),
            ("2001:db8::1", "[2001:db8::1]:0"),
            ("[2001:db8::1]", "[2001:db8::1]:0"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
            ("\"[2001:db8::1]:80\"", "[2001:db8::1]:80"),
            ("::ffff:1.1.1.1", "1.1.1.1:0"),
            ("1.1.1.1, ::ffff:10.0.0.9", "1.1.1.1:0"),
        ] {
            assert_eq!(by_list(PROXY, &[text]), client, "{text}");
        }
    }

    #[test]
    fn forwarded_is_understood_and_goes_after_the_older_list() {
        let forwarded =
            |values: &[&str]| of(PROXY, &Headers { forwarded: values.to_vec(), ..Headers::default() });
        assert_eq!(
            forwarded(&["for=7.7.7.7, For=\"[2001:db8::1]:47\";proto=https;by=10.0.0.1"]),
            "[2001:db8::1]:47"
        );
        assert_eq!(forwarded(&["for=1.1.1.1;proto=https, for=10.0.0.3"]), "1.1.1.1:0");
        assert_eq!(forwarded(&["for=1.1.1.1, for=_hidden"]), PROXY);
        assert_eq!(forwarded(&["by=10.0.0.1"]), PROXY);
    }

    #[test]
    fn a_single_address_counts_where_there_is_no_list() {
        let real = Headers { x_real_ip: Some("1.1.1.1"), ..Headers::default() };
        assert_eq!(of(PROXY, &real), "1.1.1.1:0");
        assert_eq!(of(PROXY, &Headers { x_real_ip: Some("nobody"), ..Headers::default() }), PROXY);
    }

    #[test]
    fn the_scheme_is_the_clients() {
        let trusted = Trusted::parse("10.0.0.0/8").unwrap();
        let secure = |proto: &[&'static str], forwarded: &[&'static str]| {
            let (x_forwarded_proto, forwarded) = (proto.to_vec(), forwarded.to_vec());
            let headers = Headers { x_forwarded_proto, forwarded, ..Headers::default() };
            client(PROXY.parse().unwrap(), &trusted, &headers).secure
        };
        assert_eq!(secure(&["HTTPS"], &[]), Some(true));
        assert_eq!(secure(&["https, http"], &[]), Some(false), "what a client has written counts nothing");
        assert_eq!(secure(&["https", "http"], &[]), Some(false));
        assert_eq!(secure(&["http"], &["for=1.1.1.1;proto=https"]), Some(false));
        assert_eq!(secure(&[], &["for=1.1.1.1;proto=https, for=2.2.2.2;proto=http"]), Some(false));
        assert_eq!(secure(&["gopher"], &[]), None);
    }

    proptest! {
        #[test]
        fn a_client_cannot_choose_its_address(written in ".{0,200}", real in any::<[u8; 4]>()) {
            prop_assume!(real[0] != 10);
            let real = IpAddr::from(real).to_string();
            let list = format!("{written}, {real}");
            prop_assert_eq!(by_list(PROXY, &[&list]), format!("{real}:0"));
        }
    }
}
