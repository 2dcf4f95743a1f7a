//! Who is asked and told of what happens.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use control::hooks::{Delivery, Dialect, Target, Url};
use control::{Hooks, Key, Permission, Scope, entry};

use super::field;
use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::condition;
use crate::dto::{ChangedWebhook, DeliveryView, MadeWebhook, NewSecret, NewWebhook, Page, WebhookView};
use crate::paging::Paging;
use crate::params::{Path, Query};
use crate::problem::Problem;

/// The webhooks
#[utoipa::path(
    get, path = "/api/v2/webhooks", tag = "webhooks", params(Paging),
    responses((status = 200, body = Page<WebhookView>), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<WebhookView>>, Problem> {
    let limit = paging.limit()?;
    let all = api.hooks.all().into_iter();
    let wanted: Vec<_> = all
        .filter(|(id, ..)| paging.name().is_none_or(|after| id.as_str() > after))
        .take(limit + 1)
        .collect();
    let view = |(id, target, health): &(String, std::sync::Arc<Target>, _)| {
        WebhookView::new(id, target, Some(*health))
    };
    Ok(Json(Page::cut(wanted, limit, |(id, ..)| id.clone(), view)))
}

/// Make a webhook
///
/// Each event is POSTed as JSON to its address, signed with its secret in the header `Sluice-Signature`, and tried again when it
/// fails. Where it is asked, a publisher waits for its answer.
#[utoipa::path(
    post, path = "/api/v2/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = MadeWebhook), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Json(body): Json<NewWebhook>,
) -> Result<(StatusCode, Json<MadeWebhook>), Problem> {
    let secret = secret(body.secret)?.map_or_else(Key::generate, Ok);
    let secret = secret.map_err(|error| Problem::internal(&error))?;
    let usual = Target::new(&body.label, &body.url, secret.clone());
    let target = Target {
        events: body.events,
        streams: scopes(body.streams)?,
        ask: body.ask.map(Into::into),
        timeout: body.timeout.unwrap_or(usual.timeout),
        attempts: body.attempts.unwrap_or(usual.attempts),
        verify_tls: body.verify_tls.unwrap_or(usual.verify_tls),
        ..usual
    };
    let (id, target) = api.blocking(move |api| api.hooks.create(target)).await?;
    let webhook = WebhookView::new(&id, &target, None);
    Ok((StatusCode::CREATED, Json(MadeWebhook { webhook, secret: secret.reveal().to_owned() })))
}

/// A webhook
///
/// With an ETag, to be handed in as `If-Match` of a change.
#[utoipa::path(
    get, path = "/api/v2/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = WebhookView), (status = 404, body = Problem))
)]
pub(super) async fn show(State(api): State<Api>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = name(id)?;
    let (target, health) = api.hooks.find(&id)?;
    let tag = condition::tag(&WebhookView::new(&id, &target, None));
    Ok(([(header::ETAG, tag)], Json(WebhookView::new(&id, &target, Some(health)))).into_response())
}

/// Change a webhook
///
/// With `If-Match` it changes only what the caller has seen.
#[utoipa::path(
    patch, path = "/api/v2/webhooks/{id}", tag = "webhooks",
    params(
        ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag of the webhook that is to change"),
    ),
    request_body = ChangedWebhook,
    responses(
        (status = 200, body = WebhookView), (status = 404, body = Problem),
        (status = 412, body = Problem, description = "Somebody else has changed it meanwhile"),
        (status = 422, body = Problem),
    )
)]
pub(super) async fn change(
    State(api): State<Api>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ChangedWebhook>,
) -> Result<Response, Problem> {
    let id = name(id)?;
    let expected = headers.get(header::IF_MATCH).cloned();
    let ChangedWebhook { label, url, events, streams, ask, timeout, attempts, verify_tls, disabled } = body;
    let streams = streams.map(scopes).transpose()?;
    let ask = ask.map(|ask| ask.map(Into::into));
    let known = id.clone();
    let changed = api.blocking(move |api| {
        api.hooks.change::<Problem>(&known, |target| {
            let tag = condition::tag(&WebhookView::new(&known, &target, None));
            condition::agrees(expected.as_ref(), &tag)?;
            if events.is_some() && matches!(target.dialect, Dialect::Oryx { .. }) {
                return Err(Problem::field("events", "are what Oryx tells, for this webhook"));
            }
            Ok(Target {
                label: label.clone().unwrap_or(target.label),
                // What was shown may be sent back; it is without what else is in the address.
                url: url.clone().filter(|url| *url != target.url.shown()).map_or(target.url, Url),
                events: events.clone().unwrap_or(target.events),
                streams: streams.clone().unwrap_or(target.streams),
                ask: ask.unwrap_or(target.ask),
                timeout: timeout.unwrap_or(target.timeout),
                attempts: attempts.unwrap_or(target.attempts),
                verify_tls: verify_tls.unwrap_or(target.verify_tls),
                disabled: disabled.unwrap_or(target.disabled),
                ..target
            })
        })
    });
    let target = changed.await?;
    let view = WebhookView::new(&id, &target, None);
    Ok(([(header::ETAG, condition::tag(&view))], Json(view)).into_response())
}

/// Remove a webhook
#[utoipa::path(
    delete, path = "/api/v2/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = name(id)?;
    api.blocking(move |api| api.hooks.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook another secret
///
/// What is sent is signed with the one until now as well for `grace` seconds, until the receiver knows the new one.
#[utoipa::path(
    post, path = "/api/v2/webhooks/{id}/rotate", tag = "webhooks", params(("id" = String, Path)),
    request_body = NewSecret,
    responses((status = 200, body = MadeWebhook), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn rotate(
    State(api): State<Api>,
    Path(id): Path<String>,
    Json(body): Json<NewSecret>,
) -> Result<Json<MadeWebhook>, Problem> {
    let known = name(id)?;
    let id = known.clone();
    let chosen = secret(body.secret)?;
    field::from_now("grace", body.grace)?;
    let grace = Duration::from_secs(body.grace);
    let (target, secret) = api.blocking(move |api| api.hooks.rotate(&known, chosen, grace)).await?;
    let webhook = WebhookView::new(&id, &target, None);
    Ok(Json(MadeWebhook { webhook, secret: secret.reveal().to_owned() }))
}

/// Try a webhook
///
/// Sends it the event `test`, once and at once, whatever it wants to know of, and answers what came of it; without `request` and
/// `answer` for who has not `webhooks:read`.
#[utoipa::path(
    post, path = "/api/v2/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryView), (status = 404, body = Problem), (status = 503, body = Problem))
)]
pub(super) async fn test(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<DeliveryView>, Problem> {
    tried(&caller, api.hooks.test(&name(id)?).await)
}

/// What was sent to a webhook last, newest first
///
/// The last 100 are kept in memory.
#[utoipa::path(
    get, path = "/api/v2/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<DeliveryView>), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn deliveries(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let limit = paging.limit()?;
    let found = api.hooks.deliveries(&name(id)?, paging.number()?, limit + 1)?;
    let place = |delivery: &Delivery| delivery.number.to_string();
    Ok(Json(Page::cut(found, limit, place, |delivery| DeliveryView::from(delivery))))
}

/// Send an event again
///
/// Once and at once: with its id, signed anew. Answers what came of it; without `request` and `answer`, which hold keys of publishers,
/// for who has not `webhooks:read`.
#[utoipa::path(
    post, path = "/api/v2/webhooks/{id}/deliveries/{number}/replay", tag = "webhooks",
    params(("id" = String, Path), ("number" = u64, Path)),
    responses((status = 200, body = DeliveryView), (status = 404, body = Problem), (status = 503, body = Problem))
)]
pub(super) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    Path((id, number)): Path<(String, u64)>,
) -> Result<Json<DeliveryView>, Problem> {
    tried(&caller, api.hooks.replay(&name(id)?, number).await)
}

fn tried(
    caller: &Caller,
    outcome: Result<Option<Delivery>, entry::Error>,
) -> Result<Json<DeliveryView>, Problem> {
    let busy = || {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many try this webhook already")
            .retry_after(1)
    };
    let delivery = outcome?.ok_or_else(busy)?;
    let view = DeliveryView::from(&delivery);
    Ok(Json(if caller.may(Permission::WebhooksRead) { view } else { view.without_bodies() }))
}

/// The name of a webhook, or it is of nothing.
fn name(id: String) -> Result<String, Problem> {
    if id == Hooks::ORYX { Ok(id) } else { field::id(id, "webhook") }
}

fn scopes(patterns: Vec<String>) -> Result<Vec<Scope>, Problem> {
    let scope = |(index, pattern): (usize, String)| field::scope(&format!("streams[{index}]"), &pattern);
    patterns.into_iter().enumerate().map(scope).collect()
}

fn secret(chosen: Option<String>) -> Result<Option<Key>, Problem> {
    chosen.map(Key::new).transpose().map_err(|bad| Problem::field("secret", bad.to_string()))
}

#[cfg(test)]
#[path = "webhooks_test.rs"]
mod tests;
