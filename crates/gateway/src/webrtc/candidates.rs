//! At which addresses a client is told to find us.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc::{Candidate, Transport};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::Webrtc;
use crate::listen::own_addresses;

/// What a request says of where its client sees us.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked<'a> {
    /// `eip` or `candidate` of the query: addresses, with a port or without, separated by commas.
    pub(super) addresses: Option<Cow<'a, str>>,
    /// The host that was asked for: `X-Real-Host`, else `Host`.
    pub(super) host: Option<&'a str>,
}

/// Finds candidates; asks for names no more than so many at a time.
pub(super) struct Candidates {
    config: Webrtc,
    /// The port that clients see.
    port: u16,
    tcp: bool,
    lookups: Arc<Semaphore>,
}

impl Candidates {
    /// `port` is the one that is listened on, which a proxy or a container may have another number for.
    pub(super) fn new(config: Webrtc, port: u16, tcp: bool) -> Candidates {
        let port = config.public_port.unwrap_or(port);
        Candidates { config, port, tcp, lookups: Arc::new(Semaphore::new(LOOKUPS)) }
    }

    /// Candidates for one client, the best first: what the request says in so many words; the host that it came to; what the
    /// settings say; and the machine's own addresses, where those say nothing.
    pub(super) async fn find(&self, asked: &Asked<'_>) -> Vec<Candidate> {
        let mut found: Vec<SocketAddr> = Vec::new();
        let mut add = |address: SocketAddr| {
            if !found.contains(&address) && !address.ip().is_unspecified() && found.len() < MOST {
                found.push(address);
            }
        };
        let named: Vec<_> = asked
            .addresses
            .iter()
            .flat_map(|text| text.split(','))
            .filter_map(|text| self.address(text))
            .collect();
        let explicit = !named.is_empty();
        named.into_iter().for_each(&mut add);
        if !explicit && let Some(host) = asked.host {
            self.host(host).await.into_iter().for_each(&mut add);
        }
        for candidate in &self.config.candidates {
            match self.address(candidate) {
                Some(address) => add(address),
                None if candidate == "*" => self.own().for_each(&mut add),
                None => self.look_up(candidate).await.into_iter().for_each(&mut add),
            }
        }
        if self.config.candidates.is_empty() && !explicit {
            self.own().for_each(&mut add);
        }
        if found.is_empty() {
            found.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port));
        }
        let of = |transport| found.iter().map(move |address| Candidate { transport, address: *address });
        let tcp = self.tcp.then(|| of(Transport::Tcp));
        of(Transport::Udp).chain(tcp.into_iter().flatten()).collect()
    }

    /// An address as written, with our port where it has none.
    fn address(&self, text: &str) -> Option<SocketAddr> {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let ip = bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, self.port));
        ip.or_else(|| text.parse().ok())
    }

    /// Where `host`, with its port or without, leads to.
    async fn host(&self, host: &str) -> Option<SocketAddr> {
        let name = without_port(host);
        if let Some(address) = self.address(name) {
            return Some(address);
        }
        if name.eq_ignore_ascii_case("localhost") {
            // Who runs a container and says where it is reached means everybody, themselves too.
            let told = self.config.docker && !self.config.candidates.is_empty();
            return (!told).then(|| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port));
        }
        if !self.config.name_lookup {
            return None;
        }
        self.look_up(name).await
    }

    /// The first address of `name`. Nothing when that takes too long, or too many are asked for at once.
    async fn look_up(&self, name: &str) -> Option<SocketAddr> {
        let well_formed = name.len() <= 253
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if name.is_empty() || !well_formed {
            return None;
        }
        let turn = Arc::clone(&self.lookups).try_acquire_owned().ok()?;
        let wanted = (name.to_owned(), self.port);
        // The system goes on after we have given up: so long the turn is taken.
        let looking = tokio::spawn(async move {
            let found: Option<Vec<_>> = lookup_host(wanted).await.ok().map(Iterator::collect);
            drop(turn);
            found
        });
        let mut found = timeout(LOOKUP, looking).await.ok()?.ok()??;
        // Not every client has IPv6.
        found.sort_by_key(SocketAddr::is_ipv6);
        found.first().map(|address| SocketAddr::new(address.ip().to_canonical(), self.port))
    }

    /// The machine's addresses that are listened on: where nobody answers clients wait for seconds before they try the next.
    fn own(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        own_addresses().filter(|ip| self.is_listened_on(*ip)).map(|ip| SocketAddr::new(ip, self.port))
    }

    fn is_listened_on(&self, ip: IpAddr) -> bool {
        let all = |at: &SocketAddr| at.ip().is_unspecified() && (at.is_ipv6() || ip.is_ipv4());
        self.config.listen.is_empty() || self.config.listen.iter().any(|at| at.ip() == ip || all(at))
    }
}

/// `example.org:2022`, `[::1]:2022` without the port.
fn without_port(host: &str) -> &str {
    if let Some(end) = host.strip_prefix('[').and_then(|rest| rest.find(']')) {
        return host.get(1..end + 1).unwrap_or(host);
    }
    match host.rsplit_once(':') {
        Some((name, _)) if host.parse::<Ipv6Addr>().is_err() => name,
        _ => host,
    }
}

/// Addresses told to one client.
const MOST: usize = 8;
/// Names are looked up for so many requests at a time.
const LOOKUPS: usize = 16;
/// A name that takes longer is done without.
const LOOKUP: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(candidates: &[Candidate]) -> Vec<String> {
        let udp = candidates.iter().filter(|candidate| candidate.transport == Transport::Udp);
        udp.map(|candidate| candidate.address.to_string()).collect()
    }

    async fn find(config: Webrtc, addresses: Option<&str>, host: Option<&str>) -> Vec<String> {
        texts(
            &Candidates::new(config, 8000, true)
                .find(&Asked { addresses: addresses.map(Cow::Borrowed), host })
                .await,
        )
    }

    fn with(candidates: &[&str]) -> Webrtc {
        let candidates = candidates.iter().map(|text| (*text).to_owned()).collect();
        Webrtc { candidates, ..Webrtc::default() }
    }

    #[tokio::test]
    async fn what_the_request_says_goes_before_all_else() {
        let found = find(with(&["192.0.2.9"]), Some("1.2.3.4, 5.6.7.8:9"), Some("10.0.0.1:2022")).await;
        assert_eq!(found, ["1.2.3.4:8000", "5.6.7.8:9", "192.0.2.9:8000"]);
        let found = find(with(&["192.0.2.9"]), None, Some("10.0.0.1:2022")).await;
        assert_eq!(found, ["10.0.0.1:8000", "192.0.2.9:8000"]);
        assert_eq!(
            find(with(&["192.0.2.9"]), None, Some("[2001:db8::1]:2022")).await[0],
            "[2001:db8::1]:8000"
        );
        assert_eq!(find(with(&["192.0.2.9"]), Some("nonsense"), None).await, ["192.0.2.9:8000"]);
    }

    #[tokio::test]
    async fn there_is_always_one() {
        assert!(!find(Webrtc::default(), None, None).await.is_empty());
        assert_eq!(find(with(&["0.0.0.0"]), None, None).await, ["127.0.0.1:8000"]);
        assert_eq!(find(with(&["0.0.0.0"]), None, Some("localhost")).await, ["127.0.0.1:8000"]);
    }

    #[tokio::test]
    async fn what_is_not_listened_on_is_not_told() {
        let listening =
            |at: &str| Webrtc { listen: vec![at.parse().expect("an address")], ..Webrtc::default() };
        assert_eq!(find(listening("127.0.0.1:8000"), None, None).await, ["127.0.0.1:8000"]);
        assert!(find(listening("0.0.0.0:8000"), None, None).await.iter().all(|told| !told.starts_with('[')));
        let all = find(Webrtc::default(), None, None).await;
        assert_eq!(find(listening("[::]:8000"), None, None).await, all);
    }

    #[tokio::test]
    async fn the_port_is_that_which_is_seen_from_outside() {
        let config = Webrtc { public_port: Some(18_000), ..with(&["192.0.2.9"]) };
        let found = Candidates::new(config, 8000, true).find(&Asked::default()).await;
        let ports: Vec<_> = found.iter().map(|found| (found.transport, found.address.port())).collect();
        assert_eq!(ports, [(Transport::Udp, 18_000), (Transport::Tcp, 18_000)]);
    }

    #[tokio::test]
    async fn in_a_container_the_settings_go_before_localhost() {
        let config = Webrtc { docker: true, ..with(&["192.0.2.9"]) };
        assert_eq!(find(config.clone(), None, Some("localhost:2022")).await, ["192.0.2.9:8000"]);
        assert_eq!(find(config, None, Some("127.0.0.1")).await[0], "127.0.0.1:8000", "its port is mapped");
        let config = Webrtc { docker: true, ..Webrtc::default() };
        assert_eq!(find(config, None, Some("localhost")).await[0], "127.0.0.1:8000");
    }

    #[test]
    fn hosts_lose_their_port() {
        for (host, name) in [
            ("example.org:2022", "example.org"),
            ("example.org", "example.org"),
            ("[::1]:2022", "::1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
            ("1.2.3.4:1", "1.2.3.4"),
            ("[", "["),
            ("", ""),
        ] {
            assert_eq!(without_port(host), name, "{host}");
        }
    }
}
