//! Pictures that may be left out.

use media::{Codec, h264, h265, nal};

/// Whether nothing refers to this picture, so that leaving it out harms no other: players that show pictures in the order
/// they come, as browsers do, cannot show B pictures.
///
/// H.264: `nal_ref_idc` is 0 (§7.4.1). H.265: a sub-layer non-reference picture of the highest sub-layer (§7.4.2.2).
pub fn is_disposable(codec: &Codec, payload: &[u8]) -> bool {
    let unimportant = |header: u8| match codec {
        Codec::H264(_) => slice_of_h264(header).then_some(header & 0x60 == 0),
        Codec::H265(_) => slice_of_h265(header).then_some(header >> 1 <= 14 && header >> 1 & 1 == 0),
        _ => None,
    };
    let mut slices = 0;
    for unit in nal::nal_units(payload, 4) {
        let Some(unit) = unit.ok().and_then(|range| payload.get(range)) else { return false };
        let Some(header) = unit.first() else { continue };
        match unimportant(*header) {
            Some(true) if is_highest(codec, unit) => slices += 1,
            Some(_) => return false,
            None => {}
        }
    }
    slices > 0
}

fn slice_of_h264(header: u8) -> bool {
    // Data partitions (2 to 4) are slices too.
    matches!(h264::NalKind::from_header(header), h264::NalKind::Slice | h264::NalKind::IdrSlice)
        || matches!(header & 0x1f, 2..=4)
}

fn slice_of_h265(header: u8) -> bool {
    header >> 1 & 0x3f < 32 && h265::NalKind::from_header(header).is_slice()
        || (10..32).contains(&(header >> 1 & 0x3f))
}

/// Whether the picture of `unit` is of the highest sub-layer, which nothing but itself could refer to.
fn is_highest(codec: &Codec, unit: &[u8]) -> bool {
    let Codec::H265(parameters) = codec else { return true };
    // sps_max_sub_layers_minus1, behind the NAL header and the VPS's id (§7.3.2.2.1).
    let highest = parameters.sps.first().and_then(|set| set.get(2)).map_or(0, |byte| byte >> 1 & 7);
    unit.get(1).is_some_and(|byte| (byte & 7).saturating_sub(1) >= highest)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn units(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    fn h264() -> Codec {
        let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
        let parameters = h264::Parameters::new(set(&[0x67, 0x64, 0, 0x1f, 0xff]), set(&[0x68, 0xe8]));
        Codec::H264(parameters.expect("sets"))
    }

    /// With `layers` temporal sub-layers.
    fn h265(layers: u8) -> Codec {
        let set = |bytes: Vec<u8>| vec![Bytes::from(bytes)];
        let sps = set(vec![0x42, 0x01, (layers - 1) << 1, 0, 0]);
        let pps = set(vec![0x44, 0x01, 0xc0]);
        Codec::H265(h265::Parameters::new(set(vec![0x40, 0x01, 0]), sps, pps).expect("sets"))
    }

    #[test]
    fn h264_pictures_without_references_are_disposable() {
        assert!(is_disposable(&h264(), &units(&[&[0x06, 5], &[0x01, 0x9a], &[0x01, 0x9b]])));
        assert!(
            !is_disposable(&h264(), &units(&[&[0x01, 0x9a], &[0x41, 0x9b]])),
            "the second is referred to"
        );
        assert!(!is_disposable(&h264(), &units(&[&[0x65, 0x88]])));
        assert!(!is_disposable(&h264(), &units(&[&[0x06, 5]])), "no picture at all");
        assert!(!is_disposable(&h264(), &[0, 0, 0, 9, 1]), "broken");
    }

    #[test]
    fn h265_pictures_of_the_highest_sub_layer_are_disposable() {
        let trail_n = [0x00, 0x01, 0x80];
        let trail_n_second = [0x00, 0x02, 0x80];
        let trail_r = [0x02, 0x01, 0x80];
        let idr = [19 << 1, 0x01, 0x80];
        assert!(is_disposable(&h265(1), &units(&[&trail_n])));
        assert!(!is_disposable(&h265(1), &units(&[&trail_r])));
        assert!(!is_disposable(&h265(1), &units(&[&idr])));
        assert!(!is_disposable(&h265(2), &units(&[&trail_n])), "the second sub-layer may refer to it");
        assert!(is_disposable(&h265(2), &units(&[&trail_n_second])));
    }
}
