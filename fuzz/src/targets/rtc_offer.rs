//! Any text as the offer of a publisher and of a player, as an answer, and as a fragment; then any bytes as datagrams.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use media::{Codec, Track, TrackId, h264, opus};
use rtc::{Candidate, Certificate, Config, Credentials, Output, Peer, Refused, Transport};

/// The only candidate of the server.
pub(super) const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)), 8000);

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (now, tracks) = (start(), tracks());
    let (offering, _) = Peer::offer_to_play(now, config(false));
    let made = [
        Peer::publisher(now, config(true), &text).map(|(peer, _)| peer),
        Peer::player(now, config(true), &text, &tracks).map(|(peer, _)| peer),
        offering.accept(now, &text),
    ];
    for result in made {
        match result {
            Ok(peer) => session(peer, now, data, &text),
            Err(refused) => assert!(!matches!(refused, Refused::Engine { .. }), "{refused}"),
        }
    }
}

fn session(mut peer: Peer, now: Instant, data: &[u8], text: &str) {
    drain(&mut peer);
    for piece in data.chunks(200) {
        let _ = peer.receive(now, Transport::Udp, SERVER, SERVER, piece);
        drain(&mut peer);
    }
    for line in text.lines() {
        let _ = peer.remote_candidate(now, line);
        drain(&mut peer);
    }
    let ours = Credentials::new("another", "0123456789abcdefghijkl").expect("good");
    let _ = peer.restart_ice(now, ours, text);
    drain(&mut peer);
}

/// The same each time.
pub(super) fn start() -> Instant {
    *START.get_or_init(Instant::now)
}

/// What a player is to get.
pub(super) fn tracks() -> [Arc<Track>; 2] {
    [track(0, Codec::H264(parameters())), track(1, Codec::Opus(opus::Parameters::new(2).expect("stereo")))]
}

pub(super) fn drain(peer: &mut Peer) {
    while !matches!(peer.poll(), Output::Wait(_)) {}
}

pub(super) fn config(lite: bool) -> Config {
    let certificate = CERTIFICATE.get_or_init(|| Certificate::generate().expect("a certificate")).clone();
    Config {
        certificate,
        credentials: Credentials::new("server", "0123456789abcdefghijkl").expect("good"),
        secret: [7; 16],
        wall: SystemTime::UNIX_EPOCH,
        candidates: vec![Candidate { transport: Transport::Udp, address: SERVER }],
        lite,
        timeout: Config::TIMEOUT,
        connection: Config::CONNECTION,
    }
}

fn track(id: u32, codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(id), codec })
}

fn parameters() -> h264::Parameters {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    h264::Parameters::new(set(&[0x67, 0x64, 0, 0x1f]), set(&[0x68, 0xeb])).expect("sets")
}

static START: OnceLock<Instant> = OnceLock::new();
static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
