//! Requests that hold only if something has changed.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use control::secret::Fingerprint;
use serde::Serialize;

use crate::problem::Problem;

/// The entity tag of what looks like `view`.
pub(crate) fn tag(view: &impl Serialize) -> HeaderValue {
    let text = serde_json::to_string(view).unwrap_or_default();
    let digits = Fingerprint::of(&text);
    HeaderValue::try_from(format!("\"{}\"", &digits.as_str()[..32])).expect("hexadecimal digits")
}

/// Errs when `expected`, an `If-Match`, names other content than that with the entity tag `tag`: RFC 9110 §13.1.1.
pub(crate) fn agrees(expected: Option<&HeaderValue>, tag: &HeaderValue) -> Result<(), Problem> {
    let named = |expected: &HeaderValue| {
        let mut tags = expected.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        tags.any(|known| known == b"*" || known == tag.as_bytes())
    };
    if expected.is_none_or(named) {
        return Ok(());
    }
    let title = "Somebody else has changed it meanwhile";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", title)
        .detail("read it again and repeat the change"))
}

/// Whether who asks has the content with the entity tag `tag` (with its quotes) already: RFC 9110 §13.1.2.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // Our tags have no commas.
    let mut known = known.flat_map(|list| list.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_of_those_named_is_enough() {
        let known = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            is_known(&headers, "\"ab\"")
        };
        for values in [&["\"ab\""][..], &["*"], &["W/\"ab\""], &["\"x\" ,\"ab\""], &["\"x\"", "\"ab\""]] {
            assert!(known(values), "{values:?}");
        }
        for values in [&[][..], &["ab"], &["\"abc\""], &["\"x\", W/\"y\""], &[""]] {
            assert!(!known(values), "{values:?}");
        }
    }
}
