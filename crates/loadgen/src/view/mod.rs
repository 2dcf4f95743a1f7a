//! The receiving side: what viewers understand of what servers send.

pub(crate) mod chunks;
pub(crate) mod edge;
pub(crate) mod fmp4;
pub(crate) mod hls;
pub(crate) mod http;
pub(crate) mod message;
pub(crate) mod parts;
pub(crate) mod playlist;
pub(crate) mod rtmp;
pub(crate) mod tags;
pub(crate) mod ts;
pub(crate) mod viewer;
pub(crate) mod whep;

/// What a server sent cannot be what it claims to be: the part that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("broken {0}")]
pub(crate) struct Broken(pub(crate) &'static str);

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_input_makes_a_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut data = &bytes[..];
            let mut tags = tags::Tags::new();
            while let Ok(Some(_)) = tags.next(&mut data) {}
            let mut packets = ts::Packets::default();
            packets.push(&bytes);
            packets.end();
            let _ = fmp4::Fragments::default().push(&bytes);
            let _ = std::str::from_utf8(&bytes).map(playlist::Playlist::parse);
            // A whole handshake, and then that.
            bytes.splice(..0, vec![0; 3073]);
            let (mut data, mut chunks) = (&bytes[..], chunks::Chunks::new());
            while let Ok(Some(_)) = chunks.next(&mut data) {}
        }

        #[test]
        fn no_answer_makes_a_viewer_panic(body in "[ -~\n]{0,300}", head in "[ -~\r\n]{0,60}") {
            let now = Instant::now();
            for wire in [format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"), format!("{head}{body}")] {
                let mut hls = hls::Hls::new("127.0.0.1:80".to_owned(), "/s.m3u8".to_owned());
                hls.request(now);
                let mut data = wire.as_bytes();
                while let Ok(Some(_)) = hls.next(&mut data, now) {}
                let mut parts = parts::Parts::new("127.0.0.1:80".to_owned(), "/s.m3u8".to_owned());
                parts.request(now);
                let mut data = wire.as_bytes();
                while let Ok(Some(_)) = parts.next(&mut data, now) {}
            }
            let _ = edge::Edge::parse(&body);
        }
    }
}
