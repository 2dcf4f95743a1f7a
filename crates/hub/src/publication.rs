//! One publication: what a stream carries from the first frame of a publisher to the end, across drops and returns within the grace.

mod derived;
mod renditions;
mod sounds;
mod windows;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use media::timeline::Timeline;
use media::{Delta, Frame, Kind, Reordering, Sound, Time, Track, TrackId};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::config::Settings;
use crate::demand::{Asked, Demand};
use crate::frames::Frames;
use crate::key::StreamKey;
use crate::log::{self, Bounds, Entry, Join, Log, Slow};
use crate::session::{End, Session};
use crate::start::StartPoints;
use crate::stats::{TrackCounters, TrackInfo};
use crate::wire::{self, Format, Selection, Wire, WireKey};
use derived::Held;
use sounds::Tracks;

pub use sounds::{Derivation, Making};

/// The frames, tracks and wires of a stream while it is published. Owned by its stream; readers share it to the end.
pub struct Publication {
    key: StreamKey,
    settings: Settings,
    frames: Arc<Log<Arc<Frame>>>,
    clock: Mutex<Clock>,
    tracks: watch::Sender<Tracks>,
    /// For those who look at the counters: a copy that the way of a frame does not touch.
    counters: RwLock<Counters>,
    /// Id of the main video track, [`NO_TRACK`] without one.
    main_video: AtomicU32,
    /// The same of sound.
    main_sound: AtomicU32,
    /// What is wanted beside what the publisher sends.
    demand: watch::Sender<Demand>,
    /// Which of [`Sound::DERIVED`] has been given up.
    not_made: [AtomicBool; Sound::DERIVED.len()],
    wires: RwLock<Vec<Arc<Wire>>>,
    /// What others make of its frames.
    derived: Mutex<Vec<Weak<dyn Held>>>,
    phase: watch::Sender<Phase>,
    /// While dropped: whether [`Grace::Viewer`] and [`Grace::Http`] are over.
    given_up: [AtomicBool; 2],
    end: OnceLock<End>,
    origin: Instant,
    first_track: OnceLock<Instant>,
    /// Microseconds after `origin` of the last frame's arrival, plus one; 0 before the first.
    last_write: AtomicU64,
    /// Tells [`Publication::run`] that a window has changed.
    windows: Notify,
    /// Tells the publisher that somebody waits for a key frame.
    key_frame: Notify,
    /// What it is a rendition of, if it is one.
    parent: Mutex<Option<Weak<Publication>>>,
    load: Arc<Load>,
    me: Weak<Publication>,
}

/// What all streams of a hub cost together, and what they ask for.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Bytes of media held.
    pub(crate) bytes: Arc<AtomicUsize>,
    /// Readers of wires.
    pub(crate) readers: AtomicUsize,
    /// Publications, each with a publisher to read.
    publications: AtomicUsize,
    /// Sound that is to be made of other sound.
    pub(crate) asked: Asked,
}

impl Load {
    /// What has to be read or written at each frame.
    fn sockets(&self) -> usize {
        self.readers.load(Ordering::Relaxed) + self.publications.load(Ordering::Relaxed)
    }
}

/// Whether frames are coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A publisher is there.
    Live,
    /// The publisher was lost and may come back.
    Dropped,
    /// Over: readers end once they have read what is there.
    Ended,
}

/// How patient a reader is while a publisher is lost that may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// The app's `grace`.
    Viewer,
    /// The app's `grace_http`.
    Http,
}

/// What the writing side keeps between frames.
struct Clock {
    timeline: Timeline,
    starts: StartPoints,
    /// Reused from frame to frame.
    ready: Vec<Frame>,
    counters: Counters,
    /// After a return: the tracks of the publisher before that have not been heard of again, and until when they may.
    unheard: Vec<TrackId>,
    heard_by: Option<Time>,
    /// The highest dts of the publisher's frames.
    newest: Time,
    /// The last dts of each of [`Sound::DERIVED`].
    contributed: [Option<Time>; Sound::DERIVED.len()],
    /// What is published with it, by the track that has their pictures.
    renditions: Vec<(TrackId, Arc<Publication>)>,
}

/// The tracks with their counters, lowest id first.
type Counters = Vec<(Arc<Track>, Arc<TrackCounters>)>;

impl Publication {
    pub(crate) fn new(key: StreamKey, settings: Settings, load: Arc<Load>) -> Arc<Publication> {
        load.publications.fetch_add(1, Ordering::Relaxed);
        let clock = Clock {
            timeline: Timeline::new(),
            starts: StartPoints::default(),
            ready: Vec::new(),
            counters: Vec::new(),
            unheard: Vec::new(),
            heard_by: None,
            newest: Time::MIN,
            contributed: Default::default(),
            renditions: Vec::new(),
        };
        Arc::new_cyclic(|me| Publication {
            key,
            settings,
            frames: Arc::new(Log::new(BOUNDS, Arc::clone(&load.bytes))),
            clock: Mutex::new(clock),
            tracks: watch::Sender::new(Tracks::default()),
            counters: RwLock::default(),
            main_video: AtomicU32::new(NO_TRACK),
            main_sound: AtomicU32::new(NO_TRACK),
            demand: watch::Sender::new(Demand::default()),
            not_made: Default::default(),
            wires: RwLock::default(),
            derived: Mutex::default(),
            phase: watch::Sender::new(Phase::Live),
            given_up: [const { AtomicBool::new(false) }; 2],
            end: OnceLock::new(),
            origin: Instant::now(),
            first_track: OnceLock::new(),
            last_write: AtomicU64::new(0),
            windows: Notify::new(),
            key_frame: Notify::new(),
            parent: Mutex::default(),
            load,
            me: Weak::clone(me),
        })
    }

    /// Whether it began after `moment`.
    pub(crate) fn began_after(&self, moment: Instant) -> bool {
        self.origin > moment
    }

    /// The stream's name.
    pub fn key(&self) -> &StreamKey {
        &self.key
    }

    /// Whether frames are coming.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Why it is over; [`End::Finished`] until it is.
    pub fn end(&self) -> End {
        self.end.get().copied().unwrap_or(End::Finished)
    }

    /// The publisher's tracks as seen so far, lowest id first, with their newest parameters.
    pub fn tracks(&self) -> Arc<[Arc<Track>]> {
        Arc::clone(&self.tracks.borrow().source)
    }

    /// Waits until there are pictures and sound, or the first track is `wait` old, or the publication has ended.
    pub async fn settled(&self, wait: Duration) -> Arc<[Arc<Track>]> {
        let mut tracks = self.tracks.subscribe();
        let mut phase = self.phase.subscribe();
        let complete = |tracks: &Tracks| {
            let has = |kind| tracks.main(kind).is_some();
            has(Kind::Video) && has(Kind::Audio)
        };
        let settling = async {
            let _ = tracks.wait_for(|tracks| !tracks.source.is_empty()).await;
            let until = *self.first_track.get_or_init(Instant::now) + wait;
            let _ = tokio::time::timeout_at(until, tracks.wait_for(complete)).await;
        };
        tokio::select! {
            () = settling => {}
            _ = phase.wait_for(|phase| *phase == Phase::Ended) => {}
        }
        self.tracks()
    }

    /// What is known of each track at this moment, also of those that the server makes.
    pub fn track_infos(&self) -> Vec<TrackInfo> {
        let main = self.main_sound().map(|track| track.id);
        let info = |(track, counters): &(Arc<Track>, Arc<TrackCounters>)| {
            let derived_from = main.filter(|_| track.id.is_derived());
            TrackInfo { derived_from, ..counters.info(Arc::clone(track)) }
        };
        self.counters().iter().map(info).collect()
    }

    /// Whether a viewer that comes now would begin at once. If not, it waits for a key frame: there has been none yet, or
    /// the distance between two is more than the log holds.
    pub fn is_joinable(&self) -> bool {
        self.frames.has_start()
    }

    pub(crate) fn is_main_video(&self, frame: &Frame) -> bool {
        frame.track.id.0 == self.main_video.load(Ordering::Relaxed)
    }

    // ---- writing ----

    /// Publishes a frame of the publisher: onto the stream's clock, into the log and the wires that do not gather.
    pub(crate) fn write(&self, frame: Frame) {
        let now = self.now();
        self.last_write.store(now.as_micros() as u64 + 1, Ordering::Relaxed);
        let mut clock = self.clock();
        let clock = &mut *clock;
        clock.timeline.push(now, frame, &mut clock.ready);
        self.append(clock);
    }

    /// Releases what the timeline has held long enough, adapts the windows, and samples the rates if `sample`. For the keeper.
    pub(crate) fn tick(&self, sample: bool) {
        self.wires().iter().for_each(|wire| self.adapt(wire));
        let now = self.now();
        let mut clock = self.clock();
        let clock = &mut *clock;
        clock.timeline.tick(now, &mut clock.ready);
        self.append(clock);
        if clock.heard_by.is_some_and(|by| by <= now) {
            clock.heard_by = None;
            self.forget(clock);
        }
        if sample {
            self.counters().iter().for_each(|(_, counters)| counters.sample(now));
        }
    }

    /// Lets go of tracks that the publisher who returned does not have.
    fn forget(&self, clock: &mut Clock) {
        let gone = std::mem::take(&mut clock.unheard);
        if gone.is_empty() {
            return;
        }
        clock.counters.retain(|(track, _)| !gone.contains(&track.id));
        self.announce(&clock.counters);
    }

    /// Another publisher takes over: its clock is put behind the last frame.
    pub(crate) fn resume(&self) {
        {
            let mut clock = self.clock();
            clock.timeline.resume();
            let tracks = clock.counters.iter().map(|(track, _)| track.id);
            clock.unheard = tracks.filter(|id| !id.is_derived()).collect();
            clock.heard_by = None;
        }
        self.given_up.iter().for_each(|over| over.store(false, Ordering::Relaxed));
        self.last_write.store(0, Ordering::Relaxed);
        self.set_phase(Phase::Live);
    }

    fn append(&self, clock: &mut Clock) {
        if clock.ready.is_empty() {
            return;
        }
        let mut ready = std::mem::take(&mut clock.ready);
        for frame in ready.drain(..) {
            if !clock.renditions.is_empty() && !renditions::share(&clock.renditions, &frame) {
                continue;
            }
            let id = frame.track.id;
            if !clock.unheard.is_empty() {
                clock.unheard.retain(|unheard| *unheard != id);
                clock.heard_by.get_or_insert(self.now() + UNHEARD);
            }
            clock.newest = clock.newest.max(frame.dts);
            self.enter(clock, frame);
        }
        clock.ready = ready;
        self.spread();
    }

    /// Counts a frame on the stream's clock, tells of its track if that is new, and logs it.
    fn enter(&self, clock: &mut Clock, frame: Frame) {
        let id = frame.track.id;
        match clock.counters.iter_mut().find(|(track, _)| track.id == id) {
            Some((track, counters)) => {
                counters.count(&frame);
                if !Arc::ptr_eq(track, &frame.track) {
                    *track = Arc::clone(&frame.track);
                    self.announce(&clock.counters);
                }
            }
            None => {
                let counters = TrackCounters::default();
                counters.count(&frame);
                clock.counters.push((Arc::clone(&frame.track), Arc::new(counters)));
                clock.counters.sort_by_key(|(track, _)| track.id);
                self.announce(&clock.counters);
            }
        }
        // Where readers may begin is the publisher's business alone.
        let start = !id.is_derived() && clock.starts.is_start(&frame, self.is_main_video(&frame));
        let (time, bytes) = (frame.dts, frame.payload.len());
        self.frames.push(Entry { item: Arc::new(frame), time, bytes, start });
    }

    /// Frames have been logged: whoever reads them is woken, and wires that do not gather are pumped.
    fn spread(&self) {
        self.frames.wake();
        for wire in self.wires().iter().filter(|wire| wire.window() == Delta::ZERO) {
            wire.pump(self);
        }
    }

    /// Tells of tracks that have come, changed or gone.
    fn announce(&self, counters: &Counters) {
        self.first_track.get_or_init(Instant::now);
        let tracks = Tracks::new(counters.iter().map(|(track, _)| track));
        for (kind, id) in [(Kind::Video, &self.main_video), (Kind::Audio, &self.main_sound)] {
            id.store(tracks.main(kind).map_or(NO_TRACK, |track| track.id.0), Ordering::Relaxed);
        }
        self.counters.write().unwrap_or_else(PoisonError::into_inner).clone_from(counters);
        self.tracks.send_replace(tracks);
        self.reconsider();
    }

    // ---- reading ----

    /// A viewer's reader on the wire `key`, who wants its sound; the wire is started with `make` when none runs, filled from the
    /// last start point.
    pub fn wire(
        self: &Arc<Self>,
        key: WireKey,
        session: &Arc<Session>,
        join: Join,
        grace: Grace,
        make: impl FnOnce() -> Box<dyn Format>,
    ) -> wire::Reader {
        if join == Join::NextStart || !self.is_joinable() {
            self.ask_for_key_frame();
        }
        let want = self.want(key.tracks.sound);
        let wire = self.wire_for(key, join, make);
        wire::Reader::new(wire, want, Arc::clone(session), join, grace)
    }

    fn wire_for(&self, key: WireKey, join: Join, make: impl FnOnce() -> Box<dyn Format>) -> Arc<Wire> {
        let mut wires = self.wires.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(wire) = wires.iter().find(|wire| wire.key() == key && !wire.is_ended()) {
            wire.expect_reader();
            return Arc::clone(wire);
        }
        let wire = Arc::new(Wire::new(key, make(), &self.frames, join, &self.load.bytes, BOUNDS));
        wire.expect_reader();
        wires.push(Arc::clone(&wire));
        drop(wires);
        wire.pump(self);
        wire
    }

    /// The frames of the publisher themselves, for the server's own work: nothing is skipped that is still there.
    pub fn frames(self: &Arc<Self>, join: Join) -> Frames {
        self.selected_frames(join, Selection::ALL)
    }

    /// The same of what a reader of `selection` sees, whose sound is wanted as long as it is read.
    pub fn selected_frames(self: &Arc<Self>, join: Join, selection: Selection) -> Frames {
        let reader = log::Reader::new(Arc::clone(&self.frames), join, Slow::Lossless);
        Frames::new(self.want(selection.sound), reader, selection)
    }

    pub(crate) fn log(&self) -> &Arc<Log<Arc<Frame>>> {
        &self.frames
    }

    /// The newest key frame of the main video track, while it is held: a picture of the stream for whoever looks at it now and then.
    pub fn picture(&self) -> Option<Arc<Frame>> {
        self.frames.newest_start(|frame| self.is_main_video(frame) && frame.keyframe)
    }

    /// The main track of pictures.
    pub fn main_video(&self) -> Option<TrackId> {
        let id = self.main_video.load(Ordering::Relaxed);
        (id != NO_TRACK).then_some(TrackId(id))
    }

    /// Whether pictures of the main track lately came in another order than they are shown in.
    pub fn reordering(&self) -> Reordering {
        let video = self.main_video();
        let counters = self.counters();
        let of_video = counters.iter().find(|(track, _)| Some(track.id) == video);
        of_video.map_or(Reordering::None, |(_, counters)| counters.reordering())
    }

    /// Whether it has a video track.
    pub fn has_video(&self) -> bool {
        self.main_video().is_some()
    }

    /// Somebody cannot go on, or begin, without a key frame. Where the source can be asked for one, it is.
    pub fn ask_for_key_frame(&self) {
        match self.parent() {
            Some(parent) => parent.key_frame.notify_one(),
            None => self.key_frame.notify_one(),
        }
    }

    /// Waits until somebody asks for a key frame; those who asked while nobody waited count as one. For the gateway of the publisher, and cancel-safe.
    pub async fn key_frame_wanted(&self) {
        self.key_frame.notified().await;
    }

    // ---- life ----

    /// How long ago the last frame came; `Err` with the time since the publisher came when none has come yet.
    pub(crate) fn silence(&self) -> Result<Duration, ()> {
        match self.last_write.load(Ordering::Relaxed) {
            0 => Err(()),
            last => Ok((self.now() - Time::from_micros(last as i64 - 1)).to_std()),
        }
    }

    /// How long ago its first track was seen; `None` before.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.first_track.get().map(Instant::elapsed)
    }

    /// Whether a publisher has ever sent a frame.
    pub(crate) fn has_begun(&self) -> bool {
        self.first_track.get().is_some()
    }

    /// The publisher is lost; [`Publication::give_up`] says who waits how long.
    pub(crate) fn drop_publisher(&self) {
        self.flush();
        self.set_phase(Phase::Dropped);
        self.give_up(Duration::ZERO);
    }

    /// The publisher has been lost for so long: tells those whose grace is over. `true` when everybody's is.
    pub(crate) fn give_up(&self, lost: Duration) -> bool {
        let graces = [self.settings.grace, self.settings.grace_http];
        let mut news = false;
        for (over, grace) in self.given_up.iter().zip(graces) {
            news |= lost >= grace.to_std() && !over.swap(true, Ordering::Relaxed);
        }
        if news {
            self.phase.send_modify(|_| {});
            self.wake();
        }
        graces.iter().all(|grace| lost >= grace.to_std())
    }

    /// Whether the publisher is lost and a reader of this patience does not wait for it any longer.
    pub(crate) fn is_given_up(&self, grace: Grace) -> bool {
        let [viewer, http] = &self.given_up;
        let over = match grace {
            Grace::Viewer => viewer,
            Grace::Http => http,
        };
        over.load(Ordering::Relaxed) && self.phase() == Phase::Dropped
    }

    /// Waits until there is a publisher, or it is over for good. Only for those who have given up.
    pub(crate) async fn returned(&self) {
        let _ = self.phase.subscribe().wait_for(|phase| *phase != Phase::Dropped).await;
    }

    pub(crate) fn finish(&self, end: End) {
        let _ = self.end.set(end);
        self.flush();
        self.set_phase(Phase::Ended);
        self.frames.close();
        self.wires().iter().for_each(|wire| wire.pump(self));
    }

    /// Everything that is held or gathered goes out now.
    fn flush(&self) {
        {
            let mut clock = self.clock();
            let clock = &mut *clock;
            clock.timeline.flush(&mut clock.ready);
            self.append(clock);
        }
        self.wires().iter().for_each(|wire| wire.flush(self));
    }

    fn set_phase(&self, phase: Phase) {
        self.phase.send_replace(phase);
        self.wake();
    }

    fn wake(&self) {
        self.frames.wake();
        self.wires().iter().for_each(|wire| wire.log().wake());
    }

    /// Bytes held by frames, wires and what is made of frames elsewhere.
    pub fn bytes(&self) -> usize {
        let wires: usize = self.wires().iter().map(|wire| wire.log().bytes()).sum();
        let derived: usize = self.derived().iter().map(|log| log.bytes()).sum();
        self.frames.bytes() + wires + derived
    }

    /// Lets the oldest GOP go, of all that holds it; returns the bytes set free.
    pub(crate) fn trim(&self) -> usize {
        let wires: usize = self.wires().iter().map(|wire| wire.log().trim()).sum();
        let derived: usize = self.derived().iter().map(|log| log.trim()).sum();
        self.frames.trim() + wires + derived
    }

    fn counters(&self) -> std::sync::RwLockReadGuard<'_, Counters> {
        self.counters.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn wires(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Wire>>> {
        self.wires.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self) -> std::sync::MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The monotonic clock of this publication.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.origin.elapsed())
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.load.publications.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How much a log of frames or blocks keeps.
const BOUNDS: Bounds = Bounds { span: Delta::secs(10), bytes: 64 << 20 };
/// A publisher that returns has so long, from its first frame, to bring each track that was there before.
const UNHEARD: Delta = Delta::secs(1);
const NO_TRACK: u32 = u32::MAX;
