//! How boxes are written. Source: ISO/IEC 14496-12 §4.2.

use bytes::BufMut as _;

/// Appends a box; `body` appends what is in it.
pub(super) fn put(out: &mut Vec<u8>, kind: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    body(out);
    // Nothing that comes here is near 4 GiB: headers, and chunks of at most `fragmenter::MAX_WAITING` bytes.
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    patch(out, start, size);
}

/// Appends a box with version and flags.
pub(super) fn put_full(
    out: &mut Vec<u8>,
    kind: &[u8; 4],
    (version, flags): (u8, u32),
    body: impl FnOnce(&mut Vec<u8>),
) {
    put(out, kind, |out| {
        out.put_u32(u32::from(version) << 24 | flags);
        body(out);
    });
}

/// Writes `value` over the four bytes at `at`.
pub(super) fn patch(out: &mut [u8], at: usize, value: u32) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}
