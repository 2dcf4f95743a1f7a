//! Which peer a datagram is for, before there is one.

/// The name of the peer that a binding request asks for: the part of its USERNAME before the colon.
///
/// `None` for everything else, and for what is broken: nothing is checked but the structure.
/// Source: RFC 8489 §5, §14.3; RFC 8445 §7.2.2.
pub fn ufrag(datagram: &[u8]) -> Option<&str> {
    let _ = datagram;
    None
}
