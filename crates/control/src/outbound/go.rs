//! Asking as Go's HTTP client does: receivers of Oryx's callbacks were written for that.
//!
//! A name and a password in an address are sent, and requests go where answers lead, ten of them at most. What an address has of
//! secrets is for the server that it names: where an answer leads to another, only what that address says goes along.
//!
//! Not as Go: no `Referer`, which would tell one server the secrets in the address of another.
//!
//! Source: Go 1.23 `net/http/client.go` (`redirectBehavior`, `Client.do`, `send`), `net/url` (`ResolveReference`); RFC 3986 §5.2;
//! RFC 7617.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, Request, Response, Uri};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use super::{Answer, Client, Error, JSON, Limits, address};

impl Client {
    /// POSTs the JSON `body` to `url`, with `headers` beside those that every request has, and follows where answers lead. All of it
    /// together has the time of `limits`.
    pub async fn post_json_as_go(
        &self,
        url: &str,
        mut headers: HeaderMap,
        body: Bytes,
        limits: Limits,
    ) -> Result<Answer, Error> {
        headers.insert(CONTENT_TYPE, JSON);
        let first = address(url).map(|url| Step { method: Method::POST, url, headers, body })?;
        let chain = self.follow(first, limits.bytes);
        timeout(limits.time, chain).await.map_err(|_| Error::Timeout { limit: limits.time })?
    }

    async fn follow(&self, first: Step, most: usize) -> Result<Answer, Error> {
        let mut step = first;
        for _ in 0..MOST {
            let answer = self.dispatch(step.request()?, most).await?;
            match step.next(&answer)? {
                Some(next) => step = next,
                None => return Ok(Answer { status: answer.status().as_u16(), body: answer.into_body() }),
            }
        }
        Err(Error::TooManyRedirects { limit: MOST })
    }
}

/// One request of those that follow one another.
struct Step {
    method: Method,
    url: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Step {
    fn request(&self) -> Result<Request<Full<Bytes>>, Error> {
        let request = Request::builder().method(&self.method).uri(&self.url).header(ACCEPT, "*/*");
        let mut request = request.body(Full::new(self.body.clone())).map_err(|_| Error::Address)?;
        request.headers_mut().extend(self.headers.clone());
        if let Some(login) = login(&self.url) {
            request.headers_mut().insert(AUTHORIZATION, login);
        }
        Ok(request)
    }

    /// What is asked after `answer`, if it leads anywhere.
    fn next(&self, answer: &Response<Bytes>) -> Result<Option<Step>, Error> {
        let keeps = match answer.status().as_u16() {
            301..=303 => false,
            307 | 308 => true,
            _ => return Ok(None),
        };
        let Some(place) = answer.headers().get(LOCATION).filter(|place| !place.is_empty()) else {
            return Ok(None);
        };
        let place = place.to_str().map_err(|_| Error::Address)?;
        let url = address(&resolved(&self.url, place))?;
        let mut headers = self.headers.clone();
        if keeps {
            return Ok(Some(Step { method: self.method.clone(), url, headers, body: self.body.clone() }));
        }
        headers.remove(CONTENT_TYPE);
        Ok(Some(Step { method: Method::GET, url, headers, body: Bytes::new() }))
    }
}

/// What an address says of whoever asks, as a header: `Basic …`.
fn login(url: &Uri) -> Option<HeaderValue> {
    let (login, _) = url.authority()?.as_str().rsplit_once('@')?;
    let (name, password) = login.split_once(':').unwrap_or((login, ""));
    let [name, password] = [name, password].map(|text| percent_decode_str(text).collect::<Vec<u8>>());
    let digits = BASE64_STANDARD.encode([&name[..], b":", &password].concat());
    let mut value = HeaderValue::try_from(format!("Basic {digits}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The address that `place` is when it stands in an answer from `base`. Where it is relative, what `base` has of a name and a password
/// stays: it is the same server.
fn resolved(base: &Uri, place: &str) -> String {
    let place = place.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or_default();
    let authority = base.authority().map_or("", |authority| authority.as_str());
    let is_whole = place.split_once(':').is_some_and(|(scheme, _)| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits)
    });
    if is_whole {
        return place.to_owned();
    }
    if let Some(rest) = place.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let (path, query) = place.split_once('?').map_or((place, None), |(path, query)| (path, Some(query)));
    let query = query.or_else(|| base.query().filter(|_| path.is_empty()));
    let path = match path {
        "" => base.path().to_owned(),
        path if path.starts_with('/') => without_dots(path),
        path => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            without_dots(&format!("{folder}/{path}"))
        }
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}{path}{query}")
}

/// `path`, which begins with a slash, without its `.` and `..` (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut open = false;
    for segment in path.split('/').skip(1) {
        open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let end = if open && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

/// Requests, the first among them.
const MOST: usize = 10;

#[cfg(test)]
#[path = "go_test.rs"]
mod tests;
