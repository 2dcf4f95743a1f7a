//! How URLs name streams: the many spellings of encoders, and the URLs that we dial.
//!
//! Nothing is URL-decoded: keys are compared as sent.

use media::ParseError;

/// The stream that a `publish` or `play` is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The path but for its last element, without slashes at its ends: `live`, `live/inner`. Never empty.
    pub app: String,
    /// The last element of the path. Never empty.
    pub name: String,
    /// What was behind `?` and `#`, anywhere, in the order tcUrl, app, name: `secret=x&k=v`. No leading `?`; a fragment keeps its `#`.
    pub query: String,
    /// What `...vhost...NAME`, `?vhost=NAME` or `?domain=NAME` asks for, unless that is the default one.
    pub vhost: Option<String>,
}

impl Target {
    /// From what `connect` said (`app`, `tcUrl`; either may be empty) and the name in `publish` or `play`.
    ///
    /// `/_definst_` is dropped; `...vhost...NAME` in the app is the same as `?vhost=NAME`; when the name is empty, as when
    /// somebody types a whole URL into an encoder's server field, the last element of the app is the name.
    ///
    /// Errs when that leaves no app or no name.
    pub fn parse(app: &str, tc_url: &str, name: &str) -> Result<Target, ParseError> {
        let app = app.replacen("...vhost...", "?vhost=", 1);
        let tc_url = tc_url.replacen("...vhost...", "?vhost=", 1);
        let (mut path, app_query) = split_query(&app);
        let (tc_path, tc_query) = split_query(after_host(&tc_url));
        let (name, name_query) = split_query(name);
        if segments(path).next().is_none() {
            path = tc_path;
        }

        let mut elements: Vec<&str> = segments(path).collect();
        // FMLE's name for the default instance of an application.
        elements.retain(|element| *element != "_definst_");
        elements.extend(segments(name));
        let (Some(name), app) = (elements.pop(), elements.join("/")) else {
            return Err(ParseError::truncated("RTMP stream name", 0));
        };
        if app.is_empty() {
            return Err(ParseError::truncated("RTMP app", 0));
        }

        let mut query = String::new();
        merge(&mut query, tc_query);
        // Encoders repeat the end of tcUrl in the app.
        if app_query != tc_query {
            merge(&mut query, app_query);
        }
        merge(&mut query, name_query);
        let vhost = parameter(&query, "vhost").or_else(|| parameter(&query, "domain"));
        let vhost = vhost.filter(|vhost| !vhost.is_empty() && *vhost != DEFAULT_VHOST).map(str::to_owned);
        Ok(Target { app, name: name.to_owned(), query, vhost })
    }
}

/// A URL to dial: `rtmp[s]://host[:port]/app[/more]/stream[?query]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether it is `rtmps`.
    pub tls: bool,
    /// Name or address; an IPv6 address without its brackets.
    pub host: String,
    /// As written, or 1935 and, with TLS, 443.
    pub port: u16,
    /// The path but for its last element.
    pub app: String,
    /// The last element of the path, and the query with its `?`. May be all query: some platforms have no more for a name.
    pub name: String,
}

impl Url {
    /// Parses a URL. User and password before the host are refused: we speak no `authmod`.
    ///
    /// With a path of one element and a slash in the query, the query stands in the middle (`rtmp://h/app?k=v/stream`).
    ///
    /// Errs when the scheme is another, a part is missing, or the port is no port.
    pub fn parse(url: &str) -> Result<Url, ParseError> {
        const WHAT: &str = "RTMP URL";
        let Some((scheme, rest)) = url.split_once("://") else { return Err(ParseError::invalid(WHAT, 0)) };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "rtmp" => false,
            "rtmps" => true,
            _ => return Err(ParseError::unsupported(WHAT, 0)),
        };
        let at = scheme.len() + 3;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(ParseError::unsupported(WHAT, at));
        }
        let (host, port) = split_port(authority).ok_or(ParseError::invalid(WHAT, at))?;
        let port = match port {
            Some(port) => {
                port.parse().map_err(|_| ParseError::invalid(WHAT, at + authority.len() - port.len()))?
            }
            None if tls => 443,
            None => 1935,
        };

        let at = at + end;
        let query = path.find(['?', '#']).unwrap_or(path.len());
        let (before, query) = path.split_at(query);
        let (app, name) =
            match (before.trim_matches('/').contains('/') || before.ends_with('/'), query.rsplit_once('/')) {
                (false, Some((query, name))) => (before, format!("{name}{query}")),
                _ => match before.rsplit_once('/') {
                    Some((app, name)) => (app, format!("{name}{query}")),
                    None => return Err(ParseError::truncated(WHAT, at)),
                },
            };
        let app: Vec<&str> = segments(app).collect();
        if host.is_empty() || app.is_empty() || name.is_empty() {
            return Err(ParseError::truncated(WHAT, at));
        }
        Ok(Url { tls, host: host.to_owned(), port, app: app.join("/"), name })
    }

    /// What a client says in `connect`: the URL up to the app. The port is left out where it is the scheme's own.
    pub fn tc_url(&self) -> String {
        let (scheme, default) = if self.tls { ("rtmps", 443) } else { ("rtmp", 1935) };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        let port = if self.port == default { String::new() } else { format!(":{}", self.port) };
        format!("{scheme}://{open}{}{close}{port}/{}", self.host, self.app)
    }
}

/// What follows the host in a URL; nothing when it is no URL.
fn after_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default()
}

/// Host and port of an authority; `None` when a bracket is open.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if rest.is_empty() => Some((host, None)),
            None => None,
        };
    }
    Some(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

/// What stands before the first `?` or `#`, and what after; a fragment keeps its `#`.
fn split_query(text: &str) -> (&str, &str) {
    match text.find(['?', '#']) {
        Some(at) => {
            let (before, query) = text.split_at(at);
            (before, query.strip_prefix('?').unwrap_or(query))
        }
        None => (text, ""),
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn merge(query: &mut String, more: &str) {
    let more = more.trim_matches('&');
    if !query.is_empty() && !more.is_empty() && !more.starts_with('#') {
        query.push('&');
    }
    query.push_str(more);
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split(['&', '#', '?'])
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

const DEFAULT_VHOST: &str = "__defaultVhost__";

#[cfg(test)]
#[path = "url_test.rs"]
mod tests;
