//! The command line: its flags are the table of settings.

mod diagnostics;
mod rehearsal;
mod store;
mod user;

use std::collections::HashMap;
use std::io::{self, Write};

use anyhow::{Context, anyhow};
use clap::{Arg, ArgMatches, Command};

use crate::config::{self, Loaded, SETTINGS, Setting, Sources};
use crate::{Failure, serve};

/// Does what the command line asks for.
pub(crate) fn run() -> Result<(), Failure> {
    let matches = command().get_matches(); // exits with 2 and a usage message if it cannot be understood
    match matches.subcommand() {
        Some(("config", config)) => match config.subcommand() {
            Some(("reference", options)) => print(&if options.get_flag("toml") {
                config::reference::sample()
            } else {
                config::reference::markdown()
            }),
            Some(("check", options)) => check(options),
            _ => Err(Failure::start(anyhow!("config needs a subcommand: check or reference"))),
        },
        Some(("api", _)) => print(&api::openapi()),
        Some(("diagnostics", options)) => {
            let config = load(options).map_err(first)?.config;
            diagnostics::run(options, &config).map_err(Failure::start)
        }
        Some((area @ ("store" | "user"), options)) => administer(area, options),
        Some(("serve", options)) => serve(options),
        _ => serve(&matches),
    }
}

fn serve(options: &ArgMatches) -> Result<(), Failure> {
    let loaded = load(options).map_err(first)?;
    serve::start(loaded).map_err(Failure::start)?.run().map_err(Failure::running)
}

fn administer(area: &str, options: &ArgMatches) -> Result<(), Failure> {
    let (name, options) =
        options.subcommand().ok_or_else(|| Failure::start(anyhow!("{area} needs a subcommand")))?;
    let config = load(options).map_err(first)?.config;
    match area {
        "user" => print(&user::run(name, options, &config).map_err(Failure::start)?),
        _ => store::run(name, options, &config).map_err(Failure::start),
    }
}

/// Where only one line can be said: the first problem, and how to see the others.
fn first(mut problems: Vec<config::Problem>) -> Failure {
    let more = problems.len() - 1;
    let first = problems.swap_remove(0);
    Failure::start(match more {
        0 => anyhow!("{first}"),
        _ => anyhow!("{first} (and {more} more: `sluice config check` lists all)"),
    })
}

fn check(options: &ArgMatches) -> Result<(), Failure> {
    match load(options) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                let _ = writeln!(io::stderr(), "sluice: warning: {warning}");
            }
            print(&config::reference::effective(&loaded))
        }
        Err(problems) => {
            let mut lines = problems.iter().map(|problem| format!("{problem}")).collect::<Vec<_>>();
            let last = lines.pop().unwrap_or_default();
            for line in lines {
                let _ = writeln!(io::stderr(), "sluice: {line}");
            }
            Err(Failure::start(anyhow!("{last}")))
        }
    }
}

/// At least one problem is in an error.
fn load(options: &ArgMatches) -> Result<Loaded, Vec<config::Problem>> {
    let flags: HashMap<&'static str, String> = SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.name, options.get_one::<String>(setting.name)?.clone())))
        .collect();
    config::load(&Sources { flags, env: std::env::vars_os().collect() })
}

fn print(text: &str) -> Result<(), Failure> {
    let written = io::stdout().lock().write_all(text.as_bytes());
    match written {
        // `sluice config reference | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to the standard output").map_err(Failure::running),
    }
}

fn command() -> Command {
    let toml = Arg::new("toml").long("toml").num_args(0).action(clap::ArgAction::SetTrue);
    Command::new("sluice")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A live video server: publish by RTMP, watch by RTMP, HTTP-FLV and HLS")
        .after_help("Every setting is also an environment variable and a key of sluice.toml: `sluice config reference`.")
        .args_override_self(true) // a script's flags and then the user's: the last one counts
        .args(SETTINGS.iter().map(flag))
        .subcommand(Command::new("serve").about("Runs the server; this is what no command does too"))
        .subcommand(
            Command::new("api")
                .about("Tells about the HTTP API")
                .subcommand_required(true)
                .subcommand(Command::new("openapi").about("Prints its OpenAPI document")),
        )
        .subcommand(diagnostics::command())
        .subcommand(store::command())
        .subcommand(user::command())
        .subcommand(
            Command::new("config")
                .about("Tells about the settings")
                .subcommand_required(true)
                .subcommand(Command::new("check").about("Checks the settings and shows those in force"))
                .subcommand(
                    Command::new("reference")
                        .about("Explains every setting")
                        .arg(toml.help("As a sluice.toml to start from")),
                ),
        )
}

fn flag(setting: &Setting) -> Arg {
    let summary = setting.about.split_inclusive(". ").next().unwrap_or(setting.about).trim_end();
    let help = match setting.default {
        "" => format!("{summary} [env: {}]", setting.env()),
        default => format!("{summary} [env: {}] [default: {default}]", setting.env()),
    };
    Arg::new(setting.name)
        .long(setting.flag())
        .value_name(setting.form)
        .help(help)
        .allow_hyphen_values(true)
        .global(true)
        .hide_possible_values(true)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
