//! The certificate that doors with TLS show: the one of the settings, or one of our own making.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use gateway::tls::{Certificates, Doubt, Pair, PairError, SelfSigned};
use tracing::{info, warn};

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::host;

/// Reads the certificate at the start and whenever it is told to; the doors have what it has read last.
#[derive(Debug)]
pub(crate) struct Keeper {
    source: Source,
    /// What it has read at the start.
    first: Option<Pair>,
    served: Arc<Certificates>,
}

/// Where the certificate is.
#[derive(Debug)]
enum Source {
    /// Nobody needs one.
    None,
    /// Where the settings say.
    Given(Files),
    /// In the data folder, for these names: made at the start or when told to read it again, if there is none, if it expires
    /// within two weeks, or if its key is another's. Nothing makes it anew in between.
    Own(Files, BTreeSet<String>),
}

/// The PEM files of a certificate and of its key; they may be one.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What is wrong with which of the files, by the name of its setting.
#[derive(Debug)]
pub(crate) struct Wrong {
    setting: &'static str,
    path: PathBuf,
    what: String,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// There is no such file.
    Missing,
    /// Each is fine by itself, but the key is not the certificate's.
    Mismatch,
    /// It cannot be read, or is not what it should be.
    Broken,
}

impl Keeper {
    /// Reads the certificate of the settings or, without one and if a door needs one, that in the data folder, which is made
    /// at the first start.
    pub(crate) fn open(config: &Config, data: &DataDir) -> anyhow::Result<Keeper> {
        let source = match &config.tls.files() {
            Some(files) => Source::Given(files.clone()),
            None if config.rtmps_listen.addresses().is_empty() => Source::None,
            None => {
                let folder = data.tls().map_err(|error| data.not_writable(data.path(), &error))?;
                let listening = config.rtmps_listen.addresses().iter().map(|address| address.ip());
                Source::Own(Files::in_folder(&folder), names(listening))
            }
        };
        let mut keeper = Keeper { source, first: None, served: Arc::default() };
        keeper.first = keeper.read()?;
        keeper.served.replace(keeper.first.as_slice());
        Ok(keeper)
    }

    /// Logs what the server has started with.
    pub(crate) fn announce(&self) {
        let self_signed = matches!(self.source, Source::Own(..));
        if let Some(pair) = &self.first {
            info!(names = ?pair.names(), until = %pair.last_day(), self_signed, "certificate");
        }
    }

    /// What the doors have: it changes with [`Keeper::reload`].
    pub(crate) fn served(&self) -> Arc<Certificates> {
        Arc::clone(&self.served)
    }

    /// Reads the files again, for connections to come. If that fails, the certificate before stays.
    pub(crate) fn reload(&self) {
        match self.read() {
            Ok(None) => {}
            Ok(Some(pair)) => {
                info!(names = ?pair.names(), until = %pair.last_day(), "certificate read again");
                if let Some(doubt) = pair.doubt(SystemTime::now()) {
                    warn!("the certificate {doubt}");
                }
                self.served.replace(&[pair]);
            }
            Err(err) => warn!(err = format!("{err:#}"), "certificate not read again; the one before stays"),
        }
    }

    fn read(&self) -> anyhow::Result<Option<Pair>> {
        match &self.source {
            Source::None => Ok(None),
            Source::Given(files) => Ok(Some(files.read()?)),
            Source::Own(files, names) => own(files, names).map(Some),
        }
    }
}

/// The certificate of our own making, made if it is not there or not for much longer. One that is there serves on when no
/// other can be written.
fn own(files: &Files, names: &BTreeSet<String>) -> anyhow::Result<Pair> {
    let now = SystemTime::now();
    let old = match files.read() {
        Ok(pair) => match pair.doubt(now) {
            Some(doubt @ (Doubt::Expired(_) | Doubt::Soon(_))) => Some((pair, doubt)),
            _ => return Ok(pair),
        },
        // A mismatch is what a crash between the two files leaves.
        Err(wrong) if matches!(wrong.fault, Fault::Missing | Fault::Mismatch) => None,
        Err(wrong) => return Err(wrong.into()),
    };
    match (make(files, names, now), old) {
        (Err(err), Some((pair, doubt))) => {
            warn!(err = format!("{err:#}"), "no new certificate can be kept, and the one there is {doubt}");
            Ok(pair)
        }
        (made, _) => made,
    }
}

fn make(files: &Files, names: &BTreeSet<String>, now: SystemTime) -> anyhow::Result<Pair> {
    let made = SelfSigned::make(names.iter().cloned(), now)?;
    // Both are whole on the disk before either takes its place.
    let key = draft(&files.key, made.key.as_bytes(), 0o600)?;
    let certificate = draft(&files.certificate, made.certificate.as_bytes(), 0o644)?;
    for (draft, path) in [(key, &files.key), (certificate, &files.certificate)] {
        fs::rename(draft, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.read()?)
}

/// Writes what is to become `path`, beside it, so that whoever reads finds all of it or what was there before.
fn draft(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<PathBuf> {
    let draft = path.with_added_extension("new");
    let written = || {
        if let Err(error) = fs::remove_file(&draft)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    written().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(draft)
}

/// By what clients may name this machine: its name, its addresses, those it listens on.
fn names(listening: impl Iterator<Item = IpAddr>) -> BTreeSet<String> {
    let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into_iter();
    let addresses =
        addresses.chain(gateway::own_addresses()).chain(listening.filter(|ip| !ip.is_unspecified()));
    let names = ["localhost".to_owned()].into_iter().chain(host::name());
    names.chain(addresses.map(|ip| ip.to_string())).collect()
}

impl Files {
    fn in_folder(folder: &Path) -> Files {
        Files { certificate: folder.join("self-signed.crt"), key: folder.join("self-signed.key") }
    }

    /// Reads and checks both. Errs with which is wrong, and why.
    pub(crate) fn read(&self) -> Result<Pair, Wrong> {
        let Files { certificate, key } = self;
        let read = |setting, path: &PathBuf| {
            fs::read(path).map_err(|error| Wrong {
                setting,
                path: path.clone(),
                what: format!("cannot be read ({error})"),
                fault: match error.kind() {
                    io::ErrorKind::NotFound => Fault::Missing,
                    _ => Fault::Broken,
                },
            })
        };
        let texts = (read(CERTIFICATE, certificate)?, read(KEY, key)?);
        Pair::parse(&texts.0, &texts.1).map_err(|error| {
            let (setting, path, what) = match &error {
                PairError::Certificate(fault) => (CERTIFICATE, certificate, fault.to_string()),
                PairError::Key(fault) => (KEY, key, fault.to_string()),
                _ => (KEY, key, format!("is not the key of the certificate in {}", certificate.display())),
            };
            let mismatch = matches!(error, PairError::Mismatch);
            let fault = if mismatch { Fault::Mismatch } else { Fault::Broken };
            Wrong { setting, path: path.clone(), what, fault }
        })
    }

    /// What speaks against the files although they can be used, as sentences.
    pub(crate) fn doubts(&self, pair: &Pair) -> Vec<String> {
        let certificate = self.certificate.display();
        let doubt =
            pair.doubt(SystemTime::now()).map(|doubt| format!("{CERTIFICATE}: {certificate} {doubt}"));
        let mode = fs::metadata(&self.key).map_or(0, |file| file.permissions().mode());
        let key = self.key.display();
        let open = (mode & OTHERS_READ != 0)
            .then(|| format!("{KEY}: {key} can be read by every user of the machine: chmod o-r {key}"));
        doubt.into_iter().chain(open).collect()
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.setting, self.path.display(), self.what)
    }
}

impl std::error::Error for Wrong {}

const CERTIFICATE: &str = "tls.certificate";
const KEY: &str = "tls.key";
const OTHERS_READ: u32 = 0o004;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn folder() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        (folder, files)
    }

    fn here() -> BTreeSet<String> {
        names(["10.9.8.7".parse().unwrap(), IpAddr::from(Ipv6Addr::UNSPECIFIED)].into_iter())
    }

    #[test]
    fn our_own_certificate_is_made_once_and_kept() {
        let (_folder, files) = folder();
        let pair = own(&files, &here()).unwrap();
        for name in ["localhost", "127.0.0.1", "::1", "10.9.8.7"] {
            assert!(pair.names().iter().any(|known| known == name), "{name}: {:?}", pair.names());
        }
        assert!(!pair.names().iter().any(|name| name == "::"));
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the key is for nobody else");
        assert!(files.doubts(&pair).is_empty());
        let before = fs::read(&files.certificate).unwrap();
        own(&files, &here()).unwrap();
        assert_eq!(fs::read(&files.certificate).unwrap(), before);
    }

    /// A pair that expires within days, kept in `files`.
    fn nearly_expired(files: &Files) -> SelfSigned {
        let nearly_two_years = std::time::Duration::from_secs(720 * 24 * 3600);
        let old = SelfSigned::make(here(), SystemTime::now() - nearly_two_years).unwrap();
        fs::write(&files.certificate, &old.certificate).unwrap();
        fs::write(&files.key, &old.key).unwrap();
        old
    }

    #[test]
    fn our_own_certificate_is_made_anew_before_it_expires() {
        let (_folder, files) = folder();
        let old = nearly_expired(&files);
        assert!(files.doubts(&files.read().unwrap())[0].contains("expires on"));
        let pair = own(&files, &here()).unwrap();
        assert_eq!(pair.doubt(SystemTime::now()), None);
        assert_ne!(fs::read_to_string(&files.certificate).unwrap(), old.certificate);
    }

    #[test]
    fn a_new_key_beside_the_old_certificate_does_not_stop_the_server() {
        let (_folder, files) = folder();
        own(&files, &here()).unwrap();
        // Stopped after the first of the two files.
        fs::write(&files.key, SelfSigned::make(here(), SystemTime::now()).unwrap().key).unwrap();
        let error = files.read().unwrap_err().to_string();
        assert!(
            error.contains("is not the key of the certificate"),
            "settings that name such files err: {error}"
        );
        let pair = own(&files, &here()).unwrap();
        assert_eq!(pair.doubt(SystemTime::now()), None);
        assert_eq!(files.read().unwrap().names(), pair.names());
    }

    #[test]
    fn our_own_certificate_serves_on_when_no_other_can_be_written() {
        let (_folder, files) = folder();
        // A folder in the way of either draft, for whom the rights of a folder do not stop.
        for blocked in [&files.key, &files.certificate] {
            let old = nearly_expired(&files);
            let draft = blocked.with_added_extension("new");
            fs::create_dir(&draft).unwrap();
            let pair = own(&files, &here()).unwrap();
            assert!(matches!(pair.doubt(SystemTime::now()), Some(Doubt::Soon(_))));
            assert_eq!(fs::read_to_string(&files.key).unwrap(), old.key, "and its key is still beside it");
            fs::remove_file(&files.certificate).unwrap();
            assert!(
                own(&files, &here()).unwrap_err().to_string().contains("cannot write"),
                "without one there is none"
            );
            fs::remove_dir(&draft).unwrap();
        }
    }

    #[test]
    fn what_somebody_has_broken_is_said_and_left_alone() {
        let (_folder, files) = folder();
        own(&files, &here()).unwrap();
        fs::write(&files.key, "mine").unwrap();
        let error = own(&files, &here()).unwrap_err().to_string();
        assert!(error.contains("self-signed.key holds no PRIVATE KEY"), "{error}");
        assert_eq!(fs::read(&files.key).unwrap(), b"mine");
    }

    #[test]
    fn a_key_that_others_can_read_is_a_doubt() {
        let (_folder, files) = folder();
        let pair = own(&files, &here()).unwrap();
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
        let doubts = files.doubts(&pair);
        assert!(doubts[0].contains("chmod o-r") && doubts.len() == 1, "{doubts:?}");
    }
}
