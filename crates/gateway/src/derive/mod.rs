//! Sound in the codec that viewers' players have, made while somebody wants it: AAC of Opus, Opus of AAC.
//!
//! ```text
//! hub::Want ─ hub::Wanted ─ Derivation: Contributor::source ─ Desk ─ audio::Transcoder ─ Contributor::write
//! ```
//!
//! One task for each stream and codec that is wanted, from when it is until 10 s after nobody wants it any more. It reads the
//! log as a viewer does, so it can slow down nobody: what it cannot keep up with is a gap in what it makes. The codecs
//! run at a [`Desk`], away from the threads that serve connections.
//!
//! The codecs are young. Should one panic, its derivation begins anew after a while, and is given up the third time in a
//! minute: then whoever wanted it sees the publisher's sound.

mod counters;
mod derivation;
mod desk;

use std::sync::Arc;

use audio::{Error, Target, Transcoder};
use hub::Hub;
use media::{Frame, Sound, Track, TrackId};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use counters::Counters;
use derivation::Derivation;
use desk::Desk;

/// Makes all that is wanted, until `stop` and the end of every publication.
pub(crate) async fn run(hub: Hub, counters: Counters, stop: CancellationToken) {
    follow(hub, counters, stop, transcoder).await;
}

async fn follow(hub: Hub, counters: Counters, stop: CancellationToken, make: Make) {
    let mut wanted = hub.wanted();
    let desk = Desk::new();
    let tasks = TaskTracker::new();
    while let Some(contributor) = stop.run_until_cancelled(wanted.next()).await {
        tasks.spawn(Derivation::new(contributor, make, desk.clone(), &counters).run());
    }
    tasks.close();
    tasks.wait().await;
}

/// Makes frames of one track from those of another.
trait Maker: Send + 'static {
    /// Takes a frame and appends to `out` what is complete with it; of a broken one as well, which is an error to be counted.
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error>;
}

impl Maker for Transcoder {
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        Transcoder::push(self, frame, out)
    }
}

/// Makes what makes a sound, as the track of that id, from the frames of a track. Errs when that cannot be.
type Make = fn(&Arc<Track>, Sound, TrackId) -> Result<Box<dyn Maker>, Error>;

fn transcoder(source: &Arc<Track>, sound: Sound, id: TrackId) -> Result<Box<dyn Maker>, Error> {
    let target = match sound {
        Sound::Opus => Target::OPUS,
        Sound::Aac | Sound::Source => Target::AAC,
    };
    Ok(Box::new(Transcoder::new(source, id, target)?))
}

#[cfg(test)]
mod derive_test;
