//! From what a publisher sends to frames: one lane of sound, and one of pictures for each layer of a simulcast.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use container::bare::{Coding, Lane, Unit};
use media::g711::Law;
use media::{Frame, Kind, Track, TrackId};
use rtc::{CodecName, Sample};

/// The lanes of one publisher.
///
/// Of several layers the largest picture is the stream: from its first key frame on, and another one, from its next key frame on,
/// when the publisher has stopped sending it, as browsers do when their network or machine is too slow. The others are renditions,
/// and stay so while they stand in for the largest.
#[derive(Default)]
pub(super) struct Lanes {
    layers: Vec<Layer>,
    audio: Option<(CodecName, Lane)>,
    /// The layer that is published, once there is a key frame.
    main: Option<Main>,
    /// Of renditions.
    heights: Vec<u32>,
    /// Of lanes that have ended.
    dropped: u64,
}

/// Pictures of one size.
struct Layer {
    /// Its name in the offer, where there are several.
    rid: Option<String>,
    codec: CodecName,
    lane: Lane,
    /// Its own track, and the same as the stream's.
    tracks: Option<(Arc<Track>, Arc<Track>)>,
    rendition: Option<String>,
}

/// What became of a sample.
#[derive(Debug, Default)]
pub(super) struct Pushed {
    /// For the stream.
    pub(super) frame: Option<Frame>,
    /// For a rendition, and the name of that: its height, as in `360p`.
    pub(super) part: Option<(String, Frame)>,
}

#[derive(Debug)]
struct Main {
    rid: Option<String>,
    /// Pixels.
    area: u64,
    heard: Instant,
}

impl Lanes {
    /// What `sample` gives of frames that can be decoded.
    pub(super) fn push(&mut self, sample: Sample, now: Instant) -> Pushed {
        let Sample { kind, codec, time, ntp, lost, discontinuity, rid, payload } = sample;
        let wall = ntp.unwrap_or_else(SystemTime::now);
        let unit = Unit { time, wall, lost: lost || discontinuity, payload };
        if kind != Kind::Video {
            return Pushed { frame: self.audio(codec).and_then(|lane| lane.push(unit)), part: None };
        }
        self.picture(rid, codec, unit, now).unwrap_or_default()
    }

    fn picture(&mut self, rid: Option<String>, codec: CodecName, unit: Unit, now: Instant) -> Option<Pushed> {
        let at = self.layer(rid.as_deref(), codec)?;
        let frame = self.layers.get_mut(at)?.lane.push(unit)?;
        let of_stream = self.is_published(&rid, &frame, now);
        let layer = self.layers.get_mut(at)?;
        if !of_stream && layer.rendition.is_none() && frame.keyframe {
            let height = frame.track.codec.picture().map_or(0, |picture| picture.height);
            layer.rendition = Some(match &rid {
                // As some say two of the same size.
                Some(rid) if self.heights.contains(&height) => format!("{height}p-{rid}"),
                _ => format!("{height}p"),
            });
            self.heights.push(height);
        }
        let part = layer.rendition.clone().map(|label| (label, frame.clone()));
        let frame = of_stream.then(|| Frame { track: layer.as_streams(&frame.track), ..frame });
        Some(Pushed { frame, part })
    }

    /// Units that gave no frame.
    pub(super) fn dropped(&self) -> u64 {
        let layers: u64 = self.layers.iter().map(|layer| layer.lane.dropped()).sum();
        self.dropped + layers + self.audio.as_ref().map_or(0, |(_, lane)| lane.dropped())
    }

    fn audio(&mut self, codec: CodecName) -> Option<&mut Lane> {
        if self.audio.as_ref().is_none_or(|(known, _)| *known != codec) {
            let lane = Lane::new(coding(codec)?, AUDIO);
            self.dropped += self.audio.replace((codec, lane)).map_or(0, |(_, lane)| lane.dropped());
        }
        self.audio.as_mut().map(|(_, lane)| lane)
    }

    /// Where the layer is.
    fn layer(&mut self, rid: Option<&str>, codec: CodecName) -> Option<usize> {
        let known = self.layers.iter().position(|layer| layer.rid.as_deref() == rid);
        let at = match known {
            Some(at) => at,
            None if self.layers.len() < MOST_LAYERS => {
                let (rid, lane) =
                    (rid.map(str::to_owned), Lane::new(coding(codec)?, track_of(self.layers.len())));
                self.layers.push(Layer { rid, codec, lane, tracks: None, rendition: None });
                self.layers.len() - 1
            }
            None => return None,
        };
        let layer = self.layers.get_mut(at)?;
        if layer.codec != codec {
            self.dropped += layer.lane.dropped();
            (layer.codec, layer.lane) = (codec, Lane::new(coding(codec)?, track_of(at)));
        }
        Some(at)
    }

    fn is_published(&mut self, rid: &Option<String>, frame: &Frame, now: Instant) -> bool {
        let picture = frame.track.codec.picture();
        let area = picture.map_or(0, |picture| u64::from(picture.width) * u64::from(picture.height));
        if let Some(main) = &mut self.main {
            if main.rid == *rid {
                (main.area, main.heard) = (area, now);
                return true;
            }
            let silent = now.saturating_duration_since(main.heard) > SILENCE;
            if !frame.keyframe || !silent && area <= main.area {
                return false;
            }
        }
        self.main = Some(Main { rid: rid.clone(), area, heard: now });
        true
    }
}

impl Layer {
    /// The stream's track for pictures of `own`, the same one as long as nothing of it changes.
    fn as_streams(&mut self, own: &Arc<Track>) -> Arc<Track> {
        if let Some((known, streams)) = &self.tracks
            && Arc::ptr_eq(known, own)
        {
            return Arc::clone(streams);
        }
        let streams = Arc::new(Track { id: VIDEO, codec: own.codec.clone() });
        self.tracks = Some((Arc::clone(own), Arc::clone(&streams)));
        streams
    }
}

/// The track of the layer at `index`, where it is a rendition.
fn track_of(index: usize) -> TrackId {
    TrackId(FIRST_LAYER + index as u32)
}

/// `None` for what no frame can hold.
fn coding(codec: CodecName) -> Option<Coding> {
    Some(match codec {
        CodecName::H264 => Coding::H264,
        CodecName::H265 => Coding::H265,
        CodecName::Av1 => Coding::Av1,
        CodecName::Vp8 => Coding::Vp8,
        CodecName::Vp9 => Coding::Vp9,
        CodecName::Opus { channels } => Coding::Opus { channels },
        CodecName::Pcmu => Coding::G711(Law::Mu),
        CodecName::Pcma => Coding::G711(Law::A),
        _ => return None,
    })
}

const VIDEO: TrackId = TrackId(0);
const AUDIO: TrackId = TrackId(1);
const FIRST_LAYER: u32 = 2;
/// Browsers send three.
const MOST_LAYERS: usize = 4;
/// A layer of which nothing has come for so long is not sent any more.
const SILENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use media::Time;

    use super::*;

    /// A frame of VP8, which says its size in its first bytes.
    fn picture(rid: &str, millis: i64, width: Option<u16>) -> Sample {
        let mut payload = vec![u8::from(width.is_none()), 0, 0];
        if let Some(width) = width {
            payload.extend([0x9d, 0x01, 0x2a]);
            payload.extend(width.to_le_bytes());
            payload.extend(90u16.to_le_bytes());
        }
        payload.extend([0; 16]);
        Sample {
            kind: Kind::Video,
            codec: CodecName::Vp8,
            time: Time::from_millis(millis),
            ntp: None,
            lost: false,
            discontinuity: false,
            rid: Some(rid.to_owned()),
            payload: payload.into(),
        }
    }

    fn width(frame: Option<Frame>) -> Option<u32> {
        frame.map(|frame| frame.track.codec.picture().map_or(0, |picture| picture.width))
    }

    /// The width of what goes into the stream, and the rendition that the sample goes into.
    fn pushed(lanes: &mut Lanes, sample: Sample, now: Instant) -> (Option<u32>, Option<String>) {
        let Pushed { frame, part } = lanes.push(sample, now);
        assert!(frame.as_ref().is_none_or(|frame| frame.track.id == VIDEO));
        (
            width(frame),
            part.map(|(label, frame)| format!("{label} {}", width(Some(frame)).unwrap_or_default())),
        )
    }

    fn part(label: &str) -> Option<String> {
        Some(label.to_owned())
    }

    #[test]
    fn of_several_layers_the_largest_is_the_stream_and_the_others_are_renditions() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let mut push = |sample| pushed(&mut lanes, sample, now);
        assert_eq!(push(picture("l", 0, None)), (None, None), "no key frame yet");
        assert_eq!(push(picture("l", 0, Some(160))), (Some(160), None));
        assert_eq!(push(picture("h", 0, Some(640))), (Some(640), None));
        assert_eq!(push(picture("l", 40, None)), (None, None), "a rendition begins with a key frame");
        assert_eq!(push(picture("m", 0, Some(320))), (None, part("90p 320")));
        assert_eq!(push(picture("l", 80, Some(160))), (None, part("90p-l 160")), "as high as another");
        assert_eq!(push(picture("l", 120, None)), (None, part("90p-l 160")));
        assert_eq!(push(picture("h", 40, None)), (Some(640), None));
    }

    #[test]
    fn when_the_largest_is_not_sent_any_more_another_stands_in_from_its_key_frame_on() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let later = now + SILENCE + Duration::from_millis(1);
        let mut push = |sample, now| pushed(&mut lanes, sample, now);
        push(picture("h", 0, Some(640)), now);
        assert_eq!(push(picture("m", 0, Some(320)), now), (None, part("90p 320")));
        assert_eq!(
            push(picture("m", 2_040, None), later),
            (None, part("90p 320")),
            "not without a key frame"
        );
        assert_eq!(push(picture("m", 2_080, Some(320)), later), (Some(320), part("90p 320")));
        assert_eq!(push(picture("m", 2_120, None), later), (Some(320), part("90p 320")));
        assert_eq!(push(picture("h", 2_160, Some(640)), later), (Some(640), None));
        assert_eq!(push(picture("m", 2_160, None), later), (None, part("90p 320")));
    }

    #[test]
    fn the_track_of_the_stream_changes_only_when_its_parameters_do() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let mut track =
            |millis, width| lanes.push(picture("h", millis, width), now).frame.map(|frame| frame.track);
        let first = track(0, Some(640)).expect("a frame");
        assert!(Arc::ptr_eq(&first, &track(40, None).expect("a frame")));
        assert!(!Arc::ptr_eq(&first, &track(80, Some(320)).expect("a frame")));
    }
}
