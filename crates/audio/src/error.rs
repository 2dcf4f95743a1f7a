//! What can go wrong with sound.

/// Why sound was not decoded, encoded or converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no decoder for this codec here.
    #[error("{0} is not decoded here")]
    Codec(&'static str),
    /// The codec's decoder or encoder does not speak these parameters; the words are its own.
    #[error("{codec}: {reason}")]
    Unsupported {
        /// [`media::Codec::name`].
        codec: &'static str,
        /// In words for people.
        reason: String,
    },
    /// Between these rates there is no exact conversion of sensible size.
    #[error("no conversion from {from} to {to} Hz")]
    Rates {
        /// Samples a second that come.
        from: u32,
        /// Samples a second that are wanted.
        to: u32,
    },
    /// The packet is longer than any can be.
    #[error("{codec} packet of {size} bytes, limit {max}", max = crate::MAX_PACKET)]
    PacketTooLarge {
        /// [`media::Codec::name`].
        codec: &'static str,
        /// Its bytes.
        size: usize,
    },
    /// The packet cannot be decoded; the words are the decoder's.
    #[error("broken {codec} packet: {reason}")]
    Packet {
        /// [`media::Codec::name`].
        codec: &'static str,
        /// In words for people.
        reason: String,
    },
    /// The encoder refused samples, which it never ought to.
    #[error("{codec} encoder: {reason}")]
    Encode {
        /// [`media::Codec::name`].
        codec: &'static str,
        /// In words for people.
        reason: String,
    },
}
