//! Where samples belong in time.

use media::{Delta, Time};

/// Compares the times that frames are stamped with to those that their samples make, within one run: from a start to the
/// next jump.
///
/// Samples are counted, so what jitters comes out even. What is counted follows the stamps all the same: a clock that runs a
/// little faster or slower than its samples say, as most do, is followed once they are [`SLACK`] apart, by half a
/// millisecond a frame, and then the times move, not the sound: a player is to do about it what it would do with the
/// source.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// When the run's first sample belongs.
    start: Time,
    /// Samples a second that are made.
    rate: u32,
    /// Samples made of earlier forms of the sound.
    before: u64,
    /// Samples that came in the present form, and so many are a second.
    heard: u64,
    heard_rate: u32,
    /// The mean of late of how much later frames were stamped than their samples say, in microseconds, times [`WEIGHT`].
    late: i64,
    /// How many frames in a row were further off than jitter, and by how much at least.
    off: u32,
    least: Delta,
}

/// Where a frame belongs, seen from the end of what was heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// There.
    Next,
    /// Later: so much is missing.
    Behind(Delta),
    /// Earlier: so much of it was heard already.
    Overlapping(Delta),
    /// Nowhere near: a new run begins.
    Elsewhere,
}

impl Clock {
    /// For a run that starts at `start` and is made at `rate` samples a second.
    pub(crate) fn new(start: Time, rate: u32) -> Clock {
        Clock { start, rate, before: 0, heard: 0, heard_rate: rate, late: 0, off: 0, least: Delta::ZERO }
    }

    /// When the run's sample number `sample` belongs, as it comes out.
    pub(crate) fn time_of(&self, sample: u64) -> Time {
        self.start + Delta::from_ticks(sample as i64, self.rate)
    }

    /// Where what comes next belongs.
    pub(crate) fn next(&self) -> Time {
        self.time_of(self.before) + Delta::from_ticks(self.heard as i64, self.heard_rate)
    }

    /// So many samples came, `rate` of which are a second.
    pub(crate) fn heard(&mut self, samples: u64, rate: u32) {
        self.heard += samples;
        self.heard_rate = rate;
    }

    /// The form of the sound ends, and `made` samples were made since the start of the run.
    pub(crate) fn turn(&mut self, made: u64) {
        (self.before, self.heard) = (made, 0);
    }

    /// Where a frame belongs that is stamped with `time` and lasts `length`; `told` where the source says that there is a gap.
    ///
    /// What is missing by whole frames was lost. Less regular differences are jitter unless they last; those above
    /// [`JUMP`] are none.
    pub(crate) fn place(&mut self, time: Time, length: Delta, told: bool) -> Place {
        let late = time - self.next();
        if late.abs() > LONGEST_FILL || late < Delta::ZERO && late.abs() > JUMP {
            return Place::Elsewhere;
        }
        if late.abs() <= JITTER {
            self.off = 0;
            self.follow(late);
            return Place::Next;
        }
        if let Some(missing) = whole_frames(late, length) {
            self.off = 0;
            return Place::Behind(missing);
        }
        self.least = if self.off == 0 || late.abs() < self.least.abs() { late } else { self.least };
        self.off += 1;
        if !told && late.abs() <= JUMP && self.off < LASTING {
            return Place::Next;
        }
        // Where it moved to and fro there was no jump.
        let jump = if told || late.abs() > JUMP { late } else { self.least };
        self.off = 0;
        let same_side = (jump > Delta::ZERO) == (late > Delta::ZERO);
        match jump.abs() {
            _ if !same_side => Place::Next,
            size if jump > Delta::ZERO => Place::Behind(size),
            size => Place::Overlapping(size),
        }
    }

    /// Moves the run where frames have been stamped `late` for a while.
    fn follow(&mut self, late: Delta) {
        self.late += late.as_micros() - self.late / WEIGHT;
        let mean = Delta::micros(self.late / WEIGHT);
        if mean.abs() > SLACK {
            let step = (mean.as_micros() / 4).clamp(-STEP, STEP);
            self.start += Delta::micros(step);
            self.late -= step * WEIGHT;
        }
    }
}

/// How much is missing when `late` is a whole number of frames of `length`, give or take what clocks of milliseconds do.
fn whole_frames(late: Delta, length: Delta) -> Option<Delta> {
    const NEAR: Delta = Delta::millis(3);
    if late <= Delta::ZERO || length <= Delta::ZERO {
        return None;
    }
    let count = (late.as_micros() + length.as_micros() / 2) / length.as_micros();
    let whole = length * count;
    (count > 0 && (whole - late).abs() <= NEAR).then_some(whole)
}

/// Frames over which the mean is taken, nearly.
const WEIGHT: i64 = 32;
/// As far as count and stamps may be apart. Stamps in whole milliseconds are up to one off.
const SLACK: Delta = Delta::millis(2);
/// Of a move, in microseconds.
const STEP: i64 = 500;
/// No nearer than this is a frame out of its place.
const JITTER: Delta = Delta::millis(10);
/// So many frames in a row, all out of place, are.
const LASTING: u32 = 5;
/// No jitter is larger.
const JUMP: Delta = Delta::millis(100);
/// The longest gap that is filled; what does not come back within this time is over. Browsers that send nothing in
/// silence (Opus DTX) send something every 400 ms.
pub(crate) const LONGEST_FILL: Delta = Delta::secs(1);

#[cfg(test)]
#[path = "clock_test.rs"]
mod tests;
