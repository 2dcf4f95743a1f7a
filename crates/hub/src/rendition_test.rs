#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use media::{Track, TrackId};

use crate::tests::{Viewer, audio_track, frame, hub, publish, request, video_track};
use crate::{AccessRequest, Action, End, Event, Hub, Phase, Publisher, Refusal, StreamKey};

fn small() -> Arc<Track> {
    Arc::new(Track { id: TrackId(2), codec: video_track().codec.clone() })
}

fn key(name: &str) -> StreamKey {
    StreamKey::new("live", name).unwrap()
}

fn asking(name: &str, action: Action) -> AccessRequest {
    AccessRequest { key: key(name), ..request(action) }
}

/// The name of the stream that [`publish`] publishes, with `@360p`.
fn name() -> String {
    format!("{}@360p", request(Action::Play).key.name())
}

async fn with_rendition(hub: &Hub) -> Publisher {
    let mut publisher = publish(hub).await;
    publisher.open_rendition("360p", TrackId(2)).unwrap();
    publisher
}

#[tokio::test(start_paused = true)]
async fn each_size_has_its_own_pictures_and_all_have_the_sound_on_one_clock() {
    let hub = hub(|_| {});
    let mut publisher = with_rendition(&hub).await;
    let (large, small, sound) = (video_track(), small(), audio_track());
    // The source's clock begins below zero, which the stream's does not.
    for (track, ms, letter) in
        [(&sound, -40, "s"), (&large, -20, "A"), (&small, 0, "K"), (&large, 20, "b"), (&small, 40, "l")]
    {
        publisher.write(frame(track, ms, letter)).unwrap();
    }
    let mut whole = Viewer::of(&hub, request(Action::Play)).await;
    let mut part = Viewer::of(&hub, asking(&name(), Action::Play)).await;
    assert_eq!(whole.read().await.0, "#[ha]Ab");
    assert_eq!(part.read().await.0, "#[ah]Kl");
    publisher.write(frame(&sound, 80, "t")).unwrap();
    assert_eq!((whole.read().await.0, part.read().await.0), ("t".into(), "t".into()));

    let (whole, part) = (publisher.publication(), hub.publication(&key(&name())).unwrap());
    assert_eq!(part.parent().map(|parent| parent.key().clone()), Some(whole.key().clone()));
    let ids = |tracks: &[Arc<Track>]| tracks.iter().map(|track| track.id.0).collect::<Vec<_>>();
    assert_eq!((ids(&whole.tracks()), ids(&part.tracks())), (vec![0, 1], vec![1, 2]));
    let shift = whole.picture().unwrap().dts.as_millis() + 20;
    assert_eq!(part.picture().unwrap().dts.as_millis(), shift, "by as much as the whole");
    let infos = hub.streams();
    let of_part = infos.iter().find(|info| info.key == key(&name())).unwrap();
    assert_eq!(of_part.parent.as_ref(), Some(whole.key()));
}

#[tokio::test(start_paused = true)]
async fn it_ends_drops_and_returns_with_its_parent() {
    let hub = hub(|settings| settings.grace = media::Delta::secs(10));
    let mut events = hub.events();
    let mut publisher = with_rendition(&hub).await;
    publisher.write(frame(&video_track(), 0, "A")).unwrap();
    publisher.write(frame(&small(), 0, "K")).unwrap();
    let mut viewer = Viewer::of(&hub, asking(&name(), Action::Play)).await;
    assert_eq!(viewer.read().await.0, "#[h]K");
    drop(publisher);
    let part = hub.publication(&key(&name())).unwrap();
    assert_eq!(part.phase(), Phase::Dropped);

    let mut publisher = with_rendition(&hub).await;
    publisher.write(frame(&small(), 0, "L")).unwrap();
    assert_eq!(part.phase(), Phase::Live);
    assert_eq!(viewer.read().await, ("!L".into(), None));
    publisher.end(End::Finished);
    assert_eq!(viewer.read().await.1, Some(End::Finished));
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Published { session } | Event::Unpublished { session, .. } => {
                told.push(session.key.name().to_owned())
            }
            Event::StreamEnded { key, .. } => told.push(key.name().to_owned()),
            _ => {}
        }
    }
    let of_part = told.iter().filter(|told| **told == name()).count();
    assert_eq!((told.len(), of_part), (6, 1), "two publishers, two ends of streams: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_size_that_is_not_sent_for_a_while_costs_nobody_the_slot() {
    let hub = hub(|_| {});
    let mut publisher = with_rendition(&hub).await;
    let (large, small) = (video_track(), small());
    publisher.write(frame(&small, 0, "K")).unwrap();
    for step in 0..10 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        publisher.write(frame(&large, step * 1_000, "A")).unwrap();
    }
    assert_eq!(publisher.session().ended(), None);
    let other = hub.publish(asking(&name(), Action::Publish)).await;
    assert_eq!(other.err(), Some(Refusal::Busy));
    publisher.write(frame(&small, 10_000, "L")).unwrap();
    assert_eq!(hub.publication(&key(&name())).unwrap().phase(), Phase::Live);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_publishes_is_no_rendition() {
    let hub = hub(|_| {});
    let mut other = hub.publish(asking(&name(), Action::Publish)).await.unwrap();
    let mut publisher = publish(&hub).await;
    assert_eq!(publisher.open_rendition("360p", TrackId(2)), Err(Refusal::Busy));
    other.write(frame(&video_track(), 0, "A")).unwrap();
    publisher.write(frame(&video_track(), 0, "B")).unwrap();
    assert_eq!(hub.publication(&key(&name())).unwrap().parent().map(|_| ()), None);
    other.end(End::Finished);
    publisher.open_rendition("360p", TrackId(2)).unwrap();
    assert_eq!(publisher.open_rendition("360p", TrackId(3)), Err(Refusal::Busy));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_watch_a_stream_may_not_watch_it_smaller() {
    let hub = hub(|_| {});
    let rendition = |name: &str| StreamKey::new("live", name).unwrap().rendition("360p").unwrap();
    assert!(hub.is_guarded(&rendition("guarded")) && !hub.is_guarded(&rendition("open")));
    let _publisher = with_rendition(&hub).await;
    let denied = AccessRequest { query: "no".to_owned(), ..asking(&name(), Action::Play) };
    assert!(hub.subscribe(denied).await.is_err());
    let alias = AccessRequest { query: "alias".to_owned(), ..asking("other@360p", Action::Play) };
    let named = hub.subscribe(alias).await.unwrap().session().key.clone();
    assert!(["real", "real@360p"].contains(&named.name()), "{named}: by the other name of its parent");
}

#[tokio::test(start_paused = true)]
async fn putting_it_out_puts_its_publisher_out_and_key_frames_are_asked_of_its_publisher() {
    let hub = hub(|_| {});
    let mut publisher = with_rendition(&hub).await;
    publisher.write(frame(&small(), 0, "K")).unwrap();
    let part = hub.publication(&key(&name())).unwrap();
    part.ask_for_key_frame();
    tokio::time::timeout(Duration::from_millis(1), publisher.publication().key_frame_wanted()).await.unwrap();
    assert!(hub.kick_stream(&key(&name())));
    assert_eq!(publisher.session().ended(), Some(End::Kicked));
    assert_eq!(publisher.write(frame(&small(), 40, "l")), Err(End::Kicked));
    drop(publisher);
    assert_eq!(part.phase(), Phase::Ended);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_late_leaves_the_next_publisher_its_renditions() {
    let hub = hub(|_| {});
    let mut late = with_rendition(&hub).await;
    late.write(frame(&video_track(), 0, "A")).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut next = publish(&hub).await;
    assert_eq!(late.session().ended(), Some(End::Replaced));
    next.open_rendition("180p", TrackId(3)).unwrap();
    assert_eq!(next.open_rendition("360p", TrackId(2)), Err(Refusal::Busy), "until the other has left");
    drop(late);
    next.open_rendition("360p", TrackId(2)).unwrap();
    let smaller = Arc::new(Track { id: TrackId(3), codec: video_track().codec.clone() });
    next.write(frame(&smaller, 40, "S")).unwrap();
    next.write(frame(&small(), 40, "M")).unwrap();
    for (label, picture) in [("180p", "S"), ("360p", "M")] {
        let part = hub.publication(&request(Action::Play).key.rendition(label).unwrap()).unwrap();
        assert_eq!(part.picture().unwrap().payload, picture, "{label}");
    }
    assert_eq!(next.publication().tracks().len(), 1);
}
