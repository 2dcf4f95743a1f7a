use super::*;

/// Two tracks of a sender, sound (48 kHz, begins at 7,000,000 ticks) and pictures (90 kHz, at 4,000,000,000).
struct Sender {
    clock: SenderClock<i64>,
    start: Instant,
    out: Vec<Stamped<i64>>,
}

const SOUND: usize = 0;
const PICTURES: usize = 1;
const RATES: [u32; 2] = [48_000, 90_000];
const BEGINS: [i64; 2] = [7_000_000, 4_000_000_000];
/// What the sender's wall clock said when it began.
const WALL: Time = Time::from_millis(1_700_000_000_000);

impl Sender {
    fn new() -> Sender {
        Sender { clock: SenderClock::new(2, Some(SOUND)), start: Instant::now(), out: Vec::new() }
    }

    fn ticks(line: usize, taken: i64) -> i64 {
        BEGINS[line] + Delta::millis(taken).to_ticks(RATES[line])
    }

    /// What was taken at `taken` ms of the sender comes at `at` ms; its item is `taken`.
    fn sample(&mut self, line: usize, taken: i64, at: i64) {
        self.sample_of(line, Sender::ticks(line, taken), taken, at);
    }

    fn sample_of(&mut self, line: usize, ticks: i64, item: i64, at: i64) {
        let at = self.start + Duration::from_millis(at as u64);
        self.clock.tick(at);
        self.clock.sample(Arrived { line, layer: 0, ticks, rate: RATES[line], at, size: 100, item });
        self.drain();
    }

    /// A report of `taken` ms of the sender, whose wall clock is off by `lie` ms.
    fn report(&mut self, line: usize, taken: i64, lie: i64) {
        let wall = WALL + Delta::millis(taken + lie);
        self.clock.report(line, 0, wall, Sender::ticks(line, taken) as u32);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(stamped) = self.clock.poll() {
            self.out.push(stamped);
        }
    }

    /// How far the latest sample's time is from when it was taken.
    fn offset(&self) -> Delta {
        let last = self.out.last().expect("a sample");
        last.time - Time::from_millis(last.item)
    }
}

#[test]
fn samples_wait_for_the_reports_of_all_tracks() {
    let mut sender = Sender::new();
    sender.sample(SOUND, 0, 30);
    sender.report(SOUND, 0, 0);
    sender.sample(SOUND, 20, 50);
    assert!(sender.out.is_empty(), "pictures have not come");
    sender.sample(PICTURES, 10, 300);
    assert!(sender.out.is_empty(), "pictures are not reported");
    sender.report(PICTURES, 5, 0);
    let times: Vec<_> = sender.out.iter().map(|sample| (sample.item, sample.time.as_millis())).collect();
    assert_eq!(times, [(0, 0), (20, 20), (10, 10)], "as taken, not as they came");
    assert!(sender.out.iter().all(|sample| sample.wall == Some(WALL + Delta::millis(sample.item))));
}

#[test]
fn without_reports_they_wait_a_second_and_are_placed_as_they_came() {
    let mut sender = Sender::new();
    sender.sample(SOUND, 0, 0);
    sender.sample(PICTURES, 0, 40);
    let deadline = sender.clock.deadline().expect("waiting");
    assert_eq!(deadline, sender.start + Duration::from_secs(1));
    sender.clock.tick(deadline - Duration::from_millis(1));
    sender.drain();
    assert!(sender.out.is_empty());
    sender.clock.tick(deadline);
    sender.drain();
    let times: Vec<_> = sender.out.iter().map(|sample| (sample.time.as_millis(), sample.wall)).collect();
    assert_eq!(times, [(0, None), (40, None)]);
    assert_eq!(sender.clock.deadline(), None);
}

#[test]
fn a_late_report_is_made_good_bit_by_bit() {
    let mut sender = Sender::new();
    sender.report(SOUND, 0, 0);
    sender.sample(SOUND, 0, 0);
    sender.sample(PICTURES, 0, 80); // sent 80 ms late
    sender.sample(SOUND, 1_020, 1_020);
    assert_eq!(sender.out.len(), 3);
    sender.sample(PICTURES, 1_000, 1_080);
    assert_eq!(sender.offset(), Delta::millis(80), "placed as it came");
    sender.report(PICTURES, 1_000, 0);
    let mut last = sender.out.last().expect("one").time;
    for step in 1..200 {
        let taken = 1_000 + step * 40;
        sender.sample(PICTURES, taken, taken + 80);
        let now = sender.out.last().expect("one");
        let advance = now.time - last;
        assert!((Delta::millis(38)..=Delta::millis(42)).contains(&advance), "{advance} after 40 ms");
        assert!(!now.discontinuity);
        last = now.time;
    }
    assert_eq!(sender.offset(), Delta::ZERO);
}

#[test]
fn sound_is_never_moved_bit_by_bit_and_the_pictures_go_to_it() {
    let mut sender = Sender::new();
    sender.report(PICTURES, 0, 0);
    sender.sample(PICTURES, 0, 0);
    sender.sample(SOUND, 0, 80); // sent 80 ms late
    sender.sample(PICTURES, 1_040, 1_040);
    let (mut before, mut sounds, mut pictures) = (None, Vec::new(), Vec::new());
    for step in 52..400 {
        let taken = step * 20;
        sender.sample(SOUND, taken, taken + 80);
        let sound = sender.out.last().expect("one");
        assert!(before.is_none_or(|before| sound.time - before == Delta::millis(20)), "at {taken}");
        assert!(!sound.discontinuity);
        before = Some(sound.time);
        sounds.push(sender.offset());
        if step % 2 == 0 {
            sender.sample(PICTURES, taken, taken);
            assert!(!sender.out.last().expect("one").discontinuity);
            pictures.push(sender.offset());
        }
        // Reports of both, the one of sound a little off each time.
        if step % 50 == 0 {
            sender.report(SOUND, taken, step % 3);
            sender.report(PICTURES, taken, 0);
        }
    }
    assert_eq!((pictures[0], sounds[0]), (Delta::ZERO, Delta::millis(80)));
    let (picture, sound) = (pictures[pictures.len() - 1], sounds[sounds.len() - 1]);
    assert!((picture - sound).abs() <= Delta::millis(3), "{picture} and {sound}");
}

#[test]
fn a_wall_clock_that_is_set_moves_nothing() {
    let mut sender = Sender::new();
    for line in [SOUND, PICTURES] {
        sender.sample(line, 0, 0);
        sender.report(line, 0, 0);
    }
    for lie in [600_000, -86_400_000] {
        for step in 0..20 {
            let taken = 1_000 + step * 1_000;
            for line in [SOUND, PICTURES] {
                sender.sample(line, taken, taken);
                assert!(sender.offset().abs() < Delta::millis(1), "{}", sender.offset());
                sender.report(line, taken, lie);
            }
        }
    }
    assert!(sender.out.iter().all(|sample| !sample.discontinuity));
}

#[test]
fn one_track_alone_that_lies_is_believed_at_the_third_report() {
    let mut sender = Sender::new();
    for line in [SOUND, PICTURES] {
        sender.sample(line, 0, 0);
        sender.report(line, 0, 0);
    }
    for (number, expected) in [(1, 0), (2, 0), (3, 5_000)] {
        let taken = number * 1_000;
        sender.sample(PICTURES, taken, taken);
        sender.report(PICTURES, taken, 5_000);
        sender.sample(SOUND, taken, taken);
        sender.report(SOUND, taken, 0);
        sender.sample(PICTURES, taken + 40, taken + 40);
        assert_eq!(sender.offset(), Delta::millis(expected), "after {number}");
        assert_eq!(sender.out.last().map(|sample| sample.discontinuity), Some(number == 3));
    }
    let mut once = Sender::new();
    for line in [SOUND, PICTURES] {
        once.sample(line, 0, 0);
        once.report(line, 0, 0);
    }
    for (number, lie) in [(1, 5_000), (2, 0), (3, 5_000), (4, 0), (5, 5_000)] {
        once.sample(PICTURES, number * 1_000, number * 1_000);
        once.report(PICTURES, number * 1_000, lie);
        once.sample(PICTURES, number * 1_000 + 40, number * 1_000 + 40);
        assert_eq!(once.offset(), Delta::ZERO, "a lie that is taken back");
    }
}

#[test]
fn an_rtp_clock_that_begins_anew_goes_on_as_its_packets_come() {
    let mut sender = Sender::new();
    for line in [SOUND, PICTURES] {
        sender.sample(line, 0, 0);
        sender.report(line, 0, 0);
    }
    sender.sample(PICTURES, 1_000, 1_000);
    let elsewhere = |taken: i64| Sender::ticks(PICTURES, taken) - 900_000_000;
    sender.sample_of(PICTURES, elsewhere(1_040), 1_040, 1_050);
    let stepped = sender.out.last().expect("one");
    assert!(stepped.discontinuity);
    assert_eq!((stepped.time.as_millis(), stepped.wall), (1_050, None));
    sender.sample_of(PICTURES, elsewhere(1_080), 1_080, 1_080);
    assert_eq!(sender.offset(), Delta::millis(10));
    // The next report finds the ten milliseconds.
    sender.clock.report(PICTURES, 0, WALL + Delta::millis(1_080), elsewhere(1_080) as u32);
    for step in 0..50 {
        let taken = 1_120 + step * 40;
        sender.sample_of(PICTURES, elsewhere(taken), taken, taken);
    }
    assert_eq!(sender.offset(), Delta::ZERO);
}

#[test]
fn pictures_out_of_order_keep_their_times() {
    let mut sender = Sender::new();
    sender.sample(SOUND, 0, 0);
    sender.report(SOUND, 0, 0);
    sender.sample(PICTURES, 0, 0);
    sender.report(PICTURES, 0, 0);
    for (taken, at) in [(160, 40), (80, 80), (40, 120), (120, 160)] {
        sender.sample(PICTURES, taken, at);
        assert_eq!(sender.offset(), Delta::ZERO);
    }
}

#[test]
fn what_is_held_is_bounded() {
    let mut sender = Sender::new();
    for step in 0..2_000 {
        sender.sample(SOUND, step, 0);
    }
    assert!(sender.out.len() >= 2_000 - MOST_HELD);
    let mut sender = Sender::new();
    let at = sender.start;
    for step in 0..20 {
        let size = 1 << 20;
        sender.clock.sample(Arrived { line: 0, layer: 0, ticks: step, rate: 90_000, at, size, item: 0 });
    }
    assert!(sender.clock.poll().is_some(), "20 MiB are too much");
}

#[test]
fn no_report_and_no_sample_overflows() {
    let numbers = [i64::MIN, -1, 0, 1, i64::MAX];
    for ticks in numbers {
        for wall in numbers {
            let mut sender = Sender::new();
            for line in [SOUND, PICTURES, 99] {
                sender.clock.report(line, 0, Time::from_micros(wall), 7);
                sender.sample_of(line % 2, ticks, 0, 0);
                sender.clock.report(line, 0, Time::from_micros(-wall.max(-i64::MAX)), u32::MAX);
                sender.sample_of(line % 2, -ticks.max(-i64::MAX), 0, 5_000);
            }
            for layer in 0..100 {
                sender.clock.report(0, layer, WALL, 0);
            }
            assert!(sender.clock.tracks.len() <= MOST_TRACKS);
        }
    }
}
