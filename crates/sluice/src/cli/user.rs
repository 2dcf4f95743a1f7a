//! `sluice user`: accounts, by whoever runs the server.

use std::sync::Arc;

use anyhow::bail;
use api::machine::{self, NewPassword};
use clap::{Arg, ArgAction, ArgMatches, Command};
use control::{Accounts, Key};
use store::Embedded;

use super::store::existing;
use crate::config::Config;
use crate::control_socket;
use crate::data_dir::DataDir;

pub(super) fn command() -> Command {
    Command::new("user")
        .about("Helps people who cannot log in, while the server runs or not")
        .subcommand_required(true)
        .subcommand(
            Command::new("reset-password")
                .about("Gives somebody another password and shows it; ends all their logins")
                .arg(Arg::new("name").value_name("NAME").required(true).help("What they log in with"))
                .arg(
                    Arg::new("without-second-factor")
                        .long("without-second-factor")
                        .action(ArgAction::SetTrue)
                        .help("They have lost their phone as well"),
                ),
        )
}

/// Does it; what is to be shown. `options` are those of the subcommand `name`.
pub(super) fn run(name: &str, options: &ArgMatches, config: &Config) -> anyhow::Result<String> {
    if name != "reset-password" {
        bail!("user has no subcommand {name}: reset-password");
    }
    let user = options.get_one::<String>("name").map(String::as_str).unwrap_or_default();
    // In a path, what is no name would be something else.
    let user = control::accounts::name(user)?;
    let password = Key::generate()?.reveal()[..20].to_owned();
    let without_second_factor = options.get_flag("without-second-factor");
    let new = NewPassword { password, without_second_factor };
    match existing(config) {
        Ok((_, store)) => offline(store, &user, &new)?,
        Err(error) if error.is::<InUse>() => {
            let run = DataDir::at(&config.data_dir).run();
            let body = serde_json::to_string(&new)?;
            control_socket::ask(&run, "PUT", &format!("/users/{user}/password"), &body)?;
        }
        Err(error) => return Err(error),
    }
    Ok(format!("{}\n", new.password))
}

fn offline(store: Embedded, user: &str, new: &NewPassword) -> anyhow::Result<()> {
    let accounts = Accounts::open(Arc::new(store))?;
    Ok(machine::set_password(&accounts, user, new)?)
}

/// A server runs on the data folder.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct InUse(pub(super) String);
