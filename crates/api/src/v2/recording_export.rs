//! Files of a recording in other containers, made while they are sent.

use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use jobs::record::{Container, Export};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Api;
use crate::part_of_file::{disposition, reading};
use crate::problem::Problem;

/// The number of a file, and what it is to be if it is not to be MP4: `1`, `1.mp4`, `1.ts`.
pub(super) fn named(name: &str) -> Option<(usize, Option<Container>)> {
    let (number, suffix) = name.split_once('.').unwrap_or((name, "mp4"));
    let container = match suffix {
        "mp4" => None,
        other => Some(Container::ALL.into_iter().find(|container| container.name() == other)?),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.then(|| number.parse().ok()).flatten()?, container))
}

/// File `place` (from 0) of a recording as `container`, to be kept under a name or played. It is made as fast as the other side takes it,
/// a second of the stream at a time, and no further when that has gone.
pub(super) async fn answer(
    api: &Api,
    (id, place): (String, usize),
    container: Container,
    keep_as: Option<String>,
    guest: bool,
) -> Result<Response, Problem> {
    let turn = if guest { &GUESTS } else { &EXPORTS }.try_acquire().map_err(|_| Problem::busy())?;
    // The turn is that of who works, whoever waits for it.
    let exporting =
        api.blocking(move |api| Ok::<_, Problem>((api.recordings.export(&id, place, container)?, turn)));
    let (export, turn) = exporting.await?;
    let kind = container.media_type();
    let pieces = stream::try_unfold((export, turn), piece);
    let mut response = Body::from_stream(pieces).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    if let Some(Ok(kept)) = keep_as.map(|name| HeaderValue::try_from(disposition(&name))) {
        headers.insert(header::CONTENT_DISPOSITION, kept);
    }
    Ok(response)
}

type Going = (Export, SemaphorePermit<'static>);

async fn piece((mut export, turn): Going) -> io::Result<Option<(Bytes, Going)>> {
    reading(move || Ok(export.next().transpose()?.map(|piece| (piece.into(), (export, turn))))).await
}

/// Files that are made and sent at a time: each holds a second of its stream twice.
static EXPORTS: Semaphore = Semaphore::const_new(16);
/// And those for whoever has a link: nobody with an account waits for them.
static GUESTS: Semaphore = Semaphore::const_new(8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_number_and_what_it_is_to_be() {
        assert_eq!(named("1"), Some((1, None)));
        assert_eq!(named("12.mp4"), Some((12, None)));
        assert_eq!(named("1.ts"), Some((1, Some(Container::Ts))));
        assert_eq!(named("2.flv"), Some((2, Some(Container::Flv))));
        for wrong in ["", "x", "-1", "+1", "1.", "1.mkv", "1.ts.flv", ".ts", "99999999999999999999"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
