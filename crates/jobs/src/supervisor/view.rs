//! How jobs are, for whoever looks.

use std::time::SystemTime;

use hub::StreamKey;

use super::job::Job;

/// A job and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name.
    pub id: String,
    /// What is wanted.
    pub job: Job,
    /// Why it cannot run at all.
    pub problem: Option<String>,
    /// Its runs, in the order of the names of their streams.
    pub runs: Vec<RunView>,
}

/// A run, or what waits to be one.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The stream that it is for.
    pub stream: Option<StreamKey>,
    /// Where it is.
    pub state: State,
    /// Since when it is there.
    pub since: SystemTime,
    /// What it does or waits for, in words.
    pub words: String,
    /// How much is done, from 0 to 1.
    pub progress: Option<f32>,
    /// Why the last try ended that failed.
    pub error: Option<String>,
    /// How many have failed one after the other.
    pub failed: u32,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Others of its kind run, as many as may.
    Queued,
    /// At work.
    Running,
    /// It has been told to end.
    Stopping,
    /// It failed and is tried again.
    Resting,
    /// It failed, and is not tried again before something changes.
    Failed,
    /// It has done what there was to do.
    Finished,
}

impl State {
    /// As text.
    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Stopping => "stopping",
            State::Resting => "resting",
            State::Failed => "failed",
            State::Finished => "finished",
        }
    }
}
