//! Small pictures of recordings, for who looks for a place in one.

use std::path::PathBuf;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jobs::record::{NoPreviews, Previews};
use jobs::snapshot;

use super::recording_share::Reader;
use crate::Api;
use crate::body::Json;
use crate::dto::{Jpeg, PreviewsView};
use crate::params::Path;
use crate::part_of_file::{Served, serve};
use crate::problem::Problem;

/// Which small pictures there are of a file
///
/// Of a file that is finished and has pictures: some hundred key frames at most, from its beginning to its end. They are made when somebody asks
/// for the first time, which takes a second or some.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/files/{number}/previews", tag = "recordings",
    params(
        ("id" = String, Path), ("number" = usize, Path, description = "From 1"),
        ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account"),
    ),
    responses(
        (status = 200, body = PreviewsView),
        (status = 404, body = Problem, description = "There is no such file, or it has no pictures"),
        (status = 409, body = Problem, description = "It is elsewhere only, where it cannot be read piece by piece"),
        (status = 502, body = Problem, description = "The bucket that it is in does not give it"),
        (status = 503, body = Problem, description = "They cannot be made: `detail` says why"),
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    reader: Reader,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Json<PreviewsView>, Problem> {
    Ok(Json(made(&api, &reader, &id, number).await?.0.into()))
}

/// The small pictures of a file
///
/// All in one JPEG.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/files/{number}/previews.jpg", tag = "recordings",
    params(
        ("id" = String, Path), ("number" = usize, Path, description = "From 1"),
        ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account"),
    ),
    responses(
        (status = 200, content_type = "image/jpeg", body = Jpeg),
        (status = 304),
        (status = 404, body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn sheet(
    State(api): State<Api>,
    reader: Reader,
    Path((id, number)): Path<(String, usize)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, path) = made(&api, &reader, &id, number).await?;
    let picture = api.away(move |_| std::fs::File::open(path)).await?;
    let picture = picture.map_err(|_| Problem::not_found("there are no previews of it any more"))?;
    serve(&api, Served::new(picture, format!("\"{id}-{number}-previews\""), "image/jpeg"), &headers).await
}

async fn made(api: &Api, reader: &Reader, id: &str, number: usize) -> Result<(Previews, PathBuf), Problem> {
    reader.known(api, id)?;
    let place = number.checked_sub(1).ok_or_else(|| Problem::not_found("the recording has no such file"))?;
    let unable = |error: snapshot::Error| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_previews", "Previews cannot be made")
            .detail(error.to_string())
    };
    api.recordings.previews(&api.snapshots, id, place).await.map_err(|error| match error {
        NoPreviews::Recording(error) => error.into(),
        NoPreviews::Picture(error) => unable(error),
        error => Problem::not_found(error.to_string()),
    })
}
