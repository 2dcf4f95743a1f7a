//! Sound in other codecs than the publisher's: who sees it, who wants it, and how it gets into the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use media::{Delta, Frame, Kind, Sound, Track};

use super::{Clock, Phase, Publication};
use crate::contributor::NotTaken;
use crate::demand::{Lane, Want, place};
use crate::wire::Selection;

/// The tracks of a publication.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracks {
    /// What the publisher sends, lowest id first.
    pub(super) source: Arc<[Arc<Track>]>,
    /// What the server makes from it.
    derived: Arc<[Arc<Track>]>,
}

impl Tracks {
    /// Of `tracks`, which are in order of their ids.
    pub(super) fn new<'a>(tracks: impl Iterator<Item = &'a Arc<Track>>) -> Tracks {
        let (derived, source): (Vec<_>, Vec<_>) = tracks.cloned().partition(|track| track.id.is_derived());
        Tracks { source: source.into(), derived: derived.into() }
    }

    pub(super) fn main(&self, kind: Kind) -> Option<&Arc<Track>> {
        self.source.iter().find(|track| track.kind() == kind)
    }

    /// Whether `sound` is not among them and can be made.
    fn lack(&self, sound: Sound) -> bool {
        let makable = self.main(Kind::Audio).is_some_and(|main| sound.derives_from(&main.codec));
        makable && !self.derived.iter().any(|track| Some(track.id) == sound.derived_id())
    }
}

/// What becomes of the wish for sound in another codec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// What is wanted.
    pub sound: Sound,
    /// How far it is.
    pub state: Making,
}

/// How far sound is that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Making {
    /// The first of it has not come yet, or it is begun anew.
    Starting,
    /// It is there.
    Running,
    /// It could not be made from what the publisher sends.
    GivenUp {
        /// Why, in words.
        reason: String,
    },
}

impl Publication {
    /// Wants its sound as `sound` for as long as the guard is held; nothing happens while the publisher sends it so. Who
    /// watches by a [`Subscription`](crate::Subscription) asks that.
    pub fn want(self: &Arc<Self>, sound: Sound) -> Want {
        Want::new(self, sound)
    }

    /// The tracks that a reader of `selection` sees, lowest id first.
    pub fn selected(&self, selection: Selection) -> Vec<Arc<Track>> {
        // Not while the tracks are borrowed, which `shows` may do.
        let Tracks { source, derived } = self.tracks.borrow().clone();
        let main = source.iter().find(|track| track.kind() == Kind::Audio);
        // What was made of sound that the publisher does not send any more is still read to its end, but nobody begins with it.
        let made = main.is_some_and(|main| self.replaces(selection.sound, main));
        let derived = derived.iter().filter(|_| made);
        source.iter().chain(derived).filter(|track| self.shows(selection, track)).cloned().collect()
    }

    /// What is wanted of it in another codec than the publisher's, and can or could be made.
    pub fn derivations(&self) -> Vec<Derivation> {
        let tracks = self.tracks.borrow().clone();
        let demand = self.demand.borrow();
        let of = |sound: Sound| {
            let lane = demand.lane(sound)?;
            let main = tracks.main(Kind::Audio).filter(|main| sound.derives_from(&main.codec))?;
            let state = match &lane.given_up {
                Some((track, reason)) if track == main => Making::GivenUp { reason: reason.clone() },
                _ if !lane.served => return None,
                _ if tracks.lack(sound) => Making::Starting,
                _ => Making::Running,
            };
            Some(Derivation { sound, state })
        };
        Sound::DERIVED.into_iter().filter_map(of).collect()
    }

    /// Whether a reader of `selection` sees frames of `track`. Asked for each frame of each wire.
    pub fn shows(&self, selection: Selection, track: &Track) -> bool {
        let (kind, derived) = (track.kind(), track.id.is_derived());
        if !selection.includes(kind) {
            return false;
        }
        if kind != Kind::Audio || selection.sound == Sound::Source {
            return !derived;
        }
        if derived {
            selection.sound.derived_id() == Some(track.id)
        } else {
            !self.replaces(selection.sound, track)
        }
    }

    /// Whether who wants `sound` gets something else than `track` of the publisher's.
    fn replaces(&self, sound: Sound, track: &Track) -> bool {
        if place(sound)
            .and_then(|place| self.not_made.get(place))
            .is_some_and(|not| not.load(Ordering::Relaxed))
        {
            return false;
        }
        // The main track stands for itself: frames of its last codec may still be on their way.
        if self.is_main_sound(track) {
            return sound.derives_from(&track.codec);
        }
        self.main_sound().is_some_and(|main| sound.derives_from(&main.codec))
    }

    pub(crate) fn is_main_sound(&self, track: &Track) -> bool {
        track.id.0 == self.main_sound.load(Ordering::Relaxed)
    }

    pub(crate) fn main_sound(&self) -> Option<Arc<Track>> {
        self.tracks.borrow().main(Kind::Audio).cloned()
    }

    // ---- demand ----

    /// Changes the demand for `sound`; whoever looks at it is woken if `change` says so.
    pub(crate) fn demand(&self, sound: Sound, change: impl FnOnce(&mut Lane) -> bool) {
        self.demand.send_if_modified(|demand| demand.lane_mut(sound).is_some_and(change));
    }

    /// Asks for what is wanted, can be made, and is not being made.
    pub(crate) fn ask(&self) {
        if self.end.get().is_some() {
            return;
        }
        for sound in Sound::DERIVED {
            let mut asked = false;
            self.demand(sound, |lane| {
                let main = self.main_sound().filter(|main| sound.derives_from(&main.codec));
                let possible =
                    main.is_some_and(|main| lane.given_up.as_ref().is_none_or(|(of, _)| *of != main));
                asked = possible && lane.wants > 0 && !lane.served;
                lane.served |= asked;
                asked
            });
            if asked {
                self.load.asked.push(self.me.clone(), sound);
            }
        }
    }

    /// The publisher's tracks have changed: what was given up for another track of sound may be tried again.
    pub(super) fn reconsider(&self) {
        for (sound, not_made) in Sound::DERIVED.into_iter().zip(&self.not_made) {
            let demand = self.demand.borrow();
            let given_up = demand.lane(sound).and_then(|lane| lane.given_up.as_ref());
            let main = self.main_sound();
            let still = given_up.is_some_and(|(of, _)| main.is_some_and(|main| main == *of));
            not_made.store(still, Ordering::Relaxed);
        }
        self.ask();
    }

    pub(crate) fn give_up_sound(&self, sound: Sound, track: Arc<Track>, reason: String) {
        self.demand(sound, |lane| {
            lane.given_up = Some((track, reason));
            true
        });
        self.reconsider();
        // Whoever waits for it waits in vain.
        self.tracks.send_modify(|_| {});
    }

    /// See [`Want::ready`].
    pub(crate) async fn heard(&self, sound: Sound, wait: Duration) -> bool {
        let (mut tracks, mut phase) = (self.tracks.subscribe(), self.phase.subscribe());
        let not_made = || {
            place(sound)
                .and_then(|place| self.not_made.get(place))
                .is_none_or(|not| not.load(Ordering::Relaxed))
        };
        tokio::select! {
            found = tokio::time::timeout(wait, tracks.wait_for(|tracks| !tracks.lack(sound) || not_made())) => {
                // Without `found`, `tracks` would be borrowed for longer.
                matches!(found, Ok(Ok(_)))
            }
            _ = phase.wait_for(|phase| *phase == Phase::Ended) => false,
        }
    }

    /// See [`Contributor::unwanted`](crate::Contributor::unwanted).
    pub(crate) async fn unwanted(&self, sound: Sound) {
        let (mut demand, mut tracks) = (self.demand.subscribe(), self.tracks.subscribe());
        let mut phase = self.phase.subscribe();
        loop {
            demand.mark_unchanged();
            tracks.mark_unchanged();
            let makable = self.main_sound().is_some_and(|main| sound.derives_from(&main.codec));
            let until = self.demand.borrow().lane(sound).and_then(Lane::until);
            if !makable || until.is_some_and(|until| until <= tokio::time::Instant::now()) {
                return;
            }
            let over = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => {}
                _ = demand.changed() => {}
                _ = tracks.changed() => {}
                _ = phase.wait_for(|phase| *phase == Phase::Ended) => return,
            }
        }
    }

    // ---- writing ----

    /// See [`Contributor::write`](crate::Contributor::write).
    pub(crate) fn contribute(&self, frame: Frame, sound: Sound) -> Result<(), NotTaken> {
        let mut clock = self.clock();
        let clock = &mut *clock;
        self.admit(clock, &frame, sound)?;
        if let Some(last) = place(sound).and_then(|place| clock.contributed.get_mut(place)) {
            *last = Some(frame.dts);
        }
        self.enter(clock, frame);
        self.spread();
        Ok(())
    }

    /// Whether anything has ever been made as `sound`.
    pub(crate) fn has_contributed(&self, sound: Sound) -> bool {
        let last = place(sound).and_then(|place| *self.clock().contributed.get(place)?);
        last.is_some()
    }

    fn admit(&self, clock: &Clock, frame: &Frame, sound: Sound) -> Result<(), NotTaken> {
        if self.end.get().is_some() {
            return Err(NotTaken::Ended);
        }
        if !self.main_sound().is_some_and(|main| sound.derives_from(&main.codec)) {
            return Err(NotTaken::Unwanted);
        }
        let codec = &frame.track.codec;
        if Some(frame.track.id) != sound.derived_id()
            || codec.kind() != Kind::Audio
            || sound.derives_from(codec)
        {
            return Err(NotTaken::OtherTrack);
        }
        let (dts, newest) = (frame.dts, clock.newest);
        if let Some(last) = place(sound).and_then(|place| *clock.contributed.get(place)?)
            && dts <= last
        {
            return Err(NotTaken::NotRising { dts, last });
        }
        if dts < newest - TOO_OLD || dts > newest + TOO_EARLY {
            return Err(NotTaken::OutOfTime { dts, newest });
        }
        Ok(())
    }

    /// Takes away what was contributed as `sound`.
    pub(crate) fn withdraw(&self, sound: Sound) {
        {
            let mut clock = self.clock();
            let before = clock.counters.len();
            clock.counters.retain(|(track, _)| Some(track.id) != sound.derived_id());
            if clock.counters.len() != before {
                self.announce(&clock.counters);
            }
        }
        self.demand(sound, |lane| std::mem::take(&mut lane.served));
        self.ask();
    }
}

/// Sound so far behind what the publisher has sent is of no use to anybody.
const TOO_OLD: Delta = Delta::secs(5);
/// What is made of a frame does not come after it by more than codecs hold back, but a wrong time would keep out all
/// that follows.
const TOO_EARLY: Delta = Delta::secs(1);

#[cfg(test)]
#[path = "sounds_test.rs"]
mod tests;
