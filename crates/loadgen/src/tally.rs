//! The count of what one viewer got, and the window in which it is compared with what was published.

use std::time::{Duration, Instant, SystemTime};

use crate::histogram::Histogram;
use crate::stamp::Stamp;
use crate::view::message::Seen;

/// Where the measuring window begins and ends, and what all viewers add to.
pub(crate) struct Meter {
    /// Number of the first picture of each stream inside the window; empty before it opens.
    pub(crate) first: Vec<u64>,
    /// Number of the first picture of each stream after the window; empty until it closes.
    pub(crate) end: Vec<u64>,
    /// From handing a picture to the publisher's socket to reading it whole at a viewer.
    pub(crate) latency: Histogram,
    /// Bytes read from viewers' sockets since the start.
    pub(crate) bytes: u64,
    /// Longer without any frame is a stall.
    pub(crate) stall: Duration,
    pub(crate) counting: Counting,
}

/// How what a viewer got is compared with what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// All pictures and sound that were published inside the window, by number.
    Frames,
    /// All pictures that were published inside the window, by number. Sound that travels in packets of several frames, or
    /// in files, does not come between the pictures between which it was published.
    Pictures,
    /// Pictures from the viewer's first inside the window to its last, see [`Tally::spanned`]: for whole segments, which
    /// come late and at once, and where nothing is published here.
    Span,
}

/// What one viewer has seen of its stream.
#[derive(Debug)]
pub(crate) struct Tally {
    stream: u16,
    /// When the first picture came.
    pub(crate) joined: Option<Instant>,
    place: Place,
    last: Option<u64>,
    /// First and last picture number inside the window, for counting by span.
    span: Option<(u64, u64)>,
    last_frame: Option<Instant>,
    pub(crate) counts: Counts,
}

/// What was counted inside the window.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) video: u64,
    pub(crate) audio: u64,
    /// Pictures passed over, and how often that happened.
    pub(crate) missing: u64,
    pub(crate) gaps: u64,
    pub(crate) duplicates: u64,
    /// Pictures older than one already seen.
    pub(crate) reordered: u64,
    /// Pictures of another stream.
    pub(crate) foreign: u64,
    /// Pictures without a readable stamp.
    pub(crate) unstamped: u64,
    pub(crate) stalls: u64,
    pub(crate) longest_wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Inside,
    After,
}

impl Meter {
    pub(crate) fn new(stall: Duration, counting: Counting) -> Meter {
        Meter { first: Vec::new(), end: Vec::new(), latency: Histogram::new(), bytes: 0, stall, counting }
    }

    pub(crate) fn by_span(&self) -> bool {
        self.counting == Counting::Span
    }
}

impl Tally {
    pub(crate) fn new(stream: u16) -> Tally {
        Tally {
            stream,
            joined: None,
            place: Place::Before,
            last: None,
            span: None,
            last_frame: None,
            counts: Counts::default(),
        }
    }

    pub(crate) fn stream(&self) -> u16 {
        self.stream
    }

    /// Counts what has just been read, at `now`, which is `wall` on the clock of the stamps.
    pub(crate) fn see(&mut self, seen: &Seen, now: Instant, wall: SystemTime, meter: &mut Meter) {
        match seen {
            Seen::Other => return,
            Seen::Audio => {
                if self.place == Place::Inside {
                    self.counts.audio += 1;
                }
            }
            Seen::Video(None) => {
                self.joined.get_or_insert(now);
                self.counts.unstamped += 1;
            }
            Seen::Video(Some(stamp)) => {
                self.joined.get_or_insert(now);
                self.picture(stamp, wall, meter);
            }
        }
        if self.place == Place::Inside {
            self.wait_until(now, meter.stall);
        }
        self.last_frame = Some(now);
    }

    fn picture(&mut self, stamp: &Stamp, wall: SystemTime, meter: &mut Meter) {
        if stamp.stream != self.stream {
            self.counts.foreign += 1;
            return;
        }
        let stream = usize::from(self.stream);
        let after = meter.end.get(stream).is_some_and(|&end| stamp.seq >= end);
        let inside = meter.first.get(stream).is_some_and(|&first| stamp.seq >= first || meter.by_span());
        if self.place == Place::Before && inside {
            self.place = Place::Inside;
            // What came before the window is no gap; what is missing at its beginning is one.
            let first = meter.first.get(stream).copied().filter(|_| !meter.by_span()).unwrap_or(stamp.seq);
            self.last = first.checked_sub(1);
        }
        if after && !meter.by_span() {
            self.place = Place::After;
        }
        if self.place != Place::Inside {
            return;
        }
        self.counts.video += 1;
        meter.latency.record(stamp.age(wall));
        self.follow(stamp.seq);
        let first = self.span.map_or(stamp.seq, |(first, _)| first.min(stamp.seq));
        self.span = Some((first, self.last.unwrap_or(stamp.seq)));
    }

    /// Compares a picture's number with the last one's.
    fn follow(&mut self, seq: u64) {
        match self.last {
            Some(last) if seq == last => self.counts.duplicates += 1,
            Some(last) if seq < last => self.counts.reordered += 1,
            last => {
                let skipped = seq - last.map_or(0, |last| last + 1);
                self.counts.missing += skipped;
                self.counts.gaps += u64::from(skipped > 0);
                self.last = Some(seq);
            }
        }
    }

    /// Notes how long it has been since the last frame.
    fn wait_until(&mut self, now: Instant, stall: Duration) {
        let Some(last) = self.last_frame else { return };
        let wait = now.saturating_duration_since(last);
        self.counts.longest_wait = self.counts.longest_wait.max(wait);
        self.counts.stalls += u64::from(wait > stall);
    }

    /// The window closes for this viewer by time: whatever comes later is not counted. A wait that goes on is.
    pub(crate) fn close(&mut self, now: Instant, stall: Duration) {
        if self.place == Place::Inside {
            self.wait_until(now, stall);
        }
        self.place = Place::After;
    }

    /// Whether nothing more is to come that belongs into the window.
    pub(crate) fn is_done(&self) -> bool {
        self.place == Place::After
    }

    /// Counting by span: how many pictures there are from the first that it got inside the window to the last.
    pub(crate) fn spanned(&self) -> u64 {
        self.span.map_or(0, |(first, last)| last + 1 - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        start: Instant,
        meter: Meter,
        tally: Tally,
    }

    impl Bench {
        fn new(counting: Counting) -> Bench {
            let meter = Meter::new(Duration::from_secs(1), counting);
            Bench { start: Instant::now(), meter, tally: Tally::new(0) }
        }

        fn see(&mut self, millis: u64, seen: Seen) {
            let after = Duration::from_millis(millis);
            let wall = SystemTime::UNIX_EPOCH + after;
            self.tally.see(&seen, self.start + after, wall, &mut self.meter);
        }

        fn picture(&mut self, millis: u64, seq: u64) {
            self.see(millis, Seen::Video(Some(Stamp { stream: 0, seq, audio: 0, sent: 0 })));
        }
    }

    #[test]
    fn only_the_window_counts() {
        let mut bench = Bench::new(Counting::Frames);
        bench.picture(0, 3);
        bench.see(1, Seen::Audio);
        bench.meter.first = vec![5];
        bench.picture(2, 4);
        bench.see(3, Seen::Audio);
        bench.picture(4, 5);
        bench.see(5, Seen::Audio);
        bench.meter.end = vec![7];
        bench.picture(6, 6);
        bench.see(7, Seen::Audio);
        assert!(!bench.tally.is_done());
        bench.picture(8, 7);
        bench.see(9, Seen::Audio);
        assert!(bench.tally.is_done());
        let counts = bench.tally.counts;
        assert_eq!((counts.video, counts.audio, counts.missing, counts.gaps), (2, 2, 0, 0));
        assert_eq!(bench.meter.latency.count(), 2);
    }

    #[test]
    fn gaps_repeats_and_disorder_are_told_apart() {
        let mut bench = Bench::new(Counting::Frames);
        bench.meter.first = vec![10];
        for seq in [12, 13, 13, 16, 15, 17] {
            bench.picture(0, seq);
        }
        bench.see(0, Seen::Video(None));
        bench.see(0, Seen::Video(Some(Stamp { stream: 1, seq: 18, audio: 0, sent: 0 })));
        let counts = bench.tally.counts;
        assert_eq!((counts.missing, counts.gaps), (4, 2), "10 and 11 at the beginning, 14 and 15 later");
        assert_eq!((counts.duplicates, counts.reordered), (1, 1));
        assert_eq!((counts.unstamped, counts.foreign), (1, 1));
    }

    #[test]
    fn waits_are_measured_to_the_end() {
        let mut bench = Bench::new(Counting::Frames);
        bench.meter.first = vec![0];
        bench.picture(0, 0);
        bench.see(1_500, Seen::Audio);
        bench.tally.close(bench.start + Duration::from_millis(4_000), Duration::from_secs(1));
        assert_eq!(bench.tally.counts.stalls, 2);
        assert_eq!(bench.tally.counts.longest_wait, Duration::from_millis(2_500));
    }

    #[test]
    fn by_span_only_what_lies_between_is_expected() {
        let mut bench = Bench::new(Counting::Span);
        bench.meter.first = vec![900];
        for seq in [100, 101, 104] {
            bench.picture(0, seq);
        }
        assert_eq!(bench.tally.spanned(), 5);
        assert_eq!((bench.tally.counts.video, bench.tally.counts.missing), (3, 2));
    }
}
