//! The past of live streams: `/{app…}/{name}.m3u8?timeshift=…` and its segments, for viewers like all others.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, stream};
use hls::{past, playlist};
use hub::StreamKey;
use media::Delta;
use tokio::sync::Semaphore;

use super::Shared;
use super::answer::{Answer, Range};
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
    let back = path::query_value(&request.query, TIMESHIFT).and_then(|value| value.parse::<f64>().ok());
    let back = back.filter(|seconds| *seconds > 0.0).map(|seconds| Delta::secs(seconds.min(FARTHEST) as i64));
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
    if let Err(refused) = shared.let_through(&request, &key, 0) {
        return Some(refused.into_response());
    }
    let readers = Arc::clone(&shared.readers);
    let path = kept.segment(number)?;
    let (mut file, size) = on_disk(&readers, move || open(&path)).await.ok()?;
    let (status, part) = match Range::parse(&request.range, size) {
        Range::Whole => (StatusCode::OK, 0..size),
        Range::Part { from, to } => (StatusCode::PARTIAL_CONTENT, from..to),
        Range::Outside => {
            let place = [(CONTENT_RANGE, format!("bytes */{size}"))];
            return Some((StatusCode::RANGE_NOT_SATISFIABLE, place).into_response());
        }
    };
    // Nothing is read for that.
    file.seek(SeekFrom::Start(part.start as u64)).ok()?;
    if request.method != Method::HEAD {
        let _ = shared.let_through(&request, &key, part.len());
    }
    let cache = if shared.hub.is_guarded(&key) { "private, max-age=600" } else { CACHE };
    let head = [(CONTENT_TYPE, KIND), (CACHE_CONTROL, cache)];
    let length = [(CONTENT_LENGTH, part.len())];
    let body = Body::from_stream(pieces(file, part.len(), readers));
    if status == StatusCode::OK {
        return Some((head, length, body).into_response());
    }
    let place = [(CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1))];
    Some((status, head, length, place, body).into_response())
}

/// The next `left` bytes of `file`, piece by piece.
fn pieces(file: File, left: usize, readers: Arc<Semaphore>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((file, left), move |(mut file, left)| {
        let readers = Arc::clone(&readers);
        async move {
            if left == 0 {
                return Ok(None);
            }
            // One that has become shorter is cut off: its length does not fit then, and whoever gets it knows.
            let read = move || {
                let mut piece = vec![0; left.min(PIECE)];
                file.read_exact(&mut piece)?;
                Ok((Bytes::from(piece), file))
            };
            let (piece, file) = on_disk(&readers, read).await?;
            let rest = left - piece.len();
            Ok(Some((piece, (file, rest))))
        }
    })
}

/// Does something where it may block. The place of a thread that hangs is taken until it does not.
async fn on_disk<T: Send + 'static>(
    readers: &Arc<Semaphore>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let turn = Arc::clone(readers).acquire_owned().await.map_err(io::Error::other)?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(io::Error::other)?
}

/// Whose it is, and which.
fn found(shared: &Shared, request: &MediaRequest) -> Option<(StreamKey, Arc<dyn Kept>, u64)> {
    let name = past::Name::parse(&request.name)?;
    let key = StreamKey::new(&request.app, name.stream).ok()?;
    let kept = shared.kept(&key).filter(|kept| kept.id() == name.id)?;
    Some((key, kept, name.number))
}

fn open(path: &Path) -> io::Result<(File, usize)> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    Ok((file, size))
}

fn nothing(key: &StreamKey) -> Refused {
    (StatusCode::NOT_FOUND, format!("nothing is kept of {key} for who goes back: no job does that for it\n"))
}

/// The parameter that asks for the past, with the seconds that a player is to go back.
pub(super) const TIMESHIFT: &str = "timeshift";
/// More seconds than anything is kept for.
const FARTHEST: f64 = 1e6;
const KIND: &str = "video/mp4";
const CACHE: &str = "public, max-age=600";
/// A viewer asks for the next segment when the present one has been played for the most part; one who pauses at the end of a stream asks for nothing.
const PATIENCE: Delta = Delta::secs(180);
/// Threads that may wait for the disk of what is kept: one that hangs is not to take those of all others.
pub(super) const READERS: usize = 64;
/// Bytes of a segment that are in memory for each viewer who takes it.
const PIECE: usize = 64 << 10;
