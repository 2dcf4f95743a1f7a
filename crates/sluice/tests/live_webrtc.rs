//! WebRTC over HTTP: WHIP, WHEP and the JSON API of SRS, with the offers that publishers have sent.

use serde_json::{Value, json};
use testkit::clip::Clip;
use testkit::http::Response;
use testkit::{Server, Tool, tool};

use crate::support::client::Connection;
use crate::support::console::{Client, json_of};
use crate::support::rtc::{
    Description, OFFER, OFFERS, PLAYERS_OFFER, ask, path, publish, session, sessions, wait_until_alone,
};
use crate::support::{SLUICE, USUAL, on_air};

#[track_caller]
fn assert_cors(answer: &Response) {
    assert_eq!(answer.header("access-control-allow-origin"), ["*"], "{:?}", answer.headers);
}

/// Asserts that an answer says no for the client's reason, in words and without a description.
#[track_caller]
fn assert_refused(answer: &Response, statuses: &[u16]) {
    assert!(statuses.contains(&answer.status), "{}: {}", answer.status, answer.text());
    assert!(answer.text().split_whitespace().count() > 2, "words for people: {:?}", answer.text());
    assert!(!answer.text().starts_with("v=0"));
    assert_cors(answer);
}

#[test]
fn every_publishers_offer_is_answered() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let port = server.addresses().webrtc.unwrap().port();
    for (name, offer) in OFFERS {
        // Oryx does not look at the type, and some clients send none.
        let answer = publish(&server, offer);
        let location = session(&answer);
        assert_eq!(answer.header("content-type"), ["application/sdp"], "{name}");
        assert_cors(&answer);
        let exposed = answer.header("access-control-expose-headers").join(",").to_lowercase();
        assert!(exposed.contains('*') || exposed.contains("location"), "{name}: {:?}", answer.headers);
        assert_eq!(answer.header("etag").len(), 1, "{name}");
        assert!(
            location.contains("/rtc/v1/whip/?action=delete&token=")
                && location.contains("&app=live&stream=s&session="),
            "{name}: {location}"
        );

        let text = answer.text();
        let (offer, answer) = (Description(offer), Description(&text));
        assert!(text.starts_with("v=0\r\n") && text.ends_with("\r\n"), "{name}: {text}");
        let kinds = |description: &Description<'_>| -> Vec<_> {
            description.media().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(&answer), kinds(&offer), "{name}: each is answered, in order");
        for media in answer.media() {
            assert_ne!(media.split(' ').nth(1), Some("0"), "{name}: {media} is taken");
        }
        assert!(answer.has("a=ice-lite"), "{name}: {text}");
        assert!(answer.has("a=recvonly") && !answer.has("a=sendrecv"), "{name}: {text}");
        assert!(answer.has("a=rtcp-mux"), "{name}: {text}");
        assert_eq!(answer.attributes("group"), ["BUNDLE 0 1"], "{name}");
        assert!(answer.attributes("fingerprint").iter().all(|value| value.starts_with("sha-256 ")), "{name}");
        assert!(!answer.attributes("ice-ufrag").is_empty() && !answer.attributes("ice-pwd").is_empty());
        // Who waits for the handshake is called, all others call.
        let active = offer.attributes("setup").contains(&"passive");
        let role = if active { "active" } else { "passive" };
        assert!(answer.attributes("setup").iter().all(|setup| *setup == role), "{name}: {text}");
        let codecs = answer.attributes("rtpmap").join(" ");
        assert!(codecs.contains("opus/48000/2") && codecs.contains("H264/90000"), "{name}: {codecs}");
        let candidates = answer.candidates();
        assert!(
            candidates.contains(&("udp".to_owned(), "127.0.0.1".to_owned(), port)),
            "{name}: {candidates:?}"
        );

        assert_eq!(sessions(&owner, "publish"), 1, "{name}: it counts from here on");
        assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 200, "{name}");
        wait_until_alone(&owner);
    }
}

#[test]
fn a_session_is_deleted_once_by_who_made_it() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let location = session(&publish(&server, OFFER));
    let token = location.split(['?', '&']).find(|part| part.starts_with("token=")).unwrap();
    assert!(token.len() >= "token=".len() + 16, "it can be guessed: {token}");
    for wrong in [location.replace(token, "token=0000000000000000"), location.replace(token, "token=")] {
        let answer = ask(&server, "DELETE", &wrong, &[], "");
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        assert_eq!(sessions(&owner, "publish"), 1);
    }
    let answer = ask(&server, "DELETE", &location, &[], "");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_cors(&answer);
    wait_until_alone(&owner);
    assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 404);
    session(&publish(&server, OFFER)); // the stream is free again
}

#[test]
fn pages_of_other_origins_may_do_all_of_it() {
    let server = Server::start(SLUICE);
    for way in ["whip", "whep"] {
        let asked = [
            ("Origin", "http://page.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,if-match"),
        ];
        let answer = ask(&server, "OPTIONS", &path(way, ""), &asked, "");
        assert!(matches!(answer.status, 200 | 204), "{}", answer.status);
        assert_cors(&answer);
        let allowed = |header: &str| answer.header(header).join(",").to_lowercase();
        for method in ["post", "patch", "delete"] {
            let methods = allowed("access-control-allow-methods");
            assert!(methods.contains(method) || methods.contains('*'), "{methods}");
        }
        for header in ["authorization", "content-type", "if-match"] {
            // `*` does not cover authorization.
            let headers = allowed("access-control-allow-headers");
            assert!(headers.contains(header), "{headers}");
        }
    }
    for method in ["GET", "HEAD", "PUT"] {
        let answer = ask(&server, method, &path("whip", ""), &[], "");
        assert_eq!(answer.status, 405, "{method}");
    }
}

/// RFC 9725 §4.3: by a fragment of a description, for the session as the client knows it.
#[test]
fn candidates_trickle_in_and_ice_restarts() {
    let server = Server::start(SLUICE);
    let answer = publish(&server, OFFER);
    let location = session(&answer);
    let [tag] = answer.header("etag")[..] else { panic!("one ETag") };
    let patch = |tag: &str, body: &str| {
        let headers = [("Content-Type", "application/trickle-ice-sdpfrag"), ("If-Match", tag)];
        ask(&server, "PATCH", &location, &headers, body)
    };
    let [ufrag, password] = ["ice-ufrag", "ice-pwd"].map(|name| Description(OFFER).attributes(name)[0]);
    let fragment = |ufrag: &str, password: &str| {
        format!(
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
             a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag {ufrag}\r\n\
             a=end-of-candidates\r\n"
        )
    };
    let trickled = patch(tag, &fragment(ufrag, password));
    assert_eq!(trickled.status, 204, "{}", trickled.text());
    assert_cors(&trickled);
    assert_eq!(patch("\"another\"", &fragment(ufrag, password)).status, 412);
    let garbage = patch(tag, "garbage");
    assert!((400..500).contains(&garbage.status), "{}", garbage.status);

    let restarted = patch("*", &fragment("Zx9k", "b2FzZGZqa2xhc2RmamtsYTEyMw"));
    assert_eq!(restarted.status, 200, "{}", restarted.text());
    assert_eq!(restarted.header("content-type"), ["application/trickle-ice-sdpfrag"]);
    let (text, before) = (restarted.text(), answer.text());
    let new = Description(&text).attributes("ice-ufrag")[0].to_owned();
    assert_ne!(new, Description(&before).attributes("ice-ufrag")[0]);
    assert!(!Description(&text).attributes("ice-pwd").is_empty(), "{text}");
    assert_ne!(restarted.header("etag"), [tag], "it is another session of ICE");
    assert_eq!(patch(tag, &fragment("Zx9k", "b2FzZGZqa2xhc2RmamtsYTEyMw")).status, 412);
    assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 200);
    assert_eq!(patch("*", &fragment("Zx9k", "b2FzZGZqa2xhc2RmamtsYTEyMw")).status, 404);
}

#[test]
fn a_publisher_needs_the_key_in_one_way_or_the_other() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let whip =
        |more: &str, headers: &[(&str, &str)]| ask(&server, "POST", &path("whip", more), headers, OFFER);
    let bearer = |secret: &str| format!("Bearer {secret}");
    let wrong = bearer("not-the-key");
    for (query, headers) in
        [("", &[][..]), ("&secret=not-the-key", &[]), ("", &[("Authorization", wrong.as_str())])]
    {
        let refused = whip(query, headers);
        assert_refused(&refused, &[401, 403]);
        assert!(!refused.text().contains(Server::KEY));
    }
    assert_eq!(sessions(&owner, "publish"), 0);
    let (query, header) = (format!("&secret={}", Server::KEY), bearer(Server::KEY));
    let sdp = ("Content-Type", "application/sdp");
    for (query, headers) in [
        (query.as_str(), &[][..]),
        ("", &[("Authorization", header.as_str())]),
        // A client that has both to fill in may have something else in the other.
        (query.as_str(), &[("Authorization", "Bearer something"), sdp]),
    ] {
        let taken = whip(query, headers);
        assert_eq!(ask(&server, "DELETE", &session(&taken), &[], "").status, 200);
        wait_until_alone(&owner);
    }
    let tells = |line: &String| line.contains("webrtc") && line.contains(Server::KEY);
    assert!(!server.log().iter().any(tells), "the log knows the key");
}

#[test]
fn a_stream_that_is_published_takes_no_other_publisher() {
    let server = Server::start(SLUICE);
    let mut rtmp = Connection::open(&server.publish_url("live/s"), rtmp::client::Action::Publish, |_| {});
    rtmp.run_until_ready();
    assert_refused(&publish(&server, OFFER), &[409]);
    rtmp.session.end();
    rtmp.flush().unwrap();
    drop(rtmp);
    let answer = testkit::wait::until("the stream to be free", crate::support::SOON, || {
        Some(publish(&server, OFFER)).filter(|answer| answer.status == 201)
    });
    assert_refused(&publish(&server, OFFER), &[409]);
    assert_eq!(ask(&server, "DELETE", &session(&answer), &[], "").status, 200);
}

#[test]
fn what_is_no_offer_is_refused_in_words() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let long = format!("v=0\r\n{}", "a=garbage:0123456789\r\n".repeat(50_000));
    assert!(long.len() > 1 << 20);
    let only = |codec: &str| OFFER.replace("H264/90000", codec).replace("opus/48000/2", "speex/16000");
    for (offer, statuses) in [
        ("", &[400][..]),
        ("garbage", &[400]),
        ("{\"sdp\":\"v=0\"}", &[400]),
        ("v=0\r\n", &[400, 422]),
        (&OFFER[..OFFER.find("m=").unwrap()], &[400, 422]),
        (&OFFER.replace("a=fingerprint", "a=finger"), &[400, 422]),
        (&OFFER.replace("a=ice-ufrag", "a=ufrag"), &[400, 422]),
        (&only("H261/90000"), &[400, 406, 415, 422]),
        (&OFFER.replace("a=sendonly", "a=recvonly"), &[400, 422]),
        (&long, &[413]),
    ] {
        let answer = publish(&server, offer);
        assert_refused(&answer, statuses);
        assert_eq!(sessions(&owner, "publish"), 0, "{}", &offer[..offer.len().min(300)]);
    }
    assert_refused(
        &ask(&server, "POST", "/rtc/v1/whip/?app=api&stream=s", &[], OFFER),
        &[400, 401, 403, 404],
    );
    session(&publish(&server, OFFER));
}

/// SRS has `live` and `livestream` for who does not say.
#[test]
fn the_query_may_be_left_out_and_so_may_the_last_slash() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let bearer = format!("Bearer {}", Server::KEY);
    for path in ["/rtc/v1/whip/", "/rtc/v1/whip", "/rtc/v1/whip?app=live"] {
        let answer = ask(&server, "POST", path, &[("Authorization", &bearer)], OFFER);
        let location = session(&answer);
        assert!(location.contains("app=live&stream=livestream"), "{path}: {location}");
        assert_eq!(owner.get("streams/live%2Flivestream")["publisher"]["action"], "publish", "{path}");
        assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 200);
        wait_until_alone(&owner);
    }
}

#[test]
fn a_player_is_answered_by_whep_under_both_its_names() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let (_publishing, _playing) =
        on_air(&server, &Clip::new(testkit::clip::Spec { seconds: 30, ..USUAL }), "rtmp", 1);
    for way in ["whep", "whip-play"] {
        let answer = ask(&server, "POST", &path(way, ""), &[], PLAYERS_OFFER);
        let location = session(&answer);
        assert_eq!(answer.header("content-type"), ["application/sdp"]);
        let text = answer.text();
        let answer = Description(&text);
        assert!(answer.has("a=sendonly") && answer.has("a=ice-lite"), "{text}");
        // Pages keep sound and pictures in step if they are of one stream.
        let streams: Vec<_> =
            answer.attributes("msid").iter().map(|id| id.split(' ').next().unwrap()).collect();
        assert_eq!((streams.len(), streams.first()), (2, streams.last()), "{text}");
        // One payload type that carries the stream, and what sends it again.
        let codecs = answer.attributes("rtpmap").join(" ");
        assert!(codecs.contains("H264/90000") && codecs.contains("opus/48000/2"), "{codecs}");
        assert!(!codecs.contains("VP8") && !codecs.contains("AV1"), "{codecs}");
        assert_eq!(sessions(&owner, "play"), 1);
        assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 200);
        testkit::wait::until("the player to be gone", crate::support::SOON, || {
            (sessions(&owner, "play") == 0).then_some(())
        });
    }
    let sees_nothing = PLAYERS_OFFER.replace("H264/90000", "H261/90000");
    let answer = ask(&server, "POST", &path("whep", ""), &[], &sees_nothing);
    // The sound is there for who cannot see; but if nothing is, it is said what there is.
    assert!(matches!(answer.status, 201 | 406 | 415 | 422), "{}", answer.text());
    let neither = sees_nothing.replace("opus/48000/2", "speex/16000");
    let answer = ask(&server, "POST", &path("whep", ""), &[], &neither);
    assert_refused(&answer, &[400, 406, 415, 422]);
    assert!(answer.text().contains("h264"), "{}", answer.text());
}

/// SRS answers whoever comes too soon, and so do we: for what nearly all publishers send.
#[test]
fn a_player_is_answered_before_there_is_a_publisher() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let answer = ask(&server, "POST", &path("whep", ""), &[], PLAYERS_OFFER);
    let location = session(&answer);
    let codecs = Description(&answer.text()).attributes("rtpmap").join(" ");
    assert!(codecs.contains("H264/90000") && codecs.contains("opus/48000/2"), "{codecs}");
    assert_eq!(sessions(&owner, "play"), 1);
    assert_eq!(ask(&server, "DELETE", &location, &[], "").status, 200);
    wait_until_alone(&owner);
}

/// A request to the JSON API of SRS.
#[track_caller]
fn srs(server: &Server, way: &str, body: &str) -> Value {
    let answer = ask(server, "POST", &format!("/rtc/v1/{way}/"), &[], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_cors(&answer);
    json_of(&answer)
}

fn wish(stream: &str, sdp: &str) -> String {
    let api = "http://localhost:1985/rtc/v1/publish/";
    json!({"api": api, "tid": "9d2a8f1", "streamurl": stream, "clientip": null, "sdp": sdp}).to_string()
}

#[test]
fn the_json_api_of_srs_publishes_and_plays() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let stream = format!("webrtc://localhost/live/p?secret={}", Server::KEY);
    let answer = srs(&server, "publish", &wish(&stream, OFFER));
    assert_eq!(answer["code"], 0, "{answer}");
    for (member, is_so) in [
        ("server", answer["server"].is_string()),
        ("service", answer["service"].is_string()),
        ("pid", answer["pid"].is_string()),
        ("sessionid", answer["sessionid"].as_str().is_some_and(|id| !id.is_empty())),
        ("sdp", answer["sdp"].as_str().is_some_and(|sdp| sdp.starts_with("v=0\r\n"))),
    ] {
        assert!(is_so, "{member} in {answer}");
    }
    assert_eq!(owner.get("streams/live%2Fp")["publisher"]["action"], "publish");

    let (_publishing, _playing) =
        on_air(&server, &Clip::new(testkit::clip::Spec { seconds: 30, ..USUAL }), "rtmp", 1);
    let answer = srs(&server, "play", &wish("webrtc://localhost/live/s", PLAYERS_OFFER));
    assert_eq!(answer["code"], 0, "{answer}");
    assert!(answer["sdp"].as_str().unwrap().contains("a=sendonly"), "{answer}");
}

#[test]
fn the_json_api_of_srs_says_400_to_everything_that_is_wrong() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let good = format!("webrtc://localhost/live/s?secret={}", Server::KEY);
    for (way, body) in [
        ("publish", wish("webrtc://localhost/live/s", OFFER)),
        ("publish", wish("webrtc://localhost/live/s?secret=not-the-key", OFFER)),
        ("publish", wish(&good, "garbage")),
        ("publish", wish(&good, "")),
        ("publish", wish("webrtc://localhost/s", OFFER)),
        ("publish", wish("not a url", OFFER)),
        ("publish", json!({"streamurl": good}).to_string()),
        ("publish", "garbage".to_owned()),
        ("publish", String::new()),
        ("play", wish("webrtc://localhost/live/s", "garbage")),
        ("play", "[]".to_owned()),
    ] {
        assert_eq!(srs(&server, way, &body)["code"], 400, "{way} {body}");
    }
    assert_eq!(sessions(&owner, "publish") + sessions(&owner, "play"), 0);
    let taken = srs(&server, "publish", &wish(&good, OFFER));
    assert_eq!(taken["code"], 0, "{taken}");
    assert_eq!(srs(&server, "publish", &wish(&good, OFFER))["code"], 400, "it is busy");
}

/// The addresses that a publisher is told, which is gone afterwards.
#[track_caller]
fn told(server: &Server, more: &str, headers: &[(&str, &str)]) -> Vec<(String, u16)> {
    let query = format!("&secret={}{more}", Server::KEY);
    let answer = testkit::wait::until("the publisher before to be gone", crate::support::SOON, || {
        let answer = ask(server, "POST", &path("whip", &query), headers, OFFER);
        (answer.status != 409).then_some(answer)
    });
    let location = session(&answer);
    assert_eq!(ask(server, "DELETE", &location, &[], "").status, 200);
    let text = answer.text();
    let udp = Description(&text).candidates().into_iter().filter(|(protocol, ..)| protocol == "udp");
    udp.map(|(_, address, port)| (address, port)).collect()
}

#[test]
fn a_client_is_told_the_address_by_which_it_has_come() {
    let server = Server::start(SLUICE);
    let port = server.addresses().webrtc.unwrap().port();
    let is_told = |more: &str, headers: &[(&str, &str)], address: &str| {
        let told = told(&server, more, headers);
        assert!(told.contains(&(address.to_owned(), port)), "{more} {headers:?}: {told:?}");
    };
    is_told("&eip=203.0.113.4", &[], "203.0.113.4");
    is_told("&candidate=203.0.113.5", &[], "203.0.113.5");
    is_told("", &[("X-Real-Host", "203.0.113.6:2022")], "203.0.113.6");
    is_told("", &[("X-Real-Host", "203.0.113.6")], "203.0.113.6");
    is_told("", &[("Host", "203.0.113.7:2022")], "203.0.113.7");
    is_told("", &[("Host", "[2001:db8::7]:2022")], "2001:db8::7");
    is_told("", &[], "127.0.0.1");
    is_told("&eip=203.0.113.4", &[("X-Real-Host", "203.0.113.6"), ("Host", "203.0.113.7")], "203.0.113.4");
    is_told("", &[("X-Real-Host", "203.0.113.6"), ("Host", "203.0.113.7")], "203.0.113.6");
}

#[test]
fn what_is_no_address_is_told_to_nobody() {
    let server = Server::start(SLUICE);
    for more in ["&eip=garbage%0d%0aa=x", "&eip=", "&eip=1.2.3.4%20typ%20relay"] {
        let query = format!("&secret={}{more}", Server::KEY);
        let answer = ask(&server, "POST", &path("whip", &query), &[], OFFER);
        let text = answer.text();
        assert!(!text.contains("a=x") && !text.contains("garbage") && !text.contains("typ relay"), "{text}");
        if answer.status == 201 {
            assert_eq!(ask(&server, "DELETE", &session(&answer), &[], "").status, 200);
        }
    }
}

#[test]
fn behind_a_mapped_port_that_is_told() {
    let server = Server::of(SLUICE).env("RTC_PORT", "18000").start();
    assert!(told(&server, "&eip=203.0.113.4", &[]).contains(&("203.0.113.4".to_owned(), 18_000)));
}

#[test]
fn a_configured_candidate_is_told_to_all() {
    let server = Server::of(SLUICE).env("CANDIDATE", "203.0.113.9").start();
    let port = server.addresses().webrtc.unwrap().port();
    assert!(told(&server, "", &[]).contains(&("203.0.113.9".to_owned(), port)));
    assert!(told(&server, "", &[("Host", "localhost:2022")]).contains(&("203.0.113.9".to_owned(), port)));
}

/// How many sessions come and go: more by `SLUICE_WEBRTC_SESSIONS`, for a long run.
fn rounds() -> usize {
    std::env::var("SLUICE_WEBRTC_SESSIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[test]
fn sessions_that_come_and_go_leave_nothing_behind() {
    let server = Server::start(SLUICE);
    let owner = Client::owner(&server);
    let round = |number: usize| {
        let offer = OFFERS[number % OFFERS.len()].1;
        let answer = publish(&server, offer);
        assert_eq!(ask(&server, "DELETE", &session(&answer), &[], "").status, 200);
        wait_until_alone(&owner);
    };
    (0..50).for_each(round);
    server.forget_peak_memory();
    let (before, files) = (server.peak_memory(), server.open_files());
    (0..rounds()).for_each(round);
    let grown = server.peak_memory().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes more");
    testkit::wait::until("no more sockets than before", crate::support::SOON, || {
        (server.open_files() <= files + 2).then_some(())
    });
    assert_eq!(owner.get("streams")["items"], json!([]));
}
