//! Opus both ways, by `opus-pure`, which this file alone knows.
//!
//! Decoded: mono, stereo, and surround of mapping family 1 with the usual table. Encoded: mono and stereo.
//!
//! Source: RFC 6716; RFC 7845 §5.1.

use media::opus::{Parameters, RATE};
use media::{Codec, Delta};
use opus_pure::{Application, MAX_PACKET_BYTES, OpusDecoder, OpusEncoder, OpusMSDecoder, packet};

use crate::decoder::check_size;
use crate::fade::Fade;
use crate::{Error, Layout, Pcm};

/// Decodes Opus packets, at 48 kHz.
///
/// Nothing is thrown away at the start: the time of a packet is that of what a decoder puts out for it.
pub struct Decoder {
    inner: Inner,
    layout: Layout,
    fade: Fade,
    /// Samples in the last packet.
    length: usize,
    /// Whether that packet said that nothing follows for a while (DTX).
    pause: bool,
    /// Samples concealed since then.
    concealed: usize,
}

enum Inner {
    Single(Box<OpusDecoder>),
    Surround(Box<OpusMSDecoder>),
}

impl Decoder {
    /// For packets with these parameters.
    ///
    /// Errs for a mapping family other than 0 and 1, and for a table of channels of the source's own.
    pub fn new(parameters: &Parameters) -> Result<Decoder, Error> {
        let (channels, family) = (parameters.channels, parameters.mapping_family);
        let layout = Layout::vorbis(channels).filter(|_| family <= 1);
        let layout =
            layout.ok_or_else(|| unsupported(format!("{channels} channels of mapping family {family}")))?;
        let gain = i32::from(parameters.gain);
        let inner = if family == 0 {
            let mut decoder = OpusDecoder::new(RATE as i32, channels.into()).map_err(refused)?;
            decoder.gain_q8 = gain;
            Inner::Single(Box::new(decoder))
        } else {
            let usual = Parameters::new(channels).filter(|_| channels > 2);
            let own = usual.is_none_or(|usual| usual.mapping() != parameters.mapping());
            // One or two channels are one stream also in family 1.
            let plain = matches!(parameters.mapping(), [1, 0, 0] | [1, 1, 0, 1]);
            if own && !plain {
                return Err(unsupported("a channel mapping of the source's own".to_owned()));
            }
            let mut decoder = OpusMSDecoder::new(RATE as i32, channels.into(), family).map_err(refused)?;
            decoder.streams_mut().iter_mut().for_each(|stream| stream.gain_q8 = gain);
            Inner::Surround(Box::new(decoder))
        };
        Ok(Decoder {
            inner,
            layout,
            fade: Fade::default(),
            length: DEFAULT_LENGTH,
            pause: false,
            concealed: 0,
        })
    }
}

impl crate::Decoder for Decoder {
    fn decode(&mut self, packet: &[u8], out: &mut Pcm) -> Result<(), Error> {
        check_size(CODEC, packet)?;
        let broken = |err: opus_pure::Error| Error::Packet { codec: CODEC, reason: err.to_string() };
        let channels = self.layout.channels();
        let room = packet::samples(packet, RATE as i32).map_err(broken)?;
        (out.rate, out.layout) = (RATE, self.layout);
        out.samples.clear();
        out.samples.resize(room * channels, 0.0);
        let decoded = match &mut self.inner {
            Inner::Single(decoder) => decoder.decode(packet, room, &mut out.samples),
            Inner::Surround(decoder) => decoder.decode(packet, room, &mut out.samples),
        };
        let length = decoded.map_err(broken)?;
        out.samples.truncate(length * channels);
        self.length = length.max(SHORTEST);
        self.pause = packet.len() <= LONGEST_PAUSE;
        self.concealed = 0;
        self.fade.heard(out);
        Ok(())
    }

    /// The decoder's own concealment, and for the last packet before `next` what that one repeats of it.
    fn conceal(&mut self, lost: Delta, next: Option<&[u8]>, out: &mut Pcm) {
        (out.rate, out.layout) = (RATE, self.layout);
        let channels = self.layout.channels();
        let Inner::Single(decoder) = &mut self.inner else { return self.fade.conceal(lost, out) };
        let frames = lost.to_ticks(RATE).max(0) as usize;
        out.samples.clear();
        let whole = frames.next_multiple_of(SHORTEST);
        out.samples.resize(whole * channels, 0.0);
        let next = next.filter(|next| next.first().is_some_and(|contents| contents >> 3 < MUSIC));
        let mut at = 0;
        while at < whole {
            let left = whole - at;
            let next = next.filter(|_| left <= self.length);
            let length = left.min(self.length);
            let place = &mut out.samples[at * channels..(at + length) * channels];
            let concealed = match next {
                Some(next) => decoder.decode_fec(next, length, place),
                None => decoder.decode(&[], length, place),
            };
            if concealed.is_err() {
                place.fill(0.0);
            } else if next.is_none() && !self.pause {
                // It would go on as noise as loud as what was heard.
                for (at, frame) in (self.concealed..).zip(place.chunks_exact_mut(channels)) {
                    frame.iter_mut().for_each(|sample| *sample *= fade(at));
                }
            }
            self.concealed += length;
            at += length;
        }
        out.samples.truncate(frames * channels);
    }

    fn reset(&mut self) {
        // Neither errs.
        let _ = match &mut self.inner {
            Inner::Single(decoder) => decoder.reset_state(),
            Inner::Surround(decoder) => decoder.reset_state(),
        };
        self.fade.reset();
        (self.length, self.pause, self.concealed) = (DEFAULT_LENGTH, false, 0);
    }
}

/// How loud it is after so many concealed samples: as it is for 100 ms, and silent after 300 ms.
fn fade(concealed: usize) -> f32 {
    const FROM: usize = 4_800;
    const OVER: f32 = 9_600.0;
    (1.0 - concealed.saturating_sub(FROM) as f32 / OVER).max(0.0)
}

/// Encodes Opus from 48 kHz, in packets of 20 ms.
pub struct Encoder {
    inner: Box<OpusEncoder>,
    parameters: Parameters,
    packet: Vec<u8>,
}

impl Encoder {
    /// For one or two channels, at about `bitrate` bits a second, which varies with the sound.
    ///
    /// Errs for other numbers of channels.
    pub fn new(channels: u8, bitrate: u32) -> Result<Encoder, Error> {
        let mut inner =
            OpusEncoder::new(RATE as i32, channels.into(), Application::Audio).map_err(refused)?;
        // What RFC 6716 §2.1.1 has.
        inner.bitrate_bps = bitrate.clamp(6_000, 510_000) as i32;
        let parameters =
            Parameters::new(channels).ok_or_else(|| unsupported(format!("{channels} channels")))?;
        Ok(Encoder { inner: Box::new(inner), parameters, packet: vec![0; MAX_PACKET_BYTES] })
    }
}

impl crate::Encoder for Encoder {
    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), Error> {
        let failed = |reason: String| Error::Encode { codec: CODEC, reason };
        if samples.len() != FRAME * self.inner.channels() {
            return Err(failed(format!("{} samples are no frame", samples.len())));
        }
        let made = self.inner.encode(samples, FRAME, &mut self.packet);
        let size = made.map_err(|err| failed(err.to_string()))?;
        out.clear();
        out.extend_from_slice(&self.packet[..size]);
        Ok(())
    }

    fn codec(&self) -> Codec {
        Codec::Opus(self.parameters.clone())
    }

    fn frame_len(&self) -> usize {
        FRAME
    }

    fn delay(&self) -> usize {
        self.inner.lookahead()
    }

    fn reset(&mut self) {
        // It never errs: the settings were good before.
        let _ = self.inner.reset_state();
    }
}

fn unsupported(reason: String) -> Error {
    Error::Unsupported { codec: CODEC, reason }
}

fn refused(err: opus_pure::Error) -> Error {
    unsupported(err.to_string())
}

const CODEC: &str = "opus";
/// 20 ms.
const FRAME: usize = 960;
const DEFAULT_LENGTH: usize = 960;
/// Configurations from here on have no part for speech, which alone repeats. Source: RFC 6716 §3.1 table 2.
const MUSIC: u8 = 16;
/// Bytes of a packet without sound. Source: RFC 6716 §2.1.9, and libopus's decoder.
const LONGEST_PAUSE: usize = 2;
/// 2.5 ms, which all lengths are multiples of.
const SHORTEST: usize = 120;

#[cfg(test)]
#[path = "opus_test.rs"]
mod tests;
