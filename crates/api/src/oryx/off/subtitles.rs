//! Subtitles from speech, and texts from pictures.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};
use super::super::system::Nothing;
use super::task_id;

pub(super) fn add(table: &mut Table) {
    table.says("ai/transcript/query", || {
        let config = json!({
            "all": false, "secretKey": "", "baseURL": "", "organization": "", "lang": "", "forceStyle": "",
            "videoCodecParams": "", "overlayEnabled": true, "webvttEnabled": true,
        });
        json!({"config": config, "task": {"uuid": task_id(SPEECH)}})
    });
    table.says("ai/ocr/query", || {
        let config = json!({
            "all": false, "aiProvider": "", "aiSecretKey": "", "aiOrganization": "", "aiBaseURL": "",
            "aiChatEnabled": true, "aiChatModel": "", "aiChatPrompt": "", "aiChatMaxWindow": 0, "aiChatMaxWords": 0,
        });
        json!({"config": config, "task": {"uuid": task_id(PICTURES)}})
    });
    for path in ["ai/transcript/apply", "ai/transcript/check"] {
        table.refuses(path, SPEECH);
    }
    for path in ["ai/ocr/apply", "ai/ocr/check"] {
        table.refuses(path, PICTURES);
    }
    table.at(Guard::Change, "ai/transcript/clear-subtitle", async |_: Call, body: Task| {
        body.check(SPEECH)?;
        let segment: String = body.tsid.chars().take(64).collect();
        let text = format!("clear subtitle task {} and tsid={segment}: no tsid {segment}", body.uuid);
        Err::<Value, _>(Failure::new(text))
    });
    table.at(Guard::Change, "ai/transcript/reset", async |_: Call, body: Task| body.reset(SPEECH));
    table.at(Guard::Change, "ai/ocr/reset", async |_: Call, body: Task| body.reset(PICTURES));
    for path in [
        "ai/transcript/live-queue",
        "ai/transcript/asr-queue",
        "ai/transcript/fix-queue",
        "ai/transcript/overlay-queue",
        "ai/ocr/live-queue",
        "ai/ocr/ocr-queue",
        "ai/ocr/callback-queue",
        "ai/ocr/cleanup-queue",
    ] {
        table.says(path, || json!({"segments": null, "count": 0}));
    }
    for path in ["ai/transcript/hls/webvtt/", "ai/transcript/hls/overlay/", "ai/transcript/hls/original/"] {
        table.at(Guard::Open, path, move |call: Call, _: Nothing| async move {
            Err::<Value, _>(no_text(&call.below(path)))
        });
    }
    table.at(Guard::Open, "ai/ocr/image/", async |call: Call, _: Nothing| {
        Err::<Value, _>(Failure::about("no image file ", &call.below("ai/ocr/image/")))
    });
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Task {
    uuid: String,
    tsid: String,
}

impl Task {
    fn check(&self, kind: &str) -> Result<(), Failure> {
        if self.uuid == task_id(kind) { Ok(()) } else { Err(Failure::about("invalid uuid ", &self.uuid)) }
    }

    fn reset(&self, kind: &str) -> Result<Value, Failure> {
        self.check(kind)?;
        Err(Failure::not_yet(kind))
    }
}

/// Why there is nothing at `path`: no segment has come yet.
fn no_text(path: &str) -> Failure {
    let (name, suffix) = path.rsplit_once('.').unwrap_or((path, ""));
    match suffix {
        "m3u8" => {
            let Failure(text) = Failure::about("build m3u8 of ", name);
            Failure::new(text + ": no files")
        }
        "vtt" => Failure::about("no asr text segments of ", name),
        "ts" => Failure::about("no ts file ", path),
        _ => Failure::about("invalid handler for ", path),
    }
}

const SPEECH: &str = "subtitles";
const PICTURES: &str = "reading texts in pictures";
