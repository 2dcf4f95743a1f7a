//! The end by which the server itself writes into a publication.

use std::sync::Arc;
use std::time::Duration;

use media::{Delta, Frame, Sound, Time, Track};

use crate::frames::Frames;
use crate::log::{self, Join, Slow};
use crate::publication::Publication;
use crate::wire::Selection;

/// Who makes the sound of a publication in another codec, by the wish of [`Want`](crate::Want)s: reads its
/// [`source`](Contributor::source), and writes what it makes of it for as long as it is not
/// [`unwanted`](Contributor::unwanted).
///
/// There is never more than one for a sound. Dropping it takes the track away; if it is wanted further, the next is asked
/// for at once.
pub struct Contributor {
    publication: Arc<Publication>,
    sound: Sound,
}

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// The publication is over.
    #[error("the publication is over")]
    Ended,
    /// The publisher sends other sound now, of which this is not made.
    #[error("the publisher sends other sound now")]
    Unwanted,
    /// The frame is of another track or codec than the contributor's.
    #[error("the frame is not of the contributor's track")]
    OtherTrack,
    /// Times of a track must rise.
    #[error("dts {} us is not after {} us", dts.as_micros(), last.as_micros())]
    NotRising {
        /// Of the frame.
        dts: Time,
        /// Of the track's last frame.
        last: Time,
    },
    /// Too far from what the publisher has sent last.
    #[error("dts {} us is too far from the stream's {} us", dts.as_micros(), newest.as_micros())]
    OutOfTime {
        /// Of the frame.
        dts: Time,
        /// The highest of the publisher's frames.
        newest: Time,
    },
}

impl Contributor {
    /// `None` if that is not wanted, or somebody makes it.
    pub(crate) fn new(publication: Arc<Publication>, sound: Sound) -> Option<Contributor> {
        sound.derived_id()?;
        Some(Contributor { publication, sound })
    }

    /// What is wanted.
    pub fn sound(&self) -> Sound {
        self.sound
    }

    /// Of what.
    pub fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }

    /// The track to make it from, as it is at present; `None` if there is none.
    pub fn main(&self) -> Option<Arc<Track>> {
        self.publication.main_sound().filter(|track| self.sound.derives_from(&track.codec))
    }

    /// A reader of what the publisher sends of sound, and of data, from just now on; at first, of a stream that has just begun, from
    /// its beginning. It never keeps the log from moving on: who does not keep up has a gap.
    pub fn source(&self) -> Frames {
        let selection = Selection { video: false, ..Selection::ALL };
        let log = Arc::clone(self.publication.log());
        let young = self.publication.age().is_none_or(|age| age < YOUNG);
        let begins = young && !self.publication.has_contributed(self.sound);
        let join = if begins { Join::Oldest } else { Join::Back(CATCH_UP) };
        let reader = log::Reader::new(log, join, Slow::SkipAlways);
        Frames::new(self.publication.want(Sound::Source), reader, selection)
    }

    /// Whether it is to be made from `frame`: whether that is of the main track of sound, in a codec that it is made from.
    pub fn takes(&self, frame: &Frame) -> bool {
        self.publication.is_main_sound(&frame.track) && self.sound.derives_from(&frame.track.codec)
    }

    /// Publishes a frame of the track [`Sound::derived_id`], which is on the stream's clock already.
    ///
    /// Errs when it is out of order or time; then it goes nowhere, and the next may do. With [`NotTaken::Ended`] and
    /// [`NotTaken::Unwanted`] none will.
    pub fn write(&self, frame: Frame) -> Result<(), NotTaken> {
        self.publication.contribute(frame, self.sound)
    }

    /// Returns when it is not to be made any more: nobody has wanted it for 10 s, the publisher sends other sound, or it is
    /// all over. Cancel-safe.
    pub async fn unwanted(&self) {
        self.publication.unwanted(self.sound).await;
    }

    /// It cannot be made of `track`, for this `reason`: whoever wants it sees the publisher's sound instead, until that is
    /// of other parameters.
    pub fn give_up(self, track: Arc<Track>, reason: String) {
        self.publication.give_up_sound(self.sound, track, reason);
    }
}

impl Drop for Contributor {
    fn drop(&mut self) {
        self.publication.withdraw(self.sound);
    }
}

/// So far back what is made begins: some packets that have come since somebody wanted it.
const CATCH_UP: Delta = Delta::millis(200);
/// A stream has just begun for so long. Some publishers begin with seconds that they have saved up.
const YOUNG: Duration = Duration::from_secs(2);
