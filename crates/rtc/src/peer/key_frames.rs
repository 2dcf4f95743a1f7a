//! When a publisher is asked for a key frame: of each layer at once when one is needed, and not again for a while.

use std::time::{Duration, Instant};

/// The wishes for key frames of one layer, whoever has them.
#[derive(Debug, Default)]
pub(super) struct KeyFrames {
    asked: Option<Instant>,
    wanted: bool,
}

impl KeyFrames {
    /// Somebody needs one.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// One has come, or cannot be asked for: nobody waits any more.
    pub(super) fn settle(&mut self) {
        self.wanted = false;
    }

    /// Whether to ask at `now`; then it is asked.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        let due = self.wanted && self.asked.is_none_or(|asked| now >= asked + PAUSE);
        if due {
            (self.asked, self.wanted) = (Some(now), false);
        }
        due
    }

    /// When to ask again for somebody who waits; who could be asked for at once has been.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.asked.filter(|_| self.wanted).map(|asked| asked + PAUSE)
    }
}

/// Between two requests of one layer.
const PAUSE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_asked_at_once_and_not_twice_within_the_pause() {
        let start = Instant::now();
        let mut key_frames = KeyFrames::default();
        assert!(!key_frames.ask(start));
        key_frames.want();
        assert!(key_frames.ask(start) && !key_frames.ask(start));
        assert_eq!(key_frames.deadline(), None, "nobody waits");
        key_frames.want();
        let soon = start + Duration::from_millis(499);
        assert!(!key_frames.ask(soon));
        assert_eq!(key_frames.deadline(), Some(start + PAUSE));
        assert!(key_frames.ask(start + PAUSE));
    }

    #[test]
    fn who_has_got_one_is_not_asked_for_again() {
        let start = Instant::now();
        let mut key_frames = KeyFrames::default();
        key_frames.want();
        assert!(key_frames.ask(start));
        key_frames.want();
        key_frames.settle();
        assert_eq!(key_frames.deadline(), None);
        assert!(!key_frames.ask(start + PAUSE));
    }
}
