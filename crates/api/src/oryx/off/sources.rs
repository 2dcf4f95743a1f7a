//! Files that loop, and cameras, as streams.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};
use super::{check_platform, first_empty};

pub(super) fn add(table: &mut Table) {
    table
        .at(Guard::Secret, "ffmpeg/vlive/secret", async |_: Call, body: Source| body.secret("vlive-", FILES));
    table.says("ffmpeg/vlive/streams", || json!([]));
    for path in ["ffmpeg/vlive/stream-url", "ffmpeg/vlive/streamUrl"] {
        table.at(Guard::Change, path, async |_: Call, body: Address| stream_url(&body.url, FILES));
    }
    table.at(Guard::Change, "ffmpeg/vlive/server", async |_: Call, body: OnDisk| on_disk(&body.file));
    table.at(Guard::Change, "ffmpeg/vlive/ytdl", async |_: Call, body: Address| {
        if body.url.starts_with("http") {
            return Err(Failure::not_yet("downloading videos"));
        }
        Err(Failure::about("invalid url ", &body.url))
    });
    table.at(Guard::Change, "ffmpeg/vlive/source", async |_: Call, body: Source| body.file_source());
    // In Oryx anybody may fill the disk so.
    table.unread("ffmpeg/vlive/upload/", || Failure::not_yet("uploads"));

    table.at(Guard::Secret, "ffmpeg/camera/secret", async |_: Call, body: Source| {
        body.secret("camera-", CAMERAS)
    });
    table.says("ffmpeg/camera/streams", || json!([]));
    table.at(Guard::Change, "ffmpeg/camera/stream-url", async |_: Call, body: Address| {
        stream_url(&body.url, CAMERAS)
    });
    table.at(Guard::Change, "ffmpeg/camera/source", async |_: Call, body: Source| body.camera_source());
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    action: String,
    platform: String,
    server: String,
    files: Vec<File>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    target: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address {
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OnDisk {
    file: String,
}

impl Source {
    fn secret(&self, own: &str, feature: &str) -> Result<Value, Failure> {
        match &*self.action {
            "" => return Ok(json!({})),
            "update" => {}
            other => return Err(Failure::about("invalid action=", other)),
        }
        check_platform(&self.platform, own)?;
        first_empty("no ", &[("server", &self.server)])?;
        if self.files.is_empty() {
            return Err(Failure::new("no files"));
        }
        Err(Failure::not_yet(feature))
    }

    fn file_source(&self) -> Result<Value, Failure> {
        self.check_files(|file| match file.kind.as_str() {
            "stream" => Ok(()),
            _ if file.target.starts_with("upload") => Ok(()),
            _ => Err(Failure::about("invalid target ", &file.target)),
        })?;
        self.check_source_platform("vlive-")?;
        Err(Failure::not_yet(FILES))
    }

    fn camera_source(&self) -> Result<Value, Failure> {
        self.check_files(|file| match file.kind.as_str() {
            "stream" => Ok(()),
            kind => Err(Failure::about("invalid target ", &format!("{} type {kind}", file.target))),
        })?;
        self.check_source_platform("camera-")?;
        Err(Failure::not_yet(CAMERAS))
    }

    fn check_files(&self, check: impl Fn(&File) -> Result<(), Failure>) -> Result<(), Failure> {
        if self.files.is_empty() {
            return Err(Failure::new("no files"));
        }
        self.files.iter().try_for_each(|file| {
            first_empty("no ", &[("target", &file.target)])?;
            check(file)
        })
    }

    /// With a blank where other endpoints have `=`.
    fn check_source_platform(&self, own: &str) -> Result<(), Failure> {
        check_platform(&self.platform, own).map_err(|Failure(text)| Failure::new(text.replacen('=', " ", 1)))
    }
}

/// Whether a stream can be pulled from `url`, by its looks.
fn stream_url(url: &str, feature: &str) -> Result<Value, Failure> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match scheme {
        "rtmp" | "srt" | "rtsp" => {}
        "http" | "https" => {
            let path = rest.split(['?', '#']).next().unwrap_or_default();
            let path = path.find('/').map_or("", |at| &path[at..]);
            if path.is_empty() {
                return Err(Failure::new("url path  empty"));
            }
            if ![".flv", ".m3u8", ".ts"].iter().any(|suffix| path.ends_with(suffix)) {
                return Err(Failure::about("invalid url path suffix ", path));
            }
        }
        other => return Err(Failure::about("invalid url scheme ", other)),
    }
    Err(Failure::not_yet(feature))
}

/// Whether a file of the server may be taken, by its looks; the disk is not asked.
fn on_disk(file: &str) -> Result<Value, Failure> {
    if !file.starts_with("/data") && !file.starts_with("upload") {
        let Failure(text) = Failure::about("invalid file ", file);
        return Err(Failure::new(text + ", should in /data"));
    }
    if !EXTENSIONS.iter().any(|extension| file.ends_with(extension)) {
        let Failure(text) = Failure::about("invalid file extension ", file);
        return Err(Failure::new(format!("{text}, should be [{}]", EXTENSIONS.join(" "))));
    }
    Err(Failure::not_yet(FILES))
}

const FILES: &str = "streams from files";
const CAMERAS: &str = "streams from cameras";
const EXTENSIONS: [&str; 8] = [".mp4", ".flv", ".ts", ".mkv", ".mov", ".mp3", ".aac", ".m4a"];
