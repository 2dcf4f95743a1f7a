//! How long things are, and how large they may be.

use media::Delta;

/// Lengths of segments and playlists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// A segment ends at the first key frame after so long, or at one that is 2 % early.
    pub target: Delta,
    /// A playlist lists at least so much, once there is so much.
    pub window: Delta,
    /// A segment ends after so long, key frame or not.
    pub force_cut: Delta,
    /// Nor does it grow beyond this many bytes, but for its last frame.
    pub segment_bytes: usize,
    /// The segments that are kept have at most so many bytes together, as long as [`Window::LEAST`](crate::Window::LEAST) are listed.
    pub window_bytes: usize,
}

impl Config {
    /// With a forced cut after 2.1 times the target or 64 MiB, which are 50 Mbit/s for 10 s, and windows of 256 MiB.
    pub fn new(target: Delta, window: Delta) -> Config {
        Config {
            target,
            window,
            force_cut: Delta::micros((target * 21).as_micros() / 10),
            segment_bytes: 64 << 20,
            window_bytes: 256 << 20,
        }
    }

    /// How much sooner than the target a key frame may come: 2 %. Time stamps are rounded, and key frames
    /// exactly one target length apart must not make segments of two.
    pub(crate) fn slack(&self) -> Delta {
        Delta::micros(self.target.as_micros() / 50)
    }

    /// EXT-X-TARGETDURATION, in seconds, for as long as no segment is longer: 1.5 times the target, so that
    /// the usual distance to the next key frame does not change it. At least 1.
    pub fn target_duration(&self) -> u64 {
        let micros = u64::try_from((self.target * 3).as_micros() / 2).unwrap_or(0);
        micros.div_ceil(1_000_000).max(1)
    }
}

impl Default for Config {
    /// Segments of 10 s, playlists of 60 s.
    fn default() -> Config {
        Config::new(Delta::secs(10), Delta::secs(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_duration_is_one_and_a_half_targets() {
        assert_eq!(Config::default().target_duration(), 15);
        assert_eq!(Config::new(Delta::secs(2), Delta::secs(16)).target_duration(), 3);
        assert_eq!(Config::new(Delta::millis(1_500), Delta::secs(16)).target_duration(), 3);
        assert_eq!(Config::new(Delta::ZERO, Delta::ZERO).target_duration(), 1);
        assert_eq!(Config::new(Delta::secs(-1), Delta::ZERO).target_duration(), 1);
        assert_eq!(Config::default().force_cut, Delta::secs(21));
    }
}
