//! `sluice diagnostics`: a bundle for whoever is asked for help, from the running server.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use anyhow::Context;
use clap::{Arg, ArgMatches, Command};

use crate::config::Config;
use crate::control_socket;
use crate::data_dir::DataDir;

pub(super) fn command() -> Command {
    Command::new("diagnostics")
        .about("Makes a bundle for whoever is asked for help, without secrets. The server has to run")
        .arg(
            Arg::new("file").value_name("FILE").help("A new file").default_value("sluice-diagnostics.tar.gz"),
        )
}

pub(super) fn run(options: &ArgMatches, config: &Config) -> anyhow::Result<()> {
    let file = options.get_one::<String>("file").map_or("", String::as_str);
    let run = DataDir::at(&config.data_dir).run();
    let bytes = control_socket::ask(&run, "POST", "/diagnostics", "")
        .context("no server runs on this data folder: name it with --data-dir or SLUICE_DATA_DIR")?;
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    made.and_then(|mut made| made.write_all(&bytes)).with_context(|| format!("cannot make {file}"))
}
