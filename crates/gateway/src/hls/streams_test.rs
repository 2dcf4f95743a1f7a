#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hub::Publisher;
use media::{Delta, Frame};

use crate::config;
use crate::hls::live::Lives;
use crate::testing::{hub, key, picture, publish, video};

fn lives(hub: &hub::Hub, memory: usize) -> Lives {
    let app = config::HlsApp { fragment: Delta::secs(1), window: Delta::secs(20), ..Default::default() };
    Lives::new(config::Hls { memory, default: app, ..Default::default() }.in_force(), hub.clone())
}

/// `seconds` of pictures: a segment each.
async fn run(publishers: &mut [(Publisher, Frame)], seconds: i64) {
    let track = video();
    for n in 0..seconds * 5 {
        for (publisher, frame) in publishers.iter_mut() {
            let place = picture(&track, n * 200, n % 5 == 0, 5);
            publisher.write(Frame { payload: frame.payload.clone(), ..place }).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn publisher(hub: &hub::Hub, name: &str, size: usize) -> (Publisher, Frame) {
    (publish(hub, name).await, picture(&video(), 0, true, size))
}

#[tokio::test(start_paused = true)]
async fn the_windows_of_the_biggest_streams_are_shortened_first() {
    let hub = hub();
    let lives = lives(&hub, 2 << 20);
    let mut publishers = [publisher(&hub, "big", 40_000).await, publisher(&hub, "small", 2_000).await];
    ["big", "small"].iter().for_each(|name| lives.follow(&key(name)));
    run(&mut publishers, 30).await;
    let listed = |name| lives.find(&key(name)).unwrap().segments().len();
    // Each second of the one is 200 KB; both would list 20.
    assert_eq!(listed("small"), 20);
    assert!(lives.held() < (2 << 20) + 100_000, "{}", lives.held());
    assert!((6..10).contains(&listed("big")), "{}", listed("big"));
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_counted_and_given_back() {
    let hub = hub();
    let lives = lives(&hub, usize::MAX);
    let mut publishers = [publisher(&hub, "s", 10_000).await];
    lives.follow(&key("s"));
    run(&mut publishers, 30).await;
    let listed: usize =
        lives.find(&key("s")).unwrap().segments().iter().map(|segment| segment.data.len()).sum();
    assert!(
        lives.held() > listed * 22 / 20,
        "two are not listed any more, and one is open: {}",
        lives.held()
    );
    assert!(lives.held() < listed * 24 / 20);
    drop(publishers);
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(lives.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_playlist_gets_empty() {
    let hub = hub();
    let lives = lives(&hub, 0);
    let mut publishers = [publisher(&hub, "s", 10_000).await];
    lives.follow(&key("s"));
    run(&mut publishers, 5).await;
    assert_eq!(lives.find(&key("s")).unwrap().segments().len(), 1);
}
