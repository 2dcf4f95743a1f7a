//! A whole FLV file, of frames whose tracks do not change.

use std::sync::Arc;

use bytes::BufMut;
use media::{Delta, Frame, Kind, Time, Track, TrackId};

use super::{FourCc, MAX_BODY, TagKind, file_header, head, metadata, sequence_header, tag_header};

/// Writes the frames of some tracks as one FLV file.
///
/// Frames come in dts order across tracks. Of each kind the first track is the main one, which every player finds; the others are in
/// tags of enhanced RTMP.
#[derive(Debug)]
pub struct Muxer {
    /// Pictures first, each kind in the order of ids.
    tracks: Vec<(Arc<Track>, u8)>,
    /// Stream time at the file's zero.
    zero: Time,
}

impl Muxer {
    /// For `tracks`, of which those that tags do not [carry](super::carries) are passed over, and so is data, with `zero` at the beginning of the file.
    pub fn new(tracks: &[Arc<Track>], zero: Time) -> Muxer {
        let coded = |track: &&Arc<Track>| FourCc::of(&track.codec).is_some();
        let mut held: Vec<_> = tracks.iter().filter(coded).cloned().collect();
        held.sort_by_key(|track| (track.kind(), track.id));
        let mut tracks: Vec<(Arc<Track>, u8)> = Vec::new();
        for track in held {
            let before = tracks.iter().filter(|(other, _)| other.kind() == track.kind()).count();
            if let Ok(number) = u8::try_from(before) {
                tracks.push((track, number));
            }
        }
        Muxer { tracks, zero }
    }

    /// Appends what the file begins with: its header, what there is to know of the tracks, and what their decoders need; `encoder` is our
    /// name and version, `length` how long it plays.
    pub fn begin(&self, encoder: &str, length: Delta, out: &mut Vec<u8>) {
        let has = |kind| self.tracks.iter().any(|(track, _)| track.kind() == kind);
        out.put_slice(&file_header(has(Kind::Audio), has(Kind::Video)));
        let described: Vec<_> = self.tracks.iter().map(|(track, _)| Arc::clone(track)).collect();
        tag(TagKind::Data, 0, &[&metadata(&described, encoder, length)], out);
        for (track, number) in &self.tracks {
            if let Some(body) = sequence_header(track, *number) {
                tag(track.kind().into(), 0, &[&body], out);
            }
        }
    }

    /// Appends a frame. One that is too large for a tag (16 MiB), or of another track, is passed over; one from before zero is at zero.
    pub fn write(&self, frame: &Frame, out: &mut Vec<u8>) {
        let Some(number) = self.number(frame.track.id) else { return };
        let millis = (frame.dts - self.zero).as_millis().clamp(0, i64::from(u32::MAX));
        let body: [&[u8]; 2] = [&head(frame, number), &frame.payload];
        tag(frame.track.kind().into(), millis as u32, &body, out);
    }

    fn number(&self, id: TrackId) -> Option<u8> {
        self.tracks.iter().find(|(track, _)| track.id == id).map(|(_, number)| *number)
    }
}

fn tag(kind: TagKind, timestamp: u32, body: &[&[u8]], out: &mut Vec<u8>) {
    let size: usize = body.iter().map(|piece| piece.len()).sum();
    if size > MAX_BODY {
        return;
    }
    out.put_slice(&tag_header(kind, size, timestamp));
    body.iter().for_each(|piece| out.put_slice(piece));
    out.put_u32(size as u32 + 11);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::SystemTime;

    use bytes::Bytes;
    use media::{Codec, aac, h264, opus};

    use super::super::{Demuxer, Reader};
    use super::*;

    fn track(id: u32, codec: Codec) -> Arc<Track> {
        Arc::new(Track { id: TrackId(id), codec })
    }

    fn frame(track: &Arc<Track>, millis: i64, later: i64) -> Frame {
        Frame {
            track: Arc::clone(track),
            dts: Time::from_millis(millis),
            pts: Time::from_millis(millis + later),
            duration: None,
            keyframe: true,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload: Bytes::from(vec![0, 0, 0, 2, 0x65, millis as u8]),
        }
    }

    #[test]
    fn what_is_written_is_read_back_from_zero_on() {
        let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
        let video = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).unwrap();
        let sound = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
        let tracks = [
            track(2, Codec::Aac(sound)),
            track(3, Codec::Opus(opus::Parameters::new(2).unwrap())),
            track(4, Codec::Amf0),
            track(1, Codec::H264(video)),
        ];
        let zero = Time::from_millis(5_000);
        let muxer = Muxer::new(&tracks, zero);
        let mut file = Vec::new();
        muxer.begin("test", Delta::secs(1), &mut file);
        let sent = [
            frame(&tracks[3], 5_000, 80),
            frame(&tracks[0], 5_021, 0),
            frame(&tracks[1], 5_030, 0),
            frame(&tracks[3], 5_040, 0),
        ];
        sent.iter().for_each(|frame| muxer.write(frame, &mut file));
        muxer.write(&frame(&tracks[2], 5_050, 0), &mut file);

        let (mut reader, mut demuxer) = (Reader::new(), Demuxer::new());
        reader.push(&file);
        let mut came = Vec::new();
        while let Some(tag) = reader.next().unwrap() {
            let (time, wall) = (Time::from_millis(tag.timestamp.into()), SystemTime::UNIX_EPOCH);
            came.extend(match tag.kind {
                TagKind::Video => demuxer.video(time, wall, tag.body),
                TagKind::Audio => demuxer.audio(time, wall, tag.body),
                TagKind::Data => demuxer.data(time, wall, tag.body),
            });
        }
        let came: Vec<Frame> = came.into_iter().map(Result::unwrap).collect();
        let times: Vec<_> =
            came.iter().map(|frame| (frame.dts, frame.pts, frame.track.codec.name())).collect();
        let back = Delta::secs(5);
        let expected: Vec<_> =
            sent.iter().map(|frame| (frame.dts - back, frame.pts - back, frame.track.codec.name())).collect();
        assert_eq!(times, expected);
        assert!(came.iter().zip(&sent).all(|(came, sent)| came.payload == sent.payload));
    }
}
