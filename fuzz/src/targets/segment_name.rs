//! Any text as the name of a segment's, a part's or a header's file: what is read is written again as it was. And as what
//! a client says to wait for.

use hls::ll::{self, Edge, Reload};

pub fn run(data: &[u8]) {
    let Ok(file) = std::str::from_utf8(data) else { return };
    if let Some(name) = hls::Name::parse(file) {
        assert_eq!(name.to_string(), file);
    }
    if let Some(name) = ll::Name::parse(file) {
        assert_eq!(name.to_string(), file);
    }
    let mut parts = file.splitn(3, '\n');
    if let Ok(reload) = Reload::parse(parts.next(), parts.next(), parts.next()) {
        let nothing = Edge::default();
        assert!(!nothing.has(&reload) || reload.sequence.is_none(), "{reload:?}");
    }
}
