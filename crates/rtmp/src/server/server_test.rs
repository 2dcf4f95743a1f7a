#![allow(clippy::unwrap_used)]

use container::amf0::{Object, Value};
use container::flv::FourCc;
use media::Delta;

use super::testing::*;
use super::*;
use crate::chunk::Reader;
use crate::command::Command;
use crate::message::{AUDIO, COMMAND, COMMAND_AMF3, SET_CHUNK_SIZE, VIDEO};
use crate::{Capabilities, Limits};

#[test]
fn connect_is_answered_and_told() {
    let properties = Object::default().with("capsEx", 3.0);
    let mut peer = Peer::greeted(Config { properties, ..Config::default() });
    let object = Object::default()
        .with("app", "live")
        .with("flashVer", "FMLE/3.0")
        .with("tcUrl", "rtmp://h/live")
        .with("pageUrl", "http://p")
        .with("swfUrl", "http://f")
        .with("objectEncoding", 3.0);
    peer.call(0, "connect", 1.0, &[object.clone().into()]).unwrap();
    let (said, events) = peer.since();
    assert_eq!(
        said,
        [
            "control 5 [0, 38, 37, 160]",
            "control 6 [0, 38, 37, 160, 2]",
            "0 _result 1 -:- status:NetConnection.Connect.Success"
        ]
    );
    let connect = Connect {
        app: "live".into(),
        tc_url: "rtmp://h/live".into(),
        page_url: "http://p".into(),
        swf_url: "http://f".into(),
        flash_ver: "FMLE/3.0".into(),
        capabilities: Capabilities::UNANNOUNCED,
        properties: object,
    };
    assert_eq!(events, [Event::Connected(Box::new(connect))]);
    assert_eq!(peer.session.chunk_size(), 60_000);
}

#[test]
fn the_answer_to_connect_carries_the_encoding_and_our_properties() {
    let properties = Object::default().with("capsEx", 3.0);
    let mut session = Peer::greeted(Config { properties, ..Config::default() }).session;
    let object = Object::default().with("app", "live").with("objectEncoding", 3.0);
    session
        .receive(Time::ZERO, &bytes(0, COMMAND, 0, &command::body("connect", 1.0, &[object.into()])))
        .unwrap();
    let Some(Output::Send(sent)) = session.poll() else { panic!("no answer") };
    let mut reader = Reader::new();
    let mut input = &sent[..];
    let mut last = None;
    while let Some(message) = reader.read(&mut input, &Limits::default().viewer).unwrap() {
        last = Some(message);
    }
    let answer = Command::parse(&last.unwrap().body).unwrap();
    let info = answer.args[1].as_object().unwrap();
    assert_eq!(info.find("objectEncoding"), Some(&Value::Number(3.0)));
    assert_eq!(info.find("capsEx"), Some(&Value::Number(3.0)));
}

/// The information object of the answer to a `connect` with `object`.
fn answered(object: Object) -> (Session, Object) {
    let mut session = Peer::greeted(Config::default()).session;
    let call = bytes(0, COMMAND, 0, &command::body("connect", 1.0, &[object.into()]));
    session.receive(Time::ZERO, &call).unwrap();
    let Some(Output::Send(sent)) = session.poll() else { panic!("no answer") };
    let info = commands(&sent).pop().unwrap().args[1].as_object().unwrap().clone();
    (session, info)
}

/// The commands in what the server has sent.
fn commands(sent: &[u8]) -> Vec<Command> {
    let mut reader = Reader::new();
    let mut input = sent;
    let messages = std::iter::from_fn(|| reader.read(&mut input, &Limits::default().viewer).unwrap());
    let commands = messages.filter(|message| message.header.kind == COMMAND);
    commands.map(|message| Command::parse(&message.body).unwrap()).collect()
}

#[test]
fn who_announces_enhanced_rtmp_is_answered_in_kind() {
    let list = Value::StrictArray(vec!["hvc1".into()]);
    let (mut session, info) = answered(Object::default().with("app", "live").with("fourCcList", list));
    assert_eq!(Capabilities::announced(&info), Some(Capabilities::ALL));
    assert_eq!(info.find("capsEx"), Some(&Value::Number(15.0)));
    let Some(Output::Event(Event::Connected(connect))) = session.poll() else { panic!("not connected") };
    assert!(connect.capabilities.codecs.contains(FourCc::Hvc1));
    assert!(!connect.capabilities.codecs.contains(FourCc::Av01));

    let (_, info) = answered(Object::default().with("app", "live"));
    assert_eq!(Capabilities::announced(&info), None, "to others nothing new is said");
}

#[test]
fn only_who_understands_is_asked_to_reconnect() {
    let (mut session, _) = answered(Object::default().with("app", "live").with("capsEx", 1.0));
    while session.poll().is_some() {}
    assert!(session.request_reconnect(Some("rtmp://other/live"), "Updates."));
    let Some(Output::Send(sent)) = session.poll() else { panic!("nothing said") };
    // The size of chunks was said before.
    let size = bytes(0, SET_CHUNK_SIZE, 0, &60_000u32.to_be_bytes());
    let Command { name, transaction, args } = commands(&[&size[..], &sent].concat()).pop().unwrap();
    assert_eq!((name.as_str(), transaction, &args[0]), ("onStatus", 0.0, &Value::Null));
    let info = args[1].as_object().unwrap();
    let says = |name| info.find(name).and_then(Value::as_str);
    assert_eq!(
        [says("level"), says("code"), says("tcUrl"), says("description")],
        ["status", "NetConnection.Connect.ReconnectRequest", "rtmp://other/live", "Updates."].map(Some)
    );
    assert!(session.request_reconnect(None, ""));
    session.close(Refusal { code: code::CONNECT_CLOSED, description: String::new() });
    assert!(!session.request_reconnect(None, ""));

    let mut peer = Peer::connected();
    assert!(!peer.session.request_reconnect(None, "Updates."));
    assert_eq!(peer.since(), (vec![], vec![]));
}

#[test]
fn a_play_that_fails_later_is_told_so_and_makes_room() {
    let mut peer = Peer::playing();
    peer.session.play_failed(1, "Nothing for you.");
    assert_eq!(peer.answers(), ["1 onStatus 0 null error:NetStream.Play.Failed"]);
    peer.call(1, "play", 4.0, &[Value::Null, "other".into()]).unwrap();
    assert_eq!(peer.session.accept_play(1), Ok(()));
}

#[test]
fn message_streams_are_numbered_from_1_and_reused() {
    let mut peer = Peer::connected();
    for (transaction, id) in [(2.0, 1), (3.0, 2), (4.0, 3)] {
        peer.call(0, "createStream", transaction, &[Value::Null]).unwrap();
        assert_eq!(peer.answers(), [format!("0 _result {transaction} null {id}")]);
    }
    peer.call(0, "deleteStream", 0.0, &[Value::Null, 2.0.into()]).unwrap();
    peer.call(0, "createStream", 5.0, &[Value::Null]).unwrap();
    assert_eq!(peer.answers(), ["0 _result 5 null 2"]);
}

#[test]
fn only_what_was_asked_for_can_be_answered() {
    let mut peer = Peer::connected();
    assert_eq!(peer.session.accept_play(1).unwrap_err(), Error::NotAsked { stream: 1 });
    peer.call(1, "publish", 5.0, &[Value::Null, "s".into()]).unwrap();
    assert_eq!(peer.session.accept_play(1).unwrap_err(), Error::NotAsked { stream: 1 });
    assert_eq!(peer.session.accept_publish(2).unwrap_err(), Error::NotAsked { stream: 2 });
    let refusal = Refusal { code: code::PLAY_FAILED, description: String::new() };
    assert_eq!(peer.session.refuse_play(1, refusal).unwrap_err(), Error::NotAsked { stream: 1 });
    assert_eq!(peer.session.accept_publish(1), Ok(()));
}

#[test]
fn being_closed_is_told_everywhere_and_is_the_end() {
    let mut peer = Peer::publishing();
    peer.session.close(Refusal { code: code::PUBLISH_DENIED, description: "Kicked.".into() });
    assert_eq!(
        peer.answers(),
        [
            "1 onStatus 0 null error:NetStream.Publish.Denied",
            "0 onStatus 0 null status:NetConnection.Connect.Closed"
        ]
    );
    peer.send(1, AUDIO, 5, b"a").unwrap();
    peer.tick(Delta::secs(1000)).unwrap();
    assert_eq!(peer.since(), (vec![], vec![]));
    assert_eq!(peer.session.deadline(), None);
}

#[test]
fn commands_framed_for_amf3_are_understood() {
    let mut peer = Peer::connected();
    let body = command::body("createStream", 2.0, &[Value::Null]);
    peer.send(0, COMMAND_AMF3, 0, &[&[0], &body[..]].concat()).unwrap();
    peer.send(0, COMMAND_AMF3, 0, &body).unwrap();
    assert_eq!(peer.answers(), ["0 _result 2 null 1", "0 _result 2 null 2"]);
}

#[test]
fn unknown_commands_are_answered_when_an_answer_is_wanted() {
    let mut peer = Peer::connected();
    peer.call(0, "frobnicate", 0.0, &[Value::Null]).unwrap();
    peer.call(0, "frobnicate", 9.0, &[Value::Null]).unwrap();
    peer.call(0, "_checkbw", 10.0, &[Value::Null]).unwrap();
    peer.call(0, "_result", 11.0, &[Value::Null]).unwrap();
    peer.call(0, "onStatus", 12.0, &[Value::Null]).unwrap();
    assert_eq!(
        peer.answers(),
        ["0 _error 9 null error:NetConnection.Call.Failed", "0 _result 10 null undefined"]
    );
}

#[test]
fn order_matters_for_connect_alone() {
    let mut peer = Peer::greeted(Config::default());
    let error = peer.call(1, "publish", 1.0, &[Value::Null, "s".into()]).unwrap_err();
    assert_eq!(error, Error::Order { command: "publish".into(), connected: false });
    assert_eq!(error.to_string(), "command publish before connect");
    let error = Peer::connected().call(0, "connect", 1.0, &[app("live")]).unwrap_err();
    assert_eq!(error, Error::Order { command: "connect".into(), connected: true });
    // A message stream that was never made is made.
    let mut peer = Peer::connected();
    peer.call(1, "publish", 0.0, &[Value::Null, "s".into()]).unwrap();
    assert_eq!(peer.events().len(), 1);
}

#[test]
fn a_name_is_needed() {
    let mut peer = Peer::connected();
    peer.call(1, "publish", 0.0, &[Value::Null, "".into()]).unwrap();
    peer.call(1, "publish", 0.0, &[Value::Null]).unwrap();
    peer.call(1, "play", 0.0, &[Value::Null, "?k=v".into()]).unwrap();
    assert_eq!(
        peer.answers(),
        [
            "1 onStatus 0 null error:NetStream.Publish.BadName",
            "1 onStatus 0 null error:NetStream.Publish.BadName",
            "1 onStatus 0 null error:NetStream.Play.Failed",
        ]
    );
}

#[test]
fn received_bytes_are_acknowledged_by_the_peers_window() {
    let mut peer = Peer::publishing();
    peer.send(0, 5, 0, &1000u32.to_be_bytes()).unwrap();
    peer.clear();
    peer.send(1, VIDEO, 0, &[1; 400]).unwrap();
    assert_eq!(peer.since().0.len(), 1, "half a window is acknowledged");
    peer.send(1, VIDEO, 0, &[1; 400]).unwrap();
    assert_eq!(peer.since().0, Vec::<String>::new());
    peer.send(1, VIDEO, 0, &[1; 400]).unwrap();
    let (said, _) = peer.since();
    assert!(said[0].starts_with("control 3 "), "{said:?}");
    // Without a window there is still one.
    let mut peer = Peer::publishing();
    for _ in 0..13 {
        peer.send(1, VIDEO, 0, &[1; 100_000]).unwrap();
    }
    assert_eq!(peer.since().0.iter().filter(|line| line.starts_with("control 3 ")).count(), 1);
}

#[test]
fn control_messages_are_answered_or_ignored() {
    let mut peer = Peer::playing();
    peer.send(0, 4, 0, &[0, 6, 1, 2, 3, 4]).unwrap();
    assert_eq!(peer.answers(), ["control 4 [0, 7, 1, 2, 3, 4]"], "a ping is answered");
    peer.send(0, 6, 0, &[0, 0, 16, 0, 2]).unwrap();
    assert_eq!(peer.answers(), ["control 5 [0, 0, 16, 0]"], "a bandwidth is confirmed");
    for body in [&[0u8, 6, 1][..], &[], &[0, 7, 0, 0, 0, 0], &[0, 26], &[0, 31, 0, 0, 0, 1]] {
        peer.send(0, 4, 0, body).unwrap();
    }
    peer.send(0, 3, 0, &[0, 0, 0, 1]).unwrap();
    peer.send(0, 5, 0, &[0; 4]).unwrap();
    assert_eq!(peer.answers(), Vec::<String>::new());
    assert_eq!(peer.send(0, 5, 0, &[0]).unwrap_err(), Error::Control { kind: 5, size: 1 });
}

#[test]
fn strangers_may_send_little_and_publishers_much() {
    let bounds = Limits::default();
    let mut peer = Peer::connected();
    let (size, max) = (bounds.stranger.message + 1, bounds.stranger.message);
    let error = peer.send(1, VIDEO, 0, &vec![0; size]).unwrap_err();
    assert_eq!(error, Error::MessageTooLarge { csid: 4, size, max });
    assert!(Peer::publishing().send(1, VIDEO, 0, &vec![0; size]).is_ok());
    assert!(Peer::playing().send(1, VIDEO, 0, &vec![0; size]).is_err());
    let mut ended = Peer::publishing();
    ended.call(1, "closeStream", 0.0, &[]).unwrap();
    assert!(ended.send(1, VIDEO, 0, &vec![0; size]).is_err());
}

#[test]
fn message_streams_are_bounded() {
    let limits = Limits { message_streams: 2, ..Limits::default() };
    let mut peer = Peer::connected_with(Config { limits, ..Config::default() });
    peer.call(0, "createStream", 2.0, &[]).unwrap();
    peer.call(0, "createStream", 3.0, &[]).unwrap();
    assert_eq!(peer.call(0, "createStream", 4.0, &[]).unwrap_err(), Error::TooManyStreams { max: 2 });
    assert_eq!(
        peer.call(9, "play", 5.0, &[Value::Null, "s".into()]).unwrap_err(),
        Error::TooManyStreams { max: 2 }
    );
}

#[test]
fn answers_are_bounded() {
    let max = 4000;
    let limits = Limits { pending_output: max, ..Limits::default() };
    let mut peer = Peer::connected_with(Config { limits, ..Config::default() });
    let ping = bytes(0, 4, 0, &[0, 6, 1, 2, 3, 4]);
    let size = ping.len();
    assert_eq!(peer.receive(&ping.repeat(max / size)), Ok(()));
    let error = peer.session.receive(peer.now, &ping.repeat(max / size + 1)).unwrap_err();
    assert!(matches!(error, Error::TooMuchOutput { max: 4000, .. }));
}

#[test]
fn the_handshake_has_to_come_in_time() {
    let mut peer = Peer::new(Config::default());
    assert_eq!(peer.session.deadline(), Some(Time::MIN), "the first tick tells the time");
    peer.tick(Delta::ZERO).unwrap();
    let limit = Limits::default().handshake;
    assert_eq!(peer.session.deadline(), Some(peer.now + limit));
    peer.tick(limit - Delta::micros(1)).unwrap();
    peer.session.receive(peer.now, &[3, 0, 0]).unwrap();
    let error = peer.tick(Delta::micros(1)).unwrap_err();
    assert_eq!(error, Error::TimedOut { wait: Wait::Handshake, limit });
    assert_eq!(error.to_string(), "handshake took longer than 10.000s");
}

#[test]
fn a_request_has_to_come_in_time() {
    let limit = Limits::default().request;
    let timed_out = Err(Error::TimedOut { wait: Wait::Request, limit });
    let mut peer = Peer::connected();
    assert_eq!(peer.session.deadline(), Some(peer.now + limit));
    peer.tick(limit - Delta::secs(1)).unwrap();
    // Talking is not asking.
    peer.call(0, "createStream", 2.0, &[]).unwrap();
    assert_eq!(peer.tick(Delta::secs(1)), timed_out);

    // While the owner thinks, the peer is not late.
    let mut peer = Peer::connected();
    peer.call(1, "play", 2.0, &[Value::Null, "s".into()]).unwrap();
    peer.tick(limit * 2).unwrap();
    peer.session.accept_play(1).unwrap();
    peer.tick(limit).unwrap();
    peer.call(1, "closeStream", 0.0, &[]).unwrap();
    peer.tick(limit - Delta::secs(1)).unwrap();
    assert_eq!(peer.tick(Delta::secs(1)), timed_out, "after the last stream it counts again");

    let mut peer = Peer::connected();
    peer.call(1, "play", 2.0, &[Value::Null, "s".into()]).unwrap();
    peer.tick(limit * 2).unwrap();
    peer.session.refuse_play(1, Refusal { code: code::PLAY_FAILED, description: String::new() }).unwrap();
    peer.tick(limit - Delta::secs(1)).unwrap();
    assert_eq!(peer.tick(Delta::secs(1)), timed_out, "a refused peer may ask once more");
}

#[test]
fn silence_is_pinged_and_then_the_end() {
    let Limits { ping, idle, .. } = Limits::default();
    let mut peer = Peer::playing();
    assert_eq!(peer.session.deadline(), Some(peer.now + ping));
    peer.tick(ping).unwrap();
    assert_eq!(peer.answers(), ["control 4 [0, 6, 0, 15, 183, 112]"]);
    assert_eq!(peer.session.deadline(), Some(peer.now + ping));
    // An answer is a sign of life.
    peer.send(0, 4, 0, &[0, 7, 0, 15, 183, 112]).unwrap();
    let mut left = idle;
    while left > ping {
        peer.tick(ping).unwrap();
        left -= ping;
    }
    assert_eq!(peer.session.deadline(), Some(peer.now + left));
    assert_eq!(peer.tick(left), Err(Error::TimedOut { wait: Wait::Sign, limit: idle }));
}
