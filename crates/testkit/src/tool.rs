//! The programs that tests drive, and what happens where one is missing.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A program that a test needs and a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The distribution's `ffmpeg` and `ffprobe`.
    Ffmpeg,
    /// An `ffmpeg` that speaks enhanced RTMP and WHIP, in the repository's `.tools/`.
    Ffmpeg9,
    /// aiortc for Python, in the repository's `.tools/`.
    Aiortc,
    /// moto for Python, an S3 server, in the repository's `.tools/`.
    Moto,
    /// `cvlc`.
    Vlc,
    /// Chromium, Node.js and the packages of `e2e/`.
    Browser,
    /// `nginx` with its RTMP module.
    Nginx,
    /// `nginx` with its module for streams of any kind.
    NginxStream,
    /// `openssl`.
    Openssl,
    /// `curl`, which speaks HTTP/2.
    Curl,
    /// `pebble`, an authority for tests, and `pebble-challtestsrv`, its DNS.
    Pebble,
    /// `certutil`, which tells browsers whom to believe.
    Certutil,
}

/// Whether all `tools` are here. If not, the test is to return: what it lacks is said and noted for the checks' count,
/// and with `STRICT=1` (or `CI=true`) it fails instead.
#[track_caller]
pub fn have(tools: &[Tool]) -> bool {
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.present()).collect();
    if missing.is_empty() {
        return true;
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let note = format!("{test}: skipped, missing {missing:?}; scripts/setup.sh test installs them");
    assert!(!strict(), "{note}");
    eprintln!("{note}");
    if let Some(path) = std::env::var_os("SLUICE_TEST_SKIPPED") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let noted = file.and_then(|mut file| writeln!(file, "{note}"));
        assert!(noted.is_ok(), "the skip cannot be noted: {noted:?}");
    }
    false
}

impl Tool {
    fn present(self) -> bool {
        match self {
            Tool::Ffmpeg => on_path("ffmpeg").is_some() && on_path("ffprobe").is_some(),
            Tool::Ffmpeg9 => ffmpeg9().exists(),
            Tool::Aiortc => has_package("aiortc"),
            Tool::Moto => has_package("moto"),
            Tool::Vlc => on_path("cvlc").is_some(),
            Tool::Nginx => on_path("nginx").is_some() && nginx_rtmp_module().is_some(),
            Tool::NginxStream => on_path("nginx").is_some() && nginx_module("stream").is_some(),
            Tool::Openssl => on_path("openssl").is_some(),
            Tool::Curl => on_path("curl").is_some(),
            Tool::Pebble => on_path("pebble").is_some() && on_path("pebble-challtestsrv").is_some(),
            Tool::Certutil => on_path("certutil").is_some(),
            Tool::Browser => {
                on_path("chromium").is_some()
                    && on_path("node").is_some()
                    && e2e().join("node_modules/playwright-core").exists()
            }
        }
    }
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the browser tests.
pub(crate) fn e2e() -> PathBuf {
    root().join("e2e")
}

pub(crate) fn ffmpeg9() -> PathBuf {
    root().join(".tools/ffmpeg9")
}

/// The interpreter that has the packages in `.tools/`.
pub(crate) fn python() -> PathBuf {
    root().join(".tools/venv/bin/python")
}

/// Whether `scripts/setup.sh` has installed it into `.tools/`.
fn has_package(name: &str) -> bool {
    python().exists() && root().join(".tools/venv").join(format!(".{name}")).exists()
}

/// The file that nginx loads to speak RTMP.
pub fn nginx_rtmp_module() -> Option<PathBuf> {
    nginx_module("rtmp")
}

/// The file of nginx's module `name`.
pub fn nginx_module(name: &str) -> Option<PathBuf> {
    ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"]
        .map(|folder| Path::new(folder).join(format!("ngx_{name}_module.so")))
        .into_iter()
        .find(|file| file.is_file())
}

/// Where `name` is found on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The build folder that the running test was built into: clips are kept there between runs.
pub(crate) fn cache() -> PathBuf {
    let exe = std::env::current_exe().expect("a running program has a path");
    let profile = exe.ancestors().find(|folder| folder.join("deps").is_dir());
    profile.unwrap_or(&std::env::temp_dir()).join("testkit")
}

fn strict() -> bool {
    let set = |name, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    set("STRICT", "1") || set("CI", "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program").is_none());
    }

    #[test]
    fn the_cache_is_in_the_build_folder() {
        assert!(cache().parent().is_some_and(|profile| profile.join("deps").is_dir()));
    }
}
