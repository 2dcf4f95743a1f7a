#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use http_body_util::BodyExt;
use hub::{End, Hub, Publisher};
use media::Delta;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::config::{self, HlsMode, HlsVariant};
use crate::hls::{Hls, Shared, serve};
use crate::http::MediaRequest;
use crate::protocol::Protocol;
use crate::testing::{get, hub, key, picture, publish, video};

/// A stream of 25 pictures a second, with a key frame every second, in segments of 2 s.
struct Stream {
    hub: Hub,
    shared: Arc<Shared>,
    /// Gives the publisher back when it is told to stop.
    publishing: Option<(CancellationToken, JoinHandle<Publisher>)>,
    stop: CancellationToken,
    /// Where the next picture is.
    at: i64,
}

impl Stream {
    async fn new(mode: HlsMode) -> Stream {
        let (hub, stop) = (hub(), CancellationToken::new());
        let default = config::HlsApp {
            mode,
            fragment: Delta::secs(5),
            variant: HlsVariant::Ll,
            ll_fragment: Delta::secs(2),
            ..Default::default()
        };
        let hls = Hls::new(config::Hls { default, ..Default::default() }.in_force(), None, hub.clone());
        let shared = Arc::clone(&hls.shared);
        tokio::spawn(Box::new(hls).run(stop.clone()));
        let publisher = publish(&hub, "s").await;
        let mut stream = Stream { hub, shared, publishing: None, stop, at: 0 };
        stream.run(publisher);
        stream
    }

    /// One that has been there for `seconds`.
    async fn running(mode: HlsMode, seconds: u64) -> Stream {
        let stream = Stream::new(mode).await;
        sleep(Duration::from_secs(seconds) + HALF).await;
        stream
    }

    fn run(&mut self, mut publisher: Publisher) {
        let (stop, track, from) = (CancellationToken::new(), video(), self.at);
        let running = stop.clone();
        let task = tokio::spawn(async move {
            let began = Instant::now();
            for n in 0.. {
                publisher.write(picture(&track, from + n * 40, n % 25 == 0, 100)).unwrap();
                let next = began + PICTURE * (n as u32 + 1);
                if running.run_until_cancelled(tokio::time::sleep_until(next)).await.is_none() {
                    break;
                }
            }
            publisher
        });
        self.publishing = Some((stop, task));
    }

    /// No more pictures.
    async fn pause(&mut self) -> Publisher {
        let (stop, task) = self.publishing.take().unwrap();
        stop.cancel();
        task.await.unwrap()
    }

    /// Asks for the playlist with this query.
    async fn ask(&self, query: &str) -> (StatusCode, String) {
        text(ask(&self.shared, query).await).await
    }

    /// The same, in a task of its own: when it was answered, how, and with what.
    fn asking(&self, query: &str) -> JoinHandle<(Duration, StatusCode, String)> {
        let (shared, query, began) = (Arc::clone(&self.shared), query.to_owned(), Instant::now());
        tokio::spawn(async move {
            let (status, text) = text(ask(&shared, &query).await).await;
            (began.elapsed(), status, text)
        })
    }

    async fn file(&self, name: &str, range: &str) -> Option<Response> {
        let (name, query) = name.split_once('?').unwrap_or((name, ""));
        let (stem, suffix) = name.split_at(name.len() - 4);
        let suffix = if suffix == ".mp4" { ".mp4" } else { ".m4s" };
        let (query, range) = (query.to_owned(), range.to_owned());
        let request = MediaRequest { query, range, ..get(stem, suffix) };
        super::file(Arc::clone(&self.shared), request, suffix).await
    }

    fn viewers(&self) -> usize {
        self.hub.sessions().iter().filter(|session| session.protocol == "hls").count()
    }

    fn is_made(&self) -> bool {
        self.shared.lives.find(&key("s")).is_some_and(|live| live.low().running.is_some())
    }
}

async fn ask(shared: &Arc<Shared>, query: &str) -> Response {
    let request = MediaRequest { query: query.to_owned(), ..get("s", ".m3u8") };
    serve::playlist(Arc::clone(shared), request).await.unwrap()
}

async fn text(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The number of the segment that is being made, and how many parts it has.
fn edge(playlist: &str) -> (u64, usize) {
    let value = |tag: &'static str| playlist.lines().filter_map(move |line| line.strip_prefix(tag));
    let first: u64 = value("#EXT-X-MEDIA-SEQUENCE:").next().unwrap().parse().unwrap();
    let complete = value("#EXTINF:").count() as u64;
    let tail = playlist.rsplit_once("#EXTINF").map_or(playlist, |(_, tail)| tail);
    (first + complete, tail.matches("#EXT-X-PART:").count())
}

fn hint(playlist: &str) -> &str {
    playlist.split("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"").nth(1).unwrap().split('"').next().unwrap()
}

const PICTURE: Duration = Duration::from_millis(40);
/// So that nothing happens just now.
const HALF: Duration = Duration::from_millis(20);

#[tokio::test(start_paused = true)]
async fn it_is_made_from_when_somebody_asks_with_what_came_before() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    assert!(!stream.is_made());
    let began = Instant::now();
    let (status, list) = stream.ask("").await;
    assert_eq!((status, began.elapsed() < HALF), (StatusCode::OK, true));
    // The log has ten seconds before the last key frame.
    assert_eq!(edge(&list), (5, 0), "{list}");
    assert!(list.contains("#EXTINF:2.000,\n") && list.contains("BLOCK-RELOAD=YES"), "{list}");
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_is_to_have_a_part_waits_for_it() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (mut sequence, mut part) = edge(&stream.ask("").await.1);
    let began = Instant::now();
    for _ in 0..20 {
        let (status, list) = stream.ask(&format!("_HLS_msn={sequence}&_HLS_part={part}")).await;
        let next = edge(&list);
        assert!(status == StatusCode::OK && next > (sequence, part), "{next:?}: {list}");
        // The part is there when the picture after it has come.
        (sequence, part) = next;
    }
    // Twenty parts are two segments of six and a short one, and six more.
    let long = began.elapsed().as_millis();
    assert!((5_800..6_300).contains(&long), "{long}");
}

#[tokio::test(start_paused = true)]
async fn parts_are_not_late() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    assert_eq!((sequence, part), (5, 0), "it has begun 20 ms ago");
    let (after, ..) = stream.asking(&format!("_HLS_msn={sequence}&_HLS_part={part}")).await.unwrap();
    // Eight pictures are in it, and it is there when the ninth comes.
    let late = after.as_millis() as i64 - 300;
    assert!((0..=12).contains(&late), "{late} ms late");
}

#[tokio::test(start_paused = true)]
async fn a_playlist_that_is_to_have_a_segment_waits_for_all_of_it() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, _) = edge(&stream.ask("").await.1);
    let (after, status, list) = stream.asking(&format!("_HLS_msn={sequence}")).await.unwrap();
    assert_eq!((status, edge(&list)), (StatusCode::OK, (sequence + 1, 0)));
    assert!((1_980..2_000).contains(&after.as_millis()), "{after:?}");
    // What is there already is not waited for.
    let (after, status, _) = stream.asking(&format!("_HLS_msn={}", sequence - 3)).await.unwrap();
    assert_eq!((after, status), (Duration::ZERO, StatusCode::OK));
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_a_part_get_the_same_bytes() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    let query = format!("_HLS_msn={sequence}&_HLS_part={part}");
    let bytes = |query: String| {
        let shared = Arc::clone(&stream.shared);
        tokio::spawn(
            async move { ask(&shared, &query).await.into_body().collect().await.unwrap().to_bytes() },
        )
    };
    let (one, other, delta) = (bytes(query.clone()), bytes(query.clone()), bytes(query + "&_HLS_skip=YES"));
    let (one, other, delta) = (one.await.unwrap(), other.await.unwrap(), delta.await.unwrap());
    assert_eq!((one.as_ptr(), one.len()), (other.as_ptr(), other.len()));
    assert_ne!(one.as_ptr(), delta.as_ptr());
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_nonsense_or_what_is_far_is_told_at_once() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    let far = [format!("_HLS_msn={}", sequence + 2), format!("_HLS_msn={sequence}&_HLS_part={}", part + 9)];
    let nonsense = ["_HLS_msn=x", "_HLS_part=1", "_HLS_msn=-1", "_HLS_msn=1&_HLS_part=x"].map(str::to_owned);
    for query in far.into_iter().chain(nonsense) {
        let (after, status, _) = stream.asking(&query).await.unwrap();
        assert_eq!((after, status), (Duration::ZERO, StatusCode::BAD_REQUEST), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_stream_that_stands_still_is_told_after_three_target_durations() {
    let mut stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    let waiting = stream.asking(&format!("_HLS_msn={sequence}&_HLS_part={}", part + 2));
    // Silent, but not away: nobody knows that it will not go on.
    let mut publisher = stream.pause().await;
    let track = video();
    for n in 0..100 {
        sleep(Duration::from_millis(100)).await;
        // Pictures that no part can end at.
        let mut frame = picture(&track, 20_560 + n / 50, false, 100);
        frame.payload = Default::default();
        let _ = publisher.write(frame);
    }
    let (after, status, _) = waiting.await.unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(after, Duration::from_secs(9), "the target duration is 3 s");
}

#[tokio::test(start_paused = true)]
async fn who_waits_when_the_stream_ends_gets_what_there_is() {
    let mut stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    let next = stream.asking(&format!("_HLS_msn={sequence}&_HLS_part={part}"));
    let later = stream.asking(&format!("_HLS_msn={}", sequence + 1));
    stream.pause().await.end(End::Finished);
    for waiting in [next, later] {
        let (after, status, list) = waiting.await.unwrap();
        assert_eq!((status, after < Duration::from_millis(100)), (StatusCode::OK, true), "{after:?}");
        assert_eq!(edge(&list), (sequence + 1, 0));
        assert!(!list.contains("ENDLIST") && !list.contains("PRELOAD-HINT"), "{list}");
    }
    // The same holds for who comes now.
    let (after, status, _) = stream.asking(&format!("_HLS_msn={}", sequence + 1)).await.unwrap();
    assert_eq!((after, status), (Duration::ZERO, StatusCode::OK));
    sleep(Duration::from_secs(16)).await;
    assert_eq!(stream.ask("").await.0, StatusCode::NOT_FOUND);
    assert_eq!(stream.shared.lives.held(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_while_a_publisher_is_away_goes_on_with_the_next() {
    let mut stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, _) = edge(&stream.ask("").await.1);
    drop(stream.pause().await);
    sleep(Duration::from_millis(100)).await;
    let (_, list) = stream.ask("").await;
    assert_eq!(edge(&list), (sequence + 1, 0), "what came is listed");
    let waiting = stream.asking(&format!("_HLS_msn={}&_HLS_part=0", sequence + 1));
    sleep(Duration::from_secs(3)).await;
    let publisher = publish(&stream.hub, "s").await;
    stream.run(publisher);
    let (after, status, list) = waiting.await.unwrap();
    assert_eq!((status, edge(&list).0), (StatusCode::OK, sequence + 1));
    // It could have brought sound, too: for that its frames wait a second, in order of decoding.
    assert!((4_000..4_700).contains(&after.as_millis()), "{after:?}");
    let (_, open) = list.rsplit_once("#EXTINF").unwrap();
    assert!(open.contains("\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM"), "{list}");
}

#[tokio::test(start_paused = true)]
async fn the_part_that_is_hinted_at_is_waited_for() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    for _ in 0..8 {
        let (_, list) = stream.ask("").await;
        let began = Instant::now();
        let response = stream.file(hint(&list), "").await.expect("it comes");
        assert_eq!(response.headers()["cache-control"], "public, max-age=600, immutable");
        assert!(
            !began.elapsed().is_zero() && began.elapsed() <= Duration::from_millis(340),
            "{:?}",
            began.elapsed()
        );
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes[4..8], *b"moof");
        assert!(stream.ask("").await.1.contains(hint(&list)), "it is listed");
    }
    for name in ["s-4-0.7.m4s", "s-99-0.m4s", "s-0-1.mp4", "s-x.mp4"] {
        assert!(stream.file(name, "").await.is_none(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_part_that_is_hinted_at_comes_even_when_the_stream_ends() {
    let mut stream = Stream::running(HlsMode::Plain, 20).await;
    let (_, list) = stream.ask("").await;
    let (shared, name) = (Arc::clone(&stream.shared), hint(&list).to_owned());
    let request = get(name.strip_suffix(".m4s").unwrap(), ".m4s");
    let waiting = tokio::spawn(async move { super::file(shared, request, ".m4s").await });
    sleep(Duration::from_millis(1)).await;
    stream.pause().await.end(End::Finished);
    assert_eq!(waiting.await.unwrap().expect("it came").status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn segments_are_their_parts_and_ranges_of_them() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (_, list) = stream.ask("").await;
    let names: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let whole = stream.file(names[4], "").await.unwrap();
    assert_eq!(whole.headers()["content-type"], "video/iso.segment");
    let whole = whole.into_body().collect().await.unwrap().to_bytes();
    let mut parts = Vec::new();
    for part in 0..7 {
        let name = names[4].replace(".m4s", &format!(".{part}.m4s"));
        let response = stream.file(&name, "").await.unwrap();
        parts.extend_from_slice(&response.into_body().collect().await.unwrap().to_bytes());
    }
    assert_eq!(parts, whole);
    let piece = stream.file(names[4], "bytes=100-4999").await.unwrap();
    assert_eq!(piece.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(piece.headers()["content-range"], format!("bytes 100-4999/{}", whole.len()));
    assert_eq!(piece.into_body().collect().await.unwrap().to_bytes(), whole[100..5_000]);
    let header = list.split("#EXT-X-MAP:URI=\"").nth(1).unwrap().split('"').next().unwrap();
    let header = stream.file(header, "").await.unwrap();
    assert_eq!(header.headers()["content-type"], "video/mp4");
    assert_eq!(header.into_body().collect().await.unwrap().to_bytes()[4..8], *b"ftyp");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_knows_the_old_segments_gets_the_new() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    stream.ask("").await;
    sleep(Duration::from_secs(20)).await;
    let (whole, delta) = (stream.ask("").await.1, stream.ask("_HLS_skip=YES").await.1);
    let skipped = delta.split("#EXT-X-SKIP:SKIPPED-SEGMENTS=").nth(1).expect("some are skipped");
    let skipped: usize = skipped.split('\n').next().unwrap().parse().unwrap();
    assert_eq!(whole.matches("#EXTINF").count(), skipped + delta.matches("#EXTINF").count());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asks_for_any_more_ends_and_goes_on_where_it_was() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("").await.1);
    sleep(Duration::from_secs(59)).await;
    assert!(stream.is_made());
    let held = stream.shared.lives.held();
    sleep(Duration::from_secs(2)).await;
    assert!(!stream.is_made());
    assert!(stream.shared.lives.held() < held * 2 / 3, "{held} and now {}", stream.shared.lives.held());
    let (status, list) = stream.ask("").await;
    let (next, _) = edge(&list);
    assert!(status == StatusCode::OK && next > sequence + 30, "{next} after {sequence}, {part}");
    let first = list.split("#EXTINF").next().unwrap();
    assert!(first.contains("#EXT-X-DISCONTINUITY\n"), "{list}");
}

#[tokio::test(start_paused = true)]
async fn the_first_who_asks_waits_for_the_first_segment() {
    let stream = Stream::running(HlsMode::Plain, 0).await;
    let (after, status, list) = stream.asking("").await.unwrap();
    assert_eq!((status, edge(&list)), (StatusCode::OK, (1, 0)));
    assert!((1_900..2_100).contains(&after.as_millis()), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn both_variants_are_there_at_once() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (status, ts) = stream.ask("variant=ts").await;
    assert!(status == StatusCode::OK && ts.contains("#EXT-X-VERSION:3\n") && ts.contains(".ts\n"), "{ts}");
    assert!(!stream.is_made(), "the other is not needed for it");
    for query in ["", "variant=ll", "variant=other"] {
        assert!(stream.ask(query).await.1.contains(".m4s\n"), "{query}");
    }
    let (_, again) = stream.ask("variant=ts").await;
    assert_eq!(again, ts);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_with_a_name_is_one_and_stays_while_it_fetches() {
    let stream = Stream::running(HlsMode::Context, 20).await;
    let (status, master) = stream.ask("variant=ll").await;
    assert_eq!((status, stream.viewers()), (StatusCode::OK, 0));
    let (_, query) = master.trim_end().split_once("/live/s.m3u8?").unwrap();
    assert!(query.ends_with("&variant=ll") && master.contains("CODECS=\"avc1.42001e\""), "{master}");
    let (status, list) = stream.ask(query).await;
    assert_eq!((status, stream.viewers()), (StatusCode::OK, 1));
    let name = hint(&list);
    assert!(name.contains("?hls_ctx=") && !name.contains("variant"), "{list}");
    for _ in 0..3 {
        sleep(Duration::from_secs(25)).await;
        let (_, list) = stream.ask(query).await;
        sleep(Duration::from_secs(25)).await;
        assert_eq!(stream.file(hint(&list), "").await.unwrap().status(), StatusCode::OK);
        assert_eq!(stream.viewers(), 1);
    }
    let session = stream.hub.sessions().into_iter().find(|session| session.protocol == "hls").unwrap();
    assert!(session.moved().bytes > 1_000);
    assert!(stream.hub.kick(session.id));
    assert_eq!(stream.ask(query).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn viewers_without_names_are_told_apart_by_what_they_ask_with() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, part) = edge(&stream.ask("token=a").await.1);
    stream.ask(&format!("token=a&_HLS_msn={sequence}&_HLS_part={part}")).await;
    assert_eq!(stream.viewers(), 1);
    stream.ask("token=b").await;
    assert_eq!(stream.viewers(), 2);
    sleep(Duration::from_secs(32)).await;
    assert_eq!(stream.viewers(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_server_stops_although_somebody_watches() {
    let stream = Stream::running(HlsMode::Plain, 20).await;
    let (sequence, _) = edge(&stream.ask("").await.1);
    let waiting = stream.asking(&format!("_HLS_msn={}", sequence + 1));
    sleep(Duration::from_millis(1)).await;
    stream.stop.cancel();
    stream.hub.shut_down().await;
    let (after, status, _) = waiting.await.unwrap();
    assert_eq!((status, after < Duration::from_millis(200)), (StatusCode::OK, true), "{after:?}");
}
