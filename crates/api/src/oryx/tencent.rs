//! Recording to Tencent's clouds, which Oryx calls deprecated: to COS (`dvr`) and to VoD (`vod`).

use std::time::SystemTime;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use jobs::record::{Cloud, InCos, InVod, Listed, Segment, Sent, View, list};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Secret};
use super::off::{first_empty, no_file};
use super::record::{self, Apply, answer, away};
use super::system::Nothing;
use super::{Table, VHOST};
use crate::dto::time;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "hooks/dvr/query", query_dvr);
    table.at(Change, "hooks/dvr/apply", |api, body| apply(api, Cloud::Cos, body));
    table.at(Secret, "hooks/dvr/files", dvr_files);
    table.files(DVR, hls_of_dvr);
    table.at(Secret, "hooks/vod/query", query_vod);
    table.at(Change, "hooks/vod/apply", |api, body| apply(api, Cloud::Vod, body));
    table.at(Secret, "hooks/vod/files", vod_files);
    table.files(VOD, hls_of_vod);
    table.at(Change, "tencent/cam/secret", set_secret);
}

async fn query_dvr(api: Call, _: Nothing) -> Result<Value, Failure> {
    let account = api.tencent.account();
    Ok(json!({"all": account.cos.all, "secret": account.is_known()}))
}

async fn query_vod(api: Call, _: Nothing) -> Result<Value, Failure> {
    let account = api.tencent.account();
    let (secret, vod) = (account.is_known(), account.vod);
    let (service, storage) = (vod.application != 0, !vod.region.is_empty());
    Ok(json!({"all": vod.all, "secret": secret, "service": service, "storage": storage}))
}

async fn apply(api: Call, cloud: Cloud, body: Apply) -> Result<Value, Failure> {
    away(&api, move |api| Ok(api.tencent.set_all(cloud, body.all)))
        .await?
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(Value::Null)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Credentials {
    #[serde(rename = "secretid")]
    id: String,
    #[serde(rename = "secretkey")]
    key: String,
}

async fn set_secret(api: Call, body: Credentials) -> Result<Value, Failure> {
    let fields = [("secretId", body.id.as_str()), ("secretKey", body.key.as_str())];
    first_empty("no ", &fields)?;
    if let Some((name, _)) =
        fields.iter().find(|(_, value)| !value.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Err(Failure::new(format!("invalid {name}")));
    }
    let set_up = api.tencent.provision(&body.id, &body.key).await;
    set_up.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Value::Null)
}

async fn dvr_files(api: Call, _: Nothing) -> Result<Value, Failure> {
    let cos = |view: &View| view.manifest.clouds.cos.clone();
    Ok(listed(&api, Cloud::Cos, cos, |InCos { bucket, sent }| {
        (sent, json!({"bucket": bucket.name, "region": bucket.region}))
    }))
}

/// What VoD is making of videos is asked for here, as nowhere else.
async fn vod_files(api: Call, _: Nothing) -> Result<Value, Failure> {
    if let Err(err) = api.tencent.look_for_remuxes().await {
        warn!(%err, "what has become of videos cannot be asked");
    }
    let vod = |view: &View| view.manifest.clouds.vod.clone();
    Ok(listed(&api, Cloud::Vod, vod, |InVod { file, media, remuxed, sent, .. }| {
        let task = remuxed.map(|made| {
            json!({
                "url": made.url, "bitrate": made.bitrate, "height": made.height, "width": made.width, "size": made.size,
                "duration": made.duration, "md5": made.md5,
            })
        });
        (sent, json!({"file": file, "media": media, "task": task}))
    }))
}

/// Recordings that go to `cloud`, the newest first, each with what is of that cloud alone; and why one does not get there, which Oryx does not say.
fn listed<T>(
    api: &Call,
    cloud: Cloud,
    of: impl Fn(&View) -> Option<T>,
    own: impl Fn(T) -> (Sent, Value),
) -> Value {
    let mut all: Vec<_> =
        api.recordings.all().into_iter().filter_map(|view| Some((of(&view)?, view))).collect();
    all.sort_by_key(|(_, view)| std::cmp::Reverse(view.manifest.started));
    let listed = all.into_iter().map(|(there, view)| {
        let (sent, mut file) = own(there);
        let manifest = &view.manifest;
        file["uuid"] = json!(view.id);
        file["vhost"] = json!(VHOST);
        file["app"] = json!(manifest.app);
        file["stream"] = json!(manifest.stream);
        file["progress"] = json!(!sent.done);
        file["update"] = json!(time(sent.at.unwrap_or(manifest.started).min(SystemTime::now())));
        file["nn"] = json!(sent.segments);
        file["duration"] = json!(sent.millis as f64 / 1e3);
        file["size"] = json!(sent.bytes);
        if let Some(trouble) = api.tencent.trouble(&view.id, cloud).filter(|_| !sent.done) {
            file["trouble"] = json!(trouble);
        }
        file
    });
    listed.collect()
}

/// The list of what is in the bucket, by addresses there.
async fn hls_of_dvr(api: Call, headers: HeaderMap) -> Result<Response, Failure> {
    let view = asked(&api, &headers, DVR)?;
    let cos = view.manifest.clouds.cos.clone().ok_or_else(|| no_file(&format!("{}.m3u8", view.id)))?;
    let segments = in_cloud(&api, &view, Cloud::Cos).await?;
    let address = |name: &str| api.tencent.address(&cos.bucket, &format!("{}/{name}", view.id));
    playlist(&view, &segments, address)
}

/// The same of a video, by the address of the video. Until it is one it is played from here.
async fn hls_of_vod(api: Call, headers: HeaderMap) -> Result<Response, Failure> {
    let view = asked(&api, &headers, VOD)?;
    let absent = || no_file(&format!("{}.m3u8", view.id));
    let vod = view.manifest.clouds.vod.clone().ok_or_else(absent)?;
    if vod.media.is_empty() {
        return record::playlist_from_here(&api, &view.id).await?.ok_or_else(absent);
    }
    let segments = in_cloud(&api, &view, Cloud::Vod).await?;
    let media = vod.media.split(['?', '#']).next().unwrap_or_default();
    let folder = media.rsplit_once('/').map_or("", |(folder, _)| folder);
    playlist(&view, &segments, |name| format!("{folder}/{name}"))
}

/// The recording whose playlist is asked for below `place`, as for [`record::hls`].
fn asked(api: &Call, headers: &HeaderMap, place: &str) -> Result<View, Failure> {
    let path = api.below(place);
    let absent = || no_file(&path);
    let name = path.strip_suffix(".m3u8").ok_or_else(absent)?;
    let id = name.strip_suffix("/index").unwrap_or(name);
    let view = api.recordings.view(id).map_err(|_| absent())?;
    if record::may_see(api, headers, &view) { Ok(view) } else { Err(absent()) }
}

async fn in_cloud(api: &Call, view: &View, cloud: Cloud) -> Result<Vec<Segment>, Failure> {
    let id = view.id.clone();
    let segments = away(api, move |api| Ok(api.recordings.in_cloud(&id, cloud))).await?;
    segments.map_err(|error| Failure::new(error.to_string()))
}

fn playlist(
    view: &View,
    segments: &[Segment],
    address: impl Fn(&str) -> String,
) -> Result<Response, Failure> {
    if segments.is_empty() {
        return Err(Failure::new(format!("build vod m3u8 of {}: no files", view.id)));
    }
    let listed = segments.iter().map(|segment| Listed::new(segment, address(&segment.name())));
    let text = list(&listed.collect::<Vec<_>>());
    Ok(answer("application/vnd.apple.mpegurl", Body::from(text)))
}

const DVR: &str = "hooks/dvr/hls/";
const VOD: &str = "hooks/vod/hls/";

#[cfg(test)]
#[path = "tencent_test.rs"]
mod tests;
