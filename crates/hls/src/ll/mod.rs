//! The low-latency variant: fragmented MP4 in segments, and parts of segments that are listed as soon as they are there.
//!
//! ```text
//! let mut segmenter = ll::Segmenter::new(&config, 0);
//! let mut window = ll::Window::new(&config, ll::Resume::default());
//! segmenter.push(&frame);                            // published frames, in the order of the log
//! while let Some(progress) = segmenter.poll() {      // drain after every call
//!     window.push(progress);
//! }
//! playlist::media(&window, "stream", false)          // once it is ready
//! window.edge().has(&reload)                         // whether a request that blocks is to be answered now
//! ```
//!
//! A part ends where the next frame begins that no longer fits into it: only then is it known whether the next part is of
//! the same segment, so the part that a playlist hints at is always the one that comes.
//!
//! Left out: parts as byte ranges, rendition reports (there is one rendition), and an end of the list.
//!
//! Source: draft-pantos-hls-rfc8216bis ("the draft" below) §4.4 (tags), §6.2.5 (delivery directives), §6.2.6 (hints).

mod config;
mod fragments;
mod parts;
pub mod playlist;
mod reload;
mod segment;
mod segmenter;
mod window;

pub use config::Config;
pub use reload::{BadReload, Edge, Reload};
pub use segment::{File, Init, Name, Part, Progress, Segment};
pub use segmenter::Segmenter;
pub use window::{Found, Resume, Window};
