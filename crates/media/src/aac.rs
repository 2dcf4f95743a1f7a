//! AAC codec parameters.
//!
//! Source: ISO/IEC 14496-3 §1.6.2.1 (AudioSpecificConfig), §4.4.1 (GASpecificConfig).

use bytes::Bytes;

use crate::bits::Bits;
use crate::{Delta, ParseError};

/// What a decoder must know before the first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The AudioSpecificConfig as the source sent it, so that nothing it says is lost.
    pub config: Bytes,
    /// `audioObjectType` of the core codec: 2 is AAC-LC, 5 (SBR) and 29 (PS) when signalled first.
    pub object_type: u8,
    /// Samples a second of the core codec.
    pub sample_rate: u32,
    /// Samples a second as the decoder puts them out, where the config says so: twice `sample_rate` with SBR.
    pub output_rate: u32,
    /// `channelConfiguration`: 0 says that the layout is inside the stream.
    pub channel_config: u8,
    /// Samples a frame of the core codec: 1024, or 960 in some radio.
    pub frame_samples: u32,
}

impl Parameters {
    /// Parses an AudioSpecificConfig.
    ///
    /// Errs when it is cut short, or names a reserved sampling frequency or a rate of 0.
    pub fn parse(config: &Bytes) -> Result<Parameters, ParseError> {
        let mut bits = Bits::new(WHAT, config);
        let object_type = object_type(&mut bits)?;
        let sample_rate = sample_rate(&mut bits)?;
        let channel_config = bits.byte(4)?;
        let mut core = object_type;
        let mut output_rate = sample_rate;
        // SBR or PS named first (hierarchical signalling): the core's own type follows the extended rate.
        if matches!(object_type, 5 | 29) {
            output_rate = self::sample_rate(&mut bits)?;
            core = self::object_type(&mut bits)?;
        }
        // Configs of two bytes end before GASpecificConfig's flags in some encoders' hands: 1024 is the default.
        let short_frames = matches!(core, 1..=4 | 6 | 7 | 17 | 19..=23) && bits.take(1).unwrap_or(0) == 1;
        let frame_samples = if short_frames { 960 } else { 1024 };
        if object_type == 2 && channel_config != 0 {
            output_rate = extension_rate(&mut bits).unwrap_or(sample_rate);
        }
        let config = config.clone();
        Ok(Parameters { config, object_type, sample_rate, output_rate, channel_config, frame_samples })
    }

    /// How long one frame lasts.
    pub fn frame_duration(&self) -> Delta {
        Delta::from_ticks(i64::from(self.frame_samples), self.sample_rate)
    }

    /// Number of loudspeakers; 0 when only the stream itself knows. Source: ISO/IEC 14496-3 table 1.19.
    pub fn channels(&self) -> u8 {
        match self.channel_config {
            // Parametric stereo: the core is mono.
            1 if self.object_type == 29 => 2,
            config @ 0..=6 => config,
            7 | 12 | 14 => 8,
            11 => 7,
            13 => 24,
            _ => 0,
        }
    }

    /// `mp4a.40.N`. Source: RFC 6381 §3.3.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// The index of the sample rate in the table of §1.6.3.4; `None` for a rate outside it.
    pub fn rate_index(&self) -> Option<u8> {
        RATES.iter().position(|rate| *rate == self.sample_rate).map(|index| index as u8)
    }
}

/// Source: ISO/IEC 14496-3 table 1.18.
const RATES: [u32; 13] =
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

const WHAT: &str = "AudioSpecificConfig";

/// Source: §1.6.2.1, GetAudioObjectType.
fn object_type(bits: &mut Bits<'_>) -> Result<u8, ParseError> {
    match bits.byte(5)? {
        0 => Err(ParseError::invalid(WHAT, 0)),
        31 => Ok(32 + bits.byte(6)?),
        object_type => Ok(object_type),
    }
}

/// The rate of SBR that is signalled behind the core's own config, where old decoders do not look. Source: §1.6.6.1.
fn extension_rate(bits: &mut Bits<'_>) -> Option<u32> {
    const SYNC_EXTENSION: u32 = 0x2b7;
    // dependsOnCoreCoder with its delay; extensionFlag.
    if bits.flag().ok()? {
        bits.skip(14).ok()?;
    }
    bits.skip(1).ok()?;
    let present = bits.take(11).ok()? == SYNC_EXTENSION && bits.take(5).ok()? == 5 && bits.flag().ok()?;
    present.then(|| sample_rate(bits).ok()).flatten()
}

fn sample_rate(bits: &mut Bits<'_>) -> Result<u32, ParseError> {
    let at = bits.at();
    let rate = match bits.take(4)? {
        15 => bits.take(24)?,
        index => *RATES.get(index as usize).ok_or(ParseError::invalid(WHAT, at))?,
    };
    if rate == 0 { Err(ParseError::invalid(WHAT, at)) } else { Ok(rate) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &'static [u8]) -> Result<Parameters, ParseError> {
        Parameters::parse(&Bytes::from_static(bytes))
    }

    #[test]
    fn lc_at_44100_stereo() {
        let parameters = parse(&[0x12, 0x10]).expect("good config");
        assert_eq!((parameters.object_type, parameters.sample_rate, parameters.channels()), (2, 44100, 2));
        assert_eq!(parameters.frame_samples, 1024);
        assert_eq!(parameters.rfc6381(), "mp4a.40.2");
        assert_eq!(parameters.rate_index(), Some(4));
    }

    #[test]
    fn explicit_rate_and_sbr_first() {
        assert_eq!(parse(&[0x17, 0x80, 0x1f, 0x40, 0x08]).expect("8 kHz spelt out").sample_rate, 16_000);
        let sbr = parse(&[0x2b, 0x92, 0x08, 0x00]).expect("HE-AAC");
        assert_eq!((sbr.object_type, sbr.sample_rate, sbr.output_rate), (5, 22050, 44100));
    }

    #[test]
    fn sbr_behind_the_core_is_seen() {
        let rates = |bytes| parse(bytes).map(|config| (config.sample_rate, config.output_rate));
        assert_eq!(rates(&[0x13, 0x90, 0x56, 0xe5, 0xa0]), Ok((22_050, 44_100)));
        assert_eq!(rates(&[0x13, 0x10, 0x56, 0xe5, 0x9d, 0x48, 0x80]), Ok((24_000, 48_000)));
        assert_eq!(rates(&[0x13, 0x90, 0x56, 0xe5, 0x00]), Ok((22_050, 22_050)), "said to be absent");
        assert_eq!(rates(&[0x13, 0x90, 0x56, 0xe5]), Ok((22_050, 22_050)));
    }

    #[test]
    fn bad_configs_are_errors() {
        assert!(parse(&[]).is_err());
        assert!(parse(&[0x12]).is_err());
        assert!(parse(&[0x16, 0x90]).is_err(), "reserved rate index 13");
        assert!(parse(&[0x00, 0x00]).is_err(), "object type 0");
    }
}
