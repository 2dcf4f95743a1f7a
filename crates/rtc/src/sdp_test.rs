use super::*;
use crate::Refused;

const OFFER: &str = include_str!("../fixtures/offers/chromium_publishes.sdp");

fn parse(text: &str) -> Description {
    Description::parse(text).expect("good SDP")
}

#[test]
fn chromiums_offer_is_read() {
    let offer = parse(OFFER);
    assert_eq!((offer.lite, &offer.bundle[..]), (false, &["0".to_owned(), "1".to_owned()][..]));
    let [audio, video] = &offer.sections[..] else { panic!("{} m-lines", offer.sections.len()) };
    assert_eq!(
        (&audio.media[..], audio.kind(), audio.mid.as_deref()),
        ("audio", Some(Kind::Audio), Some("0"))
    );
    assert_eq!((video.direction, video.rtcp_mux, video.rejected), (Direction::Send, true, false));
    assert_eq!((&audio.ssrcs[..], &video.pairs[..]), (&[1_234_567][..], &[(2_345_678_901, 345_678)][..]));
    assert_eq!(video.extension("urn:ietf:params:rtp-hdrext:sdes:mid"), Some(4));
    assert_eq!(video.transport.ufrag.as_deref(), Some("E8mG"));
    assert_eq!(video.transport.setup, Some(Setup::Either));
    assert_eq!(video.transport.fingerprint.map(|hash| (hash[0], hash[31])), Some((0x7b, 0x08)));
    assert_eq!(video.transport.candidates.len(), 3);
    let h264 = video.payloads.iter().find(|payload| payload.number == 109).expect("109");
    assert_eq!((&h264.name[..], h264.clock, h264.repair), ("h264", 90_000, Some(114)));
    assert_eq!(h264.parameter("profile-level-id"), Some("42e01f"));
    let feedback = Feedback { nack: true, pli: true, fir: true, transport: true, remb: true };
    assert_eq!(h264.feedback, feedback);
    assert!(video.payloads.iter().all(|payload| payload.name != "rtx"));
    let opus = audio.payloads.first().expect("111");
    assert_eq!((&opus.name[..], opus.clock, opus.channels), ("opus", 48_000, 2));
    let pcmu = audio.payloads.iter().find(|payload| payload.number == 0).expect("0");
    assert_eq!((&pcmu.name[..], pcmu.clock), ("pcmu", 8_000));
}

#[test]
fn what_the_session_says_holds_for_its_m_lines() {
    let offer = parse(include_str!("../fixtures/offers/obs30_publishes.sdp"));
    for section in &offer.sections {
        assert_eq!(section.transport.ufrag.as_deref(), Some("ZkqE"));
        assert_eq!(section.transport.setup, Some(Setup::Either));
        assert!(section.transport.fingerprint.is_some());
    }
}

#[test]
fn port_0_with_bundle_only_is_no_rejection() {
    let offer = parse(include_str!("../fixtures/offers/gstreamer_publishes.sdp"));
    assert!(offer.sections.iter().all(|section| !section.rejected));
    let rejected = include_str!("../fixtures/offers/gstreamer_publishes.sdp").replace("a=bundle-only\n", "");
    assert!(parse(&rejected).sections[1].rejected);
}

#[test]
fn layers_are_those_that_rid_and_simulcast_agree_on() {
    let text = include_str!("../fixtures/offers/chromium_simulcast.sdp");
    assert_eq!(parse(text).sections[1].layers, ["q", "h", "f"]);
    let fewer = text.replace("a=rid:h send\n", "").replace("send q;h;f", "recv x send ~q,a;h;f;toolonganame");
    assert_eq!(parse(&fewer).sections[1].layers, ["q", "f"]);
}

#[test]
fn errors_name_the_line() {
    let wrong = |text: &str| match Description::parse(text) {
        Err(Refused::Sdp { line, .. }) => line,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(""), 1);
    assert_eq!(wrong("<html>"), 1);
    assert_eq!(wrong("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nnonsense\r\n"), 3);
    assert_eq!(wrong("v=0\r\nm=video nine UDP/TLS/RTP/SAVPF 96\r\n"), 2);
    assert_eq!(wrong("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 128\r\n"), 2);
    assert_eq!(wrong("v=0\na=fingerprint:sha-256 12:34\n"), 2);
    assert_eq!(wrong("v=0\na=setup:holdconn\n"), 2);
    assert_eq!(wrong("v=0\na=ice-ufrag:a b c d\n"), 2);
    assert_eq!(wrong("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus\n"), 3);
    assert_eq!(
        Description::parse(&"v=0\n".repeat(MAX_SIZE)).err(),
        Some(Refused::TooLarge { size: 4 * MAX_SIZE, max: MAX_SIZE })
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let mut text = String::from("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96\n");
    for number in 1..500 {
        text += &format!("a=candidate:{number} 1 udp 1 192.0.2.1 {number} typ host\n");
        text += &format!("a=ssrc:{number} cname:x\na=ssrc-group:FID {number} {number}\n");
        text += &format!("a=extmap:{} uri{number}\na=rid:r{number} send\n", number % 14 + 1);
    }
    let section = &parse(&text).sections[0];
    assert_eq!(section.transport.candidates.len(), MAX_CANDIDATES);
    assert_eq!((section.ssrcs.len(), section.pairs.len()), (MAX_SSRCS, MAX_SSRCS));
    assert_eq!(section.extensions.len(), 14);
    let lines = format!("v=0\n{}", "m=video 9 UDP/TLS/RTP/SAVPF 96\n".repeat(MAX_SECTIONS + 1));
    assert!(Description::parse(&lines).is_err());
}

#[test]
fn a_fragment_needs_no_m_line() {
    let fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    for fragment in [fragment.to_owned(), format!("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n{fragment}")] {
        let read = Description::parse_fragment(&fragment).expect("good");
        let transport = &read.sections[0].transport;
        assert_eq!(transport.ufrag.as_deref(), Some("abcd"));
        assert_eq!(transport.candidates.len(), 1);
    }
}
