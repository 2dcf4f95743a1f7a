//! What tests are made with: the real server, real encoders and players, clips, and a network that misbehaves on a seed.
//!
//! A black-box test starts a [`Server`], publishes a [`Clip`] to it with [`ffmpeg::publish`], plays it back with
//! [`ffmpeg::play`], [`vlc::play`] or [`browser::play`], and compares what came out with what went in. Everything that
//! waits has a limit and, at the limit, panics with what it waited for and what the processes said.
//!
//! What encoders cannot be asked for is a [`Script`]: a clip's messages with their clock, order or bytes spoilt.
//!
//! What the server calls back is a [`Callback`].
//!
//! Object storage is an [`S3`].
//!
//! Other people's WebRTC peers are in [`webrtc`]; how old what they show is they know by a [`beacon`].
//!
//! A test of a protocol machine takes [`net`]: links in memory that split, lose, delay and reorder, always the same way
//! for the same seed. What runs as a process of its own has such a network in a [`udp_relay::Relay`].
//!
//! Only for `tests/` and `#[cfg(test)]`: nothing that is shipped depends on this crate, and it panics where a library
//! would return an error.

pub mod beacon;
pub mod browser;
pub mod callback;
pub mod clip;
pub mod ffmpeg;
mod framecrc;
pub mod http;
pub mod mix;
pub mod net;
pub mod nginx;
pub mod process;
pub mod s3;
pub mod script;
pub mod server;
pub mod tencent;
pub mod tool;
pub mod udp_relay;
pub mod vlc;
pub mod wait;
pub mod webrtc;

pub use callback::Callback;
pub use clip::Clip;
pub use mix::Mix;
pub use process::{Process, Signal};
pub use s3::S3;
pub use script::Script;
pub use server::Server;
pub use tencent::Tencent;
pub use tool::Tool;
