//! From the stream's clock to a viewer's: bursts are pressed together, and publications follow each other without a jump.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::{Delta, Kind, Time};

use super::super::packets::Group;

/// The clock of one viewer.
///
/// Who joins gets the pictures since the last key frame, which are up to a GOP old. With their own times a player would show them
/// at leisure and stay as late as the first of them; pressed to [`STEP`] apart, the last at its own time, they are decoded as fast as
/// they come and the player is at the newest picture at once. Sound of that time is left out, also what comes a moment later because it is
/// made only for this viewer: players keep what they get at once at the beginning, and are as late with all that follows, and with the
/// pictures to it.
#[derive(Debug)]
pub(super) struct Splice {
    /// What is added to the times of this publication.
    shift: Delta,
    /// The burst that is being sent: its last time, and how many pictures are still to come.
    burst: Option<Burst>,
    /// The next groups that are read are a burst.
    begins: bool,
    /// Until when sound from before a time is left out; on the stream's clock.
    unheard: Option<(Time, Instant)>,
    /// The newest sound sent of this publication, on the same clock.
    heard: Option<Time>,
    /// A publication has come that is not yet joined to what was sent of the one before.
    unjoined: bool,
    /// Newest time sent, and when.
    last: Option<(Time, Instant)>,
    /// Bytes of the burst since the last breath.
    unbreathed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    end: Time,
    left: i64,
}

impl Default for Splice {
    fn default() -> Splice {
        let (shift, burst) = (Delta::ZERO, None);
        Splice {
            shift,
            burst,
            begins: true,
            unheard: None,
            heard: None,
            unjoined: false,
            last: None,
            unbreathed: 0,
        }
    }
}

impl Splice {
    /// What follows is of another publication, whose clock has nothing to do with the one before.
    pub(super) fn next_publication(&mut self) {
        self.unjoined = true;
        self.heard = None;
        self.burst();
    }

    /// What is read next begins with a key frame and may be old.
    pub(super) fn burst(&mut self) {
        self.begins = true;
        self.burst = None;
    }

    /// Whether what is read next is a burst.
    pub(super) fn begins(&self) -> bool {
        self.begins
    }

    /// Whether the viewer is at the newest picture.
    pub(super) fn is_live(&self) -> bool {
        self.burst.is_none() && !self.begins
    }

    /// Looks at what was read together, `now`; of a burst, only pictures stay, or where there is one at most what has not been heard.
    pub(super) fn arrange(&mut self, groups: &mut Vec<Arc<Group>>, now: Instant) {
        let Some(end) = groups.iter().map(|group| group.pts).max() else { return };
        if self.unjoined {
            self.unjoined = false;
            if let Some((time, at)) = self.last {
                let gap = Delta::from_std(now.saturating_duration_since(at)).max(STEP);
                self.shift = time + gap - end;
            }
        }
        if std::mem::take(&mut self.begins) {
            // Who has heard some goes on behind it.
            self.unheard = Some((self.heard.map_or(end, |heard| end.min(heard + TICK)), now + CATCH_UP));
            let pictures = groups.iter().filter(|group| group.kind == Kind::Video).count();
            self.burst = (pictures > 1).then_some(Burst { end, left: pictures as i64 });
        } else {
            self.burst = None;
        }
        // Sound that stays behind the pictures is that of this stream.
        self.unheard = self.unheard.filter(|(_, until)| now < *until);
        let (pictures_only, from) = (self.burst.is_some(), self.unheard.map(|(from, _)| from));
        groups.retain(|group| {
            group.kind == Kind::Video || !pictures_only && from.is_none_or(|from| group.pts >= from)
        });
    }

    /// The viewer's time of `group`, and whether it was pressed. Times of pictures never go back.
    pub(super) fn time(&mut self, group: &Group) -> (Time, bool) {
        let (pts, pressed) = match &mut self.burst {
            Some(burst) => {
                burst.left -= 1;
                (burst.end - Delta::micros(STEP.as_micros() * burst.left), true)
            }
            None => (group.pts, false),
        };
        let mut time = pts + self.shift;
        if group.kind == Kind::Video {
            if let Some((last, _)) = self.last
                && time <= last
            {
                time = last + TICK;
            }
            self.last = Some((time, Instant::now()));
        } else {
            self.heard = self.heard.max(Some(group.pts));
        }
        if self.burst.is_some_and(|burst| burst.left <= 0) {
            self.burst = None;
        }
        (time, pressed)
    }

    /// Whether so much of a burst has been sent that the network needs a moment.
    pub(super) fn is_breath_due(&mut self, bytes: usize) -> bool {
        self.unbreathed += bytes;
        let due = self.unbreathed >= BREATH_BYTES;
        if due {
            self.unbreathed = 0;
        }
        due
    }
}

/// Between pictures of a burst.
const STEP: Delta = Delta::millis(1);
/// One of a clock of 90 kHz, rounded up.
const TICK: Delta = Delta::micros(12);
/// So long after a burst sound may come that is older than it: what is made of another codec begins 200 ms back.
const CATCH_UP: Duration = Duration::from_millis(500);
/// With 2 ms between, 64 Mbit/s: a GOP of 2 s at 8 Mbit/s takes 250 ms.
pub(super) const BREATH_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn group(kind: Kind, millis: i64) -> Arc<Group> {
        let pts = Time::from_millis(millis);
        Arc::new(Group { kind, codec: "h264", pts, keyframe: false, packets: Box::default(), bytes: 0 })
    }

    fn times(splice: &mut Splice, mut groups: Vec<Arc<Group>>) -> Vec<i64> {
        splice.arrange(&mut groups, Instant::now());
        groups.iter().map(|group| splice.time(group).0.as_micros() / 1_000).collect()
    }

    #[test]
    fn a_joiner_is_at_the_newest_picture_at_once() {
        let mut splice = Splice::default();
        let gop = (0..50).map(|number| group(Kind::Video, number * 40)).chain([group(Kind::Audio, 900)]);
        let sent = times(&mut splice, gop.collect());
        assert_eq!((sent.len(), sent[0], sent[49]), (50, 1_911, 1_960));
        assert!(splice.is_live());
        let next = vec![group(Kind::Audio, 1_980), group(Kind::Video, 2_000)];
        assert_eq!(times(&mut splice, next), [1_980, 2_000]);
    }

    fn sounds(millis: impl Iterator<Item = i64>) -> Vec<Arc<Group>> {
        millis.map(|millis| group(Kind::Audio, millis)).collect()
    }

    #[test]
    fn sound_from_before_the_newest_picture_is_not_heard() {
        let mut splice = Splice::default();
        times(&mut splice, (0..50).map(|number| group(Kind::Video, number * 40)).collect());
        let made_late = sounds((88..=101).map(|number| number * 20));
        assert_eq!(times(&mut splice, made_late), [1_960, 1_980, 2_000, 2_020]);
        let mut alone = Splice::default();
        assert_eq!(times(&mut alone, sounds((0..50).map(|number| number * 20))), [980]);
    }

    #[test]
    fn sound_far_behind_the_pictures_is_heard_after_a_moment() {
        let mut splice = Splice::default();
        times(&mut splice, (0..50).map(|number| group(Kind::Video, 60_000 + number * 40)).collect());
        let mut groups = sounds([1_000].into_iter());
        splice.arrange(&mut groups, Instant::now());
        assert!(groups.is_empty(), "it may be of the burst");
        groups = sounds([1_500].into_iter());
        splice.arrange(&mut groups, Instant::now() + CATCH_UP);
        assert_eq!(groups.len(), 1);
    }

    #[test]
    fn who_has_heard_some_goes_on_behind_it_after_a_second_burst() {
        let mut splice = Splice::default();
        let gop = |to: i64| (0..=to).map(|number| group(Kind::Video, number * 40)).collect::<Vec<_>>();
        times(&mut splice, gop(10));
        assert_eq!(times(&mut splice, sounds([400, 420].into_iter())), [400, 420]);
        splice.burst();
        times(&mut splice, gop(20));
        assert_eq!(
            times(&mut splice, sounds([420, 440, 460].into_iter())),
            [440, 460],
            "pictures are at 800"
        );
        // Another stream is another matter.
        splice.next_publication();
        times(&mut splice, gop(20));
        assert_eq!(times(&mut splice, sounds([440, 800].into_iter())).len(), 1);
    }

    #[test]
    fn a_second_burst_goes_on_behind_what_was_sent() {
        let mut splice = Splice::default();
        let gop = |to: i64| (0..=to).map(|number| group(Kind::Video, number * 40)).collect::<Vec<_>>();
        times(&mut splice, gop(10));
        splice.burst();
        let again = times(&mut splice, gop(11));
        assert!(again.is_sorted() && again[0] >= 400, "{again:?}");
        assert!(*again.last().expect("there are some") <= 441);
        assert_eq!(times(&mut splice, vec![group(Kind::Video, 480)]), [480]);
    }

    #[test]
    fn the_next_publication_goes_on_where_the_last_was() {
        let mut splice = Splice::default();
        times(&mut splice, vec![group(Kind::Video, 90_000)]);
        splice.next_publication();
        let sent = times(&mut splice, vec![group(Kind::Video, 0), group(Kind::Video, 40)]);
        assert!(sent[0] >= 90_000 && sent[1] < 90_500, "{sent:?}");
        let on = times(&mut splice, vec![group(Kind::Video, 80)]);
        assert!(on[0] - sent[1] >= 39, "{on:?}");
    }
}
