//! From the frames of one track to those of another.

use std::sync::Arc;
use std::time::SystemTime;

use media::{Delta, Frame, Time, Track, TrackId};

use crate::clock::{Clock, Place};
use crate::conform::Conform;
use crate::packer::Packer;
use crate::{Decoder, Error, Layout, Pcm, Target, decoder, encoder};

/// Makes the frames of one track from those of another, on the same clock.
///
/// What is heard at a time of the source is heard at that time of what comes out, to the sample, and frames follow each
/// other without a gap. Frames that are missing, up to a second, are replaced by what the decoder thinks of or by silence, and so
/// are broken ones; what comes twice is left out once. Clocks that drift are followed. At a jump or a longer gap what is
/// inside comes out, with up to 42 ms of silence behind it, and the next frame has `discontinuity` and the source's new time.
///
/// The source's parameters may change with any frame, but the track that comes out stays as it is: its rate and channels
/// are those that suited the first parameters.
///
/// What comes out is late by what is gathered for a frame and what the codecs look ahead: some 30 ms for Opus of AAC, 45 ms for
/// AAC of Opus. Nothing comes out while nothing comes in.
pub struct Transcoder {
    source: Arc<Track>,
    decoder: Box<dyn Decoder>,
    conform: Option<Conform>,
    packer: Packer,
    /// `None` before the first frame.
    clock: Option<Clock>,
    /// A time of the source and when it was.
    heard: (Time, SystemTime),
    /// How long the last frame was.
    length: Delta,
    /// What the next frame says that was heard already.
    overlap: Delta,
    pcm: Pcm,
    ready: Vec<f32>,
    stats: Stats,
}

/// What a [`Transcoder`] had to do, since it was made.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Packets that could not be decoded.
    pub broken: u64,
    /// What was put in the place of lost and broken packets.
    pub concealed: Delta,
    /// What was left out because it came twice.
    pub dropped: Delta,
    /// Jumps and gaps at which a new run began.
    pub jumps: u64,
}

impl Transcoder {
    /// From the frames of `source` to those of a track `id`.
    ///
    /// Errs when the source's codec, or what its parameters say, is not decoded here, or its rate cannot be converted.
    pub fn new(source: &Arc<Track>, id: TrackId, target: Target) -> Result<Transcoder, Error> {
        let codec = &source.codec;
        let decoder = decoder(codec)?;
        // Where the stream alone knows its channels they are two, or become two.
        let (rate, channels) = (codec.sample_rate().unwrap_or(48_000), codec.channels().unwrap_or(2));
        let packer = Packer::new(id, encoder(target, rate, channels)?);
        let pcm = Pcm::new(rate, Layout::small(channels));
        let conform = Some(Conform::new(&pcm, packer.rate(), packer.channels())?);
        Ok(Transcoder {
            source: Arc::clone(source),
            decoder,
            conform,
            packer,
            clock: None,
            heard: (Time::ZERO, SystemTime::UNIX_EPOCH),
            length: USUAL_LENGTH,
            overlap: Delta::ZERO,
            pcm,
            ready: Vec::new(),
            stats: Stats::default(),
        })
    }

    /// The track that comes out.
    pub fn track(&self) -> &Arc<Track> {
        self.packer.track()
    }

    /// What it had to do.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Takes a frame of the source and appends to `out` what is complete with it.
    ///
    /// Errs when the frame's packet is broken, or of another kind than is decoded: the caller counts it and goes on.
    /// What is heard in its place is in `out` as if it had been good.
    pub fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        let changed = self.follow(&frame.track);
        self.length = frame.track.codec.frame_duration(&frame.payload).unwrap_or(self.length).min(LONGEST);
        self.place(frame, out)?;
        self.heard = (frame.pts, frame.wall);
        let decoded = changed.and_then(|()| self.decoder.decode(&frame.payload, &mut self.pcm));
        let Err(broken) = decoded else { return self.feed(out) };
        self.stats.broken += 1;
        self.conceal(self.length, None, out).and(Err(broken))
    }

    /// Appends what is still inside: the source has ended.
    pub fn finish(mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.end(out)
    }

    /// Decodes with new parameters, should they be.
    fn follow(&mut self, track: &Arc<Track>) -> Result<(), Error> {
        if Arc::ptr_eq(track, &self.source) {
            return Ok(());
        }
        if track.codec != self.source.codec {
            // Until this is a kind that is decoded, each frame is an error.
            self.decoder = decoder(&track.codec)?;
        }
        self.source = Arc::clone(track);
        Ok(())
    }

    /// Brings the end of what was heard to where `frame` belongs.
    fn place(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        let place = match &mut self.clock {
            Some(clock) => clock.place(frame.pts, self.length, frame.discontinuity),
            None => Place::Elsewhere,
        };
        match place {
            Place::Next => Ok(()),
            Place::Behind(missing) => self.conceal(missing, Some(frame), out),
            Place::Overlapping(twice) => {
                self.overlap = twice;
                Ok(())
            }
            Place::Elsewhere => {
                let jumped = self.clock.is_some();
                let ended = self.end(out);
                self.stats.jumps += u64::from(jumped);
                self.decoder.reset();
                self.clock = Some(Clock::new(frame.pts, self.packer.rate()));
                ended
            }
        }
    }

    /// Puts something in the place of lost sound; `next` is what came behind it.
    fn conceal(&mut self, span: Delta, next: Option<&Frame>, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.stats.concealed += span;
        self.decoder.conceal(span, next.map(|frame| &*frame.payload), &mut self.pcm);
        self.feed(out)
    }

    /// Sends what was decoded on its way.
    fn feed(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        let Some(clock) = &mut self.clock else { return Ok(()) };
        if !self.conform.as_ref().is_some_and(|conform| conform.takes(&self.pcm)) {
            if let Some(mut old) = self.conform.take() {
                old.finish(&mut self.ready);
                let made =
                    self.packer.came() + (self.ready.len() / usize::from(self.packer.channels())) as u64;
                clock.turn(made);
            }
        }
        let conform = match &mut self.conform {
            Some(conform) => conform,
            none => none.insert(Conform::new(&self.pcm, self.packer.rate(), self.packer.channels())?),
        };
        // Of what came twice the second is left out.
        let rate = self.pcm.rate;
        let twice = (self.overlap.to_ticks(rate).max(0) as usize).min(self.pcm.frames());
        let left = Delta::from_ticks(twice as i64, rate);
        self.stats.dropped += left;
        self.overlap = if twice < self.pcm.frames() { Delta::ZERO } else { self.overlap - left };
        clock.heard((self.pcm.frames() - twice) as u64, rate);
        conform.push(&self.pcm.samples[twice * self.pcm.layout.channels()..], &mut self.ready);
        let outcome = self.packer.push(&self.ready, clock, self.heard, out);
        self.ready.clear();
        outcome
    }

    /// Ends the run: what is inside comes out.
    fn end(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        let Some(clock) = self.clock.take() else { return Ok(()) };
        if let Some(conform) = &mut self.conform {
            conform.finish(&mut self.ready);
        }
        let pushed = self.packer.push(&self.ready, &clock, self.heard, out);
        self.ready.clear();
        self.overlap = Delta::ZERO;
        pushed.and(self.packer.finish(&clock, self.heard, out))
    }
}

/// Of a frame that does not say.
const USUAL_LENGTH: Delta = Delta::millis(20);
/// What one broken frame is replaced by at most: the longest Opus packet, and an AAC frame at 8 kHz, are not longer.
const LONGEST: Delta = Delta::millis(150);

#[cfg(test)]
#[path = "transcoder_test.rs"]
mod tests;
