//! What a run says of itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

/// How a run says how it is doing. A handle: clones speak for the same run.
#[derive(Debug, Clone)]
pub struct Report {
    said: Arc<Mutex<Said>>,
    journal: Arc<Journal>,
    stream: Option<String>,
    revision: watch::Sender<u64>,
}

/// What was said last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    pub(super) words: String,
    pub(super) progress: Option<f32>,
}

/// The last lines of a job, of all its runs.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<VecDeque<Line>>);

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: SystemTime,
    /// Whether something is wrong.
    pub mood: Mood,
    /// The stream that it is about.
    pub stream: Option<String>,
    /// One line.
    pub text: String,
}

/// Whether a line tells of something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It goes as it should.
    Good,
    /// Something was lost or did not work; it goes on.
    Doubt,
    /// It does not go on by itself.
    Bad,
}

impl Report {
    pub(super) fn new(journal: Arc<Journal>, stream: Option<String>, revision: watch::Sender<u64>) -> Report {
        Report { said: Arc::default(), journal, stream, revision }
    }

    /// What it does now, in a few words.
    pub fn say(&self, words: impl Into<String>) {
        self.change(|said| said.words = clip(&words.into()));
    }

    /// How much of it is done, from 0 to 1; `None` where there is no telling.
    pub fn progress(&self, part: Option<f32>) {
        self.change(|said| said.progress = part.map(|part| part.clamp(0.0, 1.0)));
    }

    /// Adds a line to the job's log.
    pub fn note(&self, mood: Mood, text: impl AsRef<str>) {
        let (at, stream) = (SystemTime::now(), self.stream.clone());
        self.journal.add(Line { at, mood, stream, text: clip(text.as_ref()) });
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(super) fn said(&self) -> Said {
        self.lock().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Said)) {
        {
            let mut said = self.lock();
            let before = said.clone();
            change(&mut said);
            if *said == before {
                return;
            }
        }
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    pub(super) fn add(&self, line: Line) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The beginning of `text`, as one line.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Lines of a job that are kept, and characters of one.
const LINES: usize = 100;
const LONGEST: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept_and_none_is_long() {
        let journal = Arc::new(Journal::default());
        let revision = watch::Sender::new(0);
        let report = Report::new(Arc::clone(&journal), Some("live/a".to_owned()), revision.clone());
        for number in 0..LINES + 5 {
            report.note(Mood::Good, format!("{number}\n{}", "x".repeat(1000)));
        }
        let lines = journal.lines();
        assert_eq!(lines.len(), LINES);
        assert!(lines[0].text.starts_with("5 x"), "{}", lines[0].text);
        assert_eq!(lines[0].text.len(), LONGEST);
        assert_eq!(*revision.borrow(), LINES as u64 + 5);
    }

    #[test]
    fn what_is_said_again_is_no_news() {
        let revision = watch::Sender::new(0);
        let report = Report::new(Arc::default(), None, revision.clone());
        report.say("at work");
        report.say("at work");
        report.progress(Some(7.0));
        report.progress(Some(1.0));
        assert_eq!(*revision.borrow(), 2);
        assert_eq!(report.said(), Said { words: "at work".to_owned(), progress: Some(1.0) });
    }
}
