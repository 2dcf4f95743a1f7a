//! Recording to Tencent's cloud, which Oryx calls deprecated.

use serde::Deserialize;
use serde_json::json;

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};

pub(super) fn add(table: &mut Table) {
    table.says("hooks/dvr/query", || json!({"all": false, "secret": false}));
    table.says(
        "hooks/vod/query",
        || json!({"all": false, "secret": false, "service": false, "storage": false}),
    );
    for (apply, files, hls) in [
        ("hooks/dvr/apply", "hooks/dvr/files", "hooks/dvr/hls/"),
        ("hooks/vod/apply", "hooks/vod/files", "hooks/vod/hls/"),
    ] {
        table.refuses(apply, FEATURE);
        table.says(files, || json!([]));
        table.no_files(hls);
    }
    table.at(Guard::Change, "tencent/cam/secret", async |_: Call, body: Credentials| {
        super::first_empty("no ", &[("secretId", &body.id), ("secretKey", &body.key)])?;
        Err(Failure::not_yet(FEATURE))
    });
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Credentials {
    #[serde(rename = "secretid")]
    id: String,
    #[serde(rename = "secretkey")]
    key: String,
}

const FEATURE: &str = "recording to a cloud";
