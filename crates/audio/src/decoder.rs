//! From packets to samples.

use media::{Codec, Delta};

use crate::{Error, Pcm, aac, g711, opus};

/// Decodes the packets of one track, in order.
///
/// A packet that is no good is an error and leaves the decoder ready for the next one.
pub trait Decoder: Send {
    /// Decodes `packet`, the payload of a frame, and puts what it is into the place of what was in `out`: its form too,
    /// which may change with any packet.
    ///
    /// Errs when the packet cannot be decoded; then `out` is of no use.
    fn decode(&mut self, packet: &[u8], out: &mut Pcm) -> Result<(), Error>;

    /// Puts into `out` what is best heard in place of sound of this length that was lost, in the form of what was decoded
    /// last.
    ///
    /// `next` is the packet behind it, where it has come: some repeat the one before.
    fn conceal(&mut self, lost: Delta, next: Option<&[u8]>, out: &mut Pcm);

    /// Forgets what came before: the next packet does not go on where the last one ended.
    fn reset(&mut self);
}

/// The decoder for the frames of a track.
///
/// Errs for other codecs than AAC, Opus and G.711, and for kinds of these that are not spoken, in words for people.
pub fn decoder(codec: &Codec) -> Result<Box<dyn Decoder>, Error> {
    match codec {
        Codec::Aac(parameters) => Ok(Box::new(aac::Decoder::new(parameters)?)),
        Codec::Opus(parameters) => Ok(Box::new(opus::Decoder::new(parameters)?)),
        Codec::G711(parameters) => Ok(Box::new(g711::Decoder::new(parameters)?)),
        other => Err(Error::Codec(other.name())),
    }
}

/// Longer packets are refused without a look. An Opus packet of 120 ms has at most 61,300 bytes, an AAC frame of eight
/// channels 6,144.
pub const MAX_PACKET: usize = 1 << 16;

/// Errs when `packet` is empty or longer than any can be.
pub(crate) fn check_size(codec: &'static str, packet: &[u8]) -> Result<(), Error> {
    match packet.len() {
        0 => Err(Error::Packet { codec, reason: "empty".to_owned() }),
        size if size > MAX_PACKET => Err(Error::PacketTooLarge { codec, size }),
        _ => Ok(()),
    }
}
