//! The settings that an admin changes while the server runs.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use control::settings::PageTexts;
use serde_json::Value;

use crate::Api;
use crate::body::Json;
use crate::condition;
use crate::dto::{SettingsDocument, SettingsView};
use crate::merge::merge;
use crate::problem::Problem;

/// All settings
///
/// With an ETag, to be handed in as `If-Match` of a change.
#[utoipa::path(get, path = "/api/v2/settings", tag = "settings", responses((status = 200, body = SettingsView)))]
pub(super) async fn show(State(api): State<Api>) -> Result<Response, Problem> {
    let document = api.blocking(document).await?;
    Ok(answer(&api, &document))
}

/// Change settings
///
/// A JSON Merge Patch (RFC 7396): what is absent stays, and what is `null` is as it was before anybody set it. All of it is checked before any of
/// it changes; then one subject changes after the other. With `If-Match` it changes only what the caller has seen.
#[utoipa::path(
    patch, path = "/api/v2/settings", tag = "settings",
    params(("If-Match" = Option<String>, Header, description = "The ETag of the settings that are to change")),
    request_body(content = SettingsDocument, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, body = SettingsView),
        (status = 412, body = Problem, description = "Somebody else has changed them meanwhile"),
        (status = 422, body = Problem),
    )
)]
pub(super) async fn change(
    State(api): State<Api>,
    headers: HeaderMap,
    Json(patch): Json<Value>,
) -> Result<Response, Problem> {
    let expected = headers.get(header::IF_MATCH).cloned();
    let changed = api.blocking(move |api| {
        let _changing = api.settings_changing();
        let before = document(api)?;
        condition::agrees(expected.as_ref(), &condition::tag(&before))?;
        let after = patched(&before, patch)?;
        if after.hls != before.hls {
            let chosen = after.hls;
            api.hls.choose(|choice| (choice.plain, choice.short) = (chosen.plain, chosen.short))?;
        }
        if after.pages != before.pages {
            api.settings.write(&after.pages())?;
        }
        if after.source_limits != before.source_limits {
            api.settings.write(&after.source_limits())?;
        }
        if after.ai != before.ai {
            api.settings.write(&after.ai())?;
        }
        Ok::<_, Problem>(after)
    });
    let changed = changed.await?;
    Ok(answer(&api, &changed))
}

fn document(api: &Api) -> Result<SettingsDocument, store::Error> {
    let settings = &api.settings;
    Ok(SettingsDocument::new(settings.read()?, settings.read()?, settings.read()?, settings.read()?))
}

/// What `before` becomes, if that makes sense.
fn patched(before: &SettingsDocument, patch: Value) -> Result<SettingsDocument, Problem> {
    let mut value = serde_json::to_value(before).map_err(|error| Problem::internal(&error))?;
    merge(&mut value, patch);
    let after: SettingsDocument = serde_path_to_error::deserialize(value)
        .map_err(|error| Problem::field(error.path().to_string(), error.inner().to_string()))?;
    check(before, &after)?;
    Ok(after)
}

/// Checks what has changed: scripts of Oryx may have set what would not be taken here.
fn check(before: &SettingsDocument, document: &SettingsDocument) -> Result<(), Problem> {
    let limits = [("files", document.source_limits.files), ("cameras", document.source_limits.cameras)];
    if let Some((name, _)) = limits.into_iter().find(|(_, limit)| *limit == 0) {
        return Err(Problem::field(format!("source_limits.{name}"), "is above zero"));
    }
    if document.pages.len() > PageTexts::MOST {
        return Err(Problem::field("pages", format!("there are at most {} texts", PageTexts::MOST)));
    }
    for (name, text) in document.pages.iter().filter(|(name, text)| before.pages.get(*name) != Some(*text)) {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(Problem::field("pages", format!("a name has 1 to {MAX_NAME} bytes")));
        }
        if text.len() > MAX_TEXT {
            return Err(Problem::field(format!("pages.{name}"), format!("has more than {MAX_TEXT} bytes")));
        }
    }
    let ai = &document.ai;
    if *ai == before.ai {
        return Ok(());
    }
    for (name, text) in [("key", &ai.key), ("url", &ai.url), ("organization", &ai.organization)] {
        if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_TEXT) {
            let reason = format!("has 1 to {MAX_TEXT} bytes; null for none");
            return Err(Problem::field(format!("ai.{name}"), reason));
        }
    }
    let web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    if !ai.url.as_ref().is_none_or(web) {
        return Err(Problem::field("ai.url", "begins with http:// or https://"));
    }
    Ok(())
}

fn answer(api: &Api, document: &SettingsDocument) -> Response {
    let view = document.view(api.hls.is_plain(), api.hls.is_short());
    ([(header::ETAG, condition::tag(document))], Json(view)).into_response()
}

const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 4096;
