//! Certificates, for every crate that speaks TLS: out of PEM text ([`pem`]), whom they name ([`names`]), and for clients that do not mind
//! which one they are shown ([`anybody`]).
//!
//! Whether a pair can be served, what may trouble clients and what is said of it to people is their business.
//!
//! Source: RFC 5280 (certificates), RFC 7468 (PEM).

pub mod anybody;
mod names;
pub mod pem;

pub use names::names;
