//! Fields that several resources have, with errors that name them.

use std::time::{Duration, SystemTime};

use control::Scope;
use control::addresses;
use hub::StreamKey;
use ipnet::IpNet;

use crate::problem::Problem;

/// Streams by their pattern.
pub(super) fn scope(field: &str, pattern: &str) -> Result<Scope, Problem> {
    let wrong = || Problem::field(field, "is none of *, live/*, live/cam and */cam");
    Scope::from_pattern(pattern).ok_or_else(wrong)
}

/// One stream.
pub(super) fn stream(app: &str, stream: &str) -> Result<StreamKey, Problem> {
    let field = |field: &'static str| move |bad: hub::BadName| Problem::field(field, bad.to_string());
    StreamKey::new(app, "x").map_err(field("app"))?;
    StreamKey::new(app, stream).map_err(field("stream"))
}

/// A network, if there is one.
pub(super) fn network(text: Option<&str>) -> Result<Option<IpNet>, Problem> {
    let wrong =
        || Problem::field("network", "is no network such as 192.0.2.0/24 or 2001:db8::/32, and no address");
    text.map(|text| addresses::network(text).ok_or_else(wrong)).transpose()
}

/// So many seconds from now. A hundred years are for ever, and what is beyond could not be written down.
pub(super) fn from_now(field: &str, seconds: u64) -> Result<SystemTime, Problem> {
    let end = (seconds <= CENTURY).then(|| SystemTime::now() + Duration::from_secs(seconds));
    end.ok_or_else(|| Problem::field(field, "is more than a hundred years"))
}

/// An id as we give it, or a name that we have for one that scripts set; or it is of nothing.
pub(super) fn id(id: String, what: &str) -> Result<String, Problem> {
    let good = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if good { Ok(id) } else { Err(Problem::not_found(format!("no {what} has that id"))) }
}

/// In seconds.
const CENTURY: u64 = 100 * 366 * 24 * 3600;
