//! What one receiver is still to be told.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hub::{SessionId, StreamKey};
use tokio::time::Instant;

use super::event::{Event, What};
use crate::retry;

/// Events that wait for their turn, or for another try. What publishers of one stream did is told in the order in which it happened, and
/// so is what one viewer did: an event waits until those before it have been told, or given up. Nothing else waits for it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// In the order in which they happened.
    waiting: VecDeque<Pending>,
    /// What is being told, one of each order.
    underway: Vec<Pending>,
    /// Streams of whose publishers nothing is told until then, by who is asked about.
    held: HashMap<(StreamKey, SessionId), Instant>,
    /// How many were given up because there were too many.
    dropped: u64,
    /// Counts up with each change of what is not told yet.
    changes: u64,
}

/// An event that is to be told.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) event: Arc<Event>,
    /// Its place in the log of deliveries, once it has been tried.
    pub(super) number: Option<u64>,
    /// How often it has been tried.
    pub(super) attempts: u32,
    /// When it may be tried.
    pub(super) due: Instant,
    /// When it was handed in.
    pub(super) since: Instant,
    /// Not to be tried again.
    over: bool,
    order: Order,
}

/// Events of the same order are told one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Order {
    /// Those of a stream's publishers, and those that are of no stream.
    Stream(Option<StreamKey>),
    /// Those of a viewer, of whom a stream may have thousands.
    Viewer(SessionId),
    /// Those of a recording.
    Recording(String),
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Next {
    /// Tell this, and say so with [`Queue::done`] or [`Queue::again`].
    Tell(Pending),
    /// Nothing until then; `None`: until something changes.
    Wait(Option<Instant>),
}

impl Pending {
    pub(super) fn new(event: Arc<Event>, now: Instant) -> Pending {
        let order = Order::of(&event);
        Pending { event, number: None, attempts: 0, due: now, since: now, over: false, order }
    }
}

impl Order {
    fn of(event: &Event) -> Order {
        match &event.what {
            What::Playing { who } | What::Stopped { who, .. } => Order::Viewer(who.id),
            What::RecordBegun { recording } | What::RecordEnded { recording } => {
                Order::Recording(recording.clone())
            }
            What::Asks { .. } | What::Published { .. } | What::Unpublished { .. } | What::Test => {
                Order::Stream(event.stream.clone())
            }
        }
    }

    /// Whether it is that of the publishers of `stream`.
    fn is_of(&self, stream: &StreamKey) -> bool {
        matches!(self, Order::Stream(Some(key)) if key == stream)
    }
}

impl Queue {
    /// Adds what has just happened. Gives back what is not told for it, where there are too many.
    pub(super) fn push(&mut self, event: Arc<Event>, now: Instant) -> Option<Pending> {
        self.changes += 1;
        self.waiting.push_back(Pending::new(event, now));
        self.trim()
    }

    /// Adds what was not told before the server was started, in its order.
    pub(super) fn restore(&mut self, before: impl IntoIterator<Item = Pending>) {
        self.waiting.extend(before.into_iter().take(MOST));
    }

    /// What is not told yet, in the order in which it is to be told, and how often that has changed.
    pub(super) fn untold(&self) -> (impl Iterator<Item = &Pending>, u64) {
        (self.underway.iter().chain(&self.waiting), self.changes)
    }

    /// What is to be done `now`. What publishers did goes before what viewers did, of which there may be thousands.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.underway.len() >= AT_ONCE {
            return Next::Wait(None);
        }
        self.held.retain(|_, until| *until > now);
        let mut busy: HashSet<&Order> = self.underway.iter().map(|pending| &pending.order).collect();
        let (mut soonest, mut publisher, mut viewer) = (None, None, None);
        for (index, pending) in self.waiting.iter().enumerate() {
            if !busy.insert(&pending.order) {
                continue;
            }
            let holds = self.held.iter().filter(|((stream, _), _)| pending.order.is_of(stream));
            let due = holds.fold(pending.due, |due, (_, until)| due.max(*until));
            if due > now {
                soonest = Some(soonest.map_or(due, |soonest: Instant| soonest.min(due)));
            } else if matches!(pending.order, Order::Viewer(_)) {
                viewer.get_or_insert(index);
            } else {
                publisher = Some(index);
                break;
            }
        }
        match publisher.or(viewer).and_then(|index| self.waiting.remove(index)) {
            Some(pending) => {
                self.underway.push(pending.clone());
                Next::Tell(pending)
            }
            None => Next::Wait(soonest),
        }
    }

    /// What was being told is told, or given up.
    pub(super) fn done(&mut self, pending: &Pending) {
        self.changes += 1;
        if let Some(index) = self.underway.iter().position(|underway| underway.order == pending.order) {
            self.underway.swap_remove(index);
        }
    }

    /// What was being told is to be tried again. Gives back what is not told for it, which may be itself, where there are too many.
    pub(super) fn again(&mut self, pending: Pending) -> Option<Pending> {
        let over = self.underway.iter().any(|underway| underway.order == pending.order && underway.over);
        self.done(&pending);
        if over {
            return Some(pending);
        }
        // Before all others of its order.
        self.waiting.push_front(pending);
        self.trim()
    }

    /// Gives back what waits, which is not told.
    pub(super) fn clear(&mut self) -> VecDeque<Pending> {
        self.changes += 1;
        std::mem::take(&mut self.waiting)
    }

    /// Whether something that a publisher of `stream` did is being told, or is to be for the first time.
    pub(super) fn is_telling_of(&self, stream: &StreamKey) -> bool {
        let is_held = self.held.keys().any(|(held, _)| held == stream);
        let mut untried = self.waiting.iter().filter(|pending| pending.attempts == 0 && !is_held);
        self.underway.iter().any(|pending| pending.order.is_of(stream))
            || untried.any(|pending| pending.order.is_of(stream))
    }

    /// What publishers of `stream` did waits until then at least, as it is asked about `session`; `None`: not for that any more.
    pub(super) fn hold(&mut self, stream: &StreamKey, session: SessionId, until: Option<Instant>) {
        let held = (stream.clone(), session);
        match until {
            Some(until) => _ = self.held.insert(held, until),
            None => _ = self.held.remove(&held),
        }
    }

    /// Gives back what earlier publishers of `stream` did and waits, which is not told; what is being told is not tried again.
    pub(super) fn forget(&mut self, stream: &StreamKey) -> VecDeque<Pending> {
        let is_of = |pending: &Pending| pending.order.is_of(stream);
        self.underway.iter_mut().filter(|pending| is_of(pending)).for_each(|pending| pending.over = true);
        let (forgotten, others): (VecDeque<_>, _) = self.waiting.drain(..).partition(is_of);
        self.waiting = others;
        self.changes += u64::from(!forgotten.is_empty());
        forgotten
    }

    /// How many wait, and how many are being told.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.underway.len()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes out one where there are too many: the oldest of a viewer, of which there may be so many that nobody would learn otherwise
    /// that a publisher has left; else the oldest, for a receiver that comes back is to learn how things are.
    fn trim(&mut self) -> Option<Pending> {
        if self.waiting.len() <= MOST {
            return None;
        }
        self.dropped += 1;
        let viewer = self.waiting.iter().position(|pending| matches!(pending.order, Order::Viewer(_)));
        self.waiting.remove(viewer.unwrap_or(0))
    }
}

/// How long to wait after `attempts` that have failed: 1 s, 2 s, 4 s, … up to 5 min.
pub(super) fn backoff(attempts: u32, chance: u8) -> Duration {
    retry::backoff(FIRST, LONGEST, attempts, chance)
}

/// Events that wait for one receiver.
pub(super) const MOST: usize = 1_000;
/// Requests to one receiver at a time.
pub(super) const AT_ONCE: usize = 4;
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::hooks::event::Party;

    fn event(name: &str) -> Arc<Event> {
        let stream = StreamKey::new("live", name.split('.').next().unwrap()).unwrap();
        let event = Event::new(What::Test, Some(stream)).unwrap();
        Arc::new(Event { id: name.to_owned(), ..event })
    }

    /// What a viewer of the stream `a` did.
    fn viewer(id: u64) -> Arc<Event> {
        let peer = ([192, 0, 2, 1], 5000).into();
        let who = Party { id: SessionId(id), protocol: "rtmp".into(), peer, agent: String::new() };
        let event = Event::new(What::Playing { who }, Some(StreamKey::new("live", "a").unwrap())).unwrap();
        Arc::new(Event { id: format!("viewer {id}"), ..event })
    }

    fn tell(queue: &mut Queue, now: Instant) -> Option<Pending> {
        match queue.next(now) {
            Next::Tell(pending) => Some(pending),
            Next::Wait(_) => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_publisher_did_is_told_before_what_viewers_did() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for id in 0..900 {
            queue.push(viewer(id), now);
        }
        queue.push(event("a.1"), now);
        let told: Vec<_> = (0..3).map(|_| tell(&mut queue, now).unwrap().event.id.clone()).collect();
        assert_eq!(told, ["a.1", "viewer 0", "viewer 1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_earlier_publishers_did_is_forgotten_also_while_it_is_told() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for name in ["a.1", "a.2", "b.1"] {
            queue.push(event(name), now);
        }
        let a = tell(&mut queue, now).unwrap();
        assert!(queue.is_telling_of(a.event.stream.as_ref().unwrap()));
        let forgotten = queue.forget(a.event.stream.as_ref().unwrap());
        assert_eq!(forgotten.len(), 1);
        assert_eq!(queue.again(a).unwrap().event.id, "a.1", "it is not tried again");
        assert_eq!(tell(&mut queue, now).unwrap().event.id, "b.1");
        assert_eq!(queue.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_held_for_each_who_is_asked_about() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.push(event("a.1"), now);
        let stream = StreamKey::new("live", "a").unwrap();
        let later = now + Duration::from_secs(9);
        for session in [1, 2] {
            queue.hold(&stream, SessionId(session), Some(later));
        }
        queue.hold(&stream, SessionId(2), None);
        let Next::Wait(Some(until)) = queue.next(now) else { panic!("it is held for the first") };
        assert_eq!(until, later);
        queue.hold(&stream, SessionId(1), None);
        assert_eq!(tell(&mut queue, now).unwrap().event.id, "a.1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_waits_for_what_happened_to_it_and_others_do_not() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for name in ["a.1", "a.2", "b.1", "a.3"] {
            assert!(queue.push(event(name), now).is_none());
        }
        let first = tell(&mut queue, now).unwrap();
        let other = tell(&mut queue, now).unwrap();
        assert_eq!((first.event.id.as_str(), other.event.id.as_str()), ("a.1", "b.1"));
        assert!(tell(&mut queue, now).is_none() && queue.len() == 4);

        let due = now + Duration::from_secs(1);
        assert!(queue.again(Pending { due, attempts: 1, ..first }).is_none());
        let Next::Wait(Some(until)) = queue.next(now) else { panic!("a.2 is behind a.1") };
        assert_eq!(until, due);
        queue.done(&other);
        for name in ["a.1", "a.2", "a.3"] {
            let next = tell(&mut queue, due).unwrap();
            assert_eq!(next.event.id, name);
            queue.done(&next);
        }
        assert!(matches!(queue.next(due), Next::Wait(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_waits_for_what_they_did_and_nobody_waits_for_viewers() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for happened in [viewer(1), viewer(1), viewer(2), event("a.1")] {
            assert!(queue.push(happened, now).is_none());
        }
        let told: Vec<_> = std::iter::from_fn(|| tell(&mut queue, now)).collect();
        let ids: Vec<_> = told.iter().map(|pending| pending.event.id.as_str()).collect();
        assert_eq!(ids, ["a.1", "viewer 1", "viewer 2"]);
        queue.done(&told[1]);
        assert_eq!(tell(&mut queue, now).unwrap().event.id, "viewer 1");
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_that_leaves_pushes_out_no_publisher() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        assert!(queue.push(event("a.left"), now).is_none());
        let dropped: Vec<_> = (0..1_200).filter_map(|id| queue.push(viewer(id), now)).collect();
        assert_eq!((dropped.len(), dropped[0].event.id.as_str()), (201, "viewer 0"), "the oldest of them");
        assert_eq!((queue.len(), queue.dropped()), (MOST, 201));
        let left = tell(&mut queue, now).unwrap();
        assert_eq!(left.event.id, "a.left");
        assert!(queue.push(viewer(1_200), now).is_none(), "there is a place");
        let dropped = queue.again(left).unwrap();
        assert_eq!(dropped.event.id, "viewer 201");
        assert_eq!(tell(&mut queue, now).unwrap().event.id, "a.left");
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_told_at_once_and_wait() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for number in 0..MOST + 10 {
            let dropped = queue.push(event(&format!("s{number}")), now);
            let oldest = number.checked_sub(MOST).map(|oldest| format!("s{oldest}"));
            assert_eq!(dropped.map(|pending| pending.event.id.clone()), oldest);
        }
        assert_eq!((queue.len(), queue.dropped()), (MOST, 10));
        let told: Vec<_> = std::iter::from_fn(|| tell(&mut queue, now)).collect();
        assert_eq!(told.len(), AT_ONCE);
        assert_eq!(told[0].event.id, "s10", "the oldest are gone");
        for pending in told {
            assert!(queue.again(pending).is_none());
        }
        assert_eq!((queue.len(), queue.dropped()), (MOST, 10));
        let first = tell(&mut queue, now).unwrap();
        assert!(queue.push(event("last"), now).is_none());
        let id = first.event.id.clone();
        assert_eq!(queue.again(first).unwrap().event.id, id, "it is the oldest again");
        assert_eq!((queue.clear().len(), queue.len()), (MOST, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_being_told_is_not_told_yet() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let ids = |queue: &Queue| -> Vec<String> {
            queue.untold().0.map(|pending| pending.event.id.clone()).collect()
        };
        assert!(queue.push(event("a.1"), now).is_none() && queue.push(event("a.2"), now).is_none());
        let first = tell(&mut queue, now).unwrap();
        let before = queue.untold().1;
        assert_eq!(ids(&queue), ["a.1", "a.2"]);
        assert!(queue.again(Pending { attempts: 1, ..first }).is_none());
        assert_eq!(queue.untold().0.map(|pending| pending.attempts).collect::<Vec<_>>(), [1, 0]);
        let first = tell(&mut queue, now).unwrap();
        queue.done(&first);
        assert_eq!(ids(&queue), ["a.2"]);
        assert!(queue.untold().1 > before);

        let mut next = Queue::default();
        next.restore(queue.clear());
        assert!(ids(&queue).is_empty());
        assert_eq!(tell(&mut next, now).unwrap().event.id, "a.2");
    }

    #[test]
    fn pauses_grow_to_five_minutes() {
        let whole = [1, 2, 3, 9, 10, 40].map(|attempts| backoff(attempts, 0).as_secs());
        assert_eq!(whole, [1, 2, 4, 256, 300, 300]);
        let shortest = backoff(3, 255);
        assert!(shortest > Duration::from_secs(2) && shortest < Duration::from_millis(2_010), "{shortest:?}");
    }
}
