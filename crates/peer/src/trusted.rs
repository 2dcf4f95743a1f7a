//! Whose word about addresses is believed.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks of proxies. Empty by default: then nobody's word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted(Vec<IpNet>);

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8 or fd00::/8")]
pub struct BadNetwork(pub String);

impl Trusted {
    /// Reads addresses and networks, separated by commas or spaces: `127.0.0.1, 172.16.0.0/12 ::1`. Bits after the prefix do not count.
    pub fn parse(text: &str) -> Result<Trusted, BadNetwork> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        words.map(network).collect::<Result<_, _>>().map(Trusted)
    }

    /// Whether `address` is one of them. `::ffff:10.0.0.1` is 10.0.0.1.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn network(word: &str) -> Result<IpNet, BadNetwork> {
    let bad = || BadNetwork(word.to_owned());
    if word.contains('/') {
        return word.parse::<IpNet>().map(|network| canonical(network.trunc())).map_err(|_| bad());
    }
    word.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).map_err(|_| bad())
}

/// `::ffff:10.0.0.0/104` is 10.0.0.0/8, as addresses are.
fn canonical(network: IpNet) -> IpNet {
    let bits = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), bits) {
        (address @ IpAddr::V4(_), Some(bits)) if network.addr().is_ipv6() => {
            IpNet::new(address, bits).unwrap_or(network)
        }
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn networks_and_addresses_of_both_families_are_known() {
        let trusted =
            Trusted::parse("127.0.0.1, 172.18.5.9/12 ::1,fd00::/8,::ffff:9.9.9.9,::ffff:10.0.0.0/104")
                .unwrap();
        let known = |text: &str| trusted.contains(text.parse().unwrap());
        for text in [
            "127.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "::1",
            "fd12::3",
            "::ffff:127.0.0.1",
            "9.9.9.9",
            "10.1.2.3",
        ] {
            assert!(known(text), "{text}");
        }
        for text in ["127.0.0.2", "172.32.0.1", "::2", "fe80::1", "::ffff:127.0.0.2"] {
            assert!(!known(text), "{text}");
        }
        assert!(
            !Trusted::default().contains("127.0.0.1".parse().unwrap()),
            "nothing is granted for being loopback"
        );
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["nginx", "10.0.0.0/33", "10.0.0", "1.2.3.4:80", "/8"] {
            assert_eq!(Trusted::parse(&format!("127.0.0.1,{text}")), Err(BadNetwork(text.to_owned())));
        }
    }
}
