//! Publish keys.

use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::StatusCode;
use control::Key;
use control::Scope;
use control::publish_keys::{Change, PublishKey};

use super::field;
use crate::Api;
use crate::body::Json;
use crate::dto::{ChangedKey, KeyView, KeysView, NewKey, Rotation, time};
use crate::params::Path;
use crate::problem::Problem;

/// The keys that publishers need
#[utoipa::path(get, path = "/api/v2/keys", tag = "keys", responses((status = 200, body = KeysView)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<KeysView>, Problem> {
    let all = api.blocking(|api| api.keys.all()).await?;
    Ok(Json(view(&api, &all)))
}

fn view(api: &Api, all: &[(String, PublishKey)]) -> KeysView {
    KeysView {
        global: api.keys.global().reveal().to_owned(),
        global_previous_until: api.keys.previous_until().map(time),
        global_configured: api.keys.is_chosen(),
        open: api.keys.is_open(),
        items: all.iter().map(|(id, key)| KeyView::new(id, key)).collect(),
    }
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
    let expires = body.expires_in.map(until).transpose()?;
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
    let expires = expires_in.map(|seconds| seconds.map(until).transpose()).transpose()?;
    let change = Change { label, expires, disabled };
    let name = field::id(id, "key")?;
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
    field::from_now("grace", body.grace)?;
    let name = field::id(id, "key")?;
    let id = name.clone();
    let key = api.blocking(move |api| api.keys.rotate(&name, Duration::from_secs(body.grace))).await?;
    Ok(Json(KeyView::new(&id, &key)))
}

/// Give the global key another secret
///
/// The one until now holds for `grace` seconds more. Those who publish stay.
#[utoipa::path(
    post, path = "/api/v2/keys/global/rotate", tag = "keys", request_body = Rotation,
    responses((status = 200, body = KeysView), (status = 422, body = Problem))
)]
pub(super) async fn rotate_global(
    State(api): State<Api>,
    Json(body): Json<Rotation>,
) -> Result<Json<KeysView>, Problem> {
    field::from_now("grace", body.grace)?;
    let all = api.blocking(move |api| {
        api.keys.rotate_global(Duration::from_secs(body.grace))?;
        api.keys.all()
    });
    Ok(Json(view(&api, &all.await?)))
}

/// Remove a key
#[utoipa::path(
    delete, path = "/api/v2/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = field::id(id, "key")?;
    api.blocking(move |api| api.keys.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a key is for; errs where no stream could be.
fn scope(app: Option<String>, stream: Option<String>) -> Result<Scope, Problem> {
    field::stream(app.as_deref().unwrap_or("live"), stream.as_deref().unwrap_or("x"))?;
    Ok(match (app, stream) {
        (None, None) => Scope::Server,
        (Some(app), None) => Scope::App(app),
        (app, Some(name)) => Scope::Stream { app, name },
    })
}

fn until(seconds: u64) -> Result<SystemTime, Problem> {
    field::from_now("expires_in", seconds)
}
