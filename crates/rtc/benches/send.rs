//! Packetising one second of a stream of 1 Mbit/s, and sending it to many players: 25 pictures of H.264 and 50 packets of Opus.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId, h264, opus};
use rtc::packetize::Packetizer;
use rtc::{Candidate, Certificate, Config, Credentials, Event, Output, Packet, Peer, Transport};

/// Kind, time and packets of each frame of a second.
type Second = Vec<(Kind, Time, Vec<Packet>)>;

fn tracks() -> [Arc<Track>; 2] {
    let set = |bytes: &'static [u8]| vec![bytes::Bytes::from_static(bytes)];
    let parameters = h264::Parameters::new(set(&[0x67, 0x64, 0, 0x1f]), set(&[0x68, 0xeb])).expect("sets");
    let opus = opus::Parameters::new(2).expect("stereo");
    [
        Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) }),
        Arc::new(Track { id: TrackId(1), codec: Codec::Opus(opus) }),
    ]
}

fn frames() -> Vec<Frame> {
    let [video, audio] = tracks();
    let frame = |track: &Arc<Track>, millis: i64, payload: Vec<u8>| Frame {
        track: track.clone(),
        dts: Time::from_millis(millis),
        pts: Time::from_millis(millis),
        duration: None,
        keyframe: false,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    };
    let picture = |size: usize| [&(size as u32).to_be_bytes()[..], &vec![0x41; size]].concat();
    (0..50)
        .flat_map(|step| {
            let sound = frame(&audio, step * 20, vec![0xfc; 160]);
            let picture = (step % 2 == 0).then(|| frame(&video, step * 20, picture(4_600)));
            [Some(sound), picture].into_iter().flatten()
        })
        .collect()
}

fn packetized(frames: &[Frame]) -> Second {
    let mut packetizers = tracks().map(|track| Packetizer::new(&track.codec).expect("one"));
    let packets = |frame: &Frame| {
        let mut out = Vec::new();
        let which = usize::from(frame.track.kind() == Kind::Audio);
        packetizers[which].packetize(frame, &mut out);
        (frame.track.kind(), frame.pts, out)
    };
    frames.iter().map(packets).collect()
}

fn config(certificate: &Certificate, name: &str, port: u16, lite: bool) -> Config {
    Config {
        certificate: certificate.clone(),
        credentials: Credentials::new(name, format!("{name}0123456789abcdefghijkl")).expect("good"),
        secret: [7; 16],
        wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        candidates: vec![Candidate {
            transport: Transport::Udp,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }],
        lite,
        timeout: Config::TIMEOUT,
        connection: Config::CONNECTION,
    }
}

/// A player that is connected, as the server has it, and the one that plays.
fn connected(now: &mut Instant, certificate: &Certificate) -> (Peer, Peer) {
    let (offering, offer) = Peer::offer_to_play(*now, config(certificate, "client", 5000, false));
    let (mut server, answer) =
        Peer::player(*now, config(certificate, "server", 8000, true), &offer, &tracks()).expect("an answer");
    let mut client = offering.accept(*now, &answer).expect("a session");
    let mut up = 0;
    while up < 2 {
        *now += Duration::from_millis(10);
        let (mut there, mut back) = (Vec::new(), Vec::new());
        up += drain(&mut client, &mut there) + drain(&mut server, &mut back);
        let (ours, theirs) =
            (SocketAddr::from(([127, 0, 0, 1], 8000)), SocketAddr::from(([127, 0, 0, 1], 5000)));
        for datagram in there {
            server.receive(*now, Transport::Udp, theirs, ours, &datagram).expect("alive");
            up += drain(&mut server, &mut back);
        }
        for datagram in back {
            client.receive(*now, Transport::Udp, ours, theirs, &datagram).expect("alive");
            up += drain(&mut client, &mut Vec::new());
        }
        let _ = (client.tick(*now), server.tick(*now));
    }
    (server, client)
}

fn drain(peer: &mut Peer, out: &mut Vec<Vec<u8>>) -> u32 {
    let mut connected = 0;
    loop {
        match peer.poll() {
            Output::Send { datagram, .. } => out.push(datagram),
            Output::Event(Event::Connected) => connected += 1,
            Output::Event(_) => {}
            Output::Wait(_) => return connected,
        }
    }
}

fn send(criterion: &mut Criterion) {
    let frames = frames();
    let second = packetized(&frames);
    let packets = second.iter().map(|(_, _, packets)| packets.len() as u64).sum::<u64>();

    let mut group = criterion.benchmark_group("packetize");
    group.throughput(Throughput::Elements(packets));
    group.bench_function("second", |bench| bench.iter(|| black_box(packetized(&frames))));
    group.finish();

    let certificate = Certificate::generate().expect("a certificate");
    let mut now = Instant::now();
    for players in [1, 100] {
        let mut peers: Vec<(Peer, Peer)> = (0..players).map(|_| connected(&mut now, &certificate)).collect();
        let mut group = criterion.benchmark_group("send");
        group.sample_size(10).throughput(Throughput::Elements(packets * players));
        let mut round = 0;
        group.bench_function(format!("{players} players"), |bench| {
            bench.iter(|| {
                for (kind, pts, packets) in &second {
                    let pts = *pts + Delta::secs(round);
                    for (server, client) in &mut peers {
                        server.send(now, *kind, pts, packets).expect("alive");
                        let mut out = Vec::new();
                        drain(server, &mut out);
                        black_box(out.len());
                        let _ = client;
                    }
                    now += Duration::from_millis(13);
                }
                round += 1;
                keep(&mut peers, now);
            });
        });
        group.finish();
    }
}

/// Once a second each player asks whether the server is still there, and reports what came: nothing.
fn keep(peers: &mut [(Peer, Peer)], now: Instant) {
    let (ours, theirs) = (SocketAddr::from(([127, 0, 0, 1], 8000)), SocketAddr::from(([127, 0, 0, 1], 5000)));
    for (server, client) in peers {
        let _ = client.tick(now);
        let mut out = Vec::new();
        drain(client, &mut out);
        for datagram in out {
            let _ = server.receive(now, Transport::Udp, theirs, ours, &datagram);
            let mut back = Vec::new();
            drain(server, &mut back);
            for datagram in back {
                let _ = client.receive(now, Transport::Udp, ours, theirs, &datagram);
                drain(client, &mut Vec::new());
            }
        }
    }
}

criterion_group!(benches, send);
criterion_main!(benches);
