//! A WebRTC peer of our own over a real socket, for codecs that no other peer here has.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use media::{Frame, Track};
use rtc::packetize::Packetizer;
use rtc::{Candidate, Certificate, Config, Credentials, Event, Offering, Output, Peer, Transport};
use testkit::Server;

use super::rtc::{ask, path, session};

/// A peer that is connected, or about to be.
pub(crate) struct RtcPeer<'a> {
    server: &'a Server,
    /// Its session.
    location: String,
    peer: Peer,
    socket: UdpSocket,
    here: SocketAddr,
}

impl<'a> RtcPeer<'a> {
    /// Plays `live/s` by WHEP.
    #[track_caller]
    pub(crate) fn play(server: &'a Server) -> RtcPeer<'a> {
        RtcPeer::open(server, &path("whep", ""), Peer::offer_to_play)
    }

    /// Publishes `tracks` as `live/s` by WHIP.
    #[track_caller]
    pub(crate) fn publish(server: &'a Server, tracks: &[Arc<Track>]) -> RtcPeer<'a> {
        let offer = |now, config| Peer::offer_to_publish(now, config, tracks).expect("an offer");
        RtcPeer::open(server, &path("whip", &format!("&secret={}", Server::KEY)), offer)
    }

    #[track_caller]
    fn open(
        server: &'a Server,
        path: &str,
        offer: impl FnOnce(Instant, Config) -> (Offering, String),
    ) -> RtcPeer<'a> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let here = socket.local_addr().unwrap();
        let config = Config {
            certificate: Certificate::generate().unwrap(),
            credentials: Credentials::new("peer", "peerpeerpeerpeerpeerpeer").unwrap(),
            secret: [7; 16],
            wall: SystemTime::now(),
            candidates: vec![Candidate { transport: Transport::Udp, address: here }],
            lite: false,
            timeout: Config::TIMEOUT,
            connection: Config::CONNECTION,
        };
        let (offering, offer) = offer(Instant::now(), config);
        let answer = ask(server, "POST", path, &[], &offer);
        let location = session(&answer);
        let peer = offering.accept(Instant::now(), &answer.text()).expect("an answer");
        RtcPeer { server, location, peer, socket, here }
    }

    /// Sends and receives until `until`; what happens goes to `take`, which says whether that is all.
    pub(crate) fn run(&mut self, until: Instant, mut take: impl FnMut(Event) -> bool) {
        let mut buffer = [0; 2_000];
        loop {
            let wait = loop {
                match self.peer.poll() {
                    Output::Send { to, datagram, .. } => _ = self.socket.send_to(&datagram, to).unwrap(),
                    Output::Event(event) => {
                        if take(event) {
                            return;
                        }
                    }
                    Output::Wait(wait) => break wait.min(until),
                }
            };
            let now = Instant::now();
            if now >= until {
                return;
            }
            let pause = wait.saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(pause)).unwrap();
            match self.socket.recv_from(&mut buffer) {
                Ok((count, from)) => {
                    let (now, bytes) = (Instant::now(), &buffer[..count]);
                    self.peer.receive(now, Transport::Udp, from, self.here, bytes).expect("a session");
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.peer.tick(Instant::now()).expect("a session");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Waits for the connection.
    #[track_caller]
    pub(crate) fn connect(&mut self) {
        let mut connected = false;
        self.run(Instant::now() + super::SOON, |event| {
            connected |= matches!(event, Event::Connected);
            connected
        });
        assert!(connected, "no connection");
    }

    /// Sends `frames` at their pace, which begins now, and deletes its session.
    pub(crate) fn send(mut self, frames: &[Frame]) {
        let (start, first) = (Instant::now(), frames[0].dts);
        let mut packetizers: Vec<(Arc<Track>, Packetizer)> = Vec::new();
        for frame in frames {
            self.run(start + (frame.dts - first).to_std(), |_| false);
            let known = packetizers.iter().position(|(track, _)| track.id == frame.track.id);
            let place = known.unwrap_or_else(|| {
                let packetizer = Packetizer::new(&frame.track.codec).expect("a codec of WebRTC");
                packetizers.push((Arc::clone(&frame.track), packetizer));
                packetizers.len() - 1
            });
            let mut packets = Vec::new();
            packetizers[place].1.packetize(frame, &mut packets);
            self.peer.send(Instant::now(), frame.track.kind(), frame.pts, &packets).expect("a session");
        }
        // What was lost is sent again.
        self.run(Instant::now() + Duration::from_millis(500), |_| false);
        assert_eq!(ask(self.server, "DELETE", &self.location, &[], "").status, 200);
    }
}
