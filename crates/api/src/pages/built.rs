//! What `console/` builds: the console and the pages for viewers. Nothing, where that was not built before the server was.
//!
//! Files in `assets/` have a fingerprint of their content in their names and are kept for good; texts are there compressed, and
//! are unpacked only for who takes nothing else. Pages name their files by relative addresses; `<base>` says from where, relative itself,
//! so that a proxy may put all of it below a path that the server does not know.

use std::borrow::Cow;
use std::io::Read;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use control::secret::Secret;
use flate2::read::GzDecoder;

use crate::condition;

/// All of it.
pub(super) static BUILT: &[File] = include!(concat!(env!("OUT_DIR"), "/built.rs"));

/// A file, in at least one form.
#[derive(Debug)]
#[allow(dead_code)] // Where nothing was built there is none.
pub(super) struct File {
    /// Its path in the build: `assets/index-AnYjcplE.js`.
    name: &'static str,
    plain: Option<Content>,
    br: Option<Content>,
    gz: Option<Content>,
}

#[derive(Debug)]
#[allow(dead_code)] // As with files.
struct Content {
    bytes: &'static [u8],
    /// Its entity tag, with the quotes.
    tag: &'static str,
}

/// One way to send a file.
struct Form {
    coding: Option<&'static str>,
    bytes: Cow<'static, [u8]>,
    tag: Cow<'static, str>,
}

impl File {
    /// A page, as `build.rs` would list it.
    #[cfg(test)]
    pub(super) const fn page(name: &'static str, html: &'static [u8]) -> File {
        File { name, plain: Some(Content { bytes: html, tag: "\"page\"" }), br: None, gz: None }
    }

    /// The file at `name`, if it is one that pages refer to.
    pub(super) fn find(files: &'static [File], name: &str) -> Option<&'static File> {
        files.iter().find(|file| file.name == name && !name.ends_with(".html"))
    }

    /// The file, in a form that who asks with `headers` takes.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let Form { coding, bytes, tag } = self.choose(headers);
        let kept = if self.name.starts_with(FINGERPRINTED) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let always =
            [(header::CACHE_CONTROL, kept), (header::VARY, "accept-encoding"), (header::ETAG, tag.as_ref())];
        if condition::is_known(headers, &tag) {
            return (StatusCode::NOT_MODIFIED, always).into_response();
        }
        let what = [(header::CONTENT_TYPE, self.kind()), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let mut response = (always, what, bytes).into_response();
        if let Some(coding) = coding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    fn choose(&self, headers: &HeaderMap) -> Form {
        for (coding, content) in [("br", &self.br), ("gzip", &self.gz)] {
            if let Some(content) = content
                && takes(headers, coding)
            {
                return Form { coding: Some(coding), bytes: content.bytes.into(), tag: content.tag.into() };
            }
        }
        if let Some(content) = &self.plain {
            return Form { coding: None, bytes: content.bytes.into(), tag: content.tag.into() };
        }
        let (packed, tag) =
            self.gz.as_ref().map_or((&[][..], "\"\""), |content| (content.bytes, content.tag));
        let mut bytes = Vec::new();
        // Our own build made it, so it unpacks, and not to much.
        let _ = GzDecoder::new(packed).read_to_end(&mut bytes);
        // Other bytes than the packed ones need another tag: RFC 9110 §8.8.3.3.
        Form {
            coding: None,
            bytes: bytes.into(),
            tag: format!("{}-plain\"", tag.trim_end_matches('"')).into(),
        }
    }

    fn kind(&self) -> &'static str {
        match self.name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "json" => "application/json",
            "png" => "image/png",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

/// Whether there is a page named `name`, as `index.html`.
pub(super) fn has(files: &[File], name: &str) -> bool {
    files.iter().any(|file| file.name == name)
}

/// The page named `name`, for the path that was asked for, with `headers` beside its own. `None` without such a page.
///
/// `policy` makes the content security policy out of the source that styles of the page have, which is new each time; so a
/// page is never kept.
pub(super) fn page(
    files: &[File],
    name: &str,
    path: &str,
    headers: &[(HeaderName, &'static str)],
    policy: impl Fn(&str) -> String,
) -> Option<Response> {
    let file = files.iter().find(|file| file.name == name)?;
    let html = std::str::from_utf8(file.plain.as_ref()?.bytes).ok()?;
    let secret = Secret::generate().ok()?;
    let nonce = &secret.reveal()[..32];
    let html = html
        .replacen("<head>", &format!("<head><base href=\"{}\">", base(path)), 1)
        .replace("{{nonce}}", nonce);
    let mut response = html.into_response();
    let own = response.headers_mut();
    for (name, value) in headers {
        own.insert(name.clone(), HeaderValue::from_static(value));
    }
    let policy = policy(&format!("'nonce-{nonce}'"));
    own.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).ok()?);
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// Where `/mgmt/` is, seen from `path`.
fn base(path: &str) -> String {
    let depth = path.matches('/').count().saturating_sub(1);
    if depth == 0 { "./mgmt/".to_owned() } else { format!("{}mgmt/", "../".repeat(depth)) }
}

/// Whether who asks takes `coding`: RFC 9110 §12.5.3. `*` is no wish for one of ours.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map(str::parse::<f32>);
        named && !matches!(weight, Some(Ok(0.0) | Err(_)))
    })
}

/// What such paths have changes its name with its content.
const FINGERPRINTED: &str = "assets/";

#[cfg(test)]
#[path = "built_test.rs"]
mod tests;
