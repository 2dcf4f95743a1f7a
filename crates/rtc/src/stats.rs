//! What a peer has counted.

use std::time::Duration;

/// Counters since the beginning, and the latest of what is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Datagrams that came.
    pub packets_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Datagrams that went.
    pub packets_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Datagrams that were no RTP, RTCP, DTLS or STUN, or of strangers.
    pub malformed: u64,
    /// RTP packets that never came to us.
    pub lost_in: u64,
    /// RTP packets that never came to the other end, as it reports.
    pub lost_out: u64,
    /// RTP packets sent again.
    pub retransmitted: u64,
    /// Requests for packets: of ours of a publisher, of the other end of a player.
    pub nacks: u64,
    /// Requests for key frames, likewise.
    pub plis: u64,
    /// There and back.
    pub rtt: Option<Duration>,
    /// The share of RTP packets that were lost lately, 0 to 1: of the track that loses most, by whichever end receives.
    pub loss: Option<f32>,
    /// How unevenly packets come, by whichever end receives.
    pub jitter: Option<Duration>,
    /// Bit/s that the way to a player seems to carry.
    pub bandwidth: Option<u64>,
}
