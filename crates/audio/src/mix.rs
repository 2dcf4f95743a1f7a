//! From one set of loudspeakers to another.
//!
//! Source: ITU-R BS.775-3 annex 4, table 2 (downward mixing).

use crate::{Layout, Speaker};

/// Turns sound for some loudspeakers into mono or stereo.
///
/// Stereo of surround is left + 0.7071 centre + 0.7071 left surround, and so on, without LFE. Peaks that pass full scale
/// because several channels add up are bent, not cut. Mono is half of what stereo would be on the left and the
/// right, 3 dB less than BS.775 has it, so that what is the same on both sides keeps its level.
#[derive(Debug, Clone)]
pub struct Mix {
    from: usize,
    /// For each channel that comes, how much of it each of one or two gets.
    gains: Vec<[f32; 2]>,
    to: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Copy,
    /// Nothing adds up to more than full scale.
    Plain,
    /// Channels add up.
    Bent,
}

impl Mix {
    /// To mono where `channels` is 1, to stereo otherwise.
    pub fn new(from: Layout, channels: u8) -> Mix {
        let to = Layout::small(channels);
        let speakers = from.speakers();
        let stereo: Vec<_> = match speakers {
            // A single channel, whatever it is called, is heard in the middle.
            [_] => vec![[1.0, 1.0]],
            // Two are a pair.
            [_, _] => vec![[1.0, 0.0], [0.0, 1.0]],
            _ => speakers.iter().map(|speaker| gains(*speaker)).collect(),
        };
        let gains = match to.channels() {
            1 => stereo.iter().map(|[left, right]| [0.5 * (left + right), 0.0]).collect(),
            _ => stereo,
        };
        let kind = match (from.channels(), to.channels()) {
            (1, 1) | (2, 2) => Kind::Copy,
            (1 | 2, _) => Kind::Plain,
            _ => Kind::Bent,
        };
        Mix { from: from.channels(), gains, to: to.channels(), kind }
    }

    /// How many channels come out.
    pub fn channels(&self) -> usize {
        self.to
    }

    /// Appends to `out` what `samples` become; both have their channels' samples in turn.
    pub fn apply(&self, samples: &[f32], out: &mut Vec<f32>) {
        if self.kind == Kind::Copy {
            return out.extend_from_slice(samples);
        }
        out.reserve(samples.len() / self.from * self.to);
        for frame in samples.chunks_exact(self.from) {
            let (mut left, mut right) = (0.0, 0.0);
            for (sample, gains) in frame.iter().zip(&self.gains) {
                left += sample * gains[0];
                right += sample * gains[1];
            }
            if self.kind == Kind::Bent {
                (left, right) = (bend(left), bend(right));
            }
            out.push(left);
            if self.to == 2 {
                out.push(right);
            }
        }
    }
}

/// What the left and the right get of a channel.
fn gains(speaker: Speaker) -> [f32; 2] {
    const THIRD: f32 = std::f32::consts::FRAC_1_SQRT_2; // 3 dB less
    match speaker {
        Speaker::Left => [1.0, 0.0],
        Speaker::Right => [0.0, 1.0],
        Speaker::Centre => [THIRD, THIRD],
        Speaker::BackLeft | Speaker::SideLeft => [THIRD, 0.0],
        Speaker::BackRight | Speaker::SideRight => [0.0, THIRD],
        // One surround channel is 3 dB less again.
        Speaker::BackCentre | Speaker::Other => [0.5, 0.5],
        Speaker::Lfe => [0.0, 0.0],
    }
}

/// Leaves samples up to 0.9 as they are and brings larger ones below full scale, smoothly.
fn bend(sample: f32) -> f32 {
    const STRAIGHT: f32 = 0.9;
    let over = sample.abs() - STRAIGHT;
    if over > 0.0 {
        (STRAIGHT + (1.0 - STRAIGHT) * (over / (1.0 - STRAIGHT)).tanh()).copysign(sample)
    } else {
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(from: Layout, channels: u8, frame: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        Mix::new(from, channels).apply(frame, &mut out);
        out
    }

    #[track_caller]
    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-4);
        assert!(near, "{found:?} is not {expected:?}");
    }

    #[test]
    fn mono_and_stereo() {
        assert_near(&mixed(Layout::MONO, 2, &[0.5, -0.25]), &[0.5, 0.5, -0.25, -0.25]);
        assert_near(&mixed(Layout::STEREO, 1, &[0.5, 0.5, 1.0, 0.0]), &[0.5, 0.5]);
        assert_near(&mixed(Layout::STEREO, 2, &[0.5, 1.2]), &[0.5, 1.2]);
    }

    #[test]
    fn each_channel_of_surround_goes_where_bs_775_puts_it() {
        let aac = Layout::aac(6).expect("5.1");
        let each = |channel: usize| {
            let mut frame = [0.0; 6];
            frame[channel] = 0.5;
            mixed(aac, 2, &frame)
        };
        assert_near(&each(0), &[0.5, 0.0]);
        assert_near(&each(1), &[0.0, 0.5]);
        assert_near(&each(2), &[0.35355, 0.35355]);
        assert_near(&each(3), &[0.0, 0.0]);
        assert_near(&each(4), &[0.35355, 0.0]);
        assert_near(&each(5), &[0.0, 0.35355]);
        // The same in the order of Opus: left, centre, right, back left, back right, LFE.
        let opus = Layout::vorbis(6).expect("5.1");
        assert_near(&mixed(opus, 2, &[0.1, 0.2, 0.3, 0.0, 0.0, 0.9]), &[0.2414, 0.4414]);
        assert_near(&mixed(aac, 1, &[0.2, 0.2, 0.2, 0.9, 0.2, 0.2]), &[0.2 + 0.14142 + 0.14142]);
    }

    #[test]
    fn channels_that_add_up_stay_below_full_scale() {
        let out = mixed(Layout::aac(6).expect("5.1"), 2, &[1.0, -1.0, 1.0, 1.0, 1.0, -1.0]);
        assert!(out[0] > 0.9 && out[0] <= 1.0 && out[1] < 0.0 && out[1] > -1.0, "{out:?}");
        assert!(bend(0.95) > bend(0.93) && bend(0.9) == 0.9 && bend(-3.0) >= -1.0, "in order");
    }
}
