//! ADTS: the header that makes an AAC frame readable on its own, as MPEG-TS and .aac files carry it.
//!
//! Source: ISO/IEC 14496-3 §1.A.2.2.

use bytes::Bytes;
use media::ParseError;
use media::aac::Parameters;

/// Why AAC cannot be put into ADTS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The header has room for the object types 1 to 4 only.
    #[error("AAC object type {0} does not fit ADTS")]
    ObjectType(u8),
    /// The header names rates by their place in a table.
    #[error("AAC at {0} Hz does not fit ADTS")]
    SampleRate(u32),
    /// Configuration 0 keeps the layout in the configuration record, which ADTS does not carry; above 7 there is no room.
    #[error("AAC channel configuration {0} does not fit ADTS")]
    Channels(u8),
    /// ADTS frames have 1024 samples.
    #[error("AAC frames of {0} samples do not fit ADTS")]
    FrameSamples(u32),
    /// The length field has 13 bits.
    #[error("AAC frame of {0} bytes does not fit ADTS")]
    TooLong(usize),
}

/// The header of a frame of `payload` bytes, without checksum.
///
/// SBR and PS are not announced: the core codec is, and decoders find the extension by themselves.
pub fn header(parameters: &Parameters, payload: usize) -> Result<[u8; SIZE], Error> {
    // With SBR or PS named first the core is AAC-LC.
    let object_type = if matches!(parameters.object_type, 5 | 29) { 2 } else { parameters.object_type };
    if !(1..=4).contains(&object_type) {
        return Err(Error::ObjectType(object_type));
    }
    let rate = parameters.rate_index().ok_or(Error::SampleRate(parameters.sample_rate))?;
    let channels = parameters.channel_config;
    if !(1..=7).contains(&channels) {
        return Err(Error::Channels(channels));
    }
    if parameters.frame_samples != 1024 {
        return Err(Error::FrameSamples(parameters.frame_samples));
    }
    let length = payload + SIZE;
    if length > 0x1fff {
        return Err(Error::TooLong(payload));
    }
    let [_, _, high, low] = (length as u32).to_be_bytes();
    Ok([
        0xff,
        0xf1,
        (object_type - 1) << 6 | rate << 2 | channels >> 2,
        (channels & 3) << 6 | high >> 3,
        high << 5 | low >> 3,
        // Buffer fullness 0x7ff: the rate varies.
        low << 5 | 0x1f,
        0xfc,
    ])
}

/// What the header of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its own bytes, with the checksum if there is one.
    pub size: usize,
    /// Bytes of the whole frame, at least as many.
    pub frame: usize,
    /// Raw data blocks in the frame: 1 but in rare streams.
    pub blocks: u8,
    /// The AudioSpecificConfig that says the same.
    pub config: [u8; 2],
}

impl Header {
    /// Of the frame that `data` begins with; `Ok(None)` when the header is cut short.
    ///
    /// Errs when this is no header: no sync word, a reserved rate, a frame shorter than its header.
    pub fn parse(data: &[u8]) -> Result<Option<Header>, ParseError> {
        const WHAT: &str = "ADTS header";
        if data.first().is_some_and(|byte| *byte != 0xff)
            || data.get(1).is_some_and(|byte| byte & 0xf6 != 0xf0)
        {
            return Err(ParseError::invalid(WHAT, 0));
        }
        let Some([_, flags, profile, b3, b4, b5, b6]) = data.first_chunk::<SIZE>() else { return Ok(None) };
        let rate = profile >> 2 & 15;
        if rate > 12 {
            return Err(ParseError::invalid(WHAT, 2));
        }
        let blocks = (b6 & 3) + 1;
        let checksum = match (flags & 1, blocks) {
            (1, _) => 0,
            // One for each block but the first, with where it lies, and the header's.
            (_, blocks) => 2 * usize::from(blocks),
        };
        let frame = usize::from(b3 & 3) << 11 | usize::from(*b4) << 3 | usize::from(b5 >> 5);
        let size = SIZE + checksum;
        if frame < size {
            return Err(ParseError::invalid(WHAT, 3));
        }
        let channels = (profile & 1) << 2 | b3 >> 6;
        let object_type = (profile >> 6) + 1;
        let config = [object_type << 3 | rate >> 1, rate << 7 | channels << 3];
        Ok(Some(Header { size, frame, blocks, config }))
    }

    /// The parameters that the header says.
    ///
    /// Errs where it does not say the layout of the channels: that is inside the frame.
    pub fn parameters(&self) -> Result<Parameters, ParseError> {
        if self.config[1] >> 3 & 7 == 0 {
            return Err(ParseError::unsupported("ADTS header", 2));
        }
        Parameters::parse(&Bytes::copy_from_slice(&self.config))
    }
}

/// Bytes of a header without checksum.
pub const SIZE: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(config: &'static [u8]) -> Parameters {
        Parameters::parse(&Bytes::from_static(config)).expect("good config")
    }

    #[test]
    fn lc_at_44100_stereo() {
        // FFmpeg's header for the same: ff f1 50 80 …
        assert_eq!(header(&parameters(&[0x12, 0x10]), 200), Ok([0xff, 0xf1, 0x50, 0x80, 0x19, 0xff, 0xfc]));
        assert_eq!(header(&parameters(&[0x12, 0x10]), 8184), Ok([0xff, 0xf1, 0x50, 0x83, 0xff, 0xff, 0xfc]));
    }

    #[test]
    fn every_layout_of_the_table_is_written() {
        for channels in 1..=7u8 {
            let parameters = Parameters { channel_config: channels, ..parameters(&[0x11, 0x90]) };
            let [_, _, second, third, ..] = header(&parameters, 1).expect("fits");
            assert_eq!((second & 1) << 2 | third >> 6, channels);
            assert_eq!(second >> 2 & 15, 3, "48 kHz");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for (rate, channels) in (0..13u8).flat_map(|rate| (1..=7u8).map(move |channels| (rate, channels))) {
            let config = [2 << 3 | rate >> 1, rate << 7 | channels << 3];
            let parameters = Parameters::parse(&Bytes::copy_from_slice(&config)).expect("good config");
            let written = header(&parameters, 321).expect("fits");
            let read = Header::parse(&written).expect("good").expect("whole");
            assert_eq!(read, Header { size: 7, frame: 328, blocks: 1, config });
            assert_eq!(read.parameters(), Ok(parameters));
            for end in 0..SIZE {
                assert_eq!(Header::parse(&written[..end]), Ok(None));
            }
        }
    }

    #[test]
    fn headers_with_a_checksum_are_longer() {
        let read = Header::parse(&[0xff, 0xf0, 0x50, 0x80, 0x19, 0xff, 0xfc]).expect("good").expect("whole");
        assert_eq!((read.size, read.frame), (9, 207));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        assert!(Header::parse(&[0xff, 0xe1]).is_err(), "MPEG audio's sync word is shorter");
        assert!(Header::parse(&[0xff, 0xf3]).is_err(), "a layer");
        assert!(Header::parse(&[0xff, 0xf1, 0x74, 0x80, 0x19, 0xff, 0xfc]).is_err(), "a reserved rate");
        assert!(Header::parse(&[0xff, 0xf1, 0x50, 0x80, 0x00, 0xdf, 0xfc]).is_err(), "six bytes");
        let inside =
            Header::parse(&[0xff, 0xf1, 0x50, 0x00, 0x19, 0xff, 0xfc]).expect("good").expect("whole");
        assert!(inside.parameters().is_err(), "the layout is inside the frame");
    }

    #[test]
    fn sbr_is_its_core() {
        assert_eq!(header(&parameters(&[0x2b, 0x92, 0x08, 0x00]), 1).expect("fits")[2], 0x5c);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let lc = parameters(&[0x12, 0x10]);
        assert_eq!(header(&lc, 8185), Err(Error::TooLong(8185)));
        assert_eq!(header(&Parameters { object_type: 39, ..lc.clone() }, 1), Err(Error::ObjectType(39)));
        assert_eq!(
            header(&Parameters { sample_rate: 44_000, ..lc.clone() }, 1),
            Err(Error::SampleRate(44_000))
        );
        assert_eq!(header(&Parameters { channel_config: 0, ..lc.clone() }, 1), Err(Error::Channels(0)));
        assert_eq!(header(&Parameters { channel_config: 12, ..lc.clone() }, 1), Err(Error::Channels(12)));
        assert_eq!(header(&Parameters { frame_samples: 960, ..lc }, 1), Err(Error::FrameSamples(960)));
    }
}
