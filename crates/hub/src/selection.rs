//! What of a stream a reader wants.

use std::sync::Arc;

use media::{Kind, Sound, Track};

/// Which kinds of track somebody wants, and which codec of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Pictures.
    pub video: bool,
    /// Sound.
    pub audio: bool,
    /// Sound as this. It is made only while somebody wants it: see [`Publication::want`](crate::Publication::want).
    pub sound: Sound,
}

impl Selection {
    /// Everything that the publisher sends.
    pub const ALL: Selection = Selection { video: true, audio: true, sound: Sound::Source };

    /// What is in both; the sound as in `self`.
    pub fn and(self, other: Selection) -> Selection {
        Selection { video: self.video && other.video, audio: self.audio && other.audio, ..self }
    }

    /// The same with sound as `sound`. Without sound it stays as it is: readers of pictures alone share their bytes.
    pub fn with(self, sound: Sound) -> Selection {
        Selection { sound: if self.audio { sound } else { Sound::Source }, ..self }
    }

    /// How many of `tracks` are pictures or sound that it includes.
    pub fn count(self, tracks: &[Arc<Track>]) -> usize {
        tracks.iter().filter(|track| track.kind() != Kind::Data && self.includes(track.kind())).count()
    }

    /// Whether it includes `kind`; data goes along with anything.
    pub fn includes(self, kind: Kind) -> bool {
        match kind {
            Kind::Video => self.video,
            Kind::Audio => self.audio,
            Kind::Data => true,
        }
    }
}
