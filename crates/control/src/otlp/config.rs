//! What there is to set of traces. Errors complete the sentence "(this setting) …" and show nothing of the value, which may hold a secret.

use hyper::HeaderMap;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use percent_encoding::percent_decode_str;

use crate::outbound;

/// Where traces go, and what of them.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The collector; `None`: nothing is traced.
    pub endpoint: Option<Endpoint>,
    /// What it is sent besides.
    pub headers: Headers,
    /// The name of this service, as it is shown: `service.name`.
    pub service: String,
    /// The share of viewers that are traced, from 0 to 1.
    pub sample: f64,
}

/// Where a collector is: `http://host:4318`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

/// Headers of every request, such as a key for the collector. `Debug` hides their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

impl Endpoint {
    /// Reads an address with `http` or `https`, to which `/v1/traces` is added.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let wrong = |reason: &str| Err(format!("{reason}; write http://HOST:4318"));
        let Ok(url) = outbound::address(text) else { return wrong("is not the address of an HTTP server") };
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return wrong("has a name or a password in it, which belong into otlp.headers");
        }
        if url.query().is_some() || text.contains('#') {
            return wrong("has more behind its path, to which /v1/traces is added");
        }
        Ok(Endpoint(text.trim_end_matches('/').to_owned()))
    }

    /// Where traces are sent.
    pub fn traces(&self) -> String {
        format!("{}/v1/traces", self.0)
    }
}

impl Headers {
    /// Reads `name=value,name=value`; what a value cannot hold as it is stands in it as `%2C`.
    ///
    /// Source: OpenTelemetry Specification, "Specifying headers via environment variables"; W3C Baggage §3.2.1.
    pub fn parse(text: &str) -> Result<Headers, String> {
        let mut headers = HeaderMap::new();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (number, entry) in (1..).zip(entries) {
            let wrong = || format!("has no NAME=VALUE as its entry {number}");
            let (name, value) = entry.split_once('=').ok_or_else(wrong)?;
            let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
            if OURS.contains(&name) {
                return Err(format!("has {name}, which is not to be chosen"));
            }
            let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Headers(headers))
    }

    /// As they are sent.
    pub fn map(&self) -> &HeaderMap {
        &self.0
    }
}

/// What says how the request itself is to be read.
const OURS: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_path_is_added_to_an_address() {
        for (text, traces) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("https://[::1]/", "https://[::1]/v1/traces"),
            ("https://example.org/otlp/", "https://example.org/otlp/v1/traces"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().traces(), traces);
        }
        for text in
            ["collector:4318", "grpc://h", "http://", "http://h:0", "http://h/?a=secret", "http://h/#a"]
        {
            let wrong = Endpoint::parse(text).unwrap_err();
            assert!(
                wrong.ends_with("write http://HOST:4318") && !wrong.contains("secret"),
                "{text}: {wrong}"
            );
        }
        assert!(Endpoint::parse("http://me:secret@h").unwrap_err().contains("otlp.headers"));
    }

    #[test]
    fn headers_are_a_list_whose_values_may_be_encoded() {
        let headers = Headers::parse(" api-key = s3cret ,x-b=a%2Cb%3D,,").unwrap();
        let of = |name: &str| headers.map().get(name).unwrap().to_str().unwrap();
        assert_eq!((headers.map().len(), of("api-key"), of("x-b")), (2, "s3cret", "a,b="));
        assert!(!format!("{headers:?}").contains("s3cret"));
        assert_eq!(Headers::parse("").unwrap(), Headers::default());
        for text in ["secret", "a=1,b c=secret", "=secret", "a=%0asecret", "a=%ffsecret", "Host=secret"] {
            let wrong = Headers::parse(text).unwrap_err();
            assert!(!wrong.contains("secret"), "{wrong}");
        }
    }
}
