#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use hub::{End, Publisher};
use media::{Time, Track, TrackId, h264, vp8};
use testkit::{Tool, tool};

use super::*;
use crate::testing::{Open, live, pretender, publish};

/// A stream that is published, and an FFmpeg that notes its runs and then does as it is told.
struct Scene {
    hub: Hub,
    publisher: Publisher,
    snapshots: Snapshots,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new(then: &str) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let then = format!("cd {}; echo run >>runs; {then}", folder.path().display());
        let path = pretender(folder.path(), &then);
        let hub = Hub::new(hub::Config::default(), Arc::new(Open));
        let publisher = publish(&hub, key()).await;
        let ffmpeg = Ffmpeg::new(Some(path), CancellationToken::new());
        Scene { hub, publisher, snapshots: Snapshots::new(Arc::new(ffmpeg)), folder }
    }

    fn write(&mut self, ms: i64, keyframe: bool) {
        let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
        let parameters = h264::Parameters::new(sets(&[0x67, 66, 0, 30]), sets(&[0x68])).unwrap();
        let at = Time::from_millis(ms);
        let frame = Frame {
            track: Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) }),
            dts: at,
            pts: at,
            duration: None,
            keyframe,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload: Bytes::from_static(&[0, 0, 0, 2, 0x65, 0x88]),
        };
        self.publisher.write(frame).unwrap();
    }

    async fn take(&self, width: u32) -> Result<Snapshot, Error> {
        self.snapshots.take(&self.hub, &key(), Width::new(width).unwrap()).await
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default().lines().count()
    }
}

fn key() -> StreamKey {
    live("s")
}

/// Polls `until` now and then: it is about another process.
async fn wait(until: impl Fn() -> bool) {
    let waiting = async {
        while !until() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it does not happen");
}

/// What passes for a JPEG.
const JPEG: &str = r"cat >/dev/null; printf '\377\330picture'";

#[test]
fn widths_are_even_and_bounded() {
    assert_eq!(Width::new(321).unwrap(), Width(320));
    assert_eq!((Width::new(16).unwrap(), Width::new(1920).unwrap()), (Width(16), Width::default()));
    for pixels in [0, 15, 1921, u32::MAX] {
        assert!(Width::new(pixels).unwrap_err().contains("16 to 1920"), "{pixels}");
    }
}

#[tokio::test]
async fn a_picture_is_made_once_for_all_who_wait_and_serves_for_a_while() {
    let mut scene = Scene::new(JPEG).await;
    assert_eq!(scene.take(64).await, Err(Error::NoVideo));
    scene.write(0, false);
    assert_eq!(scene.take(64).await, Err(Error::NoKeyFrame));
    scene.write(40, true);
    let (a, b, c) = tokio::join!(scene.take(64), scene.take(65), scene.take(64));
    assert_eq!((a.as_ref().unwrap(), a.as_ref().unwrap()), (b.as_ref().unwrap(), c.as_ref().unwrap()));
    assert_eq!(a.unwrap().jpeg, &b"\xff\xd8picture"[..]);
    scene.write(80, true);
    scene.take(64).await.unwrap();
    assert_eq!(scene.runs(), 1, "a newer key frame waits until the picture is two seconds old");
    scene.take(128).await.unwrap();
    assert_eq!(scene.runs(), 2);
    let unknown = StreamKey::new("live", "other").unwrap();
    let none = scene.snapshots.take(&scene.hub, &unknown, Width::default()).await;
    assert_eq!(none, Err(Error::NotLive(unknown)));
    assert_eq!(scene.snapshots.cache.len(), 2);
}

#[tokio::test]
async fn who_waits_goes_on_with_what_another_has_left() {
    let mut scene = Scene::new(&format!("if [ ! -e go ]; then exec sleep 1000; fi; {JPEG}")).await;
    scene.write(0, true);
    let scene = &scene;
    let mut first = Box::pin(scene.take(64));
    tokio::select! {
        _ = &mut first => panic!("it does not end"),
        () = wait(|| scene.runs() == 1) => {}
    }
    let second = async {
        let taken = scene.take(64);
        fs::write(scene.folder.path().join("go"), "").unwrap();
        taken.await
    };
    let leave = async {
        tokio::task::yield_now().await;
        drop(first);
    };
    let (second, ()) = tokio::join!(second, leave);
    second.unwrap();
    assert_eq!(scene.runs(), 2);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_not_tried_by_each_who_waits() {
    let mut scene = Scene::new("cat >/dev/null; echo 'Invalid data' >&2; exit 1").await;
    scene.write(0, true);
    let (a, b) = tokio::join!(scene.take(64), scene.take(64));
    let error = Error::Undecodable { codec: "h264", reason: "Invalid data".to_owned() };
    assert_eq!((a, b), (Err(error.clone()), Err(error)));
    assert_eq!(scene.runs(), 1);
    let mut nothing = Scene::new("cat >/dev/null").await;
    nothing.write(0, true);
    assert!(matches!(nothing.take(64).await, Err(Error::Undecodable { .. })), "no output is no picture");
}

#[tokio::test]
async fn pictures_go_with_their_stream_and_the_next_one_has_its_own() {
    let mut scene = Scene::new(JPEG).await;
    scene.write(0, true);
    let stop = CancellationToken::new();
    let hub = scene.hub.clone();
    scene.take(64).await.unwrap();
    assert_eq!(scene.snapshots.cache.len(), 1);
    let Scene { publisher, snapshots, .. } = &mut scene;
    let ending = async {
        // By then it listens.
        tokio::task::yield_now().await;
        publisher.end(End::Finished);
        wait(|| snapshots.cache.len() == 0).await;
        stop.cancel();
    };
    tokio::join!(snapshots.run(hub, stop.clone()), ending);
    scene.publisher = publish(&scene.hub, key()).await;
    assert_eq!(scene.take(64).await, Err(Error::NoVideo));
    scene.write(0, true);
    scene.take(64).await.unwrap();
    assert_eq!(scene.runs(), 2);
}

#[tokio::test]
async fn an_ffmpeg_without_the_decoder_is_said_to_lack_it() {
    let mut scene = Scene::new(JPEG).await;
    let path = scene.folder.path().join("ffmpeg");
    let script = fs::read_to_string(&path).unwrap().replace("h264", "theora");
    fs::write(&path, script).unwrap();
    scene.write(0, true);
    let Err(Error::Missing(missing)) = scene.take(64).await else { panic!() };
    assert_eq!(
        missing,
        Missing::Without { program: Path::new(&path).to_owned(), what: "a decoder for h264".into() }
    );
    assert_eq!(scene.runs(), 0);
}

#[tokio::test]
async fn vp8_is_seen() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let options = "-v error -f lavfi -i testsrc2=size=320x180 -frames:v 1 -c:v libvpx -f ivf pipe:1";
    let made = std::process::Command::new("ffmpeg").args(options.split(' ')).output().unwrap();
    // Behind the header of the file and that of the frame.
    let payload = Bytes::from(made.stdout).slice(32 + 12..);
    let codec = Codec::Vp8(vp8::Parameters::from_keyframe(&payload).unwrap());
    let (track, at) = (Arc::new(Track { id: TrackId(0), codec }), Time::from_millis(40));
    let wall = SystemTime::UNIX_EPOCH;
    let (duration, keyframe, discontinuity) = (None, true, false);
    let frame = Arc::new(Frame { track, dts: at, pts: at, duration, keyframe, discontinuity, wall, payload });
    let snapshots = Snapshots::new(Arc::new(Ffmpeg::new(None, CancellationToken::new())));
    let snapshot = snapshots.make(&frame, Width::new(160).unwrap()).await.unwrap();
    // SOF0, precision, and then height and width: ITU-T T.81 §B.2.2.
    let head = snapshot.jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    assert_eq!(snapshot.jpeg[head + 5..head + 9], [0, 90, 0, 160]);
}
