//! Whether the server's ports can be reached: from the machine itself, and by the name that others are to use.
//!
//! It is no port scanner. Connections go to the ports that the server itself listens on, and to no others; at the machine's own addresses and, of
//! those that a name stands for, at public ones. What is told of each is whether a connection came about. One such look runs at a time.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use control::audit::Deed;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Api;
use crate::body::Json;
use crate::caller::{Caller, Origin};
use crate::dto::{AttemptView, HostView, ProbePorts, ProbeView, ProbedView};
use crate::problem::Problem;

/// Try whether the server's ports can be reached
///
/// From the machine itself, and at the addresses that `host` stands for. This sees the network from inside: what a firewall or a router between here and
/// others does it cannot know. While nobody has an account it asks for the setup token, afterwards for the permission `system:read`.
#[utoipa::path(
    post, path = "/api/v2/setup/probe-ports", tag = "setup", request_body = ProbePorts,
    responses(
        (status = 200, body = ProbeView),
        (status = 403, body = Problem),
        (status = 422, body = Problem),
        (status = 503, body = Problem, description = "Somebody else is trying"),
    )
)]
pub(in crate::v2) async fn probe_ports(
    State(api): State<Api>,
    origin: Origin,
    extensions: Extensions,
    Json(body): Json<ProbePorts>,
) -> Result<Json<ProbeView>, Problem> {
    // Whoever has an account was let in by the guard, which also writes it down.
    if extensions.get::<Caller>().is_none() {
        let known = api.accounts.is_setup_secret(body.token.as_deref().unwrap_or_default());
        let status = if known { StatusCode::OK } else { StatusCode::FORBIDDEN }.as_u16();
        let (action, from) = ("probe ports".to_owned(), Some(origin.from));
        api.record(Deed { who: None, from, action, subject: String::new(), status }).await;
        if !known {
            return Err(control::accounts::Error::WrongSetupSecret.into());
        }
    }
    let host = body.host.map(|host| checked(&host)).transpose()?;
    let _turn = api.probing.try_acquire().map_err(|_| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Problem::new(status, "busy", "Somebody else is trying the ports").retry_after(5)
    })?;
    let own: BTreeSet<IpAddr> = own_addresses();
    let found = match &host {
        Some(name) => Some(look_up(name).await),
        None => None,
    };
    let at_host = found.clone().unwrap_or_default();
    let attempts = try_all(&api, &own, &at_host).await;
    let host = host.map(|name| HostView {
        text: told(&name, &at_host, &own),
        addresses: at_host.iter().map(IpAddr::to_string).collect(),
        name,
    });
    Ok(Json(ProbeView { listeners: attempts, host }))
}

/// A name or address that can be asked for.
fn checked(host: &str) -> Result<String, Problem> {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(ip.to_canonical().to_string());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // A name of digits alone would be read as an address in one of its odder spellings.
    let numeric = host.split('.').all(|label| label.starts_with(|first: char| first.is_ascii_digit()));
    if host.len() > 253 || !host.split('.').all(label) || numeric {
        return Err(Problem::field(
            "host",
            "is neither an IP address nor a host name such as live.example.com",
        ));
    }
    Ok(host)
}

/// What `name` stands for, as far as it is found in time.
async fn look_up(name: &str) -> Vec<IpAddr> {
    if let Ok(ip) = name.parse::<IpAddr>() {
        return vec![ip];
    }
    let found = timeout(LOOK_UP, lookup_host((name, 0))).await;
    let Ok(Ok(found)) = found else { return Vec::new() };
    let found: BTreeSet<_> = found.map(|address| address.ip().to_canonical()).collect();
    found.into_iter().take(ADDRESSES).collect()
}

/// The machine's addresses, that by which it talks to itself among them.
fn own_addresses() -> BTreeSet<IpAddr> {
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    gateway::own_addresses().chain(loopback).collect()
}

/// Tries every listener at every address that it serves, all at the same time.
async fn try_all(api: &Api, own: &BTreeSet<IpAddr>, host: &[IpAddr]) -> Vec<ProbedView> {
    let mut listeners: Vec<_> = Vec::new();
    let mut attempts = JoinSet::new();
    for (place, (protocol, address)) in api.listens().iter().enumerate() {
        let (own_view, host_view) = (Vec::new(), Vec::new());
        listeners.push(ProbedView { protocol, address: address.to_string(), own: own_view, host: host_view });
        for ip in own.iter().copied().filter(|ip| serves(address.ip(), *ip)) {
            let target = SocketAddr::new(ip, address.port());
            attempts.spawn(async move { (place, false, attempt(target, true).await) });
        }
        for ip in host.iter().copied() {
            let (target, allowed) = (SocketAddr::new(ip, address.port()), own.contains(&ip) || is_public(ip));
            attempts.spawn(async move { (place, true, attempt(target, allowed).await) });
        }
    }
    while let Some(done) = attempts.join_next().await {
        let Ok((place, at_host, view)) = done else { continue };
        if let Some(listener) = listeners.get_mut(place) {
            if at_host { &mut listener.host } else { &mut listener.own }.push(view);
        }
    }
    for listener in &mut listeners {
        listener.own.sort_by(|a, b| a.address.cmp(&b.address));
        listener.host.sort_by(|a, b| a.address.cmp(&b.address));
    }
    listeners
}

/// Whether who listens on `listening` is to be had at the machine's address `ip`.
fn serves(listening: IpAddr, ip: IpAddr) -> bool {
    match listening {
        // It takes IPv4 as well.
        IpAddr::V6(any) if any.is_unspecified() => true,
        IpAddr::V4(any) if any.is_unspecified() => ip.is_ipv4(),
        one => one == ip,
    }
}

/// Connects and hangs up.
async fn attempt(target: SocketAddr, allowed: bool) -> AttemptView {
    let (outcome, text) = if allowed {
        match timeout(CONNECT, TcpStream::connect(target)).await {
            Ok(Ok(_)) => ("reachable", "Something accepts connections here."),
            Err(_) => ("timed_out", TIMED_OUT),
            Ok(Err(error)) => match error.kind() {
                io::ErrorKind::ConnectionRefused => ("refused", REFUSED),
                io::ErrorKind::TimedOut => ("timed_out", TIMED_OUT),
                _ => ("unreachable", "No network leads there from this machine."),
            },
        }
    } else {
        ("not_tried", NOT_TRIED)
    };
    AttemptView { address: target.to_string(), outcome, text: text.to_owned() }
}

/// What `found` means for the name.
fn told(name: &str, found: &[IpAddr], own: &BTreeSet<IpAddr>) -> String {
    let (here, elsewhere): (Vec<&IpAddr>, Vec<&IpAddr>) = found.iter().partition(|ip| own.contains(ip));
    if found.is_empty() {
        return format!(
            "{name} is not known, or the look-up took too long. Check that the name has an A or AAAA record."
        );
    }
    if found.iter().all(IpAddr::is_loopback) {
        return format!("{name} is this machine for itself; others reach their own machine by it.");
    }
    match (here.is_empty(), elsewhere.is_empty()) {
        (false, true) => format!("{name} leads to this machine."),
        (false, false) => {
            format!("{name} leads to this machine and to other addresses; some viewers will get those.")
        }
        (true, _) => format!(
            "{name} leads to an address that is not this machine's own. That is right behind a router, in a container or in a cloud, \
             if the ports are forwarded to here."
        ),
    }
}

/// Whether an address is one of the public network: what is not may be anybody's machine next door.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = matches!(
                (a, b, c),
                (0 | 10 | 127, ..)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 168, _)
                    | (192, 0, 0 | 2)
                    | (192, 88, 99)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
                    | (224.., ..)
            );
            !special
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // Not those in which an IPv4 address is wrapped up (6to4, Teredo), nor those for documentation.
            (first & 0xe000) == 0x2000
                && first != 0x2002
                && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                && first != 0x3fff
        }
    }
}

/// For the name to be found.
const LOOK_UP: Duration = Duration::from_secs(5);
/// For a connection to come about.
const CONNECT: Duration = Duration::from_secs(3);
/// Of those that a name stands for.
const ADDRESSES: usize = 8;
const TIMED_OUT: &str = "No answer. A firewall swallows it, or the router does not forward the port; many routers also do not lead back to \
    their own network, so try it from outside as well, with a phone for example.";
const REFUSED: &str = "The address is there, and nothing listens on that port, or a firewall turns it away. Check that the port is \
    forwarded to this machine.";
const NOT_TRIED: &str = "This is an address of a private network and not this machine's own, so it is not tried. Others reach the server by \
    it only within that network.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_names_and_addresses_are_asked_for() {
        for (host, known) in [
            (" Live.Example.com. ", "live.example.com"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("localhost", "localhost"),
            ("1and1.example", "1and1.example"),
        ] {
            assert_eq!(checked(host).unwrap(), known);
        }
        let long = format!("{}com", "abcdefghi.".repeat(26));
        for host in [
            "",
            "a..b",
            "a b",
            "http://a",
            "a/b",
            "a:80",
            "127.1",
            "2130706433",
            "0x7f.1",
            "ä.de",
            long.as_str(),
        ] {
            assert!(checked(host).is_err(), "{host}");
        }
    }

    #[test]
    fn private_networks_are_not_looked_into() {
        for ip in [
            "10.0.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2002:a00:1::1",
            "2001::1",
            "2001:db8::1",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[tokio::test]
    async fn a_port_that_listens_is_told_from_one_that_does_not() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(attempt(address, true).await.outcome, "reachable");
        assert_eq!(attempt(address, false).await.outcome, "not_tried");
        drop(listener);
        assert_eq!(attempt(address, true).await.outcome, "refused");
    }

    #[test]
    fn a_listener_is_tried_where_it_serves() {
        let serves =
            |listening: &str, ip: &str| super::serves(listening.parse().unwrap(), ip.parse().unwrap());
        assert!(serves("::", "127.0.0.1") && serves("::", "::1") && serves("0.0.0.0", "10.0.0.1"));
        assert!(
            serves("10.0.0.1", "10.0.0.1") && !serves("10.0.0.1", "127.0.0.1") && !serves("0.0.0.0", "::1")
        );
    }
}
