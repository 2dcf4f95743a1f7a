//! TLS: certificates that can be replaced while the server runs, and sockets that speak it in both directions.
//!
//! rustls does the protocol, 1.2 and 1.3, with aws-lc-rs for the cryptography. Who has certificates, from files today, from
//! an authority later, parses them into a [`Pair`] and hands them to [`Certificates`], which every listener with TLS asks at
//! each handshake. Where we are the client, [`Trust`] says whom to believe.

mod accept;
mod certificates;
mod pair;
mod self_signed;
mod socket;
mod trust;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

pub(crate) use accept::Acceptor;
pub use certificates::Certificates;
pub use pair::{Doubt, Fault, Pair, PairError};
pub use self_signed::{MakeError, SelfSigned};
pub(crate) use socket::Socket;
pub use trust::Trust;

/// The cryptography that the program has chosen for the process, which is the one there is in any case.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()))
}

/// Chooses the cryptography of the process. To be called once, at its start: libraries that use TLS by themselves ask for it.
pub fn install() {
    // Errs when there is one already: it is the same.
    let _ = aws_lc_rs::default_provider().install_default();
}
