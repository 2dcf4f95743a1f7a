//! Any bytes as the first datagrams of a player, who is called as in the sample request of RFC 5769 §2.1 and has its password.

use std::net::SocketAddr;
use std::time::Duration;

use rtc::{Config, Credentials, Peer, Transport};

use super::rtc_offer;

const OFFER: &str = include_str!("../../seeds/rtc_offer/chromium_plays");

pub fn run(data: &[u8]) {
    if let Some(ufrag) = rtc::stun::ufrag(data) {
        assert!(!ufrag.contains(':'));
    }
    let now = rtc_offer::start();
    let credentials = Credentials::new("evtj", "VOkJxbRl1RmTxUk/WvJxBt").expect("good");
    let config = Config { credentials, ..rtc_offer::config(true) };
    let (mut peer, _) = Peer::player(now, config, OFFER, &rtc_offer::tracks()).expect("an answer");
    rtc_offer::drain(&mut peer);
    // From the first way, and from another.
    for (port, later) in [(1, 0), (1, 1), (2, 2)] {
        let from = SocketAddr::from(([203, 0, 113, 2], port));
        let _ = peer.receive(now + Duration::from_secs(later), Transport::Udp, from, rtc_offer::SERVER, data);
        rtc_offer::drain(&mut peer);
    }
}
