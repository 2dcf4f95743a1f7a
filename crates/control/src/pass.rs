//! Passes: signed texts that let whoever brings one publish or watch a stream, or watch a recording, for a while.
//!
//! A pass is a JSON Web Token (RFC 7519), signed with HMAC-SHA-256 by a key that only the server and its owner know, so the owner's own
//! site can make them too, in any language, without asking the server. Its claims:
//!
//! - `act`: `play` or `publish`, a stream; or `recording`, to watch and download one;
//! - `sub`: the streams: `live/cam`, `live/*` (an app), `*/cam` (of that name in any app) or `*`; or the id of the recording;
//! - `exp`: until when, in Unix seconds; these three have to be there;
//! - `nbf`: since when; `net`: the network it may be used from, `203.0.113.0/24` or one address; `inv`: the invitation that it belongs to.
//!
//! Other claims do not matter.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use hub::{Action, StreamKey};
use ipnet::IpNet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::addresses::network;
use crate::platform::seconds;
use crate::scope::Scope;

/// What a pass allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// What it is for.
    pub grant: Grant,
    /// Until when.
    pub expires: SystemTime,
    /// From where; `None`: from everywhere.
    pub network: Option<IpNet>,
    /// The invitation that it belongs to, with which it ends.
    pub invite: Option<String>,
}

/// What a pass is for. One for streams opens no recording, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Streams.
    Streams {
        /// Which.
        scope: Scope,
        /// Whether to publish or to watch them.
        action: Action,
    },
    /// The recording of this id, to be watched and downloaded.
    Recording(String),
}

/// Why a pass does not open a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is no pass for it, or is signed by another key.
    Wrong,
    /// It was one.
    Expired,
    /// It is one for another network.
    Elsewhere,
}

/// Which passes hold, and which streams cannot be watched without one.
#[derive(Clone, Default)]
pub struct PassRule {
    /// Each with when it ends, if it does.
    keys: Vec<(DecodingKey, Option<SystemTime>)>,
    invites: HashSet<String>,
    guarded: Vec<Scope>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    act: String,
    exp: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inv: Option<String>,
}

impl Pass {
    /// As text, signed with `key`.
    pub(crate) fn sign(&self, key: &str) -> Result<String, jsonwebtoken::errors::Error> {
        let (sub, act) = match &self.grant {
            Grant::Streams { scope, action } => (scope.pattern(), name(*action)),
            Grant::Recording(id) => (id.clone(), RECORDING),
        };
        let claims = Claims {
            sub,
            act: act.to_owned(),
            exp: seconds(self.expires).into(),
            nbf: None,
            net: self.network.map(|network| network.to_string()),
            inv: self.invite.clone(),
        };
        jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &EncodingKey::from_secret(key.as_bytes()),
        )
    }

    /// What `claims` allow; `None` where they make no sense.
    fn of(claims: &Claims) -> Option<Pass> {
        let grant = match claims.act.as_str() {
            RECORDING => Grant::Recording(claims.sub.clone()),
            act => {
                let action =
                    [Action::Publish, Action::Play].into_iter().find(|action| name(*action) == act)?;
                Grant::Streams { scope: Scope::from_pattern(&claims.sub)?, action }
            }
        };
        let network = match &claims.net {
            Some(text) => Some(network(text)?),
            None => None,
        };
        Some(Pass { grant, expires: time(&claims.exp)?, network, invite: claims.inv.clone() })
    }

    fn is_for(&self, from: IpAddr) -> bool {
        self.network.is_none_or(|network| network.contains(&from.to_canonical()))
    }
}

impl PassRule {
    /// The same rule with passes that are signed with these, each until it ends.
    pub(crate) fn with_keys(self, keys: &[(&str, Option<SystemTime>)]) -> PassRule {
        let key = |(key, end): &(&str, _)| (DecodingKey::from_secret(key.as_bytes()), *end);
        PassRule { keys: keys.iter().map(key).collect(), ..self }
    }

    /// The same rule with these invitations, and no others.
    pub(crate) fn with_invites(self, invites: HashSet<String>) -> PassRule {
        PassRule { invites, ..self }
    }

    /// The same rule with a pass needed to watch these.
    pub(crate) fn with_guarded(self, guarded: Vec<Scope>) -> PassRule {
        PassRule { guarded, ..self }
    }

    /// What cannot be watched without a pass.
    pub fn guarded(&self) -> &[Scope] {
        &self.guarded
    }

    /// Whether `stream` cannot be watched without a pass.
    pub fn guards(&self, stream: &StreamKey) -> bool {
        self.guarded.iter().any(|scope| scope.covers(stream))
    }

    /// Whether the raw `query` of somebody at the address `from` has a pass for `action` with `stream` that holds at `now`, in one
    /// of the parameters `token`, `secret`, `pass` and `invite`.
    pub fn admits(
        &self,
        action: Action,
        stream: &StreamKey,
        query: &str,
        from: IpAddr,
        now: SystemTime,
    ) -> bool {
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        let passes = values.filter(|(name, _)| PARAMETERS.contains(name)).map(|(_, value)| value);
        passes.take(MOST).filter_map(|text| self.read(text, now)).any(|pass| {
            let grants = matches!(&pass.grant, Grant::Streams { scope, action: granted } if *granted == action && scope.covers(stream));
            grants && pass.is_for(from)
        })
    }

    /// What `text` allows with the recording `id`, brought by somebody at the address `from`.
    pub fn opens(&self, id: &str, text: &str, from: IpAddr, now: SystemTime) -> Result<Pass, Refused> {
        let pass = self.signed(text, now).ok_or(Refused::Wrong)?;
        match &pass.grant {
            Grant::Recording(granted) if granted == id => {}
            _ => return Err(Refused::Wrong),
        }
        if pass.expires <= now {
            return Err(Refused::Expired);
        }
        if pass.is_for(from) { Ok(pass) } else { Err(Refused::Elsewhere) }
    }

    /// What `text` allows; `None` when it is no pass, or none that holds at `now`.
    pub fn read(&self, text: &str, now: SystemTime) -> Option<Pass> {
        self.signed(text, now).filter(|pass| now < pass.expires)
    }

    /// The same, whether or not it has ended.
    fn signed(&self, text: &str, now: SystemTime) -> Option<Pass> {
        if text.len() > MAX_LEN || text.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return None;
        }
        let mut rules = Validation::new(Algorithm::HS256);
        // By the clock that is handed in.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let valid = self.keys.iter().filter(|(_, end)| end.is_none_or(|end| now < end));
        let mut read = valid.filter_map(|(key, _)| jsonwebtoken::decode::<Claims>(text, key, &rules).ok());
        let claims = read.next()?.claims;
        let begun = match &claims.nbf {
            Some(nbf) => time(nbf)? <= now + SLACK,
            None => true,
        };
        let pass = Pass::of(&claims)?;
        let invited = pass.invite.as_ref().is_none_or(|invite| self.invites.contains(invite));
        (begun && invited).then_some(pass)
    }
}

impl fmt::Debug for PassRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassRule").field("guarded", &self.guarded).finish_non_exhaustive()
    }
}

/// What a pass calls it.
fn name(action: Action) -> &'static str {
    match action {
        Action::Publish => "publish",
        Action::Play => "play",
    }
}

/// A NumericDate, which may have a fraction (RFC 7519 §2).
fn time(date: &Number) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(date.as_f64()?).ok()?)
}

/// What a pass for a recording calls it.
const RECORDING: &str = "recording";
/// Where a pass may be in a query.
const PARAMETERS: [&str; 4] = ["token", "secret", "pass", "invite"];
/// Of one query: each is verified with each key.
const MOST: usize = 4;
/// A pass that a server makes has some 250 bytes.
const MAX_LEN: usize = 2048;
/// How far the clock of a site that makes passes may be ahead.
const SLACK: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEY: &str = "the-signing-key";

    fn rule() -> PassRule {
        PassRule::default().with_keys(&[(KEY, None)])
    }

    fn stream(app: &str, name: &str) -> StreamKey {
        StreamKey::new(app, name).unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn signed(key: &str, claims: &serde_json::Value) -> String {
        let key = EncodingKey::from_secret(key.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }

    fn play(rule: &PassRule, query: &str, name: &str, now: u64) -> bool {
        rule.admits(Action::Play, &stream("live", name), query, [192, 0, 2, 7].into(), at(now))
    }

    #[test]
    fn a_pass_is_for_its_streams_its_action_and_its_time() {
        let scope = Scope::Stream { app: Some("live".to_owned()), name: "cam".to_owned() };
        let grant = Grant::Streams { scope, action: Action::Play };
        let pass = Pass { grant, expires: at(100), network: None, invite: None };
        let text = pass.sign(KEY).unwrap();
        let rule = rule();
        assert_eq!(rule.read(&text, at(1)).unwrap(), pass);
        for query in ["token=", "x=1&pass=", "secret=", "invite="] {
            assert!(play(&rule, &format!("{query}{text}"), "cam", 99), "{query}");
        }
        let query = format!("token={text}");
        assert!(!play(&rule, &query, "cam", 100), "it has ended");
        assert!(!play(&rule, &query, "other", 1));
        assert!(!play(&rule, &format!("other={text}"), "cam", 1));
        assert!(!rule.admits(Action::Publish, &stream("live", "cam"), &query, [1, 1, 1, 1].into(), at(1)));
        assert!(!play(&PassRule::default().with_keys(&[("another", None)]), &query, "cam", 1));
        let keys = [("another", None), (KEY, Some(at(50)))];
        let rotated = PassRule::default().with_keys(&keys);
        assert!(play(&rotated, &query, "cam", 49) && !play(&rotated, &query, "cam", 50));
    }

    #[test]
    fn one_that_a_site_has_made_by_itself_does() {
        // Made with Python's hmac, hashlib and base64 modules.
        let text = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
            eyJzdWIiOiJsaXZlLyoiLCJhY3QiOiJwbGF5IiwiZXhwIjo0MDAwMDAwMDAwfQ.\
            B-HKjH1SnA98avhwSbKNmVPpJl7-4_JfjHo8UB8y6ow";
        let query = format!("token={text}");
        assert!(play(&rule(), &query, "anything", 1));
        assert!(!play(&rule(), &query.replace("B-HK", "B-HL"), "anything", 1));
    }

    #[test]
    fn what_is_wrong_lets_nobody_in() {
        let rule = rule();
        let full = serde_json::json!({"sub": "live/cam", "act": "play", "exp": 100});
        let with = |name: &str, value: serde_json::Value| {
            let mut claims = full.clone();
            claims[name] = value;
            play(&rule, &format!("token={}", signed(KEY, &claims)), "cam", 50)
        };
        assert!(with("iat", 1.into()) && with("nbf", 110.into()) && with("jti", "their own".into()));
        assert!(with("exp", 50.5.into()) && !with("exp", 49.5.into()) && !with("exp", (-1).into()));
        assert!(!with("nbf", 111.into()), "more than the clocks may differ");
        assert!(!with("exp", u64::MAX.into()));
        for (name, value) in [
            ("act", "watch"),
            ("exp", "100"),
            ("sub", ""),
            ("sub", "cam"),
            ("net", "everywhere"),
            ("inv", "unknown"),
        ] {
            assert!(!with(name, value.into()), "{name}: {value}");
        }
        let none =
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIqIiwiYWN0IjoicGxheSIsImV4cCI6NDAwMDAwMDAwMH0.";
        for text in ["", "..", "a.b.c", none, &"x.".repeat(3000)] {
            assert!(rule.read(text, at(1)).is_none(), "{text}");
        }
    }

    #[test]
    fn it_may_be_for_a_network_and_for_as_long_as_an_invitation() {
        let rule = rule().with_invites(HashSet::from(["1f".to_owned()]));
        let pass = Pass {
            grant: Grant::Streams { scope: Scope::App("live".to_owned()), action: Action::Play },
            expires: at(100),
            network: Some("192.0.2.0/24".parse().unwrap()),
            invite: Some("1f".to_owned()),
        };
        let query = format!("invite={}", pass.sign(KEY).unwrap());
        assert!(play(&rule, &query, "cam", 1));
        let from =
            |ip: &str| rule.admits(Action::Play, &stream("live", "x"), &query, ip.parse().unwrap(), at(1));
        assert!(from("::ffff:192.0.2.9") && !from("192.0.3.1") && !from("::1"));
        assert!(!play(&rule.clone().with_invites(HashSet::new()), &query, "cam", 1));
    }

    #[test]
    fn a_pass_for_a_recording_opens_that_and_no_stream() {
        let pass = |grant| Pass { grant, expires: at(100), network: None, invite: None };
        let text = pass(Grant::Recording("5f".to_owned())).sign(KEY).unwrap();
        let from = [192, 0, 2, 7].into();
        let rule = rule();
        assert_eq!(rule.opens("5f", &text, from, at(99)).unwrap().expires, at(100));
        assert_eq!(rule.opens("5f", &text, from, at(100)), Err(Refused::Expired));
        assert_eq!(rule.opens("5e", &text, from, at(1)), Err(Refused::Wrong));
        assert_eq!(rule.opens("5e", &text, from, at(100)), Err(Refused::Wrong), "nothing is told of others");
        let other = PassRule::default().with_keys(&[("another", None)]);
        assert_eq!(other.opens("5f", &text, from, at(1)), Err(Refused::Wrong));
        // Streams may be called as recordings are, and patterns are none of those.
        let claims = |sub: &str| serde_json::json!({"sub": sub, "act": "recording", "exp": 100});
        for sub in ["live/5f", "live/*", "*/5f", "*"] {
            let text = signed(KEY, &claims(sub));
            assert!(!play(&rule, &format!("pass={text}"), "5f", 1), "{sub}");
            assert_eq!(rule.opens("5f", &text, from, at(1)), Err(Refused::Wrong), "{sub}");
        }
        for sub in ["live/5f", "*"] {
            for action in [Action::Play, Action::Publish] {
                let scope = Scope::from_pattern(sub).unwrap();
                let text = pass(Grant::Streams { scope, action }).sign(KEY).unwrap();
                assert_eq!(rule.opens("5f", &text, from, at(1)), Err(Refused::Wrong), "{sub}");
                assert_eq!(rule.opens(sub, &text, from, at(1)), Err(Refused::Wrong), "{sub}");
            }
        }
        let network = Some("192.0.2.0/24".parse().unwrap());
        let near = Pass { network, ..pass(Grant::Recording("5f".to_owned())) }.sign(KEY).unwrap();
        assert!(rule.opens("5f", &near, from, at(1)).is_ok());
        assert_eq!(rule.opens("5f", &near, [192, 0, 3, 1].into(), at(1)), Err(Refused::Elsewhere));
    }

    #[test]
    fn only_what_is_guarded_asks_for_one() {
        let scope = Scope::Stream { app: None, name: "cam".to_owned() };
        let rule = rule().with_guarded(vec![scope, Scope::App("vip".to_owned())]);
        for (app, name, guarded) in
            [("live", "cam", true), ("vip", "x", true), ("live", "x", false), ("vip2", "x", false)]
        {
            assert_eq!(rule.guards(&stream(app, name)), guarded, "{app}/{name}");
        }
    }
}
