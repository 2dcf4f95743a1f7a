//! What the server says when it is ready: where to publish and where to watch.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use control::{Key, Secret};

/// The text for whoever has just started the server. `addresses` are those it listens on, by `http`, `https`, `rtmp` and `rtmps`;
/// `setup` is the secret for the first account, while there is none.
pub(crate) fn text(
    addresses: &[(&'static str, SocketAddr)],
    key: &Key,
    setup: Option<&Secret>,
    data: &Path,
) -> String {
    let host = this_host();
    let url = |name: &str, scheme: &str, usual: u16| {
        let (_, address) = addresses.iter().find(|(n, _)| *n == name)?;
        Some(format!("{scheme}://{}", authority(*address, host, usual)))
    };
    let rtmp = url("rtmp", "rtmp", 1935);
    let rtmps = url("rtmps", "rtmps", 443);
    let http = url("http", "http", 80);
    let https = url("https", "https", 443);
    let key = key.reveal();

    let mut out = format!("Sluice {} is ready.\n", env!("CARGO_PKG_VERSION"));
    if let Some(server) = rtmp.as_ref().or(rtmps.as_ref()) {
        section(&mut out, "Publish");
        line(&mut out, "OBS", "Settings > Stream, service \"Custom\"");
        for server in rtmp.iter().chain(&rtmps) {
            line(&mut out, "  Server", &format!("{server}/live"));
        }
        line(&mut out, "  Stream Key", &format!("livestream?secret={key}"));
        let output = format!("'{server}/live/livestream?secret={key}'");
        line(&mut out, "FFmpeg", &format!("ffmpeg -re -i video.mp4 -c copy -f flv {output}"));
    }
    if [&rtmp, &rtmps, &http, &https].into_iter().any(Option::is_some) {
        section(&mut out, "Watch");
    }
    if let Some(http) = http.as_ref().or(https.as_ref()) {
        line(&mut out, "HLS", &format!("{http}/live/livestream.m3u8   (phones, Safari, VLC)"));
        line(&mut out, "HTTP-FLV", &format!("{http}/live/livestream.flv    (mpegts.js, VLC)"));
    }
    if let (Some(_), Some(https)) = (&http, &https) {
        line(&mut out, "HTTPS", &format!("the same at {https}"));
    }
    if let Some(rtmp) = &rtmp {
        line(&mut out, "RTMP", &format!("{rtmp}/live/livestream   (VLC, ffplay)"));
    }
    if let Some(rtmps) = &rtmps {
        line(&mut out, "RTMPS", &format!("{rtmps}/live/livestream   (ffplay)"));
    }
    let console = http.as_ref().or(https.as_ref());
    if let (Some(http), Some(setup)) = (console, setup) {
        section(&mut out, "Set up");
        line(&mut out, "First account", &format!("{http}/mgmt/setup?token={}", setup.reveal()));
    } else if let Some(http) = console {
        section(&mut out, "Console");
        line(&mut out, "Open", &format!("{http}/mgmt"));
    }
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    section(&mut out, "Server");
    line(&mut out, "Data", &data.display().to_string());
    line(&mut out, "Settings", "sluice config reference");
    line(&mut out, "Stop", "Ctrl+C");
    out.push('\n');
    out
}

fn section(out: &mut String, title: &str) {
    write!(out, "\n  {title}\n").expect("writing to a string does not fail");
}

fn line(out: &mut String, what: &str, value: &str) {
    writeln!(out, "    {what:<13} {value}").expect("writing to a string does not fail");
}

/// Host and port for a URL: the port is left out where it is the `usual` one of the scheme.
fn authority(listening: SocketAddr, host: IpAddr, usual: u16) -> String {
    let ip = if listening.ip().is_unspecified() { host } else { listening.ip() };
    match (SocketAddr::new(ip, listening.port()), ip) {
        (address, _) if address.port() != usual => address.to_string(),
        (_, IpAddr::V4(ip)) => ip.to_string(),
        (_, IpAddr::V6(ip)) => format!("[{ip}]"),
    }
}

/// The address by which others most likely reach this machine or, without a way out, the machine's address for itself.
fn this_host() -> IpAddr {
    gateway::own_addresses().next().unwrap_or(Ipv4Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn addresses_can_be_used_as_they_are_printed() {
        let host: IpAddr = "10.1.2.3".parse().unwrap();
        for (listening, usual, shown) in [
            ("[::]:1935", 1935, "10.1.2.3"),
            ("0.0.0.0:2022", 80, "10.1.2.3:2022"),
            ("127.0.0.1:1935", 1935, "127.0.0.1"),
            ("[::1]:1935", 1935, "[::1]"),
            ("[::1]:1936", 1935, "[::1]:1936"),
        ] {
            assert_eq!(authority(listening.parse().unwrap(), host, usual), shown, "{listening}");
        }
        assert!(!this_host().is_unspecified());
    }

    #[test]
    fn only_what_runs_is_announced() {
        let key = Key::new("the-publish-key").unwrap();
        let http = ("http", "127.0.0.1:80".parse().unwrap());
        let text = text(&[http], &key, None, Path::new("data"));
        assert!(text.contains(" http://127.0.0.1/live/livestream.m3u8 "), "{text}");
        assert!(!text.contains("rtmp") && !text.contains("the-publish-key"), "{text}");
        assert!(text.contains(" http://127.0.0.1/mgmt\n") && !text.contains("First account"), "{text}");
    }

    #[test]
    fn https_is_announced_beside_http_and_instead() {
        let key = Key::new("the-publish-key").unwrap();
        let http = ("http", "127.0.0.1:2022".parse().unwrap());
        let https = ("https", "127.0.0.1:2443".parse().unwrap());
        let both = text(&[http, https], &key, None, Path::new("data"));
        assert!(both.contains("the same at https://127.0.0.1:2443\n"), "{both}");
        assert!(both.contains(" http://127.0.0.1:2022/mgmt\n"), "{both}");
        let alone = text(&[https], &key, None, Path::new("data"));
        assert!(alone.contains(" https://127.0.0.1:2443/mgmt\n") && !alone.contains("the same"), "{alone}");
        assert!(alone.contains(" https://127.0.0.1:2443/live/livestream.m3u8 "), "{alone}");
    }

    #[test]
    fn the_first_account_is_made_at_an_address() {
        let (key, setup) = (Key::new("the-publish-key").unwrap(), Secret::generate().unwrap());
        let http = ("http", "127.0.0.1:2022".parse().unwrap());
        let text = text(&[http], &key, Some(&setup), Path::new("data"));
        let address = format!(" http://127.0.0.1:2022/mgmt/setup?token={}\n", setup.reveal());
        assert!(text.contains(&address), "{text}");
    }
}
