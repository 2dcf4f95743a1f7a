#![allow(clippy::unwrap_used)]

use media::parse::Problem;
use proptest::prelude::*;

use super::*;
use crate::flv::{file_header, tag_header};

const CLIP: &[u8] = include_bytes!("../../fixtures/flv/ffmpeg_bframes.flv");

fn read_all(pieces: &[&[u8]]) -> Vec<Tag> {
    let mut reader = Reader::new();
    let mut tags = Vec::new();
    for piece in pieces {
        reader.push(piece);
        while let Some(tag) = reader.next().unwrap() {
            tags.push(tag);
        }
    }
    tags
}

fn file(tags: &[Tag]) -> Vec<u8> {
    let mut out = file_header(true, true).to_vec();
    for tag in tags {
        out.extend(tag_header(tag.kind, tag.body.len(), tag.timestamp));
        out.extend(&tag.body);
        out.extend((11 + tag.body.len() as u32).to_be_bytes());
    }
    out
}

#[test]
fn a_clip_gives_its_tags() {
    let tags = read_all(&[CLIP]);
    let count = |kind| tags.iter().filter(|tag| tag.kind == kind).count();
    // Frames, one sequence header each, and FFmpeg's end of sequence.
    assert_eq!((count(TagKind::Video), count(TagKind::Audio), count(TagKind::Data)), (52, 89, 1));
}

#[test]
fn a_clip_written_again_is_the_same_file() {
    assert_eq!(file(&read_all(&[CLIP])), CLIP);
}

#[test]
fn tags_survive_split_at_any_byte() {
    let whole = read_all(&[&CLIP[..2600]]);
    assert!(whole.len() > 3);
    for at in 0..2600 {
        assert_eq!(read_all(&[&CLIP[..at], &CLIP[at..2600]]), whole, "split at {at}");
    }
}

#[test]
fn the_header_says_what_will_come() {
    for (audio, video) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut reader = Reader::new();
        reader.push(&file_header(audio, video));
        assert_eq!(reader.next(), Ok(None));
        assert_eq!(reader.header(), Some(FileHeader { audio, video }));
    }
}

#[test]
fn timestamps_use_all_32_bits() {
    for timestamp in [0, 0x00ff_ffff, 0x0100_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let tag = Tag { kind: TagKind::Video, timestamp, body: Bytes::from_static(&[1, 2, 3]) };
        assert_eq!(read_all(&[&file(std::slice::from_ref(&tag))]), [tag]);
    }
}

#[test]
fn unknown_tags_and_long_headers_are_passed_over() {
    let mut bytes = b"FLV\x01\x05\x00\x00\x00\x0bxx\x00\x00\x00\x00".to_vec();
    bytes.extend([15, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 12]);
    bytes.extend([8, 0, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0xaf]);
    let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
    let tag = Tag { kind: TagKind::Audio, timestamp: 7, body: Bytes::from_static(&[0xaf]) };
    assert_eq!(read_all(&pieces), [tag]);
}

#[test]
fn what_is_not_flv_is_an_error() {
    let problem = |bytes: &[u8]| {
        let mut reader = Reader::new();
        reader.push(bytes);
        reader.next().unwrap_err().problem
    };
    assert_eq!(problem(b"HTTP/1.1 404"), Problem::Invalid);
    assert_eq!(problem(b"FLV\x02\x05\0\0\0\x09"), Problem::Unsupported);
    assert_eq!(problem(b"FLV\x01\x05\0\0\0\x08"), Problem::Invalid);
    assert_eq!(problem(b"FLV\x01\x05\xff\0\0\x09"), Problem::TooLarge);
    assert_eq!(problem(b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x28\0\0\x01\0\0\0\0\0\0\0"), Problem::Unsupported);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let mut reader = Reader::new();
        if header {
            reader.push(&file_header(true, true));
        }
        reader.push(&bytes);
        while let Ok(Some(_)) = reader.next() {}
    }
}
