//! What has happened with certificates, step by step, for whoever waits for one: the end of it in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tracing::{info, warn};

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It is going on.
    Info,
    /// It is done.
    Good,
    /// It may not go on.
    Doubt,
    /// It does not go on.
    Bad,
}

/// One step, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Counts up from 1 with each run of the server.
    pub number: u64,
    /// When.
    pub at: SystemTime,
    /// How it went.
    pub mood: Mood,
    /// The sentence.
    pub text: String,
}

/// The last [`KEPT`](Steps::KEPT) steps. A handle: clones share them.
#[derive(Debug, Clone, Default)]
pub struct Steps(Arc<Mutex<VecDeque<Step>>>);

impl Steps {
    /// An order for a hundred names has some three hundred.
    pub const KEPT: usize = 500;

    pub(super) fn add(&self, mood: Mood, text: impl Into<String>) {
        let text = text.into();
        match mood {
            Mood::Info | Mood::Good => info!(text, "certificates"),
            Mood::Doubt | Mood::Bad => warn!(text, "certificates"),
        }
        let mut steps = self.steps();
        let number = steps.back().map_or(1, |last| last.number + 1);
        steps.push_back(Step { number, at: SystemTime::now(), mood, text });
        if steps.len() > Steps::KEPT {
            steps.pop_front();
        }
    }

    /// Those after number `known`, the oldest first.
    pub fn after(&self, known: u64) -> Vec<Step> {
        self.steps().iter().filter(|step| step.number > known).cloned().collect()
    }

    fn steps(&self) -> MutexGuard<'_, VecDeque<Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_steps_are_kept_and_their_numbers_go_on() {
        let steps = Steps::default();
        for number in 1..=Steps::KEPT + 10 {
            steps.add(Mood::Info, format!("step {number}"));
        }
        let all = steps.after(0);
        assert_eq!((all.len(), all[0].number), (Steps::KEPT, 11));
        let last = steps.after(Steps::KEPT as u64 + 9);
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].text, format!("step {}", Steps::KEPT + 10));
    }
}
