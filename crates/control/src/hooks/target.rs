//! Who is told, of what, and how.

use std::fmt;
use std::time::{Duration, SystemTime};

use hub::StreamKey;
use serde::{Deserialize, Serialize};

use super::event::Kind;
use crate::entry::{Error, good_label};
use crate::key::Key;
use crate::outbound;
use crate::scope::Scope;

/// A receiver of events: somebody's own HTTP server. Only admins set it, for the server asks whatever address it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Whose it is, or what for.
    pub label: String,
    /// Where it is: `https://host/path`.
    pub url: Url,
    /// What it is told of; empty: of everything.
    pub events: Vec<Kind>,
    /// The streams that it is told of; empty: of all.
    pub streams: Vec<Scope>,
    /// Its answer decides who may publish. Where it does not, it is told of publishers as of anything else.
    pub ask: Option<Ask>,
    /// Seconds that one try to tell it may take, from the look-up of its name to the last byte of its answer.
    pub timeout: u64,
    /// How often it is tried to tell it one event.
    pub attempts: u32,
    /// Somebody has to vouch for its certificate.
    pub verify_tls: bool,
    /// It is neither told nor asked for now.
    pub disabled: bool,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Since when.
    pub created: SystemTime,
}

/// An address. It may hold a secret, so `Debug` shows nothing of it and it is never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Url(pub String);

/// How somebody's answer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Seconds that a publisher waits for it at most.
    pub wait: u64,
    /// What holds when there is none, or none that can be understood.
    pub otherwise: Otherwise,
}

/// What holds without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// The publisher may not.
    Refuse,
    /// The publisher may.
    Allow,
}

/// How a receiver is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Our own words, signed with `secret`.
    Sluice {
        /// The secret.
        secret: Key,
        /// The one before, and until when what is sent is signed with that as well.
        previous: Option<(Key, SystemTime)>,
    },
    /// Those of Oryx, of which there is one receiver.
    Oryx {
        /// A text that goes along, by which the receiver knows us.
        opaque: String,
        /// Where this server is, as it is told: `http://host`.
        host: String,
    },
}

impl Target {
    /// A receiver at `url`, told of everything, with `secret`.
    pub fn new(label: &str, url: &str, secret: Key) -> Target {
        Target {
            label: label.to_owned(),
            url: Url(url.to_owned()),
            events: Vec::new(),
            streams: Vec::new(),
            ask: None,
            timeout: 10,
            attempts: 10,
            verify_tls: true,
            disabled: false,
            dialect: Dialect::Sluice { secret, previous: None },
            created: SystemTime::now(),
        }
    }

    /// The receiver of Oryx's: asked before somebody publishes and told when they leave, once, whatever certificate it has.
    pub(super) fn oryx() -> Target {
        Target {
            label: "Oryx".to_owned(),
            url: Url(String::new()),
            events: vec![Kind::Publish, Kind::Unpublish, Kind::RecordBegin, Kind::RecordEnd],
            streams: Vec::new(),
            // SRS, which asks Oryx there, waits as long.
            ask: Some(Ask { wait: 30, otherwise: Otherwise::Refuse }),
            timeout: 30,
            attempts: 1,
            verify_tls: false,
            disabled: true,
            dialect: Dialect::Oryx { opaque: String::new(), host: String::new() },
            created: SystemTime::now(),
        }
    }

    /// Whether it wants `kind` of `stream`.
    pub(super) fn wants(&self, kind: Kind, stream: Option<&StreamKey>) -> bool {
        // Nothing can be chosen in Oryx: one that was set before there were recordings is told of them as well.
        let oryx = matches!(self.dialect, Dialect::Oryx { .. });
        let chosen = self.events.is_empty()
            || self.events.contains(&kind)
            || oryx && matches!(kind, Kind::RecordBegin | Kind::RecordEnd);
        let covers = |stream: &StreamKey| self.streams.iter().any(|scope| scope.covers(stream));
        // There was a target without an address in Oryx: it is the same as none.
        !self.disabled
            && !self.url.0.is_empty()
            && chosen
            && (self.streams.is_empty() || stream.is_some_and(covers))
    }

    /// How it decides who may publish `stream`, if it does.
    pub(super) fn asked_for(&self, stream: &StreamKey) -> Option<Ask> {
        self.ask.filter(|_| self.wants(Kind::Publish, Some(stream)))
    }

    /// Time for one try to tell.
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// The same with what is left of time before it can be kept, or why it cannot be. The address may be `known` whatever it is:
    /// scripts for Oryx set what they like, and whoever changes something else has not set it.
    pub(super) fn checked(mut self, known: Option<&Url>) -> Result<Target, Error> {
        self.label = good_label(&self.label)?;
        if known != Some(&self.url) {
            check_url(&self.url.0)?;
        }
        in_range("timeout", self.timeout, 1..=60)?;
        in_range("attempts", u64::from(self.attempts), 1..=16)?;
        if let Some(ask) = self.ask {
            in_range("ask.wait", ask.wait, 1..=MOST_WAIT)?;
            if !self.events.is_empty() && !self.events.contains(&Kind::Publish) {
                let reason = "is about on_publish, which is not among events".to_owned();
                return Err(Error::Field { field: "ask", reason });
            }
        }
        self.events.sort_by_key(|kind| Kind::ALL.iter().position(|known| known == kind));
        self.events.dedup();
        if self.streams.len() > MOST_SCOPES {
            let reason = format!("has more than {MOST_SCOPES} patterns");
            return Err(Error::Field { field: "streams", reason });
        }
        Ok(self)
    }
}

fn in_range(field: &'static str, value: u64, range: std::ops::RangeInclusive<u64>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let reason = format!("is {value}, not from {} to {}", range.start(), range.end());
    Err(Error::Field { field, reason })
}

fn check_url(url: &str) -> Result<(), Error> {
    let wrong = |reason: &str| Err(Error::Field { field: "url", reason: reason.to_owned() });
    if url.len() > MOST_URL {
        return wrong("has more than 2,048 bytes");
    }
    let address = match outbound::address(url) {
        Ok(address) => address,
        Err(outbound::Error::Port) => return wrong("has a port that is no number from 1 to 65535"),
        Err(_) => return wrong("is no address such as https://host/path"),
    };
    if address.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return wrong(
            "has a name or password in it, which would not be sent; receivers know us by the signature",
        );
    }
    Ok(())
}

impl Url {
    /// The address without a name and a password, to be shown.
    pub fn shown(&self) -> String {
        let Url(url) = self;
        let shown = || {
            let (scheme, rest) = url.split_once("://")?;
            let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            let (_, host) = authority.rsplit_once('@')?;
            Some(format!("{scheme}://{host}{path}"))
        };
        shown().unwrap_or_else(|| url.clone())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(…)")
    }
}

/// Seconds. The hub gives a publisher up after 60.
const MOST_WAIT: u64 = 50;
const MOST_SCOPES: usize = 100;
/// Bytes.
const MOST_URL: usize = 2_048;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn target() -> Target {
        Target::new("shop", "https://shop.example/hook?x=1", Key::new("0123456789").unwrap())
    }

    #[test]
    fn it_is_told_of_what_it_has_chosen() {
        let stream = |app, name| StreamKey::new(app, name).unwrap();
        let all = target();
        assert!(all.wants(Kind::Play, Some(&stream("live", "a"))) && all.wants(Kind::Stop, None));
        let some = Target {
            events: vec![Kind::Publish],
            streams: vec![Scope::from_pattern("live/*").unwrap()],
            ..target()
        };
        assert!(some.wants(Kind::Publish, Some(&stream("live", "a"))));
        assert!(!some.wants(Kind::Play, Some(&stream("live", "a"))));
        assert!(!some.wants(Kind::Publish, Some(&stream("church", "a"))));
        assert!(!Target { disabled: true, ..target() }.wants(Kind::Publish, None));
        let ask = Some(Ask { wait: 5, otherwise: Otherwise::Allow });
        assert_eq!(Target { ask, ..some }.asked_for(&stream("live", "a")), ask);
        assert_eq!(all.asked_for(&stream("live", "a")), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_field() {
        let ask = Some(Ask { wait: 51, otherwise: Otherwise::Refuse });
        let url = |url: &str| Target { url: Url(url.to_owned()), ..target() };
        for (field, wrong) in [
            ("url", url("ftp://host/")),
            ("url", url("host/path")),
            ("url", url("http://")),
            ("url", url("http://ann:secret@host/")),
            ("url", url("http://host:0/")),
            ("url", url("http://host:65536/")),
            ("url", url(&format!("http://host/{}", "x".repeat(2_048)))),
            ("timeout", Target { timeout: 0, ..target() }),
            ("attempts", Target { attempts: 17, ..target() }),
            ("ask.wait", Target { ask, ..target() }),
            ("ask", Target { ask: Target::oryx().ask, events: vec![Kind::Play], ..target() }),
        ] {
            let refused = wrong.checked(None).unwrap_err();
            assert!(matches!(refused, Error::Field { field: named, .. } if named == field), "{refused}");
        }
        assert!(matches!(Target { label: " ".into(), ..target() }.checked(None), Err(Error::Label)));
        let sorted = Target { events: vec![Kind::Stop, Kind::Publish, Kind::Stop], ..target() };
        assert_eq!(sorted.checked(None).unwrap().events, [Kind::Publish, Kind::Stop]);
    }

    #[test]
    fn a_port_that_there_is_not_is_told_from_other_mistakes() {
        for (url, words) in [("http://host:70000/", "from 1 to 65535"), ("host:80", "is no address")] {
            let refused = check_url(url).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
        check_url("https://host:65535/").unwrap();
    }

    #[test]
    fn an_address_is_looked_at_when_it_changes() {
        let odd = Target { url: Url("http://ann:secret@host/".to_owned()), ..target() };
        let known = odd.url.clone();
        assert!(odd.clone().checked(Some(&known)).is_ok());
        assert!(Target { timeout: 0, ..odd.clone() }.checked(Some(&known)).is_err(), "the rest is looked at");
        assert!(odd.checked(Some(&target().url)).is_err());
        let empty = Url(String::new());
        assert!(Target { url: empty.clone(), ..target() }.checked(Some(&empty)).is_ok());
    }

    #[test]
    fn a_login_in_an_address_is_not_shown() {
        for (url, shown) in [
            ("http://ann:se@cret@host:80/a@b?c=@", "http://host:80/a@b?c=@"),
            ("https://ann@host?x", "https://host?x"),
            ("https://host/@x", "https://host/@x"),
            ("no address", "no address"),
        ] {
            assert_eq!(Url(url.to_owned()).shown(), shown);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!("{:?}", target());
        assert!(!text.contains("0123456789") && !text.contains("shop.example"), "{text}");
    }
}
