//! Single HTTP requests, as a test asks them: any status is an answer, nothing is followed.

use std::io::Read;
use std::time::Duration;

use ureq::http::{self, Method};

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A body that is still coming.
pub struct Stream {
    /// The status code.
    pub status: u16,
    /// The headers as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; reading fails when all of it takes more than two minutes.
    pub body: Box<dyn Read + Send>,
}

/// GETs `url`. Panics when there is no answer.
#[track_caller]
pub fn get(url: &str) -> Response {
    request("GET", url)
}

/// Sends a `method` request to `url`. Panics when there is no answer.
#[track_caller]
pub fn request(method: &str, url: &str) -> Response {
    ask(method, url).and_then(whole).unwrap_or_else(|err| panic!("{method} {url}: {err}"))
}

/// Sends a `method` request with `headers` and `body` to `url`. Panics when there is no answer.
#[track_caller]
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = request.body(body.to_owned()).map_err(ureq::Error::from);
    let answer = sent.and_then(|request| agent().run(request)).and_then(whole);
    answer.unwrap_or_else(|err| panic!("{method} {url}: {err}"))
}

/// GETs `url`, of which the body is read by the caller as it comes. Panics when there is no answer.
#[track_caller]
pub fn open(url: &str) -> Stream {
    let response = ask("GET", url).unwrap_or_else(|err| panic!("GET {url}: {err}"));
    let (head, body) = response.into_parts();
    Stream { status: head.status.as_u16(), headers: headers(&head), body: Box::new(body.into_reader()) }
}

/// GETs `url`; the error says why there is no answer.
pub fn try_get(url: &str) -> Result<Response, String> {
    ask("GET", url).and_then(whole).map_err(|err| err.to_string())
}

impl Response {
    /// The values of the header `name` (lower case), in order.
    pub fn header(&self, name: &str) -> Vec<&str> {
        values(&self.headers, name)
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Stream {
    /// The values of the header `name` (lower case), in order.
    pub fn header(&self, name: &str) -> Vec<&str> {
        values(&self.headers, name)
    }
}

fn ask(method: &str, url: &str) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let method = Method::from_bytes(method.as_bytes()).map_err(http::Error::from)?;
    agent().run(http::Request::builder().method(method).uri(url).body(())?)
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(LIMIT))
        .timeout_recv_response(Some(LIMIT))
        .timeout_recv_body(Some(BODY_LIMIT))
        .allow_non_standard_methods(true)
        .build();
    config.new_agent()
}

fn whole(response: http::Response<ureq::Body>) -> Result<Response, ureq::Error> {
    let (head, mut body) = response.into_parts();
    let body = body.with_config().limit(MAX_BODY).read_to_vec()?;
    Ok(Response { status: head.status.as_u16(), headers: headers(&head), body })
}

fn headers(head: &http::response::Parts) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn values<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

/// To connect, and to the answer's first byte; a live stream that waits for its publisher takes a while to answer.
const LIMIT: Duration = Duration::from_secs(60);
const BODY_LIMIT: Duration = Duration::from_secs(120);
const MAX_BODY: u64 = 64 << 20;
