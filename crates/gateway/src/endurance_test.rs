//! Hours and days of stream time in moments: what wires and segments hold stays in order, in step and within bounds.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use container::flv;
use http_body_util::BodyExt;
use hub::wire::{Reader, Selection, WireKey};
use hub::{Action, Hub, Publisher};
use media::{Codec, Delta, Frame, Time, Track, TrackId, Unwrap, aac};
use rtmp::chunk;
use tokio_util::sync::CancellationToken;

use crate::protocol::Media;
use crate::rtmp::Messages;
use crate::tags::Tags;
use crate::testing::{get, hub, picture, publish, request, video};
use crate::{Config, config, protocols};

/// A source of pictures and sound whose frames say when they really are.
struct Source {
    tracks: [Arc<Track>; 2],
    /// How many of each there have been.
    sent: [i64; 2],
    /// From the true time to the source's clock.
    clock: Delta,
    publisher: Publisher,
}

/// What one kind of viewer gets: checks as it comes.
#[derive(Default)]
struct Viewer {
    name: &'static str,
    /// The last time, and how far it was from the true one, by kind; in microseconds.
    last: [Option<(i64, i64)>; 2],
    count: [usize; 2],
    worst_skew: i64,
}

const PICTURES: i64 = 10;
const SAMPLE_RATE: i64 = 22_050;
/// Where a frame says so.
const MARK: [u8; 2] = [0xab, 0xcd];

impl Source {
    fn new(publisher: Publisher, start: Time) -> Source {
        let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x13, 0x90])).unwrap();
        let sound = Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) });
        Source { tracks: [video(), sound], sent: [0; 2], clock: start.since(Time::ZERO), publisher }
    }

    /// The true time of the next frame of a kind, in microseconds.
    fn next(&self, kind: usize) -> i64 {
        let [pictures, sounds] = self.sent;
        if kind == 0 { pictures * 1_000_000 / PICTURES } else { sounds * 1_024_000_000 / SAMPLE_RATE }
    }

    /// Sends all that is before `until`, in the order of time, on a clock of milliseconds.
    fn send(&mut self, until: Delta) {
        loop {
            let kind = usize::from(self.next(1) < self.next(0));
            let truth = self.next(kind);
            if truth >= until.as_micros() {
                return;
            }
            let keyframe = kind == 1 || self.sent[0] % (2 * PICTURES) == 0;
            self.sent[kind] += 1;
            let millis = truth / 1_000 + self.clock.as_millis();
            let shape = picture(&self.tracks[kind], millis, keyframe, 40);
            let mut payload = shape.payload[..5].to_vec();
            payload.extend(MARK);
            payload.extend((0..8).map(|at| (truth >> (7 * at)) as u8 | 0x80));
            payload.resize(40, 7);
            self.publisher.write(Frame { payload: payload.into(), ..shape }).unwrap();
        }
    }
}

impl Viewer {
    /// A frame of a kind (0 pictures, 1 sound), at `micros` on the viewer's clock, with what stands in its bytes.
    fn note(&mut self, kind: usize, micros: i64, bytes: &[u8]) {
        let Some(at) = bytes.windows(2).position(|window| window == MARK) else { return };
        let says = &bytes[at + 2..at + 10];
        let truth = says.iter().rev().fold(0, |truth, byte| truth << 7 | i64::from(byte & 0x7f));
        if let Some((last, _)) = self.last[kind] {
            assert!(micros > last, "{}: {micros} after {last}, at {truth}", self.name);
        }
        let shift = micros - truth;
        self.last[kind] = Some((micros, shift));
        self.count[kind] += 1;
        if let Some((_, other)) = self.last[1 - kind] {
            let skew = (shift - other).abs();
            self.worst_skew = self.worst_skew.max(skew);
            assert!(skew < 40_000, "{}: {skew} us apart at {truth}", self.name);
        }
    }
}

/// Reads an RTMP wire.
struct ByRtmp {
    viewer: Viewer,
    reader: Reader,
    chunks: chunk::Reader,
    unwrap: Unwrap,
}

impl ByRtmp {
    fn read(&mut self) {
        let mut out = VecDeque::new();
        let mut cx = Context::from_waker(Waker::noop());
        let bounds = rtmp::Limits::default().publisher;
        while self.reader.poll_next(&mut cx, &mut out, usize::MAX).is_ready() {
            for bytes in out.drain(..) {
                let mut input = &bytes[..];
                while let Some(message) = self.chunks.read(&mut input, &bounds).unwrap() {
                    let time = self.unwrap.next(message.header.timestamp.into()) * 1_000;
                    match message.header.kind {
                        9 => self.viewer.note(0, time, &message.body),
                        8 => self.viewer.note(1, time, &message.body),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Reads an endless file.
struct ByFlv {
    viewer: Viewer,
    body: Body,
    reader: flv::Reader,
}

impl ByFlv {
    async fn read(&mut self) {
        let next = |body: &mut Body| {
            let mut cx = Context::from_waker(Waker::noop());
            std::pin::pin!(body.frame()).as_mut().poll(&mut cx)
        };
        while let std::task::Poll::Ready(Some(frame)) = next(&mut self.body) {
            self.reader.push(&frame.unwrap().into_data().unwrap());
            while let Some(tag) = self.reader.next().unwrap() {
                let time = i64::from(tag.timestamp) * 1_000;
                match tag.kind {
                    flv::TagKind::Video => self.viewer.note(0, time, &tag.body),
                    flv::TagKind::Audio => self.viewer.note(1, time, &tag.body),
                    flv::TagKind::Data => {}
                }
            }
        }
    }
}

/// Fetches each segment once.
struct ByHls {
    viewer: Viewer,
    port: Port,
    fetched: Option<u64>,
    unwrap: Unwrap,
}

impl ByHls {
    async fn read(&mut self) {
        let text = self.port.text("s", ".m3u8").await;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.strip_suffix(".ts").unwrap();
            let sequence: u64 = name.split('-').nth(1).unwrap().parse().unwrap();
            if self.fetched.is_some_and(|fetched| sequence <= fetched) {
                continue;
            }
            assert!(self.fetched.is_none_or(|fetched| sequence == fetched + 1), "{sequence} was missed");
            self.fetched = Some(sequence);
            let segment = self.port.bytes(name, ".ts").await;
            segment.chunks(188).for_each(|packet| self.packet(packet));
        }
    }

    /// Notes the time of each PES packet of the two streams. Source: ISO/IEC 13818-1 §2.4.3.
    fn packet(&mut self, packet: &[u8]) {
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let begins = packet[1] & 0x40 != 0;
        let adaptation = if packet[3] & 0x20 != 0 { 1 + usize::from(packet[4]) } else { 0 };
        let payload = &packet[4 + adaptation..];
        if !begins || !payload.starts_with(&[0, 0, 1]) || !matches!(pid, 0x100 | 0x101) {
            return;
        }
        let [a, b, c, d, e] = *payload[9..].first_chunk().unwrap();
        let high = u64::from(a >> 1 & 7) << 30 | u64::from(b) << 22 | u64::from(c >> 1) << 15;
        let ticks = self.unwrap.next(high | u64::from(d) << 7 | u64::from(e >> 1));
        let body = &payload[9 + usize::from(payload[8])..];
        self.viewer.note(usize::from(pid - 0x100), ticks * 100 / 9, body);
    }
}

/// All that is served over HTTP, without sockets.
struct Port {
    media: Vec<Media>,
}

impl Port {
    fn new(hub: &Hub) -> Port {
        let plain = config::HlsApp { mode: config::HlsMode::Plain, ..Default::default() };
        let hls = config::Hls::default().with_default(plain).in_force();
        let config = Config { hls, ..Default::default() };
        let protocols = protocols(&config, hub);
        let media = protocols.iter().flat_map(|protocol| protocol.media()).collect();
        for protocol in protocols {
            tokio::spawn(protocol.run(CancellationToken::new()));
        }
        Port { media }
    }

    async fn ask(&self, name: &str, suffix: &str) -> Response {
        for media in self.media.iter().filter(|media| media.suffix == suffix) {
            if let Some(response) = (media.serve)(get(name, suffix)).await {
                return response;
            }
        }
        panic!("nobody serves {name}{suffix}");
    }

    async fn bytes(&self, name: &str, suffix: &str) -> Bytes {
        let response = self.ask(name, suffix).await;
        assert_eq!(response.status(), 200, "{name}{suffix}");
        response.into_body().collect().await.unwrap().to_bytes()
    }

    async fn text(&self, name: &str, suffix: &str) -> String {
        String::from_utf8(self.bytes(name, suffix).await.to_vec()).unwrap()
    }
}

async fn rtmp_wire(hub: &Hub) -> Reader {
    let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
    let publication = subscription.publication().await;
    let key = WireKey { format: "rtmp", tracks: Selection::ALL, variant: 0, private: false };
    // The wire outlives the viewer: its reader keeps it.
    subscription.wire(&publication, key, || Box::new(Tags::new(Messages::new(1))))
}

#[tokio::test(start_paused = true)]
async fn twelve_hours_stay_in_order_and_in_step_and_within_bounds() {
    const STEP: Delta = Delta::millis(250);
    const HOUR: i64 = 3_600_000;
    let hub = hub();
    let port = Port::new(&hub);
    // The clock of MPEG-TS runs over in the sixth hour.
    let start = Time::from_millis(95_443_718 - 5 * HOUR - HOUR / 2);
    let mut source = Source::new(publish(&hub, "s").await, start);
    source.send(STEP);
    let viewer = |name| Viewer { name, ..Viewer::default() };
    let mut by_rtmp = ByRtmp {
        viewer: viewer("RTMP"),
        reader: rtmp_wire(&hub).await,
        chunks: chunk::Reader::new(),
        unwrap: Unwrap::new(32),
    };
    let body = port.ask("s", ".flv").await.into_body();
    let mut by_flv = ByFlv { viewer: viewer("FLV"), body, reader: flv::Reader::new() };
    let mut by_hls = ByHls { viewer: viewer("HLS"), port, fetched: None, unwrap: Unwrap::new(33) };
    // The wire announces its chunk size with `connect`, which is not here.
    by_rtmp.chunks = chunk_reader();
    let mut most_bytes = [0; 12];
    let mut at = STEP;
    for hour in 0..12 {
        match hour {
            // Each between two frames: forward, to zero, and back.
            3 => source.clock += Delta::secs(86_400),
            7 => source.clock = Delta::ZERO - at,
            9 => source.clock += Delta::millis(-HOUR / 2),
            _ => {}
        }
        let end = Delta::millis((hour + 1) * HOUR);
        while at < end {
            tokio::time::sleep(STEP.to_std()).await;
            at += STEP;
            source.send(at);
            by_rtmp.read();
            by_flv.read().await;
            if at.as_millis() % 20_000 == 0 && at >= Delta::secs(20) {
                by_hls.read().await;
                let bytes = &mut most_bytes[hour as usize];
                *bytes = hub.bytes().max(*bytes);
            }
        }
    }
    for viewer in [&by_rtmp.viewer, &by_flv.viewer] {
        let [pictures, sounds] = viewer.count;
        assert_eq!([pictures, sounds].map(|count| count as i64), source.sent, "{}", viewer.name);
    }
    let [pictures, packets] = by_hls.viewer.count;
    // The last segment is not finished; of sounds that share a packet one is looked at.
    assert!(pictures as i64 > source.sent[0] - 21 * PICTURES, "{pictures}");
    assert!(packets as i64 > source.sent[1] / 4, "{packets}");
    let bound = most_bytes[0] + most_bytes[0] / 10;
    assert!(most_bytes.iter().all(|bytes| *bytes <= bound), "{most_bytes:?}");
    for viewer in [&by_rtmp.viewer, &by_flv.viewer, &by_hls.viewer] {
        eprintln!("{}: at most {} us out of step", viewer.name, viewer.worst_skew);
    }
}

/// A reader that expects the chunk size of every connection of ours.
fn chunk_reader() -> chunk::Reader {
    let mut reader = chunk::Reader::new();
    let announced = [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0xea, 0x60];
    let bounds = rtmp::Limits::default().publisher;
    assert_eq!(reader.read(&mut &announced[..], &bounds).unwrap(), None);
    reader
}

#[tokio::test(start_paused = true)]
async fn an_flv_file_ends_at_a_key_frame_after_twenty_days_and_the_next_begins_there() {
    const DAYS: i64 = 20 * 86_400;
    let hub = hub();
    let port = Port::new(&hub);
    let mut publisher = publish(&hub, "s").await;
    let track = video();
    // A picture every two seconds, each fourth a key frame, faster than the clock.
    let mut number = 0;
    let mut next = |publisher: &mut Publisher| {
        publisher.write(picture(&track, number * 2_000, number % 4 == 0, 40)).unwrap();
        number += 1;
        number * 2
    };
    next(&mut publisher);
    let body = port.ask("s", ".flv").await.into_body();
    let mut by_flv = ByFlv { viewer: Viewer::default(), body, reader: flv::Reader::new() };
    let (mut last, mut pictures, mut ended) = (0, 0, false);
    while !ended {
        let seconds = next(&mut publisher);
        assert!(seconds < DAYS + 20, "it does not end");
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            match std::pin::pin!(by_flv.body.frame()).as_mut().poll(&mut cx) {
                std::task::Poll::Pending => break,
                std::task::Poll::Ready(None) => {
                    ended = true;
                    break;
                }
                std::task::Poll::Ready(Some(frame)) => {
                    by_flv.reader.push(&frame.unwrap().into_data().unwrap());
                }
            }
        }
        while let Some(tag) = by_flv.reader.next().unwrap() {
            if tag.kind == flv::TagKind::Video && tag.body[1] == 1 {
                (last, pictures) = (tag.timestamp, pictures + 1);
            }
        }
    }
    // The key frame at 20 days belongs to the next file.
    assert_eq!((i64::from(last), pictures), ((DAYS - 2) * 1_000, DAYS / 2));
    let mut body = port.ask("s", ".flv").await.into_body();
    let mut reader = flv::Reader::new();
    let first = loop {
        let bytes = tokio::time::timeout(Duration::from_secs(1), body.frame()).await.unwrap();
        reader.push(&bytes.unwrap().unwrap().into_data().unwrap());
        let mut tags = std::iter::from_fn(|| reader.next().unwrap());
        if let Some(tag) = tags.find(|tag| tag.kind == flv::TagKind::Video && tag.body[1] == 1) {
            break tag;
        }
    };
    assert_eq!((first.timestamp, first.body[0] >> 4), (0, 1), "it begins at zero, with a key frame");
}
