//! G.711 codec parameters: sound of telephones and cameras, a byte a sample.
//!
//! Source: ITU-T G.711; RFC 3551 §4.5.14 (PCMA and PCMU).

use crate::Delta;

/// What a decoder must know before the first sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// How a byte stands for a sample.
    pub law: Law,
    /// Samples a second; 8000 but in rare cameras.
    pub sample_rate: u32,
    /// Loudspeakers, their samples in turn; 1 but in rare cameras.
    pub channels: u8,
}

/// One of the two tables of G.711.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// PCMA, outside America and Japan.
    A,
    /// PCMU.
    Mu,
}

impl Parameters {
    /// As telephones and nearly all cameras send it.
    pub const fn telephone(law: Law) -> Parameters {
        Parameters { law, sample_rate: 8_000, channels: 1 }
    }

    /// How long `payload` plays; `None` when it is empty or the parameters cannot be.
    pub fn frame_duration(&self, payload: &[u8]) -> Option<Delta> {
        let samples = payload.len().checked_div(usize::from(self.channels))?;
        (samples > 0 && self.sample_rate > 0).then(|| Delta::from_ticks(samples as i64, self.sample_rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_a_sample() {
        let telephone = Parameters::telephone(Law::A);
        assert_eq!(telephone.frame_duration(&[0xd5; 160]), Some(Delta::millis(20)));
        assert_eq!(telephone.frame_duration(&[]), None);
        let stereo = Parameters { channels: 2, sample_rate: 16_000, ..telephone };
        assert_eq!(stereo.frame_duration(&[0; 640]), Some(Delta::millis(20)));
        assert_eq!(Parameters { channels: 0, ..telephone }.frame_duration(&[0; 160]), None);
        assert_eq!(Parameters { sample_rate: 0, ..telephone }.frame_duration(&[0; 160]), None);
    }
}
