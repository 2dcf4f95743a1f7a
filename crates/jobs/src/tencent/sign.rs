//! How requests to Tencent's clouds are signed: those of API 3.0 with SHA-256, and those of COS that S3 has no words for with SHA-1. Pure.
//!
//! Source: Tencent Cloud, "Signature v3" (TC3-HMAC-SHA256); COS, "Request Signature".

use std::fmt;
use std::time::{Duration, SystemTime};

use control::moment;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A name and its secret. `Debug` hides both.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    /// `AKID…`.
    pub(super) id: String,
    /// The secret that nobody is told.
    pub(super) key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// A POST of `body` as JSON to the API of `service` at `host`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Post<'a> {
    pub(super) service: &'a str,
    /// As the header has it, with its port.
    pub(super) host: &'a str,
    pub(super) action: &'a str,
    pub(super) body: &'a [u8],
}

impl Post<'_> {
    /// The header `Authorization` of it.
    pub(super) fn authorization(&self, credentials: &Credentials, now: SystemTime) -> String {
        let (time, day) = (seconds(now), moment::day(now));
        let action = self.action.to_lowercase();
        let headers = format!("content-type:{JSON}\nhost:{}\nx-tc-action:{action}\n", self.host);
        let request = format!("POST\n/\n\n{headers}\n{SIGNED}\n{}", hex(&Sha256::digest(self.body)));
        let scope = format!("{day}/{}/{TERMINATOR}", self.service);
        let digest = hex(&Sha256::digest(request.as_bytes()));
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{digest}");
        let key = [day.as_str(), self.service, TERMINATOR]
            .iter()
            .fold(format!("TC3{}", credentials.key).into_bytes(), |key, part| sha256(&key, part));
        let signature = hex(&sha256(&key, &text));
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={SIGNED}, Signature={signature}",
            credentials.id
        )
    }
}

/// A request to COS in its own dialect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cos<'a> {
    /// In lower case.
    pub(super) method: &'a str,
    /// Without escapes.
    pub(super) path: &'a str,
    /// Names in lower case, in the order of names; the same of headers.
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: &'a [(&'a str, &'a str)],
}

impl Cos<'_> {
    /// The header `Authorization` of it, which holds from `now` on for so long.
    pub(super) fn authorization(
        &self,
        credentials: &Credentials,
        now: SystemTime,
        holds: Duration,
    ) -> String {
        let time = format!("{};{}", seconds(now), seconds(now + holds));
        let key = hex(&with_sha1(credentials.key.as_bytes(), &time));
        let (queried, query) = listed(self.query);
        let (named, headers) = listed(self.headers);
        let request = format!("{}\n{}\n{query}\n{headers}\n", self.method, self.path);
        let text = format!("sha1\n{time}\n{}\n", hex(&Sha1::digest(request.as_bytes())));
        let signature = hex(&with_sha1(key.as_bytes(), &text));
        format!(
            "q-sign-algorithm=sha1&q-ak={}&q-sign-time={time}&q-key-time={time}&q-header-list={named}\
             &q-url-param-list={queried}&q-signature={signature}",
            credentials.id
        )
    }
}

/// The names of pairs, and the pairs, as COS signs them.
fn listed(pairs: &[(&str, &str)]) -> (String, String) {
    let names: Vec<_> = pairs.iter().map(|(name, _)| *name).collect();
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    (names.join(";"), pairs.join("&"))
}

/// All but letters, digits and `-_.~` as `%XX`.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    hmac.update(text.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}

fn with_sha1(key: &[u8], text: &str) -> Vec<u8> {
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    hmac.update(text.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}

/// As headers have a moment.
pub(super) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The type of a body of API 3.0, which is signed.
pub(super) const JSON: &str = "application/json; charset=utf-8";
const SIGNED: &str = "content-type;host;x-tc-action";
const ALGORITHM: &str = "TC3-HMAC-SHA256";
const TERMINATOR: &str = "tc3_request";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// The example of the vendor's page "Signature v3".
    #[test]
    fn the_vendor_s_example_of_api_3_is_signed_as_there() {
        let credentials = Credentials {
            id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******".to_owned(),
            key: "Gu5t9xGARNpq86cd98joQYCN3*******".to_owned(),
        };
        let body =
            br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let post =
            Post { service: "cvm", host: "cvm.tencentcloudapi.com", action: "DescribeInstances", body };
        assert_eq!(
            post.authorization(&credentials, at(1_551_113_065)),
            "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, \
             SignedHeaders=content-type;host;x-tc-action, \
             Signature=be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"
        );
        assert!(!format!("{credentials:?}").contains("Gu5t"));
    }

    /// The example of an upload of COS's page "Request Signature".
    #[test]
    fn the_vendor_s_example_of_cos_is_signed_as_there() {
        let credentials = Credentials {
            id: "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q".to_owned(),
            key: "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz".to_owned(),
        };
        let headers = [
            ("content-length", "13"),
            ("content-md5", "mQ/fVh815F3k6TAUm8m0eg=="),
            ("content-type", "text/plain"),
            ("date", "Thu, 16 May 2019 06:45:51 GMT"),
            ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
            ("x-cos-acl", "private"),
            ("x-cos-grant-read", "uin=\"100000000011\""),
        ];
        let put = Cos { method: "put", path: "/exampleobject(腾讯云)", query: &[], headers: &headers };
        assert_eq!(
            put.authorization(&credentials, at(1_557_989_151), Duration::from_secs(7_200)),
            "q-sign-algorithm=sha1&q-ak=AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q&q-sign-time=1557989151;1557996351&q-key-time=1557989151;\
             1557996351&q-header-list=content-length;content-md5;content-type;date;host;x-cos-acl;x-cos-grant-read&q-url-param-list=&\
             q-signature=3b8851a11a569213c17ba8fa7dcf2abec6935172"
        );
    }
}
