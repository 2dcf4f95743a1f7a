//! Coded pictures on their way in that are not made of NAL units: canonical, and with the parameters that their key frames carry.
//!
//! Shared by everything that brings them. Clocks and tracks are the business of those; [`crate::nalu`] does the same for H.264 and H.265.

use bytes::Bytes;
use media::{Codec, av1, vp8, vp9};

/// One picture in the form that its codec asks for.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Slice of the input when nothing had to be cut out of it.
    pub(crate) payload: Bytes,
    /// Decodable without those before it.
    pub(crate) keyframe: bool,
    /// What a key frame says of itself and those after it, changed or not.
    pub(crate) codec: Option<Codec>,
}

/// A temporal unit of AV1; `None` when its units cannot be walked or there is nothing to decode in it.
///
/// `current` are the track's parameters, if it is of AV1 already. `key` is the word of a container that this is a key
/// frame: it may say so of a delayed random access point; then there is a sequence header, too.
pub(crate) fn av1(current: Option<&Codec>, data: &Bytes, key: bool) -> Option<Picture> {
    let payload = av1::canonical(data).ok().filter(|payload| !payload.is_empty())?;
    let sequence = av1::sequence_header(&payload).map(|range| &payload[range]);
    let keyframe = av1::keyframe(&payload) || key && sequence.is_some();
    let known = match current {
        Some(Codec::Av1(parameters)) => Some(&parameters.sequence[..]),
        _ => None,
    };
    let changed = sequence.filter(|sequence| keyframe && known != Some(*sequence));
    let codec = changed.and_then(|sequence| {
        // A copy: the slice would keep the whole picture alive.
        let sequence = Bytes::copy_from_slice(sequence);
        av1::Parameters::from_sequence_header(&sequence).ok().map(Codec::Av1)
    });
    Some(Picture { payload, keyframe, codec })
}

/// A frame or superframe of VP9; `None` when it is empty.
///
/// `current` are the track's parameters: what a sequence header said of level and colours, the key frame does not.
pub(crate) fn vp9(current: Option<&Codec>, data: &Bytes) -> Option<Picture> {
    if data.is_empty() {
        return None;
    }
    let codec = vp9::Parameters::from_keyframe(data).ok().map(|now| match current {
        Some(Codec::Vp9(known)) if (known.profile, known.bit_depth) == (now.profile, now.bit_depth) => {
            Codec::Vp9(vp9::Parameters { picture: now.picture, ..known.clone() })
        }
        _ => Codec::Vp9(now),
    });
    Some(Picture { payload: data.clone(), keyframe: vp9::keyframe(data), codec })
}

/// A frame of VP8; `None` when it is empty.
pub(crate) fn vp8(data: &Bytes) -> Option<Picture> {
    if data.is_empty() {
        return None;
    }
    let codec = vp8::Parameters::from_keyframe(data).ok().map(Codec::Vp8);
    Some(Picture { payload: data.clone(), keyframe: vp8::keyframe(data), codec })
}
