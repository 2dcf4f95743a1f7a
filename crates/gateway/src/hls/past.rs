//! The past of live streams: `/{app…}/{name}.m3u8?timeshift=…` and its segments, for viewers like all others.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use hls::{past, playlist};
use hub::StreamKey;
use media::Delta;
use tokio::io::AsyncReadExt as _;

use super::Shared;
use super::answer::Answer;
use super::serve::{CONTEXT, Refused, good_name};
use crate::config::HlsMode;
use crate::http::MediaRequest;
use crate::path;
use crate::timeshift::Kept;

/// Whether a request for a playlist is for that of the past.
pub(super) fn is_wanted(request: &MediaRequest) -> bool {
    path::query_value(&request.query, TIMESHIFT).is_some()
}

/// The playlist, for a viewer with a name or, where one playlist is for all, without.
pub(super) async fn playlist(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
    mode: HlsMode,
) -> Result<Bytes, Refused> {
    let kept = shared.kept(key).ok_or_else(|| nothing(key))?;
    let viewer = path::query_value(&request.query, CONTEXT);
    let patience = || PATIENCE.to_std();
    let query = match (mode, viewer) {
        (HlsMode::Plain, _) => {
            shared.see_unnamed(request, key, patience()).await?;
            String::new()
        }
        (HlsMode::Context, None) => return Ok(playlist::master(&shared.fresh_uri(request, key)?).into()),
        (HlsMode::Context, Some(name)) => {
            let viewer = good_name(&name)?;
            shared.see(request, key, viewer, patience).await?;
            format!("{CONTEXT}={name}")
        }
    };
    let back = path::query_value(&request.query, TIMESHIFT).and_then(|value| value.parse::<u32>().ok());
    let back = back.filter(|seconds| *seconds > 0).map(|seconds| Delta::secs(seconds.into()));
    Ok(kept.past().playlist(&request.name, &query, back).into())
}

/// `/{app…}/{name}-past-{id}-{number}.mp4`: a header.
pub(super) async fn header(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let (key, kept, number) = found(&shared, &request)?;
    let answer = Answer { content_type: KIND, cache: CACHE, pieces: vec![kept.header(number)?] };
    Some(shared.send(&request, &key, answer))
}

/// `/{app…}/{name}-past-{id}-{number}.m4s`: a segment, sent from the disk as its viewer takes it.
pub(super) async fn segment(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let (key, kept, number) = found(&shared, &request)?;
    let (file, size) = open(kept.segment(number)?).await.ok()?;
    if let Err(refused) = shared.let_through(&request, &key, usize::try_from(size).unwrap_or(usize::MAX)) {
        return Some(refused.into_response());
    }
    let cache = if shared.hub.is_guarded(&key) { "private, max-age=600" } else { CACHE };
    let head = [(CONTENT_TYPE, KIND), (CACHE_CONTROL, cache)];
    let pieces = stream::unfold((file, size), |(mut file, left)| async move {
        let length = usize::try_from(left.min(PIECE)).unwrap_or(0);
        let mut piece = vec![0; length];
        // One that has become shorter is cut off: its length does not fit then, and whoever gets it knows.
        let read = file.read_exact(&mut piece).await;
        (length > 0 && read.is_ok())
            .then(|| (Ok::<_, Infallible>(Bytes::from(piece)), (file, left - length as u64)))
    });
    Some((head, [(CONTENT_LENGTH, size)], Body::from_stream(pieces)).into_response())
}

/// Whose it is, and which.
fn found(shared: &Shared, request: &MediaRequest) -> Option<(StreamKey, Arc<dyn Kept>, u64)> {
    let name = past::Name::parse(&request.name)?;
    let key = StreamKey::new(&request.app, name.stream).ok()?;
    let kept = shared.kept(&key).filter(|kept| kept.id() == name.id)?;
    Some((key, kept, name.number))
}

async fn open(path: PathBuf) -> io::Result<(tokio::fs::File, u64)> {
    let file = tokio::fs::File::open(path).await?;
    let size = file.metadata().await?.len();
    Ok((file, size))
}

fn nothing(key: &StreamKey) -> Refused {
    (StatusCode::NOT_FOUND, format!("nothing is kept of {key} for who goes back: no job does that for it\n"))
}

/// The parameter that asks for the past, with the seconds that a player is to go back.
pub(super) const TIMESHIFT: &str = "timeshift";
const KIND: &str = "video/mp4";
const CACHE: &str = "public, max-age=600";
/// A viewer asks for the next segment when the present one has been played for the most part.
const PATIENCE: Delta = Delta::secs(60);
/// Bytes of a segment that are in memory for each viewer who takes it.
const PIECE: u64 = 64 << 10;
