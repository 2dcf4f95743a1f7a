//! Any bytes as a frame of the sound codecs that say in their headers what they are, and as their records.

use bytes::Bytes;
use media::{ac3, flac, mp3, opus};

pub fn run(data: &[u8]) {
    let record = Bytes::copy_from_slice(data);
    opus::packet_duration(data);
    if let Ok(parameters) = opus::Parameters::parse(&record) {
        assert_eq!(opus::Parameters::parse(&parameters.record()), Ok(parameters));
    }
    flac::frame_samples(data);
    if let Ok(parameters) = flac::Parameters::parse(&record) {
        parameters.frame_duration(data);
        assert_eq!(parameters.stream_info().len(), flac::STREAM_INFO);
        assert_eq!(flac::Parameters::parse(&parameters.record()), Ok(parameters));
    }
    if let Ok((parameters, size)) = ac3::Parameters::parse_frame(data) {
        assert!(size > 0 && parameters.frame_duration(data).is_some());
        let _ = (parameters.dac3(), parameters.dec3());
    }
    if let Ok(parameters) = ac3::Parameters::parse_dac3(&record) {
        assert_eq!(ac3::Parameters::parse_dac3(&parameters.dac3()), Ok(parameters));
    }
    let _ = ac3::Parameters::parse_dec3(&record);
    if let Ok((parameters, size)) = mp3::Parameters::parse_frame(data) {
        assert!(size > 4 && parameters.frame_duration() > media::Delta::ZERO);
    }
}
