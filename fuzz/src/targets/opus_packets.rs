//! Any bytes as Opus packets: the first says how many channels, each packet comes behind two bytes of size.

use audio::opus;
use media::opus::Parameters;

use super::aac_frames::frames;

pub fn run(data: &[u8]) {
    let Some((channels, data)) = data.split_first() else { return };
    let parameters = Parameters::new(1 + channels % 8).expect("1 to 8 channels");
    let mut decoder = opus::Decoder::new(&parameters).expect("the usual channels");
    frames(data, &mut decoder, 5_760);
}
