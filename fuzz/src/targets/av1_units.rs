//! Any bytes as an AV1CodecConfigurationRecord, and as a temporal unit.

use bytes::Bytes;
use media::av1::{self, Parameters};

pub fn run(data: &[u8]) {
    let data = Bytes::copy_from_slice(data);
    if let Ok(parameters) = Parameters::parse(&data) {
        assert_eq!(Parameters::parse(&parameters.record()), Ok(parameters));
    }
    if let Ok(parameters) = Parameters::from_sequence_header(&data) {
        assert_eq!(Parameters::parse(&parameters.record()), Ok(parameters));
    }
    av1::keyframe(&data);
    if let Ok(unit) = av1::canonical(&data) {
        assert_eq!(av1::canonical(&unit), Ok(unit.clone()), "the canonical form is its own");
    }
}
