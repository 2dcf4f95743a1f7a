#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, VecDeque};
use std::task::{Context, Poll, Waker};

use hub::wire::{Reader, Selection, WireKey};
use hub::{Action, End, Hub, Publisher, Subscription};
use media::{Codec, aac};

use super::*;
use crate::testing::{audio, hub, picture, publish, request, sound, video};

struct Viewer {
    _subscription: Subscription,
    reader: Reader,
}

impl Viewer {
    async fn join(hub: &Hub) -> Viewer {
        let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
        let key = WireKey { format: "ts", tracks: Selection::ALL, variant: 0, private: false };
        let publication = subscription.publication().await;
        let reader = subscription.wire(&publication, key, || Box::new(Packets::new()));
        Viewer { _subscription: subscription, reader }
    }

    /// All that there is by now, and why there is no more if so.
    fn read(&mut self) -> (Vec<u8>, Option<End>) {
        let (mut out, mut cx) = (VecDeque::new(), Context::from_waker(Waker::noop()));
        let end = loop {
            match self.reader.poll_next(&mut cx, &mut out, 1 << 20) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(end)) => break Some(end),
                Poll::Pending => break None,
            }
        };
        (out.into_iter().flatten().collect(), end)
    }
}

/// A packet as far as these tests look.
#[derive(Debug, Clone, Copy)]
struct Packet<'a> {
    pid: u16,
    start: bool,
    discontinuity: bool,
    random_access: bool,
    payload: &'a [u8],
}

/// The packets, of which the counters of each track go on without a gap unless it is announced.
#[track_caller]
fn packets<'a>(bytes: &'a [u8]) -> Vec<Packet<'a>> {
    let mut counters = HashMap::new();
    let packet = |packet: &'a [u8]| {
        let [0x47, high, low, control, rest @ ..] = packet else { panic!("{packet:?}") };
        let pid = u16::from_be_bytes([high & 0x1f, *low]);
        let (flags, payload) = match (control & 0x20, rest) {
            (0, rest) => (0, rest),
            (_, [size, rest @ ..]) => (rest[0] * u8::from(*size > 0), &rest[usize::from(*size)..]),
            (_, []) => panic!("no room for an adaptation field"),
        };
        let payload = if control & 0x10 == 0 { &[] } else { payload };
        let step = u8::from(!payload.is_empty());
        let counter = counters.insert(pid, control & 15).map_or(control & 15, |last| (last + step) & 15);
        // Tables are whole in one packet: nobody minds how often they came.
        let may_jump = flags & 0x80 != 0 || matches!(pid, 0 | 0x1000);
        assert!(control & 15 == counter || may_jump, "the counter of {pid:#x} jumps");
        let start = high & 0x40 != 0;
        Packet { pid, start, discontinuity: flags & 0x80 != 0, random_access: flags & 0x40 != 0, payload }
    };
    assert_eq!(bytes.len() % PACKET, 0, "whole packets");
    bytes.chunks(PACKET).map(packet).collect()
}

/// Version and stream types of each PMT.
fn maps(packets: &[Packet<'_>]) -> Vec<(u8, Vec<u8>)> {
    let map = |packet: &Packet<'_>| {
        let section = &packet.payload[1..];
        let end = 3 + usize::from(section[2]) - 4;
        (section[5] >> 1 & 31, section[12..end].chunks(5).map(|entry| entry[0]).collect())
    };
    packets.iter().filter(|packet| packet.pid == 0x1000).map(map).collect()
}

/// Pictures from `from` to `to`, 40 ms apart, the first and every fifth a key frame, and sound between them.
fn write(publisher: &mut Publisher, tracks: &[Arc<Track>], from: i64, to: i64) {
    for n in from..to {
        for track in tracks {
            publisher
                .write(match track.kind() {
                    Kind::Video => picture(track, n * 40, n % 5 == 0, 300),
                    _ => sound(track, n * 40 + 10, 50),
                })
                .unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_joiner_gets_the_tables_and_then_what_everybody_gets() {
    let (hub, tracks) = (hub(), [video(), audio()]);
    let mut publisher = publish(&hub, "s").await;
    write(&mut publisher, &tracks, 0, 4);
    let mut first = Viewer::join(&hub).await;
    write(&mut publisher, &tracks, 4, 13);
    let mut joiner = Viewer::join(&hub).await;
    write(&mut publisher, &tracks, 13, 20);
    publisher.end(End::Finished);
    let (all, part) = (first.read(), joiner.read());
    assert_eq!((all.1, part.1), (Some(End::Finished), Some(End::Finished)));
    let joined = packets(&part.0);
    let pids: Vec<_> = joined.iter().take(7).map(|packet| packet.pid).collect();
    assert_eq!(pids, [0, 0x1000, 0x100, 0x101, 0, 0x1000, 0x100]);
    assert!(joined[2].discontinuity && joined[3].discontinuity && joined[2].payload.is_empty());
    assert!(joined[6].start && joined[6].random_access);
    assert_eq!(joined[6].payload[..4], [0, 0, 1, 0xe0]);
    assert!(all.0.ends_with(&part.0[4 * PACKET..]), "the same bytes for everybody");
    packets(&all.0);
    let sounds = joined.iter().filter(|packet| packet.pid == 0x101 && packet.start).count();
    assert!(sounds > 1 && maps(&joined).iter().all(|map| *map == (0, vec![0x1b, 0x0f])));
}

#[tokio::test(start_paused = true)]
async fn a_track_that_comes_later_is_listed_and_the_response_goes_on() {
    let (hub, tracks) = (hub(), [video(), audio()]);
    let mut publisher = publish(&hub, "s").await;
    write(&mut publisher, &tracks[..1], 0, 3);
    let mut viewer = Viewer::join(&hub).await;
    write(&mut publisher, &tracks[..1], 3, 7);
    write(&mut publisher, &tracks, 7, 20);
    let (bytes, end) = viewer.read();
    assert_eq!(end, None);
    let mut maps = maps(&packets(&bytes));
    maps.dedup();
    assert_eq!(maps, [(0, vec![0x1b]), (1, vec![0x1b, 0x0f])]);
}

#[tokio::test(start_paused = true)]
async fn a_track_that_cannot_be_carried_any_more_leaves_the_tables() {
    let (hub, tracks) = (hub(), [video(), audio()]);
    let mut publisher = publish(&hub, "s").await;
    write(&mut publisher, &tracks, 0, 3);
    let mut viewer = Viewer::join(&hub).await;
    write(&mut publisher, &tracks, 3, 7);
    // Frames of 960 samples.
    let short = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x14])).unwrap();
    assert_eq!(short.frame_samples, 960);
    let short = Arc::new(Track { id: tracks[1].id, codec: Codec::Aac(short) });
    write(&mut publisher, &[Arc::clone(&tracks[0]), short], 7, 13);
    write(&mut publisher, &tracks, 13, 20);
    let (bytes, end) = viewer.read();
    assert_eq!(end, None);
    let mut maps = maps(&packets(&bytes));
    maps.dedup();
    assert_eq!(maps, [(0, vec![0x1b, 0x0f]), (1, vec![0x1b]), (2, vec![0x1b, 0x0f])]);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_skips_is_told_that_counters_jump() {
    let (hub, tracks) = (hub(), [video(), audio()]);
    let mut publisher = publish(&hub, "s").await;
    write(&mut publisher, &tracks, 0, 8);
    let mut viewer = Viewer::join(&hub).await;
    let before = packets(&viewer.read().0).len();
    // Twelve seconds, of which it takes nothing: it goes on at the last key frame.
    write(&mut publisher, &tracks, 8, 308);
    let (bytes, end) = viewer.read();
    assert_eq!(end, None);
    let after = packets(&bytes);
    assert!(after.len() < 100 && before > 0, "{} packets", after.len());
    assert_eq!(after[..4].iter().map(|packet| packet.pid).collect::<Vec<_>>(), [0, 0x1000, 0x100, 0x101]);
    assert!(after[2].discontinuity && after[3].discontinuity);
}
