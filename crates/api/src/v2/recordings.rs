//! What was recorded.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jobs::record::{Container, Keep, Open, View};
use media::Delta;
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

use super::recording_export;
use super::recording_share::Reader;
use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{
    ChangedRecording, Jpeg, KeepView, Mp4, NewClip, Page, RecordSwitch, RecordingView, SpaceView,
};
use crate::paging::Paging;
use crate::params::{Path, Query};
use crate::part_of_file::{Served, serve};
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Those of this stream only: `app/name`.
    stream: Option<String>,
    /// Those on their way into object storage only.
    #[serde(default)]
    uploading: bool,
}

/// Recordings, the newest first
#[utoipa::path(
    get, path = "/api/v2/recordings", tag = "recordings", params(Paging, Which),
    responses((status = 200, body = Page<RecordingView>), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(paging): Query<Paging>,
    Query(which): Query<Which>,
) -> Result<Json<Page<RecordingView>>, Problem> {
    let limit = paging.limit()?;
    let stream = which.stream.as_ref().map(|name| super::streams::key_in("stream", name)).transpose()?;
    let mut all = api.recordings.all();
    all.retain(|view| !which.uploading || view.manifest.is_on_its_way());
    all.retain(|view| {
        view.stream().is_some_and(|key| {
            stream.as_ref().is_none_or(|wanted| *wanted == key) && caller.may_know(&key, &api.hub)
        })
    });
    all.sort_by(|a, b| (b.manifest.started, &b.id).cmp(&(a.manifest.started, &a.id)));
    if let Some(after) = paging.name() {
        let behind = all.iter().position(|view| view.id == after);
        all.drain(..=behind.ok_or_else(|| Problem::field("after", "is not `next` of an answer"))?);
    }
    Ok(Json(Page::cut(all, limit, |view| view.id.clone(), |view| RecordingView::from(view.clone()))))
}

/// One recording
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = RecordingView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RecordingView>, Problem> {
    Ok(Json(known(&api, &caller, &id)?.into()))
}

/// Give a recording another name
#[utoipa::path(
    patch, path = "/api/v2/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    request_body = ChangedRecording,
    responses((status = 200, body = RecordingView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<ChangedRecording>,
) -> Result<Json<RecordingView>, Problem> {
    known(&api, &caller, &id)?;
    let renamed = api.blocking(move |api| api.recordings.rename(&id, &body.label)).await?;
    Ok(Json(renamed.into()))
}

/// Remove a recording for good
///
/// From the disk. What of it is in a bucket stays there, called as `upload.objects` says.
#[utoipa::path(
    delete, path = "/api/v2/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem, description = "It is still being made"))
)]
pub(super) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    known(&api, &caller, &id)?;
    api.blocking(move |api| api.recordings.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a recording that is being made
///
/// At the next key frame. If the stream goes on, so does its recording, as another.
#[utoipa::path(
    post, path = "/api/v2/recordings/{id}/end", tag = "recordings", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn end(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    known(&api, &caller, &id)?;
    api.recordings.end(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a clip of a recording
///
/// A recording of its own, of the bytes that there are: nothing is encoded again, so it begins with a key frame. Also of one that is being made.
#[utoipa::path(
    post, path = "/api/v2/recordings/{id}/clips", tag = "recordings", params(("id" = String, Path)),
    request_body = NewClip,
    responses(
        (status = 201, body = RecordingView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is elsewhere only, where it cannot be read piece by piece"),
        (status = 422, body = Problem),
        (status = 502, body = Problem, description = "The bucket that it is in does not give it"),
        (status = 503, body = Problem, description = "Too many files are being made; `retry-after` says when to try again"),
        (status = 507, body = Problem, description = "The disk has no room for it"),
    )
)]
pub(super) async fn clip(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<NewClip>,
) -> Result<(StatusCode, Json<RecordingView>), Problem> {
    known(&api, &caller, &id)?;
    let from = place("from", body.from)?;
    let to = place("to", body.to)?;
    if to <= from {
        return Err(Problem::field("to", "is not behind `from`"));
    }
    // It goes with the work, which goes on when nobody waits for it any more.
    let turn = CLIPS.try_acquire().map_err(|_| Problem::busy())?;
    let made = api.blocking(move |api| {
        let _turn = turn;
        let id = api.recordings.clip(&id, &body.label, from, to)?;
        api.recordings.view(&id)
    });
    Ok((StatusCode::CREATED, Json(made.await?.into())))
}

/// Clips that are made at a time: of what is in a bucket they are fetched, which takes as long as it takes.
static CLIPS: Semaphore = Semaphore::const_new(4);

/// A place in a recording, from seconds.
fn place(field: &'static str, seconds: f64) -> Result<Delta, Problem> {
    if !(0.0..=LONGEST).contains(&seconds) {
        return Err(Problem::field(field, "is no number of seconds from 0 on"));
    }
    Ok(Delta::micros((seconds * 1e6) as i64))
}

/// Seconds that no recording is longer than.
const LONGEST: f64 = 1e8;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// To be kept as a file rather than played.
    #[serde(default)]
    download: bool,
}

/// A file of a recording
///
/// MP4, the whole or the part that the header `range` names. One that is not finished is as long as it is at this moment, and can be
/// played as it is.
///
/// With `.ts` or `.flv` behind its number it is MPEG-TS or FLV: the file that it is as well (`also`), or made while it is sent, as far as it is
/// written, and then there are no ranges. Nothing is encoded. Only codecs are carried that the container has a place for: `formats` of the file says which it can be had as.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/files/{number}", tag = "recordings",
    params(
        ("id" = String, Path), ("number" = String, Path, description = "From 1; with `.ts` or `.flv` behind it, if it is to be that", example = "1.ts"), How,
        ("range" = Option<String>, Header, description = "One range of bytes; several are answered with the whole"),
        ("if-range" = Option<String>, Header, description = "`etag` of the file that the range is of"),
        ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account"),
    ),
    responses(
        (status = 200, content_type = "video/mp4", body = Mp4),
        (status = 206, content_type = "video/mp4", body = Mp4),
        (status = 304, description = "The file is the same"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is elsewhere only: in another bucket than is set, or in a cloud"),
        (status = 415, body = Problem, description = "The container has no place for one of its codecs"),
        (status = 416, body = Problem, description = "The file has no such part"),
        (status = 502, body = Problem, description = "The bucket that it is in does not give it"),
        (status = 503, body = Problem, description = "Too many files are being made; `retry-after` says when to try again"),
    )
)]
pub(super) async fn file(
    State(api): State<Api>,
    reader: Reader,
    Path((id, name)): Path<(String, String)>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = reader.known(&api, &id)?;
    let absent = || Problem::not_found("the recording has no such file");
    let (number, container) = recording_export::named(&name).ok_or_else(absent)?;
    let place =
        number.checked_sub(1).filter(|place| *place < view.manifest.files.len()).ok_or_else(absent)?;
    let suffix = container.map_or("mp4", Container::name);
    let keep_as = how.download.then(|| match (reader.label(&api, &view).unwrap_or("recording"), number) {
        (label, 1) => format!("{label}.{suffix}"),
        (label, more) => format!("{label}-{more}.{suffix}"),
    });
    if let Some(container) = container {
        let (name, tag) = (id.clone(), format!("\"{id}-{number}-{suffix}\""));
        let made = api.blocking(move |api| api.recordings.form(&name, place, container));
        if let Some(medium) = made.await? {
            let served = Served { keep_as, ..Served::new(medium, tag, container.media_type()) };
            return serve(&api, served, &headers).await;
        }
        return recording_export::answer(&api, (id, place), container, keep_as, reader.guest().is_some())
            .await;
    }
    let name = id.clone();
    let Open { part, file, grows, .. } = api.blocking(move |api| api.recordings.file(&name, place)).await?;
    let tag = match grows {
        true => format!("\"{id}-{number}\""),
        false => format!("\"{id}-{number}-{}-{}\"", part.bytes, part.finished),
    };
    let served = Served {
        // What is behind that is being written.
        growing: grows.then_some(part.bytes),
        keep_as,
        ..Served::new(file, tag, "video/mp4")
    };
    serve(&api, served, &headers).await
}

/// A picture of a recording
///
/// A JPEG of a key frame from its beginning. There is none without FFmpeg, of sound alone, and in the first seconds.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/picture", tag = "recordings",
    params(("id" = String, Path), ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account")),
    responses((status = 200, content_type = "image/jpeg", body = Jpeg), (status = 304), (status = 404, body = Problem))
)]
pub(super) async fn picture(
    State(api): State<Api>,
    reader: Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reader.known(&api, &id)?;
    let path = api.recordings.picture(&id)?;
    let absent = || Problem::not_found("there is no picture of the recording");
    let path = path.ok_or_else(absent)?;
    let picture = api.away(move |_| std::fs::File::open(path)).await?.map_err(|_| absent())?;
    let tag = format!("\"{id}-picture\"");
    serve(&api, Served::new(picture, tag, "image/jpeg"), &headers).await
}

/// Record a stream, or do so no longer
///
/// The same as a job for this stream alone, or an exception in one for many: from now on, also when it is published again.
#[utoipa::path(
    put, path = "/api/v2/streams/{id}/recording", tag = "recordings",
    params(("id" = String, Path, description = "`app/name`, with its slashes as `%2F`")), request_body = RecordSwitch,
    responses((status = 204), (status = 422, body = Problem))
)]
pub(super) async fn switch(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(body): Json<RecordSwitch>,
) -> Result<StatusCode, Problem> {
    let stream = super::streams::key_in("id", &id)?;
    let label = match api.hub.is_secret(&stream) {
        true => "A stream whose name is a secret".to_owned(),
        false => stream.name().chars().take(64).collect(),
    };
    api.blocking(move |api| jobs::record::switch(&api.jobs, &stream, &label, body.wanted)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How long recordings are kept
#[utoipa::path(
    get, path = "/api/v2/recordings/retention", tag = "recordings", responses((status = 200, body = KeepView))
)]
pub(super) async fn keep(State(api): State<Api>) -> Json<KeepView> {
    Json(api.recordings.keep().into())
}

/// What the disk has for recordings, and for how long that is enough
///
/// The same is told as `space` with the event `recordings`.
#[utoipa::path(
    get, path = "/api/v2/recordings/space", tag = "recordings", responses((status = 200, body = SpaceView))
)]
pub(super) async fn space(State(api): State<Api>) -> Json<SpaceView> {
    Json(api.recordings.space().into())
}

/// Set how long recordings are kept
///
/// What is not to be kept any more is removed within a minute.
#[utoipa::path(
    put, path = "/api/v2/recordings/retention", tag = "recordings", request_body = KeepView,
    responses((status = 200, body = KeepView), (status = 422, body = Problem))
)]
pub(super) async fn set_keep(
    State(api): State<Api>,
    Json(body): Json<KeepView>,
) -> Result<Json<KeepView>, Problem> {
    if body.days == Some(0) {
        return Err(Problem::field("days", "is 0; leave it out to keep them for ever"));
    }
    if body.bytes.is_some_and(|bytes| bytes < LEAST) {
        return Err(Problem::field(
            "bytes",
            format!("at least {LEAST} are needed; leave it out to keep them all"),
        ));
    }
    let keep = Keep::from(body);
    if let Some(folder) = keep.copy_to.clone() {
        let ours = api.recordings.folder().to_owned();
        let there = api.away(move |_| {
            let whole = |folder: &std::path::Path| folder.canonicalize().ok();
            let there = folder.is_absolute() && folder.is_dir();
            there.then(|| whole(&folder).zip(whole(&ours)).is_some_and(|(to, from)| to.starts_with(from)))
        });
        match there.await? {
            Some(false) => {}
            Some(true) => return Err(Problem::field("copy_to", "is where recordings are made")),
            None => return Err(Problem::field("copy_to", "is not the whole path of a folder that is there")),
        }
    }
    Ok(Json(api.blocking(move |api| api.change_keep(|_| keep)).await?.into()))
}

impl Api {
    /// Changes how recordings are kept, in the store and then in force, while nobody else does. Blocks.
    pub(crate) fn change_keep(&self, change: impl FnOnce(Keep) -> Keep) -> Result<Keep, store::Error> {
        let _changing = self.settings_changing();
        let keep = change(self.recordings.keep());
        self.settings.write(&keep)?;
        self.recordings.set_keep(keep.clone());
        Ok(keep)
    }
}

/// The recording `id`; one of a stream whose name is a secret is not there for those who may see no keys.
pub(super) fn known(api: &Api, caller: &Caller, id: &str) -> Result<View, Problem> {
    let view = api.recordings.view(id)?;
    match view.stream() {
        Some(key) if caller.may_know(&key, &api.hub) => Ok(view),
        _ => Err(Problem::not_found(format!("there is no recording {id}"))),
    }
}

/// Bytes that may be kept: with less, everything would be removed.
const LEAST: u64 = 1 << 20;
