//! Requests that hold only if something has changed.

use axum::http::{HeaderMap, header};

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
