//! One clock for sending and receiving: monotonic, on the scale of the wall clock.

use std::time::{Instant, SystemTime};

/// Wall clock and monotonic clock taken at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    wall: SystemTime,
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { wall: SystemTime::now(), start: Instant::now() }
    }

    /// The wall clock at `now`, without the jumps that the real one may make.
    pub(crate) fn wall(&self, now: Instant) -> SystemTime {
        self.wall + now.saturating_duration_since(self.start)
    }

    pub(crate) fn started(&self) -> Instant {
        self.start
    }
}
