//! Publish keys.

use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::StatusCode;
use control::Key;
use control::publish::Scope;
use control::publish_keys::Change;
use hub::StreamKey;

use crate::Api;
use crate::body::Json;
use crate::dto::{ChangedKey, KeyView, KeysView, NewKey, Rotation};
use crate::params::Path;
use crate::problem::Problem;

/// The keys that publishers need
#[utoipa::path(get, path = "/api/v2/keys", tag = "keys", responses((status = 200, body = KeysView)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<KeysView>, Problem> {
    let all = api.blocking(|api| api.keys.all()).await?;
    Ok(Json(KeysView {
        global: api.keys.global().reveal().to_owned(),
        open: api.keys.is_open(),
        items: all.iter().map(|(id, key)| KeyView::new(id, key)).collect(),
    }))
}

/// Make a key
///
/// A stream or app that has keys of its own asks for one of those, and for no other.
#[utoipa::path(
    post, path = "/api/v2/keys", tag = "keys", request_body = NewKey,
    responses((status = 201, body = KeyView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Json(body): Json<NewKey>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let scope = scope(body.app, body.stream)?;
    let chosen = body.key.map(Key::new).transpose();
    let chosen = chosen.map_err(|error| Problem::field("key", error.to_string()))?;
    let expires = body.expires_in.map(from_now).transpose()?;
    let label = body.label;
    let (id, key) = api.blocking(move |api| api.keys.create(&label, scope, chosen, expires)).await?;
    Ok((StatusCode::CREATED, Json(KeyView::new(&id, &key))))
}

/// Change a key
#[utoipa::path(
    patch, path = "/api/v2/keys/{id}", tag = "keys", params(("id" = String, Path)), request_body = ChangedKey,
    responses((status = 200, body = KeyView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(body): Json<ChangedKey>,
) -> Result<Json<KeyView>, Problem> {
    let ChangedKey { label, expires_in, disabled } = body;
    let expires = expires_in.map(|seconds| seconds.map(from_now).transpose()).transpose()?;
    let change = Change { label, expires, disabled };
    let name = good_id(id)?;
    let id = name.clone();
    let key = api.blocking(move |api| api.keys.change(&name, &change)).await?;
    Ok(Json(KeyView::new(&id, &key)))
}

/// Give a key another secret
///
/// The one until now holds for `grace` seconds more, for encoders that are set anew one by one.
#[utoipa::path(
    post, path = "/api/v2/keys/{id}/rotate", tag = "keys", params(("id" = String, Path)), request_body = Rotation,
    responses((status = 200, body = KeyView), (status = 404, body = Problem))
)]
pub(super) async fn rotate(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(body): Json<Rotation>,
) -> Result<Json<KeyView>, Problem> {
    // Told as a problem rather than cut short.
    from_now(body.grace).map_err(|_| Problem::field("grace", "is too long"))?;
    let name = good_id(id)?;
    let id = name.clone();
    let key = api.blocking(move |api| api.keys.rotate(&name, Duration::from_secs(body.grace))).await?;
    Ok(Json(KeyView::new(&id, &key)))
}

/// Remove a key
#[utoipa::path(
    delete, path = "/api/v2/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = good_id(id)?;
    api.blocking(move |api| api.keys.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a key is for; errs where no stream could be.
fn scope(app: Option<String>, stream: Option<String>) -> Result<Scope, Problem> {
    let check = |field: &str, app: &str, name: &str| {
        StreamKey::new(app, name).map_err(|error| Problem::field(field, error.to_string()))
    };
    if let Some(app) = &app {
        check("app", app, "x")?;
    }
    if let Some(name) = &stream {
        check("stream", "live", name)?;
    }
    Ok(match (app, stream) {
        (None, None) => Scope::Server,
        (Some(app), None) => Scope::App(app),
        (app, Some(name)) => Scope::Stream { app, name },
    })
}

fn from_now(seconds: u64) -> Result<SystemTime, Problem> {
    // A hundred years are for ever, and what is beyond could not be written down.
    let end = (seconds <= CENTURY).then(|| SystemTime::now() + Duration::from_secs(seconds));
    end.ok_or_else(|| Problem::field("expires_in", "is more than a hundred years"))
}

/// An id as we give it, or it is of nothing.
fn good_id(id: String) -> Result<String, Problem> {
    let good = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if good { Ok(id) } else { Err(Problem::not_found("no key has that id")) }
}

/// In seconds.
const CENTURY: u64 = 100 * 366 * 24 * 3600;
