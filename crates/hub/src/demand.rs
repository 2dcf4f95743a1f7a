//! Who wants the sound of a publication in another codec than its publisher's, and whether it is being made.
//!
//! Whoever wants it holds a [`Want`]. While one is held, and the main track of sound is one that it can be made from, whoever
//! listens to [`Hub::wanted`](crate::Hub::wanted) is handed a [`Contributor`] to make it with, once; 10 s after the last
//! want has gone the contributor is told to stop. That is looked at anew when wants come and go and when tracks change.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use media::{Sound, Track};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::contributor::Contributor;
use crate::publication::{Load, Publication};

/// What is wanted of one publication beside what its publisher sends. Owned by it.
#[derive(Debug, Default)]
pub(crate) struct Demand([Lane; Sound::DERIVED.len()]);

/// The demand for one of [`Sound::DERIVED`].
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// How many want it.
    pub(crate) wants: usize,
    /// When the last of them went.
    left: Option<Instant>,
    /// Somebody makes it, or has been asked to.
    pub(crate) served: bool,
    /// It could not be made from this track, and why.
    pub(crate) given_up: Option<(Arc<Track>, String)>,
}

impl Demand {
    /// The lane of `sound`; `None` of [`Sound::Source`], which is there anyway.
    pub(crate) fn lane(&self, sound: Sound) -> Option<&Lane> {
        self.0.get(place(sound)?)
    }

    pub(crate) fn lane_mut(&mut self, sound: Sound) -> Option<&mut Lane> {
        self.0.get_mut(place(sound)?)
    }
}

impl Lane {
    /// One more wants it; `true` for the first.
    fn enter(&mut self) -> bool {
        self.wants += 1;
        self.left = None;
        self.wants == 1
    }

    /// One less wants it; `true` for the last.
    fn leave(&mut self) -> bool {
        self.wants = self.wants.saturating_sub(1);
        if self.wants == 0 {
            self.left = Some(Instant::now());
        }
        self.wants == 0
    }

    /// Until when it is to be made though nobody wants it now; `None` while somebody does.
    pub(crate) fn until(&self) -> Option<Instant> {
        (self.wants == 0).then(|| self.left.map_or_else(Instant::now, |left| left + LINGER))
    }
}

/// The place of `sound` among [`Sound::DERIVED`].
pub(crate) fn place(sound: Sound) -> Option<usize> {
    Sound::DERIVED.iter().position(|derived| *derived == sound)
}

/// Somebody wants the sound of a publication in a codec: it is made for as long as this is held, if the publisher does not
/// send it and it can be made from what it sends.
///
/// Every reader that selects such sound ([`Selection::sound`](crate::wire::Selection)) holds one. Whoever wants to know what
/// there will be before it reads takes one of its own: see [`Want::ready`].
pub struct Want {
    publication: Arc<Publication>,
    sound: Sound,
}

impl Want {
    pub(crate) fn new(publication: &Arc<Publication>, sound: Sound) -> Want {
        publication.demand(sound, Lane::enter);
        publication.ask();
        Want { publication: Arc::clone(publication), sound }
    }

    /// Of what.
    pub(crate) fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }

    /// What is wanted.
    pub fn sound(&self) -> Sound {
        self.sound
    }

    /// Waits until readers that want it see sound: at once if the publisher sends it, or there is none, or none that it can
    /// be made from; else until it is being made, but not longer than `wait`. `false` if it is not being made then.
    ///
    /// To be asked once the tracks of the publication are known ([`Publication::settled`]).
    pub async fn ready(&self, wait: Duration) -> bool {
        self.publication.heard(self.sound, wait).await
    }
}

impl Drop for Want {
    fn drop(&mut self) {
        self.publication.demand(self.sound, Lane::leave);
    }
}

/// What waits to be made, over all publications: few and short, for whoever makes it takes it at once.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    queue: Mutex<VecDeque<(Weak<Publication>, Sound)>>,
    news: Notify,
}

impl Asked {
    /// Each publication asks for a sound at most once until that is taken, so there are never more than two for each.
    pub(crate) fn push(&self, publication: Weak<Publication>, sound: Sound) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.retain(|(publication, _)| publication.strong_count() > 0);
        queue.push_back((publication, sound));
        self.news.notify_one();
    }

    fn pop(&self) -> Option<Contributor> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| queue.pop_front())
            .find_map(|(publication, sound)| Contributor::new(publication.upgrade()?, sound))
    }
}

/// Hears of sound that is wanted in another codec than the publisher's: see [`Hub::wanted`](crate::Hub::wanted).
pub struct Wanted {
    load: Arc<Load>,
}

impl Wanted {
    pub(crate) fn new(load: Arc<Load>) -> Wanted {
        Wanted { load }
    }

    /// The next that is to be made. Cancel-safe.
    pub async fn next(&mut self) -> Contributor {
        loop {
            if let Some(contributor) = self.load.asked.pop() {
                return contributor;
            }
            self.load.asked.news.notified().await;
        }
    }
}

/// How long sound is made after the last want for it, so that viewers who come and go do not start it over and over.
const LINGER: Duration = Duration::from_secs(10);
