//! Secret stream names for devices that cannot send a key.

use axum::extract::State;
use axum::http::StatusCode;
use control::Key;
use control::aliases::Change;

use super::field;
use crate::Api;
use crate::body::Json;
use crate::dto::{AliasView, ChangedAlias, NewAlias, Page};
use crate::params::Path;
use crate::problem::Problem;

/// The aliases of streams
#[utoipa::path(get, path = "/api/v2/aliases", tag = "keys", responses((status = 200, body = Page<AliasView>)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Page<AliasView>>, Problem> {
    let all = api.blocking(|api| api.aliases.all()).await?;
    let items = all.into_iter().map(|(id, alias)| AliasView::new(id, alias)).collect();
    Ok(Json(Page { items, next: None }))
}

/// Make an alias
///
/// A device that publishes under this secret name publishes the stream, without a key. For cameras that can send neither `?` nor `=`.
#[utoipa::path(
    post, path = "/api/v2/aliases", tag = "keys", request_body = NewAlias,
    responses((status = 201, body = AliasView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Json(body): Json<NewAlias>,
) -> Result<(StatusCode, Json<AliasView>), Problem> {
    let NewAlias { label, app, stream, name } = body;
    let stream = field::stream(&app, &stream)?;
    let name = name.map(Key::new).transpose().map_err(|bad| Problem::field("name", bad.to_string()))?;
    let (id, alias) = api.blocking(move |api| api.aliases.create(&label, &stream, name)).await?;
    Ok((StatusCode::CREATED, Json(AliasView::new(id, alias))))
}

/// Change an alias
#[utoipa::path(
    patch, path = "/api/v2/aliases/{id}", tag = "keys", params(("id" = String, Path)), request_body = ChangedAlias,
    responses((status = 200, body = AliasView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(body): Json<ChangedAlias>,
) -> Result<Json<AliasView>, Problem> {
    let change = Change { label: body.label, disabled: body.disabled };
    let name = field::id(id, "alias")?;
    let id = name.clone();
    let alias = api.blocking(move |api| api.aliases.change(&name, &change)).await?;
    Ok(Json(AliasView::new(id, alias)))
}

/// Remove an alias
#[utoipa::path(
    delete, path = "/api/v2/aliases/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = field::id(id, "alias")?;
    api.blocking(move |api| api.aliases.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
