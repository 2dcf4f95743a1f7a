//! Endpoints of features that the server does not have yet. A feature that comes takes its file out of here.
//!
//! Queries answer what Oryx answers where nothing is set. What would change or start something is read, its sender known, its
//! parameters checked in Oryx's order, and then refused in words: never a success that is none.

mod dubbing;
mod forward;
mod rooms;
mod sources;
mod subtitles;
mod talk;
mod transcode;

use std::sync::LazyLock;

use control::secret::Fingerprint;
use serde_json::Value;

use super::Table;
use super::answer::Failure;
use super::endpoint::{Call, Guard};
use super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    rooms::add(table);
    talk::add(table);
    dubbing::add(table);
    forward::add(table);
    sources::add(table);
    transcode::add(table);
    subtitles::add(table);
}

impl Table {
    /// Adds a query that answers `value`, as of a feature that was never set.
    fn says(&mut self, path: &'static str, value: fn() -> Value) {
        self.at(Guard::Secret, path, move |_: Call, _: Nothing| async move { Ok(value()) });
    }

    /// Adds something that would be done by `feature`, whatever it is asked with.
    fn refuses(&mut self, path: &'static str, feature: &'static str) {
        self.at(
            Guard::Change,
            path,
            move |_: Call, _: Nothing| async move { Err(Failure::not_yet(feature)) },
        );
    }
}

/// Why there is nothing at `path`, as Oryx says it of the recording or segment that the path names.
pub(super) fn no_file(path: &str) -> Failure {
    match path.rsplit_once('.') {
        Some((name, "m3u8")) => {
            let uuid = name.split('/').next().unwrap_or_default();
            match uuid {
                "" => Failure::about("invalid uuid ", path),
                uuid => Failure::about("no m3u8 of uuid=", uuid),
            }
        }
        Some((_, "ts")) => Failure::about("no ts file ", path),
        Some((_, "mp4")) => Failure::about("no mp4 file ", path),
        _ => Failure::about("invalid handler for ", path),
    }
}

/// The first of `checks` whose value is empty, as `{words}{name}`.
pub(super) fn first_empty(words: &str, checks: &[(&str, &str)]) -> Result<(), Failure> {
    match checks.iter().find(|(_, value)| value.is_empty()) {
        Some((name, _)) => Err(Failure::new(format!("{words}{name}"))),
        None => Ok(()),
    }
}

/// Whether `name` is one of the platforms that every list has, or one of those that begin with `own` (`forwarding-`). Oryx looks
/// for it anywhere in the name.
fn check_platform(name: &str, own: &str) -> Result<(), Failure> {
    match name {
        "" => Err(Failure::new("no platform")),
        "wx" | "bilibili" | "kuaishou" => Ok(()),
        name if name.contains(own) => Ok(()),
        name => Err(Failure::about("invalid platform=", name)),
    }
}

/// The id of the one task of `kind` that there is in each run of the server.
fn task_id(kind: &str) -> String {
    static RUN: LazyLock<String> =
        LazyLock::new(|| format!("{} {:?}", std::process::id(), std::time::SystemTime::now()));
    let digits = Fingerprint::of(&format!("{kind} {}", *RUN));
    let digits = digits.as_str();
    // The digits that say which kind of UUID it is: version 4, variant 1.
    format!(
        "{}-{}-4{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..15],
        &digits[15..18],
        &digits[18..30]
    )
}

#[cfg(test)]
#[path = "off_test.rs"]
mod tests;
