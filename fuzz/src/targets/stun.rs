//! Any bytes as the first datagram of a peer.

pub fn run(data: &[u8]) {
    if let Some(ufrag) = rtc::stun::ufrag(data) {
        assert!(!ufrag.contains(':'));
    }
}
