//! The hub's doorkeeper.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use hub::{AccessRequest, Action, Admission, Denial, SessionId, StreamKey};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tracing::warn;

use crate::addresses::AddressPolicy;
use crate::aliases::AliasRule;
use crate::hooks::{Decision, Hooks};
use crate::pass::PassRule;
use crate::publish::PublishRule;

/// Decides who may publish and who may watch, by the rules in force. Owns those rules.
///
/// First the address has to be one that may. To publish then takes a key, a pass, or a secret name, and then that nobody says no whom
/// the [`Hooks`] ask; to watch takes a pass where the stream is guarded, and nothing else.
#[derive(Debug)]
pub struct Gate {
    addresses: ArcSwap<AddressPolicy>,
    aliases: ArcSwap<AliasRule>,
    publishing: ArcSwap<PublishRule>,
    passes: ArcSwap<PassRule>,
    hooks: OnceLock<Arc<Hooks>>,
    refused: Mutex<[Refused; Why::ALL.len()]>,
    /// Counts the changes of what makes a name a secret.
    secrets: AtomicU64,
    counts: Family<[(&'static str, &'static str); 2], Counter>,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Their address may not publish.
    PublishAddress,
    /// Their address may not watch.
    PlayAddress,
    /// They have no key.
    Key,
    /// They have no pass.
    Pass,
    /// A webhook says no.
    Hook,
    /// A webhook that has to say yes does not answer.
    NoAnswer,
}

impl Gate {
    /// A gate that goes by `publishing`; there is no other rule yet.
    pub fn new(publishing: PublishRule) -> Gate {
        Gate {
            addresses: ArcSwap::default(),
            aliases: ArcSwap::default(),
            publishing: ArcSwap::from_pointee(publishing),
            passes: ArcSwap::default(),
            hooks: OnceLock::new(),
            refused: Mutex::default(),
            secrets: AtomicU64::new(0),
            counts: Family::default(),
        }
    }

    /// The keys in force.
    pub fn publishing(&self) -> Arc<PublishRule> {
        self.publishing.load_full()
    }

    /// The passes in force.
    pub fn passes(&self) -> Arc<PassRule> {
        self.passes.load_full()
    }

    /// The addresses in force.
    pub fn addresses(&self) -> Arc<AddressPolicy> {
        self.addresses.load_full()
    }

    /// The secret names in force.
    pub fn aliases(&self) -> Arc<AliasRule> {
        self.aliases.load_full()
    }

    /// From now on `hooks` are asked before somebody publishes. To be called once.
    pub fn ask(&self, hooks: Arc<Hooks>) {
        let _ = self.hooks.set(hooks);
    }

    /// Puts other keys in force, from the next publisher on; those who publish stay.
    pub fn set_publishing(&self, rule: PublishRule) {
        self.publishing.store(Arc::new(rule));
        self.secrets.fetch_add(1, Ordering::Release);
    }

    /// Puts other passes in force; those who are in stay.
    pub(crate) fn set_passes(&self, rule: PassRule) {
        self.passes.store(Arc::new(rule));
    }

    /// Puts other addresses in force; those who are in stay.
    pub(crate) fn set_addresses(&self, policy: AddressPolicy) {
        self.addresses.store(Arc::new(policy));
    }

    /// Puts other secret names in force; those who publish stay.
    pub(crate) fn set_aliases(&self, rule: AliasRule) {
        self.aliases.store(Arc::new(rule));
        self.secrets.fetch_add(1, Ordering::Release);
    }

    /// Adds what there is to know of those who are not let in to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        for why in Why::ALL {
            let _ = self.counts.get_or_create(&why.labels());
        }
        registry.register(
            "admissions_refused",
            "Whom the rules did not let in, by what they lacked",
            self.counts.clone(),
        );
    }

    /// Whether somebody at `from` may watch `stream` at `now` with the raw `query` of their address.
    pub fn may_watch(&self, stream: &StreamKey, query: &str, from: IpAddr, now: SystemTime) -> bool {
        self.watching(stream, query, from, now).is_ok()
    }

    fn watching(&self, stream: &StreamKey, query: &str, from: IpAddr, now: SystemTime) -> Result<(), Why> {
        let passes = self.passes.load();
        if !self.addresses.load().admits(Action::Play, stream, from) {
            return Err(Why::PlayAddress);
        }
        let open = !passes.guards(stream) || passes.admits(Action::Play, stream, query, from, now);
        if open { Ok(()) } else { Err(Why::Pass) }
    }

    /// The stream that somebody is let in to.
    fn decide(&self, request: &AccessRequest, now: SystemTime) -> Result<StreamKey, Why> {
        let AccessRequest { action, key, query, peer, .. } = request;
        let from = peer.ip();
        if *action == Action::Play {
            return self.watching(key, query, from, now).map(|()| key.clone());
        }
        let alias = self.aliases.load().stream(key);
        let stream = alias.clone().unwrap_or_else(|| key.clone());
        if !self.addresses.load().admits(*action, &stream, from) {
            return Err(Why::PublishAddress);
        }
        let has_pass = || self.passes.load().admits(*action, key, query, from, now);
        let may = alias.is_some() || self.publishing.load().admits(key, query, now) || has_pass();
        if may { Ok(stream) } else { Err(Why::Key) }
    }

    /// The same, when those who are asked have answered as well.
    async fn decide_and_ask(&self, session: SessionId, request: &AccessRequest) -> Result<StreamKey, Why> {
        let stream = self.decide(request, SystemTime::now())?;
        let hooks = self.hooks.get().filter(|_| request.action == Action::Publish);
        let Some(hooks) = hooks else { return Ok(stream) };
        match hooks.ask(session, &stream, request).await {
            Decision::Admitted => Ok(stream),
            Decision::Refused => Err(Why::Hook),
            Decision::Unanswered => Err(Why::NoAnswer),
        }
    }

    /// What whoever is not let in is told; it is logged.
    fn refuse(&self, session: SessionId, request: &AccessRequest, why: Why) -> Denial {
        self.counts.get_or_create(&why.labels()).inc();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = refused[why as usize].add(Instant::now()) {
            // Without the stream's name, which may be a key with a slip in it.
            let (proto, peer) = (request.protocol, request.peer);
            warn!(id = %session, proto, %peer, count, "{} refused: {}", why.what(), why.reason());
        }
        Denial { reason: why.advice().to_owned() }
    }
}

impl Admission for Gate {
    fn admit<'a>(
        &'a self,
        session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>> {
        Box::pin(async move {
            let outcome = self.decide_and_ask(session, request).await;
            outcome.map_err(|why| self.refuse(session, request, why))
        })
    }

    fn is_guarded(&self, key: &StreamKey) -> bool {
        self.passes.load().guards(key) || self.addresses.load().guards(key)
    }

    fn is_secret(&self, key: &StreamKey) -> bool {
        // A viewer may have asked for an alias.
        self.publishing.load().is_secret(key) || self.aliases.load().stream(key).is_some()
    }

    fn secrets_version(&self) -> u64 {
        self.secrets.load(Ordering::Acquire)
    }
}

impl Why {
    const ALL: [Why; 6] =
        [Why::PublishAddress, Why::PlayAddress, Why::Key, Why::Pass, Why::Hook, Why::NoAnswer];

    /// What was refused, for the log.
    fn what(self) -> &'static str {
        match self {
            Why::PublishAddress | Why::Key | Why::Hook | Why::NoAnswer => "publish",
            Why::PlayAddress | Why::Pass => "play",
        }
    }

    /// What was refused and why, for programs.
    fn labels(self) -> [(&'static str, &'static str); 2] {
        let lacks = match self {
            Why::PublishAddress | Why::PlayAddress => "address",
            Why::Key => "key",
            Why::Pass => "pass",
            Why::Hook => "consent",
            Why::NoAnswer => "answer",
        };
        [("action", self.what()), ("lacks", lacks)]
    }

    /// Why, for the log.
    fn reason(self) -> &'static str {
        match self {
            Why::PublishAddress | Why::PlayAddress => "by its address",
            Why::Key => "no valid key",
            Why::Pass => "no valid pass",
            Why::Hook => "a webhook says no",
            Why::NoAnswer => "no answer from a webhook",
        }
    }

    /// What to do about it, for who was refused: the same words whether what they lack is missing, wrong or another stream's. Short
    /// enough for the one line that encoders show.
    fn advice(self) -> &'static str {
        match self {
            Why::PublishAddress => "Your address may not publish here. Ask who runs the server to allow it.",
            Why::PlayAddress => "Your address may not watch this. Ask who runs the server to allow it.",
            Why::Key => {
                "Publishing needs the server's key: set the stream key to NAME?secret=KEY, for WHIP the bearer token to KEY \
                 (OBS: Settings > Stream). The KEY is printed when the server starts."
            }
            Why::Pass => "Watching this needs a pass that holds, in ?token=. Ask who gave you the address.",
            Why::Hook => "Who decides about this stream says no. Ask who runs the server.",
            Why::NoAnswer => {
                "Who decides about this stream does not answer. Try again later, or ask who runs the server."
            }
        }
    }
}

/// Those who were refused and have not been logged: encoders try again and again, and guessers faster.
#[derive(Debug, Default)]
struct Refused {
    count: u64,
    logged: Option<Instant>,
}

impl Refused {
    /// Counts one. Once a second at most, gives how many there have been since the last time, to be logged.
    fn add(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        if self.logged.is_some_and(|logged| now.saturating_duration_since(logged) < Duration::from_secs(1)) {
            return None;
        }
        self.logged = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::addresses::AddressRule;
    use crate::key::Key;
    use crate::publish::ScopedKeys;
    use crate::scope::Scope;

    fn ask(gate: &Gate, action: Action, name: &str, query: &str) -> Result<StreamKey, Denial> {
        let request = AccessRequest {
            action,
            key: StreamKey::new("live", name).unwrap(),
            query: query.to_owned(),
            protocol: "rtmp",
            peer: ([127, 0, 0, 1], 5000).into(),
            agent: String::new(),
            url: String::new(),
            page: String::new(),
        };
        let mut answer = gate.admit(SessionId(1), &request);
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("the gate waits for nothing"),
        }
    }

    #[test]
    fn publishing_needs_the_key_and_playing_does_not() {
        let gate = Gate::new(PublishRule::new(Key::new("the-right-key").unwrap()));
        let cam = StreamKey::new("live", "cam").unwrap();
        assert_eq!(ask(&gate, Action::Publish, "cam", "secret=the-right-key"), Ok(cam.clone()));
        assert_eq!(ask(&gate, Action::Play, "cam", ""), Ok(cam));
        assert!(ask(&gate, Action::Publish, "cam", "secret=the-wrong-key").is_err());
    }

    #[test]
    fn a_refusal_says_what_to_do_and_nothing_about_keys() {
        let rule = PublishRule::new(Key::new("the-right-key").unwrap());
        let scope = Scope::Stream { app: None, name: "studio".to_owned() };
        let keys = vec![(Key::new("the-room-key").unwrap(), None)];
        let gate = Gate::new(rule.with_keys(vec![ScopedKeys { scope, keys }]));
        let missing = ask(&gate, Action::Publish, "cam", "").unwrap_err();
        assert!(missing.reason.contains("NAME?secret=KEY"), "{missing}");
        assert!(!missing.reason.contains("the-"), "{missing}");
        for (name, query) in
            [("cam", "secret=the-room-key"), ("studio", "secret=the-right-key"), ("studio", "")]
        {
            assert_eq!(ask(&gate, Action::Publish, name, query).unwrap_err(), missing, "{name}?{query}");
        }
    }

    #[test]
    fn refusals_are_logged_once_a_second_with_their_count() {
        let start = Instant::now();
        let mut refused = Refused::default();
        let counts = [0, 1, 999, 1000, 1001, 5000].map(|ms| refused.add(start + Duration::from_millis(ms)));
        assert_eq!(counts, [Some(1), None, None, Some(3), None, Some(2)]);
    }

    #[test]
    fn a_new_rule_holds_from_the_next_publisher_on() {
        let gate = Gate::new(PublishRule::new(Key::new("the-old-key").unwrap()));
        gate.set_publishing(PublishRule::new(Key::new("the-new-key").unwrap()));
        assert!(ask(&gate, Action::Publish, "cam", "secret=the-old-key").is_err());
        assert!(ask(&gate, Action::Publish, "cam", "secret=the-new-key").is_ok());
    }

    #[test]
    fn addresses_aliases_and_passes_are_asked_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn store::Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let keys = crate::PublishKeys::open(Arc::clone(&store), None).unwrap();
        let (gate, key) = (keys.gate(), keys.global());
        let passes = crate::Passes::open(Arc::clone(&store), Arc::clone(&gate)).unwrap();
        let aliases = crate::Aliases::open(Arc::clone(&store), Arc::clone(&gate)).unwrap();
        let addresses = crate::AddressRules::open(store, Arc::clone(&gate)).unwrap();
        let door = StreamKey::new("live", "door").unwrap();

        let (_, alias) = aliases.create("door", &door, None).unwrap();
        assert_eq!(ask(&gate, Action::Publish, alias.name.reveal(), ""), Ok(door.clone()));
        assert!(ask(&gate, Action::Publish, "door", "").is_err());

        let pass = |action| {
            let expires = SystemTime::now() + Duration::from_secs(60);
            let scope = Scope::from_pattern("live/door").unwrap();
            let grant = crate::pass::Grant::Streams { scope, action };
            let pass = crate::pass::Pass { grant, expires, network: None, invite: None };
            format!("token={}", passes.sign(&pass).unwrap())
        };
        assert!(ask(&gate, Action::Publish, "door", &pass(Action::Publish)).is_ok());
        assert!(ask(&gate, Action::Publish, "door", &pass(Action::Play)).is_err());
        assert!(!gate.is_guarded(&door));
        passes.set_guarded(vec![Scope::Server]).unwrap();
        assert!(gate.is_guarded(&door));
        let denial = ask(&gate, Action::Play, "door", "").unwrap_err();
        assert!(denial.reason.contains("?token="), "{denial}");
        assert!(ask(&gate, Action::Play, "door", key.reveal()).is_err(), "a publish key is for publishing");
        assert!(ask(&gate, Action::Play, "door", &pass(Action::Play)).is_ok());

        let here = AddressRule {
            label: "here".to_owned(),
            scope: Scope::from_pattern("live/door").unwrap(),
            publish: true,
            play: true,
            network: "127.0.0.0/8".parse().unwrap(),
            allow: false,
            created: SystemTime::UNIX_EPOCH,
        };
        addresses.create(here).unwrap();
        for (action, name, query) in [
            (Action::Publish, "door", key.reveal()),
            (Action::Publish, alias.name.reveal(), ""),
            (Action::Play, "door", &pass(Action::Play)),
        ] {
            let denial = ask(&gate, action, name, query).unwrap_err();
            assert!(denial.reason.contains("Your address"), "{denial}");
        }
    }
}
