//! The table of settings.

use std::sync::Arc;

use control::Key;
use control::certificates::acme::LETS_ENCRYPT;
use control::otlp::{Endpoint, Headers};
use gateway::config::{HlsMode, HlsVariant, IceServer};
use hub::config::JoinAt;
use jobs::tencent::Places;
use media::Delta;

use super::parse::{self, choice, duration};
use super::{Config, Listen, LogFormat, Media};

/// One setting: its names are derived from one, so file, environment and flag cannot disagree.
pub(crate) struct Setting {
    /// Its place in the file: `http.listen` is `listen` in `[http]`.
    pub(crate) name: &'static str,
    /// What a value looks like, in one word for the help.
    pub(crate) form: &'static str,
    /// The TOML types that a value may have beside text.
    pub(crate) takes: Takes,
    /// As text; empty for none.
    pub(crate) default: &'static str,
    /// What it does, in sentences; the first one stands alone in the help.
    pub(crate) about: &'static str,
    set: Set,
}

/// Which TOML types a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Text,
    /// Text or a whole number.
    Number,
    /// Text, a whole number, or one with a fraction.
    Fraction,
    /// Text, a whole number, or a list of those.
    List,
}

/// How a value gets to its place. The error says what is wrong with it and what would be right.
enum Set {
    /// The place of the file itself, which is read before all others; it cannot be in the file.
    File,
    Process(fn(&mut Config, &str) -> Result<(), String>),
    /// One that an app may have its own value of.
    Media(fn(&mut Media, &str) -> Result<(), String>),
}

/// The prefix of all variables.
pub(super) const ENV_PREFIX: &str = "SLUICE_";
/// The table of the settings that apps may have their own values of.
pub(super) const MEDIA: &str = "media.";
/// Settings that later versions will have: known, so that nobody is told that they mean another one.
pub(super) const LATER: [&str; 1] = ["srt.listen"];

impl Setting {
    /// The name of its variable: `SLUICE_HTTP_LISTEN`.
    pub(crate) fn env(&self) -> String {
        env_name(self.name)
    }

    /// The name of its flag, without dashes: `http-listen`.
    pub(crate) fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// Its key in the table of an app, if it may be there.
    pub(crate) fn app_key(&self) -> Option<&'static str> {
        matches!(self.set, Set::Media(_)).then(|| self.name.strip_prefix(MEDIA))?
    }

    /// Whether it may be in the file.
    pub(crate) fn in_file(&self) -> bool {
        !matches!(self.set, Set::File)
    }

    /// Whether its value must not be shown.
    pub(crate) fn secret(&self) -> bool {
        matches!(self.name, "publish.key" | "webrtc.ice_servers" | "otlp.headers")
    }

    pub(super) fn set(&self, config: &mut Config, text: &str) -> Result<(), String> {
        match self.set {
            Set::File => Ok(()),
            Set::Process(set) => set(config, text),
            Set::Media(set) => set(&mut config.media, text),
        }
    }

    pub(super) fn set_media(&self, media: &mut Media, text: &str) -> Result<(), String> {
        match self.set {
            Set::Media(set) => set(media, text),
            Set::File | Set::Process(_) => Err("cannot be set for an app".to_owned()),
        }
    }
}

/// `stun:host`, `turn:name:password@host`, …
fn ice_servers(text: &str) -> Result<Vec<IceServer>, String> {
    let server = |url: &str| {
        let (scheme, rest) = url.split_once(':').unwrap_or(("", ""));
        let (credentials, host) = match rest.rsplit_once('@') {
            Some((credentials, host)) => (credentials.split_once(':'), host),
            None => (None, rest),
        };
        let turn = matches!(scheme, "turn" | "turns");
        let well_formed = (turn || matches!(scheme, "stun" | "stuns"))
            && !host.is_empty()
            && url.chars().all(|c| c.is_ascii_graphic());
        if !well_formed || turn != credentials.is_some() {
            // What is wrong may be a password: it is not shown.
            return Err("is no list of stun:HOST and turn:NAME:PASSWORD@HOST".to_owned());
        }
        let credentials = credentials.map(|(name, password)| (name.to_owned(), password.to_owned()));
        Ok(IceServer { url: format!("{scheme}:{host}"), credentials })
    };
    text.split([',', ' ']).filter(|url| !url.is_empty()).map(server).collect()
}

fn on_off(text: &str) -> Result<bool, String> {
    choice(text, &[("on", true), ("off", false)])
}

/// A port, if one is given.
fn port(text: &str) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let port = parse::number(text, 1..=usize::from(u16::MAX))?;
    Ok(u16::try_from(port).ok())
}

pub(super) fn env_name(name: &str) -> String {
    format!("{ENV_PREFIX}{}", name.replace('.', "_").to_uppercase())
}

/// Every setting there is.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "config",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "The settings file. Without it, sluice.toml in the working folder is read if it is there.",
        set: Set::File,
    },
    Setting {
        name: "data_dir",
        form: "FOLDER",
        takes: Takes::Text,
        default: "./data",
        about: "The folder for everything that the server keeps; made if it is not there. \
                One running server per folder.",
        set: Set::Process(|config, text| {
            config.data_dir = parse::path(text)?.ok_or("is empty; name a folder")?;
            Ok(())
        }),
    },
    Setting {
        name: "http.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: ":2022",
        about: "Where HTTP is served: HTTP-FLV, HLS, health. \
                `:2022` or `2022` is that port on every address, IPv4 and IPv6; `1.2.3.4:2022` and `[::1]:2022` are one address; \
                port 0 lets the system choose; several are separated by commas; `off` serves none.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.http_listen = listen)),
    },
    Setting {
        name: "http.second_listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: "off",
        about: "Where HTTP is served besides, all of it. For installations whose scripts know a second port, such as 2024 of Oryx. \
                Written as http.listen is.",
        set: Set::Process(|config, text| {
            Listen::parse(text).map(|listen| config.http_second_listen = listen)
        }),
    },
    Setting {
        name: "http.proxy_protocol",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "Whether HTTP connections from trusted_proxies begin with a header of the PROXY protocol (version 1 or 2), which tells the \
                client's address. One without it is then closed; connections from others never have one.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.proxy_protocol.http = on)),
    },
    Setting {
        name: "https.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: ":2443",
        about: "Where HTTP is served with TLS (HTTPS, HTTP/1.1 and HTTP/2), all of it. Written as http.listen is. \
                Until there is another certificate, a self-signed one is shown, which browsers warn of.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.https_listen = listen)),
    },
    Setting {
        name: "https.redirect",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "Whether whoever comes by HTTP is sent to HTTPS. Authorities that look whether a name leads here, and /healthz and /readyz, are answered as ever.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.https.redirect = on)),
    },
    Setting {
        name: "https.hsts",
        form: "DURATION",
        takes: Takes::Text,
        default: "off",
        about: "For how long browsers that came by HTTPS refuse to come without it (Strict-Transport-Security). It cannot be taken back \
                before, so it is for those who are sure. `off`, or up to two years; a number is seconds: 31536000 is a year.",
        set: Set::Process(|config, text| {
            let age = match text {
                "off" => None,
                text => Some(duration(text, Delta::secs(1), MAX_HSTS)?.to_std()),
            };
            config.https.hsts = age;
            Ok(())
        }),
    },
    Setting {
        name: "https.proxy_protocol",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "The same as http.proxy_protocol, for HTTP with TLS; the header comes before the handshake.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.proxy_protocol.https = on)),
    },
    Setting {
        name: "rtmp.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: ":1935",
        about: "Where RTMP is served, to publish and to watch. Written as http.listen is.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.rtmp_listen = listen)),
    },
    Setting {
        name: "rtmp.proxy_protocol",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "The same for RTMP.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.proxy_protocol.rtmp = on)),
    },
    Setting {
        name: "rtmps.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: "off",
        about: "Where RTMP with TLS is served, for rtmps:// addresses; their usual port is 443. Written as http.listen is. \
                Without tls.certificate, a self-signed one is made at the first start and kept in the data folder.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.rtmps_listen = listen)),
    },
    Setting {
        name: "rtmps.proxy_protocol",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "The same for RTMP with TLS; the header comes before the handshake.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.proxy_protocol.rtmps = on)),
    },
    Setting {
        name: "tls.certificate",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "The certificate that is shown where there is TLS, whatever an admin has uploaded or ordered: a PEM file with the server's own, then those between it and the \
                root, as certbot's fullchain.pem. Read again at SIGHUP, for new connections. Needs tls.key.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.tls.certificate = path)),
    },
    Setting {
        name: "tls.key",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "The private key of tls.certificate: a PEM file without a pass phrase, as certbot's privkey.pem. \
                May be the same file.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.tls.key = path)),
    },
    Setting {
        name: "tls.self_signed",
        form: "on|off",
        takes: Takes::Text,
        default: "on",
        about: "Whether a self-signed certificate is made where there is TLS and no other. It is made once and kept in the data folder.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.tls.self_signed = on)),
    },
    Setting {
        name: "acme.directory",
        form: "URL",
        takes: Takes::Text,
        default: "letsencrypt",
        about: "The authority that certificates are ordered from when an admin does: `letsencrypt`, `staging` (its one for trials, which browsers do not believe) or \
                the address of another's ACME directory, with https.",
        set: Set::Process(|config, text| {
            let (real, trial) = LETS_ENCRYPT;
            (config.acme.directory, config.acme.staging) = match text {
                "letsencrypt" => (real.to_owned(), Some(trial.to_owned())),
                "staging" => (trial.to_owned(), Some(trial.to_owned())),
                url if url.starts_with("https://") => (url.to_owned(), None),
                _ => {
                    return Err(format!(
                        "{text:?} is none of letsencrypt, staging and an address that begins with https://"
                    ));
                }
            };
            Ok(())
        }),
    },
    Setting {
        name: "acme.roots",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "Whom to believe when the authority is asked, beside those that are built in: a PEM file. For an authority of one's own.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.acme.roots = path)),
    },
    Setting {
        name: "acme.port",
        form: "PORT",
        takes: Takes::Number,
        default: "80",
        about: "The port at which the authority looks whether a name leads to this server. All public ones use 80; it has to lead to an HTTP port here.",
        set: Set::Process(|config, text| port(text).map(|port| config.acme.port = port.unwrap_or(80))),
    },
    Setting {
        name: "webhooks.roots",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "Whom to believe when webhooks, and collectors of traces, are asked and told, beside those that are built in: a PEM file. For those whose certificates are of an authority of one's own.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.webhooks_roots = path)),
    },
    Setting {
        name: "publish.key",
        form: "KEY",
        takes: Takes::Text,
        default: "",
        about: "The key that publishers need. Without it, one is made at the first start; either is kept in the data folder, \
                so it need not be given again. It counts anywhere in the query or the name of the stream that is published.",
        set: Set::Process(|config, text| {
            let key = (!text.is_empty()).then(|| Key::new(text)).transpose();
            key.map(|key| config.publish_key = key).map_err(|bad| bad.to_string())
        }),
    },
    Setting {
        name: "open_init",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "Whether anybody may set the first password through /terraform/v1/mgmt/init, without the setup token that the start prints. \
                For installations by script, where nobody else reaches the server before it is set up.",
        set: Set::Process(|config, text| on_off(text).map(|open| config.open_init = open)),
    },
    Setting {
        name: "docker",
        form: "on|off",
        takes: Takes::Text,
        default: "off",
        about: "Whether the server runs in a container. Scripts are told so by /terraform/v1/mgmt/envs.",
        set: Set::Process(|config, text| on_off(text).map(|docker| config.docker = docker)),
    },
    Setting {
        name: "public.rtmp_port",
        form: "PORT",
        takes: Takes::Number,
        default: "",
        about: "The RTMP port as others see it, where a container or a router maps it. It changes nothing but what is told to them. \
                Without it, the port that is listened on.",
        set: Set::Process(|config, text| port(text).map(|port| config.public.rtmp_port = port)),
    },
    Setting {
        name: "public.http_port",
        form: "PORT",
        takes: Takes::Number,
        default: "",
        about: "The same for HTTP. Without it, the port of the page that asks.",
        set: Set::Process(|config, text| port(text).map(|port| config.public.http_port = port)),
    },
    Setting {
        name: "public.https_port",
        form: "PORT",
        takes: Takes::Number,
        default: "",
        about: "The same for HTTPS, where https.redirect leads. Without it, the port that is listened on.",
        set: Set::Process(|config, text| port(text).map(|port| config.public.https_port = port)),
    },
    Setting {
        name: "public.srt_port",
        form: "PORT",
        takes: Takes::Number,
        default: "",
        about: "The same for SRT. Without it, 10080.",
        set: Set::Process(|config, text| port(text).map(|port| config.public.srt_port = port)),
    },
    Setting {
        name: "public.rtc_port",
        form: "PORT",
        takes: Takes::Number,
        default: "",
        about: "The same for WebRTC; clients are told candidates with it. Without it, the port that is listened on.",
        set: Set::Process(|config, text| port(text).map(|port| config.public.rtc_port = port)),
    },
    Setting {
        name: "public.candidate",
        form: "ADDRESS",
        takes: Takes::List,
        default: "",
        about: "Where WebRTC clients reach the server: IP addresses or names, with a port or without, separated by commas or spaces; `*` is the \
                machine's own addresses, which are told where nothing is set. The host that a client came by is told it in any case.",
        set: Set::Process(|config, text| {
            let words = text.split([',', ' ']).filter(|word| !word.is_empty());
            config.public.candidates = words.map(str::to_owned).collect();
            Ok(())
        }),
    },
    Setting {
        name: "slots.forward",
        form: "NUMBER",
        takes: Takes::Number,
        default: "10",
        about: "How many forms a console of Oryx's kind shows for restreaming. It limits nothing.",
        set: Set::Process(|config, text| {
            parse::number(text, 0..=1000).map(|slots| config.slots.forward = slots)
        }),
    },
    Setting {
        name: "slots.files",
        form: "NUMBER",
        takes: Takes::Number,
        default: "10",
        about: "The same for files that are played as live streams.",
        set: Set::Process(|config, text| {
            parse::number(text, 0..=1000).map(|slots| config.slots.files = slots)
        }),
    },
    Setting {
        name: "slots.cameras",
        form: "NUMBER",
        takes: Takes::Number,
        default: "10",
        about: "The same for IP cameras.",
        set: Set::Process(|config, text| {
            parse::number(text, 0..=1000).map(|slots| config.slots.cameras = slots)
        }),
    },
    Setting {
        name: "log.level",
        form: "LEVEL",
        takes: Takes::Text,
        default: "info",
        about: "What is logged: error, warn, info, debug, trace or off. \
                Parts can differ: `info,rtmp=debug,hub=warn`.",
        set: Set::Process(|config, text| parse::level(text).map(|level| config.log.level = level)),
    },
    Setting {
        name: "log.format",
        form: "FORMAT",
        takes: Takes::Text,
        default: "text",
        about: "What log lines look like: `text` for people, `json` for machines.",
        set: Set::Process(|config, text| {
            let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
            choice(text, &formats).map(|format| config.log.format = format)
        }),
    },
    Setting {
        name: "log.file",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "The file that logs are added to. Opened again at SIGHUP, for logrotate. Without it, the standard error.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.log.file = path)),
    },
    Setting {
        name: "ffmpeg.path",
        form: "FILE",
        takes: Takes::Text,
        default: "",
        about: "The FFmpeg that decodes and encodes, for snapshots. Without it, the first one on PATH. \
                Where there is none, everything else works.",
        set: Set::Process(|config, text| parse::path(text).map(|path| config.ffmpeg = path)),
    },
    Setting {
        name: "tencent.region",
        form: "NAME",
        takes: Takes::Text,
        default: "ap-singapore",
        about: "The region of Tencent's clouds where a bucket and an application are set up for recordings, when an admin hands in credentials.",
        set: Set::Process(|config, text| {
            config.tencent.region = text.to_owned();
            Ok(())
        }),
    },
    Setting {
        name: "tencent.api",
        form: "URL",
        takes: Takes::Text,
        default: Places::API,
        about: "Where the API of Tencent's clouds is, with `{service}` in the place of a service's name: `https://{service}.intl.tencentcloudapi.com` \
                for accounts of the international site, or an address within Tencent's network.",
        set: Set::Process(|config, text| parse::url(text).map(|url| config.tencent.api = url)),
    },
    Setting {
        name: "tencent.cos",
        form: "URL",
        takes: Takes::Text,
        default: Places::COS,
        about: "Where COS, the object storage of Tencent's clouds, is, with `{region}` in the place of a region. The bucket goes in front of the host.",
        set: Set::Process(|config, text| parse::url(text).map(|url| config.tencent.cos = url)),
    },
    Setting {
        name: "workers",
        form: "NUMBER",
        takes: Takes::Number,
        default: "auto",
        about: "Threads that serve: `auto` is one per processor core, or a number from 1 to 512.",
        set: Set::Process(|config, text| parse::workers(text).map(|workers| config.workers = workers)),
    },
    Setting {
        name: "limits.per_address",
        form: "NUMBER",
        takes: Takes::Number,
        default: "10000",
        about: "How many connections to a port one client address may have, and how many viewers in all, so that nobody can shut \
                the others out. Raise it where more come through one address: from a proxy, from a carrier's network. \
                From 1 to 1000000; an IPv6 client is known by the first 64 bits of its address.",
        set: Set::Process(|config, text| {
            parse::number(text, 1..=1_000_000).map(|number| config.per_address = number)
        }),
    },
    Setting {
        name: "trusted_proxies",
        form: "NETWORKS",
        takes: Takes::List,
        default: "",
        about: "Reverse proxies whose word about clients is believed: addresses and networks, separated by commas, such as \
                127.0.0.1,192.0.2.0/24. Of requests from them, X-Forwarded-For (or Forwarded, or X-Real-IP) tells the client's address, and \
                X-Forwarded-Proto whether it uses TLS. Without it, nobody is believed and the peer of each connection is the client.",
        set: Set::Process(|config, text| {
            let trusted = peer::Trusted::parse(text).map_err(|bad| bad.to_string())?;
            config.trusted_proxies = Arc::new(trusted);
            Ok(())
        }),
    },
    Setting {
        name: "webrtc.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: ":8000",
        about: "Where the media of WebRTC come and go, by UDP, and by TCP for networks without UDP: one port for all sessions. Offers come to the HTTP \
                port, under /rtc/v1/. Written as http.listen is; `off` is without WebRTC.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.webrtc_listen = listen)),
    },
    Setting {
        name: "webrtc.name_lookup",
        form: "on|off",
        takes: Takes::Text,
        default: "on",
        about: "Whether the host in a browser's address bar is looked up, to tell the browser that address as one of the server's.",
        set: Set::Process(|config, text| on_off(text).map(|on| config.webrtc.name_lookup = on)),
    },
    Setting {
        name: "webrtc.ice_servers",
        form: "URL",
        takes: Takes::List,
        default: "",
        about: "STUN and TURN servers that WebRTC clients are told of, separated by commas: `stun:stun.example.org`, \
                `turn:name:password@turn.example.org:3478?transport=udp`. Few need any: the server is on a public address, and takes TCP.",
        set: Set::Process(|config, text| {
            ice_servers(text).map(|servers| config.webrtc.ice_servers = servers)
        }),
    },
    Setting {
        name: "webrtc.key_frame_every",
        form: "DURATION",
        takes: Takes::Text,
        default: "2s",
        about: "How long a WebRTC publisher may go without a key frame before it is asked for one; viewers join at key frames, and segments of HLS \
                begin with them. `off`, or from 500ms to 60s; a number is seconds.",
        set: Set::Process(|config, text| {
            let every = match text {
                "off" => None,
                text => Some(duration(text, Delta::millis(500), Delta::secs(60))?.to_std()),
            };
            config.webrtc.key_frame_every = every;
            Ok(())
        }),
    },
    Setting {
        name: "metrics.listen",
        form: "ADDRESS",
        takes: Takes::List,
        default: "off",
        about: "Where Prometheus finds /metrics without a token, and nothing else is served. Whoever reaches it reads what the server \
                counts, so let only those reach it who may. Without it, /metrics of http.listen answers tokens with metrics:read. Written as \
                http.listen is.",
        set: Set::Process(|config, text| Listen::parse(text).map(|listen| config.metrics_listen = listen)),
    },
    Setting {
        name: "metrics.per_stream",
        form: "NUMBER",
        takes: Takes::Number,
        default: "0",
        about: "How many streams have metrics of their own: those with the most viewers. Each is some ten series in Prometheus, and its \
                name is one for good. From 0 to 1000.",
        set: Set::Process(|config, text| {
            parse::number(text, 0..=1000).map(|number| config.metrics_per_stream = number)
        }),
    },
    Setting {
        name: "otlp.endpoint",
        form: "URL",
        takes: Takes::Text,
        default: "",
        about: "Where traces are sent: an OpenTelemetry collector that takes OTLP over HTTP as JSON, such as http://127.0.0.1:4318; /v1/traces is added. \
                Without it, nothing is traced. It needs a server that was built with the feature `otlp`. OTEL_ variables hold where nothing else sets the same.",
        set: Set::Process(|config, text| {
            let given = (!text.is_empty()).then(|| Endpoint::parse(text));
            given.transpose().map(|endpoint| config.otlp.endpoint = endpoint)
        }),
    },
    Setting {
        name: "otlp.headers",
        form: "HEADERS",
        takes: Takes::Text,
        default: "",
        about: "What the collector is sent besides, such as a key: NAME=VALUE, several separated by commas; a comma within a value is written %2C.",
        set: Set::Process(|config, text| Headers::parse(text).map(|headers| config.otlp.headers = headers)),
    },
    Setting {
        name: "otlp.service_name",
        form: "NAME",
        takes: Takes::Text,
        default: "sluice",
        about: "What this server is called in traces (service.name).",
        set: Set::Process(|config, text| {
            config.otlp.service = text.to_owned();
            Ok(())
        }),
    },
    Setting {
        name: "otlp.sample",
        form: "SHARE",
        takes: Takes::Fraction,
        default: "0.01",
        about: "The share of viewers that are traced, from 0 to 1: 0.01 is one in a hundred. Publishers are traced all.",
        set: Set::Process(|config, text| parse::share(text).map(|share| config.otlp.sample = share)),
    },
    Setting {
        name: "media.merge_window",
        form: "MS",
        takes: Takes::Number,
        default: "auto",
        about: "How long frames may be gathered for one write to many viewers, which saves CPU and costs latency. \
                The server gathers nothing while a stream has few viewers, and up to this ceiling as they grow: \
                `auto` is 100 ms, and a number is that many ms. `throughput` always gathers 350 ms; 0 writes every frame at once.",
        set: Set::Media(|media, text| {
            parse::merge_window(text).map(|window| media.hub.merge_window = window)
        }),
    },
    Setting {
        name: "media.grace",
        form: "DURATION",
        takes: Takes::Number,
        default: "10s",
        about: "How long viewers stay when the connection of a publisher breaks, so that they go on when it is back. \
                Up to 10m. A publisher that says goodbye ends the stream at once.",
        set: Set::Media(|media, text| {
            duration(text, Delta::ZERO, MAX_GRACE).map(|grace| media.hub.grace = grace)
        }),
    },
    Setting {
        name: "media.grace_http",
        form: "DURATION",
        takes: Takes::Number,
        default: "0s",
        about: "The same for viewers of HTTP-FLV. Their players connect again by themselves, so they need none.",
        set: Set::Media(|media, text| {
            duration(text, Delta::ZERO, MAX_GRACE).map(|grace| media.hub.grace_http = grace)
        }),
    },
    Setting {
        name: "media.join",
        form: "WHERE",
        takes: Takes::Text,
        default: "gop",
        about: "Where a viewer who joins begins. `gop`: at the last key frame, so there is a picture at once; \
                `key`: at the next key frame, for the lowest latency when key frames are far apart.",
        set: Set::Media(|media, text| {
            choice(text, &[("gop", JoinAt::Gop), ("key", JoinAt::Key)]).map(|join| media.hub.join = join)
        }),
    },
    Setting {
        name: "media.hls_fragment",
        form: "DURATION",
        takes: Takes::Number,
        default: "10s",
        about: "How long an HLS segment is at least; it ends at the next key frame. From 500ms to 1m.",
        set: Set::Media(|media, text| {
            duration(text, Delta::millis(500), Delta::secs(60)).map(|fragment| media.hls.fragment = fragment)
        }),
    },
    Setting {
        name: "media.hls_window",
        form: "DURATION",
        takes: Takes::Number,
        default: "60s",
        about: "How much of the stream an HLS playlist holds. Up to 10m.",
        set: Set::Media(|media, text| {
            duration(text, Delta::millis(500), Delta::secs(600)).map(|window| media.hls.window = window)
        }),
    },
    Setting {
        name: "media.hls_mode",
        form: "MODE",
        takes: Takes::Text,
        default: "hls_ctx",
        about: "What the address of an HLS stream answers. `hls_ctx`: a playlist of its own for each viewer, who is counted and \
                can be ended; `plain`: one playlist for all, which a CDN can cache.",
        set: Set::Media(|media, text| {
            let modes = [("hls_ctx", HlsMode::Context), ("plain", HlsMode::Plain)];
            choice(text, &modes).map(|mode| media.hls.mode = mode)
        }),
    },
    Setting {
        name: "media.hls_variant",
        form: "VARIANT",
        takes: Takes::Text,
        default: "ts",
        about: "What the address of an HLS stream plays. `ts`: segments of MPEG-TS, for every player; `ll`: low latency, with \
                fragmented MP4 in parts. A viewer gets the other with `?variant=ts` or `?variant=ll`.",
        set: Set::Media(|media, text| {
            let variants = [("ts", HlsVariant::Ts), ("ll", HlsVariant::Ll)];
            choice(text, &variants).map(|variant| media.hls.variant = variant)
        }),
    },
    Setting {
        name: "media.hls_ll_fragment",
        form: "DURATION",
        takes: Takes::Number,
        default: "4s",
        about: "How long a segment of low-latency HLS is at least; it ends at the next key frame. From 1s to 1m.",
        set: Set::Media(|media, text| {
            duration(text, Delta::secs(1), Delta::secs(60)).map(|fragment| media.hls.ll_fragment = fragment)
        }),
    },
    Setting {
        name: "media.hls_ll_part",
        form: "DURATION",
        takes: Takes::Text,
        default: "350ms",
        about: "How long a part of such a segment is at most. Players are about three times that behind. From 200ms to 500ms.",
        set: Set::Media(|media, text| {
            duration(text, Delta::millis(200), Delta::millis(500)).map(|part| media.hls.ll_part = part)
        }),
    },
];

/// Two years, as long as browsers remember it.
const MAX_HSTS: Delta = Delta::secs(2 * 365 * 24 * 3600);
const MAX_GRACE: Delta = Delta::secs(600);
