//! Tencent's API 3.0: a POST of JSON, signed, and an answer that says in JSON what went wrong. Source: Tencent Cloud, "Request Structure", "Responses".

use std::time::{Duration, SystemTime};

use control::outbound::{Client, Limits};
use http_body_util::Full;
use hyper::http::uri::Uri;
use hyper::{Method, Request, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Error;
use super::sign::{self, Credentials, JSON, Post};

/// One of the services behind the API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// As the host begins with it, and as requests are signed for it.
    name: &'static str,
    version: &'static str,
}

/// Who has the account.
pub(super) const CAM: Service = Service { name: "cam", version: "2019-01-16" };
/// Video on demand.
pub(super) const VOD: Service = Service { name: "vod", version: "2018-07-17" };

/// The API with somebody's credentials. A handle.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub(super) client: Client,
    /// Where it is, with `{service}` in the place of a service's name.
    pub(super) base: String,
    pub(super) credentials: Credentials,
}

impl Api {
    /// Asks `service` for `action`, and reads what the answer has to have.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        service: Service,
        action: &'static str,
        asked: &impl Serialize,
    ) -> Result<T, Error> {
        let unreachable = |source| Error::Unreachable { action, source };
        let address = self.base.replace("{service}", service.name);
        let bad = |reason: &str| Error::Address { what: "the address of the API", reason: reason.to_owned() };
        let url: Uri = address.parse().map_err(|_| bad("is none"))?;
        let host = url.authority().ok_or_else(|| bad("has no host"))?.as_str().to_owned();
        let body = serde_json::to_vec(asked).map_err(|err| bad(&err.to_string()))?;
        let now = SystemTime::now();
        let post = Post { service: service.name, host: &host, action, body: &body };
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, JSON)
            .header(header::AUTHORIZATION, post.authorization(&self.credentials, now))
            .header("x-tc-action", action)
            .header("x-tc-version", service.version)
            .header("x-tc-timestamp", sign::seconds(now))
            .body(Full::new(body.into()))
            // The name in the credentials may be anything.
            .map_err(|_| Error::Incomplete)?;
        let answer = self.client.send(request, LIMITS).await.map_err(unreachable)?;
        let nonsense = |lacks| Error::Nonsense { action, lacks };
        let body: Value = serde_json::from_slice(answer.body()).map_err(|_| nonsense("JSON"))?;
        let response = body.get("Response").ok_or_else(|| nonsense("response"))?;
        if let Some(error) = response.get("Error") {
            let text = |name: &str| error[name].as_str().unwrap_or_default().chars().take(LONGEST).collect();
            return Err(Error::Refused { action, code: text("Code"), message: text("Message") });
        }
        T::deserialize(response).map_err(|_| nonsense("what was asked for"))
    }
}

const LIMITS: Limits = Limits { time: Duration::from_secs(15), bytes: 4 << 20 };
/// Characters of what somebody else says.
const LONGEST: usize = 400;
