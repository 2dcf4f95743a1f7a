//! What the owner of the machine has written down for a server that replaces Oryx: `MGMT_PASSWORD`, `SRS_PLATFORM_SECRET` and
//! `NODE_ENV`, in the environment or in `<data>/config/.env`, which goes before it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, anyhow};

/// Secrets that hold whatever the store has. `Debug` is left out on purpose.
#[derive(Default)]
pub(crate) struct Owner {
    /// Of the first admin.
    pub(crate) password: Option<String>,
    /// Of the API for scripts.
    pub(crate) secret: Option<String>,
    /// What would be kept for a day is to be seen as it changes.
    pub(crate) development: bool,
}

impl Owner {
    /// What is written for the server on the data folder `data`.
    pub(crate) fn find(data: &Path) -> anyhow::Result<Owner> {
        let path = data.join("config/.env");
        let file = match fs::read_to_string(&path) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let find = |name: &str| {
            let written = lines(&file).filter_map(|(known, value)| (known == name).then_some(value)).last();
            written.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
        };
        let secret = find("SRS_PLATFORM_SECRET");
        if secret.as_ref().is_some_and(|secret| !secret.chars().all(|c| c.is_ascii_graphic())) {
            return Err(anyhow!(
                "SRS_PLATFORM_SECRET holds more than visible ASCII, so no header can carry it"
            ));
        }
        let development = find("NODE_ENV").as_deref() == Some("development");
        Ok(Owner { password: find("MGMT_PASSWORD"), secret, development })
    }
}

/// The assignments of a file that shells can read: `NAME=value`, perhaps quoted, perhaps after `export`.
fn lines(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        Some((name.trim(), unquoted(value.trim())))
    })
}

/// What stands between quotes, or without them up to a comment. Between double quotes a backslash takes the special meaning
/// from what follows, as the program that Oryx writes the file with puts one before `"`, `\`, `$`, `!` and the backquote.
fn unquoted(value: &str) -> String {
    let mut rest = value.chars();
    match rest.next() {
        Some('\'') => rest.take_while(|c| *c != '\'').collect(),
        Some('"') => {
            let mut out = String::new();
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => match rest.next() {
                        Some('n') => out.push('\n'),
                        Some('r') => out.push('\r'),
                        Some(escaped) => out.push(escaped),
                        None => out.push('\\'),
                    },
                    c => out.push(c),
                }
            }
            out
        }
        _ => value.split(" #").next().unwrap_or(value).trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_is_read_as_a_shell_would() {
        let text =
            "# A=1\nA=2\nexport B=\"x \\\"y\\\"\"\nC='it # is'\nD=plain # comment\nE=\nnonsense\nA=007";
        let read: Vec<_> = lines(text).map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(read, ["A:2", "B:x \"y\"", "C:it # is", "D:plain", "E:", "A:007"]);
    }

    #[test]
    fn what_oryx_has_written_is_read_back() {
        let text = r#"MGMT_PASSWORD="p@ss\!\$1 \"w\\d\`"
A="secret12" # mine
B='it' # not mine
C="open"#;
        let read: Vec<_> = lines(text).map(|(_, value)| value).collect();
        assert_eq!(read, ["p@ss!$1 \"w\\d`", "secret12", "it", "open"]);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        fs::write(folder.path().join("config/.env"), "\u{feff}MGMT_PASSWORD=x\n").unwrap();
        assert_eq!(Owner::find(folder.path()).unwrap().password.as_deref(), Some("x"));
    }

    #[test]
    fn the_last_one_in_the_file_counts_and_an_empty_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        let file = folder.path().join("config/.env");
        fs::write(&file, "MGMT_PASSWORD=first\nMGMT_PASSWORD=007\nSRS_PLATFORM_SECRET=\"\"\n").unwrap();
        let owner = Owner::find(folder.path()).unwrap();
        assert_eq!(owner.password.as_deref(), Some("007"));
        assert_eq!((owner.secret, owner.development), (None, false));
        fs::write(&file, "NODE_ENV=development\n").unwrap();
        assert!(Owner::find(folder.path()).unwrap().development);
        fs::write(&file, "SRS_PLATFORM_SECRET='a b'").unwrap();
        assert!(Owner::find(folder.path()).is_err());
    }
}
