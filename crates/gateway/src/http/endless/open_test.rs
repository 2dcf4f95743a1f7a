#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use http_body_util::BodyExt;
use hub::Publisher;
use media::Track;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::testing::{Tone, audio, get, hub, picture, publish, sound, video};
use crate::{audio, flv, ts};

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_in_vain_is_told_so() {
    let hub = hub();
    let before = Instant::now();
    let refused = open(flv::FILE, &hub, get("s", ".flv")).await.unwrap_err();
    assert_eq!((refused.status(), before.elapsed()), (StatusCode::NOT_FOUND, PUBLISHER_WAIT));
    assert!(hub.sessions().is_empty());
}

/// What becomes of a viewer who waits when `end` happens.
async fn ended_while_waiting<F: Future<Output = ()>>(end: impl FnOnce(Hub) -> F) {
    let hub = hub();
    let waiting = tokio::spawn({
        let hub = hub.clone();
        async move { open(flv::FILE, &hub, get("s", ".flv")).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    end(hub.clone()).await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    assert!(before.elapsed() < Duration::from_secs(1));
    assert!(hub.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_can_be_kicked() {
    ended_while_waiting(|hub| async move { assert!(hub.kick(hub.sessions()[0].id)) }).await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_goes_when_the_server_stops() {
    ended_while_waiting(|hub| async move { hub.shut_down().await }).await;
}

/// A hub with a stream `live/s` of `tracks`.
async fn on_air(tracks: &[Arc<Track>]) -> (Hub, Publisher) {
    let hub = hub();
    let mut publisher = publish(&hub, "s").await;
    for n in 0..3 {
        for track in tracks {
            let frame = match track.kind() {
                media::Kind::Video => picture(track, n * 40, n == 0, 100),
                _ => sound(track, n * 40, 50),
            };
            publisher.write(frame).unwrap();
        }
    }
    (hub, publisher)
}

/// Status and text of the answer to `/live/s{suffix}?{query}`, at most `limit` bytes.
async fn ask(hub: &Hub, file: File, query: &str) -> (StatusCode, Vec<u8>) {
    let request = MediaRequest { query: query.to_owned(), ..get("s", file.suffix) };
    let (Ok(response) | Err(response)) = open(file, hub, request).await;
    let status = response.status();
    // One piece is enough: most are endless.
    let bytes = response.into_body().frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    (status, bytes.unwrap_or_default().to_vec())
}

/// Why there is no such file.
async fn reason(hub: &Hub, file: File, query: &str) -> String {
    let (status, bytes) = ask(hub, file, query).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{}?{query}", file.suffix);
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_query_chooses_what_the_file_says_it_has() {
    let (hub, _publisher) = on_air(&[video(), audio()]).await;
    for (query, flags) in [
        ("", 5),
        ("audio=only", 4),
        ("video=only", 1),
        ("audio=0", 1),
        ("video=off", 4),
        ("join=gop&video=false", 4),
        ("audio=1", 5),
    ] {
        let (status, bytes) = ask(&hub, flv::FILE, query).await;
        assert_eq!((status, bytes[4]), (StatusCode::OK, flags), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_leaves_nothing_is_not_found() {
    let (hub, _publisher) = on_air(&[video()]).await;
    for file in [flv::FILE, ts::FILE] {
        assert_eq!(reason(&hub, file, "audio=only").await, "live/s has no sound\n");
        assert_eq!(reason(&hub, file, "video=off").await, "live/s has no sound\n");
        let nothing = "the query leaves neither sound nor pictures of live/s\n";
        assert_eq!(reason(&hub, file, "video=off&audio=0").await, nothing);
        assert_eq!(reason(&hub, file, "audio=only&video=only").await, nothing);
    }
    let (hub, _publisher) = on_air(&[audio()]).await;
    assert_eq!(reason(&hub, flv::FILE, "audio=off").await, "live/s has no pictures\n");
}

#[tokio::test(start_paused = true)]
async fn bare_sound_needs_sound_of_its_codec() {
    let (hub, _publisher) = on_air(&[video(), audio()]).await;
    assert_eq!(ask(&hub, audio::AAC, "").await.0, StatusCode::OK);
    assert_eq!(reason(&hub, audio::MP3, "").await, "the sound of live/s is AAC; ask for live/s.aac\n");
    let (hub, _publisher) = on_air(&[video()]).await;
    assert_eq!(reason(&hub, audio::AAC, "").await, "live/s has no sound\n");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_leaves_no_viewer() {
    let (hub, _publisher) = on_air(&[video()]).await;
    reason(&hub, audio::AAC, "").await;
    assert!(hub.sessions().iter().all(|session| session.action == Action::Publish));
}

#[tokio::test(start_paused = true)]
async fn a_segment_that_has_gone_is_not_waited_for_as_a_stream() {
    let hub = hub();
    let before = Instant::now();
    let refused = open(ts::FILE, &hub, get("s-7-1714557609990", ".ts")).await.unwrap_err();
    assert_eq!((refused.status(), before.elapsed()), (StatusCode::NOT_FOUND, Duration::ZERO));
    let mut publisher = publish(&hub, "s-1-2").await;
    publisher.write(picture(&video(), 0, true, 100)).unwrap();
    let found = open(ts::FILE, &hub, get("s-1-2", ".ts")).await.unwrap();
    assert_eq!(found.status(), StatusCode::OK, "a stream may be called so all the same");
}

/// A hub with a stream `live/s` of pictures and Opus, and whoever makes AAC of it.
async fn with_opus() -> (Hub, tokio::task::JoinHandle<()>) {
    let hub = hub();
    let serving = crate::derive::run(hub.clone(), Default::default(), CancellationToken::new());
    tokio::spawn(serving);
    let mut publisher = publish(&hub, "s").await;
    let playing = tokio::spawn(async move {
        let (track, mut tone) = (video(), Tone::opus());
        for n in 0.. {
            if n % 2 == 0 {
                publisher.write(picture(&track, 1_000 + n * 20, n % 50 == 0, 100)).unwrap();
            }
            publisher.write(tone.frame()).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    (hub, playing)
}

/// The first tag of sound in the answer to `/live/s.flv?{query}`: two bytes of its body.
async fn first_sound(hub: &Hub, query: &str) -> [u8; 2] {
    let request = MediaRequest { query: query.to_owned(), ..get("s", ".flv") };
    let mut body = open(flv::FILE, hub, request).await.unwrap().into_body();
    let mut reader = container::flv::Reader::new();
    loop {
        reader.push(&body.frame().await.unwrap().unwrap().into_data().unwrap());
        while let Some(tag) = reader.next().unwrap() {
            if tag.kind == container::flv::TagKind::Audio {
                return [tag.body[0], tag.body[1]];
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_viewer_of_opus_has_aac_in_the_header_and_behind_it() {
    let (hub, playing) = with_opus().await;
    assert_eq!(ask(&hub, flv::FILE, "").await.1[4], 5, "pictures and sound are promised");
    assert_eq!(first_sound(&hub, "").await, [0xaf, 0], "an AudioSpecificConfig");
    assert_eq!(first_sound(&hub, "sound=source").await, [0x90, b'O']);
    assert_eq!(ask(&hub, audio::AAC, "").await.0, StatusCode::OK);
    assert_eq!(
        reason(&hub, audio::AAC, "sound=source").await,
        "the sound of live/s is OPUS; ask for live/s.flv?audio=only\n"
    );
    playing.abort();
}
