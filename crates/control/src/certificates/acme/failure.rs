//! Why there is no certificate, in words for people who have never ordered one, with what to do about it.

use std::time::SystemTime;

use instant_acme::{Error, Problem};

use super::client::Refusal;
use crate::{moment, outbound};

/// Why an order came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// Which kind, for programs: one of the `…` constants below.
    pub code: &'static str,
    /// What is wrong and what to do, in sentences.
    pub text: String,
    /// The authority does not want to be asked before.
    pub retry_at: Option<SystemTime>,
    /// Whether the same may go well in a minute.
    pub(crate) passing: bool,
}

impl Failure {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Failure {
        Failure { code, text: text.into(), retry_at: None, passing: false }
    }

    /// What went wrong on the way to the authority, or what it has said about the whole order.
    pub(super) fn of(error: &Error, refusal: &Refusal) -> Failure {
        let last = refusal.last();
        let retry_at = last.and_then(|(_, retry_at)| retry_at);
        match error {
            Error::Api(problem) => Failure { retry_at, ..Failure::said(problem, None, retry_at) },
            Error::Other(inner) if inner.to_string().contains("invalid peer certificate") => Failure::new(
                AUTHORITY_UNREACHABLE,
                format!(
                    "Whoever answers at the authority's address is not believed to be the authority ({inner}). For an authority of one's own, \
                     name its root in acme.roots; otherwise something on the way interferes, or the clock of this machine is wrong."
                ),
            ),
            Error::Other(inner) if inner.is::<outbound::Error>() => Failure {
                passing: true,
                ..Failure::new(
                    AUTHORITY_UNREACHABLE,
                    format!(
                        "The authority cannot be reached ({inner}). Check that this machine gets to the internet (DNS, firewall, proxy), \
                         and try again."
                    ),
                )
            },
            Error::Timeout(_) => Failure {
                passing: true,
                ..Failure::new(
                    AUTHORITY,
                    "The authority takes longer than usual. Try again in a few minutes.",
                )
            },
            other => {
                let status = last.map_or(String::new(), |(status, _)| format!("status {status}, "));
                Failure {
                    passing: last.is_some_and(|(status, _)| status >= 500),
                    retry_at,
                    ..Failure::new(
                        AUTHORITY,
                        format!(
                            "The authority's answer is not what it should be ({status}{other}). Try again later."
                        ),
                    )
                }
            }
        }
    }

    /// What the authority has said, about `place` if it is about one name.
    pub(super) fn said(
        problem: &Problem,
        place: Option<&Place<'_>>,
        retry_at: Option<SystemTime>,
    ) -> Failure {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let kind = kind.strip_prefix("urn:ietf:params:acme:error:").unwrap_or(kind);
        let details = problem.subproblems.iter().filter_map(|sub| sub.detail.as_deref());
        let details: Vec<&str> = problem.detail.as_deref().into_iter().chain(details).collect();
        let detail: String = details.join("; ").chars().take(SHOWN).collect();
        // Some do not tell a name that is not found from one that does not answer.
        let unresolved = ["could not resolve", "no such host"].iter().any(|words| detail.contains(words));
        let kind = if kind == "connection" && unresolved { "dns" } else { kind };
        let domain = place.map_or("one of the names", |place| place.domain);
        let port = place.map_or(80, |place| place.port);
        let here = place.map_or("this server", |place| place.here);
        let (code, text) = match kind {
            "dns" => (
                NAME_NOT_FOUND,
                format!(
                    "The authority does not find {domain} in the DNS. Make an A record (for IPv6 an AAAA record) for it that leads to {here}, \
                     wait until it is known everywhere, which may take an hour, and try again."
                ),
            ),
            "connection" => (
                UNREACHABLE,
                format!(
                    "The authority cannot reach http://{domain}/ on port {port}. {} Also check that the name leads to {here}, with no \
                     old AAAA record beside it.",
                    port_advice(port)
                ),
            ),
            "unauthorized" | "incorrectResponse" => (
                WRONG_SERVER,
                format!(
                    "Somebody else than this server answers at http://{domain}/ on port {port}: the name leads to another machine, or another \
                     program has that port. Let the name lead to {here}. {}",
                    port_advice(port)
                ),
            ),
            "rateLimited" => {
                let when = retry_at.map_or("The authority's text says when it can be tried again".to_owned(), |at| {
                    format!("It can be tried again after {}", moment::minutes(at))
                });
                (
                    RATE_LIMITED,
                    format!(
                        "The authority has had too many orders or failures for these names and takes no more for now. {when}. For trials, \
                         order from its staging directory, whose limits are far higher."
                    ),
                )
            }
            "caa" => (
                "caa",
                format!(
                    "A CAA record of {domain} in the DNS allows other authorities only. Add one for this authority (for Let's Encrypt: \
                     0 issue \"letsencrypt.org\") or remove it."
                ),
            ),
            "rejectedIdentifier" | "unsupportedIdentifier" => {
                (REFUSED, format!("The authority gives no certificate for {domain}: is it a name that everybody can look up?"))
            }
            "invalidContact" | "unsupportedContact" => {
                (REFUSED, "The authority does not take the e-mail address. Give another, or none.".to_owned())
            }
            "externalAccountRequired" => (
                REFUSED,
                "The authority wants an account that was made with it before, which this server cannot use. Choose another authority."
                    .to_owned(),
            ),
            "userActionRequired" => (REFUSED, "The authority wants something done by hand; its text says what.".to_owned()),
            "badNonce" | "serverInternal" => (AUTHORITY, "The authority has trouble of its own. Try again later.".to_owned()),
            _ => (REFUSED, "The authority says no.".to_owned()),
        };
        let text = if detail.is_empty() { text } else { format!("{text} (The authority says: {detail})") };
        Failure { code, text, retry_at, passing: matches!(kind, "badNonce" | "serverInternal") }
    }
}

/// Which name, where it is asked for, and where it should lead.
pub(super) struct Place<'a> {
    pub(super) domain: &'a str,
    pub(super) port: u16,
    /// The addresses of this server, as people read them.
    pub(super) here: &'a str,
}

/// How the port that the authority asks at gets to this server.
pub(super) fn port_advice(port: u16) -> String {
    format!(
        "Port {port} has to lead to this server: let it listen there (http.second_listen = \":{port}\"), or have the router, the container or the \
         proxy in front pass that port on to its HTTP port; and open it in the firewall."
    )
}

/// The name is not in the DNS.
pub const NAME_NOT_FOUND: &str = "name_not_found";
/// Nobody answers at the name.
pub const UNREACHABLE: &str = "unreachable";
/// Somebody else answers at the name.
pub const WRONG_SERVER: &str = "wrong_server";
/// Too many orders.
pub const RATE_LIMITED: &str = "rate_limited";
/// The authority is not to be reached.
pub const AUTHORITY_UNREACHABLE: &str = "authority_unreachable";
/// The authority has trouble.
pub const AUTHORITY: &str = "authority";
/// The authority does not want to.
pub const REFUSED: &str = "refused";
/// What has come cannot be used or kept.
pub const UNUSABLE: &str = "unusable";

/// Characters of what an authority says.
const SHOWN: usize = 600;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn said(kind: &str, retry_at: Option<SystemTime>) -> Failure {
        let json =
            format!(r#"{{"type":"urn:ietf:params:acme:error:{kind}","detail":"in its words","status":400}}"#);
        let place = Place { domain: "a.example", port: 80, here: "10.1.2.3" };
        Failure::said(&serde_json::from_str(&json).unwrap(), Some(&place), retry_at)
    }

    #[test]
    fn what_authorities_say_is_said_with_what_to_do() {
        for (kind, code, words) in [
            ("dns", NAME_NOT_FOUND, &["a.example", "A record", "10.1.2.3"][..]),
            ("connection", UNREACHABLE, &["http://a.example/", "port 80", "http.second_listen"]),
            ("unauthorized", WRONG_SERVER, &["Somebody else", "10.1.2.3"]),
            ("caa", "caa", &["CAA"]),
            ("rejectedIdentifier", REFUSED, &["a.example"]),
            ("invalidContact", REFUSED, &["e-mail"]),
            ("something new", REFUSED, &["says no"]),
        ] {
            let failure = said(kind, None);
            assert_eq!(failure.code, code);
            assert!(!failure.passing, "{kind}");
            for word in words.iter().chain(&["in its words"]) {
                assert!(failure.text.contains(word), "{kind}: {}", failure.text);
            }
        }
        assert!(said("badNonce", None).passing);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let limited = said("rateLimited", Some(at));
        assert_eq!((limited.code, limited.retry_at), (RATE_LIMITED, Some(at)));
        assert!(
            limited.text.contains("2027-01-15 08:00 UTC") && limited.text.contains("staging"),
            "{}",
            limited.text
        );
    }
}
