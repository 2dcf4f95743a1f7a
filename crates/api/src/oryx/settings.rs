//! Settings of single subjects.

use control::settings::{AiService, PageTexts, SourceLimits};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Table;
use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Open, Secret};
use super::system::Nothing;
use crate::Api;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "mgmt/openai/query", ai);
    table.at(Change, "mgmt/openai/update", set_ai);
    table.at(Secret, "mgmt/limits/query", limits);
    table.at(Change, "mgmt/limits/update", set_limits);
    table.at(Secret, "mgmt/hphls/query", hls_mode);
    table.at(Change, "mgmt/hphls/update", set_hls_mode);
    table.at(Secret, "mgmt/hlsll/query", hls_length);
    table.at(Change, "mgmt/hlsll/update", set_hls_length);
    table.at(Open, "mgmt/beian/query", pages);
    table.at(Change, "mgmt/beian/update", set_page);
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "lowercase")]
struct Ai {
    #[serde(rename = "aisecretkey")]
    key: String,
    #[serde(rename = "aibaseurl")]
    url: String,
    #[serde(rename = "aiorganization")]
    organization: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limits {
    vlive: i64,
    camera: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    beian: String,
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HlsMode {
    #[serde(rename = "nohlsctx")]
    plain: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HlsLength {
    #[serde(rename = "hlslowlatency")]
    short: bool,
}

async fn hls_mode(api: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!({"noHlsCtx": api.hls.is_plain()}))
}

async fn set_hls_mode(api: Call, body: HlsMode) -> Result<Value, Failure> {
    changing(api, move |api| api.hls.choose(|choice| choice.plain = Some(body.plain))).await?;
    Ok(Value::Null)
}

async fn hls_length(api: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!({"hlsLowLatency": api.hls.is_short()}))
}

async fn set_hls_length(api: Call, body: HlsLength) -> Result<Value, Failure> {
    changing(api, move |api| api.hls.choose(|choice| choice.short = Some(body.short))).await?;
    Ok(Value::Null)
}

async fn ai(api: Call, _: Nothing) -> Result<Value, Failure> {
    let service: AiService = api.away(|api| api.settings.read()).await??;
    Ok(json!({
        "aiSecretKey": service.key, "aiBaseURL": service.url, "aiOrganization": service.organization,
    }))
}

async fn set_ai(api: Call, body: Ai) -> Result<Value, Failure> {
    let Ai { key, url, organization } = body;
    if key.is_empty() {
        return Err(Failure::new("no aiSecretKey"));
    }
    if url.is_empty() {
        return Err(Failure::new("no aiBaseURL"));
    }
    changing(api, move |api| api.settings.write(&AiService { key, url, organization })).await?;
    Ok(Value::Null)
}

async fn limits(api: Call, _: Nothing) -> Result<Value, Failure> {
    let limits: SourceLimits = api.away(|api| api.settings.read()).await??;
    Ok(json!({"vlive": limits.files, "camera": limits.cameras}))
}

async fn set_limits(api: Call, body: Limits) -> Result<Value, Failure> {
    // One text for both, with the first number.
    let wrong = || Failure::new(format!("invalid vlive {}", body.vlive));
    let positive = |number: i64| u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(wrong);
    let limits = SourceLimits { files: positive(body.vlive)?, cameras: positive(body.camera)? };
    changing(api, move |api| api.settings.write(&limits)).await?;
    Ok(Value::Null)
}

async fn pages(api: Call, _: Nothing) -> Result<Value, Failure> {
    let PageTexts(texts) = api.away(|api| api.settings.read()).await??;
    Ok(json!(texts))
}

async fn set_page(api: Call, body: Page) -> Result<Value, Failure> {
    let Page { beian, text } = body;
    if beian.is_empty() {
        return Err(Failure::new("no beian"));
    }
    if text.is_empty() {
        return Err(Failure::new("no text"));
    }
    let set = move |api: &Api| {
        let mut room = false;
        let changed = api.settings.update(|texts: &mut PageTexts| room = texts.set(&beian, &text));
        changed.map(|_| room)
    };
    match changing(api, set).await? {
        true => Ok(Value::Null),
        false => Err(Failure::new(format!("there are {} texts, no more are kept", PageTexts::MOST))),
    }
}

/// Does `work` while nobody else compares and changes settings.
async fn changing<T: Send + 'static>(
    api: Call,
    work: impl FnOnce(&Api) -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Failure> {
    let done = api.away(move |api| {
        let _changing = api.settings_changing();
        work(api)
    });
    Ok(done.await??)
}
