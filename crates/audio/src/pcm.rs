//! Decoded sound.

use crate::Layout;

/// Decoded sound: full scale is ±1, which peaks may pass by a little.
#[derive(Debug, Clone, PartialEq)]
pub struct Pcm {
    /// Samples a second, of each channel.
    pub rate: u32,
    /// The channels.
    pub layout: Layout,
    /// The channels' samples in turn.
    pub samples: Vec<f32>,
}

impl Pcm {
    /// None yet, in this form.
    pub fn new(rate: u32, layout: Layout) -> Pcm {
        Pcm { rate, layout, samples: Vec::new() }
    }

    /// How many samples each channel has.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.layout.channels()
    }
}
