//! Any bytes as an AVCDecoderConfigurationRecord: what is read can be written and read again.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::h264::Parameters;

fuzz_target!(|data: &[u8]| {
    let Ok((parameters, _)) = Parameters::parse(&Bytes::copy_from_slice(data)) else { return };
    let _ = parameters.rfc6381();
    let (again, length_size) = Parameters::parse(&parameters.record()).expect("what was written can be read");
    assert_eq!((&again.sps, &again.pps, length_size), (&parameters.sps, &parameters.pps, 4));
});
