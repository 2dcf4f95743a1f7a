//! Recordings as HLS players get them: also while they are made, from the beginning. Source: RFC 8216.

use std::fmt::Write as _;
use std::ops::Range;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jobs::record::Playlist;
use media::Delta;

use super::recording_share::Reader;
use crate::Api;
use crate::dto::Mp4;
use crate::params::Path;
use crate::part_of_file::{Served, serve};
use crate::problem::Problem;

/// A recording as an HLS playlist
///
/// Of fragmented MP4, in segments of six seconds or somewhat more. While the recording is made it is of the type EVENT, has all that is
/// there so far, and grows; then it is of the type VOD.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/index.m3u8", tag = "recordings",
    params(("id" = String, Path), ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account; its segments have it too")),
    responses(
        (status = 200, content_type = "application/vnd.apple.mpegurl", body = String),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is elsewhere only, where it cannot be read piece by piece"),
    )
)]
pub(super) async fn playlist(
    State(api): State<Api>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    reader.known(&api, &id)?;
    let list = api.blocking(move |api| api.recordings.playlist(&id, LENGTH)).await?;
    let text = write(&list, &reader.query());
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.apple.mpegurl"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, text).into_response())
}

/// A segment of a recording
///
/// As its playlist names it: `first-end.m4s`, which are bytes of the file as it was recorded, and stay what they are.
#[utoipa::path(
    get, path = "/api/v2/recordings/{id}/files/{number}/{piece}", tag = "recordings",
    params(
        ("id" = String, Path),
        ("number" = usize, Path, description = "From 1"),
        ("piece" = String, Path, example = "1024-90210.m4s"),
        ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account"),
    ),
    responses(
        (status = 200, content_type = "video/mp4", body = Mp4),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "As of the playlist"),
        (status = 502, body = Problem, description = "The bucket that it is in does not give it"),
    )
)]
pub(super) async fn piece(
    State(api): State<Api>,
    reader: Reader,
    Path((id, number, piece)): Path<(String, usize, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reader.known(&api, &id)?;
    let absent = || Problem::not_found("the recording has no such piece");
    let number = number.checked_sub(1).ok_or_else(absent)?;
    let range = range(&piece).ok_or_else(absent)?;
    let tag = format!("\"{id}-{number}-{piece}\"");
    let (file, within) = api.blocking(move |api| api.recordings.place(&id, number, range)).await?;
    let served = Served { within: Some(within), lasts: true, ..Served::new(file, tag, "video/mp4") };
    serve(&api, served, &headers).await
}

/// The bytes that a piece is called by.
fn range(piece: &str) -> Option<Range<u64>> {
    let (first, end) = piece.strip_suffix(".m4s")?.split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten()
    };
    Some(number(first)?..number(end)?)
}

/// `query` stands behind each address.
fn write(list: &Playlist, query: &str) -> String {
    let pieces = list.files.iter().flat_map(|(_, file)| &file.pieces);
    // It may not change while the playlist grows.
    let target = pieces.fold(TARGET, |target, piece| target.max(piece.length.as_secs_f64().ceil()));
    let kind = if list.complete { "VOD" } else { "EVENT" };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:{kind}\n\
         #EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n"
    );
    for (place, (number, file)) in list.files.iter().enumerate() {
        let number = number + 1;
        if place > 0 {
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let _ = writeln!(text, "#EXT-X-MAP:URI=\"files/{number}/0-{}.m4s{query}\"", file.header);
        for piece in &file.pieces {
            if piece.gap {
                text.push_str("#EXT-X-DISCONTINUITY\n");
            }
            let (length, Range { start, end }) = (piece.length.as_secs_f64(), piece.range.clone());
            let _ = writeln!(text, "#EXTINF:{length:.3},\nfiles/{number}/{start}-{end}.m4s{query}");
        }
    }
    if list.complete {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}

/// A segment has so much, until the next key frame.
const LENGTH: Delta = Delta::secs(6);
/// Seconds that no segment is longer than, as a rule: without key frames one ends after three times its length.
const TARGET: f64 = 20.0;

#[cfg(test)]
mod tests {
    use jobs::record::{Piece, Pieces};

    use super::*;

    #[test]
    fn a_playlist_has_each_file_with_its_header() {
        let piece = |start, end, millis, gap| Piece { range: start..end, length: Delta::millis(millis), gap };
        let whole = Pieces {
            header: 900,
            pieces: vec![piece(900, 5_000, 6_006, false), piece(5_000, 6_000, 2_000, true)],
        };
        let grows = Pieces { header: 800, pieces: vec![piece(800, 900, 25_500, false)] };
        assert_eq!(
            write(&Playlist { files: vec![(0, whole.clone()), (2, grows)], complete: false }, ""),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:26\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
             #EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n\
             #EXT-X-MAP:URI=\"files/1/0-900.m4s\"\n#EXTINF:6.006,\nfiles/1/900-5000.m4s\n#EXT-X-DISCONTINUITY\n\
             #EXTINF:2.000,\nfiles/1/5000-6000.m4s\n#EXT-X-DISCONTINUITY\n\
             #EXT-X-MAP:URI=\"files/3/0-800.m4s\"\n#EXTINF:25.500,\nfiles/3/800-900.m4s\n"
        );
        let text = write(&Playlist { files: vec![(0, whole)], complete: true }, "?pass=a.b.c");
        assert_eq!(text.matches(".m4s?pass=a.b.c").count(), 3, "{text}");
        assert!(
            text.contains("TYPE:VOD\n")
                && text.ends_with("#EXT-X-ENDLIST\n")
                && text.contains("TARGETDURATION:20\n")
        );
        assert_eq!(range("12-34.m4s"), Some(12..34));
        for wrong in ["12-34", "12-34.mp4", "-34.m4s", "12-.m4s", "a-b.m4s", "+1-2.m4s"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
