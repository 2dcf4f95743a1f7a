//! Any bytes as an AudioSpecificConfig, and the ADTS header made from it.

use bytes::Bytes;
use media::aac::Parameters;

pub fn run(data: &[u8]) {
    let Ok(parameters) = Parameters::parse(&Bytes::copy_from_slice(data)) else { return };
    assert!(parameters.frame_duration().as_micros() > 0);
    let _ = (parameters.rfc6381(), parameters.channels(), parameters.rate_index());
    let _ = container::adts::header(&parameters, data.len());
}
