//! The offers of known programs, as they are and broken.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use media::{Codec, TrackId, h264, h265, opus};

use super::*;
use crate::sdp::write;
use crate::sdp::{Direction, MAX_SIZE};
use crate::{Candidate as Host, Certificate, Config, Credentials, Peer, Transport};

const PUBLISHERS: [(&str, &str); 6] = [
    ("chromium", include_str!("../fixtures/offers/chromium_publishes.sdp")),
    ("chromium, simulcast", include_str!("../fixtures/offers/chromium_simulcast.sdp")),
    ("obs", include_str!("../fixtures/offers/obs30_publishes.sdp")),
    ("larix", include_str!("../fixtures/offers/larix_publishes.sdp")),
    ("ffmpeg", include_str!("../fixtures/offers/ffmpeg_publishes.sdp")),
    ("gstreamer", include_str!("../fixtures/offers/gstreamer_publishes.sdp")),
];
const PLAYERS: [(&str, &str); 3] = [
    ("chromium", include_str!("../fixtures/offers/chromium_plays.sdp")),
    ("firefox", include_str!("../fixtures/offers/firefox_plays.sdp")),
    ("aiortc", include_str!("../fixtures/offers/aiortc_plays.sdp")),
];

fn config() -> Config {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    let host = |transport| Host { transport, address: SocketAddr::from(([203, 0, 113, 1], 8000)) };
    Config {
        certificate: CERTIFICATE.get_or_init(|| Certificate::generate().expect("one")).clone(),
        credentials: Credentials::new("server", "0123456789abcdefghijkl").expect("good"),
        secret: [7; 16],
        wall: std::time::SystemTime::UNIX_EPOCH,
        candidates: vec![host(Transport::Udp), host(Transport::Tcp)],
        lite: true,
        timeout: Config::TIMEOUT,
        connection: Config::CONNECTION,
    }
}

fn track(codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(0), codec })
}

/// H.264 of a profile.
fn h264(profile: u8) -> Arc<Track> {
    let sps = Bytes::copy_from_slice(&[0x67, profile, 0, 0x28, 0xac]);
    let pps = Bytes::from_static(&[0x68, 0xeb]);
    track(Codec::H264(h264::Parameters::new(vec![sps], vec![pps]).expect("sets")))
}

fn h265() -> Arc<Track> {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters =
        h265::Parameters::new(vec![], sets(&[0x42, 1, 1]), sets(&[0x44, 1, 0xc1])).expect("sets");
    track(Codec::H265(parameters))
}

fn opus() -> Arc<Track> {
    track(Codec::Opus(opus::Parameters::new(2).expect("stereo")))
}

fn tracks() -> [Arc<Track>; 2] {
    [h264(100), opus()]
}

fn publish(offer: &str) -> Result<(Peer, String), Refused> {
    Peer::publisher(Instant::now(), config(), offer)
}

fn play(offer: &str, tracks: &[Arc<Track>]) -> Result<(Peer, String), Refused> {
    Peer::player(Instant::now(), config(), offer, tracks)
}

/// The lines of the m-line in place `index`.
fn section(sdp: &str, index: usize) -> Vec<&str> {
    let part = sdp.split("\r\nm=").nth(index + 1).expect("an m-line");
    part.split("\r\n").collect()
}

#[test]
fn every_known_publisher_is_answered() {
    for (name, offer) in PUBLISHERS {
        let (peer, answer) = publish(offer).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        let kinds: HashSet<Kind> = peer.media().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.len(), 2, "{name}");
        let video = peer.media().iter().find(|(kind, _)| *kind == Kind::Video);
        assert_eq!(video, Some(&(Kind::Video, CodecName::H264)), "{name}");
        let read = Description::parse(&answer).expect("good SDP");
        let offered = Description::parse(offer).expect("good SDP");
        assert!(read.lite);
        assert_eq!(read.sections.len(), offered.sections.len(), "{name}");
        for (section, offered) in read.sections.iter().zip(&offered.sections) {
            assert_eq!(section.mid, offered.mid);
            assert_eq!((section.direction, section.rejected), (Direction::Receive, false), "{name}");
            assert_eq!(section.transport.ufrag.as_deref(), Some("server"));
            let active = offered.transport.setup == Some(Setup::Passive);
            assert_eq!(section.transport.setup == Some(Setup::Active), active, "{name}");
            for payload in &section.payloads {
                let theirs = offered.payloads.iter().find(|theirs| theirs.number == payload.number);
                assert_eq!(
                    theirs.map(|theirs| (&theirs.name, theirs.repair)),
                    Some((&payload.name, payload.repair))
                );
            }
        }
        assert_eq!(read.sections[0].transport.candidates.len(), 2, "{name}");
        assert_eq!(read.sections[1].transport.candidates.len(), 0, "{name}");
    }
}

#[test]
fn every_known_player_is_answered() {
    for (name, offer) in PLAYERS {
        let (peer, answer) = play(offer, &tracks()).unwrap_or_else(|refused| panic!("{name}: {refused}"));
        assert_eq!(peer.media().len(), 2, "{name}");
        let read = Description::parse(&answer).expect("good SDP");
        for section in &read.sections {
            assert_eq!(section.direction, Direction::Send, "{name}");
            assert_eq!(section.payloads.len(), 1, "{name}");
            assert!(!section.ssrcs.is_empty(), "{name}");
        }
    }
}

#[test]
fn a_browser_publishes_h264_though_it_names_vp8_first() {
    let (peer, answer) = publish(PUBLISHERS[0].1).expect("an answer");
    let video: Vec<_> =
        peer.media().iter().filter(|(kind, _)| *kind == Kind::Video).map(|(_, codec)| codec.name()).collect();
    assert_eq!(video, ["h264", "av1", "h265", "vp8", "vp9"]);
    let lines = section(&answer, 1);
    assert_eq!(lines[0], "video 9 UDP/TLS/RTP/SAVPF 103 104 45 46 49 50 96 97 98 99");
    assert!(
        lines.contains(&"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f")
    );
    assert!(lines.contains(&"a=fmtp:104 apt=103"));
    assert!(section(&answer, 0).contains(&"a=fmtp:111 minptime=10;useinbandfec=1;stereo=1"));
    assert!(!answer.contains("video-orientation"), "or pictures would come lying on their side");
}

#[test]
fn h264_in_mode_0_is_taken_where_there_is_no_mode_1() {
    let offer = PUBLISHERS[0].1;
    let h264 = |offer: &str| {
        let (_, answer) = publish(offer).expect("an answer");
        let read = Description::parse(&answer).expect("good SDP");
        let mut payloads = read.sections.into_iter().flat_map(|section| section.payloads);
        let payload = payloads.find(|payload| payload.name == "h264")?;
        Some((payload.number, payload.parameter("packetization-mode").map(str::to_owned)))
    };
    let as_said = |mode: &str| Some(mode.to_owned());
    let swapped = offer.replace("fmtp:103 level-asymmetry-allowed=1;packetization-mode=1", "fmtp:103 x=1");
    let (number, mode) = h264(&swapped).expect("H.264");
    assert!(number != 103 && mode == as_said("1"), "another in mode 1 goes before it: {number} {mode:?}");
    assert_eq!(
        h264(&offer.replace("packetization-mode=1", "packetization-mode=0")),
        Some((103, as_said("0")))
    );
    assert_eq!(
        h264(&offer.replace("packetization-mode=1;", "").replace("packetization-mode=0;", "")),
        Some((103, None))
    );
    assert_eq!(
        h264(
            &offer
                .replace("packetization-mode=1", "packetization-mode=2")
                .replace("packetization-mode=0", "packetization-mode=2")
        ),
        None
    );
}

#[test]
fn simulcast_is_taken_as_offered() {
    let (_, answer) = publish(PUBLISHERS[1].1).expect("an answer");
    let lines = section(&answer, 1);
    for line in ["a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"] {
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
    let without = PUBLISHERS[1].1.replace("sdes:rtp-stream-id", "sdes:another");
    let (_, answer) = publish(&without).expect("an answer");
    assert!(!answer.contains("simulcast"), "nobody could tell them apart");
}

#[test]
fn a_player_gets_the_payload_type_of_the_same_profile_else_of_the_highest() {
    let number = |offer: &str, profile| {
        let (_, answer) = play(offer, &[h264(profile)]).expect("an answer");
        let line = answer.lines().find(|line| line.starts_with("m=video 9")).expect("video").to_owned();
        line.split(' ').nth(3).expect("a number").to_owned()
    };
    let chromium = PLAYERS[0].1;
    assert_eq!(number(chromium, 100), "119");
    assert_eq!(number(chromium, 77), "117");
    assert_eq!(number(chromium, 66), "103");
    assert_eq!(number(chromium, 110), "119", "High 10 is not offered");
    assert_eq!(number(PLAYERS[1].1, 100), "126", "a browser that names only baseline decodes High");
    assert_eq!(number(PLAYERS[2].1, 100), "99");
}

#[test]
fn a_player_without_the_codec_learns_what_the_stream_is() {
    let refused = play(PLAYERS[1].1, &[h265(), opus()]).expect_err("refused");
    assert_eq!(refused.to_string(), "the stream is h265; the player offers vp8, vp9, h264, av1");
    let mode_0 = PLAYERS[2].1.replace("packetization-mode=1", "packetization-mode=0");
    let refused = play(&mode_0, &tracks()).expect_err("refused");
    assert_eq!(
        refused.to_string(),
        "the stream is h264; the player offers vp8, h264 (in packetization mode 0)"
    );
    let refused = play(PLAYERS[0].1, &[track(Codec::Amf0)]).expect_err("refused");
    assert_eq!(refused, Refused::NotForWebRtc { codec: "amf0" });
}

#[test]
fn what_the_stream_lacks_is_inactive_and_the_rest_plays() {
    for tracks in [&tracks()[..1], &tracks()[1..]] {
        let (peer, answer) = play(PLAYERS[0].1, tracks).expect("an answer");
        assert_eq!(peer.media().len(), 1);
        let read = Description::parse(&answer).expect("good SDP");
        let directions: Vec<_> = read.sections.iter().map(|section| section.direction).collect();
        let sends = tracks[0].kind() == Kind::Video;
        let expected =
            if sends { [Direction::Send, Direction::Neither] } else { [Direction::Neither, Direction::Send] };
        assert_eq!(directions, expected);
        assert_eq!(read.bundle, ["0", "1"]);
        assert!(read.sections.iter().all(|section| !section.rejected));
        assert_eq!(read.sections[0].transport.candidates.len(), 2);
    }
}

#[test]
fn other_m_lines_are_rejected() {
    let application =
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=mid:2\na=sctp-port:5000\n";
    let more = PUBLISHERS[2].1.replace("BUNDLE 0 1", "BUNDLE 0 1 2 3");
    let video = &more[more.find("m=video").expect("video")..];
    let offer = format!("{more}{application}{}", video.replace("mid:1", "mid:3"));
    let (_, answer) = publish(&offer).expect("an answer");
    assert!(answer.contains("a=group:BUNDLE 0 1\r\n"), "{answer}");
    assert_eq!(section(&answer, 2)[0], "application 0 UDP/DTLS/SCTP webrtc-datachannel");
    assert_eq!(section(&answer, 3)[0], "video 0 UDP/TLS/RTP/SAVPF 96");
}

#[test]
fn refusals_say_what_is_wrong() {
    let chromium = PUBLISHERS[0].1;
    let without = |needle: &str| -> String {
        chromium.lines().filter(|line| !line.contains(needle)).map(|line| format!("{line}\n")).collect()
    };
    let refused = |offer: &str| publish(offer).expect_err("refused");
    assert_eq!(refused(&without("fingerprint")), Refused::NoFingerprint);
    assert_eq!(refused(&without("ice-pwd")), Refused::NoIceCredentials);
    assert_eq!(refused(&without("rtcp-mux")), Refused::NoRtcpMux);
    assert_eq!(refused("v=0\n"), Refused::NoMedia { rejected: false });
    assert_eq!(
        refused(&chromium.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0")),
        Refused::NoMedia { rejected: true }
    );
    let receives = chromium.replace("a=sendonly", "a=recvonly");
    assert_eq!(refused(&receives), Refused::Direction { found: "recvonly", expected: "sendonly" });
    let sends = play(chromium, &tracks()).expect_err("refused");
    assert_eq!(sends.to_string(), "the offer is sendonly, expected recvonly");
    let unknown = PUBLISHERS[2].1.replace("H264", "Theora").replace("opus/48000/2", "Vorbis/48000/2");
    assert_eq!(refused(&unknown).to_string(), "none of the codecs offered is known here: vorbis");
    assert_eq!(refused(&chromium.replace("a=mid:1", "a=mid:0")), Refused::Ambiguous);
    assert_eq!(refused(&"x".repeat(MAX_SIZE + 1)), Refused::TooLarge { size: MAX_SIZE + 1, max: MAX_SIZE });
    let twice = PUBLISHERS[2].1.replace("111", "96");
    assert_eq!(refused(&twice), Refused::Ambiguous, "one payload type for sound and pictures");
}

#[test]
fn an_m_line_without_a_known_codec_goes_and_the_rest_stays() {
    for (name, other, gone) in [("H264", "Theora", 1), ("opus/48000/2", "Vorbis/48000/2", 0)] {
        let (peer, answer) = publish(&PUBLISHERS[2].1.replace(name, other)).expect("an answer");
        assert_eq!(peer.media().len(), 1, "{other}");
        let ports = [0, 1].map(|index| section(&answer, index)[0].split(' ').nth(1).map(str::to_owned));
        let expected = [0, 1].map(|index| Some(if index == gone { "0" } else { "9" }.to_owned()));
        assert_eq!(ports, expected, "{other}");
        assert!(answer.contains(&format!("a=group:BUNDLE {}\r\n", 1 - gone)), "{answer}");
    }
    let deaf = PLAYERS[2].1.replace("opus/48000/2", "Vorbis/48000/2");
    let (peer, answer) = play(&deaf, &tracks()).expect("an answer");
    assert_eq!(peer.media(), [(Kind::Video, CodecName::H264)]);
    let read = Description::parse(&answer).expect("good SDP");
    let rejected = |section: &&Section| section.rejected && section.kind() == Some(Kind::Audio);
    assert_eq!(read.sections.iter().filter(rejected).count(), 1, "{answer}");
}

#[test]
fn what_is_not_offered_is_not_answered() {
    let has = |answer: &str, attribute: &str| answer.contains(&format!("a={attribute}\r\n"));
    for attribute in ["extmap-allow-mixed", "rtcp-rsize"] {
        let line = format!("a={attribute}");
        let without: String = PUBLISHERS[0]
            .1
            .lines()
            .filter(|text| text.trim_end() != line)
            .map(|text| format!("{}\r\n", text.trim_end()))
            .collect();
        let (_, answer) = publish(PUBLISHERS[0].1).expect("an answer");
        assert!(has(&answer, attribute), "{attribute}");
        let (_, answer) = publish(&without).expect("an answer");
        assert!(!has(&answer, attribute), "{attribute}");
    }
    let of_section = PUBLISHERS[0]
        .1
        .replace("a=extmap-allow-mixed", "a=x")
        .replace("a=mid:1", "a=mid:1\na=extmap-allow-mixed");
    let (_, answer) = publish(&of_section).expect("an answer");
    assert!(section(&answer, 1).contains(&"a=extmap-allow-mixed"));
    assert!(!section(&answer, 0).contains(&"a=extmap-allow-mixed"));
    assert!(!answer.split("\r\nm=").next().is_some_and(|session| session.contains("allow-mixed")));
}

#[test]
fn who_calls_itself_lite_is_answered_all_the_same() {
    assert!(publish(&PUBLISHERS[3].1.replace("s=-", "s=-\na=ice-lite")).is_ok(), "Larix does, and asks");
}

#[test]
fn without_a_bundle_only_the_first_m_line_is_taken() {
    let offer = PUBLISHERS[2].1.replace("a=group:BUNDLE 0 1\n", "");
    let (peer, answer) = publish(&offer).expect("an answer");
    assert_eq!(peer.media(), [(Kind::Audio, CodecName::Opus { channels: 2 })]);
    assert!(section(&answer, 1)[0].starts_with("video 0 "));
}

#[test]
fn feedback_of_firefox_on_pictures_only_stays_on_pictures() {
    let (_, answer) = play(PLAYERS[1].1, &tracks()).expect("an answer");
    assert!(section(&answer, 0).iter().any(|line| line.contains("transport-wide-cc")));
    assert!(!section(&answer, 1).iter().any(|line| line.contains("transport-wide-cc")));
}

/// Both kinds of session from an offer. The engine is made only of descriptions that it has not had yet.
fn try_all(offer: &str) {
    static HAD: OnceLock<Mutex<HashSet<String>>> = OnceLock::new();
    let Ok(read) = Description::parse(offer) else { return };
    let publisher = publisher(&read).map(|agreed| write::for_engine(&agreed, Direction::Send));
    let player = player(&read, &tracks()).map(|agreed| write::for_engine(&agreed, Direction::Receive));
    let new = |text: Result<String, Refused>| {
        let mut had = HAD.get_or_init(Mutex::default).lock().expect("a lock");
        text.is_ok_and(|text| had.insert(text))
    };
    for made in [new(publisher).then(|| publish(offer)), new(player).then(|| play(offer, &tracks()))] {
        match made {
            Some(Ok((_, answer))) => drop(Description::parse(&answer).expect("an answer is good SDP")),
            Some(Err(refused)) => {
                assert!(!matches!(refused, Refused::Engine { .. }), "{refused} of\n{offer}")
            }
            None => {}
        }
    }
}

#[test]
fn no_broken_offer_panics() {
    for (_, offer) in PUBLISHERS.iter().chain(&PLAYERS) {
        let lines: Vec<&str> = offer.lines().collect();
        let join = |lines: &[&str]| lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
        for index in 0..lines.len() {
            let mut removed = lines.clone();
            removed.remove(index);
            try_all(&join(&removed));
            let mut doubled = lines.clone();
            doubled.insert(index, lines[index]);
            try_all(&join(&doubled));
            let mut moved = lines.clone();
            let line = moved.remove(index);
            moved.push(line);
            try_all(&join(&moved));
            for end in 0..lines[index].len() {
                let mut cut = lines.clone();
                cut[index] = &lines[index][..end];
                try_all(&join(&cut));
            }
        }
        for end in 0..offer.len() {
            try_all(&offer[..end]);
        }
    }
}

#[test]
fn one_digit_elsewhere_does_not_panic() {
    for (_, offer) in PUBLISHERS.iter().chain(&PLAYERS) {
        for (at, _) in offer.match_indices(|each: char| each.is_ascii_digit()) {
            for digit in ["0", "9", "-", "99999999999"] {
                try_all(&format!("{}{digit}{}", &offer[..at], &offer[at + 1..]));
            }
        }
    }
}
