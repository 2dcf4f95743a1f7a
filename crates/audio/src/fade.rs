//! What is heard in place of lost sound where the codec has nothing better.

use media::Delta;

use crate::Pcm;

/// Goes from the last sample that was heard to silence within 5 ms, so that a loss is no click.
#[derive(Debug, Default)]
pub(crate) struct Fade {
    /// Of each channel; empty when what was heard last is silence.
    last: Vec<f32>,
}

impl Fade {
    /// `pcm` was heard.
    pub(crate) fn heard(&mut self, pcm: &Pcm) {
        let channels = pcm.layout.channels();
        if let Some(start) = pcm.samples.len().checked_sub(channels) {
            self.last.clear();
            self.last.extend_from_slice(&pcm.samples[start..]);
        }
    }

    /// Nothing was heard before.
    pub(crate) fn reset(&mut self) {
        self.last.clear();
    }

    /// Puts sound of this length into the place of what was in `pcm`, in its form.
    pub(crate) fn conceal(&mut self, lost: Delta, pcm: &mut Pcm) {
        const PER_SECOND: u32 = 200;
        let channels = pcm.layout.channels();
        let frames = lost.to_ticks(pcm.rate).max(0) as usize;
        pcm.samples.clear();
        pcm.samples.resize(frames * channels, 0.0);
        if self.last.len() == channels {
            let ramp = (pcm.rate / PER_SECOND).max(1) as f32;
            for (at, frame) in pcm.samples.chunks_exact_mut(channels).take(ramp as usize).enumerate() {
                let level = 1.0 - (at + 1) as f32 / ramp;
                frame.iter_mut().zip(&self.last).for_each(|(sample, last)| *sample = last * level);
            }
        }
        self.last.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;

    #[test]
    fn silence_is_reached_without_a_step() {
        let mut pcm = Pcm { samples: vec![0.0, 0.0, 0.8, -0.4], ..Pcm::new(48_000, Layout::STEREO) };
        let mut fade = Fade::default();
        fade.heard(&pcm);
        fade.conceal(Delta::millis(20), &mut pcm);
        assert_eq!(pcm.frames(), 960);
        let mut last = [0.8f32, -0.4];
        for frame in pcm.samples.chunks_exact(2) {
            assert!((frame[0] - last[0]).abs() < 0.005 && (frame[1] - last[1]).abs() < 0.005);
            last = [frame[0], frame[1]];
        }
        assert!(pcm.samples[480..].iter().all(|sample| *sample == 0.0), "after 5 ms");
        fade.conceal(Delta::millis(20), &mut pcm);
        assert!(pcm.samples.iter().all(|sample| *sample == 0.0), "and stays");
    }
}
