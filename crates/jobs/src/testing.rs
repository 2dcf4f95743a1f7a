//! What the tests of this crate share.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A program that passes for FFmpeg: it says what it is asked before a run, and does `then` in one.
pub(crate) fn pretender(folder: &Path, then: &str) -> PathBuf {
    let path = folder.join("ffmpeg");
    let script = format!(
        r#"#!/bin/sh
case "$2" in
-version) echo "ffmpeg version 99 Copyright"; echo asked >>{folder}/asked;;
-decoders | -encoders) printf ' ------\n V....D h264 x\n V....D mjpeg x\n';;
-protocols) printf 'Input:\n  pipe\nOutput:\n  pipe\n';;
*) {then};;
esac
"#,
        folder = folder.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
