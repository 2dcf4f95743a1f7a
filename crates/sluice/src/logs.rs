//! Where log lines go.
//!
//! A thread of their own writes them, so that a slow disk or a stuck pipe never holds up a stream. It has room for some
//! thousand lines; what comes faster than it can write is lost.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use tracing::{Subscriber, info, warn};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::config::{Log, LogFormat};

/// The running log. What is still to be written when it is dropped, is.
#[derive(Debug)]
pub(crate) struct Logs {
    file: Option<LogFile>,
    _writer: WorkerGuard,
}

/// Lines that may wait to be written.
const LINES: usize = 8192;

/// Starts logging, for the rest of the process. Errs when the file cannot be opened.
pub(crate) fn start(config: &Log) -> anyhow::Result<Logs> {
    let file = config.file.as_deref().map(LogFile::open).transpose()?;
    let builder = NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).thread_name("log");
    let (writer, guard) = match file.clone() {
        Some(file) => builder.finish(file),
        None => builder.finish(io::stderr()),
    };
    let color = file.is_none() && io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing::subscriber::set_global_default(subscriber(config, writer, color))
        .expect("logging is started once, before anything else could have");
    Ok(Logs { file, _writer: guard })
}

fn subscriber(config: &Log, writer: NonBlocking, color: bool) -> Box<dyn Subscriber + Send + Sync> {
    let registry = registry().with(config.level.clone());
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match config.format {
        LogFormat::Text => Box::new(registry.with(lines.with_ansi(color))),
        LogFormat::Json => Box::new(registry.with(lines.json().flatten_event(true))),
    }
}

impl Logs {
    /// Opens the file again by its name, so that one moved away by logrotate is let go. Keeps the old one if that fails.
    pub(crate) fn reopen(&self) {
        let Some(file) = &self.file else { return };
        match file.reopen() {
            Ok(()) => info!("log file opened again"),
            Err(err) => warn!(%err, "log file not opened again"),
        }
    }
}

/// A file that can be replaced while it is written to.
#[derive(Debug, Clone)]
struct LogFile {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

impl LogFile {
    fn open(path: &Path) -> anyhow::Result<LogFile> {
        let file = append_to(path).map_err(|error| {
            anyhow!(
                "cannot write the log file {} ({error}): make it writable, or choose another with --log-file or SLUICE_LOG_FILE",
                path.display()
            )
        })?;
        Ok(LogFile { path: path.to_owned(), file: Arc::new(Mutex::new(file)) })
    }

    fn reopen(&self) -> io::Result<()> {
        let file = append_to(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
