//! Files of any size over HTTP, the whole or a part. Source: RFC 9110 §13.1.5, §14.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use jobs::record::Medium;
use tokio::sync::Semaphore;

use crate::Api;
use crate::condition;
use crate::problem::Problem;

/// A file to be served.
pub(crate) struct Served {
    pub(crate) medium: Medium,
    /// It is being written, and has so many bytes at this moment.
    pub(crate) growing: Option<u64>,
    /// Nothing of it counts but this.
    pub(crate) within: Option<Range<u64>>,
    /// Its entity tag, with its quotes.
    pub(crate) tag: String,
    /// What it is.
    pub(crate) kind: &'static str,
    /// It stays what it is, whatever becomes of what it is part of.
    pub(crate) lasts: bool,
    /// It is to be kept under this name, rather than shown.
    pub(crate) keep_as: Option<String>,
}

impl Served {
    /// All of `medium`.
    pub(crate) fn new(medium: impl Into<Medium>, tag: String, kind: &'static str) -> Served {
        let medium = medium.into();
        Served { medium, growing: None, within: None, tag, kind, lasts: false, keep_as: None }
    }
}

/// What a request wants of a file.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A part that it does not have.
    Nothing,
}

/// Answers with the file, or the part of it that `headers` ask for. Reads as fast as the other side takes it.
pub(crate) async fn serve(api: &Api, file: Served, headers: &HeaderMap) -> Result<Response, Problem> {
    let Served { medium, growing, within, tag, kind, lasts, keep_as } = file;
    let mut common = HeaderMap::new();
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    common.insert(header::ETAG, text(tag.clone()));
    let keeps = if lasts { "private, max-age=31536000, immutable" } else { "private, no-cache" };
    common.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeps));
    // What grows is never the same again, though what is there of it stays as it is, so that ranges fit together.
    if growing.is_none() && condition::is_known(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let (length, medium) = match medium {
        Medium::Disk(file) => {
            let measured = api.away(move |_| file.metadata().map(|data| (data.len(), file))).await?;
            let (length, file) = measured.map_err(|error| Problem::internal(&error))?;
            (length, Medium::Disk(file))
        }
        Medium::Stored(stored) => (stored.size(), Medium::Stored(stored)),
    };
    let end = growing.map_or(length, |most| length.min(most));
    let within = within.map_or(0..end, |within| within.start.min(end)..within.end.min(end));
    let length = within.end - within.start;
    common.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let (status, part) = match wanted(headers, &tag, length) {
        Wanted::Whole => (StatusCode::OK, 0..length),
        Wanted::Part(part) => {
            let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            common.insert(header::CONTENT_RANGE, text(range));
            (StatusCode::PARTIAL_CONTENT, part)
        }
        Wanted::Nothing => {
            common.insert(header::CONTENT_RANGE, text(format!("bytes */{length}")));
            let title = "The file has no such part";
            return Ok((common, Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_part", title))
                .into_response());
        }
    };
    common.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    common.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    if let Some(name) = keep_as {
        common.insert(header::CONTENT_DISPOSITION, text(disposition(&name)));
    }
    let part = within.start + part.start..within.start + part.end;
    let body = match medium {
        Medium::Disk(_) => Body::from_stream(stream::try_unfold((medium, part), piece)),
        Medium::Stored(_) => {
            // Whether it can be had is known before anything is said of it; which may be all that is asked for.
            let little = part.start..part.end.min(part.start + FIRST);
            let first = piece((medium, little)).await.map_err(|error| Problem::storage(&error))?;
            let Some((first, (medium, _))) = first else { return Ok((status, common).into_response()) };
            let rest = (medium, part.start + first.len() as u64..part.end);
            Body::from_stream(stream::once(async { Ok(first) }).chain(stream::try_unfold(rest, piece)))
        }
    };
    Ok((status, common, body).into_response())
}

/// The next piece of what is wanted.
async fn piece((medium, part): (Medium, Range<u64>)) -> io::Result<Option<(Bytes, (Medium, Range<u64>))>> {
    if part.is_empty() {
        return Ok(None);
    }
    let mut file = match medium {
        Medium::Disk(file) => file,
        Medium::Stored(stored) => {
            let _place = FETCHES.acquire().await.map_err(io::Error::other)?;
            let fetched = stored.fetch(part.clone()).await?;
            let rest = part.start + fetched.len() as u64..part.end;
            return match fetched.is_empty() {
                true => Err(io::ErrorKind::UnexpectedEof.into()),
                false => Ok(Some((fetched, (Medium::Stored(stored), rest)))),
            };
        }
    };
    let read = reading(move || {
        let size = (part.end - part.start).min(PIECE);
        let mut bytes = vec![0; size as usize];
        file.seek(SeekFrom::Start(part.start))?;
        file.read_exact(&mut bytes)?;
        Ok((Bytes::from(bytes), (Medium::Disk(file), part.start + size..part.end)))
    });
    read.await.map(Some)
}

/// Does `work` on a thread that may wait for the disk. One that hangs is not to take the threads of everybody else.
pub(crate) async fn reading<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let thread = READERS.acquire().await.map_err(io::Error::other)?;
    let read = tokio::task::spawn_blocking(move || {
        let read = work();
        drop(thread);
        read
    });
    read.await.map_err(io::Error::other)?
}

/// What of a file of `length` bytes with the entity tag `tag` is wanted. What is no range of bytes, or several, is passed over.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let value = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let other = value(header::IF_RANGE).is_some_and(|known| known != tag);
    let Some(range) = value(header::RANGE).filter(|_| !other) else { return Wanted::Whole };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // What is beyond all numbers is beyond the end.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let part = match (first, last) {
        ("", last) => number(last).map(|last| length.saturating_sub(last)..length),
        (first, "") => number(first).map(|first| first..length),
        (first, last) => number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..last.saturating_add(1).min(length)),
    };
    match part {
        None => Wanted::Whole,
        Some(part) if part.start < part.end => Wanted::Part(part),
        Some(_) => Wanted::Nothing,
    }
}

/// The header `content-disposition` of what is to be kept as `name`, such that browsers of all ages understand it. Source: RFC 6266 §5, RFC 8187.
pub(crate) fn disposition(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let simple: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => exact.push(char::from(byte)),
            other => exact.push_str(&format!("%{other:02X}")),
        }
    }
    format!("attachment; filename=\"{simple}\"; filename*=UTF-8''{exact}")
}

/// Pieces that are fetched at a time, of all objects.
static FETCHES: Semaphore = Semaphore::const_new(16);

/// Pieces that are read at a time, of all files.
static READERS: Semaphore = Semaphore::const_new(64);

/// Of an object, before it is answered with.
const FIRST: u64 = 64 << 10;
/// Read at a time.
const PIECE: u64 = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_everything_else_is_the_whole() {
        let wanted = |range: &'static str, if_range: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(range));
            if let Some(tag) = if_range {
                headers.insert(header::IF_RANGE, HeaderValue::from_static(tag));
            }
            wanted(&headers, "\"a\"", 100)
        };
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..100),
            ("bytes=10-19", 10..20),
            ("bytes=90-1000", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
        ] {
            assert_eq!(wanted(range, None), Wanted::Part(part), "{range}");
        }
        for range in ["bytes=100-", "bytes=-0", "bytes=100-200", "bytes=99999999999999999999-"] {
            assert_eq!(wanted(range, None), Wanted::Nothing, "{range}");
        }
        for range in ["bytes=0-1,3-4", "bytes=5-4", "bytes=-", "bytes=x-", "lines=0-1", "bytes", "bytes=+1-2"]
        {
            assert_eq!(wanted(range, None), Wanted::Whole, "{range}");
        }
        assert_eq!(wanted("bytes=0-0", Some("\"a\"")), Wanted::Part(0..1));
        assert_eq!(wanted("bytes=0-0", Some("\"b\"")), Wanted::Whole, "it is of another file");
    }

    #[test]
    fn any_name_can_be_kept() {
        assert_eq!(
            disposition("Höhe \"1\".mp4"),
            "attachment; filename=\"H_he _1_.mp4\"; filename*=UTF-8''H%C3%B6he%20%221%22.mp4"
        );
    }
}
