//! What is ordered.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// An order for one certificate. It is kept, for renewals repeat it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    domains: Vec<String>,
    /// Where the authority writes when something is wrong with the certificate.
    pub email: Option<String>,
    /// For a trial: browsers do not accept what comes.
    pub staging: bool,
    /// Ask the authority at once, without looking whether the names lead here: where only others see the right addresses.
    #[serde(default)]
    pub unchecked: bool,
}

/// What is wrong with an order before anybody is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadOrder {
    /// Not one.
    #[error("name at least one host, such as live.example.com")]
    NoDomain,
    /// More than authorities put into one certificate.
    #[error("{count} names are more than the {MOST} that one certificate may have")]
    TooMany {
        /// Different names.
        count: usize,
    },
    /// Not the name of a host.
    #[error(
        "{text:?} is not the name of a host: write it as live.example.com, without http:// and without a path or port"
    )]
    NotAName {
        /// As it was given.
        text: String,
    },
    /// Authorities give none for those by HTTP.
    #[error("{text} is an address; certificates are for names, such as live.example.com")]
    Address {
        /// As it was given.
        text: String,
    },
    /// Those take a proof in the DNS.
    #[error(
        "{text}: a certificate for all names below another takes a proof in the DNS, which this server cannot give; list the names one by one"
    )]
    Wildcard {
        /// As it was given.
        text: String,
    },
    /// Letters that are not in the DNS.
    #[error(
        "{text} has letters that names in the DNS do not have; write it in its other spelling, which begins with xn--"
    )]
    International {
        /// As it was given.
        text: String,
    },
    /// Not an e-mail address.
    #[error("{text:?} is not an e-mail address")]
    Email {
        /// As it was given.
        text: String,
    },
}

impl Order {
    /// For `domains`, in any case and any number of times each.
    pub fn new<'a>(
        domains: impl IntoIterator<Item = &'a str>,
        email: Option<&str>,
    ) -> Result<Order, BadOrder> {
        let mut all: Vec<String> = Vec::new();
        for text in domains {
            let domain = domain(text.trim())?;
            if !all.contains(&domain) {
                all.push(domain);
            }
            // Whoever sends a million is told so before they are all compared.
            if all.len() > 10 * MOST {
                break;
            }
        }
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        if let Some(email) = email
            && !is_email(email)
        {
            return Err(BadOrder::Email { text: shown(email) });
        }
        match all.len() {
            0 => Err(BadOrder::NoDomain),
            1..=MOST => {
                Ok(Order { domains: all, email: email.map(str::to_owned), staging: false, unchecked: false })
            }
            count => Err(BadOrder::TooMany { count }),
        }
    }

    /// The names, in lower case.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }
}

fn domain(text: &str) -> Result<String, BadOrder> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(BadOrder::Address { text: shown(text) });
    }
    if name.starts_with("*.") {
        return Err(BadOrder::Wildcard { text: shown(text) });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        return Ok(name);
    }
    if !name.is_ascii() && !name.contains(['/', ':', ' ']) {
        return Err(BadOrder::International { text: shown(text) });
    }
    Err(BadOrder::NotAName { text: shown(text) })
}

fn is_email(text: &str) -> bool {
    let graphic =
        text.len() <= 254 && text.bytes().all(|byte| byte.is_ascii_graphic() && !b",;<>\"?".contains(&byte));
    graphic && text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && domain(host).is_ok())
}

fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Of Let's Encrypt.
const MOST: usize = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_told_from_what_people_paste() {
        let order = Order::new(
            [" Live.Example.com", "live.example.com.", "xn--bcher-kva.example"],
            Some(" a@b.example "),
        )
        .unwrap();
        assert_eq!(order.domains(), ["live.example.com", "xn--bcher-kva.example"]);
        assert_eq!(order.email.as_deref(), Some("a@b.example"));
        let wrong = |text: &str| Order::new([text], None).unwrap_err();
        for text in
            ["https://a.example/", "a.example:80", "a b", "-a.example", "a..example", "", "a_b.example"]
        {
            assert!(matches!(wrong(text), BadOrder::NotAName { .. }), "{text}");
        }
        assert!(matches!(wrong("10.1.2.3"), BadOrder::Address { .. }));
        assert!(matches!(wrong("[::1]"), BadOrder::Address { .. }));
        assert!(matches!(wrong("*.a.example"), BadOrder::Wildcard { .. }));
        assert!(matches!(wrong("bücher.example"), BadOrder::International { .. }));
        assert_eq!(Order::new([], None), Err(BadOrder::NoDomain));
        for email in ["a", "@b.example", "a@", "a b@c.example", "a@b.example,c@d.example"] {
            assert!(matches!(Order::new(["a.example"], Some(email)), Err(BadOrder::Email { .. })), "{email}");
        }
        let many: Vec<String> = (0..101).map(|n| format!("h{n}.example")).collect();
        assert_eq!(Order::new(many.iter().map(String::as_str), None), Err(BadOrder::TooMany { count: 101 }));
    }
}
