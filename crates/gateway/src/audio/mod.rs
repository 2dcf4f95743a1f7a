//! The bare sound of a stream: `/{app…}/{name}.aac` and `.mp3`, endless files that begin a second back.
//!
//! A file has one codec. A stream with another, of which it is not made, is refused, in words that say where its sound is to be had; one that changes
//! its codec ends, and the player that asks again is told.
//!
//! Source: ISO/IEC 14496-3 §1.A.2 (ADTS); ISO/IEC 11172-3 §2.4.1 (MPEG audio, whose frames stand for themselves).

use std::sync::Arc;

use bytes::Bytes;
use container::adts;
use hub::StreamKey;
use hub::wire::{Format, Selection};
use media::{Codec, Frame, Kind, Time, Track, TrackId};

use crate::http::endless::File;

/// AAC, each frame with its ADTS header; made of Opus, where the stream has that.
pub(crate) const AAC: File = File {
    name: "aac",
    suffix: ".aac",
    content_type: "audio/aac",
    kinds: Selection { sound: media::Sound::Aac, ..SOUND },
    websocket: None,
    waits: |_| true,
    refuse: |key, tracks| refuse(key, tracks, is_aac),
    format: || Box::new(Sound::new(is_aac)),
};

/// MPEG audio, layer III or II.
pub(crate) const MP3: File = File {
    name: "mp3",
    suffix: ".mp3",
    content_type: "audio/mpeg",
    kinds: SOUND,
    websocket: None,
    waits: |_| true,
    refuse: |key, tracks| refuse(key, tracks, is_mp3),
    format: || Box::new(Sound::new(is_mp3)),
};

const SOUND: Selection = Selection { video: false, ..Selection::ALL };

fn is_aac(codec: &Codec) -> bool {
    matches!(codec, Codec::Aac(parameters) if adts::header(parameters, 0).is_ok())
}

fn is_mp3(codec: &Codec) -> bool {
    matches!(codec, Codec::Mp3(_))
}

/// Frames of the main track of sound, one behind the other.
struct Sound {
    fits: fn(&Codec) -> bool,
    main: Option<TrackId>,
}

impl Sound {
    fn new(fits: fn(&Codec) -> bool) -> Sound {
        Sound { fits, main: None }
    }
}

impl Format for Sound {
    fn preamble(&mut self, tracks: &[Arc<Track>], _at: Time) -> Bytes {
        self.main = main(tracks).map(|track| track.id);
        Bytes::new()
    }

    fn write(&mut self, frame: &Frame, _changed: bool, out: &mut Vec<Bytes>) {
        if Some(frame.track.id) != self.main || !(self.fits)(&frame.track.codec) {
            return;
        }
        if let Codec::Aac(parameters) = &frame.track.codec {
            // A frame too long for ADTS is no AAC: 6,144 bits a channel are the most.
            let Ok(header) = adts::header(parameters, frame.payload.len()) else { return };
            out.push(Bytes::copy_from_slice(&header));
        }
        out.push(frame.payload.clone());
    }

    fn fits(&self, tracks: &[Arc<Track>], _at: Time) -> bool {
        main(tracks).is_some_and(|track| (self.fits)(&track.codec))
    }
}

fn main(tracks: &[Arc<Track>]) -> Option<&Arc<Track>> {
    tracks.iter().find(|track| track.kind() == Kind::Audio)
}

/// Why the sound of `tracks` cannot be had as a file of what `fits`.
fn refuse(key: &StreamKey, tracks: &[Arc<Track>], fits: fn(&Codec) -> bool) -> Option<String> {
    let codec = &main(tracks)?.codec;
    if fits(codec) {
        return None;
    }
    let (name, elsewhere) = (codec.name().to_uppercase(), elsewhere(codec));
    Some(format!("the sound of {key} is {name}; ask for {key}{elsewhere}"))
}

/// Where sound of `codec` is to be had.
fn elsewhere(codec: &Codec) -> &'static str {
    [AAC, MP3]
        .iter()
        .zip([is_aac as fn(&Codec) -> bool, is_mp3])
        .find(|(_, fits)| fits(codec))
        .map_or(".flv?audio=only", |(file, _)| file.suffix)
}

#[cfg(test)]
#[path = "audio_test.rs"]
mod tests;
