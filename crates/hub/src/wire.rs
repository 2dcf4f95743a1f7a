//! Fan-out: bytes made once per stream and format, read by every viewer.
//!
//! A [`Wire`] is a [`Log`] of blocks of muxed bytes derived from the log of frames. The hub owns the mechanism; the formats
//! are [`Format`]s of the gateways. A viewer is a [`Reader`]: a cursor and vectored writes of shared bytes, no queue.

mod order;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use media::{Delta, Frame, Time, Track};
use tracing::warn;

use crate::demand::Want;
use crate::log::{self, Entry, Join, Log, Read, Slow};
use crate::publication::{Grace, Phase, Publication};
use crate::session::{End, Session};
use crate::start::StartPoints;
use order::Order;

pub use crate::selection::Selection;

/// How frames become bytes on one kind of wire. One per wire; lives and dies with it.
pub trait Format: Send + 'static {
    /// What every viewer gets once and first, before the first preamble: the header of a file format. Asked once, at the wire's first start point.
    fn header(&mut self, _tracks: &[Arc<Track>]) -> Bytes {
        Bytes::new()
    }

    /// What a decoder must have before the start point at `at`: sent at a join and after a skip, not to those who read on.
    fn preamble(&mut self, tracks: &[Arc<Track>], at: Time) -> Bytes;

    /// Appends one frame as whole messages. `changed` says that the frame's track is new to those who read on: its configuration goes first.
    fn write(&mut self, frame: &Frame, changed: bool, out: &mut Vec<Bytes>);

    /// Appends what it holds back of the frames written so far: a start point follows, or nothing for a while.
    fn flush(&mut self, _out: &mut Vec<Bytes>) {}

    /// Whether the wire can carry on from the start point at `at` with these tracks. If not it ends there, and the next viewer gets a new one.
    fn fits(&self, _tracks: &[Arc<Track>], _at: Time) -> bool {
        true
    }

    /// Whether frames must come in decoding order across tracks: a little later then, for each waits for those of the other
    /// tracks. Asked once.
    fn in_order(&self) -> bool {
        false
    }
}

/// Tells the wires of a stream apart: few per stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WireKey {
    /// The format's name: `rtmp`, `flv`.
    pub format: &'static str,
    /// Which tracks it carries, and its sound as what.
    pub tracks: Selection,
    /// What else tells its bytes from those of other wires of the format: a client's capability, a message stream id. 0 is the common wire.
    pub variant: u64,
    /// Made for one viewer alone: of no use to the next, so it goes with its reader.
    pub private: bool,
}

/// Bytes of whole messages, from one start point to before the next at most.
#[derive(Debug)]
pub struct Block {
    data: Vec<Bytes>,
    /// Empty unless the block begins at a start point.
    preamble: Bytes,
    frames: u64,
}

/// One format of one stream, with its bytes. Owned by its [`Publication`].
pub struct Wire {
    key: WireKey,
    log: Arc<Log<Arc<Block>>>,
    writer: Mutex<Writer>,
    header: OnceLock<Bytes>,
    readers: AtomicUsize,
    /// The merge window in microseconds; 0 means that the publisher pumps inline.
    window: AtomicU64,
    /// When it was last pumped, in microseconds on the publication's monotonic clock.
    pumped: AtomicU64,
}

struct Writer {
    source: log::Reader<Arc<Frame>>,
    format: Box<dyn Format>,
    selection: Selection,
    order: Order,
    starts: StartPoints,
    /// What those who read on know of the tracks.
    announced: Vec<Arc<Track>>,
    /// The first start point has come.
    began: bool,
    /// Of the last frame.
    last: Time,
    ended: bool,
    frames: Vec<Arc<Frame>>,
    pieces: Vec<Bytes>,
}

impl Wire {
    pub(crate) fn new(
        key: WireKey,
        format: Box<dyn Format>,
        frames: &Arc<Log<Arc<Frame>>>,
        first: Join,
        total: &Arc<AtomicUsize>,
        bounds: log::Bounds,
    ) -> Wire {
        let join = match first {
            Join::FirstStart => Join::Oldest,
            // Sound alone has its own start points: one each second, whatever the pictures do.
            _ if !key.tracks.video => Join::Back(AUDIO_BURST),
            _ => Join::Start,
        };
        let writer = Writer {
            source: log::Reader::new(Arc::clone(frames), join, Slow::Lossless),
            order: Order::new(format.in_order()),
            format,
            selection: key.tracks,
            starts: StartPoints::default(),
            announced: Vec::new(),
            began: false,
            last: Time::MIN,
            ended: false,
            frames: Vec::new(),
            pieces: Vec::new(),
        };
        Wire {
            key,
            log: Arc::new(Log::new(bounds, Arc::clone(total))),
            writer: Mutex::new(writer),
            header: OnceLock::new(),
            readers: AtomicUsize::new(0),
            window: AtomicU64::new(0),
            pumped: AtomicU64::new(0),
        }
    }

    /// What tells it from the stream's other wires.
    pub fn key(&self) -> WireKey {
        self.key
    }

    /// Counts a reader that is about to be made, so that nobody takes the wire for idle.
    pub(crate) fn expect_reader(&self) {
        self.readers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn readers(&self) -> usize {
        self.readers.load(Ordering::Relaxed)
    }

    pub(crate) fn window(&self) -> Delta {
        Delta::micros(self.window.load(Ordering::Relaxed) as i64)
    }

    pub(crate) fn set_window(&self, window: Delta) {
        self.window.store(window.as_micros().max(0) as u64, Ordering::Relaxed);
    }

    pub(crate) fn pumped(&self) -> Time {
        Time::from_micros(self.pumped.load(Ordering::Relaxed) as i64)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.writer().ended
    }

    pub(crate) fn log(&self) -> &Log<Arc<Block>> {
        &self.log
    }

    /// Turns the frames that have come since the last call into blocks and wakes the readers.
    pub(crate) fn pump(&self, publication: &Publication) {
        self.advance(publication, false);
    }

    /// The same, and nothing is held back: no frame follows for a while.
    pub(crate) fn flush(&self, publication: &Publication) {
        self.advance(publication, true);
    }

    fn advance(&self, publication: &Publication, flush: bool) {
        self.pumped.store(publication.now().as_micros().max(0) as u64, Ordering::Relaxed);
        let mut writer = self.writer();
        if writer.ended {
            return;
        }
        let selection = writer.selection;
        let mut frames = std::mem::take(&mut writer.frames);
        let closed = loop {
            match writer.source.try_read(&mut frames, BLOCK_BUDGET) {
                Some(Read::Entries) => {}
                Some(Read::Skipped { missed }) => {
                    warn!(stream = %publication.key().logged(), format = self.key.format, missed, "frames left out of a wire");
                }
                Some(Read::Closed | Read::TooSlow) => break true,
                None => break false,
            }
            frames.retain(|frame| publication.shows(selection, &frame.track));
            writer.order.arrange(&mut frames, || selection.count(&publication.selected(selection)));
            writer.add(&frames, self, publication);
            frames.clear();
            if writer.ended {
                break false;
            }
        };
        if (flush || closed) && !writer.ended {
            writer.order.release(&mut frames);
            writer.add(&frames, self, publication);
            frames.clear();
            if !writer.ended {
                writer.rest(self);
            }
            writer.ended |= closed;
        }
        // A burst (a back-fill, a late pump) does not keep its room.
        frames.shrink_to(64);
        writer.frames = frames;
        let ended = writer.ended;
        drop(writer);
        if ended {
            self.log.close();
        } else {
            self.log.wake();
        }
    }

    fn writer(&self) -> std::sync::MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn add(&mut self, frames: &[Arc<Frame>], wire: &Wire, publication: &Publication) {
        let mut open: Option<Open> = None;
        for frame in frames {
            let start = self.starts.is_start(frame, publication.is_main_video(frame));
            if !start && !self.began {
                continue;
            }
            let mut preamble = Bytes::new();
            if start {
                open.take().into_iter().for_each(|open| self.seal(open, wire));
                self.rest(wire);
                let tracks = self.tracks(frame, publication);
                if !self.format.fits(&tracks, frame.dts) {
                    self.ended = true;
                    return;
                }
                if !self.began {
                    self.began = true;
                    let _ = wire.header.set(self.format.header(&tracks));
                    self.announced.clone_from(&tracks);
                }
                preamble = self.format.preamble(&tracks, frame.dts);
            }
            let changed = self.announce(&frame.track);
            self.format.write(frame, changed, &mut self.pieces);
            let open = open.get_or_insert_with(|| Open { time: frame.dts, start, preamble, frames: 0 });
            open.frames += 1;
            self.last = frame.dts;
        }
        open.into_iter().for_each(|open| self.seal(open, wire));
    }

    /// The tracks as of `frame`: what has been announced, the frame's own, and those of the stream not seen here yet.
    fn tracks(&self, frame: &Frame, publication: &Publication) -> Vec<Arc<Track>> {
        let newest = publication.selected(self.selection);
        let of_id = |current: &Arc<Track>| {
            let id = current.id;
            if frame.track.id == id {
                return Arc::clone(&frame.track);
            }
            Arc::clone(self.announced.iter().find(|track| track.id == id).unwrap_or(current))
        };
        newest.iter().map(of_id).collect()
    }

    fn announce(&mut self, track: &Arc<Track>) -> bool {
        match self.announced.iter_mut().find(|known| known.id == track.id) {
            Some(known) if Arc::ptr_eq(known, track) => false,
            Some(known) => {
                *known = Arc::clone(track);
                true
            }
            None => {
                self.announced.push(Arc::clone(track));
                true
            }
        }
    }

    /// What the format holds back becomes a block of its own.
    fn rest(&mut self, wire: &Wire) {
        if self.began {
            self.format.flush(&mut self.pieces);
        }
        if !self.pieces.is_empty() {
            self.seal(Open { time: self.last, start: false, preamble: Bytes::new(), frames: 0 }, wire);
        }
    }

    fn seal(&mut self, open: Open, wire: &Wire) {
        let data = gather(&mut self.pieces, wire.readers());
        let bytes = data.iter().map(Bytes::len).sum::<usize>() + open.preamble.len();
        let block = Block { data, preamble: open.preamble, frames: open.frames };
        wire.log.push(Entry { item: Arc::new(block), time: open.time, bytes, start: open.start });
    }
}

/// A block being filled; its bytes are in [`Writer::pieces`].
struct Open {
    time: Time,
    start: bool,
    preamble: Bytes,
    frames: u64,
}

/// Runs of small pieces become one; large ones stay the shared slices that they are.
///
/// What is small depends on how often it will be sent: copied once, a piece is cheaper in each write than one on its own; for a
/// few readers the copy, and the memory that it takes, costs more than that saves.
fn gather(pieces: &mut Vec<Bytes>, readers: usize) -> Vec<Bytes> {
    let mut data = Vec::new();
    let mut run = BytesMut::new();
    let total: usize = pieces.iter().map(Bytes::len).sum();
    let large = match readers {
        ..=FEW_READERS => LEAST_PIECE,
        _ if total < SMALL_BLOCK => usize::MAX,
        _ => LARGE_PIECE,
    };
    for piece in pieces.drain(..) {
        if piece.len() < large {
            run.put_slice(&piece);
        } else {
            if !run.is_empty() {
                data.push(run.split().freeze());
            }
            data.push(piece);
        }
    }
    if !run.is_empty() {
        data.push(run.freeze());
    }
    data
}

/// A viewer of a wire: yields the bytes to send. Closes its place when dropped.
pub struct Reader {
    wire: Arc<Wire>,
    /// And of which publication.
    want: Want,
    session: Arc<Session>,
    blocks: log::Reader<Arc<Block>>,
    /// Header and preamble have been handed over.
    began: bool,
    grace: Grace,
    scratch: Vec<Arc<Block>>,
}

impl Reader {
    /// The wire has counted the reader already, see [`Wire::expect_reader`].
    pub(crate) fn new(
        wire: Arc<Wire>,
        want: Want,
        session: Arc<Session>,
        join: Join,
        grace: Grace,
    ) -> Reader {
        let blocks = log::Reader::new(Arc::clone(&wire.log), join, Slow::Skip);
        want.publication().readers_changed(&wire, |all| _ = all.fetch_add(1, Ordering::Relaxed));
        Reader { wire, want, session, blocks, began: false, grace, scratch: Vec::new() }
    }

    /// Appends to `out` the bytes to send next: at least one block, then up to `budget` bytes. Waits when there are none.
    ///
    /// Errs when the viewer's time on this wire is over: with [`End::TracksChanged`] the stream goes on on another wire.
    pub fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut VecDeque<Bytes>,
        budget: usize,
    ) -> Poll<Result<(), End>> {
        let read = match self.blocks.poll_read(cx, &mut self.scratch, budget) {
            Poll::Ready(read) => read,
            Poll::Pending if self.publication().is_given_up(self.grace) => {
                return Poll::Ready(Err(End::Dropped));
            }
            Poll::Pending => return Poll::Pending,
        };
        let mut preamble = !self.began;
        match read {
            Read::Entries => {}
            Read::Skipped { missed } => {
                self.session.count_skipped(missed);
                preamble = true;
            }
            Read::TooSlow => return Poll::Ready(Err(End::TooSlow)),
            Read::Closed => {
                let over = self.publication().phase() == Phase::Ended;
                return Poll::Ready(Err(if over { self.publication().end() } else { End::TracksChanged }));
            }
        }
        if !self.began {
            self.began = true;
            out.extend(self.wire.header.get().filter(|header| !header.is_empty()).cloned());
        }
        if preamble {
            out.extend(self.scratch.first().map(|block| block.preamble.clone()));
        }
        let mut frames = 0;
        for block in self.scratch.drain(..) {
            frames += block.frames;
            out.extend(block.data.iter().cloned());
        }
        // A burst's room is not kept by each of thousands of viewers.
        if self.scratch.capacity() > 8 {
            self.scratch = Vec::new();
        }
        self.session.count_frames(frames);
        Poll::Ready(Ok(()))
    }

    /// The stream as published when the reader joined.
    pub fn publication(&self) -> &Arc<Publication> {
        self.want.publication()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.wire.readers.fetch_sub(1, Ordering::Relaxed);
        self.want.publication().readers_changed(&self.wire, |all| _ = all.fetch_sub(1, Ordering::Relaxed));
    }
}

/// Readers for whom nothing but headers is copied.
const FEW_READERS: usize = 4;
/// Headers, and sound at low rates.
const LEAST_PIECE: usize = 256;
/// Pieces from this size on are worth a slot of their own in a vectored write.
const LARGE_PIECE: usize = 4 << 10;
/// A block below this size is cheaper as one piece, copied once, than as many in every viewer's write.
const SMALL_BLOCK: usize = 64 << 10;
/// Frames of so many bytes are made into one block at a time when there is a backlog.
const BLOCK_BUDGET: usize = 256 << 10;
/// How far back sound alone begins.
const AUDIO_BURST: Delta = Delta::secs(1);
