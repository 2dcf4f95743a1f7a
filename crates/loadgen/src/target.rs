//! Where to publish to and play from: loopback addresses only.

use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};

/// A URL of which `{n}` stands for the number of the stream.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) address: SocketAddr,
    /// Path and query, from the first slash on.
    path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Rtmp,
    Http,
    /// HTTP/1.1 within TLS; whatever certificate is shown is taken.
    Https,
    /// WebRTC, asked for by HTTP without TLS.
    Whep,
    /// FLV without any protocol around it, as `loadgen floor` writes it.
    Raw,
}

/// What viewers get from a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Rtmp,
    /// FLV in one answer.
    Flv,
    /// A path that ends in `.ts`: a transport stream in one answer.
    Ts,
    /// A path that ends in `.m3u8`: a playlist of segments.
    Segments,
    /// The same with `variant=ll` among its parameters: a playlist of parts (low-latency HLS).
    Parts,
    /// RTP, to a whole WebRTC client.
    Whep,
    /// FLV without any protocol.
    Raw,
}

impl Target {
    /// Path and query for stream `n`.
    pub(crate) fn path(&self, n: u16) -> String {
        self.path.replace("{n}", &n.to_string())
    }

    /// Where WHEP is asked for stream `n`, in the way of SRS.
    pub(crate) fn whep(&self, n: u16) -> String {
        let path = self.path(n);
        let (app, stream) = path.trim_start_matches('/').rsplit_once('/').unwrap_or(("live", &path));
        format!("/rtc/v1/whep/?app={app}&stream={stream}")
    }

    /// Whether it is within TLS.
    pub(crate) fn secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// What viewers get from it.
    pub(crate) fn form(&self) -> Form {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        match self.scheme {
            Scheme::Rtmp => Form::Rtmp,
            Scheme::Raw => Form::Raw,
            Scheme::Whep => Form::Whep,
            Scheme::Http | Scheme::Https => match path {
                path if path.ends_with(".ts") => Form::Ts,
                path if !path.ends_with(".m3u8") => Form::Flv,
                _ if query.split('&').any(|parameter| parameter == "variant=ll") => Form::Parts,
                _ => Form::Segments,
            },
        }
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(url: &str) -> anyhow::Result<Target> {
        let (scheme, rest) = url
            .split_once("://")
            .context("a URL begins with rtmp://, http://, https://, whep:// or raw://")?;
        let scheme = match scheme {
            "rtmp" => Scheme::Rtmp,
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "whep" => Scheme::Whep,
            "raw" => Scheme::Raw,
            _ => bail!("{scheme}:// is not spoken here: rtmp, http, https, whep or raw"),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address: SocketAddr = authority.parse().with_context(|| format!("{authority} is no ip:port"))?;
        ensure!(address.ip().is_loopback(), "{address} is not on this machine: only loopback is loaded");
        let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        Ok(Target { scheme, address, path })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_has_a_place_for_the_number_of_the_stream() {
        let target: Target = "rtmp://127.0.0.1:1935/live/room/s{n}?secret=a/b".parse().unwrap();
        assert_eq!(target.scheme, Scheme::Rtmp);
        assert_eq!(target.path(7), "/live/room/s7?secret=a/b");
        let target: Target = "http://[::1]:2022/live/s.m3u8?x=1".parse().unwrap();
        assert_eq!(target.path(0), "/live/s.m3u8?x=1");
    }

    #[test]
    fn a_url_says_what_comes() {
        let form = |url: &str| url.parse::<Target>().unwrap().form();
        assert_eq!(form("rtmp://127.0.0.1:1/live/s.ts"), Form::Rtmp);
        assert_eq!(form("http://127.0.0.1:1/live/s.flv?x=.ts"), Form::Flv);
        assert_eq!(form("http://127.0.0.1:1/live/s.ts?x=1"), Form::Ts);
        assert_eq!(form("http://127.0.0.1:1/live/s.m3u8?x=1"), Form::Segments);
        assert_eq!(form("http://127.0.0.1:1/live/s.m3u8?x=1&variant=ll"), Form::Parts);
        assert_eq!(form("https://127.0.0.1:1/live/s.flv"), Form::Flv);
        assert_eq!(form("whep://127.0.0.1:1/live/s"), Form::Whep);
        assert_eq!(form("raw://127.0.0.1:1/"), Form::Raw);
        let whep: Target = "whep://127.0.0.1:1/live/s{n}".parse().unwrap();
        assert_eq!(whep.whep(3), "/rtc/v1/whep/?app=live&stream=s3");
    }

    #[test]
    fn only_this_machine_is_loaded() {
        for url in ["rtmp://192.0.2.1:1935/a/b", "http://example.org/x", "udp://127.0.0.1:1/x", "nonsense"] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }
}
