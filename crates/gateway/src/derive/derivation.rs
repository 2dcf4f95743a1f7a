//! The sound of one stream in another codec, for as long as it is wanted.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hub::{Contributor, NotTaken, Step};
use media::{Frame, Track};
use tokio::time::Instant;
use tracing::{info, warn};

use super::counters::{Counters, OfSound};
use super::desk::{Desk, Done, Job, Panicked};
use super::{Make, Maker};
use crate::repeats::Repeats;

/// One of them, in a task of its own.
pub(super) struct Derivation {
    contributor: Contributor,
    make: Make,
    desk: Desk,
    counters: OfSound,
    voice: Voice,
    failures: Failures,
}

/// Why it does not go on as it did.
enum Outcome {
    /// Nobody wants it any more, or there is nothing to make it from.
    Unwanted,
    /// The codec has panicked on frames of this track.
    Panicked(Arc<Track>, Panicked),
    /// It cannot be made from this track.
    Impossible(Arc<Track>, audio::Error),
}

impl Derivation {
    pub(super) fn new(contributor: Contributor, make: Make, desk: Desk, counters: &Counters) -> Derivation {
        let counters = counters.of(contributor.sound());
        let (voice, failures) = (Voice::default(), Failures::default());
        Derivation { contributor, make, desk, counters, voice, failures }
    }

    /// Makes it until it is unwanted or given up.
    pub(super) async fn run(mut self) {
        let publication = Arc::clone(self.contributor.publication());
        let (stream, sound) = (publication.key().logged(), self.contributor.sound().name());
        let running = self.counters.running();
        info!(%stream, sound, "sound is made for those who want it");
        let (track, reason) = loop {
            match self.follow().await {
                Outcome::Unwanted => return info!(%stream, sound, "sound is not made any more"),
                Outcome::Impossible(track, err) => break (track, err.to_string()),
                Outcome::Panicked(track, Panicked(words)) => {
                    self.counters.panics.inc();
                    let Some(pause) = self.failures.pause() else {
                        break (track, format!("it panics: {words}"));
                    };
                    warn!(%stream, sound, words, retry_in = ?pause, "a codec has panicked: sound is missing");
                    if tokio::time::timeout(pause, self.contributor.unwanted()).await.is_ok() {
                        return info!(%stream, sound, "sound is not made any more");
                    }
                    self.voice.gap = true;
                }
            }
        };
        drop(running);
        self.counters.given_up.inc();
        warn!(%stream, sound, reason, "sound cannot be made: whoever wants it gets the publisher's");
        self.contributor.give_up(track, reason);
    }

    /// Makes it of what the publisher sends from now on.
    async fn follow(&mut self) -> Outcome {
        let Derivation { contributor, make, desk, counters, voice, .. } = self;
        let sound = contributor.sound();
        let Some(id) = sound.derived_id() else { return Outcome::Unwanted };
        let mut source = contributor.source();
        let mut unwanted = pin!(contributor.unwanted());
        let mut maker: Option<Box<dyn Maker>> = None;
        let mut frames = Vec::new();
        loop {
            let step = tokio::select! {
                step = source.next(&mut frames) => step,
                () = &mut unwanted => return Outcome::Unwanted,
            };
            match step {
                Step::Ended => return Outcome::Unwanted,
                Step::Gap { missed } => {
                    let stream = contributor.publication().key().logged();
                    warn!(%stream, missed, "sound that is made has a gap: the server cannot follow");
                }
                Step::Frames | Step::Dropped => {}
            }
            frames.retain(|frame| contributor.takes(frame));
            let Some(track) = frames.first().map(|frame| Arc::clone(&frame.track)) else { continue };
            let ready = match maker.take().map_or_else(|| make(&track, sound, id), Ok) {
                Ok(ready) => ready,
                Err(err) => return Outcome::Impossible(track, err),
            };
            counters.read.inc_by(frames.len() as u64);
            let done = match desk.work(Job { maker: ready, frames }).await {
                Ok(done) => done,
                Err(panicked) => return Outcome::Panicked(track, panicked),
            };
            counters.count(&done);
            let Done { maker: idle, frames: room, made, error, .. } = done;
            if !voice.say(made, contributor, counters) {
                return Outcome::Unwanted;
            }
            if let Some(err) = error
                && let Some(count) = voice.broken.count()
            {
                let stream = contributor.publication().key().logged();
                warn!(%stream, sound = sound.name(), %err, count, "broken sound: there is something in its place");
            }
            (maker, frames) = (Some(idle), room);
        }
    }
}

/// What is made, on its way into the stream.
#[derive(Default)]
struct Voice {
    /// As it was announced last: a codec that begins anew and makes the same makes no other track.
    track: Option<Arc<Track>>,
    /// The next frame does not follow the last.
    gap: bool,
    broken: Repeats,
    refused: Repeats,
}

impl Voice {
    /// Publishes frames; `false` if no more are taken.
    fn say(&mut self, frames: Vec<Frame>, contributor: &Contributor, counters: &OfSound) -> bool {
        for mut frame in frames {
            match &self.track {
                Some(track) if **track == *frame.track => frame.track = Arc::clone(track),
                _ => self.track = Some(Arc::clone(&frame.track)),
            }
            // Whether it is taken or not: then the next one that is has the gap before it.
            self.gap |= frame.discontinuity;
            frame.discontinuity = self.gap;
            match contributor.write(frame) {
                Ok(()) => {
                    self.gap = false;
                    counters.written.inc();
                }
                Err(NotTaken::Ended | NotTaken::Unwanted) => return false,
                // Before a jump the end of what was made may reach into what follows.
                Err(NotTaken::NotRising { .. }) => {
                    counters.refused.inc();
                }
                Err(err) => {
                    counters.refused.inc();
                    if let Some(count) = self.refused.count() {
                        let stream = contributor.publication().key().logged();
                        warn!(%stream, %err, count, "sound that was made is left out");
                    }
                }
            }
        }
        true
    }
}

/// When it has failed lately.
#[derive(Debug, Default)]
struct Failures(VecDeque<Instant>);

impl Failures {
    /// It has failed now: how long to wait before it is tried again; `None` the third time in a minute.
    fn pause(&mut self) -> Option<Duration> {
        let now = Instant::now();
        self.0.retain(|at| now - *at < FAILURES_SPAN);
        self.0.push_back(now);
        PAUSES.get(self.0.len() - 1).copied()
    }
}

const FAILURES_SPAN: Duration = Duration::from_secs(60);
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
