//! What an FFmpeg can do, as it says itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{self, Limits};
use super::{Failure, Missing};

/// What a program that is FFmpeg can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Where it is.
    pub program: PathBuf,
    /// What it calls its version: `5.1.9-0+deb12u1`, `N-118-g…`.
    pub version: String,
    /// Its decoders, by their names.
    pub decoders: HashSet<String>,
    /// Its encoders.
    pub encoders: HashSet<String>,
    /// Protocols that it reads from and writes to.
    pub protocols: HashSet<String>,
}

impl Abilities {
    /// Errs unless one of the decoders `names` is there; `what` is what they are for.
    pub(crate) fn decodes(&self, names: &[&str], what: &str) -> Result<(), Missing> {
        self.has(&self.decoders, names, &format!("a decoder for {what}"))
    }

    /// The same of encoders.
    pub(crate) fn encodes(&self, names: &[&str], what: &str) -> Result<(), Missing> {
        self.has(&self.encoders, names, &format!("an encoder for {what}"))
    }

    fn has(&self, there: &HashSet<String>, names: &[&str], what: &str) -> Result<(), Missing> {
        if names.iter().any(|name| there.contains(*name)) {
            return Ok(());
        }
        Err(Missing::Without { program: self.program.clone(), what: what.to_owned() })
    }
}

/// Asks the program. Errs when it does not answer as FFmpeg does, or cannot use pipes.
pub(super) async fn look(program: PathBuf) -> Result<Abilities, Missing> {
    let broken = |failure| Missing::Broken { program: program.clone(), failure };
    let version = ask(&program, "-version").await.map_err(broken)?;
    let version = version_in(&version).ok_or_else(|| Missing::Broken {
        program: program.clone(),
        failure: Failure::Exit { end: child::Ended::Code(0), said: version.chars().take(80).collect() },
    })?;
    let decoders = codecs_in(&ask(&program, "-decoders").await.map_err(broken)?);
    let encoders = codecs_in(&ask(&program, "-encoders").await.map_err(broken)?);
    let protocols = protocols_in(&ask(&program, "-protocols").await.map_err(broken)?);
    let abilities = Abilities { program, version, decoders, encoders, protocols };
    abilities.has(&abilities.protocols, &["pipe"], "the protocol pipe")?;
    Ok(abilities)
}

async fn ask(program: &Path, question: &str) -> Result<String, Failure> {
    let arguments = ["-hide_banner", question].map(str::to_owned);
    let answer = child::run(program, &arguments, Vec::new(), LIMITS).await?;
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// `ffmpeg version 5.1.9-0+deb12u1 Copyright (c) …`
fn version_in(text: &str) -> Option<String> {
    let version = text.strip_prefix("ffmpeg version ")?.split_whitespace().next()?;
    Some(version.chars().take(MAX_VERSION).collect())
}

/// ` V....D h264                 H.264 / AVC / …`, below a line of dashes.
fn codecs_in(text: &str) -> HashSet<String> {
    let lines = text.lines().skip_while(|line| line.trim() != "------").skip(1);
    lines.filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// Names on lines of their own, below `Input:` and `Output:`.
fn protocols_in(text: &str) -> HashSet<String> {
    let (input, output) = text.split_once("Output:").unwrap_or((text, ""));
    let names = |text: &str| text.lines().map(str::trim).map(str::to_owned).collect::<HashSet<_>>();
    names(input).intersection(&names(output)).filter(|name| !name.is_empty()).cloned().collect()
}

/// Loading its libraries takes a while where the disk is slow; the longest list has some 20 kB.
/// It answers within a tenth of a second, and later where encoders leave it nothing of the machine.
const LIMITS: Limits = Limits { time: Duration::from_secs(30), output: 256 << 10 };
const MAX_VERSION: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_version_is_what_stands_behind_the_name() {
        let said = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n";
        assert_eq!(version_in(said).unwrap(), "5.1.9-0+deb12u1");
        assert_eq!(version_in("ffprobe version 5.1"), None);
        assert_eq!(version_in("ffmpeg version "), None);
        assert_eq!(version_in(&format!("ffmpeg version {}", "9".repeat(900))).unwrap().len(), MAX_VERSION);
    }

    #[test]
    fn codecs_are_listed_below_the_legend() {
        let said = "Decoders:\n V..... = Video\n A..... = Audio\n ------\n VFS..D h264                 H.264 (codec h264)\n \
                    V....D libdav1d             dav1d (codec av1)\n";
        assert_eq!(codecs_in(said), HashSet::from(["h264", "libdav1d"].map(str::to_owned)));
        assert_eq!(codecs_in("nothing\nof the kind"), HashSet::new());
    }

    #[test]
    fn protocols_go_both_ways() {
        let said = "Supported file protocols:\nInput:\n  async\n  pipe\nOutput:\n  md5\n  pipe\n";
        assert_eq!(protocols_in(said), HashSet::from(["pipe".to_owned()]));
        assert_eq!(protocols_in("Input:\n  pipe\n"), HashSet::new());
    }
}
