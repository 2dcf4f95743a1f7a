//! Whole runs against small servers in threads: one that relays RTMP, one of transport streams, and the floor.

#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use container::flv::TagKind;
use container::ts;
use media::{Codec, Time, Track, TrackId, h264};
use rtmp::MediaKind;
use rtmp::chunk::{self, Header};
use rtmp::server::{self, Event, Output};

use super::*;
use crate::clip::{Frame, Place};
use crate::feed::Feed;
use crate::floor;
use crate::stamp::Stamp;

/// 20 pictures and 20 audio frames in 200 ms.
fn clip() -> Clip {
    let setup = vec![
        (TagKind::Video, Bytes::from_static(&[0x17, 0, 0, 0, 0, 1])),
        (TagKind::Audio, Bytes::from_static(&[0xaf, 0, 0x11, 0x90])),
    ];
    let frames = (0..40u64).map(|n| {
        let at = Duration::from_millis(n * 5);
        if n % 2 == 0 {
            let head = Bytes::from_static(if n == 0 { &[0x17, 1, 0, 0, 0] } else { &[0x27, 1, 0, 0, 0] });
            Frame { at, kind: TagKind::Video, head, rest: Bytes::from(vec![0x41; 900]) }
        } else {
            let rest = Bytes::from_static(&[0xaf, 1, 0x21, 0x22]);
            Frame { at, kind: TagKind::Audio, head: Bytes::new(), rest }
        }
    });
    Clip { setup, frames: frames.collect(), length: Duration::from_millis(200), stamp: Place::Unit }
}

fn plan(play: String, publish: Option<String>) -> Plan {
    Plan {
        publish: publish.map(|url| url.parse().unwrap()),
        streams: 1,
        play: Some(play.parse().unwrap()),
        viewers: 5,
        ramp: 1000.0,
        lead: Duration::from_millis(30),
        settle: Duration::from_millis(30),
        window: Duration::from_millis(400),
        drain: Duration::from_secs(20),
        patience: Duration::from_secs(20),
        stall: Duration::from_secs(20),
        tick: Duration::from_millis(1),
        pid: Some(std::process::id()),
    }
}

/// An RTMP server for one stream that does not pass on the pictures of which `lost` says so.
fn relay(lost: fn(&Stamp) -> bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let viewers = Arc::new(Mutex::new(Vec::new()));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let viewers = viewers.clone();
            thread::spawn(move || serve(socket.unwrap(), &viewers, lost));
        }
    });
    address
}

/// One connection until its end: a publisher's media go to all `viewers`, a viewer becomes one of them.
fn serve(mut socket: TcpStream, viewers: &Mutex<Vec<(TcpStream, u32)>>, lost: fn(&Stamp) -> bool) {
    let mut session = server::Session::new(server::Config::default(), 1);
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        session.receive(Time::ZERO, &buffer[..count]).unwrap();
        while let Some(output) = session.poll() {
            match output {
                // A viewer that has what it came for hangs up.
                Output::Send(bytes) => drop(socket.write_all(&bytes)),
                Output::Event(Event::Publish { stream, .. }) => session.accept_publish(stream).unwrap(),
                Output::Event(Event::Play { stream, .. }) => {
                    session.accept_play(stream).unwrap();
                    while let Some(Output::Send(bytes)) = session.poll() {
                        socket.write_all(&bytes).unwrap();
                    }
                    viewers.lock().unwrap().push((socket.try_clone().unwrap(), session.chunk_size()));
                }
                Output::Event(Event::Media(media)) => {
                    let stamp = Stamp::find(&media.body, 12).filter(|_| media.kind == MediaKind::Video);
                    if stamp.as_ref().is_some_and(lost) {
                        continue;
                    }
                    let header = Header::media(media.kind, media.time, 1);
                    viewers.lock().unwrap().retain_mut(|(viewer, chunk_size)| {
                        let mut wire = BytesMut::new();
                        chunk::write_contiguous(&mut wire, &header, *chunk_size, &media.body).unwrap();
                        viewer.write_all(&wire).is_ok()
                    });
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// An HTTP server that sends each client a transport stream of the clip's pictures, chunked, but for those of which `lost`
/// says so.
fn transport_streams(lost: fn(u64) -> bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            thread::spawn(move || send_transport_stream(socket.unwrap(), lost));
        }
    });
    address
}

fn send_transport_stream(mut socket: TcpStream, lost: fn(u64) -> bool) {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let codec = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).unwrap();
    let track = Arc::new(Track { id: TrackId(1), codec: Codec::H264(codec) });
    let mut muxer = ts::Muxer::new(std::slice::from_ref(&track));
    let (clip, mut feed) = (clip(), Feed::new(0, Instant::now()));
    let _request = socket.read(&mut [0; 1024]).unwrap();
    socket.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    loop {
        let mut out = Vec::new();
        while let Some(due) = feed.next(&clip, Instant::now(), SystemTime::now()) {
            let number = feed.pictures;
            if due.kind != TagKind::Video || lost(number) {
                continue;
            }
            let at = Time::from_micros(due.time.as_micros() as i64);
            // Big enough to say no length every so often.
            let size = if number % 10 == 0 { 70_000u32 } else { 900 };
            let slice = vec![0x41; size as usize];
            let frame = media::Frame {
                track: Arc::clone(&track),
                dts: at,
                pts: at,
                duration: None,
                keyframe: number == 1,
                discontinuity: false,
                wall: SystemTime::UNIX_EPOCH,
                payload: [&due.head[5..], &size.to_be_bytes(), &slice].concat().into(),
            };
            muxer.write(&frame, &mut out);
        }
        let chunk = [format!("{:x}\r\n", out.len()).as_bytes(), &out, b"\r\n"].concat();
        // A viewer that has what it came for hangs up.
        if !out.is_empty() && socket.write_all(&chunk).is_err() {
            return;
        }
        thread::sleep(feed.deadline(&clip).saturating_duration_since(Instant::now()));
    }
}

fn rtmp_run(lost: fn(&Stamp) -> bool) -> Outcome {
    let url = format!("rtmp://{}/live/s{{n}}", relay(lost));
    run(&plan(url.clone(), Some(url)), Some(&clip())).unwrap()
}

#[test]
fn every_frame_of_every_viewer_is_counted() {
    let outcome = rtmp_run(|_| false);
    let frames = &outcome.frames;
    assert!(frames.published > 0 && outcome.delivered.gigabits > 0.0);
    assert_eq!(frames.expected, 5 * frames.published);
    assert_eq!(frames.received, frames.expected, "{}", outcome.text());
    assert_eq!((frames.worst_share, frames.short_viewers), (1.0, 0));
    assert_eq!(frames.missing_pictures + frames.duplicates + frames.reordered + frames.unstamped, 0);
    assert_eq!((outcome.trouble.failed_joins, outcome.trouble.ends.len()), (0, 0));
    assert_eq!(outcome.join_ms.count, 5);
    assert!(outcome.latency_ms.count > 0 && outcome.memory.with_viewers > 0);
}

#[test]
fn what_a_server_loses_is_missed() {
    let outcome = rtmp_run(|stamp| stamp.seq % 4 == 1);
    let frames = &outcome.frames;
    assert!(frames.missing_pictures > 0 && frames.gaps > 0);
    assert_eq!(frames.short_viewers, 5);
    assert!(frames.received < frames.expected);
    assert!(!outcome.warnings.is_empty());
}

#[test]
fn pictures_of_transport_streams_are_counted() {
    for (lost, whole) in [((|_| false) as fn(u64) -> bool, true), (|number| number % 4 == 1, false)] {
        let url = format!("http://{}/live/s.ts", transport_streams(lost));
        let outcome = run(&plan(url, None), None).unwrap();
        let frames = &outcome.frames;
        assert!(frames.expected > 0 && outcome.latency_ms.count == frames.received);
        assert_eq!(frames.received == frames.expected, whole, "{}", outcome.text());
        assert_eq!(frames.unstamped + frames.reordered + frames.duplicates, 0);
    }
}

#[test]
fn the_floor_delivers_everything() {
    for window in [0, 20] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let laid = floor::Plan { window: Duration::from_millis(window), nagle: false };
        thread::spawn(move || floor::serve(&clip(), &listener, laid));
        let outcome = run(&plan(format!("raw://{address}/"), None), None).unwrap();
        let frames = &outcome.frames;
        assert!(frames.expected > 0);
        assert_eq!((frames.received, frames.worst_share), (frames.expected, 1.0), "{}", outcome.text());
    }
}

#[test]
fn nobody_there_is_an_error_or_a_failed_join() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("rtmp://{free}/live/s");
    assert!(run(&plan(url.clone(), Some(url.clone())), Some(&clip())).is_err());
    let outcome = run(&plan(url, None), None).unwrap();
    assert_eq!((outcome.trouble.failed_joins, outcome.frames.short_viewers), (5, 5));
}
