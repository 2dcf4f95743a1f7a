//! Files for the tests of this folder, and what another's parser reads in them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Time, Track, TrackId, aac, h264};
use mp4_atom::{Any, DecodeMaybe as _, Moov, StszSamples};

use super::Layout;
use crate::fmp4;

/// Pictures, and sound at 44.1 kHz.
pub(super) fn tracks() -> Vec<Arc<Track>> {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let video = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).unwrap();
    let sound = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    let track = |id, codec| Arc::new(Track { id: TrackId(id), codec });
    vec![track(1, Codec::H264(video)), track(2, Codec::Aac(sound))]
}

pub(super) fn frame(track: &Arc<Track>, dts: Time, delay: Delta, keyframe: bool, size: usize) -> Arc<Frame> {
    Arc::new(Frame {
        track: Arc::clone(track),
        dts,
        pts: dts + delay,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: Bytes::from(dts.as_micros().to_be_bytes().repeat(size)),
    })
}

/// `frames` as a file with a fragment for each `every`, and where its header and each of the fragments ends.
pub(super) fn fragmented(frames: &[Arc<Frame>], every: Delta) -> (Vec<u8>, Vec<usize>) {
    let tracks = tracks();
    let mut file = fmp4::init(&tracks).to_vec();
    let mut ends = vec![file.len()];
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    let mut until = frames.first().map_or(Time::ZERO, |frame| frame.dts) + every;
    let mut take = |chunk: Option<fmp4::Chunk>| {
        let Some(chunk) = chunk else { return };
        file.extend_from_slice(&chunk.data);
        ends.push(file.len());
    };
    for frame in frames {
        while frame.dts >= until {
            take(fragmenter.cut(until));
            until += every;
        }
        fragmenter.push(frame);
    }
    take(fragmenter.finish());
    (file, ends)
}

/// Three seconds of pictures with B-frames and sound.
pub(super) fn three_seconds() -> Vec<Arc<Frame>> {
    let tracks = tracks();
    let pictures = (0..75).map(|number| {
        let delay = [40, 120, 40, 0][number as usize % 4];
        frame(&tracks[0], Time::from_millis(number * 40), Delta::millis(delay), number % 25 == 0, 5)
    });
    let sounds = (0..129)
        .map(|number| frame(&tracks[1], Time::from_ticks(number * 1024, 44_100), Delta::ZERO, true, 2));
    let mut frames: Vec<_> = pictures.chain(sounds).collect();
    frames.sort_by_key(|frame| frame.dts);
    frames
}

/// The finished file.
pub(super) fn assemble(file: &[u8], layout: &Layout) -> Vec<u8> {
    let mut out = layout.head.clone();
    out.extend_from_slice(file);
    assert_eq!(out.len() as u64, layout.size());
    assert_eq!(layout.head.len() % crate::mp4::ALIGNED, 0);
    out
}

/// A sample, with its times in ticks of its track from the beginning of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) dts: i64,
    pub(super) pts: i64,
    pub(super) sync: bool,
    pub(super) payload: Vec<u8>,
}

/// What mp4-atom reads in a finished file: each track's samples.
pub(super) fn read(file: &[u8]) -> (Moov, BTreeMap<u32, Vec<Row>>) {
    let mut rest = file;
    let mut moov = None;
    let mut kinds = Vec::new();
    while let Some(any) = Any::decode_maybe(&mut rest).unwrap() {
        kinds.push(any.kind());
        if let Any::Moov(found) = any {
            moov = Some(found);
        }
    }
    assert!(rest.is_empty());
    assert_eq!(kinds, [b"ftyp".into(), b"moov".into(), b"free".into(), b"mdat".into()]);
    let moov = moov.unwrap();
    let tracks = moov.trak.iter().map(|trak| (trak.tkhd.track_id, rows(file, trak, moov.mvhd.timescale)));
    let tracks = tracks.collect();
    (moov, tracks)
}

fn rows(file: &[u8], trak: &mp4_atom::Trak, movie: u32) -> Vec<Row> {
    let table = &trak.mdia.minf.stbl;
    let scale = trak.mdia.mdhd.timescale;
    let StszSamples::Different { sizes } = &table.stsz.samples else { panic!("sizes differ") };
    let edits = trak.edts.iter().filter_map(|edts| edts.elst.as_ref()).flat_map(|elst| &elst.entries);
    let mut shift = 0;
    for edit in edits {
        match edit.media_time {
            None => shift += Time::from_ticks(edit.segment_duration as i64, movie).to_ticks(scale),
            Some(from) => shift -= from as i64,
        }
    }
    let spread = |entries: Vec<(u32, i64)>| -> Vec<i64> {
        entries.into_iter().flat_map(|(count, value)| std::iter::repeat_n(value, count as usize)).collect()
    };
    let durations =
        spread(table.stts.entries.iter().map(|it| (it.sample_count, it.sample_delta.into())).collect());
    let offsets = table.ctts.as_ref().map_or_else(
        || vec![0; sizes.len()],
        |ctts| spread(ctts.entries.iter().map(|it| (it.sample_count, it.sample_offset)).collect()),
    );
    assert_eq!((durations.len(), offsets.len()), (sizes.len(), sizes.len()));
    let mut in_chunks = Vec::new();
    for (chunk, at) in table.co64.as_ref().unwrap().entries.iter().enumerate() {
        let entry = table.stsc.entries.iter().rev().find(|it| it.first_chunk as usize <= chunk + 1);
        let mut at = *at as usize;
        for _ in 0..entry.unwrap().samples_per_chunk {
            let size = sizes[in_chunks.len()] as usize;
            in_chunks.push(file[at..at + size].to_vec());
            at += size;
        }
    }
    assert_eq!(in_chunks.len(), sizes.len());
    let mut dts = shift;
    let samples = in_chunks.into_iter().zip(durations).zip(offsets).zip(1u32..);
    let rows = samples.map(|(((payload, duration), offset), number)| {
        let sync = table.stss.as_ref().is_none_or(|stss| stss.entries.contains(&number));
        let row = Row { dts, pts: dts + offset, sync, payload };
        dts += duration;
        row
    });
    rows.collect()
}
