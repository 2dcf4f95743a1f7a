//! FFmpeg's `framecrc` output: one line a packet or decoded frame.

use crate::ffmpeg::{Entry, Kind, Track};

/// The tracks of a `framecrc` file, in its order. Panics at a line that is not of the format.
pub(crate) fn parse(text: &str) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            header(comment, &mut tracks);
        } else if !line.trim().is_empty() {
            let (index, entry) = row(line).unwrap_or_else(|| panic!("framecrc line {line:?}"));
            track(&mut tracks, index).entries.push(entry);
        }
    }
    tracks
}

/// `tb 0: 1/1000`, `media_type 0: video`; other comments say nothing that is used.
fn header(comment: &str, tracks: &mut Vec<Track>) {
    let Some((name, value)) = comment.split_once(": ") else { return };
    let Some((what, index)) = name.split_once(' ') else { return };
    let Ok(index) = index.parse::<usize>() else { return };
    match what {
        "tb" => {
            if let Some((num, den)) = value.split_once('/')
                && let (Ok(num), Ok(den)) = (num.parse(), den.parse())
            {
                track(tracks, index).timebase = (num, den);
            }
        }
        "media_type" => {
            track(tracks, index).kind = if value == "video" { Kind::Video } else { Kind::Audio };
        }
        _ => {}
    }
}

/// `stream, dts, pts, duration, size, 0xcrc` and perhaps side data.
fn row(line: &str) -> Option<(usize, Entry)> {
    let mut fields = line.split(',').map(str::trim);
    let index = fields.next()?.parse().ok()?;
    let (dts, pts) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let size = fields.nth(1)?.parse().ok()?;
    let crc = u32::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
    Some((index, Entry { dts, pts, size, crc }))
}

fn track(tracks: &mut Vec<Track>, index: usize) -> &mut Track {
    if tracks.len() <= index {
        tracks.resize_with(index + 1, Track::default);
    }
    &mut tracks[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "#software: Lavf59.27.100\n#tb 0: 1/1000\n#media_type 0: video\n#codec_id 0: h264\n#dimensions 0: 320x180\n\
        #tb 1: 1/44100\n#media_type 1: audio\n0,         -80,          0,       40,     1234, 0x1234abcd, S=1,       16\n\
        1,          0,          0,     1024,      371, 0x00000001\n";

    #[test]
    fn tracks_and_rows_are_read() {
        let tracks = parse(SAMPLE);
        assert_eq!(tracks.len(), 2);
        assert_eq!((tracks[0].kind, tracks[0].timebase), (Kind::Video, (1, 1000)));
        assert_eq!(tracks[0].entries, [Entry { dts: -80, pts: 0, size: 1234, crc: 0x1234_abcd }]);
        assert_eq!((tracks[1].kind, tracks[1].entries.len()), (Kind::Audio, 1));
    }
}
