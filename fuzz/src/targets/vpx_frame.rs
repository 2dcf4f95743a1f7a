//! Any bytes as a key frame of VP9 and VP8, and as their configuration record.

use bytes::Bytes;
use media::{vp8, vp9};

pub fn run(data: &[u8]) {
    if let Ok(parameters) = vp9::Parameters::from_keyframe(data) {
        assert!(vp9::keyframe(data));
        assert!(vp9::Parameters::parse(&parameters.record()).is_ok());
    }
    if let Ok(parameters) = vp8::Parameters::from_keyframe(data) {
        assert!(vp8::keyframe(data) && vp8::Parameters::parse(&parameters.record()).is_ok());
    }
    if let Ok(parameters) = vp9::Parameters::parse(&Bytes::copy_from_slice(data)) {
        assert_eq!(vp9::Parameters::parse(&parameters.record()), Ok(parameters));
    }
}
