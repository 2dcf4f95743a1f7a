//! What an answer means.

use serde_json::Value;

use super::target::Dialect;
use crate::outbound::{Answer, Error};

/// What a receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has heard; of a publisher, it may.
    Yes,
    /// No, and it means it: to try again changes nothing.
    No(String),
    /// Nothing that can be understood; why. Trying again may help.
    Nothing(String),
}

impl Verdict {
    /// Of the answer to a question.
    pub(super) fn of_question(dialect: &Dialect, answer: &Result<Answer, Error>) -> Verdict {
        match answer {
            Err(error) => Verdict::Nothing(error.to_string()),
            Ok(answer) => said(dialect, answer),
        }
    }

    /// Of the answer to being told. What the body says matters to Oryx alone.
    pub(super) fn of_telling(dialect: &Dialect, answer: &Result<Answer, Error>) -> Verdict {
        match (dialect, answer) {
            (Dialect::Sluice { .. }, Ok(Answer { status: 200..300, .. })) => Verdict::Yes,
            // It would be the same again.
            (Dialect::Sluice { .. }, Ok(Answer { status: status @ 300..400, .. })) => {
                Verdict::No(format!("status {status}"))
            }
            (_, Err(error @ (Error::TooLarge { .. } | Error::Address | Error::Port))) => {
                Verdict::No(error.to_string())
            }
            _ => Verdict::of_question(dialect, answer),
        }
    }
}

fn said(dialect: &Dialect, answer: &Answer) -> Verdict {
    let Answer { status, body } = answer;
    let understood = match (dialect, status) {
        (Dialect::Sluice { .. }, 200..300) if body.trim_ascii().is_empty() => Some(0),
        // A body that says something else than a code may well say no.
        (Dialect::Sluice { .. }, 200..300) => code(body.trim_ascii(), None),
        (Dialect::Oryx { .. }, 200) => code(body, Some(0)),
        // Too early, too many, too slow: it has not looked at what it was asked.
        (_, 400..500) if ![408, 425, 429].contains(status) => {
            return Verdict::No(format!("status {status}"));
        }
        _ => return Verdict::Nothing(format!("status {status}")),
    };
    match understood {
        Some(0) => Verdict::Yes,
        Some(code) => Verdict::No(format!("code {code}")),
        None => Verdict::Nothing("neither 0 nor JSON with a code".to_owned()),
    }
}

/// The code of an answer: `0` as a whole, or `code` of a JSON object, where it is `absent` if it is not there. As Go reads it: keys in
/// any case, and `null` is nothing.
fn code(body: &[u8], absent: Option<i64>) -> Option<i64> {
    if let Some(code) = std::str::from_utf8(body).ok().and_then(|text| text.parse().ok()) {
        return Some(code);
    }
    let object = match serde_json::from_slice(body).ok()? {
        Value::Object(object) => object,
        Value::Null => return absent,
        _ => return None,
    };
    let exact = object.get("code");
    let found = exact
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case("code")).map(|(_, value)| value));
    match found {
        None | Some(Value::Null) => absent,
        Some(value) => value.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;

    use super::*;
    use crate::key::Key;

    fn answer(status: u16, body: &'static str) -> Result<Answer, Error> {
        Ok(Answer { status, body: Bytes::from_static(body.as_bytes()) })
    }

    fn letter(verdict: &Verdict) -> char {
        match verdict {
            Verdict::Yes => 'y',
            Verdict::No(_) => 'n',
            Verdict::Nothing(_) => '?',
        }
    }

    /// What Oryx's rule and ours make of a question's answer.
    fn both(status: u16, body: &'static str) -> String {
        let oryx = Dialect::Oryx { opaque: String::new(), host: String::new() };
        let ours = Dialect::Sluice { secret: Key::new("0123456789").unwrap(), previous: None };
        [oryx, ours]
            .iter()
            .map(|dialect| letter(&Verdict::of_question(dialect, &answer(status, body))))
            .collect()
    }

    #[test]
    fn oryx_admits_by_status_200_and_code_0_and_we_by_any_success() {
        for (status, body, verdicts) in [
            (200, "0", "yy"),
            (200, "0\n", "?y"),
            (200, "1", "nn"),
            (200, r#"{"code":0}"#, "yy"),
            (200, " {\"code\":0,\"data\":null}\n", "yy"),
            (200, "{}", "y?"),
            (200, r#"{"allow":false}"#, "y?"),
            (200, r#"{"data":{"code":1}}"#, "y?"),
            (200, "null", "y?"),
            (200, r#"{"code":null}"#, "y?"),
            (200, r#"{"code":1}"#, "nn"),
            (200, r#"{"Code":1}"#, "nn"),
            (200, r#"{"code":-1,"msg":"no"}"#, "nn"),
            (200, r#"{"code":"0"}"#, "??"),
            (200, r#"{"code":0.5}"#, "??"),
            (200, "", "?y"),
            (200, "ok", "??"),
            (200, "<html>", "??"),
            (200, "[0]", "??"),
            (200, r#"{"code":0"#, "??"),
            (201, r#"{"code":0}"#, "?y"),
            (204, "", "?y"),
            (302, "0", "??"),
            (401, "0", "nn"),
            (403, "", "nn"),
            (404, "", "nn"),
            (429, "0", "??"),
            (500, r#"{"code":0}"#, "??"),
            (503, "", "??"),
        ] {
            assert_eq!(both(status, body), verdicts, "{status} {body}");
        }
    }

    #[test]
    fn who_is_told_has_heard_whatever_it_says() {
        let ours = Dialect::Sluice { secret: Key::new("0123456789").unwrap(), previous: None };
        let told = |answer| letter(&Verdict::of_telling(&ours, &answer));
        assert_eq!(told(answer(200, "thank you")), 'y');
        assert_eq!(told(answer(202, r#"{"code":1}"#)), 'y');
        assert_eq!([told(answer(410, "")), told(answer(308, ""))], ['n'; 2]);
        assert_eq!(told(answer(500, "")), '?');
        assert_eq!(told(Err(Error::TooLarge { limit: 1 })), 'n');
        assert_eq!([told(Err(Error::Address)), told(Err(Error::Port))], ['n'; 2]);
        assert_eq!(told(Err(Error::Timeout { limit: std::time::Duration::ZERO })), '?');
        let question = Verdict::of_question(&ours, &Err(Error::TooLarge { limit: 1 }));
        assert_eq!(letter(&question), '?', "it is no answer to a question");
    }
}
