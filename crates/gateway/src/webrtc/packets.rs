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
use rtc::packetize::{MAX_PAYLOAD, Packetizer, join_opus};
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
    /// Until when sound waits for a picture to go with.
    held: Option<Instant>,
}

impl Making {
    fn new(packets: Arc<Packets>) -> Making {
        let frames = packets.publication.selected_frames(Join::Start, SELECTION);
        Making { packets, frames, maker: Maker::default(), taken: Vec::new(), held: None }
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
        self.publish();
    }

    /// Makes packets until the publication is over, or nobody has read them for [`LINGER`].
    async fn run(mut self, shared: Arc<Shared>) {
        let mut idle: Option<Instant> = None;
        loop {
            let read = self.packets.readers.load(Ordering::Relaxed) > 0;
            idle = if read { None } else { idle.or_else(|| Some(Instant::now())) };
            let look_again = idle.unwrap_or_else(Instant::now) + LINGER;
            let until = self.held.map_or(look_again, |held| held.min(look_again));
            match timeout_at(until, self.frames.next(&mut self.taken)).await {
                Ok(Step::Frames | Step::Dropped) => {}
                Ok(Step::Gap { missed }) => {
                    debug!(stream = %self.packets.publication.key().logged(), missed, "frames left out of packets");
                }
                Ok(Step::Ended) => {
                    self.publish();
                    self.packets.log.close();
                    shared.leave(&self.packets, true);
                    return;
                }
                Err(_) if self.held.is_none() && shared.leave(&self.packets, false) => {
                    self.packets.log.close();
                    return;
                }
                Err(_) => {}
            }
            let pictures = self.taken.iter().any(|frame| frame.track.kind() == Kind::Video);
            self.make();
            if pictures || self.is_due() {
                self.publish();
            }
        }
    }

    fn make(&mut self) {
        for frame in self.taken.drain(..) {
            self.maker.add(&frame, &self.packets.publication);
        }
        self.taken.shrink_to(64);
    }

    /// Shows viewers what was made.
    fn publish(&mut self) {
        self.held = None;
        if !self.maker.made.is_empty() {
            self.maker.made.drain(..).for_each(|entry| self.packets.log.push(entry));
            self.maker.made.shrink_to(64);
            self.packets.log.wake();
        }
    }

    /// Whether sound that no picture came with is shown. Where there are many viewers it waits for one: they all are woken, and write,
    /// once instead of twice or thrice for each picture.
    fn is_due(&mut self) -> bool {
        if self.maker.made.is_empty() {
            return false;
        }
        let Packets { publication, readers, .. } = &*self.packets;
        let window = publication.window_for(readers.load(Ordering::Relaxed)).min(LONGEST_HELD).to_std();
        let now = Instant::now();
        publication.main_video().is_none() || *self.held.get_or_insert(now + window) <= now
    }
}

/// The state between frames: one track of pictures and one of sound.
#[derive(Default)]
struct Maker {
    video: Option<Lane>,
    audio: Option<Lane>,
    order: Order,
    scratch: Vec<Packet>,
    /// What is not yet shown.
    made: Vec<Entry<Arc<Group>>>,
}

struct Lane {
    track: Arc<Track>,
    packetizer: Packetizer,
}

impl Maker {
    fn add(&mut self, frame: &Frame, publication: &Publication) {
        let kind = frame.track.kind();
        let lane = match kind {
            Kind::Video if publication.main_video() == Some(frame.track.id) => &mut self.video,
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
        if kind == Kind::Audio && self.join(frame) {
            return;
        }
        let made: Box<[Packet]> = self.scratch.drain(..).collect();
        let bytes = made.iter().map(|packet| packet.payload.len()).sum();
        let start = frame.keyframe && (kind == Kind::Video || publication.main_video().is_none());
        let codec = frame.track.codec.name();
        let group = Group { kind, codec, pts: frame.pts, keyframe: frame.keyframe, packets: made, bytes };
        let held = bytes + group.packets.len() * PACKET_COST;
        self.made.push(Entry { item: Arc::new(group), time: frame.dts, bytes: held, start });
    }

    /// Joins the packet of `frame` to the sound before it, if that is not shown yet and they follow each other: whoever waits for a picture goes
    /// in fewer packets then.
    fn join(&mut self, frame: &Frame) -> bool {
        let before = self.made.iter_mut().rfind(|entry| entry.item.kind == Kind::Audio);
        let (Some(before), [packet]) = (before, &self.scratch[..]) else { return false };
        let [first] = &before.item.packets[..] else { return false };
        let lasts = |payload: &[u8]| {
            frame.track.codec.frame_duration(payload).filter(|lasts| *lasts <= LONGEST_JOINED)
        };
        let follows = lasts(&first.payload)
            .zip(lasts(&packet.payload))
            .is_some_and(|(lasts, _)| (frame.pts - before.item.pts - lasts).abs() <= Delta::millis(1));
        let joined = if follows { join_opus(&first.payload, &packet.payload) } else { None };
        let Some(joined) = joined.filter(|joined| joined.len() <= MAX_PAYLOAD) else { return false };
        let bytes = joined.len();
        let packets = [Packet { payload: joined.into(), marker: first.marker }].into();
        before.bytes = bytes + PACKET_COST;
        before.item = Arc::new(Group { packets, bytes, ..*before.item });
        self.scratch.clear();
        true
    }
}

/// What WebRTC carries: sound in Opus, the publisher's or made of it, for browsers have no AAC.
const SELECTION: Selection = Selection { sound: Sound::Opus, ..Selection::ALL };
/// Who comes later begins with the last key frame; what is before it is of use to nobody but those who are a little late.
const BOUNDS: Bounds = Bounds { span: Delta::secs(2), bytes: 32 << 20 };
/// What a packet takes beside its payload: a place in its group, and a piece of memory of its own.
const PACKET_COST: usize = 64;
/// Between two pictures at 25 a second.
const LONGEST_HELD: Delta = Delta::millis(40);
/// Sound of which two packets become one; what is lost with one is no longer than a picture, too.
const LONGEST_JOINED: Delta = Delta::millis(20);
/// How long packets are made without readers: those who come back soon find them.
const LINGER: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;

    use hub::config::MergeWindow;
    use hub::{Config, Hub, Publisher};

    use super::*;
    use crate::testing::{self, Open, Tone};

    /// Where outputs may gather for 100 ms.
    async fn publish_where_outputs_gather() -> Publisher {
        let mut config = Config::default();
        config.default.merge_window = MergeWindow::Fixed(Delta::millis(100));
        testing::publish(&Hub::new(config, Arc::new(Open)), "a").await
    }

    /// How long the packets of a frame wait until a viewer is told of them.
    async fn told_after(reader: &mut Reader<Arc<Group>>) -> (Duration, usize) {
        let (start, mut groups) = (Instant::now(), Vec::new());
        poll_fn(|cx| reader.poll_read(cx, &mut groups, usize::MAX)).await;
        (start.elapsed(), groups.len())
    }

    #[tokio::test(start_paused = true)]
    async fn sound_waits_a_little_for_a_picture_to_go_with() {
        let mut publisher = publish_where_outputs_gather().await;
        let (video, mut tone) = (testing::video(), Tone::opus());
        publisher.write(testing::picture(&video, 0, true, 3_000)).unwrap();
        publisher.write(tone.frame()).unwrap();
        let shared = Arc::new(Shared::default());
        let place = shared.of(publisher.publication());
        let mut reader = place.reader(Join::Start);
        assert_eq!(told_after(&mut reader).await, (Duration::ZERO, 2), "what was there");
        publisher.write(tone.frame()).unwrap();
        let (waited, groups) = told_after(&mut reader).await;
        assert_eq!(groups, 1);
        assert!((LONGEST_HELD.to_std()..Duration::from_millis(45)).contains(&waited), "{waited:?}");
        publisher.write(tone.frame()).unwrap();
        publisher.write(testing::picture(&video, 40, false, 3_000)).unwrap();
        let (waited, groups) = told_after(&mut reader).await;
        assert!(groups == 2 && waited < Duration::from_millis(2), "{groups} after {waited:?}");
    }

    /// What comes out of `packets`, each decoded behind the one before.
    fn decoded(tone: &Tone, packets: &[Arc<[u8]>]) -> Vec<f32> {
        let mut decoder = audio::decoder(&tone.track.codec).unwrap();
        let mut heard = Vec::new();
        for packet in packets {
            let mut pcm = audio::Pcm::new(48_000, audio::Layout::small(2));
            decoder.decode(packet, &mut pcm).unwrap();
            heard.extend(pcm.samples);
        }
        heard
    }

    #[tokio::test(start_paused = true)]
    async fn two_sounds_that_wait_for_a_picture_go_as_one_packet() {
        let mut publisher = publish_where_outputs_gather().await;
        let (video, mut tone) = (testing::video(), Tone::opus());
        publisher.write(testing::picture(&video, 0, true, 3_000)).unwrap();
        let place = Arc::new(Shared::default()).of(publisher.publication());
        let mut reader = place.reader(Join::Start);
        let mut sent = Vec::new();
        let mut came = Vec::new();
        for picture in 0..50 {
            for _ in 0..2 {
                let frame = tone.frame();
                sent.push(Arc::from(&frame.payload[..]));
                publisher.write(frame).unwrap();
            }
            publisher.write(testing::picture(&video, 40 * (picture + 1), false, 3_000)).unwrap();
            let mut groups = Vec::new();
            poll_fn(|cx| reader.poll_read(cx, &mut groups, usize::MAX)).await;
            came.extend(groups.into_iter().filter(|group| group.kind == Kind::Audio));
        }
        // Where the tone begins it is of another kind.
        assert!((50..=52).contains(&came.len()), "{}", came.len());
        let came: Vec<_> = came.iter().map(|group| Arc::clone(&group.packets[0].payload)).collect();
        assert!(decoded(&tone, &came) == decoded(&tone, &sent), "the same is heard");
    }
}
