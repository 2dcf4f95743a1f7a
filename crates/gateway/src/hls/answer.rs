//! Answers that carry a file, or the piece of it that was asked for.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// A file that does not change.
pub(super) struct Answer {
    pub(super) content_type: &'static str,
    pub(super) cache: &'static str,
    /// Its bytes, in pieces that follow each other.
    pub(super) pieces: Vec<Bytes>,
}

impl Answer {
    /// The answer to a request with this `Range`, which is empty without one, and how many bytes it carries.
    ///
    /// One range is given as such, one that is outside is refused; of anything else the whole is the answer, as
    /// RFC 9110 §14.2 allows.
    pub(super) fn respond(self, range: &str) -> (Response, usize) {
        let size: usize = self.pieces.iter().map(Bytes::len).sum();
        let head: [(HeaderName, &str); 2] = [(CONTENT_TYPE, self.content_type), (CACHE_CONTROL, self.cache)];
        match Range::parse(range, size) {
            Range::Whole => ((head, body(self.pieces)).into_response(), size),
            Range::Outside => {
                let place = [(CONTENT_RANGE, format!("bytes */{size}"))];
                ((StatusCode::RANGE_NOT_SATISFIABLE, place).into_response(), 0)
            }
            Range::Part { from, to } => {
                let place = [(CONTENT_RANGE, format!("bytes {from}-{}/{size}", to - 1))];
                let pieces = slice(self.pieces, from, to);
                ((StatusCode::PARTIAL_CONTENT, head, place, body(pieces)).into_response(), to - from)
            }
        }
    }
}

/// What a request wants of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Whole,
    /// From the first byte to before the other; never empty.
    Part {
        from: usize,
        to: usize,
    },
    Outside,
}

impl Range {
    /// Source: RFC 9110 §14.1.2.
    pub(super) fn parse(header: &str, size: usize) -> Range {
        let spec = header.strip_prefix("bytes=").and_then(|spec| spec.trim().split_once('-'));
        let Some((first, last)) = spec else { return Range::Whole };
        let number = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().unwrap_or(usize::MAX))
        };
        let (from, to) = match (first, last) {
            ("", "") => return Range::Whole,
            ("", count) => match number(count) {
                Some(count) => (size.saturating_sub(count), size),
                None => return Range::Whole,
            },
            (from, "") => match number(from) {
                Some(from) => (from, size),
                None => return Range::Whole,
            },
            (from, last) => match (number(from), number(last)) {
                (Some(from), Some(last)) if from <= last => (from, size.min(last.saturating_add(1))),
                _ => return Range::Whole,
            },
        };
        if from < to { Range::Part { from, to } } else { Range::Outside }
    }
}

/// The bytes from `from` to before `to`.
fn slice(pieces: Vec<Bytes>, from: usize, to: usize) -> Vec<Bytes> {
    let mut at = 0;
    let mut cut = Vec::new();
    for piece in pieces {
        let (begin, end) = (from.max(at), to.min(at + piece.len()));
        if begin < end {
            cut.push(piece.slice(begin - at..end - at));
        }
        at += piece.len();
    }
    cut
}

fn body(mut pieces: Vec<Bytes>) -> Body {
    match pieces.len() {
        0 => Body::empty(),
        1 => Body::from(pieces.remove(0)),
        _ => Body::new(Pieces(pieces.into())),
    }
}

/// A body of known length.
struct Pieces(VecDeque<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::header::CONTENT_LENGTH;
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn ranges_are_read_or_passed_over() {
        let part = |from, to| Range::Part { from, to };
        for (header, range) in [
            ("", Range::Whole),
            ("bytes=0-", part(0, 10)),
            ("bytes=0-9007199254740991", part(0, 10)),
            ("bytes=3-4", part(3, 5)),
            ("bytes=9-9", part(9, 10)),
            ("bytes=-3", part(7, 10)),
            ("bytes=-30", part(0, 10)),
            ("bytes=-0", Range::Outside),
            ("bytes=10-", Range::Outside),
            ("bytes=99999999999999999999-", Range::Outside),
            ("bytes=4-3", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("bytes=0-1,4-5", Range::Whole),
            ("lines=0-1", Range::Whole),
        ] {
            assert_eq!(Range::parse(header, 10), range, "{header}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Range::Outside);
    }

    #[tokio::test]
    async fn any_range_of_any_pieces_is_what_it_says() {
        let whole: Vec<u8> = (0..12).collect();
        for cuts in [&[12][..], &[5, 12], &[1, 2, 3, 12], &[4, 4, 12]] {
            let mut from = 0;
            let pieces: Vec<_> = cuts
                .iter()
                .map(|to| Bytes::copy_from_slice(&whole[std::mem::replace(&mut from, *to)..*to]))
                .collect();
            for (first, last) in (0..12).flat_map(|first| (first..12).map(move |last| (first, last))) {
                let answer = Answer { content_type: "a/b", cache: "no", pieces: pieces.clone() };
                let (response, sent) = answer.respond(&format!("bytes={first}-{last}"));
                assert_eq!((response.status(), sent), (StatusCode::PARTIAL_CONTENT, last - first + 1));
                assert_eq!(response.headers()[CONTENT_RANGE], format!("bytes {first}-{last}/12"));
                let body = response.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(body, whole[first..=last]);
            }
        }
    }

    #[tokio::test]
    async fn the_whole_has_its_length_however_many_pieces_it_is() {
        for count in [1_usize, 2, 7] {
            let pieces = vec![Bytes::from_static(b"abc"); count];
            let answer = Answer { content_type: "a/b", cache: "no", pieces };
            let (response, sent) = answer.respond("");
            assert_eq!((response.status(), sent), (StatusCode::OK, 3 * count));
            assert_eq!(response.headers().get(CONTENT_LENGTH).map(|_| ()), None, "hyper adds it");
            assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(3 * count as u64));
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "abc".repeat(count));
        }
    }
}
