//! Two peers and a network between them that loses, delays and reorders; time is what the test says.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, TrackId, h264, opus};
use testkit::net::{Dice, Link, Weather};

use super::*;
use crate::packetize::Packetizer;
use crate::{Candidate as Host, Certificate, Sample};

/// A client, a server, and the network between them.
struct World {
    start: Instant,
    now: Time,
    client: Peer,
    server: Peer,
    /// What the client and the server said.
    heard: (Vec<Event>, Vec<Event>),
    there: Link,
    back: Link,
    /// What the NAT in front of the client makes of its address.
    outside: SocketAddr,
    /// Where the client's requests seem to come from, and what was sent there.
    pretended: Option<SocketAddr>,
    astray: Vec<Bytes>,
    /// The client has not decided yet: its requests nominate nothing.
    undecided: bool,
}

const CLIENT: ([u8; 4], u16) = ([192, 168, 1, 7], 5000);
const SERVER: ([u8; 4], u16) = ([203, 0, 113, 1], 8000);

fn address(address: ([u8; 4], u16)) -> SocketAddr {
    SocketAddr::from(address)
}

fn config(name: &str, host: SocketAddr, transport: Transport, lite: bool) -> Config {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    let certificate = CERTIFICATE.get_or_init(|| Certificate::generate().expect("a certificate"));
    Config {
        certificate: certificate.clone(),
        credentials: Credentials::new(name, format!("{name}{:022}", 7)).expect("good credentials"),
        secret: [7; 16],
        wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        candidates: vec![Host { transport, address: host }],
        lite,
        timeout: Config::TIMEOUT,
        connection: Config::CONNECTION,
    }
}

fn client_config(transport: Transport) -> Config {
    config("client", address(CLIENT), transport, false)
}

fn server_config(transport: Transport) -> Config {
    config("server", address(SERVER), transport, true)
}

impl World {
    /// A client that publishes `tracks`.
    fn publishing(tracks: &[Arc<Track>], weather: Weather, seed: u64) -> World {
        World::publishing_over(Transport::Udp, tracks, weather, seed)
    }

    fn publishing_over(transport: Transport, tracks: &[Arc<Track>], weather: Weather, seed: u64) -> World {
        let start = Instant::now();
        let (offering, offer) =
            Peer::offer_to_publish(start, client_config(transport), tracks).expect("an offer");
        let (server, answer) = Peer::publisher(start, server_config(transport), &offer).expect("an answer");
        let client = offering.accept(start, &answer).expect("a session");
        World::new(start, client, server, weather, seed)
    }

    /// A client that plays `tracks`.
    fn playing(tracks: &[Arc<Track>], weather: Weather, seed: u64) -> World {
        World::receiving(Peer::offer_to_play, tracks, weather, seed)
    }

    fn receiving(
        offer: fn(Instant, Config) -> (Offering, String),
        tracks: &[Arc<Track>],
        weather: Weather,
        seed: u64,
    ) -> World {
        let start = Instant::now();
        let (offering, offer) = offer(start, client_config(Transport::Udp));
        let (server, answer) =
            Peer::player(start, server_config(Transport::Udp), &offer, tracks).expect("an answer");
        let client = offering.accept(start, &answer).expect("a session");
        World::new(start, client, server, weather, seed)
    }

    fn new(start: Instant, client: Peer, server: Peer, weather: Weather, seed: u64) -> World {
        let mut world = World {
            start,
            now: Time::ZERO,
            client,
            server,
            heard: (Vec::new(), Vec::new()),
            there: Link::new(seed, weather),
            back: Link::new(seed + 1, weather),
            outside: SocketAddr::from(([198, 51, 100, 9], 40_000)),
            pretended: None,
            astray: Vec::new(),
            undecided: false,
        };
        world.pass(Delta::ZERO);
        world
    }

    fn instant(&self) -> Instant {
        self.start + (self.now - Time::ZERO).to_std()
    }

    fn time(&self, instant: Instant) -> Time {
        Time::ZERO + Delta::from_std(instant.saturating_duration_since(self.start))
    }

    /// Goes on until both ends are connected.
    fn connect(&mut self) {
        for _ in 0..1_000 {
            if self.client.connected && self.server.connected {
                return;
            }
            self.pass(Delta::millis(10));
        }
        panic!("no connection: {:?} {:?}", self.client.ended, self.server.ended);
    }

    /// Lets `span` pass.
    fn pass(&mut self, span: Delta) {
        let until = self.now + span;
        loop {
            let waits = [self.drain(true), self.drain(false)].map(|wait| self.time(wait));
            let arrivals = [self.there.deadline(), self.back.deadline()].into_iter().flatten();
            let next = waits.into_iter().chain(arrivals).min().unwrap_or(Time::MAX);
            if next > until {
                self.now = until;
                return;
            }
            self.now = self.now.max(next);
            self.deliver();
            let now = self.instant();
            let _ = (self.client.tick(now), self.server.tick(now));
        }
    }

    fn deliver(&mut self) {
        let now = self.instant();
        while let Some(letter) = self.there.receive(self.now) {
            let (via, _, to, datagram) = open(&letter);
            let _ = self.drain(false);
            let from = self.pretended.filter(|_| stun::is_stun(datagram)).unwrap_or(self.outside);
            let password = self.server.config.credentials.password();
            let request = stun::Request::parse(datagram).filter(|_| self.undecided);
            let undecided = request.map(|_| stun::tests::undecided(datagram, password));
            let _ = self.server.receive(now, via, from, to, undecided.as_deref().unwrap_or(datagram));
        }
        while let Some(letter) = self.back.receive(self.now) {
            let (via, from, to, datagram) = open(&letter);
            let _ = self.drain(true);
            if Some(to) == self.pretended {
                self.astray.push(Bytes::copy_from_slice(datagram));
            }
            // A mapping that is gone delivers nothing.
            if to == self.outside {
                let _ = self.client.receive(now, via, from, address(CLIENT), datagram);
            }
        }
    }

    fn drain(&mut self, client: bool) -> Instant {
        let (peer, link, heard) = match client {
            true => (&mut self.client, &mut self.there, &mut self.heard.0),
            false => (&mut self.server, &mut self.back, &mut self.heard.1),
        };
        loop {
            match peer.poll() {
                Output::Send { via, from, to, datagram } => {
                    assert!(datagram.len() <= 1_232, "{} bytes", datagram.len());
                    link.send(self.now, seal(via, from, to, &datagram));
                }
                Output::Event(event) => heard.push(event),
                Output::Wait(until) => return until,
            }
        }
    }

    /// The client or the server sends a frame, which it has packetised.
    fn send(&mut self, client: bool, packetizer: &mut Packetizer, frame: &Frame) {
        let mut packets = Vec::new();
        packetizer.packetize(frame, &mut packets);
        let (now, kind) = (self.instant(), frame.track.kind());
        let peer = if client { &mut self.client } else { &mut self.server };
        peer.send(now, kind, frame.pts, &packets).expect("sent");
        self.drain(client);
    }

    fn samples(&self) -> Vec<&Sample> {
        let samples = self.heard.1.iter().filter_map(|event| match event {
            Event::Sample(sample) => Some(sample),
            _ => None,
        });
        samples.collect()
    }

    fn samples_of(&self, kind: Kind) -> Vec<&Sample> {
        self.samples().into_iter().filter(|sample| sample.kind == kind).collect()
    }
}

/// A datagram with what stands on its envelope.
fn seal(via: Transport, from: SocketAddr, to: SocketAddr, datagram: &[u8]) -> Bytes {
    let mut out = vec![u8::from(via == Transport::Tcp)];
    for address in [from, to] {
        let SocketAddr::V4(address) = address else { panic!("IPv4 here") };
        out.extend(address.ip().octets());
        out.extend(address.port().to_be_bytes());
    }
    out.extend(datagram);
    out.into()
}

fn open(letter: &[u8]) -> (Transport, SocketAddr, SocketAddr, &[u8]) {
    let address = |at: usize| {
        let ip: [u8; 4] = letter[at..at + 4].try_into().expect("four");
        SocketAddr::from((ip, u16::from_be_bytes([letter[at + 4], letter[at + 5]])))
    };
    let via = if letter[0] == 1 { Transport::Tcp } else { Transport::Udp };
    (via, address(1), address(7), &letter[13..])
}

fn track(id: u32, codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(id), codec })
}

fn h264() -> Arc<Track> {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters =
        h264::Parameters::new(sets(&[0x67, 0x64, 0, 0x1f, 0xac, 0xd9]), sets(&[0x68, 0xeb, 0xec, 0xb2]));
    track(0, Codec::H264(parameters.expect("sets")))
}

fn opus() -> Arc<Track> {
    track(1, Codec::Opus(opus::Parameters::new(2).expect("stereo")))
}

fn frame(track: &Arc<Track>, pts: Time, keyframe: bool, payload: Vec<u8>) -> Frame {
    Frame {
        track: track.clone(),
        dts: pts,
        pts,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    }
}

/// Bytes that hold no start code.
fn noise(dice: &mut Dice, size: usize) -> Vec<u8> {
    (0..size).map(|_| dice.within(1..=255) as u8).collect()
}

/// A picture of one slice of `size` bytes, and what is to arrive of it.
fn picture(dice: &mut Dice, track: &Arc<Track>, pts: Time, keyframe: bool, size: usize) -> (Frame, Vec<u8>) {
    let mut slice = noise(dice, size);
    slice[0] = if keyframe { 0x65 } else { 0x41 };
    let payload = [&(slice.len() as u32).to_be_bytes()[..], &slice].concat();
    let mut arrives = Vec::new();
    if let (Codec::H264(parameters), true) = (&track.codec, keyframe) {
        for set in parameters.sps.iter().chain(&parameters.pps) {
            arrives.extend([&[0, 0, 0, 1][..], set].concat());
        }
    }
    arrives.extend([&[0, 0, 0, 1][..], &slice].concat());
    (frame(track, pts, keyframe, payload), arrives)
}

/// Ten seconds of rain between two of good weather: nobody can miss what came before the first or after the last packet.
fn live_in_rain(world: &mut World, client: bool, seed: u64) -> Sent {
    let mut sent = Sent::default();
    for (seconds, weather) in [(1, CLEAR), (10, RAIN), (1, CLEAR)] {
        world.there = Link::new(seed, weather);
        world.back = Link::new(seed + 1, weather);
        let part = live_from(world, client, sent.sounds.len() as i64, seconds, Delta::ZERO, seed);
        sent.sounds.extend(part.sounds);
        sent.pictures.extend(part.pictures);
        world.pass(Delta::secs(1));
    }
    sent
}

/// As [`live_from`] the beginning.
fn live(world: &mut World, client: bool, seconds: i64, late: Delta, seed: u64) -> Sent {
    live_from(world, client, 0, seconds, late, seed)
}

/// 25 pictures and 50 packets of sound a second; pictures are sent `late` after they were taken. What is to arrive.
fn live_from(world: &mut World, client: bool, from: i64, seconds: i64, late: Delta, seed: u64) -> Sent {
    let (video, audio) = (h264(), opus());
    let mut dice = Dice::new(seed);
    let mut packetizers = [&video, &audio].map(|track| Packetizer::new(&track.codec).expect("a packetizer"));
    let mut sent = Sent::default();
    let began = world.now;
    for step in from..from + seconds * 50 {
        let pts = Time::from_millis(1_000_000 + step * 20);
        let sound = [&[0xfc][..], &noise(&mut dice, 120)].concat();
        sent.sounds.push((pts, sound.clone()));
        world.send(client, &mut packetizers[1], &frame(&audio, pts, true, sound));
        let taken = pts - late;
        if step % 2 == 0 {
            let keyframe = step % 100 == 0;
            let size = if keyframe { 20_000 } else { dice.within(200..=6_000) as usize };
            let (frame, arrives) = picture(&mut dice, &video, taken, keyframe, size);
            sent.pictures.push((taken, arrives));
            world.send(client, &mut packetizers[0], &frame);
        }
        world.pass(began + Delta::millis((step - from + 1) * 20) - world.now);
    }
    sent
}

#[derive(Default)]
struct Sent {
    sounds: Vec<(Time, Vec<u8>)>,
    pictures: Vec<(Time, Vec<u8>)>,
}

const RAIN: Weather = Weather { loss: 5, duplication: 1, delay: Delta::millis(15), jitter: Delta::millis(8) };
const CLEAR: Weather = Weather { delay: Delta::millis(15), ..Weather::CALM };

#[test]
fn a_publication_arrives_whole_and_in_order_through_loss() {
    for seed in [3, 30, 300] {
        let mut world = World::publishing(&[h264(), opus()], CLEAR, seed);
        world.connect();
        let sent = live_in_rain(&mut world, true, seed);
        let pictures = world.samples_of(Kind::Video);
        assert_eq!(pictures.len(), sent.pictures.len(), "seed {seed}");
        for (sample, (_, expected)) in pictures.iter().zip(&sent.pictures) {
            assert_eq!(sample.payload, expected[..]);
            assert!(!sample.lost);
        }
        // Nobody sends sound again.
        let sounds = world.samples_of(Kind::Audio).len();
        assert!(sounds > sent.sounds.len() * 90 / 100, "{sounds} of {}", sent.sounds.len());
        let (client, server) = (world.client.stats(), world.server.stats());
        assert!(client.retransmitted > 10 && client.nacks > 10, "{client:?}");
        assert!(server.nacks > 10 && server.lost_in > 0, "{server:?}");
        assert!(client.rtt.is_some_and(|rtt| rtt < Duration::from_millis(80)), "{client:?}");
    }
}

#[test]
fn sound_and_pictures_are_together_however_late_one_of_them_is_sent() {
    for late in [0, 80, 400] {
        let late = Delta::millis(late);
        let mut world = World::publishing(&[h264(), opus()], CLEAR, 5);
        world.connect();
        let sent = live(&mut world, true, 6, late, 5);
        world.pass(Delta::secs(1));
        let offset = |sample: &Sample, taken: Time| sample.time - taken;
        let mut offsets = Vec::new();
        for (sample, (taken, expected)) in world.samples_of(Kind::Video).iter().zip(&sent.pictures) {
            assert_eq!(sample.payload, expected[..]);
            offsets.push(offset(sample, *taken));
        }
        for (sample, (taken, expected)) in world.samples_of(Kind::Audio).iter().zip(&sent.sounds) {
            assert_eq!(sample.payload, expected[..]);
            offsets.push(offset(sample, *taken));
        }
        let (least, most) = (offsets.iter().min().expect("some"), offsets.iter().max().expect("some"));
        assert!(*most - *least < Delta::millis(5), "apart by {} with {late}", *most - *least);
        assert!(world.samples().iter().all(|sample| sample.ntp.is_some() && !sample.discontinuity));
    }
}

#[test]
fn a_player_gets_every_packet_through_loss() {
    gets_every_packet_through_loss(Peer::offer_to_play);
}

#[test]
fn who_counts_gets_every_packet_through_loss_as_well() {
    gets_every_packet_through_loss(Peer::offer_to_count);
}

fn gets_every_packet_through_loss(offer: fn(Instant, Config) -> (Offering, String)) {
    let mut world = World::receiving(offer, &[h264(), opus()], CLEAR, 11);
    world.connect();
    assert_eq!(
        world.server.media(),
        [(Kind::Video, CodecName::H264), (Kind::Audio, CodecName::Opus { channels: 2 })]
    );
    let sent = live_in_rain(&mut world, false, 11);
    let written = world.server.outgoing.written();
    let mut sequences = Vec::new();
    let mut sounds = 0;
    for event in &world.heard.0 {
        match event {
            Event::Packet { kind: Kind::Video, sequence, .. } => sequences.push(*sequence),
            Event::Packet { kind: Kind::Audio, .. } => sounds += 1,
            _ => {}
        }
    }
    sequences.sort_unstable();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "a gap, or one twice");
    let all_sounds = sent.sounds.len();
    assert_eq!(sequences.len() + all_sounds, written as usize);
    assert!(sounds > all_sounds * 9 / 10 && sounds < all_sounds, "{sounds} of {all_sounds}");
    assert!(world.heard.1.iter().any(|event| matches!(event, Event::Bandwidth(bits) if *bits > 100_000)));
    let measured = world.heard.1.iter().filter(|event| matches!(event, Event::Measured)).count();
    assert!(measured >= 10, "{measured} in 15 s");
    let Stats { rtt, loss, jitter, .. } = world.server.stats();
    assert!(rtt.is_some() && jitter.is_some(), "{rtt:?} {jitter:?}");
    assert!(loss.is_some_and(|loss| (0.0..=1.0).contains(&loss)), "{loss:?}");
}

#[test]
fn a_picture_and_the_sound_behind_it_leave_in_one_call() {
    let mut world = World::playing(&[h264(), opus()], CLEAR, 18);
    world.connect();
    // What names the tracks goes with the first packets only.
    live(&mut world, false, 3, Delta::ZERO, 18);
    let (video, audio) = (h264(), opus());
    let mut packetizers = [&video, &audio].map(|track| Packetizer::new(&track.codec).expect("a packetizer"));
    let (mut dice, mut sent) = (Dice::new(18), Vec::new());
    for size in 5_000..5_010 {
        let pts = Time::from_millis(1_003_000 + size as i64);
        let now = world.instant();
        let (frame, _) = picture(&mut dice, &video, pts, false, size);
        for frame in [frame, self::frame(&audio, pts, true, noise(&mut dice, 160))] {
            let mut packets = Vec::new();
            let packetizer = &mut packetizers[usize::from(frame.track.kind() == Kind::Audio)];
            packetizer.packetize(&frame, &mut packets);
            world.server.send(now, frame.track.kind(), frame.pts, &packets).expect("sent");
            if frame.track.kind() == Kind::Video {
                sent.extend(packets.into_iter().map(|packet| packet.payload));
            }
        }
        let (route, train) = world.server.train().expect("datagrams");
        assert_eq!(route.to, world.outside);
        let datagrams = train.datagrams().count();
        assert!((6..=8).contains(&datagrams), "{datagrams}");
        // Once a second a report is among them.
        let runs = train.runs(64, 60_000).count();
        assert!(runs == 1 || runs == 2 && datagrams > 6, "{size}: {runs} runs of {datagrams}");
        for datagram in train.datagrams() {
            let sealed = seal(route.via, route.from, route.to, datagram);
            world.back.send(world.now, sealed);
        }
    }
    world.pass(Delta::millis(200));
    let arrived = world.heard.0.iter().filter_map(|event| match event {
        Event::Packet { kind: Kind::Video, bytes, .. } => Some(&bytes[..]),
        _ => None,
    });
    let arrived: Vec<_> = arrived.collect();
    let expected: Vec<_> = sent.iter().map(|payload| &payload[..]).collect();
    assert!(arrived.ends_with(&expected), "what fills the last one up is taken away");
}

#[test]
fn a_wanted_key_frame_is_asked_for() {
    let mut world = World::publishing(&[h264(), opus()], CLEAR, 7);
    world.connect();
    live(&mut world, true, 1, Delta::ZERO, 7);
    let asked = |world: &World| {
        world.heard.0.iter().filter(|event| matches!(event, Event::KeyFrameWanted(Kind::Video))).count()
    };
    assert_eq!(asked(&world), 0);
    world.server.want_key_frame(world.instant());
    world.pass(Delta::millis(100));
    assert_eq!(asked(&world), 1);
    // However many want one, the next request waits; a key frame that has come meanwhile is enough.
    for _ in 0..5 {
        world.server.want_key_frame(world.instant());
        world.pass(Delta::millis(50));
    }
    assert_eq!(asked(&world), 1);
    world.pass(Delta::millis(300));
    assert_eq!(asked(&world), 2);
}

#[test]
fn pictures_that_never_come_are_marked_and_a_key_frame_is_asked_for() {
    let mut world = World::publishing(&[h264(), opus()], CLEAR, 8);
    world.connect();
    live(&mut world, true, 1, Delta::ZERO, 8);
    let video = h264();
    let (mut dice, mut packetizer) = (Dice::new(8), Packetizer::new(&video.codec).expect("a packetizer"));
    // So long a silence that what was sent in it cannot be sent again.
    world.there = Link::new(1, Weather { loss: 100, ..CLEAR });
    for step in 0..100 {
        let pts = Time::from_millis(1_001_000 + step * 40);
        let (frame, _) = picture(&mut dice, &video, pts, false, 1_000);
        world.send(true, &mut packetizer, &frame);
        world.pass(Delta::millis(40));
    }
    world.there = Link::new(2, CLEAR);
    let before = world.samples_of(Kind::Video).len();
    for step in 100..150 {
        let pts = Time::from_millis(1_001_000 + step * 40);
        let (frame, _) = picture(&mut dice, &video, pts, false, 1_000);
        world.send(true, &mut packetizer, &frame);
        world.pass(Delta::millis(40));
    }
    let after = &world.samples_of(Kind::Video)[before..];
    assert!(after.len() > 20, "{} went on", after.len());
    assert!(after[0].lost);
    assert!(after[after.len() - 10..].iter().all(|sample| !sample.lost));
    assert!(world.heard.0.iter().any(|event| matches!(event, Event::KeyFrameWanted(Kind::Video))));
    let lost = world.server.stats().lost_in;
    assert!((10..=100).contains(&lost), "{lost}: what is younger than three seconds is sent again");
}

#[test]
fn both_ends_see_the_other_close() {
    for client in [true, false] {
        let mut world = World::publishing(&[h264()], CLEAR, 9);
        world.connect();
        let now = world.instant();
        let peer = if client { &mut world.client } else { &mut world.server };
        peer.close(now);
        world.pass(Delta::millis(200));
        let (events, other) = match client {
            true => (&world.heard.1, &mut world.server),
            false => (&world.heard.0, &mut world.client),
        };
        assert!(matches!(events.last(), Some(Event::Disconnected)), "{events:?}");
        assert_eq!(other.tick(now + Duration::from_secs(1)), Err(Error::Closed));
    }
}

#[test]
fn who_is_not_heard_of_any_more_is_gone() {
    let mut world = World::publishing(&[h264()], CLEAR, 10);
    world.connect();
    world.there = Link::new(1, Weather { loss: 100, ..CLEAR });
    world.pass(Delta::secs(29));
    assert!(!world.heard.1.iter().any(|event| matches!(event, Event::Disconnected)));
    world.pass(Delta::secs(6));
    assert!(matches!(world.heard.1.last(), Some(Event::Disconnected)));
    let now = world.instant();
    assert_eq!(world.server.tick(now), Err(Error::Silent { seconds: 30 }));
}

#[test]
fn who_never_connects_is_gone() {
    let start = Instant::now();
    let (_, offer) = Peer::offer_to_play(start, client_config(Transport::Udp));
    let (mut peer, _) =
        Peer::player(start, server_config(Transport::Udp), &offer, &[h264()]).expect("an answer");
    assert_eq!(peer.tick(start + Duration::from_secs(14)), Ok(()));
    let late = start + Config::CONNECTION;
    assert_eq!(peer.tick(late), Err(Error::NotConnected { seconds: 15 }));
    assert!(matches!(peer.poll(), Output::Event(Event::Disconnected)));
}

#[test]
fn a_client_behind_another_mapping_of_its_nat_goes_on() {
    let mut world = World::playing(&[h264(), opus()], CLEAR, 12);
    world.connect();
    live(&mut world, false, 2, Delta::ZERO, 12);
    world.outside = SocketAddr::from(([198, 51, 100, 9], 40_001));
    // Until it asks the next time.
    live(&mut world, false, 4, Delta::ZERO, 12);
    let count =
        |world: &World| world.heard.0.iter().filter(|event| matches!(event, Event::Packet { .. })).count();
    let before = count(&world);
    live(&mut world, false, 2, Delta::ZERO, 12);
    assert!(count(&world) > before + 100, "{before} and then {}", count(&world));
    assert_eq!(world.server.path.current().map(|way| way.theirs), Some(world.outside));
}

#[test]
fn a_client_that_has_not_decided_for_a_way_is_connected_over_its_first() {
    let mut world = World::playing(&[h264(), opus()], CLEAR, 18);
    world.undecided = true;
    world.connect();
    live(&mut world, false, 1, Delta::ZERO, 18);
    assert!(world.heard.0.iter().any(|event| matches!(event, Event::Packet { .. })));
}

#[test]
fn a_player_cannot_have_media_sent_to_somebody_else() {
    let mut world = World::playing(&[h264(), opus()], CLEAR, 17);
    world.connect();
    live(&mut world, false, 1, Delta::ZERO, 17);
    // It nominates, with its password, an address where it is not.
    world.pretended = Some(SocketAddr::from(([192, 0, 2, 1], 53)));
    live(&mut world, false, 8, Delta::ZERO, 17);
    assert_eq!(world.server.path.current().map(|way| way.theirs), Some(world.outside));
    assert!(!world.astray.is_empty() && world.astray.iter().all(|datagram| stun::is_stun(datagram)));
    let bytes: usize = world.astray.iter().map(Bytes::len).sum();
    assert!(bytes < 8 * 1_000, "{bytes} bytes in 8 s");
    world.pretended = None;
    let before = world.heard.0.len();
    live(&mut world, false, 2, Delta::ZERO, 17);
    assert!(world.heard.0.len() > before + 100, "its own media go on");
}

#[test]
fn tcp_carries_a_publication() {
    let mut world = World::publishing_over(Transport::Tcp, &[h264(), opus()], CLEAR, 13);
    world.connect();
    let sent = live(&mut world, true, 2, Delta::ZERO, 13);
    world.pass(Delta::secs(1));
    assert_eq!(world.samples_of(Kind::Video).len(), sent.pictures.len());
    assert_eq!(world.samples_of(Kind::Audio).len(), sent.sounds.len());
}

#[test]
fn strangers_and_garbage_are_counted_and_nothing_else() {
    let mut world = World::publishing(&[h264(), opus()], CLEAR, 14);
    world.connect();
    world.drain(false);
    let (now, stranger) = (world.instant(), SocketAddr::from(([192, 0, 2, 1], 1)));
    let mut dice = Dice::new(14);
    for first in 0..=255u8 {
        for from in [stranger, world.outside] {
            let datagram = [&[first][..], &noise(&mut dice, 60)].concat();
            let result = world.server.receive(now, Transport::Udp, from, address(SERVER), &datagram);
            assert_eq!(result, Ok(()), "first byte {first}");
            let to_stranger = |output| matches!(output, Output::Send { to, .. } if to == stranger);
            loop {
                match world.server.poll() {
                    Output::Wait(_) => break,
                    output => assert!(!to_stranger(output)),
                }
            }
        }
    }
    assert!(world.server.stats().malformed >= 256);
    let sent = live(&mut world, true, 1, Delta::ZERO, 14);
    world.pass(Delta::secs(2));
    assert_eq!(world.samples_of(Kind::Video).len(), sent.pictures.len());
}

#[test]
fn ice_begins_anew_while_media_goes_on() {
    let mut world = World::publishing(&[h264(), opus()], CLEAR, 15);
    world.connect();
    live(&mut world, true, 1, Delta::ZERO, 15);
    let now = world.instant();
    let ours = Credentials::new("server2", "a".repeat(24)).expect("good");
    let same = "a=ice-ufrag:client\r\na=ice-pwd:0123456789012345678901\r\n";
    assert_eq!(world.server.restart_ice(now, ours.clone(), same), Err(Refused::OtherSession));
    assert_eq!(world.server.restart_ice(now, ours.clone(), "a=mid:0\r\n"), Err(Refused::NoIceCredentials));
    let theirs = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:client2\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbbbb\r\n";
    let fragment = world.server.restart_ice(now, ours, theirs).expect("a fragment");
    assert!(
        fragment.contains("a=ice-lite\r\n") && fragment.contains("a=ice-ufrag:server2\r\n"),
        "{fragment}"
    );
    assert!(fragment.contains(" 203.0.113.1 8000 typ host"), "{fragment}");
    let creds = |name: &str, pass: &str| IceCreds { ufrag: name.to_owned(), pass: pass.to_owned() };
    let mut api = world.client.engine.direct_api();
    api.set_local_ice_credentials(creds("client2", &"b".repeat(24)));
    api.set_remote_ice_credentials(creds("server2", &"a".repeat(24)));
    let sent = live(&mut world, true, 6, Delta::ZERO, 16);
    world.pass(Delta::secs(1));
    assert!(world.samples_of(Kind::Video).len() >= sent.pictures.len());
    assert_eq!(world.server.ended, None);
}

/// Of each codec a track, how a picture of `size` bytes looks, and what is to arrive of it.
type Picture = fn(&mut Dice, usize, bool) -> (Vec<u8>, Vec<u8>);

fn annex_b(sets: &[&[u8]], units: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let payload =
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect();
    let arrives = sets.iter().chain(units).flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat()).collect();
    (payload, arrives)
}

fn of_h264(dice: &mut Dice, size: usize, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
    let first = if keyframe { 0x65 } else { 0x41 };
    let [sei, one, two] = [(0x06, 12), (first, size), (first, size / 2 + 1)]
        .map(|(header, size)| [&[header][..], &noise(dice, size)].concat());
    let sets: &[&[u8]] = &[&[0x67, 0x64, 0, 0x1f, 0xac, 0xd9], &[0x68, 0xeb, 0xec, 0xb2]];
    annex_b(if keyframe { sets } else { &[] }, &[&sei, &one, &two])
}

fn of_h265(dice: &mut Dice, size: usize, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
    let first = if keyframe { 0x26 } else { 0x02 };
    let [sei, one, two] = [(0x4e, 12), (first, size), (first, size / 2 + 1)]
        .map(|(header, size)| [&[header, 1][..], &noise(dice, size)].concat());
    annex_b(if keyframe { &[&VPS, &SPS, &PPS] } else { &[] }, &[&sei, &one, &two])
}

fn of_av1(dice: &mut Dice, size: usize, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
    let obu = |kind: u8, body: &[u8]| {
        let mut out = vec![kind << 3 | 2];
        let mut rest = body.len();
        while rest >= 0x80 {
            out.push(rest as u8 & 0x7f | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
        [&out[..], body].concat()
    };
    // A shown key frame, or one that is none.
    let header = if keyframe { 0x10 } else { 0x30 };
    let frame = obu(6, &[&[header][..], &noise(dice, size)].concat());
    let more = obu(5, &noise(dice, 30));
    let payload = [&more[..], &frame].concat();
    let sequence = if keyframe { &AV1_SEQUENCE[..] } else { &[] };
    let arrives = [sequence, &payload].concat();
    (payload, arrives)
}

fn of_vp8(dice: &mut Dice, size: usize, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
    let head: &[u8] = if keyframe { &[0x10, 2, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2] } else { &[0x11] };
    let payload = [head, &noise(dice, size)].concat();
    (payload.clone(), payload)
}

fn of_vp9(dice: &mut Dice, size: usize, keyframe: bool) -> (Vec<u8>, Vec<u8>) {
    let head: &[u8] =
        if keyframe { &[0x82, 0x49, 0x83, 0x42, 0, 0x4f, 0xf0, 0x2c, 0xf0] } else { &[0x86, 0] };
    let payload = [head, &noise(dice, size)].concat();
    (payload.clone(), payload)
}

const VPS: [u8; 4] = [0x40, 1, 0x0c, 1];
const SPS: [u8; 5] = [0x42, 1, 1, 1, 0x60];
const PPS: [u8; 3] = [0x44, 1, 0xc1];
/// 352 by 288, Main, as libaom writes it.
const AV1_SEQUENCE: [u8; 13] = [0x0a, 0x0b, 0, 0, 0, 4, 0x3c, 0xff, 0xbc, 0xff, 0xf9, 0x80, 0x40];

fn videos() -> Vec<(Arc<Track>, Picture)> {
    let sets = |set: &'static [u8]| vec![Bytes::from_static(set)];
    let h265 = media::h265::Parameters::new(sets(&VPS), sets(&SPS), sets(&PPS)).expect("sets");
    let av1 = media::av1::Parameters {
        record: Bytes::new(),
        sequence: Bytes::from_static(&AV1_SEQUENCE),
        picture: None,
        profile: 0,
        level: 5,
        high_tier: false,
        bit_depth: 8,
    };
    let vp8 = media::vp8::Parameters { picture: Some(media::Picture::of_size(1280, 720)) };
    let vp9 = media::vp9::Parameters {
        profile: 0,
        level: 31,
        bit_depth: 8,
        chroma: 1,
        full_range: false,
        primaries: 2,
        transfer: 2,
        matrix: 2,
        picture: Some(media::Picture::of_size(1280, 720)),
    };
    vec![
        (h264(), of_h264),
        (track(0, Codec::H265(h265)), of_h265),
        (track(0, Codec::Av1(av1)), of_av1),
        (track(0, Codec::Vp8(vp8)), of_vp8),
        (track(0, Codec::Vp9(vp9)), of_vp9),
    ]
}

#[test]
fn pictures_of_every_codec_and_size_come_out_of_a_depacketizer_as_they_went_in() {
    for (track, picture) in videos() {
        let name = track.codec.name();
        let mut world = World::publishing(std::slice::from_ref(&track), CLEAR, 21);
        world.connect();
        assert_eq!(world.server.media().first().map(|(_, codec)| codec.name()), Some(name));
        let mut packetizer = Packetizer::new(&track.codec).expect("a packetizer");
        let mut dice = Dice::new(21);
        let mut expected = Vec::new();
        let sizes = (1..200).chain((1_000..1_300).step_by(3)).chain([2_319, 2_320, 2_321, 30_000, 300_000]);
        for (index, size) in sizes.enumerate() {
            let keyframe = index % 20 == 0;
            let (payload, arrives) = picture(&mut dice, size, keyframe);
            let pts = Time::from_millis(index as i64 * 20);
            world.send(true, &mut packetizer, &frame(&track, pts, keyframe, payload));
            world.pass(Delta::millis(20));
            expected.push(arrives);
        }
        world.pass(Delta::secs(2));
        let samples = world.samples();
        assert_eq!(samples.len(), expected.len(), "{name}");
        for (index, (sample, expected)) in samples.iter().zip(&expected).enumerate() {
            assert_eq!(sample.payload, expected[..], "{name} {index}");
            assert!(!sample.lost, "{name} {index}");
            assert_eq!(sample.codec.name(), name);
        }
        let times: Vec<_> =
            samples.windows(2).map(|pair| (pair[1].time - pair[0].time).as_micros()).collect();
        assert!(times.iter().all(|step| (19_980..=20_020).contains(step)), "{name}");
    }
}

#[test]
fn a_publisher_that_names_neither_ssrcs_nor_mids_is_known_by_its_payload_types() {
    let start = Instant::now();
    let tracks = [h264(), opus()];
    let (offering, offer) =
        Peer::offer_to_publish(start, client_config(Transport::Udp), &tracks).expect("an offer");
    let bare = |line: &&str| !line.starts_with("a=ssrc") && !line.contains("sdes:mid");
    let offer: String = offer.lines().filter(bare).map(|line| format!("{line}\r\n")).collect();
    let (server, answer) = Peer::publisher(start, server_config(Transport::Udp), &offer).expect("an answer");
    let client = offering.accept(start, &answer).expect("a session");
    let mut world = World::new(start, client, server, CLEAR, 31);
    world.connect();
    // Of whoever can write the client's address onto an envelope, and no more.
    let forged = |number: u8, ssrc: u32| {
        let header = [&[0x80, number, 0, 1, 0, 0, 0, 1][..], &ssrc.to_be_bytes()].concat();
        [header, vec![7; 60]].concat()
    };
    let numbers = [96, 98];
    for ssrc in 1..100 {
        for number in numbers {
            let (now, from) = (world.instant(), world.outside);
            let datagram = forged(number, ssrc);
            world.server.receive(now, Transport::Udp, from, address(SERVER), &datagram).expect("alive");
        }
    }
    let sent = live(&mut world, true, 3, Delta::ZERO, 31);
    world.pass(Delta::secs(1));
    assert_eq!(world.samples_of(Kind::Video).len(), sent.pictures.len());
    assert_eq!(world.samples_of(Kind::Audio).len(), sent.sounds.len());
}

#[test]
fn lost_pictures_are_asked_for_also_where_they_would_come_again_as_themselves() {
    let start = Instant::now();
    let (offering, offer) =
        Peer::offer_to_publish(start, client_config(Transport::Udp), &[h264()]).expect("an offer");
    let no_rtx = |line: &&str| !line.contains("rtx/") && !line.contains("apt=") && !line.contains("FID");
    let offer: String = offer.lines().filter(no_rtx).map(|line| format!("{line}\r\n")).collect();
    let (server, answer) = Peer::publisher(start, server_config(Transport::Udp), &offer).expect("an answer");
    assert!(answer.contains("nack") && !answer.contains("rtx"));
    let client = offering.accept(start, &answer).expect("a session");
    let mut world = World::new(start, client, server, CLEAR, 32);
    world.connect();
    let (video, mut dice) = (h264(), Dice::new(32));
    let mut packetizer = Packetizer::new(&video.codec).expect("one");
    world.there = Link::new(32, RAIN);
    for step in 0..100 {
        let (frame, _) = picture(&mut dice, &video, Time::from_millis(step * 40), step == 0, 3_000);
        world.send(true, &mut packetizer, &frame);
        world.pass(Delta::millis(40));
    }
    assert!(world.server.stats().nacks > 5, "{:?}", world.server.stats());
    assert!(world.samples().iter().any(|sample| sample.lost), "ours sends nothing again without RTX");
}

/// str0m as it comes, with its own descriptions, as a browser that sends three sizes.
#[test]
fn sizes_that_are_sent_side_by_side_come_with_their_names() {
    use str0m::media::{Direction as Flow, MediaKind, MediaTime, Simulcast, SimulcastLayer};
    let start = Instant::now();
    let mut browser = Rtc::builder().clear_codecs().enable_vp8(true).build(start);
    let host = str0m::Candidate::host(address(CLIENT), "udp").expect("a candidate");
    browser.add_local_candidate(host);
    let names = ["q", "h", "f"];
    let mut simulcast = Simulcast::new();
    names.iter().for_each(|name| simulcast.add_send_layer(SimulcastLayer::new(name)));
    let mut api = browser.sdp_api();
    let mid = api.add_media(MediaKind::Video, Flow::SendOnly, None, None, Some(simulcast));
    let (offer, pending) = api.apply().expect("an offer");
    let (mut peer, answer) =
        Peer::publisher(start, server_config(Transport::Udp), &offer.to_sdp_string()).expect("an answer");
    assert!(answer.contains("a=simulcast:recv q;h;f"), "{answer}");
    let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).expect("str0m reads what we write");
    browser.sdp_api().accept_answer(pending, answer).expect("a session");

    let (mut samples, mut wanted) = (Vec::new(), 0);
    for step in 0..400u64 {
        let now = start + Duration::from_millis(step * 10);
        let _ = (browser.handle_input(Input::Timeout(now)), peer.tick(now));
        if browser.is_connected() && step % 4 == 0 {
            for (index, name) in names.iter().enumerate() {
                let writer = browser.writer(mid).expect("a writer").rid((*name).into());
                let number = writer.payload_params().next().expect("VP8").pt();
                let payload = [&[0x10, 2, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2][..], &[index as u8; 30]].concat();
                writer.write(number, now, MediaTime::from_90khz(step * 900), payload).expect("written");
                let _ = browser.handle_input(Input::Timeout(now));
            }
        }
        if step == 300 {
            peer.want_key_frame(now);
        }
        loop {
            let mut quiet = true;
            while let Ok(output) = browser.poll_output() {
                match output {
                    EngineOutput::Transmit(sent) => {
                        let (from, to) = (sent.source, sent.destination);
                        peer.receive(now, Transport::Udp, from, to, &sent.contents).expect("alive");
                        quiet = false;
                    }
                    EngineOutput::Event(EngineEvent::KeyframeRequest(_)) => wanted += 1,
                    EngineOutput::Event(_) => {}
                    EngineOutput::Timeout(_) => break,
                }
            }
            loop {
                match peer.poll() {
                    Output::Send { from, to, datagram, .. } => {
                        let contents = datagram.as_slice().try_into().expect("a datagram");
                        let receive = Receive {
                            proto: str0m::net::Protocol::Udp,
                            source: from,
                            destination: to,
                            contents,
                        };
                        browser.handle_input(Input::Receive(now, receive)).expect("alive");
                        quiet = false;
                    }
                    Output::Event(Event::Sample(sample)) => samples.push(sample),
                    Output::Event(_) => {}
                    Output::Wait(_) => break,
                }
            }
            if quiet {
                break;
            }
        }
    }
    for (index, name) in names.iter().enumerate() {
        let of: Vec<_> = samples.iter().filter(|sample| sample.rid.as_deref() == Some(*name)).collect();
        assert!(of.len() > 50, "{} of {name}", of.len());
        assert!(of.iter().all(|sample| sample.payload.ends_with(&[index as u8; 30])));
    }
    assert_eq!(wanted, 3, "a key frame of each");
}
