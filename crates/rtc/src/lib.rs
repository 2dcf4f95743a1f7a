//! WebRTC: one peer as a machine, and the packets that many players share.
//!
//! ```text
//! let (mut peer, answer) = Peer::player(now, config, &offer, &tracks)?;   // or `publisher`: WHIP
//! loop {
//!     match peer.poll() {                                // drain after every call
//!         Output::Send { via, from, to, datagram } => …
//!         Output::Event(event) => …
//!         Output::Wait(until) => break,                  // tick then, unless something else comes first
//!     }
//! }
//! peer.receive(now, via, from, to, &datagram)?;          // Err: this session is over
//! peer.tick(now)?;                                       // the only other way it learns the time
//! peer.train()                                           // what `poll` would hand out one by one, at once
//! ```
//!
//! What goes to players is packetised once a stream by [`packetize::Packetizer`]; a peer adds header and encryption.
//! What comes from publishers is put together again, and its tracks are put on one clock.
//!
//! Outside: sockets, the framing of TCP (RFC 4571), who may do what, HTTP. Many peers share a port: the first datagram
//! of each names its peer ([`stun::ufrag()`]), the others are known by where they come from.
//!
//! Sources: RFC 8834 (RTP), 8835 (transports), 8829 (SDP), 8445 (ICE), 6544 (ICE over TCP), 7983 (what is what on one
//! port), 9725 (WHIP), draft-ietf-wish-whep; payload formats where they are written.
//! ICE and DTLS are str0m's, and of what comes from publishers SRTP, RTCP and congestion control too; its types do not show. It
//! makes secrets of DTLS itself: the one thing here that is random. What goes to players passes it by, with the keys that it agreed on.
//! Left out: data channels, TURN (a server with a public address needs none), renegotiation, FEC, RED.

pub mod packetize;
pub mod rtcp;
pub mod stun;

mod certificate;
mod clock;
mod config;
mod engine;
mod error;
mod event;
mod negotiate;
mod path;
mod peer;
mod rtp;
mod sdp;
mod srtp;
mod stats;
mod train;

pub use certificate::{Certificate, NoCertificate};
pub use config::{Candidate, Config, Credentials, Transport};
pub use error::{BadCredentials, Error, Refused};
pub use event::{CodecName, Event, Output, Sample};
pub use packetize::Packet;
pub use peer::{Offering, Peer};
pub use stats::Stats;
pub use train::{Route, Runs, Train};
