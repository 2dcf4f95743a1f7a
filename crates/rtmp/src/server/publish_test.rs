#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use container::amf0::{Object, Value};

use super::testing::*;
use super::*;
use crate::message::{AGGREGATE, AUDIO, COMMAND, DATA, DATA_AMF3, VIDEO};
use crate::{Limits, Media, MediaKind};

#[test]
fn a_publish_waits_for_its_answer_and_nothing_is_lost_meanwhile() {
    let mut peer = Peer::connected();
    peer.call(0, "releaseStream", 2.0, &[Value::Null, "s?k=v".into()]).unwrap();
    peer.call(0, "FCPublish", 3.0, &[Value::Null, "s?k=v".into()]).unwrap();
    peer.call(0, "createStream", 4.0, &[Value::Null]).unwrap();
    assert_eq!(
        peer.answers(),
        [
            "0 _result 2 null undefined",
            "0 _result 3 null undefined",
            "0 onFCPublish 0 null status:NetStream.Publish.Start",
            "0 _result 4 null 1",
        ]
    );
    // The first audio comes in the same piece, more of it later, before the answer.
    let mut piece =
        bytes(1, COMMAND, 0, &command::body("publish", 5.0, &[Value::Null, "s?k=v".into(), "live".into()]));
    piece.extend_from_slice(&bytes(1, AUDIO, 7, b"first"));
    let second = bytes(1, VIDEO, 8, &[9; 100_000]);
    piece.extend_from_slice(&second[..50]);
    peer.receive(&piece).unwrap();
    peer.receive(&second[50..]).unwrap();
    assert_eq!(
        peer.since(),
        (vec![], vec![Event::Publish { stream: 1, target: target("live", "s", "k=v") }])
    );

    peer.session.accept_publish(1).unwrap();
    let (said, events) = peer.since();
    assert_eq!(said, ["control 4 [0, 0, 0, 0, 0, 1]", "1 onStatus 0 null status:NetStream.Publish.Start"]);
    let media = |kind, time, body: &[u8]| {
        Event::Media(Media {
            stream: 1,
            kind,
            time: Time::from_millis(time),
            body: Bytes::copy_from_slice(body),
        })
    };
    assert_eq!(events, [media(MediaKind::Audio, 7, b"first"), media(MediaKind::Video, 8, &[9; 100_000])]);
}

#[test]
fn what_waits_for_an_answer_is_bounded() {
    let limits = Limits { waiting_input: 1000, ..Limits::default() };
    let mut peer = Peer::connected_with(Config { limits, ..Config::default() });
    peer.call(1, "publish", 5.0, &[Value::Null, "s".into()]).unwrap();
    peer.receive(&[0; 1000]).unwrap();
    assert_eq!(peer.receive(&[0]).unwrap_err(), Error::TooMuchWaiting { size: 1001, max: 1000 });
}

#[test]
fn a_refused_publish_is_told_why_and_its_media_dropped() {
    let mut peer = Peer::connected();
    peer.call(1, "publish", 5.0, &[Value::Null, "s".into()]).unwrap();
    peer.send(1, AUDIO, 7, b"first").unwrap();
    peer.events();
    let refusal = Refusal { code: code::PUBLISH_BAD_NAME, description: "Wrong key.".into() };
    peer.session.refuse_publish(1, refusal).unwrap();
    assert_eq!(peer.answers(), ["1 onStatus 0 null error:NetStream.Publish.BadName"]);
    assert_eq!(peer.session.dropped(), 1);
    assert_eq!(peer.session.accept_publish(1).unwrap_err(), Error::NotAsked { stream: 1 });
}

#[test]
fn media_come_with_unwrapped_times_of_one_clock() {
    let mut peer = Peer::publishing();
    let wrap = 0xffff_fff0u32;
    peer.send(1, VIDEO, wrap, b"v").unwrap();
    peer.send(1, AUDIO, 0x10, b"a").unwrap();
    peer.send(1, VIDEO, wrap + 8, b"w").unwrap();
    assert_eq!(
        peer.media(),
        [
            (MediaKind::Video, i64::from(wrap), Bytes::from("v")),
            (MediaKind::Audio, (1 << 32) + 0x10, Bytes::from("a")),
            (MediaKind::Video, i64::from(wrap) + 8, Bytes::from("w")),
        ]
    );
}

#[test]
fn data_is_freed_of_its_frames() {
    let mut peer = Peer::publishing();
    let meta = command::data(&["onMetaData".into(), Value::EcmaArray(Object::default().with("width", 1.0))]);
    let set = command::data(&["@setDataFrame".into()]);
    peer.send(1, DATA, 0, &meta).unwrap();
    peer.send(1, DATA, 0, &[&set[..], &meta].concat()).unwrap();
    peer.send(1, DATA_AMF3, 0, &[&[0], &set[..], &meta].concat()).unwrap();
    peer.send(1, DATA, 0, &command::data(&["@clearDataFrame".into(), "onMetaData".into()])).unwrap();
    assert_eq!(peer.media(), vec![(MediaKind::Data, 0, meta.freeze()); 3]);
}

#[test]
fn an_aggregate_is_split() {
    let mut peer = Peer::publishing();
    let body = [
        &[8, 0, 0, 1, 0, 0, 100, 0, 0, 0, 0][..],
        b"a",
        &[0, 0, 0, 12],
        &[9, 0, 0, 2, 0, 0, 140, 0, 0, 0, 0],
        b"vv",
        &[0, 0, 0, 13],
        &[20, 0, 0, 1, 0, 0, 140, 0, 0, 0, 0, 5, 0, 0, 0, 12],
    ]
    .concat();
    peer.send(1, AGGREGATE, 5000, &body).unwrap();
    assert_eq!(
        peer.media(),
        [(MediaKind::Audio, 5000, Bytes::from("a")), (MediaKind::Video, 5040, Bytes::from("vv"))]
    );
}

#[test]
fn empty_media_and_strange_messages_pass_without_a_word() {
    let mut peer = Peer::publishing();
    peer.send(1, AUDIO, 0, b"").unwrap();
    for kind in [0, 7, 16, 19, 99] {
        peer.send(1, kind, 0, b"?").unwrap();
    }
    assert_eq!(peer.since(), (vec![], vec![]));
}

#[test]
fn media_on_another_message_stream_belong_to_the_only_publisher() {
    let mut peer = Peer::publishing();
    peer.send(0, AUDIO, 5, b"a").unwrap();
    assert_eq!(peer.media(), [(MediaKind::Audio, 5, Bytes::from("a"))]);
    // With two it would be a guess.
    peer.call(2, "publish", 5.0, &[Value::Null, "t".into()]).unwrap();
    peer.session.accept_publish(2).unwrap();
    peer.clear();
    peer.send(0, AUDIO, 5, b"a").unwrap();
    assert_eq!(peer.since(), (vec![], vec![]));
    assert_eq!(peer.session.dropped(), 1);
}

#[test]
fn a_publish_ends_once_however_it_is_said() {
    let ways: [&[&str]; 5] = [
        &["FCUnpublish", "deleteStream"],
        &["FCUnpublish", "closeStream", "deleteStream"],
        &["closeStream", "FCUnpublish", "deleteStream"],
        &["deleteStream", "FCUnpublish"],
        &["deleteStream", "deleteStream"],
    ];
    for way in ways {
        let mut peer = Peer::publishing();
        for name in way {
            let value = if *name == "deleteStream" { 1.0.into() } else { "s?k=v".into() };
            peer.call(1, name, 6.0, &[Value::Null, value]).unwrap();
        }
        assert_eq!(peer.events(), [Event::Unpublish { stream: 1 }]);
        peer.send(1, AUDIO, 0, b"late").unwrap();
        assert_eq!(peer.events(), []);
    }
}

#[test]
fn the_end_of_a_publish_is_answered() {
    let mut peer = Peer::publishing();
    peer.call(0, "FCUnpublish", 6.0, &[Value::Null, "s".into()]).unwrap();
    let (said, events) = peer.since();
    assert_eq!(
        said,
        [
            "0 _result 6 null undefined",
            "0 onFCUnpublish 0 null status:NetStream.Unpublish.Success",
            "1 onStatus 0 null status:NetStream.Unpublish.Success",
        ]
    );
    assert_eq!(events, [Event::Unpublish { stream: 1 }], "the query may be left out");

    let mut peer = Peer::publishing();
    peer.call(1, "closeStream", 0.0, &[Value::Null]).unwrap();
    assert_eq!(peer.since().0, ["1 onStatus 0 null status:NetStream.Unpublish.Success"]);
}

#[test]
fn a_stream_is_deleted_on_itself_when_none_is_named() {
    let mut peer = Peer::publishing();
    peer.call(1, "deleteStream", 0.0, &[Value::Null]).unwrap();
    assert_eq!(peer.events(), [Event::Unpublish { stream: 1 }]);
    peer.call(0, "createStream", 7.0, &[Value::Null]).unwrap();
    assert_eq!(peer.answers(), ["0 _result 7 null 1"]);
}

#[test]
fn a_stream_can_be_published_again() {
    let mut peer = Peer::publishing();
    peer.call(1, "publish", 5.0, &[Value::Null, "t".into()]).unwrap();
    let publish = Event::Publish { stream: 1, target: target("live", "t", "") };
    assert_eq!(peer.events(), [Event::Unpublish { stream: 1 }, publish]);
    peer.session.accept_publish(1).unwrap();
    peer.clear();
    peer.send(1, AUDIO, 5, b"a").unwrap();
    assert_eq!(peer.media(), [(MediaKind::Audio, 5, Bytes::from("a"))]);
}

#[test]
fn one_connection_publishes_and_plays() {
    let mut peer = Peer::publishing();
    peer.call(0, "createStream", 4.0, &[Value::Null]).unwrap();
    assert_eq!(peer.answers(), ["0 _result 4 null 2"]);
    peer.call(2, "play", 5.0, &[Value::Null, "t".into()]).unwrap();
    peer.session.accept_play(2).unwrap();
    peer.clear();
    peer.send(1, AUDIO, 5, b"a").unwrap();
    assert_eq!(peer.media(), [(MediaKind::Audio, 5, Bytes::from("a"))]);
    peer.call(0, "deleteStream", 0.0, &[Value::Null, 2.0.into()]).unwrap();
    assert_eq!(peer.events(), [Event::Stop { stream: 2 }]);
    peer.send(1, AUDIO, 6, b"b").unwrap();
    assert_eq!(peer.media().len(), 1);
}
