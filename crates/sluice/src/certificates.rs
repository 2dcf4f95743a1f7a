//! What doors with TLS show: what they are told to, or else the certificate of the settings, or one of our own making.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Context;
use control::certificates::{Own, Pem, Showcase};
use gateway::tls::{Certificates, Doubt, Pair, PairError, SelfSigned};
use tracing::warn;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::host;

/// Has what the doors show, and the certificate for when nobody has chosen another.
#[derive(Debug)]
pub(crate) struct Keeper {
    source: Source,
    served: Arc<Certificates>,
    /// What serves while the files of our own are damaged: one for the whole run.
    meanwhile: Mutex<Option<Pem>>,
}

/// Where the certificate is.
#[derive(Debug)]
enum Source {
    /// Where the settings say.
    Given(Files),
    /// In the data folder, for these names.
    Own {
        files: Files,
        names: BTreeSet<String>,
        /// Made when it is read, if there is none, if it expires within two weeks, or if its key is another's; else only when that is asked for.
        by_itself: bool,
    },
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
    /// Nothing is read yet.
    pub(crate) fn new(config: &Config, data: &DataDir) -> Keeper {
        let needed = config.tls_addresses().next().is_some();
        let source = match config.tls.files() {
            Some(files) => Source::Given(files),
            None => Source::Own {
                files: Files::in_folder(&data.tls()),
                names: names(config.tls_addresses().map(|address| address.ip())),
                by_itself: needed && config.tls.self_signed,
            },
        };
        Keeper { source, served: Arc::default(), meanwhile: Mutex::default() }
    }

    /// What serves meanwhile already, or else `made`.
    fn same_as_before(&self, made: Read) -> Read {
        let mut meanwhile = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner);
        let pem = meanwhile.get_or_insert_with(|| made.pem.clone());
        Read::of(pem.chain.clone(), pem.key.clone()).unwrap_or(made)
    }

    /// What the doors have.
    pub(crate) fn served(&self) -> Arc<Certificates> {
        Arc::clone(&self.served)
    }
}

impl Showcase for Keeper {
    fn show(&self, pem: &Pem) -> Result<(), String> {
        let pair = Pair::parse(pem.chain.as_bytes(), pem.key.as_bytes()).map_err(|err| err.to_string())?;
        self.served.replace(&[pair]);
        Ok(())
    }

    fn show_own(&self, anew: bool) -> Result<Option<Own>, String> {
        let read = match &self.source {
            Source::Given(files) => Some((files.read().map_err(|wrong| wrong.to_string())?, true)),
            Source::Own { files, by_itself: false, .. } if !anew && !files.key.exists() => None,
            Source::Own { files, names, .. } => {
                let now = SystemTime::now();
                let made = if anew { make(files, names, now) } else { own(files, names, now) };
                let made = made.map_err(|err| format!("{err:#}"))?;
                Some((if made.kept { made } else { self.same_as_before(made) }, false))
            }
        };
        let Some((read, given)) = read else {
            self.served.replace(&[]);
            return Ok(None);
        };
        if let Some(doubt) = read.pair.doubt(SystemTime::now()) {
            warn!("the certificate {doubt}");
        }
        self.served.replace(&[read.pair]);
        Ok(Some(Own { pem: read.pem, given }))
    }
}

/// The certificate of our own making, made if it is not there or not for much longer. One that is there serves on when no
/// other can be written. Where files are damaged they are left as they are, and one that is not kept serves meanwhile.
fn own(files: &Files, names: &BTreeSet<String>, now: SystemTime) -> anyhow::Result<Read> {
    let old = match files.read() {
        Ok(read) => match read.pair.doubt(now) {
            Some(doubt @ (Doubt::Expired(_) | Doubt::Soon(_))) => Some((read, doubt)),
            _ => return Ok(read),
        },
        // A mismatch is what a crash between the two files leaves.
        Err(wrong) if matches!(wrong.fault, Fault::Missing | Fault::Mismatch) => None,
        Err(wrong) => {
            warn!(
                err = %wrong,
                "our own certificate is damaged and left as it is; one that is not kept serves until the next start. \
                 Remove the files to have a new one"
            );
            let made = SelfSigned::make(names.iter().cloned(), now)?;
            return Ok(Read::of(made.certificate, made.key)?);
        }
    };
    match (make(files, names, now), old) {
        (Err(err), Some((read, doubt))) => {
            warn!(err = format!("{err:#}"), "no new certificate can be kept, and the one there is {doubt}");
            Ok(read)
        }
        (made, _) => made,
    }
}

fn make(files: &Files, names: &BTreeSet<String>, now: SystemTime) -> anyhow::Result<Read> {
    let made = SelfSigned::make(names.iter().cloned(), now)?;
    if let Some(folder) = files.key.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
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
    pub(crate) fn read(&self) -> Result<Read, Wrong> {
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
        let pair = Pair::parse(&texts.0, &texts.1).map_err(|error| {
            let (setting, path, what) = match &error {
                PairError::Certificate(fault) => (CERTIFICATE, certificate, fault.to_string()),
                PairError::Key(fault) => (KEY, key, fault.to_string()),
                _ => (KEY, key, format!("is not the key of the certificate in {}", certificate.display())),
            };
            let mismatch = matches!(error, PairError::Mismatch);
            let fault = if mismatch { Fault::Mismatch } else { Fault::Broken };
            Wrong { setting, path: path.clone(), what, fault }
        })?;
        // Whatever stands around the texts of PEM is nobody's business.
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Read { pair, pem: Pem { chain: text(texts.0), key: text(texts.1) }, kept: true })
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

/// A pair, with the texts that it was read from.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) pair: Pair,
    pem: Pem,
    /// It is in files.
    kept: bool,
}

impl Read {
    fn of(chain: String, key: String) -> Result<Read, PairError> {
        let pair = Pair::parse(chain.as_bytes(), key.as_bytes())?;
        Ok(Read { pair, pem: Pem { chain, key }, kept: false })
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
        let pair = own(&files, &here(), SystemTime::now()).unwrap().pair;
        for name in ["localhost", "127.0.0.1", "::1", "10.9.8.7"] {
            assert!(pair.names().iter().any(|known| known == name), "{name}: {:?}", pair.names());
        }
        assert!(!pair.names().iter().any(|name| name == "::"));
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the key is for nobody else");
        assert!(files.doubts(&pair).is_empty());
        let before = fs::read(&files.certificate).unwrap();
        own(&files, &here(), SystemTime::now()).unwrap();
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
        assert!(files.doubts(&files.read().unwrap().pair)[0].contains("expires on"));
        let pair = own(&files, &here(), SystemTime::now()).unwrap().pair;
        assert_eq!(pair.doubt(SystemTime::now()), None);
        assert_ne!(fs::read_to_string(&files.certificate).unwrap(), old.certificate);
    }

    #[test]
    fn a_new_key_beside_the_old_certificate_does_not_stop_the_server() {
        let (_folder, files) = folder();
        own(&files, &here(), SystemTime::now()).unwrap();
        // Stopped after the first of the two files.
        fs::write(&files.key, SelfSigned::make(here(), SystemTime::now()).unwrap().key).unwrap();
        let error = files.read().unwrap_err().to_string();
        assert!(
            error.contains("is not the key of the certificate"),
            "settings that name such files err: {error}"
        );
        let pair = own(&files, &here(), SystemTime::now()).unwrap().pair;
        assert_eq!(pair.doubt(SystemTime::now()), None);
        assert_eq!(files.read().unwrap().pair.names(), pair.names());
    }

    #[test]
    fn our_own_certificate_serves_on_when_no_other_can_be_written() {
        let (_folder, files) = folder();
        // A folder in the way of either draft, for whom the rights of a folder do not stop.
        for blocked in [&files.key, &files.certificate] {
            let old = nearly_expired(&files);
            let draft = blocked.with_added_extension("new");
            fs::create_dir(&draft).unwrap();
            let pair = own(&files, &here(), SystemTime::now()).unwrap().pair;
            assert!(matches!(pair.doubt(SystemTime::now()), Some(Doubt::Soon(_))));
            assert_eq!(fs::read_to_string(&files.key).unwrap(), old.key, "and its key is still beside it");
            fs::remove_file(&files.certificate).unwrap();
            assert!(
                own(&files, &here(), SystemTime::now()).unwrap_err().to_string().contains("cannot write"),
                "without one there is none"
            );
            fs::remove_dir(&draft).unwrap();
        }
    }

    #[test]
    fn what_somebody_has_broken_is_left_alone_and_another_serves_meanwhile() {
        let (_folder, files) = folder();
        let first = own(&files, &here(), SystemTime::now()).unwrap();
        fs::write(&files.key, "mine").unwrap();
        let wrong = files.read().unwrap_err().to_string();
        assert!(wrong.contains("self-signed.key holds no PRIVATE KEY"), "{wrong}");
        let other = own(&files, &here(), SystemTime::now()).unwrap();
        assert_ne!(other.pem, first.pem);
        assert_eq!(other.pair.doubt(SystemTime::now()), None);
        assert_eq!(fs::read(&files.key).unwrap(), b"mine");
        assert_eq!(fs::read_to_string(&files.certificate).unwrap(), first.pem.chain);
    }

    #[test]
    fn a_key_that_others_can_read_is_a_doubt() {
        let (_folder, files) = folder();
        let pair = own(&files, &here(), SystemTime::now()).unwrap().pair;
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
        let doubts = files.doubts(&pair);
        assert!(doubts[0].contains("chmod o-r") && doubts.len() == 1, "{doubts:?}");
    }
}
