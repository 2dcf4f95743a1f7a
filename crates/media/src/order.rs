//! Pictures that are coded in another order than they are shown in (B-pictures), for players that cannot put them in order.

use crate::nal::nal_units;
use crate::{Codec, Frame, Time, h265};

/// What becomes of a stream for a player that shows pictures as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reordering {
    /// They come in the order in which they are shown.
    #[default]
    None,
    /// Some come late, and no other picture needs those: left out, the rest is in order.
    Disposable,
    /// Some come late that others need: no player without an order of its own shows them right.
    Needed,
}

/// Follows the pictures of one track.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order {
    /// The latest time to be shown, of those since the last key frame that were not late.
    newest: Option<Time>,
}

impl Order {
    /// Takes the next picture in decoding order: whether it is late, and what that means.
    pub fn next(&mut self, frame: &Frame) -> Reordering {
        match self.newest {
            Some(newest) if frame.pts <= newest && !frame.keyframe => {
                if is_disposable(&frame.track.codec, &frame.payload) {
                    Reordering::Disposable
                } else {
                    Reordering::Needed
                }
            }
            _ => {
                self.newest = Some(frame.pts);
                Reordering::None
            }
        }
    }
}

/// Whether no other picture refers to the one in the canonical `payload`.
///
/// Source: H.264 §7.4.1 (`nal_ref_idc`); H.265 §7.4.2.2 (sub-layer non-reference pictures, of the highest sub-layer).
pub fn is_disposable(codec: &Codec, payload: &[u8]) -> bool {
    let mut slices = 0;
    for unit in nal_units(payload, 4) {
        let Ok(unit) = unit else { return false };
        let header = payload.get(unit).unwrap_or_default();
        let (slice, needed) = match codec {
            Codec::H264(_) => h264_slice(header),
            Codec::H265(parameters) => h265_slice(parameters, header),
            _ => return false,
        };
        if slice && needed {
            return false;
        }
        slices += usize::from(slice);
    }
    slices > 0
}

/// Whether `unit` is part of a picture, and whether others refer to that.
fn h264_slice(unit: &[u8]) -> (bool, bool) {
    let header = unit.first().copied().unwrap_or_default();
    (matches!(header & 0x1f, 1..=5), header & 0x60 != 0)
}

fn h265_slice(parameters: &h265::Parameters, unit: &[u8]) -> (bool, bool) {
    let [first, second] = [0, 1].map(|at| unit.get(at).copied().unwrap_or_default());
    let (kind, layer) = (first >> 1 & 0x3f, second & 7);
    // sps_max_sub_layers_minus1, behind the NAL header and the VPS id.
    let layers = parameters.sps.first().and_then(|sps| sps.get(2)).map_or(1, |byte| (byte >> 1 & 7) + 1);
    let unneeded = kind < 16 && kind % 2 == 0 && layer == layers;
    (kind < 32, !unneeded)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use bytes::Bytes;

    use super::*;
    use crate::{Track, TrackId, h264};

    fn h264() -> Codec {
        let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
        Codec::H264(h264::Parameters::new(set(&[0x67, 77, 0, 30]), set(&[0x68, 1])).expect("sets"))
    }

    /// A picture to be shown at `pts` ms; `header` is its NAL unit's first byte.
    fn picture(pts: i64, header: u8) -> Frame {
        let pts = Time::from_millis(pts);
        Frame {
            track: Arc::new(Track { id: TrackId(0), codec: h264() }),
            dts: pts,
            pts,
            duration: None,
            keyframe: header & 0x1f == 5,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload: vec![0, 0, 0, 3, header, 0x88, 0x80].into(),
        }
    }

    fn follow(pictures: &[(i64, u8)]) -> Vec<Reordering> {
        let mut order = Order::default();
        pictures.iter().map(|(pts, header)| order.next(&picture(*pts, *header))).collect()
    }

    #[test]
    fn late_pictures_that_nobody_needs_can_be_left_out() {
        use Reordering::{Disposable, None};
        let coded = [(0, 0x65), (120, 0x41), (40, 0x01), (80, 0x01), (240, 0x41), (160, 0x01), (200, 0x01)];
        assert_eq!(follow(&coded), [None, None, Disposable, Disposable, None, Disposable, Disposable]);
    }

    #[test]
    fn the_middle_of_a_pyramid_cannot() {
        use Reordering::{Disposable, Needed, None};
        let coded = [(0, 0x65), (160, 0x41), (80, 0x21), (40, 0x01), (120, 0x01)];
        assert_eq!(follow(&coded), [None, None, Needed, Disposable, Disposable]);
    }

    #[test]
    fn a_key_frame_begins_anew() {
        use Reordering::None;
        assert_eq!(follow(&[(1_000, 0x65), (500, 0x65), (540, 0x41)]), [None, None, None]);
    }

    #[test]
    fn a_picture_is_disposable_when_all_of_its_slices_are() {
        let unit = |header: u8| [0, 0, 0, 2, header, 0x80];
        let codec = h264();
        assert!(is_disposable(&codec, &[unit(0x06), unit(0x01), unit(0x01)].concat()));
        assert!(!is_disposable(&codec, &[unit(0x01), unit(0x41)].concat()));
        assert!(!is_disposable(&codec, &unit(0x06)), "no picture at all");
        assert!(!is_disposable(&codec, &[0, 0, 0, 9, 0x01]), "broken");
        assert!(!is_disposable(&codec, &[]));
    }

    #[test]
    fn of_h265_only_the_highest_sub_layer_can_be_disposable() {
        let of_layers = |layers: u8| h265::Parameters {
            vps: Vec::new(),
            sps: vec![Bytes::from(vec![0x42, 1, layers - 1 << 1])],
            pps: Vec::new(),
            picture: None,
            profile: Default::default(),
        };
        let trail_n = |layer: u8| [0, 0, 0, 3, 0, layer, 0x80];
        assert!(is_disposable(&Codec::H265(of_layers(1)), &trail_n(1)));
        assert!(!is_disposable(&Codec::H265(of_layers(1)), &[0, 0, 0, 3, 2, 1, 0x80]), "TRAIL_R");
        assert!(!is_disposable(&Codec::H265(of_layers(2)), &trail_n(1)));
        assert!(is_disposable(&Codec::H265(of_layers(2)), &trail_n(2)));
    }
}
