//! The server itself, and who changed what.

use std::collections::HashSet;
use std::sync::Arc;

use control::audit::{Deed, Entry};
use jobs::ffmpeg::{Abilities, Missing};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// The state of the server. What the system does not tell is absent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemView {
    /// The server's version.
    pub(crate) version: &'static str,
    /// Seconds since it started.
    pub(crate) uptime: u64,
    /// When it started, RFC 3339.
    pub(crate) started: String,
    /// Its clock, RFC 3339.
    pub(crate) now: String,
    /// What the machine calls itself.
    pub(crate) hostname: String,
    /// Streams that are published, or in their grace.
    pub(crate) streams: usize,
    /// Streams that somebody publishes.
    pub(crate) publishers: usize,
    pub(crate) viewers: usize,
    /// Bytes of media held in memory, of all streams.
    pub(crate) memory: usize,
    /// Bytes a second of media in the last second: from publishers.
    pub(crate) received: Option<f32>,
    /// To viewers.
    pub(crate) sent: Option<f32>,
    pub(crate) process: ProcessView,
    pub(crate) machine: MachineView,
    /// Where the data folder is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk: Option<DiskView>,
    /// What the server listens on.
    pub(crate) listeners: Vec<ListenerView>,
    /// What an operator should look after.
    pub(crate) warnings: Vec<WarningView>,
}

/// The program.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProcessView {
    pub(crate) id: u32,
    /// In percent of one core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu: Option<f32>,
    /// Bytes of memory that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<u64>,
    /// Files and sockets that it has open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) open_files: Option<u64>,
    /// And may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_open_files: Option<u64>,
}

/// The machine, or the container.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MachineView {
    /// Cores that the server may use.
    pub(crate) cpus: usize,
    /// In percent of all cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu: Option<f32>,
    /// Processes that run or want to, over 1, 5 and 15 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<[f32; 3]>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_total: Option<u64>,
    /// Bytes that programs could still have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_available: Option<u64>,
    /// Bytes that the container may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_limit: Option<u64>,
    /// Seconds since it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uptime: Option<u64>,
    /// Bytes a second of its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) net_received: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) net_sent: Option<f32>,
    /// Bytes a second from and to its disks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_read: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_written: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sockets: Option<SocketsView>,
}

/// Sockets of all programs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SocketsView {
    pub(crate) tcp: u64,
    /// Of those, connections.
    pub(crate) established: u64,
    /// Connections that are over, and linger.
    pub(crate) time_wait: u64,
    pub(crate) udp: u64,
}

/// In bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiskView {
    pub(crate) total: u64,
    /// What the server may still write.
    pub(crate) free: u64,
}

/// A door of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListenerView {
    #[schema(example = "rtmp")]
    pub(crate) protocol: &'static str,
    /// IP address and port; an unspecified address is all of the machine's.
    #[schema(example = "[::]:1935")]
    pub(crate) address: String,
}

/// Something that an operator should look after.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct WarningView {
    /// For programs: `disk_nearly_full`, `memory_nearly_full`, `few_open_files`, `open_files_nearly_used`, `clock_set`, `clock_wrong`.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) text: String,
}

/// The FFmpeg that works for the server.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct FfmpegView {
    /// Why there is none that works; then all else is absent or empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/usr/bin/ffmpeg")]
    pub(crate) program: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7.1.2")]
    pub(crate) version: Option<String>,
    /// By the names that it has for them, in alphabetical order.
    pub(crate) decoders: Vec<String>,
    pub(crate) encoders: Vec<String>,
    /// What it reads from and writes to.
    pub(crate) protocols: Vec<String>,
}

impl From<Result<Arc<Abilities>, Missing>> for FfmpegView {
    fn from(found: Result<Arc<Abilities>, Missing>) -> FfmpegView {
        let sorted = |names: &HashSet<String>| {
            let mut names: Vec<_> = names.iter().cloned().collect();
            names.sort();
            names
        };
        match found {
            Err(missing) => FfmpegView { problem: Some(missing.to_string()), ..FfmpegView::default() },
            Ok(found) => FfmpegView {
                problem: None,
                program: Some(found.program.display().to_string()),
                version: Some(found.version.clone()),
                decoders: sorted(&found.decoders),
                encoders: sorted(&found.encoders),
                protocols: sorted(&found.protocols),
            },
        }
    }
}

/// Something that was changed, or tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeedView {
    /// Counts up, also over restarts.
    pub(crate) number: u64,
    /// When, RFC 3339.
    pub(crate) at: String,
    /// The account; absent for somebody unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) who: Option<String>,
    /// From where; absent on the machine itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[schema(example = "DELETE /api/v2/users/{name}")]
    pub(crate) action: String,
    #[schema(example = "/api/v2/users/bob")]
    pub(crate) subject: String,
    /// How it ended: an HTTP status.
    pub(crate) status: u16,
}

impl From<&Entry> for DeedView {
    fn from(entry: &Entry) -> DeedView {
        let Deed { who, from, action, subject, status } = entry.deed.clone();
        let address = from.map(|from| from.to_string());
        DeedView { number: entry.number, at: time(entry.at), who, address, action, subject, status }
    }
}
