//! H.264, packetization mode 1. Source: RFC 6184 §5.4 (modes), §5.7.1 (STAP-A), §5.8 (FU-A).

use media::Frame;
use media::h264::{Parameters, nal_units};

use super::{Packet, nal};

pub(super) fn packetize(parameters: &Parameters, frame: &Frame, out: &mut Vec<Packet>) {
    let sets = parameters.sps.iter().chain(&parameters.pps).filter(|_| frame.keyframe).map(|set| &set[..]);
    let units = nal_units(&frame.payload, 4).map_while(Result::ok).map(|unit| &frame.payload[unit]);
    nal::packetize::<Form>(sets.chain(units), out);
}

struct Form;

impl nal::Form for Form {
    type Aggregate = [u8; 1];
    type Fragment = [u8; 2];
    const HEADER: usize = 1;
    const AGGREGATE: usize = 1;
    const FRAGMENT: usize = 2;

    /// The highest importance of all of them, and the error bit of any.
    fn aggregate(units: &[&[u8]]) -> [u8; 1] {
        let headers = || units.iter().filter_map(|unit| unit.first().copied());
        let importance = headers().map(|header| header & 0x60).max().unwrap_or(0);
        let error = headers().fold(0, |error, header| error | header & 0x80);
        [error | importance | STAP_A]
    }

    fn fragment(unit: &[u8], first: bool, last: bool) -> [u8; 2] {
        let header = unit.first().copied().unwrap_or(0);
        [header & 0xe0 | FU_A, u8::from(first) << 7 | u8::from(last) << 6 | header & 0x1f]
    }
}

const STAP_A: u8 = 24;
const FU_A: u8 = 28;
