//! Tells the service manager how far the server is.
//!
//! Source: sd_notify(3): datagrams of `NAME=value` to the socket in `NOTIFY_SOCKET`, which may be in the abstract namespace (`@…`).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use tracing::debug;

/// The server accepts connections.
pub(crate) fn ready() {
    tell("READY=1\nSTATUS=serving\n");
}

/// The server ends what runs and stops.
pub(crate) fn stopping() {
    tell("STOPPING=1\nSTATUS=stopping\n");
}

/// Nobody listens where no manager has started the server; that is fine.
fn tell(state: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()) else { return };
    let socket = socket.to_string_lossy();
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&*socket),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(err) = sent {
        debug!(%err, "the service manager was not told");
    }
}
