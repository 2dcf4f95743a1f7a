//! What an operator may set of the hub, per app.

use std::collections::HashMap;

use media::Delta;

/// Settings of the hub.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// For every app without settings of its own.
    pub default: Settings,
    /// By app name.
    pub apps: HashMap<String, Settings>,
    /// Bounds over all streams.
    pub limits: Limits,
}

/// Settings of the streams of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The knob between latency and cost.
    pub merge_window: MergeWindow,
    /// How long viewers are kept when a publisher is lost.
    pub grace: Delta,
    /// The same for HTTP-FLV and its kin, whose players reconnect by themselves.
    pub grace_http: Delta,
    /// Where viewers begin unless they ask otherwise.
    pub join: JoinAt,
}

/// How long frames are gathered before they are written to viewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeWindow {
    /// Each frame at once.
    PerFrame,
    /// Nothing while a stream has few viewers, growing with them to this ceiling.
    Adaptive(Delta),
    /// Always this long.
    Fixed(Delta),
}

/// Where a viewer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinAt {
    /// At the last key frame: a picture at once.
    Gop,
    /// At the next key frame: the least delay with long GOPs.
    Key,
}

/// Bounds of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of media over all streams; beyond, the oldest GOPs of the biggest streams go first.
    pub memory: usize,
    /// Streams at a time.
    pub streams: usize,
    /// Sessions at a time, publishers and viewers together.
    pub sessions: usize,
    /// Viewers of one address at a time.
    pub viewers_per_address: usize,
    /// Streams that viewers of one address wait for and nobody publishes.
    pub streams_per_address: usize,
}

impl Config {
    /// The settings of `app`.
    pub fn settings(&self, app: &str) -> &Settings {
        self.apps.get(app).unwrap_or(&self.default)
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            merge_window: MergeWindow::Adaptive(Delta::millis(100)),
            grace: Delta::secs(10),
            grace_http: Delta::ZERO,
            join: JoinAt::Gop,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 1 << 30,
            streams: 10_000,
            sessions: 100_000,
            viewers_per_address: 10_000,
            streams_per_address: 1_000,
        }
    }
}

impl MergeWindow {
    /// The `throughput` preset.
    pub const THROUGHPUT: MergeWindow = MergeWindow::Fixed(Delta::millis(350));

    /// The window for a wire with `readers` viewers on a server that has `all` viewers and publishers.
    pub fn for_readers(self, readers: usize, all: usize) -> Delta {
        match self {
            MergeWindow::PerFrame => Delta::ZERO,
            MergeWindow::Fixed(window) => window,
            MergeWindow::Adaptive(_) if readers < FEW && all < FEW_AT_ALL => Delta::ZERO,
            MergeWindow::Adaptive(ceiling) => {
                let share =
                    |count: usize, many: usize| ceiling.as_micros() * count.min(many) as i64 / many as i64;
                Delta::micros(share(readers, MANY).max(share(all, MANY_AT_ALL)))
            }
        }
    }
}

/// Below this many viewers a write per frame costs nothing that would be noticed.
const FEW: usize = 16;
/// From this many on the window is at its ceiling.
const MANY: usize = 200;
/// The same for all streams together: many small ones are a load too.
const FEW_AT_ALL: usize = 64;
const MANY_AT_ALL: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_grows_with_viewers_and_load_to_its_ceiling() {
        let window =
            |readers, all| MergeWindow::Adaptive(Delta::millis(100)).for_readers(readers, all).as_millis();
        assert_eq!((window(1, 1), window(15, 63)), (0, 0));
        assert_eq!(
            (window(16, 16), window(100, 100), window(200, 200), window(5_000, 5_000)),
            (8, 50, 100, 100)
        );
        assert_eq!((window(1, 64), window(1, 300), window(1, 5_000)), (11, 50, 100));
    }
}
