//! RTP headers (RFC 3550 §5.1) with extensions (RFC 8285 §4.2).

use crate::negotiate::{ABS_SEND_TIME, Line, MID, TRANSPORT_CC};

/// What differs from packet to packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) marker: bool,
    /// Whether the payload is filled up (RFC 3550 §5.1).
    pub(super) padded: bool,
    pub(super) number: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

/// Which extensions the other end knows of one track, and under which ids.
#[derive(Debug)]
pub(super) struct Extensions {
    mid: Option<(u8, Box<str>)>,
    pub(super) transport: Option<u8>,
    time: Option<u8>,
}

/// What they say this time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extended {
    /// Of which m-line it is.
    pub(super) mid: bool,
    /// The transport-wide number.
    pub(super) transport: Option<u16>,
    /// Microseconds since whenever.
    pub(super) time: u64,
}

impl Extensions {
    pub(super) fn of(line: &Line) -> Extensions {
        let id = |wanted: &str| line.extensions.iter().find(|(_, uri)| uri == wanted).map(|(id, _)| *id);
        let fits = (1..=16).contains(&line.mid.len());
        Extensions {
            mid: id(MID).filter(|_| fits).map(|id| (id, line.mid.as_str().into())),
            transport: id(TRANSPORT_CC),
            time: id(ABS_SEND_TIME),
        }
    }

    /// Appends `header`.
    pub(super) fn write(&self, header: Header, extended: Extended, out: &mut Vec<u8>) {
        let mid = self.mid.as_ref().filter(|_| extended.mid);
        let transport = self.transport.zip(extended.transport);
        let any = mid.is_some() || transport.is_some() || self.time.is_some();
        out.push(0x80 | u8::from(header.padded) << 5 | u8::from(any) << 4);
        out.push(u8::from(header.marker) << 7 | header.number);
        out.extend(header.sequence.to_be_bytes());
        out.extend(header.timestamp.to_be_bytes());
        out.extend(header.ssrc.to_be_bytes());
        if !any {
            return;
        }
        let start = out.len();
        // One-byte headers, and how many words there are, which is not known yet.
        out.extend([0xbe, 0xde, 0, 0]);
        let mut element = |id: u8, data: &[u8]| {
            out.push(id << 4 | (data.len() as u8).saturating_sub(1));
            out.extend(data);
        };
        if let Some((id, sequence)) = transport {
            element(id, &sequence.to_be_bytes());
        }
        if let Some(id) = self.time {
            // Seconds in 6.18 bits.
            let time = ((u128::from(extended.time) << 18) / 1_000_000) as u32;
            let [_, time @ ..] = time.to_be_bytes();
            element(id, &time);
        }
        if let Some((id, mid)) = mid {
            element(*id, mid.as_bytes());
        }
        out.resize(start + (out.len() - start).next_multiple_of(4), 0);
        let words = ((out.len() - start) / 4 - 1) as u8;
        if let Some(count) = out.get_mut(start + 3) {
            *count = words;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_written_as_the_rfcs_have_it() {
        let header =
            Header { marker: true, padded: false, number: 96, sequence: 0x0102, timestamp: 3, ssrc: 4 };
        let plain = [0x80, 0xe0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4];
        let write = |extensions: &Extensions, extended| {
            let mut out = vec![9];
            extensions.write(header, extended, &mut out);
            out.split_off(1)
        };
        let none = Extensions { mid: None, transport: None, time: None };
        assert_eq!(write(&none, Extended { mid: true, transport: Some(7), time: 0 }), plain);
        let all = Extensions { mid: Some((2, "12".into())), transport: Some(1), time: Some(3) };
        let out = write(&all, Extended { mid: true, transport: Some(0x0708), time: 1_500_000 });
        assert_eq!((out[0], &out[1..12]), (0x90, &plain[1..]));
        assert_eq!(out[12..], [0xbe, 0xde, 0, 3, 0x11, 7, 8, 0x32, 6, 0, 0, 0x21, b'1', b'2', 0, 0]);
        let out =
            write(&Extensions { time: None, ..all }, Extended { mid: false, transport: Some(1), time: 0 });
        assert_eq!(out[12..], [0xbe, 0xde, 0, 1, 0x11, 0, 1, 0]);
    }
}
