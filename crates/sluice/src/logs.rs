//! Where log lines go.
//!
//! A thread of their own writes them, so that a slow disk or a stuck pipe never holds up a stream. It has room for some
//! thousand lines; what comes faster than it can write is lost.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use api::LogLines;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info, warn};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{FilterExt, LevelFilter};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, registry};

use crate::config::{Log, LogFormat};

/// The running log. What is still to be written when it is dropped, is.
#[derive(Debug)]
pub(crate) struct Logs {
    file: Option<LogFile>,
    recent: Arc<LogLines>,
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
    let recent = Arc::<LogLines>::default();
    tracing::subscriber::set_global_default(subscriber(config, writer, color, &recent))
        .expect("logging is started once, before anything else could have");
    Ok(Logs { file, recent, _writer: guard })
}

fn subscriber(
    config: &Log,
    writer: NonBlocking,
    color: bool,
    recent: &Arc<LogLines>,
) -> Box<dyn Subscriber + Send + Sync> {
    // Whoever looks at them in the API wants to know what happened, however quiet the output is.
    let remembered = LevelFilter::INFO.or(config.level.clone());
    let registry = registry().with(Recent(Arc::clone(recent)).with_filter(remembered));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match config.format {
        LogFormat::Text => Box::new(registry.with(lines.with_ansi(color).with_filter(config.level.clone()))),
        LogFormat::Json => {
            Box::new(registry.with(lines.json().flatten_event(true).with_filter(config.level.clone())))
        }
    }
}

/// Keeps the last lines in memory.
struct Recent(Arc<LogLines>);

impl<S: Subscriber> Layer<S> for Recent {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let metadata = event.metadata();
        self.0.add(*metadata.level(), metadata.target(), words.message, words.fields);
    }
}

/// What a line says.
#[derive(Default)]
struct Words {
    message: String,
    fields: Map<String, Value>,
}

impl Words {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.add(field, format!("{value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            _ => self.add(field, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.add(field, value),
            Err(_) => self.add(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }
}

impl Logs {
    /// The last lines.
    pub(crate) fn recent(&self) -> Arc<LogLines> {
        Arc::clone(&self.recent)
    }

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_last_lines_are_kept_however_quiet_the_output_is() {
        let recent = Arc::<LogLines>::default();
        let (writer, _guard) = NonBlockingBuilder::default().finish(io::sink());
        let config = Log { level: "error".parse().unwrap(), ..Log::default() };
        tracing::subscriber::with_default(subscriber(&config, writer, false, &recent), || {
            info!(id = 7, stream = %"live/s", open = true, "publishing");
            tracing::debug!("not this");
        });
        let kept = format!("{recent:?}");
        assert!(kept.contains(r#"message: "publishing""#) && kept.contains("live/s"), "{kept}");
        assert!(kept.contains("Number(7)") && kept.contains("Bool(true)") && !kept.contains("not this"));
    }
}
