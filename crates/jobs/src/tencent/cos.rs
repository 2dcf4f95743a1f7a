//! COS beside its objects, which are had as those of any other storage: making a bucket, and who may read it. Source: COS API, PUT Bucket, PUT Bucket policy,
//! PUT Bucket cors.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use control::outbound::{Client, Limits};
use http_body_util::Full;
use hyper::http::uri::Uri;
use hyper::{Method, Request, header};
use md5::{Digest as _, Md5};
use serde_json::json;

use super::error::Error;
use super::sign::{self, Credentials};
use crate::storage::Bucket;

/// A bucket, by who may change it.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    pub(super) client: &'a Client,
    pub(super) credentials: &'a Credentials,
    /// Where it is.
    pub(super) bucket: Bucket,
}

impl Setup<'_> {
    /// Makes it, for nobody else to read.
    pub(super) async fn make(&self) -> Result<(), Error> {
        match self.put("making the bucket", None, "application/xml", Bytes::new()).await {
            // An earlier try has got that far.
            Err(Error::Bucket { code, .. }) if code == "BucketAlreadyOwnedByYou" => Ok(()),
            made => made,
        }
    }

    /// Lets anybody read objects whose names they know, and nobody list them.
    pub(super) async fn let_read(&self, app_id: &str) -> Result<(), Error> {
        let Bucket { name, region, .. } = &self.bucket;
        let policy = json!({
            "version": "2.0",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"qcs": ["qcs::cam::anyone:anyone"]},
                "Action": ["name/cos:GetObject", "name/cos:HeadObject", "name/cos:OptionsObject"],
                "Resource": [format!("qcs::cos:{region}:uid/{app_id}:{name}/*")],
            }],
        });
        let policy = policy.to_string().into();
        self.put("letting anybody read the bucket", Some("policy"), "application/json", policy).await
    }

    /// Lets pages of others ask.
    pub(super) async fn let_pages_ask(&self) -> Result<(), Error> {
        let list = |name: &str, values: &[&str]| -> String {
            values.iter().map(|value| format!("<{name}>{value}</{name}>")).collect()
        };
        let rule = [
            list("AllowedOrigin", &["*"]),
            list("AllowedMethod", &["GET", "POST", "PUT", "DELETE", "HEAD"]),
            list("AllowedHeader", &["*"]),
            list("ExposeHeader", &["ETag", "Content-Length", "X-Cos-Request-Id"]),
        ];
        let rules = format!("<CORSConfiguration><CORSRule>{}</CORSRule></CORSConfiguration>", rule.concat());
        self.put("letting pages ask the bucket", Some("cors"), "application/xml", rules.into()).await
    }

    async fn put(
        &self,
        what: &'static str,
        part: Option<&str>,
        kind: &str,
        body: Bytes,
    ) -> Result<(), Error> {
        let bad = |reason: &str| Error::Address { what, reason: reason.to_owned() };
        let (root, path) = self.bucket.root().ok_or_else(|| bad("the address of COS is none"))?;
        let query = part.map_or(String::new(), |part| format!("?{part}"));
        let url: Uri =
            format!("{root}{path}{query}").parse().map_err(|_| bad("the bucket has no address"))?;
        let host = url.authority().ok_or_else(|| bad("the bucket has no host"))?.as_str().to_owned();
        let digest = BASE64_STANDARD.encode(Md5::digest(&body));
        let mut headers = vec![("content-md5", digest.as_str()), ("content-type", kind), ("host", &host)];
        if part.is_none() {
            headers.push(("x-cos-acl", "private"));
        }
        let queried: Vec<_> = part.map(|part| (part, "")).into_iter().collect();
        let signed = sign::Cos { method: "put", path: &path, query: &queried, headers: &headers };
        let authorization = signed.authorization(self.credentials, SystemTime::now(), HOLDS);
        let mut request = Request::builder().method(Method::PUT).header(header::AUTHORIZATION, authorization);
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(*name, *value);
        }
        let request = request.uri(url).body(Full::new(body)).map_err(|_| Error::Incomplete)?;
        let sent = self.client.send(request, LIMITS).await;
        let answer = sent.map_err(|source| Error::Unreachable { action: what, source })?;
        if answer.status().is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(answer.body());
        let between = |name: &str| -> Option<String> {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            let (within, _) = rest.split_once('<')?;
            Some(within.chars().take(LONGEST).collect())
        };
        let (code, message) = (between("Code"), between("Message"));
        let status = answer.status().as_u16();
        Err(Error::Bucket {
            what,
            status,
            code: code.unwrap_or_default(),
            message: message.unwrap_or_default(),
        })
    }
}

const LIMITS: Limits = Limits { time: Duration::from_secs(20), bytes: 64 << 10 };
/// How long a signature holds: clocks differ.
const HOLDS: Duration = Duration::from_secs(900);
/// Characters of what somebody else says.
const LONGEST: usize = 300;
