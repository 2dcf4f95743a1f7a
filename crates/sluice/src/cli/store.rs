//! `sluice store`: all that the server keeps, into a file and back. What only reads also works while a server runs.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use api::machine::Backup;
use clap::{Arg, ArgAction, ArgMatches, Command};
use control::export;
use store::{Dump, Embedded};

use super::rehearsal;
use super::user::InUse;
use crate::config::Config;
use crate::control_socket;
use crate::data_dir::DataDir;

pub(super) fn command() -> Command {
    let file = |help: &'static str| Arg::new("file").value_name("FILE").help(help);
    Command::new("store")
        .about("Saves and restores what the server keeps: accounts, keys and settings")
        .subcommand_required(true)
        .subcommand(
            Command::new("export")
                .about(
                    "Writes every entry as text. It holds all secrets of the server: stream keys, keys of webhooks, \
                     hashes of passwords, second factors",
                )
                .arg(
                    file("A new file, which only its owner may read (0600); - or nothing: the standard output")
                        .default_value("-"),
                )
                .arg(
                    Arg::new("without-secrets")
                        .long("without-secrets")
                        .action(ArgAction::SetTrue)
                        .help("Leave every secret out; an import keeps those that the server has then"),
                ),
        )
        .subcommand(
            Command::new("import")
                .about(
                    "Reads what export has written; all of it or nothing. The server has to be stopped. \
                     Secrets that the file lacks stay as they are here, and those that are nowhere are named",
                )
                .arg(file("- is the standard input").required(true))
                .arg(
                    Arg::new("replace")
                        .long("replace")
                        .action(ArgAction::SetTrue)
                        .help("Even if there are entries, which are then gone"),
                ),
        )
        .subcommand(
            Command::new("backup")
                .about(
                    "Copies the store, with all secrets, into a new file (0600), which can take the place of \
                     <data>/store/sluice.redb",
                )
                .arg(file("The new file").required(true)),
        )
}

/// Does it. `options` are those of the subcommand `name`.
pub(super) fn run(name: &str, options: &ArgMatches, config: &Config) -> anyhow::Result<()> {
    let file = options.get_one::<String>("file").map_or("-", String::as_str);
    let place = (file != "-").then(|| Path::new(file));
    match name {
        "export" => {
            let without_secrets = options.get_flag("without-secrets");
            let text = match existing(config) {
                Ok((_, store)) => {
                    let mut text = Vec::new();
                    export::of(&store, without_secrets)?.write(&mut text)?;
                    text
                }
                Err(error) if error.is::<InUse>() => {
                    let path = format!("/store?without_secrets={without_secrets}");
                    let text = control_socket::ask(&DataDir::at(&config.data_dir).run(), "GET", &path, "")?;
                    let dump = Dump::parse(str::from_utf8(&text).context("the server's answer is no text")?)
                        .context("the server's answer is no export")?;
                    // One of an older version does not know what it was asked for.
                    if dump.is_without_secrets() != without_secrets {
                        bail!(
                            "the server that runs cannot leave secrets out: start it anew, it is of an older version"
                        );
                    }
                    text
                }
                Err(error) => return Err(error),
            };
            write(place, &text)
        }
        "import" => {
            let text = read(place).with_context(|| format!("cannot read {}", shown(place)))?;
            let mut dump = Dump::parse(&text)
                .map_err(|error| anyhow!("{} cannot be imported: {error}", shown(place)))?;
            let data = DataDir::create(&config.data_dir)?;
            let store = Embedded::open(&data.store()).map_err(|error| data.store_trouble(error))?;
            let here = store.export().map_err(|error| data.store_trouble(error))?;
            let lacks = export::settle(&mut dump, &here);
            rehearsal::run(&dump, &data.path().join("rehearsal"))
                .map_err(|error| anyhow!("{} cannot be imported: {error:#}", shown(place)))?;
            store.import(&dump, options.get_flag("replace")).map_err(|error| match error {
                store::Error::NotEmpty { .. } => {
                    anyhow!("{error}: with --replace, what the file holds takes their place")
                }
                other => data.store_trouble(other),
            })?;
            for sentence in lacks {
                let _ = writeln!(io::stderr(), "sluice: warning: {sentence}");
            }
            Ok(())
        }
        "backup" => {
            let (data, store) = match existing(config) {
                Ok(found) => found,
                Err(error) if error.is::<InUse>() => {
                    // The server has another working folder.
                    let file = std::path::absolute(file)?;
                    let body = serde_json::to_string(&Backup { file })?;
                    let run = DataDir::at(&config.data_dir).run();
                    return control_socket::ask(&run, "POST", "/store/backup", &body).map(drop);
                }
                Err(error) => return Err(error),
            };
            store.backup(Path::new(file)).map_err(|error| match error {
                store::Error::Io { path, source } if path == Path::new(file) => {
                    anyhow!("cannot make {}: {source}", path.display())
                }
                other => data.store_trouble(other),
            })
        }
        other => bail!("store has no subcommand {other}: export, import or backup"),
    }
}

/// The store that is there; none is made. Errs with [`InUse`] when a server has it.
pub(super) fn existing(config: &Config) -> anyhow::Result<(DataDir, Embedded)> {
    let data = DataDir::at(&config.data_dir);
    let folder = data.store();
    if !Embedded::is_in(&folder).map_err(|error| data.store_trouble(error))? {
        bail!(
            "there is no store in {}: name the data folder with --data-dir or SLUICE_DATA_DIR",
            folder.display()
        );
    }
    match Embedded::open(&folder) {
        Ok(store) => Ok((data, store)),
        Err(error @ store::Error::Locked { .. }) => Err(InUse(error.to_string()).into()),
        Err(error) => Err(data.store_trouble(error)),
    }
}

fn read(place: Option<&Path>) -> io::Result<String> {
    match place {
        Some(path) => fs::read_to_string(path),
        None => {
            let mut text = String::new();
            io::stdin().lock().read_to_string(&mut text)?;
            Ok(text)
        }
    }
}

fn write(place: Option<&Path>, text: &[u8]) -> anyhow::Result<()> {
    let written = match place {
        // Only its owner may read it: there are secrets in it, and without them addresses and names.
        Some(path) => {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
                file.write_all(text)?;
                file.sync_all()
            })
        }
        None => io::stdout().lock().write_all(text),
    };
    written.with_context(|| format!("cannot write {}", shown(place)))
}

fn shown(place: Option<&Path>) -> String {
    place.map_or_else(|| "the standard stream".to_owned(), |path| path.display().to_string())
}
