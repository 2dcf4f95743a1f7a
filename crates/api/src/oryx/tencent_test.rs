#![allow(clippy::unwrap_used)]

use super::*;
use crate::api_test::Server;
use crate::oryx::tests::{call, open};

#[tokio::test]
async fn a_script_says_what_goes_to_a_cloud_and_hears_what_it_lacks() {
    let server = Server::new();
    for (apply, query, all) in [
        ("hooks/dvr/apply", "hooks/dvr/query", json!({"all": true, "secret": false})),
        (
            "hooks/vod/apply",
            "hooks/vod/query",
            json!({"all": true, "secret": false, "service": false, "storage": false}),
        ),
    ] {
        assert_eq!(call(&server, apply, json!({"ALL": true, "secret": true})).await.data(), Value::Null);
        assert_eq!(call(&server, query, Value::Null).await.data(), all);
        call(&server, apply, json!({"all": "yes"})).await.text.starts_with("parse body");
    }
    // Where nothing is set up nothing is recorded for it.
    assert!(server.api.jobs.view(jobs::record::JOB).is_err());
    assert_eq!(call(&server, "hooks/dvr/apply", json!({})).await.data(), Value::Null);
    assert_eq!(call(&server, "hooks/dvr/query", json!({})).await.data()["all"], false);
}

#[tokio::test]
async fn a_key_that_cannot_be_tried_is_not_kept() {
    let server = Server::new();
    for (body, says) in [
        (json!({}), "no secretId"),
        (json!({"secretKey": "k"}), "no secretId"),
        (json!({"secretId": "i"}), "no secretKey"),
        (json!({"secretId": "i\n", "secretKey": "k"}), "invalid secretId"),
        (json!({"secretId": "i", "secretKey": "a b"}), "invalid secretKey"),
    ] {
        call(&server, "tencent/cam/secret", body).await.fails(says);
    }
    let refused = call(&server, "tencent/cam/secret", json!({"secretId": "i", "secretKey": "k"})).await;
    assert!(refused.text.starts_with("GetUserAppId: cannot connect: "), "{}", refused.text);
    assert!(!server.api.tencent.account().is_known());
}

#[tokio::test]
async fn of_what_no_cloud_has_nothing_is_listed_and_nothing_played() {
    let server = Server::new();
    for kind in ["dvr", "vod"] {
        assert_eq!(call(&server, &format!("hooks/{kind}/files"), Value::Null).await.data(), json!([]));
        open(&server, &format!("hooks/{kind}/files"), "")
            .await
            .fails("authenticate: no Authorization or token");
        for (path, says) in [
            ("u.m3u8", "no m3u8 of uuid=u"),
            ("u/index.m3u8", "no m3u8 of uuid=u"),
            ("u/1-2-3.ts", "no ts file u/1-2-3.ts"),
            (".m3u8", "invalid uuid .m3u8"),
            ("u/x", "invalid handler for u/x"),
        ] {
            open(&server, &format!("hooks/{kind}/hls/{path}"), "").await.fails(says);
        }
    }
}
