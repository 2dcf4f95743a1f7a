//! What was measured over time.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use control::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use super::streams;
use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{RangeView, Values};
use crate::metrics::history::{History, Shape};
use crate::params::Query;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The beginning, in seconds of Unix time; 0 or less: so many seconds before now.
    #[param(default = -600)]
    from: Option<i64>,
    /// The end, likewise.
    #[param(default = 0)]
    to: Option<i64>,
    /// Seconds between two values: a multiple of a step that is kept (1, 10, 60; of a stream 1, 10). Without it, the least that is
    /// kept for so long.
    step: Option<u64>,
    /// Of this stream, rather than of the server: `app/name`.
    stream: Option<String>,
    /// Names, separated by commas. Without it, all.
    #[param(example = "sent,viewers")]
    series: Option<String>,
}

/// What was measured over time
///
/// Kept in memory: each second of the last 10 minutes, each 10 s of the last 6 hours and, of the server, each minute of the last week. Times
/// are told by the clock as it is now. Where several values become one, it is their mean, or what is said in brackets.
///
/// Of the server (needs `system:read`): `received` and `sent`, bytes a second of media from publishers and to viewers; `streams`, `publishers`,
/// `viewers` and `viewers.PROTOCOL` (max); `refused_publishers` and `refused_viewers`, how many were not let in (sum); `media`, bytes of media held in
/// memory (max); `cpu` of the process in percent of one core; `memory` of the process in bytes (max); `open_files` of the process (max); `load` over a
/// minute; `system_cpu` of the machine in percent of all cores; `system_memory`, used bytes (max); `sockets`, TCP connections of the machine
/// (max); `disk_free` of the data folder in bytes (min); `disk_read`, `disk_written`, `net_received` and `net_sent` of the machine in bytes a second.
///
/// Of a stream that is published (needs `streams:read`): `received` and `sent`, bytes a second; `fps` of its main video; `viewers` (max);
/// `key_frame_interval` in seconds (max); `gaps` in the source (sum); `skipped`, what viewers who were too slow had to pass over (sum). It is kept of the
/// first 1000 streams, as long as they are there.
#[utoipa::path(
    get, path = "/api/v2/metrics/range", tag = "system", params(Which),
    responses(
        (status = 200, body = RangeView),
        (status = 400, body = Problem),
        (status = 404, body = Problem, description = "No history is kept of that stream"),
        (status = 422, body = Problem),
    )
)]
pub(super) async fn range(
    State(api): State<Api>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Result<Json<RangeView>, Problem> {
    let needed = if which.stream.is_some() { Permission::StreamsRead } else { Permission::SystemRead };
    if !caller.may(needed) {
        return Err(Problem::forbidden(needed));
    }
    let key = which.stream.as_ref().map(|id| streams::key_in("stream", id)).transpose()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
    let (from, to) = (moment(which.from.unwrap_or(-600), now), moment(which.to.unwrap_or(0), now));
    if from >= to {
        return Err(Problem::field("from", "is not before `to`"));
    }
    let view = api.blocking(move |api| {
        let read = api.metrics.read(key.as_ref(), |history, shapes, origin| {
            let places = places(history, which.series.as_deref())?;
            let second = |unix: i64| u64::try_from(unix.saturating_sub(origin)).unwrap_or(0);
            let (now, from, to) = (second(now), second(from), second(to));
            let (ring, step) = choose(shapes, which.step, now, from, to, places.len())?;
            let part = history.part(ring, step, from, to, &places);
            let names = places.iter().map(|place| history.series()[*place].name.to_string());
            let times = part.seconds.into_iter().map(|second| origin + second as i64).collect();
            Ok(RangeView { step, times, series: names.zip(part.columns.into_iter().map(Values)).collect() })
        });
        read.unwrap_or_else(|| Err(Problem::not_found("no history is kept of that stream; is it published?")))
    });
    Ok(Json(view.await?))
}

/// A time as it is asked for, as Unix time.
fn moment(asked: i64, now: i64) -> i64 {
    if asked > 0 { asked } else { now.saturating_add(asked) }
}

/// Where the series are that are asked for.
fn places(history: &History, names: Option<&str>) -> Result<Vec<usize>, Problem> {
    let series = history.series();
    let Some(names) = names else { return Ok((0..series.len()).collect()) };
    let mut places = Vec::new();
    for name in names.split(',').map(str::trim) {
        let Some(place) = series.iter().position(|known| known.name == name) else {
            // Nobody may have watched by that protocol so far.
            if name.starts_with("viewers.") {
                continue;
            }
            let known: Vec<_> = series.iter().map(|series| &*series.name).collect();
            return Err(Problem::field("series", format!("{name:?} is none of {}", known.join(", "))));
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

/// The ring to be read, and the step to tell.
fn choose(
    shapes: &[Shape],
    step: Option<u64>,
    now: u64,
    from: u64,
    to: u64,
    series: usize,
) -> Result<(Shape, u64), Problem> {
    let values =
        |ring: Shape, step: u64| to.saturating_sub(from).min(ring.span()).div_ceil(step) * series as u64;
    let Some(step) = step else {
        let back = now.saturating_sub(from);
        let covers = |shape: &&Shape| back <= shape.span();
        let ring = shapes.iter().find(covers).or(shapes.last()).copied();
        let ring = ring.ok_or_else(|| Problem::field("step", "nothing is kept"))?;
        return Ok((ring, ring.step * values(ring, ring.step).div_ceil(MOST).max(1)));
    };
    let kept = shapes.iter().rev().find(|shape| step != 0 && step.is_multiple_of(shape.step));
    let ring = kept.copied().filter(|_| step <= LONGEST);
    let ring = ring.ok_or_else(|| Problem::field("step", format!("is not between 1 and {LONGEST}")))?;
    match values(ring, step) {
        count if count > MOST => {
            let text = format!(
                "makes {count} values, of which {MOST} are given; ask for fewer series, a longer step or less time"
            );
            Err(Problem::field("step", text))
        }
        _ => Ok((ring, step)),
    }
}

/// Values in an answer.
const MOST: u64 = 100_000;
/// A day.
const LONGEST: u64 = 86_400;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SHAPES: [Shape; 3] =
        [Shape { step: 1, slots: 600 }, Shape { step: 10, slots: 2_160 }, Shape { step: 60, slots: 10_080 }];

    fn steps(step: Option<u64>, back: u64, series: usize) -> Option<(u64, u64)> {
        let now = 1_000_000;
        let (ring, step) = choose(&SHAPES, step, now, now - back, now, series).ok()?;
        Some((ring.step, step))
    }

    #[test]
    fn the_finest_that_goes_back_far_enough_is_told() {
        assert_eq!(steps(None, 600, 1), Some((1, 1)));
        assert_eq!(steps(None, 601, 1), Some((10, 10)));
        assert_eq!(steps(None, 6 * 3600, 1), Some((10, 10)));
        assert_eq!(steps(None, 6 * 3600 + 1, 1), Some((60, 60)));
        assert_eq!(steps(None, 999_999, 1), Some((60, 60)));
    }

    #[test]
    fn answers_are_bounded() {
        assert_eq!(steps(None, 604_800, 9), Some((60, 60)));
        assert_eq!(steps(None, 604_800, 20), Some((60, 180)), "coarser rather than refused");
        assert_eq!(steps(Some(60), 604_800, 20), None);
        assert_eq!(steps(Some(300), 604_800, 20), Some((60, 300)));
        assert_eq!((steps(Some(0), 60, 1), steps(Some(86_401), 60, 1)), (None, None));
        assert_eq!((steps(Some(7), 60, 1), steps(Some(20), 60, 1)), (Some((1, 7)), Some((10, 20))));
    }
}
