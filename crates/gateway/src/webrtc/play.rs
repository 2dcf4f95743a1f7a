//! A WHEP viewer's task: from the packets of a publication to the client, for as long as both are there.

mod pace;
mod rate;
mod splice;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hub::log::{Join, Read, Reader};
use hub::{End, Phase, Publication, Subscription};
use media::{Kind, Reordering, Time};
use rtc::Event;
use tokio::time::sleep_until;
use tracing::info;

use super::inbox::Done;
use super::link::{Link, Wake};
use super::packets::{Group, Place, Shared};
use crate::protocol::BoxFuture;
use pace::Pace;
use rate::Allowance;
use splice::Splice;

/// One viewer.
pub(super) struct Playing {
    link: Link,
    subscription: Subscription,
    shared: Arc<Shared>,
    state: State,
    splice: Splice,
    allowance: Allowance,
    /// When the viewer was last helped by beginning at the last key frame again, and how long it is not helped from then on.
    begun_again: Option<(Instant, Duration)>,
    /// Read, and not yet sent.
    groups: VecDeque<Arc<Group>>,
    sending: Option<Sending>,
    pace: Pace,
    /// Where they are read into.
    scratch: Vec<Arc<Group>>,
    /// The last step was for media.
    read: bool,
    /// When sending goes on.
    breath: Option<Instant>,
    connected: bool,
    /// The client who has ended it waits for this.
    deleted: Option<Done>,
}

enum State {
    /// For a publisher.
    Waiting(BoxFuture<Arc<Publication>>),
    /// For the client to connect: until then nothing is made for it.
    Published(Arc<Publication>),
    Reading {
        place: Place,
        publication: Arc<Publication>,
        reader: Reader<Arc<Group>>,
    },
}

/// What the task does next.
enum Step {
    Peer,
    Deleted(Done),
    Ended(End),
    Published(Arc<Publication>),
    Read(Read),
    /// More of what was read.
    Send,
}

impl Playing {
    /// `answered` is the publication that the client was answered for, if there was one.
    pub(super) fn new(
        link: Link,
        subscription: Subscription,
        shared: Arc<Shared>,
        answered: Option<Arc<Publication>>,
    ) -> Playing {
        let state = match answered {
            Some(publication) => State::Published(publication),
            None => State::Waiting(Box::pin(subscription.publication())),
        };
        Playing {
            link,
            subscription,
            shared,
            state,
            splice: Splice::default(),
            allowance: Allowance::default(),
            begun_again: None,
            groups: VecDeque::new(),
            sending: None,
            pace: Pace::default(),
            scratch: Vec::new(),
            read: false,
            breath: None,
            connected: false,
            deleted: None,
        }
    }

    /// Serves until the viewer or the stream is gone.
    pub(super) async fn run(mut self) {
        let end = self.serve().await;
        let session = Arc::clone(self.subscription.session());
        let stats = self.link.stats();
        let moved = session.moved();
        info!(
            id = session.id.0,
            end = %end,
            bytes = moved.bytes,
            frames = moved.frames,
            skipped = moved.skipped,
            lost = stats.lost_out,
            resent = stats.retransmitted,
            "session closed"
        );
        self.subscription.end(end);
        self.link.close().await;
        drop(self.deleted);
    }

    async fn serve(&mut self) -> End {
        loop {
            while let Some(event) = self.link.poll().await {
                match event {
                    Event::Connected => self.connect(),
                    Event::KeyFrameWanted(_) => self.help(),
                    Event::Bandwidth(rate) => self.allowance.set_rate(rate, Instant::now()),
                    Event::Measured => self.subscription.session().measure(self.link.network()),
                    Event::Disconnected => return End::Dropped,
                    _ => {}
                }
            }
            match self.step().await {
                Step::Peer => {}
                Step::Deleted(done) => {
                    self.deleted = Some(done);
                    return End::Finished;
                }
                Step::Ended(end) => return end,
                Step::Published(publication) => self.begin(publication),
                Step::Read(read) => {
                    if let Some(end) = self.take_in(read) {
                        return end;
                    }
                    if self.send().is_err() {
                        return End::Dropped;
                    }
                }
                Step::Send => {
                    if self.send().is_err() {
                        return End::Dropped;
                    }
                }
            }
        }
    }

    async fn step(&mut self) -> Step {
        let Playing { link, subscription, state, splice, groups, sending, scratch, breath, read, .. } = self;
        let unsent = sending.is_some() || !groups.is_empty();
        let mut breath = pin!(until(breath.filter(|_| unsent)));
        let mut media = |cx: &mut Context<'_>| match state {
            _ if unsent => breath.as_mut().poll(cx).map(|()| Step::Send),
            State::Waiting(publication) => publication.as_mut().poll(cx).map(Step::Published),
            State::Published(_) => Poll::Pending,
            State::Reading { reader, .. } => {
                // A burst is pressed together as a whole: all that is there up to now.
                let budget = if splice.begins() { usize::MAX } else { BUDGET };
                reader.poll_read(cx, scratch, budget).map(Step::Read)
            }
        };
        // Most wakes are for media. All else is looked at when that is sent, so that it is looked at once a wake.
        let mut media_first = !std::mem::take(read);
        poll_fn(|cx| {
            if media_first && let Poll::Ready(step) = media(cx) {
                *read = true;
                return Poll::Ready(step);
            }
            if let Poll::Ready(end) = subscription.session().poll_ended(cx) {
                return Poll::Ready(Step::Ended(end));
            }
            match link.poll_wake(cx) {
                Poll::Ready(Ok(Wake::Peer)) => return Poll::Ready(Step::Peer),
                Poll::Ready(Ok(Wake::Deleted(done))) => return Poll::Ready(Step::Deleted(done)),
                Poll::Ready(Ok(Wake::Stop)) => return Poll::Ready(Step::Ended(End::Shutdown)),
                Poll::Ready(Err(broken)) => {
                    return Poll::Ready(Step::Ended(broken.end(subscription.session())));
                }
                Poll::Pending => {}
            }
            // After the next wake, it is.
            if std::mem::replace(&mut media_first, true) { Poll::Pending } else { media(cx) }
        })
        .await
    }

    /// Reads `publication` from its newest key frame on, as soon as the client can take something.
    fn begin(&mut self, publication: Arc<Publication>) {
        if !self.connected {
            self.state = State::Published(publication);
            return;
        }
        if !publication.is_joinable() {
            publication.ask_for_key_frame();
        }
        let place = self.shared.of(&publication);
        let reader = place.reader(Join::Start);
        self.splice.next_publication();
        self.finish_group();
        self.state = State::Reading { place, publication, reader };
        self.allowance.begin();
    }

    /// The client can take media from here on, from the newest key frame.
    fn connect(&mut self) {
        self.connected = true;
        if let State::Published(publication) = &self.state {
            let publication = Arc::clone(publication);
            self.begin(publication);
        }
    }

    fn begin_again(&mut self) {
        if let State::Reading { place, publication, reader } = &mut self.state {
            *reader = place.reader(Join::Start);
            if !publication.is_joinable() {
                publication.ask_for_key_frame();
            }
            self.splice.burst();
            self.allowance.begin();
            self.finish_group();
        }
    }

    /// The client lost more than could be sent again and waits for a key frame. Where the publisher can be asked, it is; the last one
    /// is sent again at once, if that is not done too often, for most publishers cannot.
    fn help(&mut self) {
        if let State::Reading { publication, .. } = &self.state {
            publication.ask_for_key_frame();
        }
        let now = Instant::now();
        let lately = self.begun_again.is_some_and(|(at, pause)| now - at < pause);
        if !lately && self.splice.is_live() {
            // Whoever needs it again and again loses more by it than is mended.
            let again = self.begun_again.filter(|(at, _)| now - *at < CALM);
            let pause = again.map_or(HELP_EVERY, |(_, pause)| (pause * 2).min(CALM));
            self.begun_again = Some((now, pause));
            self.begin_again();
        }
    }

    /// Looks at what was read. `Some` when the viewer's time is over.
    fn take_in(&mut self, read: Read) -> Option<End> {
        match read {
            Read::Entries => {}
            Read::Skipped { missed } => {
                self.subscription.session().count_skipped(missed);
                self.splice.burst();
            }
            Read::TooSlow => return Some(End::TooSlow),
            Read::Closed => {
                self.change();
                return None;
            }
        }
        let key = self.scratch.iter().find(|group| group.keyframe && group.kind == Kind::Video).cloned();
        if key.is_some_and(|key| !self.shows(&key)) {
            return Some(End::TracksChanged);
        }
        let media = self.link.peer().media();
        self.scratch.retain(|group| {
            media.iter().any(|(kind, codec)| *kind == group.kind && codec.name() == group.codec)
        });
        self.splice.arrange(&mut self.scratch, Instant::now());
        // Sound that came between two pictures leaves behind the second: in the same call, for it is shorter.
        let is_picture = |group: &Arc<Group>| group.kind == Kind::Video;
        let mut pictures = self.scratch.iter().filter(|group| is_picture(group));
        let at_once =
            |group: &Group| self.pace.portion(group.bytes, self.allowance.estimate()) >= group.bytes;
        if pictures.next().is_some_and(|group| at_once(group)) && pictures.next().is_none() {
            self.scratch.sort_by_key(|group| !is_picture(group));
        }
        self.groups.extend(self.scratch.drain(..));
        self.scratch.shrink_to(8);
        None
    }

    /// Whether the client can show the pictures that begin with `group`: it was answered for what the stream had when it came.
    fn shows(&mut self, group: &Group) -> bool {
        let mut of_kind = self.link.peer().media().iter().filter(|(kind, _)| *kind == Kind::Video).peekable();
        let wanted = of_kind.peek().is_some();
        let agreed = of_kind.any(|(_, codec)| codec.name() == group.codec);
        let ordered = match &self.state {
            State::Reading { publication, .. } => publication.reordering() != Reordering::Needed,
            State::Waiting(_) | State::Published(_) => true,
        };
        !wanted || agreed && ordered
    }

    /// The packets have ended: with the publication, or as nobody read them for a while.
    fn change(&mut self) {
        let State::Reading { publication, .. } = &self.state else { return };
        if publication.phase() == Phase::Ended {
            self.state = State::Waiting(Box::pin(self.subscription.publication()));
        } else {
            let publication = Arc::clone(publication);
            self.begin(publication);
        }
    }

    /// Sends what was read, up to the next breath.
    fn send(&mut self) -> Result<(), rtc::Error> {
        self.breath = None;
        while self.breath.is_none()
            && let Some(sending) = self.sending.take().or_else(|| self.next_group())
        {
            self.send_portion(sending)?;
        }
        if self.groups.is_empty() {
            self.groups.shrink_to(8);
        }
        Ok(())
    }

    /// The next group that the viewer is to get.
    fn next_group(&mut self) -> Option<Sending> {
        while let Some(group) = self.groups.pop_front() {
            if !self.allowance.admits(&group, Instant::now()) {
                self.subscription.session().count_skipped(1);
                continue;
            }
            let (time, pressed) = self.splice.time(&group);
            let portion = match pressed {
                true => splice::BREATH_BYTES,
                false => self.pace.portion(group.bytes, self.allowance.estimate()),
            };
            return Some(Sending { group, time, pressed, portion, sent: 0 });
        }
        None
    }

    /// Sends as much of `sending` as may go at once; what is left of it goes after a breath.
    fn send_portion(&mut self, sending: Sending) -> Result<(), rtc::Error> {
        let Sending { group, time, pressed, portion, sent } = sending;
        let now = Instant::now();
        let rest = group.packets.get(sent..).unwrap_or_default();
        let mut bytes = 0;
        let fits = rest.iter().take_while(|packet| {
            let first = bytes == 0;
            bytes += packet.payload.len();
            first || bytes <= portion
        });
        let count = fits.count();
        let packets = rest.get(..count).unwrap_or_default();
        let bytes: usize = packets.iter().map(|packet| packet.payload.len()).sum();
        self.link.peer().send(now, group.kind, time, packets)?;
        self.pace.count(bytes, now);
        let session = self.subscription.session();
        session.count_bytes(bytes as u64);
        let breath = if pressed { BREATH } else { pace::STEP };
        let due = pressed && self.splice.is_breath_due(bytes);
        let left = count < rest.len();
        if left {
            self.sending = Some(Sending { group, time, pressed, portion, sent: sent + count });
        } else {
            session.count_frames(1);
        }
        self.breath = (left || due).then(|| now + breath);
        Ok(())
    }

    /// What is left of a picture of which a part is sent goes at once: something else follows it, and half of it is of use to nobody.
    fn finish_group(&mut self) {
        if let Some(sending) = self.sending.take() {
            // An error shows at the next call, too.
            let _ = self.send_portion(Sending { portion: usize::MAX, ..sending });
        }
        self.groups.clear();
    }
}

async fn until(breath: Option<Instant>) {
    if let Some(breath) = breath {
        sleep_until(breath.into()).await;
    }
}

/// A group of which a part is sent.
struct Sending {
    group: Arc<Group>,
    /// The viewer's.
    time: Time,
    pressed: bool,
    /// Bytes that go at a time.
    portion: usize,
    /// Packets.
    sent: usize,
}

/// Bytes taken from the log at a time.
const BUDGET: usize = 256 << 10;
/// A burst is sent in pieces with as much time between them.
const BREATH: Duration = Duration::from_millis(2);
/// A viewer is sent the last key frame again so often at the most.
const HELP_EVERY: Duration = Duration::from_secs(1);
/// After so long without, all is forgiven; seldom enough for whoever needs it all the time.
const CALM: Duration = Duration::from_secs(16);
