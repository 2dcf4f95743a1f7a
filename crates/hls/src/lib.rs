//! HLS: a live stream's frames into MPEG-TS segments, and the playlists that list them.
//!
//! ```text
//! let mut segmenter = hls::Segmenter::new(config, 0);
//! segmenter.push(&frame);                            // published frames, in the order of the log
//! while let Some(segment) = segmenter.poll() {       // drain after every call
//!     window.push(Arc::new(segment));
//! }
//! segmenter.finish();                                // the publisher has gone: drain once more
//! playlist::media(&window, "stream", "")
//! ```
//!
//! Pure: it keeps no file, no socket and no clock. Outside are who may watch, how long a playlist is kept
//! after its stream, and the HTTP around it.
//!
//! Speaks HLS version 3; [`ll`] is the low-latency variant, with fragmented MP4 in parts, and [`past`] lists hours of a live stream. Left out: encryption, byte ranges.
//!
//! Source: RFC 8216.

mod config;
mod cutter;
mod intake;
pub mod ll;
mod muxer;
pub mod past;
pub mod playlist;
mod segment;
mod segmenter;
mod sliding;
mod transport;
mod window;

pub use config::Config;
pub use segment::{Name, Segment};
pub use segmenter::Segmenter;
pub use window::Window;
