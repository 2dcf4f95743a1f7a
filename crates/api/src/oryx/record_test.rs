#![allow(clippy::unwrap_used)]

use jobs::record::{Piece, Pieces};
use media::Delta;

use super::*;
use crate::api_test::Server;
use crate::oryx::tests::{call, open};

#[tokio::test]
async fn a_script_sets_what_is_recorded_and_finds_it_again() {
    let server = Server::new();
    let asked = call(&server, "hooks/record/query", Value::Null).await.data();
    assert_eq!(asked, json!({"all": false, "home": "/data/record", "globs": [], "processCpDir": ""}));
    assert_eq!(
        call(&server, "hooks/record/apply", json!({"all": true, "home": "/x"})).await.data(),
        Value::Null
    );
    let globs = json!({"globs": ["/live/*", "", "live/[ab]?"]});
    call(&server, "hooks/record/globs", globs).await.data();
    let asked = call(&server, "hooks/record/query", Value::Null).await.data();
    assert_eq!((&asked["all"], &asked["globs"]), (&json!(true), &json!(["/live/*", "/live/[ab]?"])));
    let job = server.api.jobs.view(JOB).unwrap().job;
    assert_eq!((job.wanted, &job.settings), (true, &json!({"gap": 300})));
    call(&server, "hooks/record/globs", json!({"globs": ["["]}))
        .await
        .fails("invalid globs: \"[\" has a class or an escape without an end");
    call(&server, "hooks/record/globs", json!({"globs": null})).await.data();
    call(&server, "hooks/record/apply", json!({})).await.data();
    let asked = call(&server, "hooks/record/query", Value::Null).await.data();
    assert_eq!((&asked["all"], &asked["globs"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn copies_go_only_where_there_is_a_folder() {
    let server = Server::new();
    let set = |kind: &str, folder: &str| {
        let body = json!({"postProcess": kind, "postCpDir": folder});
        async { call(&server, "hooks/record/post-processing", body).await }
    };
    set("post-x", "/tmp").await.fails("invalid post process post-x");
    set("post-cp-file", "/nowhere/at/all").await.fails("stat dir /nowhere/at/all");
    let data = server.api.recordings.folder().parent().unwrap().to_owned();
    std::fs::create_dir(data.join("bucket")).unwrap();
    set("post-cp-file", "./containers/data/bucket").await.data();
    let asked = call(&server, "hooks/record/query", Value::Null).await.data();
    assert_eq!(asked["processCpDir"], json!(data.join("bucket").to_str().unwrap()));
    set("post-cp-file", "").await.data();
    assert_eq!(server.api.recordings.keep().copy_to, None);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_oryx_s_words() {
    let server = Server::new();
    assert_eq!(call(&server, "hooks/record/files", Value::Null).await.data(), json!([]));
    for (path, body, says) in [
        ("hooks/record/remove", json!({}), "no uuid"),
        ("hooks/record/remove", json!({"uuid": "u"}), "no record for uuid=u"),
        ("hooks/record/end", json!({}), "no uuid"),
        ("hooks/record/end", json!({"uuid": "u"}), "no record task for uuid=u"),
    ] {
        call(&server, path, body).await.fails(says);
    }
    let cut = format!("no record for uuid={}", "x".repeat(256));
    call(&server, "hooks/record/remove", json!({"uuid": "x".repeat(300)})).await.fails(&cut);
    for (path, says) in [
        ("u.m3u8", "no m3u8 of uuid=u"),
        ("u/index.m3u8", "no m3u8 of uuid=u"),
        ("record/u/1-2-3.ts", "no ts file record/u/1-2-3.ts"),
        ("record/u/../../x.ts", "no ts file record/u/../../x.ts"),
        ("u/index.mp4", "no mp4 file u/index.mp4"),
        ("u.txt", "invalid handler for u.txt"),
    ] {
        open(&server, &format!("{HLS}{path}"), "").await.fails(says);
    }
}

#[test]
fn a_playlist_names_its_segments_by_what_they_are() {
    let piece = |start, end, millis| Piece { range: start..end, length: Delta::millis(millis), gap: false };
    let file = |pieces| Pieces { header: 9, pieces };
    let files = vec![
        (0, file(vec![piece(9, 20, 10_004), Piece { gap: true, ..piece(20, 30, 1_000) }])),
        (2, file(vec![piece(9, 11, 500)])),
    ];
    let text = playlist("u", &Playlist { files, complete: false });
    assert_eq!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:YES\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:11\n\
         #EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.00, no desc\n/terraform/v1/hooks/record/hls/record/u/1-9-20.ts\n\
         #EXT-X-DISCONTINUITY\n#EXTINF:1.00, no desc\n/terraform/v1/hooks/record/hls/record/u/1-20-30.ts\n#EXT-X-DISCONTINUITY\n\
         #EXTINF:0.50, no desc\n/terraform/v1/hooks/record/hls/record/u/3-9-11.ts\n#EXT-X-ENDLIST"
    );
    assert_eq!(segment("record/u/2-9-11"), Some((1, 9..11)));
    for wrong in ["record/u/0-9-11", "record/u/2-9", "record/u/2-9-11-1", "u/2-9-11", "record/u/x"] {
        assert_eq!(segment(wrong), None, "{wrong}");
    }
}
