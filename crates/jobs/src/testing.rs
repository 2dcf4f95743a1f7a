//! What the tests of this crate share.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use hub::{AccessRequest, Action, Admission, Denial, Hub, Publisher, SessionId, StreamKey};

/// Lets everybody in.
pub(crate) struct Open;

impl Admission for Open {
    fn admit<'a>(
        &'a self,
        _session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>> {
        Box::pin(async { Ok(request.key.clone()) })
    }
}

/// The stream `live/name`.
pub(crate) fn live(name: &str) -> StreamKey {
    StreamKey::new("live", name).unwrap()
}

/// Somebody who publishes `key`.
pub(crate) async fn publish(hub: &Hub, key: StreamKey) -> Publisher {
    let request = AccessRequest {
        action: Action::Publish,
        key,
        query: String::new(),
        protocol: "test",
        peer: "127.0.0.1:9".parse().unwrap(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    };
    hub.publish(request).await.unwrap()
}

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
