//! Object storage, where recordings go.

use axum::extract::State;
use axum::http::StatusCode;
use jobs::Storage;
use jobs::storage::Bucket;

use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{NewStorage, RecordingView, StorageTest, StorageView, UploadSwitch};
use crate::params::Path;
use crate::problem::Problem;

/// Where recordings go
#[utoipa::path(get, path = "/api/v2/storage", tag = "storage", responses((status = 200, body = StorageView)))]
pub(super) async fn show(State(api): State<Api>) -> Json<StorageView> {
    Json(api.recordings.bucket().into())
}

/// Set where recordings go
///
/// What is waiting goes there too. What is in another bucket stays there.
#[utoipa::path(
    put, path = "/api/v2/storage", tag = "storage", request_body = NewStorage,
    responses((status = 200, body = StorageView), (status = 422, body = Problem))
)]
pub(super) async fn set(
    State(api): State<Api>,
    Json(body): Json<NewStorage>,
) -> Result<Json<StorageView>, Problem> {
    let set = api.blocking(move |api| {
        let _changing = api.settings_changing();
        let bucket = body.bucket(&api.recordings.bucket());
        bucket.check()?;
        api.settings.write(&bucket)?;
        api.recordings.set_bucket(bucket.clone());
        Ok::<_, Problem>(bucket)
    });
    Ok(Json(set.await?.into()))
}

/// Forget the bucket
///
/// With its keys. What is in it stays in it, and what was to go there does not.
#[utoipa::path(delete, path = "/api/v2/storage", tag = "storage", responses((status = 204)))]
pub(super) async fn forget(State(api): State<Api>) -> Result<StatusCode, Problem> {
    let forgotten = api.blocking(move |api| {
        let _changing = api.settings_changing();
        api.settings.write(&Bucket::default())?;
        api.recordings.set_bucket(Bucket::default());
        for waiting in api.recordings.on_their_way(usize::MAX, |_| true).0 {
            api.recordings.send(&waiting.id, false)?;
        }
        Ok::<_, Problem>(())
    });
    forgotten.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a bucket
///
/// Writes a small object, reads it again and removes it. Nothing is set.
#[utoipa::path(
    post, path = "/api/v2/storage/test", tag = "storage", request_body = NewStorage,
    responses((status = 200, body = StorageTest), (status = 422, body = Problem))
)]
pub(super) async fn test(
    State(api): State<Api>,
    Json(body): Json<NewStorage>,
) -> Result<Json<StorageTest>, Problem> {
    let bucket = body.bucket(&api.recordings.bucket());
    bucket.check()?;
    let storage = Storage::new(&bucket, &api.outbound).map_err(|err| Problem::internal(&err))?;
    Ok(Json(storage.test(&bucket).await.into()))
}

/// Upload a recording, or do so no longer
///
/// When it is waiting already, it is tried at once. What is in the bucket stays there.
#[utoipa::path(
    put, path = "/api/v2/recordings/{id}/upload", tag = "storage", params(("id" = String, Path)), request_body = UploadSwitch,
    responses(
        (status = 200, body = RecordingView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is still being made, or there is no bucket"),
    )
)]
pub(super) async fn upload(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<UploadSwitch>,
) -> Result<Json<RecordingView>, Problem> {
    super::recordings::known(&api, &caller, &id)?;
    if body.wanted && api.recordings.bucket().check().is_err() {
        let title = "There is no bucket for recordings to go to";
        return Err(Problem::new(StatusCode::CONFLICT, "no_storage", title));
    }
    let view = api.blocking(move |api| api.recordings.send(&id, body.wanted)).await?;
    Ok(Json(view.into()))
}
