//! What the formats of segments have in common for those who cut them.

use std::sync::Arc;
use std::time::SystemTime;

use media::{Codec, Frame, Time, Track};

/// Puts the frames between two cuts into a format, and keeps the segments that have become complete.
pub(crate) trait Muxer {
    /// Whether the format can carry the track.
    fn carries(track: &Track) -> bool;

    /// Of a kind, only the main track (the one with the lowest id) goes into the segments.
    const MAIN_TRACKS_ONLY: bool;

    /// Whether frames that have `after` can be in a segment that was begun with `before`, of the same codec: whether the
    /// format says anew what has changed, or need not.
    fn goes_on(before: &Codec, after: &Codec) -> bool;

    /// There are these tracks, by id, from the segment on that begins next.
    fn set_tracks(&mut self, tracks: &[Arc<Track>]);

    /// Begins a segment.
    fn begin(&mut self, head: Head);

    /// Takes a frame of the segment.
    fn write(&mut self, frame: &Arc<Frame>);

    /// Bytes of the segment that is being made, about.
    fn bytes(&self) -> usize;

    /// Ends the segment at `end`; `false` if there is nothing in it, so that it never was.
    fn end(&mut self, end: Time) -> bool;
}

/// What is known of a segment when it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) sequence: u64,
    pub(crate) start: Time,
    pub(crate) wall: SystemTime,
    pub(crate) discontinuity: bool,
    pub(crate) independent: bool,
}
