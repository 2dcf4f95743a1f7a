//! Background work.

use hub::StreamKey;
use jobs::supervisor::{Glob, Kind, Line, Mood, Reach, RunView as JobRun, Streams, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{time, time_in_ms};
use crate::problem::Problem;

/// A kind of job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobKindView {
    #[schema(example = "record")]
    pub(crate) name: &'static str,
    /// It has a run for each live stream that a job of it names; else a job has one, and names none.
    pub(crate) streams: bool,
    /// Runs at a time; who comes later waits.
    pub(crate) most: usize,
    /// What that is where nobody has set it.
    pub(crate) most_by_default: usize,
    /// What a job's `settings` are, as JSON Schema (2020-12).
    #[schema(value_type = Object)]
    pub(crate) settings: Value,
}

/// How many may run at a time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedJobKind {
    /// Runs at a time, from 1; without it, as many as the kind says. Those that run go on.
    pub(crate) most: Option<usize>,
}

/// A job and what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    pub(crate) id: String,
    #[schema(example = "record")]
    pub(crate) kind: String,
    /// What for.
    pub(crate) label: String,
    pub(crate) streams: StreamsView,
    /// As its kind has them.
    #[schema(value_type = Object)]
    pub(crate) settings: Value,
    /// It is to run.
    pub(crate) wanted: bool,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// Why it cannot run at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    pub(crate) runs: Vec<RunView>,
}

/// Streams by patterns of `app/name`: `*` is any part of one segment, `?` one character, `[a-z]` one of those.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StreamsView {
    /// Those that one of these matches,
    #[schema(example = json!(["live/*"]))]
    pub(crate) only: Vec<String>,
    /// and none of these.
    #[schema(example = json!(["live/private-*"]))]
    pub(crate) except: Vec<String>,
}

/// A run of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunView {
    /// The stream that it is for: `app/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<String>,
    /// `queued`, `running`, `stopping`, `resting` (it failed and is tried again), `failed` (and is not) or `finished`.
    pub(crate) state: &'static str,
    /// Since when, RFC 3339.
    pub(crate) since: String,
    /// What it does or waits for.
    pub(crate) words: String,
    /// How much is done, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<f32>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// How many tries have failed one after the other.
    pub(crate) failed: u32,
}

/// A job to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJob {
    /// Of GET /api/v2/jobs/kinds.
    #[schema(example = "record")]
    pub(crate) kind: String,
    /// What for.
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) streams: StreamsView,
    /// As its kind has them; what is absent is as the kind says.
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    pub(crate) settings: Value,
    /// Whether it is to run; it is, unless this says otherwise.
    #[serde(default = "yes")]
    pub(crate) wanted: bool,
}

/// What changes of a job; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedJob {
    pub(crate) label: Option<String>,
    /// Runs for streams that stay go on.
    pub(crate) streams: Option<StreamsView>,
    /// All of them: runs begin anew.
    #[schema(value_type = Option<Object>)]
    pub(crate) settings: Option<Value>,
    pub(crate) wanted: Option<bool>,
}

/// A line of a job's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobLineView {
    /// RFC 3339, to the millisecond.
    pub(crate) at: String,
    /// `good`; `doubt` where something was lost or did not work, and it goes on; `bad` where it does not by itself.
    pub(crate) mood: &'static str,
    /// The stream that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<String>,
    pub(crate) text: String,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn yes() -> bool {
    true
}

impl JobKindView {
    pub(crate) fn new(kind: &dyn Kind, most: usize) -> JobKindView {
        JobKindView {
            name: kind.name(),
            streams: matches!(kind.reach(), Reach::EachStream { .. }),
            most,
            most_by_default: kind.most(),
            settings: kind.schema(),
        }
    }
}

impl JobView {
    /// With the runs for those streams that somebody may know, and their names.
    pub(crate) fn new(view: View, may_know: impl Fn(&StreamKey) -> bool) -> JobView {
        let View { id, job, problem, runs } = view;
        let known = |run: &JobRun| run.stream.as_ref().is_none_or(&may_know);
        JobView {
            id,
            kind: job.kind,
            label: job.label,
            streams: StreamsView::known(&job.streams, &may_know),
            settings: job.settings,
            wanted: job.wanted,
            created: time(job.created),
            problem,
            runs: runs.into_iter().filter(known).map(RunView::from).collect(),
        }
    }
}

impl From<JobRun> for RunView {
    fn from(run: JobRun) -> RunView {
        RunView {
            stream: run.stream.map(|stream| stream.to_string()),
            state: run.state.name(),
            since: time(run.since),
            words: run.words,
            progress: run.progress,
            error: run.error,
            failed: run.failed,
        }
    }
}

impl StreamsView {
    /// Without the names that are secrets.
    fn known(streams: &Streams, may_know: impl Fn(&StreamKey) -> bool) -> StreamsView {
        let known = |glob: &&Glob| glob.name().is_none_or(|key| may_know(&key));
        let texts = |globs: &[Glob]| globs.iter().filter(known).map(Glob::to_string).collect();
        StreamsView { only: texts(&streams.only), except: texts(&streams.except) }
    }

    /// Errs on what is no pattern.
    pub(crate) fn parse(self) -> Result<Streams, Problem> {
        let globs = |field: &str, texts: Vec<String>| {
            let globs = texts.iter().enumerate().map(|(place, text)| {
                Glob::parse(text)
                    .map_err(|bad| Problem::field(format!("streams.{field}[{place}]"), bad.to_string()))
            });
            globs.collect::<Result<Vec<_>, _>>()
        };
        Ok(Streams { only: globs("only", self.only)?, except: globs("except", self.except)? })
    }
}

impl From<Line> for JobLineView {
    fn from(line: Line) -> JobLineView {
        let mood = match line.mood {
            Mood::Good => "good",
            Mood::Doubt => "doubt",
            Mood::Bad => "bad",
        };
        JobLineView { at: time_in_ms(line.at), mood, stream: line.stream, text: line.text }
    }
}
