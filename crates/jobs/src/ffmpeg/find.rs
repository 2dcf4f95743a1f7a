//! Where FFmpeg is.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Failure;

/// Why there is no FFmpeg to work with, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// None is installed.
    #[error("there is no ffmpeg on PATH: install it, or set ffmpeg.path to where it is")]
    NotOnPath,
    /// There is no program where the setting says.
    #[error("ffmpeg.path is {}, which is no program: set it to where ffmpeg is", .0.display())]
    NotThere(PathBuf),
    /// It is there and does not say what it can do.
    #[error("{} does not work as FFmpeg does, it {failure}: install another, or set ffmpeg.path", .program.display())]
    Broken {
        /// Where it is.
        program: PathBuf,
        /// What it did instead.
        failure: Failure,
    },
    /// It was built without something.
    #[error("{} was built without {what}: install another, or set ffmpeg.path", .program.display())]
    Without {
        /// Where it is.
        program: PathBuf,
        /// `the protocol pipe`, `a decoder for h265`.
        what: String,
    },
}

/// The program that is `configured`, or else the first `ffmpeg` in the folders of `path`. As an absolute path: children run elsewhere.
pub(super) fn program(configured: Option<&Path>, path: Option<OsString>) -> Result<PathBuf, Missing> {
    if let Some(configured) = configured {
        let absolute = std::path::absolute(configured).ok().filter(|file| is_program(file));
        return absolute.ok_or_else(|| Missing::NotThere(configured.to_owned()));
    }
    let folders = path.unwrap_or_default();
    let files = std::env::split_paths(&folders).map(|folder| folder.join(NAME));
    let found = files.filter_map(|file| std::path::absolute(file).ok()).find(|file| is_program(file));
    found.ok_or(Missing::NotOnPath)
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

const NAME: &str = "ffmpeg";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn the_first_program_of_that_name_is_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, mode: u32| {
            let file = folder.path().join(name).join(NAME);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            file
        };
        let (text, second, third) = (file("a", 0o644), file("b", 0o755), file("c", 0o755));
        fs::create_dir_all(folder.path().join("d/ffmpeg")).unwrap();
        let path = |names: &[&str]| {
            Some(std::env::join_paths(names.iter().map(|name| folder.path().join(name))).unwrap())
        };
        assert_eq!(program(None, path(&["none", "d", "a", "b", "c"])), Ok(second.clone()));
        assert_eq!(program(None, path(&["d", "a"])), Err(Missing::NotOnPath));
        assert_eq!(program(None, None), Err(Missing::NotOnPath));
        assert_eq!(program(Some(&third), path(&["b"])), Ok(third));
        assert_eq!(program(Some(&text), path(&["b"])), Err(Missing::NotThere(text)));
    }
}
