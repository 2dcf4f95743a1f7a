#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use media::{Delta, Frame, Time, Track, TrackId, aac, h264};

use super::*;
use crate::config::{JoinAt, MergeWindow, Settings};
use crate::log::{Bounds, Entry, Join};
use crate::wire::{Format, Selection, WireKey};

/// Lets everybody in but those who bring the query `no`.
pub(crate) struct Open;

impl Admission for Open {
    fn admit<'a>(
        &'a self,
        _session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>> {
        let denied = request.query == "no";
        let renamed = StreamKey::new(request.key.app(), "real").unwrap();
        let key = if request.query == "alias" { renamed } else { request.key.clone() };
        Box::pin(async move { if denied { Err(Denial { reason: "no".into() }) } else { Ok(key) } })
    }

    fn is_guarded(&self, key: &StreamKey) -> bool {
        key.name() == "guarded"
    }
}

/// One letter a frame, capitals for key frames, `[tracks]` as preamble, `!` for a new configuration.
pub(crate) struct Letters;

impl Format for Letters {
    fn header(&mut self, _tracks: &[Arc<Track>]) -> Bytes {
        Bytes::from_static(b"#")
    }

    fn preamble(&mut self, tracks: &[Arc<Track>], _at: Time) -> Bytes {
        let names: Vec<_> = tracks.iter().map(|track| &track.codec.name()[..1]).collect();
        format!("[{}]", names.concat()).into()
    }

    fn write(&mut self, frame: &Frame, changed: bool, out: &mut Vec<Bytes>) {
        if changed {
            out.push(Bytes::from_static(b"!"));
        }
        out.push(frame.payload.clone());
    }
}

pub(crate) fn request(action: Action) -> AccessRequest {
    AccessRequest {
        action,
        key: StreamKey::new("live", "s").unwrap(),
        query: String::new(),
        protocol: "test",
        peer: "127.0.0.1:9".parse().unwrap(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    }
}

pub(crate) fn video_track() -> Arc<Track> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters = h264::Parameters::new(set(&[0x67, 66, 0, 30]), set(&[0x68])).unwrap();
    Arc::new(Track { id: TrackId(0), codec: media::Codec::H264(parameters) })
}

pub(crate) fn audio_track() -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    Arc::new(Track { id: TrackId(1), codec: media::Codec::Aac(parameters) })
}

/// A frame at `ms`; a capital letter is a key frame.
pub(crate) fn frame(track: &Arc<Track>, ms: i64, letter: &'static str) -> Frame {
    let audio = track.kind() == media::Kind::Audio;
    Frame {
        track: Arc::clone(track),
        dts: Time::from_millis(ms),
        pts: Time::from_millis(ms),
        duration: None,
        keyframe: audio || letter.chars().all(char::is_uppercase),
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: Bytes::from_static(letter.as_bytes()),
    }
}

pub(crate) fn hub(change: impl FnOnce(&mut Settings)) -> Hub {
    let mut config = Config::default();
    config.default.merge_window = MergeWindow::PerFrame;
    change(&mut config.default);
    Hub::new(config, Arc::new(Open))
}

const KEY: WireKey = WireKey { format: "letters", tracks: Selection::ALL, variant: 0, private: false };

pub(crate) struct Viewer {
    pub(crate) subscription: Subscription,
    pub(crate) reader: Option<wire::Reader>,
}

impl Viewer {
    async fn join(hub: &Hub) -> Viewer {
        Viewer::of(hub, request(Action::Play)).await
    }

    pub(crate) async fn of(hub: &Hub, request: AccessRequest) -> Viewer {
        Viewer { subscription: hub.subscribe(request).await.unwrap(), reader: None }
    }

    /// What has come by now, and why there will be no more if so.
    pub(crate) async fn read(&mut self) -> (String, Option<End>) {
        if self.reader.is_none() {
            let publication = self.subscription.publication().await;
            self.reader = Some(self.subscription.wire(&publication, KEY, || Box::new(Letters)));
        }
        let reader = self.reader.as_mut().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let mut out = VecDeque::new();
        let end = loop {
            match reader.poll_next(&mut cx, &mut out, 1) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(end)) => break Some(end),
                Poll::Pending => break None,
            }
        };
        (String::from_utf8(out.into_iter().flatten().collect()).unwrap(), end)
    }
}

pub(crate) async fn publish(hub: &Hub) -> Publisher {
    hub.publish(request(Action::Publish)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn viewer_gets_header_preamble_and_the_last_gop() {
    let hub = hub(|_| {});
    let mut publisher = publish(&hub).await;
    let video = video_track();
    for (n, letter) in ["A", "b", "C", "d"].into_iter().enumerate() {
        publisher.write(frame(&video, n as i64 * 40, letter)).unwrap();
    }
    let mut viewer = Viewer::join(&hub).await;
    assert_eq!(viewer.read().await, ("#[h]Cd".into(), None));
    publisher.write(frame(&video, 160, "e")).unwrap();
    publisher.write(frame(&video, 200, "F")).unwrap();
    assert_eq!(viewer.read().await, ("eF".into(), None), "no preamble for one who reads on");
    let mut second = Viewer::join(&hub).await;
    assert_eq!(second.read().await, ("#[h]F".into(), None));
    assert_eq!(viewer.subscription.session().moved().frames, 4);
}

#[tokio::test(start_paused = true)]
async fn viewer_may_come_first_and_waits() {
    let hub = hub(|_| {});
    let mut viewer = Viewer::join(&hub).await;
    let (mut publisher, video) = (publish(&hub).await, video_track());
    assert_eq!(viewer.read().await, (String::new(), None));
    publisher.write(frame(&video, 0, "a")).unwrap();
    assert_eq!(viewer.read().await, (String::new(), None), "not before a start point");
    publisher.write(frame(&video, 40, "B")).unwrap();
    assert_eq!(viewer.read().await, ("#[h]B".into(), None));
}

#[tokio::test(start_paused = true)]
async fn viewer_who_was_there_first_misses_nothing_though_it_begins_late() {
    let hub = hub(|_| {});
    let mut viewer = Viewer::join(&hub).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (mut publisher, audio) = (publish(&hub).await, audio_track());
    for (n, letter) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        publisher.write(frame(&audio, n as i64 * 400, letter)).unwrap();
    }
    assert_eq!(Viewer::join(&hub).await.read().await.0, "#[a]de");
    // The wire of the second begins later than the first may.
    let other = WireKey { variant: 7, ..KEY };
    let publication = publisher.publication();
    viewer.reader = Some(viewer.subscription.wire(publication, other, || Box::new(Letters)));
    assert_eq!(viewer.read().await.0, "#[a]abcde");
}

#[tokio::test(start_paused = true)]
async fn viewer_who_was_there_first_and_joins_again_sees_nothing_twice() {
    let hub = hub(|_| {});
    let viewer = Viewer::join(&hub).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (mut publisher, video) = (publish(&hub).await, video_track());
    for (n, letter) in ["A", "b", "C", "d"].into_iter().enumerate() {
        publisher.write(frame(&video, n as i64 * 40, letter)).unwrap();
    }
    let Viewer { subscription, .. } = viewer;
    let reader = subscription.wire_from(Join::Start, publisher.publication(), KEY, || Box::new(Letters));
    assert_eq!(Viewer { subscription, reader: Some(reader) }.read().await.0, "#[h]Cd");
}

#[tokio::test(start_paused = true)]
async fn joining_at_the_next_key_frame_passes_over_the_gop() {
    let hub = hub(|settings| settings.join = JoinAt::Key);
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    assert_eq!(viewer.read().await.0, "");
    publisher.write(frame(&video, 40, "b")).unwrap();
    publisher.write(frame(&video, 80, "C")).unwrap();
    assert_eq!(viewer.read().await.0, "#[h]C");
}

#[tokio::test(start_paused = true)]
async fn new_configuration_goes_before_its_frame_for_those_who_read_on() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    publisher.write(frame(&video_track(), 40, "B")).unwrap();
    assert_eq!(viewer.read().await.0, "!B");
    publisher.write(frame(&audio_track(), 41, "x")).unwrap();
    assert_eq!(viewer.read().await.0, "!x", "a late track announces itself");
    assert_eq!(Viewer::join(&hub).await.read().await.0, "#[h]!B!x", "a joiner gets the block as it was made");
}

#[tokio::test(start_paused = true)]
async fn sound_alone_has_a_start_point_each_second() {
    let hub = hub(|_| {});
    let (mut publisher, audio) = (publish(&hub).await, audio_track());
    for (n, letter) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        publisher.write(frame(&audio, n as i64 * 400, letter)).unwrap();
    }
    assert_eq!(Viewer::join(&hub).await.read().await.0, "#[a]de");
}

#[tokio::test(start_paused = true)]
async fn the_picture_is_the_newest_key_frame_and_looking_at_it_is_no_viewing() {
    let hub = hub(|_| {});
    let (mut publisher, video, audio) = (publish(&hub).await, video_track(), audio_track());
    let publication = hub.publication(&request(Action::Play).key).unwrap();
    let picture = || publication.picture().map(|frame| frame.payload.clone());
    publisher.write(frame(&audio, 0, "x")).unwrap();
    assert_eq!((picture(), publication.has_video()), (None, false));
    publisher.write(frame(&video, 10, "b")).unwrap();
    assert_eq!((picture(), publication.has_video()), (None, true));
    for (ms, letter) in [(50, "C"), (90, "d"), (130, "E"), (170, "f")] {
        publisher.write(frame(&video, ms, letter)).unwrap();
    }
    assert_eq!(picture().unwrap(), "E");
    publisher.write(frame(&audio, 3_000, "y")).unwrap();
    assert_eq!(picture().unwrap(), "E", "sound that one can join at is no picture");
    assert_eq!(hub.sessions().len(), 1, "the publisher alone");
}

#[tokio::test(start_paused = true)]
async fn merge_window_gathers_frames_into_one_block() {
    let window = Delta::millis(100);
    let hub = hub(|settings| settings.merge_window = MergeWindow::Fixed(window));
    let (mut publisher, video) = (publish(&hub).await, video_track());
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    publisher.write(frame(&video, 0, "A")).unwrap();
    publisher.write(frame(&video, 40, "b")).unwrap();
    assert_eq!(viewer.read().await.0, "");
    tokio::time::sleep(Duration::from_millis(114)).await;
    assert_eq!(viewer.read().await.0, "#[h]Ab");
    publisher.write(frame(&video, 80, "c")).unwrap();
    tokio::time::sleep(Duration::from_millis(114)).await;
    assert_eq!(viewer.read().await.0, "c");
}

#[tokio::test(start_paused = true)]
async fn publisher_that_keeps_the_pace_cuts_the_blocks_itself() {
    let window = Delta::millis(100);
    let hub = hub(|settings| settings.merge_window = MergeWindow::Fixed(window));
    let (mut publisher, video) = (publish(&hub).await, video_track());
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    assert_eq!(publisher.pace(), window);
    for (n, letters) in [["A", "b"], ["c", "d"]].into_iter().enumerate() {
        tokio::time::sleep(window.to_std()).await;
        for letter in letters {
            publisher.write(frame(&video, n as i64 * 100, letter)).unwrap();
        }
        assert_eq!(viewer.read().await.0, "");
        publisher.flush(window);
        assert_eq!(viewer.read().await.0, if n == 0 { "#[h]Ab" } else { "cd" });
    }
    publisher.write(frame(&video, 300, "e")).unwrap();
    publisher.flush(Delta::millis(25));
    assert_eq!(viewer.read().await.0, "", "the next batch comes before the window is over");
    let unwatched = self::hub(|_| {});
    assert_eq!(publish(&unwatched).await.pace(), Delta::ZERO, "few viewers: at once");
}

#[tokio::test(start_paused = true)]
async fn batches_that_come_between_two_windows_wait_for_none() {
    let window = Delta::millis(100);
    let hub = hub(|settings| settings.merge_window = MergeWindow::Fixed(window));
    let (mut publisher, video) = (publish(&hub).await, video_track());
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    publisher.write(frame(&video, 0, "A")).unwrap();
    tokio::time::sleep(Duration::from_millis(114)).await;
    assert_eq!(viewer.read().await.0, "#[h]A", "the publisher was late, so it was pumped without it");
    tokio::time::sleep(Duration::from_millis(30)).await;
    for (n, letter) in ["b", "c", "d"].into_iter().enumerate() {
        publisher.write(frame(&video, 140 + n as i64 * 100, letter)).unwrap();
        publisher.flush(window);
        assert_eq!(viewer.read().await.0, letter);
        tokio::time::sleep(window.to_std()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn second_publisher_is_refused_while_the_first_sends() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    assert_eq!(hub.publish(request(Action::Publish)).await.err(), Some(Refusal::Busy));
}

#[tokio::test(start_paused = true)]
async fn silent_publisher_loses_its_slot_and_the_clock_goes_on() {
    let hub = hub(|_| {});
    let (mut first, video) = (publish(&hub).await, video_track());
    first.write(frame(&video, 5_000, "A")).unwrap();
    first.write(frame(&video, 5_040, "b")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    assert_eq!(viewer.read().await.0, "#[h]Ab");
    let mut frames = first.publication().frames(log::Join::Start);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let mut second = publish(&hub).await;
    assert_eq!(first.write(frame(&video, 5_080, "x")).unwrap_err(), End::Replaced);
    second.write(frame(&video_track(), 0, "C")).unwrap();
    assert_eq!(viewer.read().await, ("!C".into(), None));
    let mut out = Vec::new();
    frames.next(&mut out).await;
    assert_eq!(out.iter().map(|frame| frame.dts.as_millis()).collect::<Vec<_>>(), [5_000, 5_040, 5_080]);
    assert!(out[2].discontinuity);
    drop(first);
    second.write(frame(&video, 40, "d")).expect("the old handle's end does not harm the new publisher");
}

#[tokio::test(start_paused = true)]
async fn silent_publisher_is_cut_after_five_seconds() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    tokio::time::sleep(Duration::from_millis(4_700)).await;
    assert_eq!(publisher.session().ended(), None);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(publisher.session().ended(), Some(End::Silent));
}

#[tokio::test(start_paused = true)]
async fn publisher_has_twenty_seconds_to_its_first_frame() {
    let hub = hub(|_| {});
    let publisher = publish(&hub).await;
    tokio::time::sleep(Duration::from_millis(19_700)).await;
    assert_eq!(publisher.session().ended(), None);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(publisher.session().ended(), Some(End::Silent));
    assert!(hub.streams().iter().all(|stream| stream.phase.is_none()));
}

#[tokio::test(start_paused = true)]
async fn lost_publisher_may_return_within_the_grace() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut patient = Viewer::join(&hub).await;
    let mut http = Viewer::join(&hub).await;
    http.subscription.follow_http_grace();
    assert_eq!(patient.read().await.0, "#[h]A");
    assert_eq!(http.read().await.0, "#[h]A");
    let mut events = hub.events();
    drop(publisher);
    assert!(
        matches!(events.try_recv().unwrap(), Event::Unpublished { end: End::Dropped, .. }),
        "told at once"
    );
    assert_eq!(patient.read().await, (String::new(), None));
    assert_eq!(http.read().await.1, Some(End::Dropped));
    tokio::time::sleep(Duration::from_secs(9)).await;
    let mut publisher = publish(&hub).await;
    publisher.write(frame(&video, 0, "B")).unwrap();
    assert_eq!(patient.read().await, ("B".into(), None));
}

#[tokio::test(start_paused = true)]
async fn return_that_fails_before_its_first_frame_does_not_end_the_grace() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    drop(publisher);
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(publish(&hub).await);
    assert_eq!(viewer.read().await.1, None);
    let mut publisher = publish(&hub).await;
    publisher.write(frame(&video, 0, "B")).unwrap();
    assert_eq!(viewer.read().await, ("B".into(), None));
}

#[tokio::test(start_paused = true)]
async fn http_viewer_who_comes_while_the_publisher_is_lost_waits_for_its_return() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    drop(publisher);
    let mut viewer = Viewer::join(&hub).await;
    viewer.subscription.follow_http_grace();
    let waiting = tokio::spawn(async move { viewer.read().await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished(), "no old pictures again and again");
    let mut publisher = publish(&hub).await;
    publisher.write(frame(&video, 0, "B")).unwrap();
    assert_eq!(waiting.await.unwrap().0, "#[h]B");
}

#[tokio::test(start_paused = true)]
async fn each_grace_is_its_own() {
    let hub = hub(|settings| (settings.grace, settings.grace_http) = (Delta::secs(2), Delta::secs(5)));
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let (mut viewer, mut http) = (Viewer::join(&hub).await, Viewer::join(&hub).await);
    http.subscription.follow_http_grace();
    viewer.read().await;
    http.read().await;
    drop(publisher);
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    assert_eq!((viewer.read().await.1, http.read().await.1), (None, None));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!((viewer.read().await.1, http.read().await.1), (Some(End::Dropped), None));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(http.read().await.1, Some(End::Dropped));
}

#[tokio::test(start_paused = true)]
async fn tracks_that_do_not_return_with_the_publisher_are_forgotten() {
    let hub = hub(|_| {});
    let (mut publisher, video, audio) = (publish(&hub).await, video_track(), audio_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    publisher.write(frame(&audio, 0, "a")).unwrap();
    let publication = Arc::clone(publisher.publication());
    drop(publisher);
    let mut publisher = publish(&hub).await;
    for n in 0..8 {
        publisher.write(frame(&audio, n * 200, "b")).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(publication.tracks().iter().map(|track| track.id.0).collect::<Vec<_>>(), [1]);
    assert_eq!(hub.streams()[0].tracks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn viewer_who_gets_its_wire_after_the_end_is_told_so() {
    for window in [MergeWindow::PerFrame, MergeWindow::Fixed(Delta::millis(100))] {
        let hub = hub(|settings| settings.merge_window = window);
        let (mut publisher, video) = (publish(&hub).await, video_track());
        publisher.write(frame(&video, 0, "A")).unwrap();
        let publication = Arc::clone(publisher.publication());
        let mut viewer = Viewer::join(&hub).await;
        publisher.end(End::Finished);
        viewer.reader = Some(viewer.subscription.wire(&publication, KEY, || Box::new(Letters)));
        assert_eq!(viewer.read().await, ("#[h]A".into(), Some(End::Finished)));
    }
}

#[tokio::test(start_paused = true)]
async fn stream_kicked_in_its_grace_leaves_nothing() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let key = publisher.session().key.clone();
    drop(publisher);
    let mut events = hub.events();
    assert!(hub.kick_stream(&key));
    assert!(matches!(events.try_recv().unwrap(), Event::StreamEnded { end: End::Kicked, .. }));
    assert!(hub.streams().is_empty());
    assert!(!hub.kick_stream(&key));
}

#[tokio::test(start_paused = true)]
async fn viewers_cannot_keep_publishers_out() {
    let mut config = Config::default();
    (config.limits.streams, config.limits.sessions) = (2, 2);
    let hub = Hub::new(config, Arc::new(Open));
    let named =
        |name: &str, action| AccessRequest { key: StreamKey::new("live", name).unwrap(), ..request(action) };
    let mut viewers = Vec::new();
    for name in ["a", "b", "c"] {
        viewers.push(hub.subscribe(named(name, Action::Play)).await);
    }
    assert!(matches!(viewers[2], Err(Refusal::Full { count: 2, .. })));
    assert!(hub.publish(named("d", Action::Publish)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_address_cannot_keep_others_out() {
    let mut config = Config::default();
    (config.limits.viewers_per_address, config.limits.streams_per_address) = (3, 2);
    let hub = Hub::new(config, Arc::new(Open));
    let publisher = publish(&hub).await;
    let ask = |name: &str, peer: &str| AccessRequest {
        key: StreamKey::new("live", name).unwrap(),
        peer: peer.parse().unwrap(),
        ..request(Action::Play)
    };
    let full = |what| Some(Refusal::Full { what, count: if what.starts_with('s') { 2 } else { 3 } });
    // Two names of its own, beside that which is published; then it has as many viewers as it may.
    let waits = [hub.subscribe(ask("a", "10.0.0.1:1")).await, hub.subscribe(ask("b", "10.0.0.1:2")).await];
    assert!(waits.iter().all(Result::is_ok));
    assert_eq!(hub.subscribe(ask("c", "10.0.0.1:3")).await.err(), full("streams that one address waits for"));
    let watches = hub.subscribe(ask("s", "10.0.0.1:4")).await.unwrap();
    assert_eq!(hub.subscribe(ask("s", "10.0.0.1:5")).await.err(), full("viewers of one address"));
    // Others can, and where somebody waits already it is no new stream.
    let others = [hub.subscribe(ask("c", "10.0.0.2:1")).await, hub.subscribe(ask("a", "10.0.0.2:2")).await];
    assert!(others.iter().all(Result::is_ok));
    // What somebody publishes is not waited for any more.
    let published = [
        hub.publish(AccessRequest { action: Action::Publish, ..ask("a", "10.0.0.9:1") }).await,
        hub.publish(AccessRequest { action: Action::Publish, ..ask("b", "10.0.0.9:2") }).await,
    ];
    assert!(published.iter().all(Result::is_ok));
    drop(watches);
    let third = hub.subscribe(ask("e", "10.0.0.1:5")).await;
    assert!(third.is_ok());
    // What is given back can be had again, and nobody is kept from publishing.
    drop((waits, others, published, third));
    assert!(hub.subscribe(ask("c", "10.0.0.1:6")).await.is_ok());
    let by_peer = AccessRequest { action: Action::Publish, ..ask("d", "10.0.0.1:7") };
    assert!(hub.publish(by_peer).await.is_ok());
    drop(publisher);
}

#[tokio::test(start_paused = true)]
async fn viewer_who_skips_gets_the_preamble_again_and_is_counted() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    for n in 1..=500 {
        publisher.write(frame(&video, n * 40, if n == 500 { "C" } else { "b" })).unwrap();
    }
    assert_eq!(viewer.read().await, ("[h]C".into(), None));
    assert_eq!(viewer.subscription.session().moved().skipped, 499);
}

#[tokio::test(start_paused = true)]
async fn grace_that_runs_out_is_the_end() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    drop(publisher);
    tokio::time::sleep(Duration::from_millis(10_300)).await;
    assert_eq!(viewer.read().await.1, Some(End::Dropped));
    drop(viewer);
    assert!(hub.streams().is_empty());
    assert_eq!(hub.bytes(), 0, "nothing is held for a stream that is gone");
}

#[tokio::test(start_paused = true)]
async fn goodbye_ends_the_stream_at_once_and_viewers_may_stay_for_the_next() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    publisher.write(frame(&video, 40, "b")).unwrap();
    publisher.end(End::Finished);
    assert_eq!(viewer.read().await, ("b".into(), Some(End::Finished)), "everything, then the end");
    viewer.reader = None;
    let mut next = publish(&hub).await;
    next.write(frame(&video, 0, "C")).unwrap();
    assert_eq!(viewer.read().await, ("#[h]C".into(), None));
}

#[tokio::test(start_paused = true)]
async fn kicked_publisher_leaves_at_once_and_may_come_back() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    assert!(hub.kick_stream(&publisher.session().key));
    assert_eq!(publisher.write(frame(&video, 40, "b")), Err(End::Kicked));
    assert!(hub.streams().iter().all(|stream| stream.publisher.is_none()));
    let mut again = publish(&hub).await;
    again.write(frame(&video, 0, "C")).unwrap();
    assert!(hub.kick(again.session().id));
    assert_eq!(again.session().ended(), Some(End::Kicked));
    assert!(!hub.kick(SessionId(999)));
}

#[tokio::test(start_paused = true)]
async fn kicked_viewer_learns_of_it() {
    let hub = hub(|_| {});
    let viewer = Viewer::join(&hub).await;
    assert!(hub.kick(viewer.subscription.session().id));
    assert_eq!(viewer.subscription.session().ended(), Some(End::Kicked));
    assert!(hub.present().is_empty() && hub.sessions().len() == 1, "it is held until its gateway lets go");
}

#[tokio::test(start_paused = true)]
async fn a_publisher_is_known_by_the_stream_it_was_let_in_to() {
    let hub = hub(|_| {});
    let mut request = request(Action::Publish);
    request.query = "alias".into();
    let publisher = hub.publish(request).await.unwrap();
    assert_eq!(publisher.session().key.name(), "real");
    assert_eq!(hub.streams().iter().map(|info| info.key.name()).collect::<Vec<_>>(), ["real"]);
    let guarded = |name| hub.is_guarded(&StreamKey::new("live", name).unwrap());
    assert!(guarded("guarded") && !guarded("real"));
}

#[tokio::test(start_paused = true)]
async fn denied_request_leaves_nothing_behind() {
    let hub = hub(|_| {});
    let mut request = request(Action::Publish);
    request.query = "no".into();
    assert!(matches!(hub.publish(request).await, Err(Refusal::Denied(_))));
    assert!(hub.streams().is_empty() && hub.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn stream_that_is_only_waited_for_goes_with_its_last_viewer() {
    let hub = hub(|_| {});
    let viewer = Viewer::join(&hub).await;
    assert_eq!(hub.streams().len(), 1);
    drop(viewer);
    assert!(hub.streams().is_empty());
}

#[tokio::test(start_paused = true)]
async fn info_tells_codec_rate_gop_and_viewers() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    let _viewer = Viewer::join(&hub).await;
    for n in 0..200 {
        let letter = if n % 25 == 0 { "A" } else { "b" };
        publisher.write(frame(&video, n * 40, letter)).unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    let info = hub.streams().remove(0);
    assert_eq!(info.viewers, [("test", 1)]);
    let track = &info.tracks[0];
    assert_eq!((track.frames, track.keyframes, track.gop), (200, 8, Some(Delta::secs(1))));
    assert!((24.0..26.0).contains(&track.fps), "{}", track.fps);
    assert!((190.0..210.0).contains(&track.bitrate), "{}", track.bitrate);
}

#[tokio::test(start_paused = true)]
async fn what_was_moved_stays_counted_when_those_who_moved_it_are_gone() {
    let hub = hub(|_| {});
    let mut publisher = publish(&hub).await;
    publisher.write(frame(&video_track(), 0, "ABCD")).unwrap();
    for bytes in [300, 500] {
        let leaving = hub.subscribe(request(Action::Play)).await.unwrap();
        leaving.session().count_bytes(bytes);
    }
    let staying = hub.subscribe(request(Action::Play)).await.unwrap();
    staying.session().count_bytes(7);
    let other = StreamKey::new("live", "other").unwrap();
    drop(hub.subscribe(AccessRequest { key: other, ..request(Action::Play) }).await.unwrap());
    let denied = AccessRequest { query: "no".to_owned(), ..request(Action::Play) };
    assert!(hub.subscribe(denied).await.is_err());
    assert!(hub.publish(request(Action::Publish)).await.is_err(), "somebody publishes");

    let moved = Traffic { received: 4, frames: 1, sent: 807, skipped: 0 };
    let survey = hub.survey();
    assert_eq!((survey.traffic, survey.streams[0].traffic, survey.streams.len()), (moved, moved, 1));
    assert_eq!((survey.publishers, survey.viewers), (1, vec![("test", 1)]));
    assert_eq!(survey.refused, Refused { publishers: 1, viewers: 1 });

    publisher.end(End::Finished);
    drop((publisher, staying));
    let survey = hub.survey();
    assert_eq!((survey.traffic, survey.streams.len()), (moved, 0));
    let _again = publish(&hub).await;
    assert_eq!(hub.survey().streams[0].traffic, Traffic::default(), "another stream of that name");
    let gone = hub.inner.sessions.all_and_gone().1;
    assert!(gone.streams.is_empty(), "nothing is kept of streams that are gone: {gone:?}");
}

#[tokio::test(start_paused = true)]
async fn media_over_the_limit_goes_from_the_biggest_stream() {
    let mut config = Config::default();
    config.limits.memory = 40_000;
    let hub = Hub::new(config, Arc::new(Open));
    let (mut publisher, video) = (publish(&hub).await, video_track());
    for n in 0..1_000 {
        publisher.write(frame(&video, n * 10, if n % 100 == 0 { "A" } else { "b" })).unwrap();
    }
    assert!(hub.bytes() > 40_000);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(hub.bytes() <= 40_000);
    assert_eq!(
        Viewer::join(&hub).await.read().await.0.len(),
        "#[h]".len() + 100,
        "the last GOP is still there"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_made_of_a_stream_elsewhere_counts_and_is_trimmed_as_the_stream_is() {
    let mut config = Config::default();
    config.limits.memory = 40_000;
    let hub = Hub::new(config, Arc::new(Open));
    let (publisher, video) = (publish(&hub).await, video_track());
    let bounds = Bounds { span: Delta::secs(10), bytes: 1 << 20 };
    let log = publisher.publication().derived_log(bounds);
    for n in 0..60 {
        let item = frame(&video, n * 10, "A");
        log.push(Entry { item, time: Time::from_millis(n * 10), bytes: 1_000, start: n % 10 == 0 });
    }
    assert!(hub.bytes() > 60_000);
    assert_eq!(publisher.publication().bytes(), hub.bytes());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(hub.bytes() <= 40_000 && log.bytes() == hub.bytes());
    drop(log);
    assert_eq!(hub.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn idle_wire_lingers_and_goes() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    Viewer::join(&hub).await.read().await;
    let held = publisher.publication().bytes();
    for n in 1..50 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        publisher.write(frame(&video, n, "")).unwrap();
    }
    let frames_only = publisher.publication().bytes();
    assert!(frames_only < held + 49 * 129, "the wire's blocks are gone: {frames_only} beside {held}");
}

#[tokio::test(start_paused = true)]
async fn a_wire_of_one_viewer_goes_with_it_and_others_wait_for_the_next() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let publication = publisher.publication();
    let before = publication.bytes();
    let held_after = async |key: WireKey| {
        let mut viewer = Viewer::join(&hub).await;
        viewer.reader = Some(viewer.subscription.wire(publication, key, || Box::new(Letters)));
        assert_eq!(viewer.read().await.0, "#[h]A");
        drop(viewer);
        tokio::time::sleep(Duration::from_secs(1)).await;
        publication.bytes() > before
    };
    assert!(!held_after(WireKey { variant: 7, private: true, ..KEY }).await);
    assert!(held_after(WireKey { variant: 7, ..KEY }).await, "what players can do is shared by many");
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_everybody_and_lets_nobody_in() {
    let hub = hub(|_| {});
    let (mut publisher, video) = (publish(&hub).await, video_track());
    publisher.write(frame(&video, 0, "A")).unwrap();
    let mut viewer = Viewer::join(&hub).await;
    viewer.read().await;
    hub.shut_down().await;
    assert_eq!(publisher.session().ended(), Some(End::Shutdown));
    assert_eq!(viewer.read().await.1, Some(End::Shutdown));
    assert_eq!(hub.publish(request(Action::Publish)).await.err(), Some(Refusal::Draining));
}

#[tokio::test(start_paused = true)]
async fn settled_waits_for_the_second_track_but_not_for_ever() {
    let hub = hub(|_| {});
    let mut publisher = publish(&hub).await;
    let publication = Arc::clone(publisher.publication());
    let wait = Duration::from_secs(1);
    let settled = tokio::spawn({
        let publication = Arc::clone(&publication);
        async move { publication.settled(wait).await.len() }
    });
    tokio::task::yield_now().await;
    publisher.write(frame(&audio_track(), 0, "a")).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!settled.is_finished());
    publisher.write(frame(&video_track(), 0, "A")).unwrap();
    assert_eq!(settled.await.unwrap(), 2);
}
