//! AAC both ways, by `syom`, which this file alone knows.
//!
//! Decoded: LC, HE-AAC v1 and v2, LD, Main and LTP, with 1 to 8 channels. Encoded: LC, mono and stereo.
//!
//! Source: ISO/IEC 14496-3.

use bytes::Bytes;
use media::aac::Parameters;
use media::{Codec, Delta};

use crate::decoder::check_size;
use crate::fade::Fade;
use crate::{Error, Layout, Pcm, Speaker};

/// Decodes AAC frames.
///
/// HE-AAC comes out at the full rate, whether or not the configuration announces it.
pub struct Decoder {
    inner: syom::Decoder,
    config: Bytes,
    /// Without samples: the form of what came out last, or will.
    form: (u32, Layout),
    fade: Fade,
}

impl Decoder {
    /// For frames with these parameters.
    ///
    /// Errs for object types other than those above, channel configurations above 7, and what contradicts itself.
    pub fn new(parameters: &Parameters) -> Result<Decoder, Error> {
        let config = parameters.config.clone();
        // Refused for every frame otherwise.
        if parameters.channel_config > 7 {
            let reason = format!("channel configuration {} is not decoded", parameters.channel_config);
            return Err(Error::Unsupported { codec: CODEC, reason });
        }
        let inner = syom::Decoder::from_asc(&config, options()).map_err(unsupported)?;
        let layout = Layout::aac(parameters.channel_config).unwrap_or(Layout::STEREO);
        let form = (parameters.output_rate, layout);
        Ok(Decoder { inner, config, form, fade: Fade::default() })
    }

    fn attempt(&mut self, packet: &[u8], out: &mut Pcm) -> Result<(), syom::AacError> {
        let mut none = true;
        self.inner.decode_au(packet, |frame| {
            none = false;
            copy(&frame, out);
            Ok(())
        })?;
        // A frame may hold nothing but filling.
        if none { Err(syom::AacError::Truncated { at: None }) } else { Ok(()) }
    }

    /// The decoder refuses everything after an error until it is set up again.
    fn restart(&mut self) {
        self.inner.reset();
        if self.inner.set_asc(&self.config).is_err() {
            // It was taken before; were it not now, each frame would be an error.
            self.inner.reset();
        }
    }
}

impl crate::Decoder for Decoder {
    fn decode(&mut self, packet: &[u8], out: &mut Pcm) -> Result<(), Error> {
        check_size(CODEC, packet)?;
        let continued = self.inner.frames() > 0;
        let mut outcome = self.attempt(packet, out);
        if outcome.is_err() {
            self.restart();
            // The channels or, with SBR that begins late, the rate may have changed, which needs a new start.
            if continued {
                outcome = self.attempt(packet, out);
                if outcome.is_err() {
                    self.restart();
                }
            }
        }
        outcome.map_err(|err| Error::Packet { codec: CODEC, reason: err.to_string() })?;
        self.form = (out.rate, out.layout);
        self.fade.heard(out);
        Ok(())
    }

    fn conceal(&mut self, lost: Delta, _next: Option<&[u8]>, out: &mut Pcm) {
        (out.rate, out.layout) = self.form;
        self.fade.conceal(lost, out);
    }

    fn reset(&mut self) {
        self.restart();
        self.fade.reset();
    }
}

fn copy(frame: &syom::Frame<'_>, out: &mut Pcm) {
    let channels = frame.planar.len().min(syom::MAX_PLANES);
    let speakers: Vec<_> = frame.meta.labels().map(speaker).collect();
    out.rate = frame.sample_rate;
    // Of parametric stereo only the middle is named.
    out.layout = match Layout::new(&speakers) {
        Some(layout) if channels > 2 && layout.channels() == channels => layout,
        _ if channels <= 2 => Layout::small(channels as u8),
        _ => Layout::new(&[Speaker::Other; syom::MAX_PLANES][..channels]).unwrap_or(Layout::STEREO),
    };
    out.samples.clear();
    out.samples.resize(frame.samples * channels, 0.0);
    for (channel, plane) in frame.planar.iter().take(channels).enumerate() {
        let places = out.samples.iter_mut().skip(channel).step_by(channels);
        places.zip(*plane).for_each(|(place, sample)| *place = *sample);
    }
}

fn speaker(channel: syom::Channel) -> Speaker {
    match channel {
        syom::Channel::FrontLeft => Speaker::Left,
        syom::Channel::FrontRight => Speaker::Right,
        syom::Channel::FrontCenter => Speaker::Centre,
        syom::Channel::Lfe => Speaker::Lfe,
        syom::Channel::BackLeft => Speaker::BackLeft,
        syom::Channel::BackRight => Speaker::BackRight,
        syom::Channel::BackCenter => Speaker::BackCentre,
        syom::Channel::SideLeft => Speaker::SideLeft,
        syom::Channel::SideRight => Speaker::SideRight,
        _ => Speaker::Other,
    }
}

/// A live stream has no end; its other limits stay.
fn options() -> syom::DecodeOptions {
    syom::DecodeOptions::unbounded().with_max_sample_rate(192_000)
}

/// Encodes AAC-LC.
pub struct Encoder {
    inner: syom::Encoder,
    parameters: Parameters,
    /// Each channel's samples of a packet.
    planes: [Vec<f32>; 2],
}

impl Encoder {
    /// For one or two channels at `rate`, at about `bitrate` bits a second; at most what the codec has room for.
    ///
    /// Errs when the rate is none of the codec's, or the bit rate is 0.
    pub fn new(rate: u32, channels: u8, bitrate: u32) -> Result<Encoder, Error> {
        let most = u64::from(MAX_FRAME_BITS) * u64::from(channels) * u64::from(rate) / FRAME as u64;
        let options = syom::EncodeOptions::raw().with_bitrate_bps(bitrate.min(most as u32));
        let inner = syom::Encoder::new(rate, channels.into(), &options).map_err(unsupported)?;
        let parameters = Parameters::parse(&Bytes::copy_from_slice(inner.asc()))
            .map_err(|err| Error::Unsupported { codec: CODEC, reason: err.to_string() })?;
        Ok(Encoder { inner, parameters, planes: Default::default() })
    }
}

impl crate::Encoder for Encoder {
    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), Error> {
        let channels = usize::from(self.parameters.channels());
        if samples.len() != FRAME * channels {
            let reason = format!("{} samples are no frame of {channels} channels", samples.len());
            return Err(Error::Encode { codec: CODEC, reason });
        }
        for (channel, plane) in self.planes.iter_mut().enumerate().take(channels) {
            plane.clear();
            plane.extend(samples.iter().skip(channel).step_by(channels));
        }
        let planes = [self.planes[0].as_slice(), self.planes[1].as_slice()];
        out.clear();
        let made = self.inner.feed(&planes[..channels], |frame| {
            out.extend_from_slice(frame.au);
            Ok(())
        });
        if let Err(err) = made {
            crate::Encoder::reset(self);
            return Err(Error::Encode { codec: CODEC, reason: err.to_string() });
        }
        Ok(())
    }

    fn codec(&self) -> Codec {
        Codec::Aac(self.parameters.clone())
    }

    fn frame_len(&self) -> usize {
        FRAME
    }

    /// The first half of a decoder's first frame is of what was before.
    fn delay(&self) -> usize {
        FRAME
    }

    fn reset(&mut self) {
        // It never errs, and would say so at the next packet.
        let _ = self.inner.reset();
    }
}

/// 44.1 kHz for that family of rates, otherwise 48 kHz: what every player takes.
pub fn output_rate(source: u32) -> u32 {
    if source > 0 && source.is_multiple_of(11_025) { 44_100 } else { 48_000 }
}

fn unsupported(err: syom::AacError) -> Error {
    Error::Unsupported { codec: CODEC, reason: err.to_string() }
}

const CODEC: &str = "aac";
const FRAME: usize = 1024;
/// Of each channel. Source: ISO/IEC 14496-3 §4.5.3.1.
const MAX_FRAME_BITS: u32 = 6_144;

#[cfg(test)]
#[path = "aac_test.rs"]
mod tests;
