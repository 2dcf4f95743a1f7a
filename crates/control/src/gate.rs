//! The hub's doorkeeper.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use hub::{AccessRequest, Action, Admission, Denial, SessionId};
use tracing::warn;

use crate::publish::PublishRule;

/// Decides who may publish, by the rule in force; lets everybody play. Owns that rule.
#[derive(Debug)]
pub struct Gate {
    publishing: ArcSwap<PublishRule>,
    refused: Mutex<Refused>,
}

impl Gate {
    /// A gate that goes by `publishing`.
    pub fn new(publishing: PublishRule) -> Gate {
        Gate { publishing: ArcSwap::from_pointee(publishing), refused: Mutex::default() }
    }

    /// The rule in force.
    pub fn publishing(&self) -> Arc<PublishRule> {
        self.publishing.load_full()
    }

    /// Puts another rule in force, from the next publisher on; those who publish stay.
    pub fn set_publishing(&self, rule: PublishRule) {
        self.publishing.store(Arc::new(rule));
    }
}

impl Admission for Gate {
    fn admit<'a>(
        &'a self,
        session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<(), Denial>> + Send + 'a>> {
        let admitted = match request.action {
            Action::Play => true,
            Action::Publish => self.publishing.load().admits(&request.key, &request.query, SystemTime::now()),
        };
        let outcome = if admitted {
            Ok(())
        } else {
            let count = self.refused.lock().unwrap_or_else(PoisonError::into_inner).add(Instant::now());
            if let Some(count) = count {
                // Without the stream's name, which may be a key with a slip in it.
                warn!(id = %session, proto = request.protocol, peer = %request.peer, count, "publish refused: no valid key");
            }
            Err(Denial { reason: WRONG_KEY.to_owned() })
        };
        Box::pin(ready(outcome))
    }
}

/// Refused publishers that have not been logged: encoders try again and again, and guessers faster.
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

/// The same words whether the key is missing, wrong or another stream's. Short enough for the one line that encoders show.
const WRONG_KEY: &str = "Publishing needs the server's key: set the stream key to NAME?secret=KEY \
    (OBS: Settings > Stream > Stream Key). The KEY is printed when the server starts.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::task::{Context, Poll, Waker};

    use hub::StreamKey;

    use super::*;
    use crate::key::Key;
    use crate::publish::{Scope, ScopedKeys};

    fn ask(gate: &Gate, action: Action, name: &str, query: &str) -> Result<(), Denial> {
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
        assert_eq!(ask(&gate, Action::Publish, "cam", "secret=the-right-key"), Ok(()));
        assert_eq!(ask(&gate, Action::Play, "cam", ""), Ok(()));
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
        assert_eq!(ask(&gate, Action::Publish, "cam", "secret=the-new-key"), Ok(()));
    }
}
