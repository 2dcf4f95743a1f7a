//! A part of a recording as a recording of its own, without another encoding: the fragments that it needs, as they lie there.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use media::Delta;

use super::facts::Facts;
use super::library::{Error, Open, Recordings};
use super::manifest::{Manifest, Part, fragments};

/// What of one file is in a clip.
struct Cutting {
    source: Open,
    /// The header, and the fragments, where they are in it.
    pieces: [Range<u64>; 2],
    /// Where it begins, from the beginning of the recording, and how long it is.
    at: Delta,
    length: Delta,
}

impl Recordings {
    /// Makes a recording called `label` of what there is from `from` to `to`, counted from the beginning of a recording. It begins with the key
    /// frame before, and is finished like any other. Blocks.
    pub fn clip(&self, id: &str, label: &str, from: Delta, to: Delta) -> Result<String, Error> {
        let label = control::entry::good_label(label)?;
        let view = self.view(id)?;
        let mut cuttings = Vec::new();
        let mut begins = Delta::ZERO;
        for (number, part) in view.manifest.files.iter().enumerate() {
            let length = Delta::millis(part.millis.try_into().unwrap_or(i64::MAX));
            if begins < to && begins + length > from {
                cuttings.extend(self.cutting(id, number, begins, from..to)?);
            }
            begins += length;
        }
        let (Some(first), Some(last)) = (cuttings.first(), cuttings.last()) else {
            return Err(Error::Empty);
        };
        let after = |at: Delta| Duration::from_micros(at.as_micros().try_into().unwrap_or(0));
        let bytes = cuttings.iter().flat_map(|cutting| &cutting.pieces).map(|piece| piece.end - piece.start);
        // As they are, and once more in one piece.
        self.room_for(2 * bytes.sum::<u64>())?;
        let stream = view.stream().ok_or_else(|| Error::Unknown { id: id.to_owned() })?;
        let manifest = Manifest {
            label,
            clip_of: Some(id.to_owned()),
            started: view.manifest.started + after(first.at),
            ended: Some(view.manifest.started + after(last.at + last.length)),
            why: Some("it is a clip".to_owned()),
            files: cuttings.iter().map(|cutting| cutting.part(&view.manifest, after(cutting.at))).collect(),
            // Nobody was told of its beginning.
            told: true,
            ..Manifest::new(&stream, &view.manifest.job)
        };
        let (id, _) = self.make(&manifest, |folder| {
            let mut cuttings = cuttings.into_iter().enumerate();
            cuttings.try_for_each(|(number, cutting)| cutting.write(&fragments(folder, number)))
        })?;
        self.enter(&id, manifest, None);
        self.ended.notify_one();
        Ok(id)
    }

    /// What of file `number`, which begins `begins` in the recording, is within `wanted`.
    fn cutting(
        &self,
        id: &str,
        number: usize,
        begins: Delta,
        wanted: Range<Delta>,
    ) -> Result<Option<Cutting>, Error> {
        let (cues, source) = self.cues(id, number)?;
        let Some(zero) = cues.fragments.first().map(|first| first.start) else { return Ok(None) };
        let place = |at| at - zero + begins;
        let before = cues.fragments.iter().rposition(|cue| cue.key && place(cue.start) <= wanted.start);
        let first = before.unwrap_or(0);
        let fragments = cues.fragments.get(first..).unwrap_or_default();
        let count = fragments.iter().take_while(|cue| place(cue.start) < wanted.end).count();
        let Some((first, last)) = fragments.get(..count).and_then(|some| some.first().zip(some.last()))
        else {
            return Ok(None);
        };
        let pieces = [0..cues.header, first.at..last.at + last.bytes];
        let pieces = pieces.map(|piece| cues.base + piece.start..cues.base + piece.end);
        Ok(Some(Cutting { source, pieces, at: place(first.start), length: last.end - first.start }))
    }
}

impl Cutting {
    fn part(&self, of: &Manifest, after: Duration) -> Part {
        Part {
            started: of.started + after,
            finished: false,
            bytes: self.pieces.iter().map(|piece| piece.end - piece.start).sum(),
            millis: self.length.as_millis().try_into().unwrap_or(0),
            segments: None,
            forms: Vec::new(),
            fault: None,
            tracks: self.source.part.tracks.iter().map(Facts::of_a_part).collect(),
            ..self.source.part.clone()
        }
    }

    fn write(mut self, to: &Path) -> io::Result<()> {
        let mut out = File::create_new(to)?;
        for piece in &self.pieces {
            self.source.file.copy(piece, &mut out)?;
        }
        out.sync_all()
    }
}
