#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn lengths(nals: &[&[u8]]) -> Bytes {
    let mut out = Vec::new();
    for nal in nals {
        out.extend((nal.len() as u32).to_be_bytes());
        out.extend(*nal);
    }
    out.into()
}

fn stream(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter().flat_map(|nal| [&[0, 0, 1][..], nal]).collect::<Vec<_>>().concat()
}

/// VPS, SPS, PPS of x265 at 320x180, one SEI and slices.
const VPS: &[u8] = &[0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60];
const SPS: &[u8] = &[0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x0a];
const PPS: &[u8] = &[0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40];

#[test]
fn h265_units_are_told_apart() {
    let idr: &[u8] = &[0x26, 0x01, 0xaf, 1];
    let cra: &[u8] = &[0x2a, 0x01, 0xaf, 2];
    let trail: &[u8] = &[0x02, 0x01, 0xd0, 3];
    let sei: &[u8] = &[0x4e, 0x01, 5, 2, 9, 9, 0x80];
    let delimiter: &[u8] = &[0x46, 0x01, 0x50];
    for (slice, start) in [(idr, true), (cra, true), (trail, false)] {
        let unit = byte_stream(Syntax::H265, &stream(&[delimiter, VPS, SPS, PPS, sei, slice, slice]));
        assert_eq!(unit.payload, lengths(&[sei, slice, slice]));
        assert_eq!(unit.sets, [VPS, SPS, PPS]);
        assert_eq!((unit.slice, unit.start, unit.repaired), (true, start, false));
        let unit = canonical(Syntax::H265, &lengths(&[delimiter, VPS, SPS, PPS, sei, slice, slice]), 4);
        assert_eq!(unit.payload, lengths(&[sei, slice, slice]));
    }
    assert!(!byte_stream(Syntax::H265, &stream(&[VPS, SPS, PPS, sei])).slice);
}

#[test]
fn both_ways_in_give_the_same() {
    let nals: [&[u8]; 6] =
        [&[9, 0xf0], &[0x67, 1, 2, 3, 4], &[0x68, 1], &[6, 1, 1, 9, 0x80], &[0x65, 7, 8], &[12, 0xff]];
    let from_stream = byte_stream(Syntax::H264, &stream(&nals));
    let from_lengths = canonical(Syntax::H264, &lengths(&nals), 4);
    assert_eq!(from_stream.payload, lengths(&[nals[3], nals[4]]));
    assert_eq!(from_stream.payload, from_lengths.payload);
    assert_eq!(from_stream.sets, from_lengths.sets);
    assert!(from_stream.start && from_lengths.start);
}

#[test]
fn unescaped_messages_are_cut_out_alone() {
    // A drone's: the size is right, but a start code stands in it.
    let drone: &[u8] = &[6, 5, 6, 1, 0, 0, 1, 0x65, 9, 0x80];
    let past_the_end: &[u8] = &[6, 5, 60, 1, 2, 3];
    let slice: &[u8] = &[0x41, 1, 2];
    for sei in [drone, past_the_end] {
        let unit = canonical(Syntax::H264, &lengths(&[sei, slice]), 4);
        assert_eq!((unit.payload, unit.repaired), (lengths(&[slice]), true));
    }
    // Its header has two bytes, so that the same bytes mean something else.
    let sei: &[u8] = &[0x4e, 0x01, 5, 1, 7, 0x80];
    let unit = byte_stream(Syntax::H265, &stream(&[sei, &[0x02, 0x01, 9]]));
    assert!(!unit.repaired);
}

#[test]
fn sets_replace_those_with_their_id() {
    let bytes = |set: &[u8]| Bytes::copy_from_slice(set);
    let first = Syntax::H265.merge(None, &[bytes(VPS), bytes(SPS), bytes(PPS)]).unwrap();
    let Codec::H265(parameters) = &first else { panic!("{first:?}") };
    assert_eq!(
        (&parameters.vps, &parameters.sps, &parameters.pps),
        (&vec![bytes(VPS)], &vec![bytes(SPS)], &vec![bytes(PPS)])
    );
    assert_eq!(Syntax::H265.merge(Some(&first), &[bytes(PPS), bytes(VPS)]), None, "nothing new");
    // Picture set 0 anew, and another with id 1.
    let (zero, one) = ([0x44, 0x01, 0xc1, 0x73], [0x44, 0x01, 0x41, 0x73]);
    let second = Syntax::H265.merge(Some(&first), &[bytes(&zero), bytes(&one)]).unwrap();
    let Codec::H265(parameters) = &second else { panic!("{second:?}") };
    assert_eq!(parameters.pps, [bytes(&zero), bytes(&one)]);
    assert_eq!(parameters.sps, [bytes(SPS)]);
    // Of the other codec, or without an SPS: nothing.
    assert_eq!(Syntax::H264.merge(None, &[bytes(&[0x68, 0xe8])]), None);
    assert!(
        Syntax::H264.merge(Some(&first), &[bytes(&[0x67, 1, 2, 3, 0x80]), bytes(&[0x68, 0x80])]).is_some()
    );
}

#[test]
fn ids_of_sps_stand_behind_the_levels() {
    assert_eq!(Syntax::H265.set_id(SPS), Some((Set::Sequence, 0)));
    // Three sub-layers, of which the first has a profile and the second a level of its own; id 2 is 011.
    let mut set = vec![0x42, 0x01, 0x04];
    set.extend([0x11; 12]);
    set.extend([0b1001_0000, 0]);
    set.extend([0x22; 11 + 1]);
    set.push(0b0110_0000);
    assert_eq!(Syntax::H265.set_id(&set), Some((Set::Sequence, 2)));
    assert_eq!(Syntax::H265.set_id(&set[..set.len() - 1]), None);
    assert_eq!(Syntax::H265.set_id(&[0x40, 0x01, 0x5c]), Some((Set::Video, 5)));
    assert_eq!(Syntax::H265.set_id(&[0x02, 0x01, 0x5c]), None);
    assert_eq!(Syntax::H264.set_id(&[0x67, 1, 2, 3, 0b0010_1000]), Some((Set::Sequence, 4)));
    assert_eq!(Syntax::H264.set_id(&[0x68, 0b0001_0000, 0]), Some((Set::Picture, 7)));
}

#[test]
fn a_stream_cannot_make_us_hold_more() {
    let set = |size: usize| Bytes::from([&[0x67, 1, 2, 3, 0x80][..], &vec![7; size]].concat());
    let picture = Bytes::from_static(&[0x68, 0x80]);
    assert!(Syntax::H264.merge(None, &[set(60_000), picture.clone()]).is_some());
    assert_eq!(Syntax::H264.merge(None, &[set(65_530), picture]), None);
    let many: Vec<&[u8]> = std::iter::repeat_n(&[0x68u8, 0x80][..], 100).collect();
    assert_eq!(byte_stream(Syntax::H264, &stream(&many)).sets.len(), MAX_SETS);
}

proptest! {
    #[test]
    fn nothing_panics_and_payloads_are_canonical(
        data in prop::collection::vec(prop_oneof![Just(0u8), Just(1u8), Just(3u8), any::<u8>()], 0..120),
        h265 in any::<bool>(),
        length_size in prop::sample::select(vec![1usize, 2, 4]),
    ) {
        let syntax = if h265 { Syntax::H265 } else { Syntax::H264 };
        let data = Bytes::from(data);
        for unit in [byte_stream(syntax, &data), canonical(syntax, &data, length_size)] {
            let mut sizes = 0;
            for nal in nal_units(&unit.payload, 4) {
                let nal = &unit.payload[nal.unwrap()];
                sizes += nal.len() + 4;
                prop_assert!(!matches!(syntax.role(nal[0]), Role::Set(_) | Role::Nothing));
            }
            prop_assert!(sizes == unit.payload.len() || unit.payload.ends_with(&[0; 4]));
            let _ = syntax.merge(None, &unit.sets);
        }
    }
}
