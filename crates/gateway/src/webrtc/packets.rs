//! RTP payloads, made once a stream: what all WHEP viewers of a publication read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hub::log::{Bounds, Entry, Join, Log, Reader, Slow};
use hub::wire::Selection;
use hub::{Frames, Publication, Step};
use media::{Delta, Frame, Kind, Order, Reordering, Sound, Time, Track};
use rtc::Packet;
use rtc::packetize::Packetizer;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::debug;

/// One frame as RTP payloads.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: Kind,
    /// The codec's name.
    pub(super) codec: &'static str,
    /// On the stream's clock.
    pub(super) pts: Time,
    pub(super) keyframe: bool,
    /// In decoding order.
    pub(super) packets: Box<[Packet]>,
    /// Of all payloads.
    pub(super) bytes: usize,
}

/// The packets of one publication. Owned by [`Shared`] while somebody reads them.
pub(super) struct Packets {
    publication: Arc<Publication>,
    log: Arc<Log<Arc<Group>>>,
    readers: AtomicUsize,
}

/// Who reads [`Packets`]; counted while it is there.
pub(super) struct Place {
    packets: Arc<Packets>,
}

impl Place {
    /// Reads from `join` on; who cannot follow skips to the newest key frame.
    pub(super) fn reader(&self, join: Join) -> Reader<Arc<Group>> {
        Reader::new(Arc::clone(&self.packets.log), join, Slow::Skip)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.packets.readers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The packets of every publication that somebody watches.
#[derive(Default)]
pub(super) struct Shared {
    running: Mutex<Vec<Arc<Packets>>>,
    tasks: TaskTracker,
}

impl Shared {
    /// A place at the packets of `publication`, which are made from now on if they are not yet: from the last key frame on.
    pub(super) fn of(self: &Arc<Self>, publication: &Arc<Publication>) -> Place {
        let mut running = self.running();
        let known = running.iter().find(|packets| Arc::ptr_eq(&packets.publication, publication));
        if let Some(packets) = known {
            packets.readers.fetch_add(1, Ordering::Relaxed);
            return Place { packets: Arc::clone(packets) };
        }
        let packets = Arc::new(Packets {
            publication: Arc::clone(publication),
            log: publication.derived_log(BOUNDS),
            readers: AtomicUsize::new(1),
        });
        running.push(Arc::clone(&packets));
        let mut making = Making::new(Arc::clone(&packets));
        // Who asks reads all of it as one burst, so it has to be there as a whole.
        making.catch_up();
        self.tasks.spawn(making.run(Arc::clone(self)));
        Place { packets }
    }

    /// Waits until all have ended; none may begin meanwhile.
    pub(super) async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Lets go of `packets` if nobody reads them.
    fn leave(&self, packets: &Arc<Packets>, even_if_read: bool) -> bool {
        let mut running = self.running();
        let leave = even_if_read || packets.readers.load(Ordering::Relaxed) == 0;
        if leave {
            running.retain(|other| !Arc::ptr_eq(other, packets));
        }
        leave
    }

    /// How many publications packets are made of.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.running().len()
    }

    fn running(&self) -> MutexGuard<'_, Vec<Arc<Packets>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The making of packets of one publication: a task's, once it has caught up.
struct Making {
    packets: Arc<Packets>,
    frames: Frames,
    maker: Maker,
    taken: Vec<Arc<Frame>>,
}

impl Making {
    fn new(packets: Arc<Packets>) -> Making {
        let frames = packets.publication.selected_frames(Join::Start, SELECTION);
        Making { packets, frames, maker: Maker::default(), taken: Vec::new() }
    }

    /// Makes packets of all that is there already.
    fn catch_up(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(step) = self.frames.poll_next(&mut cx, &mut self.taken) {
            if step == Step::Ended {
                return;
            }
            self.make();
        }
    }

    /// Makes packets until the publication is over, or nobody has read them for [`LINGER`].
    async fn run(mut self, shared: Arc<Shared>) {
        let mut idle: Option<Instant> = None;
        loop {
            let read = self.packets.readers.load(Ordering::Relaxed) > 0;
            idle = if read { None } else { idle.or_else(|| Some(Instant::now())) };
            let look_again = idle.unwrap_or_else(Instant::now) + LINGER;
            match timeout_at(look_again, self.frames.next(&mut self.taken)).await {
                Ok(Step::Frames | Step::Dropped) => {}
                Ok(Step::Gap { missed }) => {
                    debug!(stream = %self.packets.publication.key().logged(), missed, "frames left out of packets");
                }
                Ok(Step::Ended) => {
                    self.packets.log.close();
                    shared.leave(&self.packets, true);
                    return;
                }
                Err(_) if shared.leave(&self.packets, false) => {
                    self.packets.log.close();
                    return;
                }
                Err(_) => {}
            }
            self.make();
            self.packets.log.wake();
        }
    }

    fn make(&mut self) {
        for frame in self.taken.drain(..) {
            self.maker.add(&frame, &self.packets);
        }
        self.taken.shrink_to(64);
    }
}

/// The state between frames: one track of pictures and one of sound.
#[derive(Default)]
struct Maker {
    video: Option<Lane>,
    audio: Option<Lane>,
    order: Order,
    scratch: Vec<Packet>,
}

struct Lane {
    track: Arc<Track>,
    packetizer: Packetizer,
}

impl Maker {
    fn add(&mut self, frame: &Frame, packets: &Packets) {
        let kind = frame.track.kind();
        let lane = match kind {
            Kind::Video if packets.publication.main_video() == Some(frame.track.id) => &mut self.video,
            Kind::Audio => &mut self.audio,
            _ => return,
        };
        if lane.as_ref().is_none_or(|lane| !lane.track.codec.same_codec(&frame.track.codec)) {
            *lane = Packetizer::new(&frame.track.codec)
                .map(|packetizer| Lane { track: Arc::clone(&frame.track), packetizer });
        }
        let Some(Lane { packetizer, .. }) = lane else { return };
        if kind == Kind::Video && self.order.next(frame) == Reordering::Disposable {
            return;
        }
        packetizer.packetize(frame, &mut self.scratch);
        if self.scratch.is_empty() {
            return;
        }
        let made: Box<[Packet]> = self.scratch.drain(..).collect();
        let bytes = made.iter().map(|packet| packet.payload.len()).sum();
        let start = frame.keyframe && (kind == Kind::Video || packets.publication.main_video().is_none());
        let codec = frame.track.codec.name();
        let group = Group { kind, codec, pts: frame.pts, keyframe: frame.keyframe, packets: made, bytes };
        let held = bytes + group.packets.len() * PACKET_COST;
        packets.log.push(Entry { item: Arc::new(group), time: frame.dts, bytes: held, start });
    }
}

/// What WebRTC carries: sound in Opus, the publisher's or made of it, for browsers have no AAC.
const SELECTION: Selection = Selection { sound: Sound::Opus, ..Selection::ALL };
/// Who comes later begins with the last key frame; what is before it is of use to nobody but those who are a little late.
const BOUNDS: Bounds = Bounds { span: Delta::secs(2), bytes: 32 << 20 };
/// What a packet takes beside its payload: a place in its group, and a piece of memory of its own.
const PACKET_COST: usize = 64;
/// How long packets are made without readers: those who come back soon find them.
const LINGER: Duration = Duration::from_secs(10);
