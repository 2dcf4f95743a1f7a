//! What a kind of background work is.

use std::pin::Pin;
use std::sync::Arc;

use hub::{Hub, Publication, StreamKey};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::report::Report;

/// A kind of job. All that the rest of the server knows of it: it is listed, set, shown and run by this alone.
pub trait Kind: Send + Sync + 'static {
    /// What it is called in the API and the store; never changes.
    fn name(&self) -> &'static str;

    /// For how many streams, or how often, it may run at a time; who comes later waits.
    fn most(&self) -> usize;

    /// What a job of it works on.
    fn reach(&self) -> Reach;

    /// The settings as JSON Schema (2020-12): what the API documents and the console's form is drawn from.
    fn schema(&self) -> Value;

    /// What is to be done by `settings`. Errs with what is wrong with them.
    fn work(&self, settings: &Value) -> Result<Arc<dyn Work>, BadSettings>;
}

/// What jobs of a kind work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One run, as long as the job is wanted.
    Alone,
    /// A run for each live stream that the job names.
    EachStream {
        /// A stream has one run of the kind at most: that of the eldest job which names it.
        once: bool,
    },
}

/// The settings of a job, understood.
pub trait Work: Send + Sync + 'static {
    /// Does it, until it is done, fails, or `run.stop` says so; then it ends in a few seconds, or is ended. Never blocks.
    fn run(&self, run: Run) -> Running;
}

/// A run, to its end.
pub type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What a run is given.
pub struct Run {
    /// The job's id.
    pub job: String,
    /// Where streams are.
    pub hub: Hub,
    /// The stream that it is for, where the kind has a run for each.
    pub stream: Option<Followed>,
    /// It is to end.
    pub stop: CancellationToken,
    /// Where it says how it is doing.
    pub report: Report,
}

/// A stream across its publications.
#[derive(Debug)]
pub struct Followed {
    /// Its name.
    pub key: StreamKey,
    pub(super) publications: mpsc::Receiver<Arc<Publication>>,
}

/// Why a run ended that should not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// In words for whoever made the job.
    pub reason: String,
    /// Another try may end better.
    pub again: bool,
}

/// Settings that a kind cannot work by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct BadSettings {
    /// Which, as a path: `split.seconds`; `.` for all of them.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Followed {
    /// The next that is published of it, in order, also one that has ended meanwhile; `None` when nobody has published since.
    pub fn waiting(&mut self) -> Option<Arc<Publication>> {
        self.publications.try_recv().ok()
    }

    /// The same, when there is one. Cancel-safe.
    pub async fn publication(&mut self) -> Arc<Publication> {
        match self.publications.recv().await {
            Some(publication) => publication,
            // The supervisor has let go of this run: it is told to stop.
            None => std::future::pending().await,
        }
    }
}

impl Failure {
    /// Another try may end better.
    pub fn again(reason: impl ToString) -> Failure {
        Failure { reason: reason.to_string(), again: true }
    }

    /// No other try will, until something is changed.
    pub fn for_good(reason: impl ToString) -> Failure {
        Failure { reason: reason.to_string(), again: false }
    }
}

impl BadSettings {
    /// `field` is wrong.
    pub fn new(field: &str, reason: impl ToString) -> BadSettings {
        BadSettings { field: field.to_owned(), reason: reason.to_string() }
    }
}

/// Settings as the type that a kind has for them. Its fields have defaults, and it knows no others (`deny_unknown_fields`).
pub fn read<T: DeserializeOwned>(settings: &Value) -> Result<T, BadSettings> {
    serde_path_to_error::deserialize(settings).map_err(|error| {
        let field = error.path().to_string();
        BadSettings { field, reason: error.into_inner().to_string() }
    })
}
