//! Where parts end.

use media::{Delta, Time};

use super::Config;

/// Says where the part that is being made ends, from the times at which frames begin.
///
/// A part ends where a frame of the main track begins, as late as the target allows. Where that would be less than 85 % of
/// the target, for pictures are far apart, it ends where a frame of another track begins, if there is one.
#[derive(Debug)]
pub(super) struct Parts {
    target: Delta,
    least: Delta,
    /// Where the part began.
    start: Time,
    /// Where frames have begun since, in order.
    seams: Vec<Seam>,
    /// When the last frame of the main track began, and how long after the one before.
    last: Option<Time>,
    step: Delta,
}

#[derive(Debug, Clone, Copy)]
struct Seam {
    at: Time,
    main: bool,
}

impl Parts {
    pub(super) fn new(config: &Config) -> Parts {
        let (target, least) = (config.part, config.least_part());
        Parts { target, least, start: Time::ZERO, seams: Vec::new(), last: None, step: Delta::ZERO }
    }

    /// The first part of a segment begins.
    pub(super) fn begin(&mut self, at: Time) {
        self.start = at;
        self.seams.clear();
    }

    /// Where the part began.
    pub(super) fn start(&self) -> Time {
        self.start
    }

    /// Where the part has to end now that `at` has been reached, where a frame of the main track or of another begins or the
    /// segment ends; `None` if it need not. To be asked until then, with [`cut`](Parts::cut) each time.
    pub(super) fn due(&self, at: Time, main: bool) -> Option<Time> {
        if at - self.start > self.target {
            return Some(self.best(at));
        }
        // The next frame would be too late: no need to wait for it.
        let last = main && at - self.start >= self.least && at + self.step - self.start > self.target;
        (last && at > self.start).then_some(at)
    }

    /// The part has ended at `at`, and the next begins.
    pub(super) fn cut(&mut self, at: Time) {
        self.start = at;
        self.seams.retain(|seam| seam.at > at);
    }

    /// A frame that begins at `at` belongs to the part.
    pub(super) fn take(&mut self, at: Time, main: bool) {
        if main && let Some(last) = self.last.replace(at) {
            self.step = (at - last).max(Delta::ZERO);
        }
        match self.seams.last_mut() {
            Some(seam) if seam.at == at => seam.main |= main,
            Some(seam) if seam.at > at => {}
            _ if at > self.start => self.seams.push(Seam { at, main }),
            _ => {}
        }
    }

    /// The best of the seams that are not too late; `at` is.
    fn best(&self, at: Time) -> Time {
        let within = || self.seams.iter().rev().filter(|seam| seam.at - self.start <= self.target);
        let long = || within().filter(|seam| seam.at - self.start >= self.least);
        let main = |seam: &&Seam| seam.main;
        let best = long().find(main).or_else(|| long().next()).or_else(|| within().find(main));
        // A frame that is longer than a part, or a gap.
        best.or_else(|| within().next()).or(self.seams.first()).map_or(at, |seam| seam.at)
    }
}

#[cfg(test)]
#[path = "parts_test.rs"]
mod tests;
