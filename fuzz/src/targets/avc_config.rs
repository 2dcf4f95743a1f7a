//! Any bytes as an AVCDecoderConfigurationRecord: what is read can be written and read again.

use bytes::Bytes;
use media::h264::Parameters;

pub fn run(data: &[u8]) {
    let Ok((parameters, _)) = Parameters::parse(&Bytes::copy_from_slice(data)) else { return };
    let _ = parameters.rfc6381();
    let (again, length_size) = Parameters::parse(&parameters.record()).expect("what was written can be read");
    assert_eq!((&again.sps, &again.pps, length_size), (&parameters.sps, &parameters.pps, 4));
}
