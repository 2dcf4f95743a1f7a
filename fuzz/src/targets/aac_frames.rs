//! Any bytes as AAC frames: the first says which kind of AAC, each frame comes behind two bytes of size.

use audio::{Decoder, Layout, Pcm, aac};
use bytes::Bytes;
use media::{Delta, aac::Parameters};

pub fn run(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let config = CONFIGS[usize::from(*kind) % CONFIGS.len()];
    let parameters = Parameters::parse(&Bytes::from_static(config)).expect("a good configuration");
    let mut decoder = aac::Decoder::new(&parameters).expect("a kind that is decoded");
    frames(data, &mut decoder, 2 * 2_048);
}

/// Decodes what is in `data`, and wants of each packet at most so many samples of each channel.
pub(super) fn frames(data: &[u8], decoder: &mut dyn Decoder, most: usize) {
    let mut pcm = Pcm::new(1, Layout::MONO);
    let mut rest = data;
    for _ in 0..MOST {
        let [high, low, after @ ..] = rest else { return };
        let size = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (packet, next) = after.split_at(size);
        rest = next;
        // A size of none is a loss.
        if packet.is_empty() {
            decoder.conceal(Delta::millis(20), Some(next), &mut pcm);
        } else if decoder.decode(packet, &mut pcm).is_ok() {
            assert!(pcm.frames() <= most, "{} samples of {size} bytes", pcm.frames());
        }
        assert!(pcm.samples.len().is_multiple_of(pcm.layout.channels()));
    }
}

/// Packets of an input: a second and more.
const MOST: usize = 64;

/// LC stereo and mono, HE with SBR and PS, 5.1, 7.1, Main, LTP, LD, frames of 960.
const CONFIGS: [&[u8]; 10] = [
    &[0x11, 0x90],
    &[0x12, 0x08],
    &[0x2b, 0x09, 0x88, 0x00],
    &[0xeb, 0x09, 0x88, 0x00],
    &[0x11, 0xb0],
    &[0x11, 0xb8],
    &[0x09, 0x90],
    &[0x21, 0x90],
    &[0xb9, 0x91, 0x00],
    &[0x11, 0x94],
];
