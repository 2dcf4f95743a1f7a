//! Why there is no session, and why there is none any more.

/// Why an offer, an answer or a fragment was not accepted: facts for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Larger than any offer there is.
    #[error("{size} bytes of SDP, limit {max}")]
    TooLarge {
        /// As sent.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// A line that is no SDP.
    #[error("line {line}: {fault}")]
    Sdp {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Neither audio nor video in it that could be used.
    #[error("the offer has neither audio nor video{}", if *.rejected { " that is switched on and bundled" } else { "" })]
    NoMedia {
        /// There were some, but none that could be taken.
        rejected: bool,
    },
    /// A publisher's codecs, of which none is known here.
    #[error("none of the codecs offered is known here: {offered}")]
    NoKnownCodec {
        /// What was offered.
        offered: String,
    },
    /// A player's codecs, of which none is the stream's.
    #[error("the stream is {stream}; the player offers {offered}")]
    NoCommonCodec {
        /// What we have.
        stream: String,
        /// What was offered.
        offered: String,
    },
    /// A codec that does not travel over WebRTC.
    #[error("{codec} does not travel over WebRTC")]
    NotForWebRtc {
        /// Its name.
        codec: &'static str,
    },
    /// A publisher that wants to receive, or a player that wants to send.
    #[error("the offer is {found}, expected {expected}")]
    Direction {
        /// As offered.
        found: &'static str,
        /// What this endpoint takes.
        expected: &'static str,
    },
    /// No fingerprint of a certificate, or none by a hash that counts.
    #[error("no SHA-256 fingerprint of a DTLS certificate")]
    NoFingerprint,
    /// No `ice-ufrag` and `ice-pwd`.
    #[error("no ICE credentials")]
    NoIceCredentials,
    /// RTCP on a port of its own, which nobody has used for long.
    #[error("RTCP is not multiplexed with RTP")]
    NoRtcpMux,
    /// Payload types or MIDs that mean two things.
    #[error("payload types or mids of the offer mean two things")]
    Ambiguous,
    /// An answer that does not fit the offer.
    #[error("the answer does not fit the offer: {fault}")]
    Answer {
        /// What does not fit.
        fault: &'static str,
    },
    /// A candidate that is none.
    #[error("not a candidate: {text}")]
    Candidate {
        /// The first 100 bytes of it.
        text: String,
    },
    /// A fragment of another session, or of one that is no more.
    #[error("the fragment is of another ICE session")]
    OtherSession,
    /// The session is over.
    #[error("the session is over")]
    Over,
    /// The engine refuses what was found fit: a fault of ours.
    #[error("not understood: {detail}")]
    Engine {
        /// What it says.
        detail: String,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing was heard of the other end for so long.
    #[error("nothing heard for {seconds} s")]
    Silent {
        /// [`crate::Config::timeout`].
        seconds: u64,
    },
    /// No way was found, or the handshake did not end, within so long.
    #[error("not connected within {seconds} s")]
    NotConnected {
        /// [`crate::Config::connection`].
        seconds: u64,
    },
    /// One of the ends said goodbye.
    #[error("closed")]
    Closed,
    /// The certificate is not the one of the offer.
    #[error("the certificate does not match the fingerprint")]
    Fingerprint,
    /// The other end shows no certificate that can be checked: those of RSA cannot.
    #[error("the client shows no ECDSA certificate: one of RSA does not do (GStreamer makes it before 1.28)")]
    NoCertificate,
    /// The handshake failed.
    #[error("DTLS: {detail}")]
    Dtls {
        /// What the library says.
        detail: String,
    },
    /// Asked to send what was not negotiated.
    #[error("no {kind:?} was negotiated")]
    NotNegotiated {
        /// Of which kind.
        kind: media::Kind,
    },
    /// Anything else of the engine.
    #[error("engine: {detail}")]
    Engine {
        /// What it says.
        detail: String,
    },
}

/// Why [`crate::Credentials`] are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadCredentials {
    /// Other than letters, digits, `+` and `/`.
    #[error("a character that ICE credentials cannot have")]
    Character,
    /// Too short, too long.
    #[error("an ufrag of {size} characters, expected 4 to 256")]
    Ufrag {
        /// Characters.
        size: usize,
    },
    /// Too short, too long.
    #[error("a password of {size} characters, expected 22 to 256")]
    Password {
        /// Characters.
        size: usize,
    },
}
