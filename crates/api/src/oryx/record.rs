//! Recording to the disk: one job, and the recordings of all as files and as HLS of transport streams.

use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use jobs::record::{Error, Keep, Listed, Open, Playlist, State, View, list};
use jobs::supervisor::{Glob, New, Streams};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Secret};
use super::off::first_empty;
use super::system::Nothing;
use super::{Table, VHOST};
use crate::Api;
use crate::dto::time;
use crate::part_of_file::{self, Served};
use crate::problem::Problem;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "hooks/record/query", query);
    table.at(Change, "hooks/record/apply", apply);
    table.at(Change, "hooks/record/globs", set_globs);
    table.at(Change, "hooks/record/post-processing", set_processing);
    table.at(Secret, "hooks/record/files", files);
    table.at(Change, "hooks/record/remove", remove);
    table.at(Change, "hooks/record/end", end);
    table.files(HLS, hls);
}

/// What of the job scripts see.
struct Policy {
    all: bool,
    streams: Streams,
}

impl Policy {
    fn of(api: &Api) -> Policy {
        let job = api.jobs.view(JOB).ok().map(|view| view.job);
        let (all, streams) = job.map_or((false, Streams::all()), |job| (job.wanted, job.streams));
        Policy { all, streams }
    }

    /// As they were set; none for every stream.
    fn globs(&self) -> Vec<String> {
        if self.streams.only == Streams::all().only {
            return Vec::new();
        }
        self.streams.only.iter().map(|glob| format!("/{glob}")).collect()
    }

    /// Changes it while nobody else does. Blocks.
    fn change(api: &Api, change: impl FnOnce(Policy) -> Policy) -> Result<(), Failure> {
        let _changing = api.settings_changing();
        let policy = change(Policy::of(api));
        let new = New {
            kind: "record".to_owned(),
            label: "Record".to_owned(),
            streams: policy.streams,
            settings: json!({ "gap": EXPIRY }),
            wanted: policy.all,
        };
        let set = api.jobs.set(JOB, new);
        set.map(|_| ()).map_err(|error| Failure::new(error.to_string()))
    }
}

async fn query(api: Call, _: Nothing) -> Result<Value, Failure> {
    let policy = Policy::of(&api);
    let folder = api.recordings.keep().copy_to.unwrap_or_default();
    Ok(json!({
        "all": policy.all,
        "home": "/data/record",
        "globs": policy.globs(),
        "processCpDir": folder.to_string_lossy(),
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Apply {
    pub(super) all: bool,
}

async fn apply(api: Call, body: Apply) -> Result<Value, Failure> {
    away(&api, move |api| Policy::change(api, |policy| Policy { all: body.all, ..policy })).await?;
    Ok(Value::Null)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Globs {
    globs: Option<Vec<String>>,
}

/// What is no pattern is refused here; Oryx takes it, and then records nothing.
async fn set_globs(api: Call, body: Globs) -> Result<Value, Failure> {
    let texts = body.globs.unwrap_or_default();
    let globs = texts.iter().filter(|text| !text.is_empty()).map(|text| Glob::parse(text));
    let only: Vec<_> =
        globs.collect::<Result<_, _>>().map_err(|bad| Failure::new(format!("invalid globs: {bad}")))?;
    let only = if only.is_empty() { Streams::all().only } else { only };
    away(&api, move |api| {
        Policy::change(api, |Policy { all, streams }| Policy { all, streams: Streams { only, ..streams } })
    })
    .await?;
    Ok(Value::Null)
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "lowercase")]
struct Processing {
    #[serde(rename = "postprocess")]
    kind: String,
    #[serde(rename = "postcpdir")]
    folder: String,
}

async fn set_processing(api: Call, body: Processing) -> Result<Value, Failure> {
    if body.kind != "post-cp-file" {
        return Err(Failure::about("invalid post process ", &body.kind));
    }
    away(&api, move |api| {
        let folder = (!body.folder.is_empty()).then(|| place(api, &body.folder));
        if folder.as_ref().is_some_and(|folder| !folder.is_dir()) {
            return Err(Failure::about("stat dir ", &body.folder));
        }
        api.change_keep(|keep| Keep { copy_to: folder, ..keep })?;
        Ok(())
    })
    .await?;
    Ok(Value::Null)
}

/// A folder as scripts call it: what is below `containers/data` where Oryx runs is below `/data` in its container, and in our data folder.
fn place(api: &Api, folder: &str) -> PathBuf {
    let relative = folder.strip_prefix("./").unwrap_or(folder);
    let data = api.recordings.folder().parent().unwrap_or(Path::new("."));
    match relative.strip_prefix("containers/data/") {
        Some(below) => data.join(below),
        None => std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from(folder)),
    }
}

async fn files(api: Call, _: Nothing) -> Result<Value, Failure> {
    let listed = away(&api, |api| {
        let mut all = api.recordings.all();
        // What goes to a cloud alone is listed there.
        all.retain(|view| !view.manifest.clouds.are_all());
        all.sort_by_key(|view| std::cmp::Reverse(view.manifest.started));
        Ok(all.iter().map(|view| as_json(api, view)).collect::<Vec<_>>())
    });
    Ok(Value::Array(listed.await?))
}

fn as_json(api: &Api, view: &View) -> Value {
    let manifest = &view.manifest;
    let counted = manifest.files.iter().all(|part| part.segments.is_some());
    let live = match counted {
        true => Vec::new(),
        false => playlist_of(api, &view.id).map_or_else(Vec::new, |list| list.files),
    };
    let segments = manifest.files.iter().enumerate().map(|(number, part)| match part.segments {
        Some(segments) => segments as usize,
        None => live.iter().find(|(of, _)| *of == number).map_or(0, |(_, file)| file.pieces.len()),
    });
    let last = manifest.started + Duration::from_millis(manifest.millis());
    json!({
        "uuid": view.id,
        "vhost": VHOST,
        "app": manifest.app,
        "stream": manifest.stream,
        "progress": view.state != State::Finished,
        "update": time(manifest.ended.unwrap_or_else(|| last.min(SystemTime::now()))),
        "nn": segments.sum::<usize>(),
        "duration": manifest.millis() as f64 / 1e3,
        "size": manifest.bytes(),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Recording {
    uuid: String,
}

async fn remove(api: Call, body: Recording) -> Result<Value, Failure> {
    first_empty("no ", &[("uuid", &body.uuid)])?;
    away(&api, move |api| match is_ours(api, &body.uuid).then(|| api.recordings.remove(&body.uuid)) {
        None | Some(Err(Error::Unknown { .. })) => Err(Failure::about("no record for uuid=", &body.uuid)),
        Some(removed) => removed.map_err(|error| Failure::new(error.to_string())),
    })
    .await?;
    Ok(Value::Null)
}

async fn end(api: Call, body: Recording) -> Result<Value, Failure> {
    first_empty("no ", &[("uuid", &body.uuid)])?;
    let made = api.recordings.view(&body.uuid).is_ok_and(|view| view.state == State::Recording);
    if !made || !is_ours(&api, &body.uuid) || api.recordings.end(&body.uuid).is_err() {
        return Err(Failure::about("no record task for uuid=", &body.uuid));
    }
    Ok(Value::Null)
}

/// Whether it is not made for a cloud alone, of which nothing but that cloud's endpoints knows.
fn is_ours(api: &Api, id: &str) -> bool {
    api.recordings.view(id).is_ok_and(|view| !view.manifest.clouds.are_all())
}

/// What there is of recordings for players, who know them by their UUIDs. Those of streams whose names are secrets only who has the API secret,
/// or a token.
async fn hls(api: Call, headers: HeaderMap) -> Result<Response, Failure> {
    let path = api.below(HLS);
    let absent = || super::off::no_file(&path);
    let unreadable = |err| match err {
        Error::Unknown { .. } => absent(),
        err => Problem::from(err).into(),
    };
    let (name, kind) = path.rsplit_once('.').ok_or_else(absent)?;
    let id = name.strip_prefix("record/").unwrap_or(name).split('/').next().unwrap_or_default();
    let view = api.recordings.view(id).map_err(|_| absent())?;
    if !may_see(&api, &headers, &view) {
        return Err(absent());
    }
    let id = id.to_owned();
    match kind {
        "m3u8" => playlist_from_here(&api, &id).await?.ok_or_else(absent),
        "ts" => {
            let (number, range) = segment(name).ok_or_else(absent)?;
            // What is made for a player is held until it has been taken.
            let place = match view.manifest.away {
                false => SEGMENTS.acquire().await.map_err(|_| absent())?,
                // A bucket that is slow holds up nobody who wants what is here.
                true => STORED_SEGMENTS.try_acquire().map_err(|_| Problem::busy())?,
            };
            let made = away(&api, move |api| Ok(api.recordings.transport(&id, number, range)));
            let bytes = made.await?.map_err(unreadable)?;
            Ok(answer("video/mp2t", Body::from_stream(stream::unfold((bytes, place), next_slice))))
        }
        "mp4" => {
            let (_, file) = name.split_once('/').ok_or_else(absent)?;
            let number =
                file.strip_prefix("index-").and_then(|number| number.parse::<usize>().ok()).unwrap_or(1);
            let asked = id.clone();
            let place = number.saturating_sub(1);
            let found = away(&api, move |api| Ok(api.recordings.file(&asked, place)));
            let Open { file, part, .. } = found.await?.map_err(unreadable)?;
            if !part.finished {
                return Err(absent());
            }
            let tag = format!("\"{id}-{number}-{}\"", part.bytes);
            Ok(part_of_file::serve(&api, Served::new(file, tag, "video/mp4"), &headers).await?)
        }
        _ => Err(absent()),
    }
}

/// Whether whoever sends `headers` may see a recording: that of a stream whose name is a secret is not for everybody.
pub(super) fn may_see(api: &Call, headers: &HeaderMap, view: &View) -> bool {
    let secret = view.stream().is_none_or(|stream| api.hub.is_secret(&stream));
    !secret || is_known(api, headers)
}

/// The playlist of what is here or in the bucket, if there is something.
pub(super) async fn playlist_from_here(api: &Call, id: &str) -> Result<Option<Response>, Failure> {
    let asked = id.to_owned();
    let list = away(api, move |api| Ok(playlist_of(api, &asked))).await?;
    let list = list.filter(|list| !list.files.is_empty());
    Ok(list.map(|list| answer("application/vnd.apple.mpegurl", Body::from(playlist(id, &list)))))
}

fn is_known(api: &Call, headers: &HeaderMap) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    api.platform.authenticate(header, &api.parameter("token")).is_ok()
}

/// What is sent next of a segment; its place is free when all has been.
async fn next_slice<P>((mut bytes, place): (Bytes, P)) -> Option<(Result<Bytes, Infallible>, (Bytes, P))> {
    if bytes.is_empty() {
        return None;
    }
    let slice = bytes.split_to(bytes.len().min(SLICE));
    Some((Ok(slice), (bytes, place)))
}

pub(super) fn answer(kind: &'static str, body: Body) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], body).into_response()
}

/// The file, and the bytes of it, that `record/UUID/N-FIRST-END` is called by.
fn segment(name: &str) -> Option<(usize, Range<u64>)> {
    let (_, segment) = name.strip_prefix("record/")?.split_once('/')?;
    let mut numbers = segment.split('-').map(|number| number.parse::<u64>().ok());
    let (number, first, end) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let number = usize::try_from(number).ok()?.checked_sub(1)?;
    numbers.next().is_none().then_some((number, first..end))
}

/// The list of what is here or in the bucket.
fn playlist(id: &str, playlist: &Playlist) -> String {
    let files = playlist.files.iter().enumerate();
    let listed = files.flat_map(|(place, (number, file))| {
        file.pieces.iter().enumerate().map(move |(first, piece)| {
            let Range { start, end } = piece.range;
            Listed {
                seconds: piece.length.as_secs_f64(),
                gap: piece.gap || place > 0 && first == 0,
                uri: format!("/terraform/v1/{HLS}record/{id}/{}-{start}-{end}.ts", number + 1),
            }
        })
    });
    list(&listed.collect::<Vec<_>>())
}

fn playlist_of(api: &Api, id: &str) -> Option<Playlist> {
    api.recordings.playlist(id, jobs::record::SEGMENT).ok()
}

/// Does `work` where it may block.
pub(super) async fn away<T: Send + 'static>(
    api: &Call,
    work: impl FnOnce(&Api) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    api.away(move |api| work(api)).await?
}

/// Segments that are made and sent at a time: of what is on the disk, and of what is in a bucket only.
static SEGMENTS: Semaphore = Semaphore::const_new(16);
static STORED_SEGMENTS: Semaphore = Semaphore::const_new(16);
const SLICE: usize = 64 << 10;
const HLS: &str = "hooks/record/hls/";
/// The job that scripts set.
const JOB: &str = "oryx";
/// Seconds that a publisher may be away.
const EXPIRY: u32 = 300;

#[cfg(test)]
#[path = "record_test.rs"]
mod tests;
