//! How fast each session moves bytes, on average of half a minute.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hub::{Session, SessionId};
use tokio::time::Instant;

/// What each session had moved at a few moments. Four numbers for each that is open.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    rounds: VecDeque<Round>,
}

#[derive(Debug)]
struct Round {
    at: Duration,
    /// The same for those who ask later.
    moment: Instant,
    bytes: HashMap<SessionId, u64>,
}

impl Sessions {
    /// Looks at all sessions, if it is time to.
    pub(super) fn note(&mut self, at: Duration, sessions: impl FnOnce() -> Vec<Arc<Session>>) {
        if self.rounds.back().is_some_and(|round| at < round.at + EVERY) {
            return;
        }
        let bytes = sessions().iter().map(|session| (session.id, session.moved().bytes)).collect();
        if self.rounds.len() == ROUNDS {
            self.rounds.pop_front();
        }
        self.rounds.push_back(Round { at, moment: Instant::now(), bytes });
    }

    /// Bytes a second of `session` since half a minute ago, or since it came.
    pub(super) fn pace(&self, session: &Session) -> f32 {
        let known = self.rounds.iter().find_map(|round| Some((round.moment, *round.bytes.get(&session.id)?)));
        let (since, then) = known.unwrap_or((session.opened, 0));
        let moved = session.moved().bytes.saturating_sub(then);
        // Of less than a second nothing can be said.
        (moved as f64 / since.elapsed().as_secs_f64().max(1.0)) as f32
    }
}

const EVERY: Duration = Duration::from_secs(10);
/// The oldest is 30 to 40 s old.
const ROUNDS: usize = 4;
