//! VP8 codec parameters.
//!
//! Source: RFC 6386 §9.1; VP Codec ISO Media File Format Binding for the configuration record.

use bytes::Bytes;

use crate::{ParseError, Picture, vp9};

/// What a player wants to know before the first picture. The decoder itself needs nothing but a key frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// What the last key frame said; records do not say it.
    pub picture: Option<Picture>,
}

impl Parameters {
    /// Parses a VPCodecConfigurationRecord, with the version and flags of its box or without. It says nothing of VP8.
    ///
    /// Errs as for VP9.
    pub fn parse(record: &Bytes) -> Result<Parameters, ParseError> {
        vp9::Parameters::parse(record).map(|_| Parameters::default())
    }

    /// From a key frame. Errs when `payload` is something else or cut short within the header.
    pub fn from_keyframe(payload: &[u8]) -> Result<Parameters, ParseError> {
        const WHAT: &str = "VP8 key frame";
        const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
        if !keyframe(payload) {
            return Err(ParseError::invalid(WHAT, 0));
        }
        let [_, _, _, code_0, code_1, code_2, width_0, width_1, height_0, height_1] =
            *payload.first_chunk::<10>().ok_or(ParseError::truncated(WHAT, payload.len()))?;
        if [code_0, code_1, code_2] != START_CODE {
            return Err(ParseError::invalid(WHAT, 3));
        }
        // The two highest bits say how a player may scale it.
        let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
        let (width, height) = (size(width_0, width_1), size(height_0, height_1));
        if width == 0 || height == 0 {
            return Err(ParseError::invalid(WHAT, 6));
        }
        Ok(Parameters { picture: Some(Picture::of_size(width, height)) })
    }

    /// The VPCodecConfigurationRecord, version and flags included: the content of a `vpcC` box.
    pub fn record(&self) -> Bytes {
        self.as_vp9().record()
    }

    /// `vp08.PP.LL.DD`.
    pub fn rfc6381(&self) -> String {
        format!("vp08.00.{:02}.08", self.as_vp9().level)
    }

    /// What the record has in common: profile 0, 8 bits, 4:2:0.
    fn as_vp9(&self) -> vp9::Parameters {
        vp9::Parameters {
            profile: 0,
            level: self.picture.map_or(10, |picture| vp9::lowest_level(picture.width, picture.height)),
            bit_depth: 8,
            chroma: 1,
            full_range: false,
            primaries: 2,
            transfer: 2,
            matrix: 2,
            picture: None,
        }
    }
}

/// Whether the frame `payload` is a key frame.
pub fn keyframe(payload: &[u8]) -> bool {
    payload.first().is_some_and(|byte| byte & 1 == 0)
}

#[cfg(test)]
#[path = "vp8_test.rs"]
mod tests;
