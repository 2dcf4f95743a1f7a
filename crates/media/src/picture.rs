//! What a video codec's parameters say of the pictures.

/// Size, rate and order of the pictures of a track, as its parameter sets or its last key frame have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across, cropped.
    pub width: u32,
    /// Pixels down, cropped.
    pub height: u32,
    /// Frames a second as (numerator, denominator), where the parameters say so; neither is 0.
    pub rate: Option<(u32, u32)>,
    /// Whether pictures may be coded as fields.
    pub interlaced: bool,
    /// How many pictures may be decoded ahead of being shown; `None` when the parameters are silent.
    pub reorder: Option<u32>,
}

impl Picture {
    /// A progressive picture of which nothing is known but its size.
    pub const fn of_size(width: u32, height: u32) -> Picture {
        Picture { width, height, rate: None, interlaced: false, reorder: None }
    }
}
