#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use proptest::prelude::*;

use super::*;
use crate::chunk::write_contiguous;

const BOUNDS: Bounds = Bounds { message: 1 << 20, partial: 1 << 20, chunk_streams: 64 };

/// All messages in `input`, handed over in pieces.
fn read_by(reader: &mut Reader, input: &[u8], piece: usize) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::new();
    for mut part in input.chunks(piece) {
        while let Some(message) = reader.read(&mut part, &BOUNDS)? {
            messages.push(message);
        }
        assert!(part.is_empty());
    }
    Ok(messages)
}

fn read(input: &[u8]) -> Vec<Message> {
    read_by(&mut Reader::new(), input, usize::MAX).unwrap()
}

fn message(csid: u32, timestamp: u32, body: &[u8]) -> Message {
    Message { header: Header { csid, timestamp, kind: 9, stream: 1 }, body: Bytes::copy_from_slice(body) }
}

fn timestamps(messages: &[Message]) -> Vec<u32> {
    messages.iter().map(|message| message.header.timestamp).collect()
}

/// A chunk header of type 0 for a message of kind 9 on message stream 1.
fn type0(csid: u8, timestamp: u32, size: u8) -> Vec<u8> {
    let [_, t2, t1, t0] = timestamp.min(0xff_ffff).to_be_bytes();
    let mut out = vec![csid, t2, t1, t0, 0, 0, size, 9, 1, 0, 0, 0];
    if timestamp >= 0xff_ffff {
        out.extend(timestamp.to_be_bytes());
    }
    out
}

#[test]
fn headers_leave_out_what_stays() {
    let input = [
        &type0(4, 1000, 1)[..],
        b"a",
        &[0x44, 0, 0, 20, 0, 0, 2, 8],
        b"bb",
        &[0x84, 0, 0, 30],
        b"cc",
        &[0xc4],
        b"dd",
    ]
    .concat();
    let messages = read(&input);
    assert_eq!(timestamps(&messages), [1000, 1020, 1050, 1080]);
    assert_eq!(messages.iter().map(|message| message.header.kind).collect::<Vec<_>>(), [9, 8, 8, 8]);
    assert!(messages.iter().all(|message| message.header.stream == 1));
    assert_eq!(messages[3].body, "dd");
}

#[test]
fn messages_interleave() {
    let input =
        [&type0(4, 1, 200)[..], &[1; 128], &type0(5, 2, 130), &[2; 128], &[0xc4], &[1; 72], &[0xc5], &[2; 2]]
            .concat();
    assert_eq!(read(&input), [message(4, 1, &[1; 200]), message(5, 2, &[2; 130])]);
}

#[test]
fn every_form_of_chunk_stream_id_is_read() {
    for csid in [2, 3, 63, 64, 65, 319, 320, 321, 1000, 65_598, 65_599] {
        let sent = message(csid, 7, &[5; 300]);
        let mut out = BytesMut::new();
        write_contiguous(&mut out, &sent.header, 128, &sent.body).unwrap();
        assert_eq!(read(&out), [sent]);
    }
}

#[test]
fn empty_messages_are_messages() {
    let input = [&type0(4, 1, 0)[..], &[0xc4], &type0(5, 3, 1), b"x"].concat();
    assert_eq!(read(&input), [message(4, 1, b""), message(4, 2, b""), message(5, 3, b"x")]);
}

#[test]
fn a_continued_extended_timestamp_may_be_repeated_or_not() {
    for timestamp in [0xff_ffff, 0x0100_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
        let first = [&type0(4, timestamp, 200)[..], &[1; 128]].concat();
        let field = timestamp.to_be_bytes();
        let repeated = [&first[..], &[0xc4], &field, &[1; 72]].concat();
        let silent = [&first[..], &[0xc4], &[1; 72]].concat();
        for input in [repeated.repeat(3), silent.repeat(3)] {
            for piece in 1..20 {
                let messages = read_by(&mut Reader::new(), &input, piece).unwrap();
                assert_eq!(messages, vec![message(4, timestamp, &[1; 200]); 3], "{timestamp:#x} by {piece}");
            }
        }
    }
}

#[test]
fn payload_that_begins_like_the_timestamp_is_payload_as_soon_as_it_differs() {
    // Two bytes of payload are left, and they are the first two of the timestamp.
    let mut tail = vec![1; 128];
    tail.extend([0x01, 0x02]);
    let first = [&type0(4, 0x0102_0304, 130)[..], &tail[..128], &[0xc4], &tail[128..]].concat();
    let next = type0(5, 9, 1);
    for piece in 1..40 {
        let input = [&first[..], &next, b"x"].concat();
        let messages = read_by(&mut Reader::new(), &input, piece).unwrap();
        assert_eq!(messages, [message(4, 0x0102_0304, &tail), message(5, 9, b"x")], "by {piece}");
    }
    // Once the habit is known nothing is waited for.
    let mut reader = Reader::new();
    let silent = [&type0(4, 0x0102_0304, 129)[..], &[1; 128], &[0xc4], &[9]].concat();
    assert_eq!(read_by(&mut reader, &silent, 50).unwrap().len(), 1);
    assert_eq!(read_by(&mut reader, &first, 50).unwrap(), [message(4, 0x0102_0304, &tail)]);
}

#[test]
fn an_extended_difference_is_repeated_as_the_field_or_as_the_timestamp() {
    let delta = 0x0100_0000u32;
    let first = [&type0(4, 1000, 1)[..], b"a"].concat();
    let second =
        [&[0x44, 0xff, 0xff, 0xff, 0, 0, 200, 9][..], &delta.to_be_bytes(), &[1; 128], &[0xc4]].concat();
    for repeated in [delta, delta + 1000] {
        let input = [&first[..], &second, &repeated.to_be_bytes(), &[1; 72]].concat();
        assert_eq!(read(&input)[1..], [message(4, delta + 1000, &[1; 200])]);
    }
}

#[test]
fn differences_wrap() {
    let input = [&type0(4, 0xffff_fff0, 1)[..], b"a", &[0x84, 0, 0, 0x20], b"b"].concat();
    assert_eq!(timestamps(&read(&input)), [0xffff_fff0, 0x10]);
    // librtmp steps back by a difference of nearly 2^32.
    let input =
        [&type0(4, 100, 1)[..], b"a", &[0x84, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf6], b"b"].concat();
    assert_eq!(timestamps(&read(&input)), [100, 90]);
}

#[test]
fn type_3_after_type_0_is_a_small_difference_or_none() {
    // FFmpeg: audio at 23 ms, then 23 ms later.
    let ffmpeg = [&type0(4, 23, 1)[..], b"a", &[0xc4], b"b"].concat();
    assert_eq!(timestamps(&read(&ffmpeg)), [23, 46]);
    // librtmp: the same timestamp again.
    let librtmp = [&type0(4, 3_600_000, 1)[..], b"a", &[0xc4], b"b"].concat();
    assert_eq!(timestamps(&read(&librtmp)), [3_600_000, 3_600_000]);
    let extended =
        [&type0(4, 0x0100_0000, 1)[..], b"a", &[0xc4], &0x0100_0000u32.to_be_bytes(), b"b"].concat();
    assert_eq!(timestamps(&read(&extended)), [0x0100_0000, 0x0100_0000]);
}

#[test]
fn a_first_header_may_be_of_type_1() {
    let messages = read(&[0x44, 0, 0, 5, 0, 0, 1, 9, b'x']);
    assert_eq!((messages[0].header.timestamp, messages[0].header.stream), (5, 0));
    for format in [2u8, 3] {
        let error = read_by(&mut Reader::new(), &[format << 6 | 4, 0, 0, 0, 0], 9).unwrap_err();
        assert_eq!(error, Error::HeaderMissing { csid: 4, format });
    }
}

#[test]
fn the_chunk_size_is_obeyed_from_the_next_chunk_on() {
    let set = |size: u32| [&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &size.to_be_bytes()].concat();
    // In the middle of a message.
    let input = [&type0(4, 1, 250)[..], &[1; 128], &set(100), &[0xc4], &[1; 100], &[0xc4], &[1; 22]].concat();
    assert_eq!(read(&input), [message(4, 1, &[1; 250])]);
    let input = [&set(0x7fff_ffff)[..], &type0(4, 1, 250), &[1; 250]].concat();
    assert_eq!(read(&input), [message(4, 1, &[1; 250])]);
    let input = [&set(1)[..], &type0(4, 1, 3), &[1, 0xc4, 1, 0xc4, 1]].concat();
    assert_eq!(read(&input), [message(4, 1, &[1; 3])]);
    for size in [0, 0x8000_0000, 0xffff_ffff] {
        assert_eq!(read_by(&mut Reader::new(), &set(size), 99).unwrap_err(), Error::ChunkSize { size });
    }
    let short = [2, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(read_by(&mut Reader::new(), &short, 99).unwrap_err(), Error::Control { kind: 1, size: 3 });
}

#[test]
fn an_aborted_message_is_forgotten() {
    let abort = [2, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 4];
    let input = [&type0(4, 1, 200)[..], &[1; 128], &abort, &[0xc4], &[2; 128], &[0xc4], &[2; 72]].concat();
    let mut reader = Reader::new();
    assert_eq!(read_by(&mut reader, &input, 1000).unwrap(), [message(4, 2, &[2; 200])]);
    assert_eq!(reader.abandoned(), 1);
    assert_eq!(reader.partial, 0);
    assert!(read_by(&mut reader, &abort, 1000).unwrap().is_empty(), "nothing to abort is no harm");
    assert_eq!(reader.abandoned(), 1);
}

#[test]
fn a_new_header_in_the_middle_gives_up_what_was_there() {
    let input = [&type0(4, 1, 200)[..], &[1; 128], &type0(4, 5, 2), b"ok"].concat();
    let mut reader = Reader::new();
    assert_eq!(read_by(&mut reader, &input, 1000).unwrap(), [message(4, 5, b"ok")]);
    assert_eq!((reader.abandoned(), reader.partial), (1, 0));
}

#[test]
fn bounds_hold() {
    let bounds = Bounds { message: 100, partial: 150, chunk_streams: 3 };
    let read = |input: &[u8]| Reader::new().read(&mut &input[..], &bounds);

    assert!(read(&type0(4, 0, 100)).is_ok());
    assert_eq!(read(&type0(4, 0, 101)).unwrap_err(), Error::MessageTooLarge { csid: 4, size: 101, max: 100 });

    let set = [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 1];
    let one_byte = |csid, size| [&type0(csid, 0, size)[..], &[7]].concat();
    let two = [&set[..], &one_byte(4, 100), &one_byte(5, 51)].concat();
    assert_eq!(read(&two).unwrap_err(), Error::PartialTooLarge { csid: 5, size: 151, max: 150 });
    let two = [&set[..], &one_byte(4, 100), &one_byte(5, 50)].concat();
    assert_eq!(read(&two), Ok(None));

    // With the control stream there are three.
    let many = [&set[..], &one_byte(4, 2), &one_byte(5, 2), &one_byte(6, 2)].concat();
    assert_eq!(read(&many).unwrap_err(), Error::TooManyChunkStreams { csid: 6, max: 3 });
}

#[test]
fn a_promise_is_taken_back_with_the_last_byte() {
    let bounds = Bounds { message: 100, partial: 100, chunk_streams: 3 };
    let mut reader = Reader::new();
    for _ in 0..10 {
        let input = [&type0(4, 0, 100)[..], &[7; 100]].concat();
        assert!(reader.read(&mut &input[..], &bounds).unwrap().is_some());
    }
    assert_eq!(reader.partial, 0);
}

#[test]
fn a_reader_is_small() {
    // A viewer's costs this and three chunk streams for hours.
    assert!(size_of::<Reader>() <= 128, "{}", size_of::<Reader>());
    assert!(size_of::<Stream>() <= 64, "{}", size_of::<Stream>());
}

/// One chunk at a time of messages that are under way, as a sender that interleaves has it.
fn interleaved(messages: &[Message], chunk_size: usize, order: &[usize]) -> Vec<u8> {
    let mut left: Vec<(Bytes, bool)> = messages.iter().map(|message| (message.body.clone(), false)).collect();
    let mut out = BytesMut::new();
    let everyone: Vec<usize> = (0..messages.len()).cycle().take(10_000).collect();
    for index in order.iter().chain(&everyone) {
        let index = index % messages.len();
        let (rest, begun) = &mut left[index];
        if *begun && rest.is_empty() {
            continue;
        }
        let part = rest.split_to(rest.len().min(chunk_size));
        let header = &messages[index].header;
        let mut one = BytesMut::new();
        // The writer's first chunk, or the one after it.
        let size = messages[index].body.len();
        write_contiguous(&mut one, header, chunk_size as u32, &vec![0; size]).unwrap();
        let mut two = BytesMut::new();
        write_contiguous(&mut two, header, u32::MAX, &vec![0; size]).unwrap();
        let head = two.len() - size;
        if !*begun {
            out.extend_from_slice(&one[..head]);
        } else {
            let at = head + chunk_size;
            let chunks = size.div_ceil(chunk_size);
            let next = (one.len() - head - size) / (chunks - 1);
            out.extend_from_slice(&one[at..at + next]);
        }
        out.extend_from_slice(&part);
        *begun = true;
    }
    out.to_vec()
}

proptest! {
    #[test]
    fn what_is_written_is_read_whatever_the_pieces(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..5),
        timestamps in prop::collection::vec(any::<u32>(), 5),
        order in prop::collection::vec(0usize..5, 0..30),
        chunk_size in 1usize..200,
        piece in 1usize..300,
    ) {
        let messages: Vec<Message> = bodies
            .iter()
            .zip(&timestamps)
            .enumerate()
            .map(|(index, (body, timestamp))| message(4 + 100 * index as u32, *timestamp, body))
            .collect();
        let mut input = [&[2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0][..], &(chunk_size as u32).to_be_bytes()].concat();
        input.extend(interleaved(&messages, chunk_size, &order));
        let mut received = read_by(&mut Reader::new(), &input, piece).unwrap();
        received.sort_by_key(|message| message.header.csid);
        prop_assert_eq!(received, messages);
    }

    #[test]
    fn noise_never_panics(input in prop::collection::vec(any::<u8>(), 0..500), piece in 1usize..50) {
        let _ = read_by(&mut Reader::new(), &input, piece);
    }
}
