//! Copies a live HLS stream into a folder, so that a file server can be measured with the same files.

use std::collections::HashSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::target::Target;
use crate::view::http::{Part, Responses};
use crate::view::playlist::{Playlist, Segment, resolve};

/// Copies until killed: every segment first, then the playlist that names it, each put in place whole. The playlist keeps the
/// name that it has in the URL, and so do segments, without their queries. What the playlist no longer names goes a minute later.
pub(crate) fn copy(source: &Target, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut path = source.path(0);
    let name = file_name(&path)?;
    let mut copied: HashSet<String> = HashSet::new();
    let mut outdated: Vec<PathBuf> = Vec::new();
    loop {
        let (status, body) = fetch(source, &path)?;
        let text = String::from_utf8(body).context("the playlist is no text")?;
        match Playlist::parse(&text).filter(|_| status == 200) {
            None => {}
            Some(Playlist::Master(variant)) => {
                path = resolve(&path, &variant);
                continue;
            }
            Some(Playlist::Media { segments, .. }) => {
                for segment in &segments {
                    let file = file_name(&segment.uri)?;
                    if copied.insert(file.clone()) {
                        let (status, body) = fetch(source, &resolve(&path, &segment.uri))?;
                        ensure!(status == 200, "{}: status {status}", segment.uri);
                        place(folder, &file, &body)?;
                    }
                }
                place(folder, &name, without_queries(&text).as_bytes())?;
                forget(&mut copied, &mut outdated, &segments, folder);
            }
        }
        std::thread::sleep(INTERVAL);
    }
}

/// Removes segments that the playlist has not named for a while.
fn forget(copied: &mut HashSet<String>, outdated: &mut Vec<PathBuf>, segments: &[Segment], folder: &Path) {
    let current: HashSet<String> =
        segments.iter().filter_map(|segment| file_name(&segment.uri).ok()).collect();
    copied.retain(|file| {
        let keep = current.contains(file);
        if !keep {
            outdated.push(folder.join(file));
        }
        keep
    });
    let surplus = outdated.len().saturating_sub(KEPT_SEGMENTS);
    for file in outdated.drain(..surplus) {
        // It is only in the way.
        let _ = fs::remove_file(file);
    }
}

/// One request on a connection of its own: status and body.
fn fetch(source: &Target, path: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream =
        TcpStream::connect(source.address).with_context(|| format!("no server at {}", source.address))?;
    let host = source.address;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut wire = Vec::new();
    stream.take(LARGEST_FILE).read_to_end(&mut wire)?;
    let (mut responses, mut data) = (Responses::new(), &wire[..]);
    let (mut answered, mut body) = (None, Vec::new());
    while let Some(part) = responses.next(&mut data)? {
        match part {
            Part::Status(status) => answered = Some(status),
            Part::Body(bytes) => body.extend_from_slice(bytes),
            Part::End => break,
        }
    }
    match answered {
        Some(status) => Ok((status, body)),
        None => bail!("{path}: no answer"),
    }
}

/// Writes a file whole under another name and then gives it its own.
fn place(folder: &Path, name: &str, body: &[u8]) -> anyhow::Result<()> {
    let (part, whole) = (folder.join(format!("{name}.part")), folder.join(name));
    fs::write(&part, body).with_context(|| format!("cannot write {}", part.display()))?;
    fs::rename(&part, &whole).with_context(|| format!("cannot write {}", whole.display()))
}

/// The last element of a path, without query; never one that leads out of the folder.
fn file_name(path: &str) -> anyhow::Result<String> {
    let path = path.split('?').next().unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    ensure!(!name.is_empty() && name != ".." && name != ".", "{path} names no file");
    Ok(name.to_owned())
}

/// The playlist with segments next to it.
fn without_queries(text: &str) -> String {
    let line = |line: &str| match line.starts_with('#') || line.is_empty() {
        true => line.to_owned(),
        false => file_name(line).unwrap_or_default(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

const INTERVAL: Duration = Duration::from_millis(250);
/// Beyond those of the playlist: a slow viewer may still fetch them.
const KEPT_SEGMENTS: usize = 6;
const LARGEST_FILE: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_copy_names_files_beside_it() {
        let text = "#EXTM3U\n#EXTINF:10,\n/live/s-1.ts?hls_ctx=a\n#EXTINF:10,\ns-2.ts\n";
        assert_eq!(without_queries(text), "#EXTM3U\n#EXTINF:10,\ns-1.ts\n#EXTINF:10,\ns-2.ts\n");
        assert!(file_name("/live/..").is_err());
        assert!(file_name("/live/?x").is_err());
    }

    #[test]
    fn files_appear_whole_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let segment =
            |n: u64| Segment { sequence: n, duration: Duration::from_secs(1), uri: format!("{n}.ts") };
        let (mut copied, mut outdated) = (HashSet::new(), Vec::new());
        for n in 0..20 {
            place(folder.path(), &format!("{n}.ts"), b"x").unwrap();
            copied.insert(format!("{n}.ts"));
            forget(&mut copied, &mut outdated, &[segment(n)], folder.path());
        }
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, KEPT_SEGMENTS + 1);
        assert!(folder.path().join("19.ts").exists() && !folder.path().join("0.ts").exists());
    }
}
