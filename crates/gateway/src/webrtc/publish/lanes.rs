//! From what a publisher sends to frames: one lane of sound, and one of pictures for each layer of a simulcast.

use std::time::{Duration, Instant, SystemTime};

use container::bare::{Coding, Lane, Unit};
use media::g711::Law;
use media::{Frame, Kind, TrackId};
use rtc::{CodecName, Sample};

/// The lanes of one publisher.
///
/// Of several layers the largest picture is published: from its first key frame on, and another one, from its next key frame on,
/// when the publisher has stopped sending it, as browsers do when their network or machine is too slow.
#[derive(Default)]
pub(super) struct Lanes {
    layers: Vec<Layer>,
    audio: Option<(CodecName, Lane)>,
    /// The layer that is published, once there is a key frame.
    main: Option<Main>,
    /// Of lanes that have ended.
    dropped: u64,
}

/// Pictures of one size.
struct Layer {
    /// Its name in the offer, where there are several.
    rid: Option<String>,
    codec: CodecName,
    lane: Lane,
}

#[derive(Debug)]
struct Main {
    rid: Option<String>,
    /// Pixels.
    area: u64,
    heard: Instant,
}

impl Lanes {
    /// The frame of `sample`, if there is one that can be decoded and it is to be published.
    pub(super) fn push(&mut self, sample: Sample, now: Instant) -> Option<Frame> {
        let Sample { kind, codec, time, ntp, lost, discontinuity, rid, payload } = sample;
        let wall = ntp.unwrap_or_else(SystemTime::now);
        let unit = Unit { time, wall, lost: lost || discontinuity, payload };
        if kind != Kind::Video {
            return self.audio(codec)?.push(unit);
        }
        let frame = self.layer(rid.as_deref(), codec)?.push(unit)?;
        self.is_published(rid, &frame, now).then_some(frame)
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

    fn layer(&mut self, rid: Option<&str>, codec: CodecName) -> Option<&mut Lane> {
        let known = self.layers.iter().position(|layer| layer.rid.as_deref() == rid);
        let at = match known {
            Some(at) => at,
            None if self.layers.len() < MOST_LAYERS => {
                let (rid, lane) = (rid.map(str::to_owned), Lane::new(coding(codec)?, VIDEO));
                self.layers.push(Layer { rid, codec, lane });
                self.layers.len() - 1
            }
            None => return None,
        };
        let layer = self.layers.get_mut(at)?;
        if layer.codec != codec {
            self.dropped += layer.lane.dropped();
            (layer.codec, layer.lane) = (codec, Lane::new(coding(codec)?, VIDEO));
        }
        Some(&mut layer.lane)
    }

    fn is_published(&mut self, rid: Option<String>, frame: &Frame, now: Instant) -> bool {
        let picture = frame.track.codec.picture();
        let area = picture.map_or(0, |picture| u64::from(picture.width) * u64::from(picture.height));
        if let Some(main) = &mut self.main {
            if main.rid == rid {
                (main.area, main.heard) = (area, now);
                return true;
            }
            let silent = now.saturating_duration_since(main.heard) > SILENCE;
            if !frame.keyframe || !silent && area <= main.area {
                return false;
            }
        }
        self.main = Some(Main { rid, area, heard: now });
        true
    }
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

    #[test]
    fn of_several_layers_the_largest_is_published() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        assert_eq!(width(lanes.push(picture("l", 0, None), now)), None, "no key frame yet");
        assert_eq!(width(lanes.push(picture("l", 0, Some(160)), now)), Some(160));
        assert_eq!(width(lanes.push(picture("h", 0, Some(640)), now)), Some(640));
        assert_eq!(width(lanes.push(picture("m", 0, Some(320)), now)), None);
        assert_eq!(width(lanes.push(picture("l", 40, None), now)), None);
        assert_eq!(width(lanes.push(picture("h", 40, None), now)), Some(640));
    }

    #[test]
    fn when_the_largest_is_not_sent_any_more_another_takes_over_at_its_key_frame() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        lanes.push(picture("h", 0, Some(640)), now);
        lanes.push(picture("m", 0, Some(320)), now);
        let later = now + SILENCE + Duration::from_millis(1);
        assert_eq!(width(lanes.push(picture("m", 2_040, None), later)), None, "not without a key frame");
        assert_eq!(width(lanes.push(picture("m", 2_080, Some(320)), later)), Some(320));
        assert_eq!(width(lanes.push(picture("m", 2_120, None), later)), Some(320));
        assert_eq!(width(lanes.push(picture("h", 2_160, Some(640)), later)), Some(640));
    }
}
