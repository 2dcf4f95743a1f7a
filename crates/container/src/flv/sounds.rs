//! Coded sound of one track, out of the parts of tag bodies.

use bytes::Bytes;
use media::{Codec, Delta, Frame, ac3, mp3, opus};

use super::body::Part;
use super::demux::{At, Counts, whole};
use super::fourcc::FourCc;
use super::frames::Frames;
use super::lane::Lane;

/// Appends the frames that `part` holds to `out`: one, or of codecs whose frames say where they end up to [`MAX_FRAMES`].
pub(super) fn take(lane: &mut Lane, at: At, part: &Part, counts: &mut Counts, out: &mut Frames) {
    match part.codec {
        FourCc::Mp3 => split(lane, at, part, counts, out, mp3_frame),
        FourCc::Ac3 | FourCc::Ec3 => split(lane, at, part, counts, out, ac3_unit),
        FourCc::Opus if lane.track_of(part.codec).is_none() => {
            // Without a header there is one stream, whose first byte says whether it is stereo: RFC 6716 §3.1.
            let stereo = part.data.first().is_some_and(|toc| toc & 4 != 0);
            opus::Parameters::new(1 + u8::from(stereo))
                .map(Codec::Opus)
                .into_iter()
                .for_each(|codec| lane.update(codec));
            one(lane, at, part, counts, out);
        }
        _ => one(lane, at, part, counts, out),
    }
}

/// Notes how loudspeakers are arranged. Only Opus without a header of its own needs that, for more than two of them.
pub(super) fn arrange(lane: &mut Lane, codec: FourCc, data: &[u8]) {
    if codec == FourCc::Opus
        && lane.track_of(codec).is_none()
        && let Some(&channels) = data.get(1)
        && let Some(parameters) = opus::Parameters::new(channels)
    {
        lane.update(Codec::Opus(parameters));
    }
}

fn one(lane: &mut Lane, at: At, part: &Part, counts: &mut Counts, out: &mut Frames) {
    match lane.track_of(part.codec) {
        Some(track) if !part.data.is_empty() => {
            let duration = track.codec.frame_duration(&part.data);
            out.push(Ok(Frame { duration, ..whole(track, at, part.data.clone()) }));
        }
        // FFmpeg ends FLAC with the sums of the whole in a new header, and a frame without content.
        Some(_) if part.codec == FourCc::Flac => {}
        _ => counts.dropped += 1,
    }
}

/// Cuts frames off the front as `first` finds them: the codec of the first, and its size. What is left over is lost.
fn split(
    lane: &mut Lane,
    at: At,
    part: &Part,
    counts: &mut Counts,
    out: &mut Frames,
    first: fn(&[u8]) -> Option<(Codec, usize)>,
) {
    let mut rest = part.data.clone();
    let mut at = at;
    for frames in 0..=MAX_FRAMES {
        let found = first(&rest).filter(|(codec, size)| {
            frames < MAX_FRAMES && (1..=rest.len()).contains(size) && FourCc::of(codec) == Some(part.codec)
        });
        let Some((codec, size)) = found else {
            match frames {
                0 => counts.dropped += 1,
                _ => counts.repaired += 1,
            }
            return;
        };
        if !lane.track.as_ref().is_some_and(|track| goes_on(&track.codec, &codec)) {
            lane.update(codec);
        }
        let payload: Bytes = rest.split_to(size);
        if let Some(track) = lane.track_of(part.codec) {
            let duration = track.codec.frame_duration(&payload);
            out.push(Ok(Frame { duration, ..whole(track, at, payload) }));
            at.time += duration.unwrap_or(Delta::ZERO);
        }
        if rest.is_empty() {
            return;
        }
    }
}

fn mp3_frame(data: &[u8]) -> Option<(Codec, usize)> {
    let (parameters, size) = mp3::Parameters::parse_frame(data).ok()?;
    Some((Codec::Mp3(parameters), size))
}

/// A syncframe of AC-3; of E-AC-3 an independent one with those that depend on it.
fn ac3_unit(data: &[u8]) -> Option<(Codec, usize)> {
    let (parameters, size) = ac3::Parameters::parse_frame(data).ok()?;
    let codec = if parameters.bsid <= LAST_AC3 { Codec::Ac3(parameters) } else { Codec::Eac3(parameters) };
    Some((codec, size))
}

/// Whether a decoder that plays `now` simply goes on: the bit rate of E-AC-3 changes from frame to frame.
fn goes_on(now: &Codec, next: &Codec) -> bool {
    match (now, next) {
        (Codec::Ac3(now), Codec::Ac3(next)) | (Codec::Eac3(now), Codec::Eac3(next)) => now.same_format(next),
        _ => false,
    }
}

/// Source: ETSI TS 102 366 §E.1.2.2: what comes after is E-AC-3.
const LAST_AC3: u8 = 10;

/// Most frames of a body: a second of the shortest.
const MAX_FRAMES: usize = 64;
