//! Recording to the disk.

use serde::Deserialize;
use serde_json::json;

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};

pub(super) fn add(table: &mut Table) {
    table.says(
        "hooks/record/query",
        || json!({"all": false, "home": "/data/record", "globs": [], "processCpDir": ""}),
    );
    table.says("hooks/record/files", || json!([]));
    table.refuses("hooks/record/apply", FEATURE);
    table.refuses("hooks/record/globs", FEATURE);
    table.at(Guard::Change, "hooks/record/post-processing", async |_: Call, body: Processing| {
        match &*body.kind {
            "post-cp-file" => Err(Failure::not_yet(FEATURE)),
            kind => Err(Failure::about("invalid post process ", kind)),
        }
    });
    table.at(Guard::Change, "hooks/record/remove", async |_: Call, body: Recording| {
        super::first_empty("no ", &[("uuid", &body.uuid)])?;
        Err(Failure::about("no record for uuid=", &body.uuid))
    });
    table.at(Guard::Change, "hooks/record/end", async |_: Call, body: Recording| {
        super::first_empty("no ", &[("uuid", &body.uuid)])?;
        Err(Failure::about("no record task for uuid=", &body.uuid))
    });
    table.no_files("hooks/record/hls/");
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Processing {
    #[serde(rename = "postprocess")]
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Recording {
    uuid: String,
}

const FEATURE: &str = "recording";
