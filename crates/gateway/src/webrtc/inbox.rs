//! What waits for a session's task: datagrams, requests over HTTP, the word to stop.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use rtc::Transport;
use tokio::sync::{Notify, oneshot};

use super::link::{NotPatched, Patched};
use super::port::{Port, Way};
use super::tcp;

/// One session's, shared by all who have something for it. Its task reads by a [`Reader`].
///
/// A task is woken for each picture and finds nothing here most times. So it sees by one flag that there is nothing, without a lock, and
/// stays registered as the one to wake.
#[derive(Default)]
pub(super) struct Inbox {
    /// Something waits. Changes behind the lock only.
    any: AtomicBool,
    waiting: Mutex<Waiting>,
    /// Told when there is room again, and when nobody reads any more.
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    packets: VecDeque<Packet>,
    /// What can wait until the task does something anyway.
    reports: Vec<Packet>,
    requests: VecDeque<Request>,
    stop: bool,
    /// Nobody reads any more.
    closed: bool,
    reader: Option<Waker>,
}

/// Something from the network.
pub(super) struct Packet {
    pub(super) bytes: Bytes,
    pub(super) from: SocketAddr,
    pub(super) by: By,
}

/// By what it came, which is also the way back.
pub(super) enum By {
    Udp(Arc<Port>, Way),
    Tcp(tcp::Writer),
}

impl By {
    pub(super) fn transport(&self) -> Transport {
        match self {
            By::Udp(..) => Transport::Udp,
            By::Tcp(_) => Transport::Tcp,
        }
    }
}

/// Something from the client, over HTTP.
pub(super) enum Request {
    /// It has gone.
    Delete(Done),
    /// Candidates, or a restart of ICE; with the tag that the client believes the session to have.
    Patch {
        fragment: String,
        condition: Option<String>,
        answer: oneshot::Sender<Result<Patched, NotPatched>>,
    },
}

/// Dropped once the session is gone, with all that it had: its name, its stream.
pub(super) type Done = oneshot::Sender<()>;

/// The session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

impl Inbox {
    /// Leaves `packet` for the task, and wakes it, but for a report on when packets came: viewers send twenty of them a second, which the
    /// task reads after the next picture. One that has more than it can take loses it.
    pub(super) fn drop_in(&self, packet: Packet) {
        let mut waiting = self.waiting();
        if waiting.closed {
            return;
        }
        if rtc::rtcp::is_feedback(&packet.bytes) && waiting.reports.len() < REPORTS {
            waiting.reports.push(packet);
            self.any.store(true, Ordering::Release);
        } else if waiting.packets.len() < PACKETS {
            waiting.packets.push_back(packet);
            self.tell(waiting);
        }
    }

    /// Waits for room: what comes by TCP is not lost.
    pub(super) async fn deliver(&self, packet: Packet) -> Result<(), Gone> {
        self.put(packet, |waiting| &mut waiting.packets, PACKETS).await
    }

    pub(super) async fn request(&self, request: Request) -> Result<(), Gone> {
        self.put(request, |waiting| &mut waiting.requests, REQUESTS).await
    }

    /// Leaves `item` once there is room for it.
    async fn put<T>(
        &self,
        item: T,
        queue: impl Fn(&mut Waiting) -> &mut VecDeque<T>,
        most: usize,
    ) -> Result<(), Gone> {
        loop {
            let changed = self.changed.notified();
            {
                let mut waiting = self.waiting();
                if waiting.closed {
                    return Err(Gone);
                }
                let queue = queue(&mut waiting);
                if queue.len() < most {
                    queue.push_back(item);
                    self.tell(waiting);
                    return Ok(());
                }
            }
            changed.await;
        }
    }

    /// Waits until the session is over.
    pub(super) async fn closed(&self) {
        loop {
            let changed = self.changed.notified();
            if self.waiting().closed {
                return;
            }
            changed.await;
        }
    }

    /// Tells the task to end.
    pub(super) fn stop(&self) {
        let mut waiting = self.waiting();
        waiting.stop = true;
        self.tell(waiting);
    }

    /// Wakes the task for what now waits.
    fn tell(&self, waiting: MutexGuard<'_, Waiting>) {
        self.any.store(true, Ordering::Release);
        let reader = waiting.reader.clone();
        drop(waiting);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Reader`] finds.
pub(super) enum Letter {
    Stop,
    Request(Request),
    Packet(Packet),
}

/// The task's end of an inbox, which is closed when this is dropped.
pub(super) struct Reader {
    inbox: Arc<Inbox>,
    /// Taken out, and not yet read.
    requests: VecDeque<Request>,
    packets: VecDeque<Packet>,
    reports: Vec<Packet>,
    /// Who is woken, as the inbox knows it.
    registered: Option<Waker>,
    /// What was taken out in a row without a pause.
    batches: u32,
}

impl Reader {
    pub(super) fn new(inbox: Arc<Inbox>) -> Reader {
        Reader {
            inbox,
            requests: VecDeque::new(),
            packets: VecDeque::new(),
            reports: Vec::new(),
            registered: None,
            batches: 0,
        }
    }

    /// The next that waits: the word to stop before all else that was not taken out yet, and reports behind it; or the task is woken when
    /// there is something. Whoever is sent more than it can read lets others have their turn.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Letter> {
        if let Some(letter) = self.next() {
            return Poll::Ready(letter);
        }
        let registered = self.registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if registered && !self.inbox.any.load(Ordering::Acquire) {
            self.batches = 0;
            return Poll::Pending;
        }
        if self.batches >= MOST_BATCHES {
            self.batches = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.batches += 1;
        if self.take(cx.waker()) {
            return Poll::Ready(Letter::Stop);
        }
        self.next().map_or(Poll::Pending, Poll::Ready)
    }

    fn next(&mut self) -> Option<Letter> {
        let request = self.requests.pop_front().map(Letter::Request);
        request.or_else(|| self.packets.pop_front().or_else(|| self.reports.pop()).map(Letter::Packet))
    }

    /// Takes all that waits, and has `waker` woken for what comes. Whether the task is to end.
    fn take(&mut self, waker: &Waker) -> bool {
        let mut waiting = self.inbox.waiting();
        self.inbox.any.store(false, Ordering::Relaxed);
        if !waiting.reader.as_ref().is_some_and(|reader| reader.will_wake(waker)) {
            waiting.reader = Some(waker.clone());
            self.registered = Some(waker.clone());
        }
        let full = waiting.packets.len() >= PACKETS || waiting.requests.len() >= REQUESTS;
        self.packets.shrink_to(KEPT);
        std::mem::swap(&mut waiting.packets, &mut self.packets);
        std::mem::swap(&mut waiting.requests, &mut self.requests);
        std::mem::swap(&mut waiting.reports, &mut self.reports);
        // They are read from the end.
        self.reports.reverse();
        let stop = std::mem::take(&mut waiting.stop);
        drop(waiting);
        if full {
            self.inbox.changed.notify_waiters();
        }
        stop
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut waiting = self.inbox.waiting();
        let left = std::mem::replace(&mut *waiting, Waiting { closed: true, ..Waiting::default() });
        drop(waiting);
        drop(left);
        self.inbox.changed.notify_waiters();
    }
}

/// Datagrams that wait for a session's task; a publisher of 20 Mbit/s sends as many in 100 ms.
const PACKETS: usize = 256;
const REQUESTS: usize = 4;
/// Reports that wait before the task is woken for them.
const REPORTS: usize = 8;
const MOST_BATCHES: u32 = 2;
/// Places that are kept of those that a burst has taken.
const KEPT: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use tokio::task::yield_now;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An inbox, what comes into it, and who reads it.
    struct Box {
        inbox: Arc<Inbox>,
        port: Arc<Port>,
        reader: Reader,
        woken: Arc<Woken>,
    }

    impl Box {
        fn new() -> Box {
            let inbox: Arc<Inbox> = Arc::default();
            let port = Arc::new(Port::bind(([127, 0, 0, 1], 0).into()).unwrap());
            let reader = Reader::new(Arc::clone(&inbox));
            Box { inbox, port, reader, woken: Arc::default() }
        }

        fn packet(&self, bytes: &[u8]) -> Packet {
            let from = self.port.address;
            let by = By::Udp(Arc::clone(&self.port), Way { to: from, from: None });
            Packet { bytes: Bytes::copy_from_slice(bytes), from, by }
        }

        fn come(&self, bytes: &[u8]) {
            self.inbox.drop_in(self.packet(bytes));
        }

        fn next(&mut self) -> Option<Letter> {
            let waker = Waker::from(Arc::clone(&self.woken));
            match self.reader.poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(letter) => Some(letter),
                Poll::Pending => None,
            }
        }

        /// The datagrams that wait.
        fn all(&mut self) -> Vec<Bytes> {
            let packet = |letter| match letter {
                Letter::Packet(packet) => packet.bytes,
                Letter::Stop | Letter::Request(_) => panic!("not a datagram"),
            };
            std::iter::from_fn(|| self.next()).map(packet).collect()
        }

        fn woken(&self) -> usize {
            self.woken.0.swap(0, Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn datagrams_over_what_a_session_can_take_are_dropped() {
        let mut session = Box::new();
        (0..PACKETS + 10).for_each(|_| session.come(b"\x80"));
        assert_eq!(session.all().len(), PACKETS);
        session.come(b"\x80");
        assert_eq!((session.woken(), session.all().len()), (1, 1));
    }

    #[tokio::test]
    async fn reports_of_when_packets_came_wait_and_what_asks_for_something_does_not() {
        let mut session = Box::new();
        assert!(session.next().is_none());
        let feedback = |number: u8| [&[0x8f, 205, 0, 3][..], &[number; 12 + 20]].concat();
        (0..REPORTS).for_each(|number| session.come(&feedback(number as u8)));
        assert_eq!(session.woken(), 0);
        session.come(&feedback(99));
        assert_eq!(session.woken(), 1, "but for so many");
        let read: Vec<u8> = session.all().iter().map(|report| report[4]).collect();
        assert_eq!(read, [99, 0, 1, 2, 3, 4, 5, 6, 7]);
        session.come(&[&feedback(0)[..], &[0x81, 205, 0, 3], &[7; 12]].concat());
        assert_eq!(session.woken(), 1, "packets are asked for");
    }

    #[tokio::test]
    async fn who_reads_is_woken_wherever_it_went() {
        let mut session = Box::new();
        assert!(session.next().is_none());
        let before = std::mem::take(&mut session.woken);
        assert!(session.next().is_none());
        session.come(b"\x80");
        assert_eq!((before.0.load(Ordering::Relaxed), session.woken()), (0, 1));
    }

    #[tokio::test]
    async fn what_may_not_be_lost_waits_for_room_or_the_end() {
        let mut session = Box::new();
        (0..PACKETS).for_each(|_| session.come(b"\x80"));
        let (inbox, late) = (Arc::clone(&session.inbox), session.packet(b"late"));
        let delivering = tokio::spawn(async move { inbox.deliver(late).await });
        yield_now().await;
        assert_eq!(session.all().len(), PACKETS);
        delivering.await.unwrap().unwrap();
        assert_eq!(session.all(), ["late"]);

        let (inbox, closed) = (Arc::clone(&session.inbox), Arc::clone(&session.inbox));
        for _ in 0..REQUESTS {
            inbox.request(Request::Delete(oneshot::channel().0)).await.unwrap();
        }
        let (done, gone) = oneshot::channel();
        let asking = tokio::spawn(async move { inbox.request(Request::Delete(done)).await });
        let waiting = tokio::spawn(async move { closed.closed().await });
        yield_now().await;
        drop(session.reader);
        assert_eq!(asking.await.unwrap(), Err(Gone));
        waiting.await.unwrap();
        assert!(gone.await.is_err());
        assert_eq!(session.inbox.request(Request::Delete(oneshot::channel().0)).await, Err(Gone));
    }

    #[tokio::test]
    async fn who_is_sent_more_than_it_reads_lets_others_have_their_turn() {
        let mut session = Box::new();
        assert!(session.next().is_none());
        let mut read = 0;
        session.come(b"\x80");
        while session.next().is_some() {
            read += 1;
            session.come(b"\x80");
            assert!(read <= MOST_BATCHES, "it never ends");
        }
        session.woken();
        assert_eq!(session.all().len(), 1, "it is woken, and goes on");
    }

    #[tokio::test]
    async fn the_word_to_stop_comes_before_all_else() {
        let mut session = Box::new();
        session.come(b"\x80");
        session.inbox.stop();
        let stop = poll_fn(|cx| session.reader.poll(cx)).await;
        assert!(matches!(stop, Letter::Stop));
    }
}
