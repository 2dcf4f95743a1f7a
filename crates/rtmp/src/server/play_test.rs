#![allow(clippy::unwrap_used)]

use container::amf0::{Object, Value};

use super::testing::*;
use super::*;

#[test]
fn a_play_is_told_as_asked_and_answered_as_players_expect() {
    let mut peer = Peer::connected();
    peer.call(0, "createStream", 2.0, &[Value::Null]).unwrap();
    peer.call(0, "getStreamLength", 3.0, &[Value::Null, "s".into()]).unwrap();
    peer.call(0, "getMovLen", 4.0, &[Value::Null, "s".into()]).unwrap();
    peer.call(0, "FCSubscribe", 5.0, &[Value::Null, "s".into()]).unwrap();
    assert_eq!(
        peer.answers()[1..],
        [
            "0 _result 3 null 0",
            "0 _result 4 null 0",
            "0 _result 5 null undefined",
            "0 onFCSubscribe 0 null status:NetStream.Play.Start",
        ]
    );
    let args = [Value::Null, "s?k=v".into(), (-2.0).into(), (-1.0).into(), true.into()];
    peer.call(1, "play", 6.0, &args).unwrap();
    // SetBufferLength comes with it.
    peer.send(0, 4, 0, &[0, 3, 0, 0, 0, 1, 0, 0, 11, 184]).unwrap();
    let (start, duration, reset) = (Some(-2.0), Some(-1.0), Some(true));
    let play = Event::Play { stream: 1, target: target("live", "s", "k=v"), start, duration, reset };
    assert_eq!(peer.since(), (vec![], vec![play]));
    peer.session.accept_play(1).unwrap();
    assert_eq!(
        peer.answers(),
        [
            "control 4 [0, 0, 0, 0, 0, 1]",
            "1 onStatus 0 null status:NetStream.Play.Reset",
            "1 onStatus 0 null status:NetStream.Play.Start",
            "1 data |RtmpSampleAccess true true",
        ]
    );
}

#[test]
fn no_reset_is_told_to_those_who_asked_for_none() {
    let mut peer = Peer::connected();
    peer.call(1, "play", 6.0, &[Value::Null, "s".into(), (-2.0).into(), (-1.0).into(), false.into()])
        .unwrap();
    peer.events();
    peer.session.accept_play(1).unwrap();
    assert!(!peer.answers().iter().any(|line| line.contains("Reset")));
}

#[test]
fn a_refused_play_is_told_why() {
    let mut peer = Peer::connected();
    peer.call(1, "play", 6.0, &[Value::Null, "s".into()]).unwrap();
    peer.events();
    let refusal = Refusal { code: code::PLAY_STREAM_NOT_FOUND, description: "No such stream.".into() };
    peer.session.refuse_play(1, refusal).unwrap();
    assert_eq!(peer.answers(), ["1 onStatus 0 null error:NetStream.Play.StreamNotFound"]);
}

#[test]
fn play2_switches() {
    let mut peer = Peer::playing();
    let parameters = Object::default().with("streamName", "t").with("start", -1.0).with("len", 5.0);
    peer.call(1, "play2", 0.0, &[Value::Null, parameters.into()]).unwrap();
    let (start, duration) = (Some(-1.0), Some(5.0));
    let play = Event::Play { stream: 1, target: target("live", "t", ""), start, duration, reset: None };
    assert_eq!(peer.events(), [Event::Stop { stream: 1 }, play]);
}

#[test]
fn viewers_pause_and_choose() {
    let mut peer = Peer::playing();
    peer.call(1, "pause", 0.0, &[Value::Null, true.into(), 0.0.into()]).unwrap();
    peer.call(1, "pause", 0.0, &[Value::Null, false.into(), 0.0.into()]).unwrap();
    peer.call(1, "receiveAudio", 0.0, &[Value::Null, false.into()]).unwrap();
    peer.call(1, "receiveVideo", 0.0, &[Value::Null, true.into()]).unwrap();
    peer.call(1, "seek", 0.0, &[Value::Null, 5.0.into()]).unwrap();
    let (said, events) = peer.since();
    assert_eq!(
        said,
        [
            "control 4 [0, 1, 0, 0, 0, 1]",
            "1 onStatus 0 null status:NetStream.Pause.Notify",
            "control 4 [0, 0, 0, 0, 0, 1]",
            "1 onStatus 0 null status:NetStream.Unpause.Notify",
            "1 onStatus 0 null status:NetStream.Seek.Notify",
            "1 onStatus 0 null status:NetStream.Play.Start",
            "1 onStatus 0 null error:NetStream.Seek.Failed",
        ]
    );
    let stream = 1;
    assert_eq!(
        events,
        [
            Event::Pause { stream, paused: true },
            Event::Pause { stream, paused: false },
            Event::ReceiveAudio { stream, wanted: false },
            Event::ReceiveVideo { stream, wanted: true },
        ]
    );
    // On a stream that does not play they say nothing.
    peer.call(2, "pause", 0.0, &[Value::Null, true.into()]).unwrap();
    peer.call(2, "receiveAudio", 0.0, &[Value::Null, true.into()]).unwrap();
    assert_eq!(peer.since(), (vec![], vec![]));
}

#[test]
fn a_play_stops_once() {
    let mut peer = Peer::playing();
    peer.call(1, "closeStream", 0.0, &[Value::Null]).unwrap();
    peer.call(0, "deleteStream", 0.0, &[Value::Null, 1.0.into()]).unwrap();
    let (said, events) = peer.since();
    assert_eq!((said.len(), events), (1, vec![Event::Stop { stream: 1 }]));
}

#[test]
fn viewers_hear_of_publishers_coming_and_going() {
    let mut peer = Peer::playing();
    peer.session.unpublish_notify(1);
    peer.session.publish_notify(1);
    peer.session.play_complete(1);
    assert_eq!(
        peer.answers(),
        [
            "control 4 [0, 1, 0, 0, 0, 1]",
            "1 onStatus 0 null status:NetStream.Play.UnpublishNotify",
            "control 4 [0, 0, 0, 0, 0, 1]",
            "1 onStatus 0 null status:NetStream.Play.PublishNotify",
            "1 data onPlayStatus status:NetStream.Play.Complete",
            "1 onStatus 0 null status:NetStream.Play.Stop",
            "control 4 [0, 1, 0, 0, 0, 1]",
        ]
    );
    peer.call(0, "deleteStream", 0.0, &[Value::Null, 1.0.into()]).unwrap();
    assert_eq!(peer.events(), [], "it has stopped already");
}

#[test]
fn a_viewers_session_is_small() {
    assert!(size_of::<Session>() <= 640, "{}", size_of::<Session>());
    assert!(size_of::<Output>() <= 160, "{}", size_of::<Output>());
    let peer = Peer::playing();
    assert_eq!(peer.session.events.capacity(), 0);
    assert_eq!(peer.session.link.out.capacity(), 0);
    assert_eq!(peer.session.backlog.capacity(), 0);
    assert!(peer.session.handshake.is_none());
}
