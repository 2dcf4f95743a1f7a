//! Dubbing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};
use super::super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    table.says("dubbing/list", || json!({"projects": null}));
    table.at(Guard::Change, "dubbing/source", async |_: Call, body: New| {
        if body.files.is_empty() {
            return Err(Failure::new("no files"));
        }
        for file in &body.files {
            super::first_empty("no ", &[("target", file.as_ref().map_or("", |file| &file.target))])?;
        }
        Err(Failure::not_yet(FEATURE))
    });
    table.at(Guard::Change, "dubbing/create", create);
    table.refuses("dubbing/update", FEATURE);
    for path in ["dubbing/query", "dubbing/export", "dubbing/task-query"] {
        table.at(Guard::Secret, path, no_project);
    }
    for path in ["dubbing/remove", "dubbing/task-start", "dubbing/task-rephrase", "dubbing/task-merge"] {
        table.at(Guard::Change, path, no_project);
    }
    for path in ["dubbing/play", "dubbing/task-tts"] {
        table.at(Guard::Link, path, async |call: Call, _: Nothing| {
            super::first_empty("empty ", &[("uuid", &call.parameter("uuid"))])?;
            Err(unknown(&call.parameter("uuid")))
        });
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct New {
    files: Vec<Option<File>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    target: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    uuid: String,
}

async fn create(_: Call, body: New) -> Result<Value, Failure> {
    let [file] = &body.files[..] else {
        return Err(Failure::new(format!("invalid files {}", body.files.len())));
    };
    let Some(file) = file else { return Err(Failure::new("invalid file")) };
    if !matches!(&*file.kind, "file" | "upload" | "ytdl") {
        return Err(Failure::about("invalid file type ", &file.kind));
    }
    if file.path.is_empty() && file.target.is_empty() {
        return Err(Failure::new("invalid file path"));
    }
    Err(Failure::not_yet(FEATURE))
}

async fn no_project(_: Call, body: Project) -> Result<Value, Failure> {
    Err(unknown(&body.uuid))
}

fn unknown(uuid: &str) -> Failure {
    let uuid: String = uuid.chars().take(64).collect();
    Failure::new(format!("load dubbing project {uuid}: dubbing project {uuid} not exists"))
}

const FEATURE: &str = "dubbing";
