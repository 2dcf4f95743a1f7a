//! Answers to requests for the playlists and files of the low-latency variant.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hls::ll::playlist::Playlist;
use hls::ll::{File, Name, Reload};
use hub::StreamKey;

use super::Low;
use super::low::Missing;
use crate::hls::Shared;
use crate::hls::answer::Answer;
use crate::hls::serve::{CONTEXT, Refused, good_name, missing};
use crate::http::MediaRequest;
use crate::path;

/// `/{app…}/{name}-{sequence}-{unix ms}.m4s`, `….{part}.m4s` or `….mp4`.
pub(in crate::hls) async fn file(
    shared: Arc<Shared>,
    request: MediaRequest,
    suffix: &'static str,
) -> Option<Response> {
    let file = format!("{}{suffix}", request.name);
    let name = Name::parse(&file)?;
    let key = StreamKey::new(&request.app, name.stream).ok()?;
    let live = shared.lives.find(&key)?;
    // Before anything is waited for, or kept running.
    if let Err(refused) = shared.let_through(&request, &key, 0) {
        return Some(refused.into_response());
    }
    let low = live.low().running.clone()?;
    low.touch();
    let pieces = low.file(&name).await?;
    let content_type = if name.file == File::Init { "video/mp4" } else { "video/iso.segment" };
    // No file ever has the name of another.
    let answer = Answer { content_type, cache: "public, max-age=600, immutable", pieces };
    Some(shared.send(&request, &key, answer))
}

/// The same playlist for everybody.
pub(in crate::hls) async fn plain(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
) -> Result<Bytes, Refused> {
    let reload = reload(request)?;
    let low = shared.lives.low(&shared.live(key)?);
    shared.see_unnamed(request, key, patience(&low)).await?;
    Ok(playlist(&low, key, &reload).await?.text())
}

/// Gives a viewer a name, in a master playlist.
pub(in crate::hls) async fn new_viewer(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
) -> Result<Bytes, Refused> {
    let live = shared.live(key)?;
    let uri = shared.fresh_uri(request, key)?;
    if shared.hub.is_guarded(key) {
        // What is in the stream is for those who are let in.
        return Ok(hls::playlist::master(&uri).into());
    }
    let low = shared.lives.low(&live);
    Ok(low.master(&uri).await.ok_or_else(|| missing(key))?.into())
}

/// The playlist of a viewer who has a name.
pub(in crate::hls) async fn known_viewer(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
    name: &str,
) -> Result<Bytes, Refused> {
    let (viewer, reload) = (good_name(name)?, reload(request)?);
    let live = shared.live(key)?;
    shared.see(request, key, viewer, || patience(&shared.lives.low(&live))).await?;
    let low = shared.lives.low(&live);
    Ok(playlist(&low, key, &reload).await?.with_query(&format!("{CONTEXT}={name}")))
}

async fn playlist(low: &Low, key: &StreamKey, reload: &Reload) -> Result<Arc<Playlist>, Refused> {
    low.playlist(reload).await.map_err(|why| match why {
        Missing::Nothing => missing(key),
        Missing::TooFar => (StatusCode::BAD_REQUEST, format!("{key} is not nearly as far\n")),
        Missing::Late => (StatusCode::SERVICE_UNAVAILABLE, format!("{key} brings nothing at present\n")),
    })
}

fn reload(request: &MediaRequest) -> Result<Reload, Refused> {
    let value = |name| path::query_value(&request.query, name);
    let (msn, part, skip) = (value("_HLS_msn"), value("_HLS_part"), value("_HLS_skip"));
    Reload::parse(msn.as_deref(), part.as_deref(), skip.as_deref())
        .map_err(|bad| (StatusCode::BAD_REQUEST, format!("{}\n", bad.0)))
}

/// A viewer asks for each part, and waits for none longer than three target durations.
fn patience(low: &Low) -> Duration {
    (low.target_duration().to_std() * 4).max(PATIENCE)
}

const PATIENCE: Duration = Duration::from_secs(30);
