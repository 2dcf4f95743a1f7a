//! H.265, without decoding order numbers. Source: RFC 7798 §4.4.2 (aggregation), §4.4.3 (fragmentation units).

use media::Frame;
use media::h265::{Parameters, nal_units};

use super::{Packet, nal};

pub(super) fn packetize(parameters: &Parameters, frame: &Frame, out: &mut Vec<Packet>) {
    let all = parameters.vps.iter().chain(&parameters.sps).chain(&parameters.pps);
    let sets = all.filter(|_| frame.keyframe).map(|set| &set[..]);
    let units = nal_units(&frame.payload, 4).map_while(Result::ok).map(|unit| &frame.payload[unit]);
    nal::packetize::<Form>(sets.chain(units), out);
}

struct Form;

impl nal::Form for Form {
    type Aggregate = [u8; 2];
    type Fragment = [u8; 3];
    const HEADER: usize = 2;
    const AGGREGATE: usize = 2;
    const FRAGMENT: usize = 3;

    /// The lowest layer and the lowest sub-layer of all of them.
    fn aggregate(units: &[&[u8]]) -> [u8; 2] {
        let headers = || units.iter().map(|unit| header(unit));
        let layer = headers().map(|header| header & LAYER).min().unwrap_or(0);
        let temporal = headers().map(|header| header & TEMPORAL).min().unwrap_or(1);
        (AP << 9 | layer | temporal).to_be_bytes()
    }

    fn fragment(unit: &[u8], first: bool, last: bool) -> [u8; 3] {
        let header = header(unit);
        let kind = (header >> 9) as u8 & 0x3f;
        let [high, low] = (header & !(0x3f << 9) | FU << 9).to_be_bytes();
        [high, low, u8::from(first) << 7 | u8::from(last) << 6 | kind]
    }
}

fn header(unit: &[u8]) -> u16 {
    unit.first_chunk().map_or(1, |header| u16::from_be_bytes(*header))
}

const AP: u16 = 48;
const FU: u16 = 49;
const LAYER: u16 = 0x01f8;
const TEMPORAL: u16 = 0x0007;
