//! What an authority finds at `/.well-known/acme-challenge/`: the proof that a name leads to this server.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The answers that there are at present, by their tokens. A handle: clones share them.
#[derive(Clone, Default)]
pub struct Challenges(Arc<Mutex<HashMap<String, String>>>);

impl Challenges {
    /// What is to be answered to `token`.
    pub fn answer(&self, token: &str) -> Option<String> {
        self.answers().get(token).cloned()
    }

    /// Answers `token` with `answer` for as long as the guard lives.
    pub(super) fn put(&self, token: String, answer: String) -> Answered {
        self.answers().insert(token.clone(), answer);
        Answered { challenges: self.clone(), token }
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenges").field("count", &self.answers().len()).finish()
    }
}

/// A token that is answered.
pub(super) struct Answered {
    challenges: Challenges,
    token: String,
}

impl Drop for Answered {
    fn drop(&mut self) {
        self.challenges.answers().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_answered_while_somebody_wants_it() {
        let challenges = Challenges::default();
        let answered = challenges.put("token".to_owned(), "token.thumbprint".to_owned());
        assert_eq!(challenges.answer("token").as_deref(), Some("token.thumbprint"));
        assert_eq!(challenges.answer("other"), None);
        drop(answered);
        assert_eq!(challenges.answer("token"), None);
    }
}
