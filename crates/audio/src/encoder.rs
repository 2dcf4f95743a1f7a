//! From samples to packets.

use media::Codec;
use media::g711::Law;

use crate::{Error, aac, g711, opus};

/// Encodes one track.
pub trait Encoder: Send {
    /// Encodes [`frame_len`](Encoder::frame_len) samples of each channel, which take turns and are within ±1, and puts the packet
    /// into the place of what was in `out`.
    ///
    /// Errs when there are more or fewer, or one is out of range.
    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), Error>;

    /// What comes out, with its parameters. Its rate and channels are those of the samples that go in.
    fn codec(&self) -> Codec;

    /// Samples of each channel in a packet.
    fn frame_len(&self) -> usize;

    /// By how many samples what a decoder puts out is behind what went in here.
    fn delay(&self) -> usize;

    /// Forgets what came before.
    fn reset(&mut self);
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Opus at 48 kHz, mono or stereo, in packets of 20 ms.
    Opus {
        /// Bits a second of stereo; mono gets half.
        bitrate: u32,
    },
    /// AAC-LC, mono or stereo, at 44.1 kHz where the source's rate is of that family, otherwise at 48 kHz.
    Aac {
        /// Bits a second of stereo; mono gets half.
        bitrate: u32,
    },
    /// G.711: mono at 8 kHz, in packets of 20 ms.
    G711 {
        /// Which table.
        law: Law,
    },
}

impl Target {
    /// Opus as good as one hears.
    pub const OPUS: Target = Target::Opus { bitrate: 128_000 };
    /// AAC as good as one hears, nearly.
    pub const AAC: Target = Target::Aac { bitrate: 128_000 };
}

/// The encoder for what is wanted of a source of `rate` samples a second and so many channels, of which more than two
/// become two.
///
/// Errs when the codec does not speak it, which it does unless the bit rate is 0.
pub fn encoder(target: Target, rate: u32, channels: u8) -> Result<Box<dyn Encoder>, Error> {
    let channels = channels.clamp(1, 2);
    let share = |bitrate: u32| if channels == 1 { bitrate / 2 } else { bitrate };
    Ok(match target {
        Target::Opus { bitrate } => Box::new(opus::Encoder::new(channels, share(bitrate))?),
        Target::Aac { bitrate } => {
            Box::new(aac::Encoder::new(aac::output_rate(rate), channels, share(bitrate))?)
        }
        Target::G711 { law } => Box::new(g711::Encoder::new(law)),
    })
}
