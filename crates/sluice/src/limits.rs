//! What the system allows the process.

use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::warn;

/// Fewer would not do for a server of some hundred viewers.
const ENOUGH_FILES: u64 = 4096;

/// Allows the process as many open files, and so connections, as the system lets it: the usual first limit of 1024 is one
/// for old programs that use `select`.
pub(crate) fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let raised = setrlimit(Resource::Nofile, limit);
    let allowed = getrlimit(Resource::Nofile).current;
    if let (Err(err), Some(allowed)) = (raised, allowed) {
        warn!(%err, allowed, "open files: limit not raised");
    } else if let Some(allowed) = allowed.filter(|allowed| *allowed < ENOUGH_FILES) {
        warn!(allowed, "open files: few connections are possible; raise the limit (ulimit -n, LimitNOFILE)");
    }
}

/// Has the system give the process its memory in ordinary pages, from here on.
///
/// Media flow through memory: what is freed here is filled there. A huge page is cleared as a whole when its first byte is
/// touched, and resident as a whole; with 300 streams that alone took half of the server's time.
pub(crate) fn use_ordinary_pages() {
    // Old kernels and sandboxes do not have it; the server works all the same.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// A quarter of the memory that the process may use: what all streams together may hold.
pub(crate) fn quarter_of_memory() -> usize {
    let system = rustix::system::sysinfo();
    let units = usize::try_from(system.totalram).unwrap_or(usize::MAX);
    let total = units.saturating_mul(usize::try_from(system.mem_unit).unwrap_or(usize::MAX));
    // In a container the group's limit counts; without one the file says "max".
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok()).unwrap_or(usize::MAX);
    total.min(group) / 4
}
