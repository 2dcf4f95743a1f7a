//! From samples on a run's clock to the frames of a track.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Delta, Frame, Time, Track, TrackId};

use crate::clock::Clock;
use crate::{Encoder, Error};

/// Gathers samples, encodes them and stamps what comes out.
///
/// An encoder puts out late what it was given, so of each run as much is left out at the start: then packet `n` is what is heard
/// from sample `n` × its length on, and none is stamped before the run.
pub(crate) struct Packer {
    encoder: Box<dyn Encoder>,
    track: Arc<Track>,
    /// Samples a second.
    rate: u32,
    channels: usize,
    frame_len: usize,
    waiting: Vec<f32>,
    payload: Vec<u8>,
    run: Run,
}

/// What belongs to the present run.
#[derive(Debug, Default)]
struct Run {
    /// Samples that came, of each channel.
    came: u64,
    packets: u64,
    /// The next packet is the first after a jump.
    jumped: bool,
}

impl Packer {
    /// Makes frames of the track `id`.
    pub(crate) fn new(id: TrackId, encoder: Box<dyn Encoder>) -> Packer {
        let codec = encoder.codec();
        let (rate, channels) = (codec.sample_rate().unwrap_or(1), codec.channels().unwrap_or(1));
        let frame_len = encoder.frame_len();
        let track = Arc::new(Track { id, codec });
        let channels = usize::from(channels);
        Packer {
            encoder,
            track,
            rate,
            channels,
            frame_len,
            waiting: Vec::new(),
            payload: Vec::new(),
            run: Run::default(),
        }
    }

    /// The track of the frames.
    pub(crate) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    /// Samples a second that it takes.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// The channels that it takes.
    pub(crate) fn channels(&self) -> u8 {
        self.channels as u8
    }

    /// Samples of each channel that came in this run.
    pub(crate) fn came(&self) -> u64 {
        self.run.came
    }

    /// Takes `samples` and appends the frames that are complete. `heard` is a point in time of the source and when it was.
    ///
    /// Errs when the encoder does; then a frame is missing, and the others are in their places.
    pub(crate) fn push(
        &mut self,
        samples: &[f32],
        clock: &Clock,
        heard: (Time, SystemTime),
        out: &mut Vec<Frame>,
    ) -> Result<(), Error> {
        let delay = (self.encoder.delay() as u64).saturating_sub(self.run.came) as usize;
        self.run.came += (samples.len() / self.channels) as u64;
        let kept = samples.get(delay * self.channels..).unwrap_or_default();
        // What is no number, or too large, comes of broken packets.
        let within = |sample: &f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        self.waiting.extend(kept.iter().map(within));
        let mut outcome = Ok(());
        let size = self.frame_len * self.channels;
        let whole = self.waiting.len() - self.waiting.len() % size;
        for at in (0..whole).step_by(size) {
            let encoded = self.encoder.encode(&self.waiting[at..at + size], &mut self.payload);
            match encoded {
                Ok(()) => out.push(self.frame(clock, heard)),
                Err(err) => outcome = outcome.and(Err(err)),
            }
            self.run.packets += 1;
        }
        self.waiting.drain(..whole);
        outcome
    }

    /// Appends what is still inside, with silence behind it, and begins a new run, after a jump.
    pub(crate) fn finish(
        &mut self,
        clock: &Clock,
        heard: (Time, SystemTime),
        out: &mut Vec<Frame>,
    ) -> Result<(), Error> {
        let packets = self.run.came.div_ceil(self.frame_len as u64);
        let all = packets * self.frame_len as u64 + self.encoder.delay() as u64;
        let missing = all.saturating_sub(self.run.came) as usize;
        let silence = vec![0.0; if packets > 0 { missing * self.channels } else { 0 }];
        let outcome = self.push(&silence, clock, heard, out);
        self.waiting.clear();
        self.encoder.reset();
        self.run = Run { jumped: true, ..Run::default() };
        outcome
    }

    fn frame(&mut self, clock: &Clock, (heard, wall): (Time, SystemTime)) -> Frame {
        let time = clock.time_of(self.run.packets * self.frame_len as u64);
        Frame {
            track: Arc::clone(&self.track),
            dts: time,
            pts: time,
            duration: Some(Delta::from_ticks(self.frame_len as i64, self.rate)),
            keyframe: true,
            discontinuity: std::mem::take(&mut self.run.jumped),
            wall: moved(wall, time - heard),
            payload: Bytes::copy_from_slice(&self.payload),
        }
    }
}

/// `wall`, moved by `span`; as it is where that does not fit.
fn moved(wall: SystemTime, span: Delta) -> SystemTime {
    let size = span.abs().to_std();
    let moved = if span < Delta::ZERO { wall.checked_sub(size) } else { wall.checked_add(size) };
    moved.unwrap_or(wall)
}
