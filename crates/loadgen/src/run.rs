//! One run: publish, let viewers join at a pace, open the window, measure, close it, count.
//!
//! One thread, one poll, no task and no buffer per connection: what it costs to watch must be small beside what it costs to
//! serve. The poll is asked every [`Plan::tick`] and never waited on, so that a server's writes wake nobody: the
//! price of waking a sleeping reader would be billed to the server's `write`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use mio::{Events, Poll, Token};

use crate::clip::Clip;
use crate::clock::Clock;
use crate::histogram::Histogram;
use crate::outcome::{Measured, Outcome, Published};
use crate::procfs::{Cores, Sample, open_file_limit};
use crate::publish::Publisher;
use crate::tally::{Counting, Meter, Tally};
use crate::target::{Form, Target};
use crate::view::hls::Faults;
use crate::view::viewer::{Context, End, Readiness, Viewer};

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Where to publish; nothing is published if absent, and frames are counted by span.
    pub(crate) publish: Option<Target>,
    pub(crate) streams: u16,
    /// Where to play.
    pub(crate) play: Option<Target>,
    /// Viewers in all; viewer `i` plays stream `i % streams`.
    pub(crate) viewers: usize,
    /// Viewers that join in a second.
    pub(crate) ramp: f64,
    /// From the first stream running to the first viewer.
    pub(crate) lead: Duration,
    /// From the last viewer's joining to the window.
    pub(crate) settle: Duration,
    pub(crate) window: Duration,
    /// How long after the window its last frames may come.
    pub(crate) drain: Duration,
    /// A viewer without a picture after that time has failed to join.
    pub(crate) patience: Duration,
    pub(crate) stall: Duration,
    pub(crate) tick: Duration,
    /// The server, whose CPU and memory are sampled.
    pub(crate) pid: Option<u32>,
}

/// Runs `plan` with `clip` to its end.
///
/// Errs when the publishing fails or the machine's limits are too low; viewers that fail are part of the outcome.
pub(crate) fn run(plan: &Plan, clip: Option<&Clip>) -> anyhow::Result<Outcome> {
    let needed = plan.viewers + usize::from(plan.streams) + SPARE_FILES;
    let limit = open_file_limit();
    ensure!(needed <= limit, "{needed} files are needed and {limit} allowed: raise `ulimit -n`");
    let mut run = Run::new(plan, clip)?;
    run.start_publishing()?;
    run.drive(Instant::now() + plan.lead)?;
    let idle = run.sample()?;
    run.join()?;
    run.drive(Instant::now() + plan.settle)?;
    let measured = run.measure()?;
    run.drain()?;
    Ok(run.outcome(idle, measured))
}

struct Run<'a> {
    plan: &'a Plan,
    clip: Option<&'a Clip>,
    clock: Clock,
    poll: Poll,
    events: Events,
    /// What the poll said, of whom; empty between turns.
    ready: Vec<(usize, Readiness)>,
    buffer: Vec<u8>,
    meter: Meter,
    publishers: Vec<Publisher>,
    seats: Vec<Seat>,
    /// When to look after which publisher (first) or viewer (behind the publishers).
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    /// From being told by the poll that there is something to read, to reading it.
    queueing: Histogram,
    /// How late frames were published.
    late: Histogram,
    /// Why viewers ended, and how many.
    ends: BTreeMap<String, u64>,
}

/// The place of one viewer.
pub(crate) enum Seat {
    Waiting,
    Watching(Box<Viewer>),
    Over { tally: Tally, faults: Faults, begun: Instant },
}

impl Seat {
    /// The count of the viewer that sits or sat here.
    pub(crate) fn tally(&self) -> Option<&Tally> {
        match self {
            Seat::Waiting => None,
            Seat::Watching(viewer) => Some(&viewer.tally),
            Seat::Over { tally, .. } => Some(tally),
        }
    }

    pub(crate) fn faults(&self) -> Faults {
        match self {
            Seat::Waiting => Faults::default(),
            Seat::Watching(viewer) => viewer.faults(),
            Seat::Over { faults, .. } => *faults,
        }
    }

    /// When it began to connect.
    pub(crate) fn begun(&self) -> Option<Instant> {
        match self {
            Seat::Waiting => None,
            Seat::Watching(viewer) => Some(viewer.begun),
            Seat::Over { begun, .. } => Some(*begun),
        }
    }
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, clip: Option<&'a Clip>) -> anyhow::Result<Run<'a>> {
        let form = plan.play.as_ref().map(Target::form);
        let counting = match form {
            _ if plan.publish.is_none() => Counting::Span,
            Some(Form::Segments) => Counting::Span,
            Some(Form::Ts | Form::Parts | Form::Whep) => Counting::Pictures,
            _ => Counting::Frames,
        };
        let stall = if form == Some(Form::Segments) { Duration::MAX } else { plan.stall };
        Ok(Run {
            plan,
            clip,
            clock: Clock::start(),
            poll: Poll::new().context("cannot poll")?,
            events: Events::with_capacity(EVENTS),
            ready: Vec::with_capacity(EVENTS),
            buffer: vec![0; READ_SIZE],
            meter: Meter::new(stall, counting),
            publishers: Vec::new(),
            seats: (0..plan.viewers).map(|_| Seat::Waiting).collect(),
            timers: BinaryHeap::new(),
            queueing: Histogram::new(),
            late: Histogram::new(),
            ends: BTreeMap::new(),
        })
    }

    /// Connects the publishers, a few at a time, and waits until all of them publish.
    fn start_publishing(&mut self) -> anyhow::Result<()> {
        let Some(target) = &self.plan.publish else { return Ok(()) };
        ensure!(self.clip.is_some(), "nothing to publish: name a clip");
        for n in 0..self.plan.streams {
            let token = Token(self.publishers.len());
            let publisher = Publisher::connect(target, n, self.poll.registry(), token)?;
            self.publishers.push(publisher);
            self.timers.push(Reverse((Instant::now(), token.0)));
            self.drive(Instant::now() + PUBLISHER_PACE)?;
        }
        let limit = Instant::now() + self.plan.patience;
        while self.publishers.iter().any(|publisher| !publisher.is_live()) {
            ensure!(Instant::now() < limit, "the server did not let all streams publish in time");
            self.turn()?;
        }
        Ok(())
    }

    /// Lets all viewers connect at the pace of the plan, and waits until each has seen a picture or failed.
    fn join(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        let offset = self.publishers.len();
        for index in 0..self.seats.len() {
            let at = start + Duration::from_secs_f64(index as f64 / self.plan.ramp);
            self.timers.push(Reverse((at, offset + index)));
        }
        while self.expect_pictures() > 0 {
            self.drive(Instant::now() + Duration::from_millis(20))?;
        }
        Ok(())
    }

    /// How many viewers have yet to see a picture; those that have waited too long are sent home.
    fn expect_pictures(&mut self) -> usize {
        let now = Instant::now();
        let mut open = 0;
        for index in 0..self.seats.len() {
            match self.seats.get(index) {
                Some(Seat::Waiting) => open += 1,
                Some(Seat::Watching(viewer)) if viewer.tally.joined.is_none() => {
                    if now.saturating_duration_since(viewer.begun) > self.plan.patience {
                        self.over(index, &End::Late);
                    } else {
                        open += 1;
                    }
                }
                _ => {}
            }
        }
        open
    }

    /// Opens the window, lets it pass, closes it.
    fn measure(&mut self) -> anyhow::Result<Measured> {
        self.ends.clear();
        (self.queueing, self.late) = (Histogram::new(), Histogram::new());
        let streams = usize::from(self.plan.streams);
        self.publishers.iter_mut().for_each(Publisher::mark);
        self.meter.first = match self.meter.by_span() {
            true => vec![0; streams],
            false => self.publishers.iter().map(Publisher::pictures).collect(),
        };
        let before = Point::take(self)?;
        self.drive(before.at + self.plan.window)?;
        let after = Point::take(self)?;
        self.publishers.iter_mut().for_each(Publisher::mark);
        self.meter.end = self.publishers.iter().map(Publisher::pictures).collect();
        let (busy, stolen) = after.cores.since(&before.cores);
        Ok(Measured {
            window: after.at - before.at,
            bytes: after.bytes - before.bytes,
            server_cpu: after.server.cpu_since(&before.server),
            system_share: after.server.system_share_since(&before.server),
            own_cpu: after.own.cpu_since(&before.own),
            busy,
            stolen,
            resident: before.server.resident.max(after.server.resident),
            anonymous: before.server.anonymous.max(after.server.anonymous),
        })
    }

    /// Waits until every viewer has passed the end of the window, or the time for it is over.
    fn drain(&mut self) -> anyhow::Result<()> {
        let limit = Instant::now() + if self.meter.by_span() { Duration::ZERO } else { self.plan.drain };
        let busy = |seat: &Seat| matches!(seat, Seat::Watching(viewer) if !viewer.tally.is_done());
        while Instant::now() < limit && self.seats.iter().any(busy) {
            self.drive(Instant::now() + Duration::from_millis(20))?;
        }
        let now = Instant::now();
        for seat in &mut self.seats {
            if let Seat::Watching(viewer) = seat {
                viewer.tally.close(now, self.meter.stall);
            }
        }
        Ok(())
    }

    fn outcome(self, idle: Sample, measured: Measured) -> Outcome {
        let published: Vec<Published> = self.publishers.iter().map(Publisher::published).collect();
        Outcome::new(self.plan, &self.meter, measured, &idle, &published, &self.seats)
            .with_ends(self.ends)
            .with_queueing(&self.queueing, &self.late)
    }

    fn sample(&self) -> anyhow::Result<Sample> {
        match self.plan.pid {
            None => Ok(Sample::default()),
            Some(pid) => Sample::of(pid).with_context(|| format!("the server, process {pid}, is gone")),
        }
    }

    fn drive(&mut self, until: Instant) -> anyhow::Result<()> {
        while Instant::now() < until {
            self.turn()?;
        }
        Ok(())
    }

    /// One tick: what is due, then what is ready, then sleep until the next one.
    fn turn(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while let Some(&Reverse((at, index))) = self.timers.peek()
            && at <= begun
        {
            self.timers.pop();
            self.look_after(index, None)?;
        }
        self.poll.poll(&mut self.events, Some(Duration::ZERO)).or_else(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => Ok(()),
            _ => Err(error),
        })?;
        let polled = Instant::now();
        let mut ready = std::mem::take(&mut self.ready);
        ready.extend(self.events.iter().map(|event| (event.token().0, Readiness::of(event))));
        let full = ready.len() == EVENTS;
        for (index, readiness) in ready.drain(..) {
            self.queueing.record(polled.elapsed());
            self.look_after(index, Some(readiness))?;
        }
        self.ready = ready;
        let wait = (begun + self.plan.tick).saturating_duration_since(Instant::now());
        if !full && !wait.is_zero() {
            std::thread::sleep(wait);
        }
        Ok(())
    }

    fn look_after(&mut self, index: usize, event: Option<Readiness>) -> anyhow::Result<()> {
        match index.checked_sub(self.publishers.len()) {
            None => self.publish(index, event),
            Some(seat) => {
                self.watch(seat, event);
                Ok(())
            }
        }
    }

    fn publish(&mut self, index: usize, event: Option<Readiness>) -> anyhow::Result<()> {
        let (Some(publisher), Some(clip)) = (self.publishers.get_mut(index), self.clip) else {
            return Ok(());
        };
        match publisher.advance(event, clip, &self.clock, &mut self.buffer, &mut self.late) {
            Ok(()) if event.is_none() => self.timers.push(Reverse((publisher.deadline(clip), index))),
            Ok(()) => {}
            Err(end) => bail!("stream {index} can no longer be published: {end}"),
        }
        Ok(())
    }

    fn watch(&mut self, index: usize, event: Option<Readiness>) {
        let token = Token(self.publishers.len() + index);
        let Some(seat) = self.seats.get_mut(index) else { return };
        let (registry, meter) = (self.poll.registry(), &mut self.meter);
        let mut context = Context { clock: &self.clock, registry, meter, buffer: &mut self.buffer };
        if let Seat::Waiting = seat {
            let Some(target) = &self.plan.play else { return };
            let stream = u16::try_from(index % usize::from(self.plan.streams.max(1))).unwrap_or(0);
            match Viewer::connect(target, stream, token, &mut context) {
                Ok(viewer) => *seat = Seat::Watching(Box::new(viewer)),
                Err(end) => {
                    let (tally, faults, begun) = (Tally::new(stream), Faults::default(), Instant::now());
                    *seat = Seat::Over { tally, faults, begun };
                    *self.ends.entry(end.to_string()).or_default() += 1;
                }
            }
            return;
        }
        let Seat::Watching(viewer) = seat else { return };
        let before = viewer.deadline();
        match viewer.advance(event, &mut context) {
            Ok(()) => {
                let next = viewer.deadline();
                if let Some(at) = next.filter(|_| next != before || event.is_none()) {
                    self.timers.push(Reverse((at, token.0)));
                }
            }
            Err(end) => self.over(index, &end),
        }
    }

    /// A viewer is over: its connection closes, its count remains.
    fn over(&mut self, index: usize, end: &End) {
        let Some(seat) = self.seats.get_mut(index) else { return };
        if let Seat::Watching(viewer) = std::mem::replace(seat, Seat::Waiting) {
            let (faults, begun) = (viewer.faults(), viewer.begun);
            let mut tally = viewer.finish();
            tally.close(Instant::now(), self.meter.stall);
            *seat = Seat::Over { tally, faults, begun };
            *self.ends.entry(end.to_string()).or_default() += 1;
        }
    }
}

/// One end of the window.
struct Point {
    at: Instant,
    bytes: u64,
    server: Sample,
    own: Sample,
    cores: Cores,
}

impl Point {
    fn take(run: &Run<'_>) -> anyhow::Result<Point> {
        let server = run.sample()?;
        let own = Sample::of(std::process::id()).context("cannot read /proc/self")?;
        Ok(Point { at: Instant::now(), bytes: run.meter.bytes, server, own, cores: Cores::now() })
    }
}

const READ_SIZE: usize = 256 << 10;
/// Taken from the poll at once; more of them wait for the next turn, so that publishers are not kept waiting.
const EVENTS: usize = 256;
const SPARE_FILES: usize = 32;
const PUBLISHER_PACE: Duration = Duration::from_millis(5);

#[cfg(test)]
#[path = "run_test.rs"]
mod tests;
