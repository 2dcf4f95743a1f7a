//! What decoders put out, in the form that the encoder takes.

use crate::{Error, Layout, Mix, Pcm, Resampler};

/// Mixes and converts the sound of one form: one rate and one layout.
pub(crate) struct Conform {
    rate: u32,
    layout: Layout,
    mix: Mix,
    resampler: Resampler,
    mixed: Vec<f32>,
}

impl Conform {
    /// From the form of `pcm` to so many channels at `rate`.
    pub(crate) fn new(pcm: &Pcm, rate: u32, channels: u8) -> Result<Conform, Error> {
        let mix = Mix::new(pcm.layout, channels);
        let resampler = Resampler::new(pcm.rate, rate, mix.channels())?;
        Ok(Conform { rate: pcm.rate, layout: pcm.layout, mix, resampler, mixed: Vec::new() })
    }

    /// Whether `pcm` is of the form that this is for.
    pub(crate) fn takes(&self, pcm: &Pcm) -> bool {
        (self.rate, self.layout) == (pcm.rate, pcm.layout)
    }

    /// Appends what is complete with `samples`.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.mixed.clear();
        self.mix.apply(samples, &mut self.mixed);
        self.resampler.push(&self.mixed, out);
    }

    /// Appends what the end still hides.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        self.resampler.finish(out);
    }
}
