#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn header(csid: u32, timestamp: u32) -> Header {
    Header { csid, timestamp, kind: 9, stream: 1 }
}

fn written(header: &Header, chunk_size: u32, body: &[Bytes]) -> Vec<Bytes> {
    let (mut out, mut scratch) = (Vec::new(), BytesMut::new());
    write(&mut out, &mut scratch, header, chunk_size, body).unwrap();
    assert!(scratch.is_empty());
    out
}

#[test]
fn bytes_are_those_of_the_specification() {
    let out = written(&header(6, 0x01_0203), 128, &[Bytes::from(vec![7; 200])]).concat();
    let expected = [&[6, 1, 2, 3, 0, 0, 200, 9, 1, 0, 0, 0], &[7; 128][..], &[0xc6], &[7; 72]].concat();
    assert_eq!(out, expected);
}

#[test]
fn an_extended_timestamp_is_repeated() {
    for (timestamp, field, extended) in [
        (0xff_fffe, [0xff, 0xff, 0xfe], vec![]),
        (0xff_ffff, [0xff; 3], vec![0, 0xff, 0xff, 0xff]),
        (0xffff_ffff, [0xff; 3], vec![0xff; 4]),
    ] {
        let out = written(&header(6, timestamp), 50, &[Bytes::from(vec![7; 100])]).concat();
        let first = [&[6][..], &field, &[0, 0, 100, 9, 1, 0, 0, 0], &extended, &[7; 50]].concat();
        let next = [&[0xc6][..], &extended, &[7; 50]].concat();
        assert_eq!(out, [first, next].concat(), "{timestamp:#x}");
    }
}

#[test]
fn every_form_of_chunk_stream_id() {
    for (csid, basic) in [
        (2, vec![2]),
        (63, vec![63]),
        (64, vec![0, 0]),
        (319, vec![0, 255]),
        (320, vec![1, 0, 1]),
        (65_599, vec![1, 255, 255]),
    ] {
        assert!(written(&header(csid, 0), 128, &[]).concat().starts_with(&basic), "{csid}");
    }
}

#[test]
fn payload_is_sliced_and_headers_share_one_allocation() {
    let payload = Bytes::from(vec![7; 250]);
    let out = written(&header(6, 0), 100, &[Bytes::from_static(&[0x17, 1, 0, 0, 0]), payload.clone()]);
    // The FLV tag's header stands with the chunk header.
    let sizes: Vec<usize> = out.iter().map(Bytes::len).collect();
    assert_eq!(sizes, [12 + 5, 95, 1, 100, 1, 55]);
    let payload = payload.as_ptr_range();
    assert!(out.iter().skip(1).step_by(2).all(|part| payload.contains(&part.as_ptr())), "sliced");
    let first = out[0].as_ptr();
    assert_eq!(out[2].as_ptr(), first.wrapping_add(17));
    assert_eq!(out[4].as_ptr(), first.wrapping_add(18));
}

#[test]
fn the_scratch_serves_many_messages() {
    let (mut out, mut scratch) = (Vec::new(), BytesMut::with_capacity(1024));
    let start = scratch.as_ptr();
    for _ in 0..10 {
        write(&mut out, &mut scratch, &header(6, 0), 60_000, &[Bytes::from(vec![7; 100])]).unwrap();
    }
    assert!(
        out.iter()
            .step_by(2)
            .enumerate()
            .all(|(index, part)| part.as_ptr() == start.wrapping_add(12 * index))
    );
}

#[test]
fn an_empty_message_is_a_header() {
    assert_eq!(written(&header(3, 5), 128, &[]).concat(), [3, 0, 0, 5, 0, 0, 0, 9, 1, 0, 0, 0]);
}

#[test]
fn a_body_beyond_24_bits_is_refused_and_nothing_written() {
    let body = Bytes::from(vec![0; 1 << 23]);
    let (mut out, mut scratch) = (Vec::new(), BytesMut::new());
    let error =
        write(&mut out, &mut scratch, &header(6, 0), 60_000, &[body.clone(), body.clone()]).unwrap_err();
    assert_eq!(error, Error::MessageTooLarge { csid: 6, size: 1 << 24, max: 0xff_ffff });
    assert!(out.is_empty() && scratch.is_empty());
    assert!(write_contiguous(&mut scratch, &header(6, 0), 60_000, &vec![0; 1 << 24]).is_err());
    assert!(scratch.is_empty());
}

proptest! {
    #[test]
    fn both_writers_agree_however_the_body_is_cut(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..6),
        csid in 2u32..70_000,
        timestamp in any::<u32>(),
        chunk_size in 0u32..100,
    ) {
        let header = header(csid, timestamp);
        let mut contiguous = BytesMut::new();
        write_contiguous(&mut contiguous, &header, chunk_size, &pieces.concat()).unwrap();
        let pieces: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
        prop_assert_eq!(written(&header, chunk_size, &pieces).concat(), contiguous);
    }
}
