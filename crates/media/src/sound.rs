//! Which codec of sound somebody wants.

use crate::{Codec, TrackId};

/// The sound of a stream as a reader wants it: as the publisher sends it, or in the codec that the reader's players have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sound {
    /// As the publisher sends it, whatever that is.
    #[default]
    Source,
    /// AAC, which every player of RTMP, FLV and MPEG-TS has.
    Aac,
    /// Opus, which every browser has over WebRTC.
    Opus,
}

impl Sound {
    /// Those that can be made from sound of another codec.
    pub const DERIVED: [Sound; 2] = [Sound::Aac, Sound::Opus];

    /// Its name in logs and APIs.
    pub fn name(self) -> &'static str {
        match self {
            Sound::Source => "source",
            Sound::Aac => "aac",
            Sound::Opus => "opus",
        }
    }

    /// Whether sound of `codec` is not it, and is made into it. Of any other codec (MP3, FLAC, AC-3) nothing is made: whoever
    /// wants it gets that as it is.
    pub fn derives_from(self, codec: &Codec) -> bool {
        match self {
            Sound::Source => false,
            Sound::Aac => matches!(codec, Codec::Opus(_) | Codec::G711(_)),
            Sound::Opus => matches!(codec, Codec::Aac(_) | Codec::G711(_)),
        }
    }

    /// The track that it is, where it is made; `None` of [`Sound::Source`], which no server makes.
    pub fn derived_id(self) -> Option<TrackId> {
        let place = Sound::DERIVED.iter().position(|sound| *sound == self)?;
        Some(TrackId(TrackId::FIRST_DERIVED.0 + place as u32))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;

    use super::*;
    use crate::{aac, opus};

    #[test]
    fn each_is_made_from_the_other_and_neither_from_itself() {
        let aac = Codec::Aac(aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap());
        let opus = Codec::Opus(opus::Parameters::new(2).unwrap());
        for (sound, codec, made) in [
            (Sound::Aac, &opus, true),
            (Sound::Aac, &aac, false),
            (Sound::Opus, &aac, true),
            (Sound::Opus, &opus, false),
            (Sound::Source, &aac, false),
            (Sound::Aac, &Codec::Amf0, false),
        ] {
            assert_eq!(sound.derives_from(codec), made, "{sound:?} from {}", codec.name());
        }
    }

    #[test]
    fn derived_tracks_have_ids_of_their_own_above_those_of_sources() {
        assert_eq!(Sound::Source.derived_id(), None);
        let ids = Sound::DERIVED.map(|sound| sound.derived_id().unwrap());
        assert!(ids[0] != ids[1] && ids.iter().all(|id| id.is_derived()));
        assert!(!TrackId(0x2ff).is_derived());
    }
}
