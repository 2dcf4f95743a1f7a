//! G.711 both ways.
//!
//! Source: ITU-T G.711 tables 1 and 2, with samples of 16 bits as G.191 scales them.

use media::g711::{Law, Parameters};
use media::{Codec, Delta};

use crate::decoder::check_size;
use crate::fade::Fade;
use crate::{Error, Layout, Pcm, Speaker};

/// The sample that `byte` stands for.
pub const fn expand(law: Law, byte: u8) -> i16 {
    match law {
        Law::A => {
            // Every other bit is sent inverted.
            let byte = byte ^ 0x55;
            let segment = byte >> 4 & 7;
            let step = ((byte & 15) as i16) << 4;
            let size = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
            if byte & 0x80 != 0 { size } else { -size }
        }
        Law::Mu => {
            let byte = !byte;
            let size = ((((byte & 15) as i16) << 3) + BIAS) << (byte >> 4 & 7);
            if byte & 0x80 != 0 { BIAS - size } else { size - BIAS }
        }
    }
}

/// The byte that stands for `sample`.
pub const fn compress(law: Law, sample: i16) -> u8 {
    match law {
        Law::A => {
            // 13 bits, and what is below zero mirrored around -1/2.
            let (size, mask) = if sample >= 0 { (sample >> 3, 0xd5) } else { (!(sample >> 3), 0x55) };
            let segment = if size < 0x20 { 0 } else { 11 - size.leading_zeros() };
            let step = if segment < 2 { size >> 1 } else { size >> segment };
            ((segment as u8) << 4 | (step & 15) as u8) ^ mask
        }
        Law::Mu => {
            const MOST: i32 = 32_635;
            let size = (sample as i32).abs();
            let size = if size > MOST { MOST } else { size } + BIAS as i32;
            // The highest bit is one of 7 to 14.
            let segment = 24 - size.leading_zeros();
            let mask = if sample < 0 { 0x7f } else { 0xff };
            ((segment as u8) << 4 | (size >> (segment + 3) & 15) as u8) ^ mask
        }
    }
}

const BIAS: i16 = 0x84;

/// Decodes G.711.
pub struct Decoder {
    table: &'static [f32; 256],
    rate: u32,
    layout: Layout,
    fade: Fade,
}

impl Decoder {
    /// For bytes with these parameters.
    ///
    /// Errs when the rate or the number of channels cannot be.
    pub fn new(parameters: &Parameters) -> Result<Decoder, Error> {
        let Parameters { law, sample_rate: rate, channels } = *parameters;
        let layout = match channels {
            1 | 2 => Some(Layout::small(channels)),
            _ => Layout::new(&[Speaker::Other; 8][..usize::from(channels.min(8))]),
        };
        let layout = layout.filter(|_| channels <= 8 && (1..=192_000).contains(&rate)).ok_or_else(|| {
            Error::Unsupported { codec: CODEC, reason: format!("{channels} channels at {rate} Hz") }
        })?;
        let table = match law {
            Law::A => &A,
            Law::Mu => &MU,
        };
        Ok(Decoder { table, rate, layout, fade: Fade::default() })
    }
}

impl crate::Decoder for Decoder {
    fn decode(&mut self, packet: &[u8], out: &mut Pcm) -> Result<(), Error> {
        check_size(CODEC, packet)?;
        (out.rate, out.layout) = (self.rate, self.layout);
        out.samples.clear();
        // A last sample that not all channels have is left out.
        let whole = packet.len() - packet.len() % self.layout.channels();
        out.samples.extend(packet[..whole].iter().map(|byte| self.table[usize::from(*byte)]));
        self.fade.heard(out);
        Ok(())
    }

    fn conceal(&mut self, lost: Delta, _next: Option<&[u8]>, out: &mut Pcm) {
        (out.rate, out.layout) = (self.rate, self.layout);
        self.fade.conceal(lost, out);
    }

    fn reset(&mut self) {
        self.fade.reset();
    }
}

/// Encodes G.711 as telephones take it.
#[derive(Debug)]
pub struct Encoder {
    law: Law,
}

impl Encoder {
    /// Mono at 8 kHz.
    pub fn new(law: Law) -> Encoder {
        Encoder { law }
    }
}

impl crate::Encoder for Encoder {
    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        // Beyond the range it saturates; what is no number is silence.
        let sample = |sample: &f32| (sample * 32_768.0).round() as i16;
        out.extend(samples.iter().map(|value| compress(self.law, sample(value))));
        Ok(())
    }

    fn codec(&self) -> Codec {
        Codec::G711(Parameters::telephone(self.law))
    }

    fn frame_len(&self) -> usize {
        160
    }

    fn delay(&self) -> usize {
        0
    }

    fn reset(&mut self) {}
}

const fn table(law: Law) -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = expand(law, byte as u8) as f32 / 32_768.0;
        byte += 1;
    }
    table
}

static A: [f32; 256] = table(Law::A);
static MU: [f32; 256] = table(Law::Mu);
const CODEC: &str = "g711";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_recommendation() {
        // Table 1a and 2a: the ends, the smallest, and starts of segments.
        for (byte, sample) in
            [(0xd5, 8), (0x55, -8), (0xaa, 32_256), (0x2a, -32_256), (0x80, 5_504), (0xc5, 264)]
        {
            assert_eq!(expand(Law::A, byte), sample, "{byte:#x}");
        }
        for (byte, sample) in [(0xff, 0), (0x7f, 0), (0x80, 32_124), (0x00, -32_124), (0xfe, 8), (0xef, 132)]
        {
            assert_eq!(expand(Law::Mu, byte), sample, "{byte:#x}");
        }
    }

    #[test]
    fn every_byte_comes_back() {
        for byte in 0..=255u8 {
            assert_eq!(compress(Law::A, expand(Law::A, byte)), byte);
            // There are two zeros.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(compress(Law::Mu, expand(Law::Mu, byte)), expected);
        }
    }

    #[test]
    fn every_sample_becomes_the_nearest_of_its_segment() {
        for law in [Law::A, Law::Mu] {
            for sample in i16::MIN..=i16::MAX {
                let found = i32::from(expand(law, compress(law, sample)));
                let error = (found - i32::from(sample)).abs();
                // Half a step of the segment, which is 1/32 of its end, or the overload at the ends.
                let allowed = (i32::from(sample).abs() / 32).max(16) + 8;
                assert!(
                    error <= allowed || error <= 644 && sample.unsigned_abs() > 32_000,
                    "{law:?} {sample} {found}"
                );
                assert!(found.signum() * i32::from(sample).signum() >= 0, "{law:?} {sample} {found}");
            }
        }
    }

    #[test]
    fn samples_out_of_range_saturate() {
        let mut out = Vec::new();
        crate::Encoder::encode(&mut Encoder::new(Law::A), &[9.0, -9.0, f32::NAN], &mut out)
            .expect("it never errs");
        assert_eq!(out, [0xaa, 0x2a, 0xd5]);
    }

    #[test]
    fn channels_take_turns() {
        let mut pcm = Pcm::new(1, Layout::MONO);
        let parameters = Parameters { law: Law::Mu, sample_rate: 16_000, channels: 2 };
        let mut decoder = Decoder::new(&parameters).expect("stereo");
        crate::Decoder::decode(&mut decoder, &[0x80, 0x00, 0x80], &mut pcm).expect("bytes");
        assert_eq!((pcm.rate, pcm.frames(), pcm.layout), (16_000, 1, Layout::STEREO));
        assert!(pcm.samples[0] > 0.98 && pcm.samples[1] < -0.98);
        for (channels, sample_rate) in [(0, 8_000), (9, 8_000), (1, 0)] {
            assert!(Decoder::new(&Parameters { law: Law::A, sample_rate, channels }).is_err());
        }
    }
}
