//! Networks that may, or may not, publish and watch.

use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use control::Scope;
use control::addresses::AddressRule;

use super::field;
use crate::Api;
use crate::body::Json;
use crate::dto::{ActionView, AddressRuleView, Effect, NewAddressRule, Page};
use crate::params::Path;
use crate::problem::Problem;

/// The rules for addresses
#[utoipa::path(
    get, path = "/api/v2/address-rules", tag = "access", responses((status = 200, body = Page<AddressRuleView>))
)]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Page<AddressRuleView>>, Problem> {
    let all = api.blocking(|api| api.addresses.all()).await?;
    let items = all.into_iter().map(|(id, rule)| AddressRuleView::new(id, rule)).collect();
    Ok(Json(Page { items, next: None }))
}

/// Make a rule
///
/// It holds from the next publisher or viewer on; those who are in stay. It says nothing about the API and the console.
#[utoipa::path(
    post, path = "/api/v2/address-rules", tag = "access", request_body = NewAddressRule,
    responses((status = 201, body = AddressRuleView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Json(body): Json<NewAddressRule>,
) -> Result<(StatusCode, Json<AddressRuleView>), Problem> {
    let NewAddressRule { label, streams, actions, network, effect } = body;
    if actions.is_empty() {
        return Err(Problem::field("actions", "is empty; publish, play, or both"));
    }
    let rule = AddressRule {
        label,
        scope: streams.map_or(Ok(Scope::Server), |pattern| field::scope("streams", &pattern))?,
        publish: actions.contains(&ActionView::Publish),
        play: actions.contains(&ActionView::Play),
        network: field::network(Some(&network))?.expect("one was given"),
        allow: effect == Effect::Allow,
        created: SystemTime::now(),
    };
    let (id, rule) = api.blocking(move |api| api.addresses.create(rule)).await?;
    Ok((StatusCode::CREATED, Json(AddressRuleView::new(id, rule))))
}

/// Remove a rule
#[utoipa::path(
    delete, path = "/api/v2/address-rules/{id}", tag = "access", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = field::id(id, "rule")?;
    api.blocking(move |api| api.addresses.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
