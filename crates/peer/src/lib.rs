//! Who is at the other end of a connection that came through proxies.
//!
//! A proxy says it in front of the connection ([`proxy`], the PROXY protocol) or in the headers of an HTTP request
//! ([`forwarded`]). Either is believed of nobody but those whom an operator trusts ([`Trusted`]): anybody can write a header.
//!
//! Pure: bytes and text in, addresses out. Sources: "The PROXY protocol", versions 1 and 2 (HAProxy, 2020/03/05); RFC 7239 for
//! `Forwarded`; `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Real-IP` as nginx, HAProxy and Traefik write them.
//!
//! Left out: the TLVs of PROXY version 2 but for whether the client speaks TLS (names and certificates, checksums), which are passed
//! over; `by` and `host` of `Forwarded`, which nothing here asks for.

pub mod forwarded;
pub mod proxy;
mod trusted;

pub use trusted::{BadNetwork, Trusted};
