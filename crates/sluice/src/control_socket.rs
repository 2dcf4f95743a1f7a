//! `run/control.sock`: where the running server is administered from the same machine, by whoever may read its data.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

/// The socket of a running server. Gone when this is dropped.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    path: PathBuf,
}

impl ControlSocket {
    /// Makes the socket in `folder`; one that a crash has left there is replaced. At no time can anybody else open it.
    pub(crate) fn bind(folder: &Path) -> io::Result<(ControlSocket, UnixListener)> {
        let path = folder.join(NAME);
        let draft = folder.join("control.new");
        let _ = fs::remove_dir_all(&draft); // of a start that was cut short
        DirBuilder::new().mode(0o700).create(&draft)?;
        let bound = UnixListener::bind(draft.join("s")).and_then(|listener| {
            fs::set_permissions(draft.join("s"), Permissions::from_mode(0o600))?;
            fs::rename(draft.join("s"), &path)?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let _ = fs::remove_dir_all(&draft);
        Ok((ControlSocket { path }, bound?))
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Asks the server that runs on the data folder whose `run` folder is `folder`; the body of what it answers. Errs with its words.
pub(crate) fn ask(folder: &Path, method: &str, path: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    let socket = folder.join(NAME);
    let mut stream = UnixStream::connect(&socket)
        .with_context(|| format!("a server is running, and {} cannot be opened", socket.display()))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer ends with the connection.
    write!(stream, "{method} {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("the running server did not answer")?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("not an answer in HTTP")?;
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).into_owned(), answer.split_off(end + 4));
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        return Ok(body);
    }
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let words = [&problem["errors"][0]["message"], &problem["detail"], &problem["title"]];
    match words.into_iter().find_map(serde_json::Value::as_str) {
        Some(words) => Err(anyhow!("{words}")),
        None => bail!("the running server answers {status}"),
    }
}

const NAME: &str = "control.sock";
/// For the answer: an export of a large store takes a while.
const PATIENCE: Duration = Duration::from_secs(60);
