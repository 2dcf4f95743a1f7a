//! Small files of a folder that others write into: answers for certificate authorities, and what else belongs at `/.well-known/`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tracing::warn;

/// A file, whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Reads `path` (`acme-challenge/TOKEN`) below `root`. `None` where there is no such file that may be shown. Waits for the disk.
///
/// `root` itself may be a link, or mounted: a panel that orders certificates shares the folder so. Links in it count only as long as
/// they stay in it, for whoever may leave an answer there may not thereby show files of the server. Nothing is listed, and what is
/// larger than [`MOST`] is not served.
pub(super) fn read(root: &Path, path: &str) -> Option<Found> {
    let plain = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['\\', '\0']);
    if !path.split('/').all(plain) {
        return None;
    }
    let root = root.canonicalize().ok()?;
    let place = root.join(path).canonicalize().ok()?;
    // Neither a folder nor a pipe, which would keep whoever opens it waiting.
    if !place.starts_with(&root) || !place.metadata().ok()?.is_file() {
        return None;
    }
    match whole(&place) {
        Ok(Some(bytes)) => Some(Found { kind: kind(path, &bytes), bytes }),
        Ok(None) => {
            warn!(path, most = MOST, "a file of .well-known is too large to be served");
            None
        }
        Err(err) => {
            warn!(path, %err, "a file of .well-known cannot be read");
            None
        }
    }
}

fn whole(place: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(place)?.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MOST).then_some(bytes))
}

fn kind(path: &str, bytes: &[u8]) -> &'static str {
    match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        _ if std::str::from_utf8(bytes).is_ok() => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Bytes; answers and associations have a few hundred.
const MOST: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn files_are_found_and_nothing_outside() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("known"), folder.path().join("secret"));
        fs::create_dir_all(root.join("acme-challenge")).unwrap();
        fs::write(&outside, "secret").unwrap();
        fs::write(root.join("acme-challenge/token"), "token.thumbprint").unwrap();
        fs::write(root.join("a.json"), "{}").unwrap();
        fs::write(root.join("bytes"), [0xff, 0xfe]).unwrap();
        fs::write(root.join("large"), vec![b'x'; MOST as usize + 1]).unwrap();
        let found = |path: &str| read(&root, path);
        let token = found("acme-challenge/token").unwrap();
        assert_eq!(
            (token.kind, token.bytes.as_slice()),
            ("text/plain; charset=utf-8", &b"token.thumbprint"[..])
        );
        assert_eq!(found("a.json").unwrap().kind, "application/json");
        assert_eq!(found("bytes").unwrap().kind, "application/octet-stream");
        for path in [
            "",
            "acme-challenge",
            "acme-challenge/",
            "../secret",
            "acme-challenge/../../secret",
            "large",
            "none",
            "a\0",
        ] {
            assert_eq!(found(path), None, "{path:?}");
        }
        let absolute = outside.to_str().unwrap().to_owned();
        assert_eq!(found(&absolute), None);
        assert_eq!(read(&folder.path().join("nowhere"), "a"), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_count_as_long_as_they_stay_inside() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let (shared, root) = (folder.path().join("shared"), folder.path().join("known"));
        fs::create_dir(&shared).unwrap();
        fs::write(shared.join("token"), "t").unwrap();
        fs::write(folder.path().join("secret"), "s").unwrap();
        symlink("token", shared.join("alias")).unwrap();
        symlink(folder.path(), shared.join("up")).unwrap();
        symlink(folder.path().join("secret"), shared.join("out")).unwrap();
        symlink(&shared, &root).unwrap();
        assert!(read(&root, "token").is_some() && read(&root, "alias").is_some());
        assert!(read(&root, "out").is_none() && read(&root, "up/secret").is_none());
    }
}
