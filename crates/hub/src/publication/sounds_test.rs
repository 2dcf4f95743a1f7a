#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use media::{Codec, Time, TrackId, opus};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::config::{Config, MergeWindow};
use crate::log::Join;
use crate::tests::{Letters, Open, audio_track, frame, request, video_track};
use crate::wire::{Reader, WireKey};
use crate::{Action, Contributor, End, Hub, Publisher, Subscription, Wanted};

const WITH_AAC: Selection = Selection { sound: Sound::Aac, ..Selection::ALL };

/// A stream with pictures and Opus, whose publisher writes when it is told to.
struct Stream {
    hub: Hub,
    publisher: Publisher,
    wanted: Wanted,
    video: Arc<Track>,
    opus: Arc<Track>,
    /// For which it has gone on.
    seconds: i64,
}

impl Stream {
    /// With its first picture and sound.
    async fn new() -> Stream {
        let mut stream = Stream::silent().await;
        stream.picture(0, "A");
        stream.sound(10, "o");
        stream
    }

    async fn silent() -> Stream {
        let mut config = Config::default();
        config.default.merge_window = MergeWindow::PerFrame;
        let hub = Hub::new(config, Arc::new(Open));
        let publisher = hub.publish(request(Action::Publish)).await.unwrap();
        let wanted = hub.wanted();
        Stream { hub, publisher, wanted, video: video_track(), opus: opus_track(), seconds: 0 }
    }

    /// Goes on for so many seconds, with a sound in each: who is silent is put out.
    async fn go_on(&mut self, seconds: u64) {
        for _ in 0..seconds {
            sleep(Duration::from_secs(1)).await;
            self.seconds += 1;
            self.sound(self.seconds * 1_000, "o");
        }
    }

    fn picture(&mut self, ms: i64, letter: &'static str) {
        self.publisher.write(frame(&self.video, ms, letter)).unwrap();
    }

    fn sound(&mut self, ms: i64, letter: &'static str) {
        self.publisher.write(frame(&self.opus, ms, letter)).unwrap();
    }

    fn publication(&self) -> &Arc<Publication> {
        self.publisher.publication()
    }

    /// Who has been asked to make something.
    async fn asked(&mut self) -> Option<Contributor> {
        timeout(Duration::from_millis(1), self.wanted.next()).await.ok()
    }

    async fn viewer(&self, tracks: Selection) -> Viewer {
        let subscription = self.hub.subscribe(request(Action::Play)).await.unwrap();
        let key = WireKey { format: "letters", tracks, variant: 0, private: false };
        let reader = subscription.wire(self.publication(), key, || Box::new(Letters));
        Viewer { _subscription: subscription, reader }
    }

    /// Id and whether it is derived from which, of each track.
    fn tracks(&self) -> Vec<(u32, Option<u32>)> {
        let infos = self.publication().track_infos();
        infos.iter().map(|info| (info.track.id.0, info.derived_from.map(|id| id.0))).collect()
    }
}

struct Viewer {
    _subscription: Subscription,
    reader: Reader,
}

impl Viewer {
    fn read(&mut self) -> String {
        let mut cx = Context::from_waker(Waker::noop());
        let mut out = VecDeque::new();
        while let Poll::Ready(Ok(())) = self.reader.poll_next(&mut cx, &mut out, 1) {}
        String::from_utf8(out.into_iter().flatten().collect()).unwrap()
    }
}

/// In place of the AAC of [`audio_track`].
fn opus_track() -> Arc<Track> {
    Arc::new(Track { id: TrackId(1), codec: Codec::Opus(opus::Parameters::new(2).unwrap()) })
}

fn made_track() -> Arc<Track> {
    Arc::new(Track { id: Sound::Aac.derived_id().unwrap(), codec: audio_track().codec.clone() })
}

const MADE: u32 = TrackId::FIRST_DERIVED.0;

#[tokio::test(start_paused = true)]
async fn what_the_publisher_sends_is_not_asked_for() {
    let mut stream = Stream::new().await;
    let wants = [Sound::Opus, Sound::Source].map(|sound| stream.publication().want(sound));
    assert!(stream.asked().await.is_none());
    let before = Instant::now();
    for want in wants {
        assert!(want.ready(Duration::from_secs(1)).await, "{:?}", want.sound());
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(stream.publication().derivations(), []);
}

#[tokio::test(start_paused = true)]
async fn what_many_want_is_asked_for_once() {
    let mut stream = Stream::new().await;
    let _viewers = (stream.viewer(WITH_AAC).await, stream.viewer(WITH_AAC).await);
    let _frames = stream.publication().selected_frames(Join::Oldest, WITH_AAC);
    let contributor = stream.asked().await.unwrap();
    assert_eq!((contributor.sound(), contributor.main()), (Sound::Aac, Some(Arc::clone(&stream.opus))));
    assert!(stream.asked().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_before_there_are_tracks_is_asked_for_when_they_come() {
    let mut stream = Stream::silent().await;
    let _want = stream.publication().want(Sound::Aac);
    stream.picture(0, "A");
    assert!(stream.asked().await.is_none(), "pictures alone");
    stream.sound(10, "o");
    assert!(stream.asked().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn each_reader_sees_one_sound_and_all_see_the_pictures() {
    let mut stream = Stream::new().await;
    let (mut source, mut aac) = (stream.viewer(Selection::ALL).await, stream.viewer(WITH_AAC).await);
    let contributor = stream.asked().await.unwrap();
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    stream.sound(30, "p");
    contributor.write(frame(&made_track(), 30, "n")).unwrap();
    stream.picture(40, "b");
    assert_eq!(source.read(), "#[ho]Aopb");
    assert_eq!(aac.read(), "#[h]A!m!nb", "each frame here has a track of its own");
    assert_eq!(stream.viewer(WITH_AAC).await.read(), "#[h]A!m!nb", "a wire as it was made");
    let late = WireKey { format: "letters", tracks: WITH_AAC, variant: 1, private: false };
    let subscription = stream.hub.subscribe(request(Action::Play)).await.unwrap();
    let reader = subscription.wire(stream.publication(), late, || Box::new(Letters));
    let mut late = Viewer { _subscription: subscription, reader };
    assert_eq!(late.read(), "#[ha]A!m!nb", "one that begins later announces it");
}

#[tokio::test(start_paused = true)]
async fn frames_for_the_server_are_the_publishers_unless_it_wants_others() {
    let mut stream = Stream::new().await;
    let mut source = stream.publication().frames(Join::Oldest);
    let mut aac = stream.publication().selected_frames(Join::Oldest, WITH_AAC);
    let contributor = stream.asked().await.unwrap();
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    let (mut of_source, mut of_aac) = (Vec::new(), Vec::new());
    source.next(&mut of_source).await;
    aac.next(&mut of_aac).await;
    let letters =
        |frames: &[Arc<Frame>]| frames.iter().map(|frame| frame.payload[0] as char).collect::<String>();
    assert_eq!((letters(&of_source), letters(&of_aac)), ("Ao".into(), "Am".into()));
    stream.sound(30, "p");
    assert!(timeout(Duration::from_millis(1), aac.next(&mut of_aac)).await.is_err(), "nothing for it");
}

#[tokio::test(start_paused = true)]
async fn what_is_made_is_listed_behind_the_publishers_tracks_and_is_never_main() {
    let mut stream = Stream::new().await;
    let _want = stream.publication().want(Sound::Aac);
    let contributor = stream.asked().await.unwrap();
    let state = |stream: &Stream| stream.publication().derivations().pop().map(|found| found.state);
    assert_eq!(state(&stream), Some(Making::Starting));
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    assert_eq!(stream.tracks(), [(0, None), (1, None), (MADE, Some(1))]);
    assert_eq!(stream.publication().track_infos()[2].frames, 1);
    assert_eq!(state(&stream), Some(Making::Running));
    assert_eq!(stream.publication().tracks().len(), 2);
    assert_eq!(contributor.main().unwrap().id, TrackId(1));
    drop(contributor);
    assert_eq!(stream.tracks(), [(0, None), (1, None)]);
    assert!(stream.asked().await.is_some(), "it is wanted further");
}

#[tokio::test(start_paused = true)]
async fn sound_that_is_made_begins_no_reader_but_its_own() {
    let mut stream = Stream::silent().await;
    stream.sound(0, "o");
    let mut aac = stream.viewer(WITH_AAC).await;
    let contributor = stream.asked().await.unwrap();
    let track = made_track();
    for (ms, letter) in [(0, "a"), (400, "b"), (800, "c"), (1_200, "d")] {
        stream.publisher.write(frame(&stream.opus, ms + 1, "o")).unwrap();
        contributor.write(frame(&track, ms, letter)).unwrap();
    }
    assert_eq!(aac.read(), "#[a]abcd");
    assert_eq!(stream.viewer(WITH_AAC).await.read(), "#[a]d", "a start point each second");
    assert_eq!(stream.viewer(Selection::ALL).await.read(), "#[o]o", "its own are at 0 and 1,201 ms");
}

#[tokio::test(start_paused = true)]
async fn it_is_unwanted_ten_seconds_after_the_last_want_and_not_if_one_comes_before() {
    let mut stream = Stream::new().await;
    let want = stream.publication().want(Sound::Aac);
    let contributor = stream.asked().await.unwrap();
    let waiting = tokio::spawn(async move {
        contributor.unwanted().await;
        Instant::now()
    });
    let second = stream.publication().want(Sound::Aac);
    drop(want);
    stream.go_on(60).await;
    drop(second);
    stream.go_on(9).await;
    let third = stream.publication().want(Sound::Aac);
    stream.go_on(60).await;
    let before = Instant::now();
    drop(third);
    stream.go_on(12).await;
    assert_eq!(waiting.await.unwrap() - before, Duration::from_secs(10));
    assert!(stream.asked().await.is_none());
    let _fourth = stream.publication().want(Sound::Aac);
    assert!(stream.asked().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_changes_to_what_is_wanted_ends_it() {
    let mut stream = Stream::new().await;
    let mut viewer = stream.viewer(WITH_AAC).await;
    let contributor = stream.asked().await.unwrap();
    let made = made_track();
    contributor.write(frame(&made, 10, "m")).unwrap();
    assert_eq!(viewer.read(), "#[h]A!m");
    let aac = audio_track();
    stream.publisher.write(frame(&aac, 30, "s")).unwrap();
    assert_eq!(
        contributor.write(frame(&made, 20, "n")),
        Err(NotTaken::Unwanted),
        "its end would come too late"
    );
    assert_eq!(stream.publication().selected(WITH_AAC).len(), 2, "who begins now is told of one sound");
    timeout(Duration::from_millis(1), contributor.unwanted()).await.unwrap();
    drop(contributor);
    stream.publisher.write(frame(&aac, 50, "t")).unwrap();
    assert_eq!(viewer.read(), "!st");
    assert!(stream.asked().await.is_none());
    // And back.
    stream.sound(70, "q");
    stream.asked().await.unwrap().write(frame(&made, 70, "o")).unwrap();
    assert_eq!(viewer.read(), "o");
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_publication() {
    let mut stream = Stream::new().await;
    let _want = stream.publication().want(Sound::Aac);
    let contributor = stream.asked().await.unwrap();
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    stream.publisher.end(End::Finished);
    assert!(timeout(Duration::from_millis(1), contributor.unwanted()).await.is_ok());
    assert_eq!(contributor.write(frame(&made_track(), 30, "n")), Err(NotTaken::Ended));
    drop(contributor);
    assert!(stream.asked().await.is_none(), "nothing is to be made of what is over");
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_returns_finds_it_running() {
    let mut stream = Stream::new().await;
    let _want = stream.publication().want(Sound::Aac);
    let contributor = stream.asked().await.unwrap();
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    let Stream { hub, publisher, video, opus, .. } = stream;
    drop(publisher);
    assert!(timeout(Duration::from_secs(2), contributor.unwanted()).await.is_err());
    let mut publisher = hub.publish(request(Action::Publish)).await.unwrap();
    for n in 0..200 {
        publisher.write(frame(&video, n * 40, "C")).unwrap();
        publisher.write(frame(&opus, n * 40, "p")).unwrap();
        sleep(Duration::from_millis(40)).await;
    }
    let ids: Vec<_> = publisher.publication().track_infos().iter().map(|info| info.track.id.0).collect();
    assert_eq!(ids, [0, 1, MADE], "it is not a track that the new publisher lacks");
    let newest = publisher.publication().clock().newest;
    contributor.write(Frame { dts: newest, pts: newest, ..frame(&made_track(), 0, "n") }).unwrap();
}

#[tokio::test(start_paused = true)]
async fn frames_that_do_not_fit_in_are_refused_and_the_next_is_taken() {
    let mut stream = Stream::silent().await;
    let _want = stream.publication().want(Sound::Aac);
    stream.sound(20_000, "o");
    let contributor = stream.asked().await.unwrap();
    let made = made_track();
    let at = Time::from_millis;
    contributor.write(frame(&made, 19_000, "a")).unwrap();
    let (dts, last, newest) = (at(19_000), at(19_000), at(20_000));
    assert_eq!(contributor.write(frame(&made, 19_000, "b")), Err(NotTaken::NotRising { dts, last }));
    let (early, late) = (at(21_001), at(14_999));
    assert_eq!(contributor.write(frame(&made, 21_001, "c")), Err(NotTaken::OutOfTime { dts: early, newest }));
    assert_eq!(contributor.write(frame(&stream.opus, 19_500, "d")), Err(NotTaken::OtherTrack));
    let codec = stream.opus.codec.clone();
    let wrong = Arc::new(Track { id: made.id, codec });
    assert_eq!(contributor.write(frame(&wrong, 19_500, "e")), Err(NotTaken::OtherTrack));
    contributor.write(frame(&made, 19_020, "f")).unwrap();

    let mut fresh = Stream::silent().await;
    let _want = fresh.publication().want(Sound::Aac);
    fresh.sound(20_000, "o");
    let contributor = fresh.asked().await.unwrap();
    assert_eq!(contributor.write(frame(&made, 14_999, "a")), Err(NotTaken::OutOfTime { dts: late, newest }));
    fresh.publisher.end(End::Finished);
    assert_eq!(contributor.write(frame(&made, 19_020, "g")), Err(NotTaken::Ended));
}

#[tokio::test(start_paused = true)]
async fn times_rise_also_over_contributors() {
    let mut stream = Stream::new().await;
    let _want = stream.publication().want(Sound::Aac);
    let made = made_track();
    stream.asked().await.unwrap().write(frame(&made, 100, "m")).unwrap();
    let next = stream.asked().await.unwrap();
    assert!(matches!(next.write(frame(&made, 100, "n")), Err(NotTaken::NotRising { .. })));
    next.write(frame(&made, 101, "o")).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_is_replaced_by_the_publishers_sound_until_that_changes() {
    let mut stream = Stream::new().await;
    let mut viewer = stream.viewer(WITH_AAC).await;
    let contributor = stream.asked().await.unwrap();
    assert_eq!(viewer.read(), "#[h]A");
    let want = stream.publication().want(Sound::Aac);
    let waiting = tokio::spawn(async move { want.ready(Duration::from_secs(9)).await });
    sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    contributor.give_up(Arc::clone(&stream.opus), "no such decoder".into());
    assert!(waiting.await.unwrap() && before.elapsed() < Duration::from_secs(1));
    stream.sound(30, "p");
    assert_eq!(viewer.read(), "!p");
    let reason = "no such decoder".to_owned();
    let given_up = Derivation { sound: Sound::Aac, state: Making::GivenUp { reason } };
    assert_eq!(stream.publication().derivations(), [given_up]);
    assert!(stream.asked().await.is_none());
    stream.opus = opus_track();
    stream.sound(50, "q");
    assert!(stream.asked().await.is_none(), "the same parameters are no other chance");
    let codec = Codec::Opus(opus::Parameters::new(1).unwrap());
    stream.opus = Arc::new(Track { id: TrackId(1), codec });
    stream.sound(70, "r");
    assert!(stream.asked().await.is_some());
    assert_eq!(viewer.read(), "!q", "the last is replaced again");
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_the_first_of_it_but_not_for_ever() {
    let mut stream = Stream::new().await;
    let want = stream.publication().want(Sound::Aac);
    let before = Instant::now();
    assert!(!want.ready(Duration::from_secs(1)).await);
    assert_eq!(before.elapsed(), Duration::from_secs(1));
    let contributor = stream.asked().await.unwrap();
    let waiting = tokio::spawn(async move { (want.ready(Duration::from_secs(1)).await, want) });
    sleep(Duration::from_millis(100)).await;
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    assert!(waiting.await.unwrap().0);
    assert!((1_100..1_110).contains(&before.elapsed().as_millis()), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_other_tracks_of_sound_go_with_the_main_one() {
    let mut stream = Stream::new().await;
    let second = Arc::new(Track { id: TrackId(0x201), codec: audio_track().codec.clone() });
    stream.publisher.write(frame(&second, 10, "s")).unwrap();
    let ids = |selection| {
        let tracks = stream.publication().selected(selection);
        tracks.iter().map(|track| track.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(Selection::ALL), [0, 1, 0x201]);
    assert_eq!(ids(WITH_AAC), [0], "the second language is no substitute for the first");
    assert_eq!(ids(Selection::ALL.with(Sound::Opus)), [0, 1, 0x201]);
}

#[tokio::test(start_paused = true)]
async fn the_source_of_a_contributor_is_the_publishers_sound_and_keeps_nothing() {
    let mut stream = Stream::new().await;
    let _want = stream.publication().want(Sound::Aac);
    let contributor = stream.asked().await.unwrap();
    let mut source = contributor.source();
    contributor.write(frame(&made_track(), 10, "m")).unwrap();
    let mut frames = Vec::new();
    source.next(&mut frames).await;
    assert!(frames.len() == 1 && contributor.takes(&frames[0]), "one sound of the publisher's");
    for second in 1..40 {
        stream.picture(second * 1_000, "B");
        stream.sound(second * 1_000, "o");
    }
    assert!(stream.publication().bytes() < 4_000, "only ten seconds are kept");
    assert!(matches!(source.next(&mut frames).await, crate::Step::Gap { .. }));
}
