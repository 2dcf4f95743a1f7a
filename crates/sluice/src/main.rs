//! Sluice: a live video server in one binary.
//!
//! This crate is the program around the libraries: the command line ([`cli`]), the settings ([`config`]), and the
//! composition of everything that runs ([`serve`]). A start that fails says why in one line and exits with 2.

mod addresses;
mod banner;
mod certificates;
mod cli;
mod config;
mod control_socket;
mod data_dir;
mod host;
mod limits;
mod logs;
mod notify;
mod recordings;
mod serve;
mod signals;
mod traces;

use std::io::Write;
use std::process::ExitCode;

/// Viewers come and go by the thousand, each with a few small buffers: that is where the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do if even that cannot be said.
            let _ = writeln!(std::io::stderr(), "sluice: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Why the program ends otherwise than well.
#[derive(Debug)]
struct Failure {
    code: u8,
    /// One line: what is wrong, and what to do about it.
    message: String,
}

impl Failure {
    /// The start failed: the settings or the machine are not as they have to be. Exit code 2.
    fn start(error: impl Into<anyhow::Error>) -> Failure {
        Failure { code: 2, message: one_line(&error.into()) }
    }

    /// The running server failed. Exit code 1.
    fn running(error: impl Into<anyhow::Error>) -> Failure {
        Failure { code: 1, message: one_line(&error.into()) }
    }
}

fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
