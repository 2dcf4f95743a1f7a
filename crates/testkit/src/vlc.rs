//! VLC as a player without a screen.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, Signal};
use crate::{tool, wait};

/// A VLC at work. Its pictures go into a file, one after the other, at the time at which it would show them.
#[derive(Debug)]
pub struct Playing {
    process: Process,
    _folder: TempDir,
    pictures: PathBuf,
    picture_size: u64,
}

/// Plays `url`, whose pictures have `width` times `height` pixels.
#[track_caller]
pub fn play(url: &str, width: u32, height: u32) -> Playing {
    let folder = TempDir::new().expect("the temporary folder can be written");
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), everybody).expect("an own folder's mode can be set");
    let pictures = folder.path().join("pictures.yuv");
    let mut command = unprivileged("cvlc");
    command
        .env("HOME", folder.path())
        .args(["-I", "dummy", "--no-interact", "--no-color", "-v", "--aout", "dummy", "--avcodec-hw", "none"])
        .args(["--vout", "yuv", "--yuv-file"])
        .arg(&pictures)
        .args([url, "vlc://quit"]);
    let process = Process::start(&format!("vlc {url}"), &mut command);
    let picture_size = u64::from(width) * u64::from(height) * 3 / 2;
    Playing { process, _folder: folder, pictures, picture_size }
}

impl Playing {
    /// How many pictures it has shown.
    pub fn pictures(&self) -> u64 {
        std::fs::metadata(&self.pictures).map_or(0, |file| file.len() / self.picture_size)
    }

    /// Waits until it has shown `count` pictures. Panics after `limit`, and when it ends before.
    #[track_caller]
    pub fn wait_for_pictures(&mut self, count: u64, limit: Duration) {
        wait::until(&format!("{} to show {count} pictures", self.process.name()), limit, || {
            let ended = !self.process.running();
            let shown = self.pictures();
            assert!(shown >= count || !ended, "{} ended after {shown} pictures", self.process.name());
            (shown >= count).then_some(())
        });
    }

    /// What it has said so far.
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }

    /// Ends it.
    #[track_caller]
    pub fn stop(mut self, limit: Duration) {
        self.process.signal(Signal::Term);
        self.process.wait(limit);
    }
}

/// VLC refuses to run as root, so there it becomes nobody.
fn unprivileged(program: &str) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let exe = tool::on_path(program).unwrap_or_else(|| program.into());
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(exe);
    command
}
