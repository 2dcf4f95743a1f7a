//! What of a stream goes to viewers by WebRTC.

use std::sync::Arc;

use bytes::Bytes;
use media::{Codec, Kind, Sound, Track, TrackId, h264, opus};
use rtc::packetize::Packetizer;

/// Of a stream of `tracks`: its main video, and its main sound, which is made into Opus where it can be and is not.
pub(crate) fn of(tracks: &[Arc<Track>]) -> Vec<Arc<Track>> {
    let main = |kind| tracks.iter().find(|track| track.kind() == kind);
    let carried = |track: &&Arc<Track>| Packetizer::new(&track.codec).is_some();
    let made = |track: &&Arc<Track>| Sound::Opus.derives_from(&track.codec);
    let video = main(Kind::Video).filter(carried).cloned();
    let audio = main(Kind::Audio);
    let [_, opus] = usual();
    let audio = audio.filter(made).map(|_| opus).or_else(|| audio.filter(carried).cloned());
    video.into_iter().chain(audio).collect()
}

/// H.264 and Opus, of which only the codec counts.
pub(super) fn usual() -> [Arc<Track>; 2] {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let baseline = h264::Parameters::new(set(&[0x67, 0x42, 0xe0, 0x1f]), set(&[0x68, 0xce]))
        .expect("a profile is all it needs");
    let stereo = opus::Parameters::new(2).expect("two channels are fine");
    [(0, Codec::H264(baseline)), (1, Codec::Opus(stereo))]
        .map(|(id, codec)| Arc::new(Track { id: TrackId(id), codec }))
}
