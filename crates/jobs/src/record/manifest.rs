//! What stands beside the files of a recording, so that whatever happens they can be made whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hub::StreamKey;
use serde::{Deserialize, Serialize};

use super::clouds::Clouds;
use super::export::Container;
use super::facts::Facts;
use super::finish::Finished;

/// A recording. Written anew whenever something of it changes but what its open file holds; that says the file itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the format.
    pub version: u32,
    /// What it is called.
    pub label: String,
    /// The stream's app.
    pub app: String,
    /// The stream's name in it.
    pub stream: String,
    /// The job that made it.
    pub job: String,
    /// The recording that it is a part of.
    #[serde(default)]
    pub clip_of: Option<String>,
    /// When it began.
    pub started: SystemTime,
    /// When it ended; `None` while it goes on, and after a crash until it is repaired.
    pub ended: Option<SystemTime>,
    /// Why it ended, in words.
    pub why: Option<String>,
    /// Its files, in order.
    pub files: Vec<Part>,
    /// Where something is missing.
    pub gaps: Vec<Gap>,
    /// What its files are to be as well.
    #[serde(default)]
    pub also: Vec<Container>,
    /// There is a picture of it.
    #[serde(default)]
    pub picture: bool,
    /// That it is to be in object storage, and what of it is.
    #[serde(default)]
    pub upload: Option<Upload>,
    /// That it goes to clouds in segments, and what of it is there.
    #[serde(default)]
    pub clouds: Clouds,
    /// It is there only, and not on the disk any more.
    #[serde(default)]
    pub away: bool,
    /// Where it is away: which bytes of its files play when is noted here.
    #[serde(default)]
    pub cued: bool,
    /// Its files have been copied where copies were wanted.
    #[serde(default)]
    pub copied: bool,
    /// It is over, and each file is what it will be.
    #[serde(default)]
    pub done: bool,
    /// Others have been told of that.
    #[serde(default)]
    pub told: bool,
}

/// A file of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// When it began.
    pub started: SystemTime,
    /// The codecs of its tracks.
    pub codecs: Vec<String>,
    /// What else is known of them, in the same order; nothing of older ones.
    #[serde(default)]
    pub tracks: Vec<Facts>,
    /// It is one piece, and called what it is called for good.
    pub finished: bool,
    /// Its size. Of one that is not finished, as far as is known.
    pub bytes: u64,
    /// How long it plays, in ms; as the size.
    pub millis: u64,
    /// Into how many segments it is cut for those who play transport streams; known when it is finished.
    #[serde(default)]
    pub segments: Option<u32>,
    /// What it is as well.
    #[serde(default)]
    pub forms: Vec<Form>,
    /// What is wrong with it.
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// A file in another container, beside the MP4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Which.
    pub container: Container,
    /// Its size; 0 where the container has no place for what is in the file, and there is none.
    pub bytes: u64,
}

/// A recording in object storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upload {
    /// All of it is there.
    pub done: bool,
    /// The bucket, as people call it: that of which what follows is true.
    pub bucket: String,
    /// Its files there.
    pub objects: Vec<Object>,
}

/// A file of a recording in object storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Which file, from 0,
    pub number: usize,
    /// and in which container, if it is not the MP4.
    #[serde(default)]
    pub container: Option<Container>,
    /// What it is called there.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Something has damaged what was written: it plays without that.
    Damaged,
    /// Not even its beginning can be read: it stays as it was written.
    Unreadable,
}

/// A place of a recording where something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where, in ms from the beginning.
    pub at_millis: u64,
    /// How long nothing came, in ms by the clock on the wall; the recording is not longer for it.
    pub lasted_millis: u64,
    /// Why.
    pub cause: Cause,
}

/// Why something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The publisher was away.
    Publisher,
    /// The disk or the machine was too slow.
    Overrun,
}

impl Manifest {
    pub(super) fn new(stream: &StreamKey, job: &str) -> Manifest {
        Manifest {
            version: VERSION,
            label: stream.name().to_owned(),
            app: stream.app().to_owned(),
            stream: stream.name().to_owned(),
            job: job.to_owned(),
            clip_of: None,
            started: SystemTime::now(),
            ended: None,
            why: None,
            files: Vec::new(),
            gaps: Vec::new(),
            also: Vec::new(),
            picture: false,
            upload: None,
            clouds: Clouds::default(),
            away: false,
            cued: false,
            copied: false,
            done: false,
            told: false,
        }
    }

    /// Notes a gap. Of those of a connection that comes and goes for days only so many are kept.
    pub(super) fn note(&mut self, gap: Gap) {
        if self.gaps.len() < MOST_GAPS {
            self.gaps.push(gap);
        }
    }

    /// Reads that of the recording in `folder`.
    pub(super) fn load(folder: &Path) -> io::Result<Manifest> {
        let file = File::open(folder.join(NAME))?;
        if file.metadata()?.len() > LARGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any"));
        }
        let manifest: Manifest = serde_json::from_reader(io::BufReader::new(file))?;
        if manifest.version != VERSION {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is of another version"));
        }
        Ok(manifest)
    }

    /// Writes it, so that there is the old one or the new one whatever happens.
    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        put(&serde_json::to_vec_pretty(self)?, &folder.join(NAME))?;
        sync_folder(folder)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|part| part.bytes).sum()
    }

    /// Bytes that it takes of a disk: of all files in all containers.
    pub fn taken(&self) -> u64 {
        let forms = self.files.iter().flat_map(|part| &part.forms);
        self.bytes() + forms.map(|form| form.bytes).sum::<u64>()
    }

    /// Everything that there is to be copied: which file, and in which container.
    pub(super) fn kept(&self) -> impl Iterator<Item = (usize, Option<Container>)> {
        let files = self.files.iter().enumerate().filter(|(_, part)| part.finished && part.bytes > 0);
        files.flat_map(|(number, part)| {
            let forms = part.forms.iter().filter(|form| form.bytes > 0).map(|form| Some(form.container));
            std::iter::once(None).chain(forms).map(move |container| (number, container))
        })
    }

    /// How large one of them is.
    pub(super) fn size_of(&self, number: usize, container: Option<Container>) -> u64 {
        let part = self.files.get(number);
        part.map_or(0, |part| match container {
            None => part.bytes,
            Some(_) => {
                part.forms.iter().find(|form| Some(form.container) == container).map_or(0, |form| form.bytes)
            }
        })
    }

    /// How long all files play, in ms.
    pub fn millis(&self) -> u64 {
        self.files.iter().map(|part| part.millis).sum()
    }

    /// Whether it is to go into object storage, and not all of it is there.
    pub fn is_on_its_way(&self) -> bool {
        self.upload.as_ref().is_some_and(|upload| !upload.done)
    }

    /// Whether it can be had from any place in it, and as something else than it is.
    pub fn is_cued(&self) -> bool {
        !self.away || self.cued
    }

    /// Nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.files.iter().all(|part| part.finished && part.bytes == 0)
    }

    /// Looks for how much a kill has left of files that were being written: the manifest does not know.
    pub(super) fn measure(&mut self, folder: &Path) {
        for (number, part) in self.files.iter_mut().enumerate().filter(|(_, part)| !part.is_done()) {
            if let Ok(data) = fs::metadata(fragments(folder, number)) {
                part.bytes = data.len();
            }
        }
    }

    /// File `number` (from 0) has become this.
    pub(super) fn finished(&mut self, number: usize, finished: Finished) {
        let Some(part) = self.files.get_mut(number) else { return };
        part.finished = true;
        match finished {
            Finished::Whole { bytes, millis, damaged } => {
                part.bytes = bytes;
                part.millis = millis.unwrap_or(part.millis);
                part.fault = damaged.then_some(Fault::Damaged);
            }
            Finished::Empty => (part.bytes, part.millis) = (0, 0),
            Finished::Unreadable => (part.finished, part.fault) = (false, Some(Fault::Unreadable)),
        }
    }

    /// It is over, and all files are what they will be; `now` counts where nobody has said when it ended.
    pub(super) fn close(&mut self, now: SystemTime) {
        while self.files.last().is_some_and(|part| part.finished && part.bytes == 0) {
            self.files.pop();
        }
        if self.ended.is_none() {
            let played = Duration::from_millis(self.millis());
            let ended = self.files.last().map_or(now, |_| self.started + played);
            self.ended = Some(ended.min(now));
            self.why = Some("the server stopped in the middle of it".to_owned());
        }
        self.done = true;
    }
}

impl Part {
    /// Whether nothing is to be done with it any more.
    pub fn is_done(&self) -> bool {
        self.finished || self.fault == Some(Fault::Unreadable)
    }
}

/// Where file `number` (from 0) is while it is written.
pub(super) fn fragments(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("part-{}.mp4", number + 1))
}

/// And where when it is finished.
pub(super) fn whole(folder: &Path, number: usize) -> PathBuf {
    match number {
        0 => folder.join("index.mp4"),
        more => folder.join(format!("index-{}.mp4", more + 1)),
    }
}

/// And in `container`, if that is not the MP4.
pub(super) fn form(folder: &Path, number: usize, container: Option<Container>) -> PathBuf {
    let whole = whole(folder, number);
    container.map_or(whole.clone(), |container| whole.with_extension(container.name()))
}

/// Where it is noted which bytes of file `number` (from 0) play when, once the file is elsewhere.
pub(super) fn cues(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("cues-{}.json", number + 1))
}

/// Where its picture is.
pub(super) fn picture(folder: &Path) -> PathBuf {
    folder.join("picture.jpg")
}

/// Writes a small file, so that there is the old one or the new one whatever happens, once its folder is known.
pub(super) fn put(bytes: &[u8], to: &Path) -> io::Result<()> {
    let mut next = to.as_os_str().to_owned();
    next.push(".next");
    let mut file = File::create(&next)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&next, to)
}

/// Whether [`put`] writes to `next`.
pub(super) fn is_small(next: &Path) -> bool {
    let name = next.file_stem().map(Path::new).and_then(Path::extension);
    name.is_some_and(|end| end == "json" || end == "jpg" || end == "log")
}

/// Has the disk know the names in `folder`.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

const VERSION: u32 = 1;
const NAME: &str = "recording.json";
pub(super) const NEXT: &str = "recording.json.next";
/// Far more than the gaps and files of one take.
const LARGEST: u64 = 64 << 20;
const MOST_GAPS: usize = 1_000;
