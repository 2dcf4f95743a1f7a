//! How long things are.

use media::Delta;

/// Lengths of segments, parts and playlists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Of segments and playlists.
    pub segments: crate::Config,
    /// No part is longer, unless a frame is.
    pub part: Delta,
}

impl Config {
    /// Segments of `target`, playlists of `window`, parts of `part`.
    ///
    /// A segment is cut by force as late as that of a stream with a key frame every ten seconds needs it, and many
    /// encoders make no more when they are not told to.
    pub fn new(target: Delta, window: Delta, part: Delta) -> Config {
        let mut segments = crate::Config::new(target, window);
        segments.force_cut = segments.force_cut.max(FORCE_CUT);
        Config { segments, part }
    }

    /// No part is shorter, but for the last of a segment and those with a key frame (the draft, §4.4.4.9).
    pub(super) fn least_part(&self) -> Delta {
        Delta::micros((self.part * 17).as_micros() / 20)
    }
}

impl Default for Config {
    /// Segments of 4 s, playlists of 60 s, parts of 350 ms.
    ///
    /// Of 350 ms, because then a whole number of pictures is a part that is neither too long nor too short at all the
    /// usual rates from 10 a second on, whether or not times are rounded to milliseconds.
    fn default() -> Config {
        Config::new(Delta::secs(4), Delta::secs(60), Delta::millis(350))
    }
}

const FORCE_CUT: Delta = Delta::secs(21);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_every_usual_rate_fit_into_parts() {
        let config = Config::default();
        let rates = [
            (10, 1),
            (12, 1),
            (25, 2),
            (15_000, 1_001),
            (15, 1),
            (20, 1),
            (24_000, 1_001),
            (24, 1),
            (25, 1),
            (30_000, 1_001),
            (30, 1),
            (48, 1),
            (50, 1),
            (60_000, 1_001),
            (60, 1),
            (120, 1),
            (300, 1),
        ];
        for (frames, seconds) in rates {
            let picture = seconds as f64 / frames as f64 * 1e6;
            let count = ((config.part.as_micros() - 1_000) as f64 / picture).floor();
            let long = count * picture;
            assert!(long >= config.least_part().as_micros() as f64, "{frames}/{seconds}: {long}");
        }
    }
}
