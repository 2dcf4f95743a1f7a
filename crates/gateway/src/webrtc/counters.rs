//! What Prometheus may know of WebRTC.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use rtc::Stats;

/// What sessions that are over have counted. A handle: clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    packets_in: Counter,
    packets_out: Counter,
    lost_in: Counter,
    lost_out: Counter,
    retransmitted: Counter,
    key_frames_asked: Counter,
    malformed: Counter,
    refused: Counter,
}

impl Counters {
    /// Adds all of them to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let of_ended = [
            (
                "webrtc_packets_received",
                "Datagrams that WebRTC sessions received, counted at their end",
                &self.packets_in,
            ),
            (
                "webrtc_packets_sent",
                "Datagrams that WebRTC sessions sent, counted at their end",
                &self.packets_out,
            ),
            ("webrtc_packets_lost_in", "RTP packets that never came from WebRTC publishers", &self.lost_in),
            (
                "webrtc_packets_lost_out",
                "RTP packets that never came to WebRTC players, as they report",
                &self.lost_out,
            ),
            ("webrtc_packets_retransmitted", "RTP packets that were sent again", &self.retransmitted),
            ("webrtc_key_frames_asked", "Key frames that were asked for over WebRTC", &self.key_frames_asked),
            (
                "webrtc_packets_malformed",
                "Datagrams in WebRTC sessions that were not understood",
                &self.malformed,
            ),
            ("webrtc_offers_refused", "Offers of WebRTC that were refused", &self.refused),
        ];
        for (name, help, counter) in of_ended {
            registry.register(name, help, counter.clone());
        }
    }

    /// A session has ended.
    pub(super) fn session_over(&self, stats: &Stats) {
        self.packets_in.inc_by(stats.packets_in);
        self.packets_out.inc_by(stats.packets_out);
        self.lost_in.inc_by(stats.lost_in);
        self.lost_out.inc_by(stats.lost_out);
        self.retransmitted.inc_by(stats.retransmitted);
        self.key_frames_asked.inc_by(stats.plis);
        self.malformed.inc_by(stats.malformed);
    }

    /// An offer was not answered.
    pub(super) fn offer_refused(&self) {
        self.refused.inc();
    }
}
