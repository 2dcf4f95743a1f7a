//! What was recorded.

use std::path::PathBuf;
use std::time::SystemTime;

use jobs::record::{
    Cause, Container, Facts, Fault, Form, Gap, Keep, Manifest, Part, Previews, Room, State, View,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::storage::UploadView;
use super::time;

/// A recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingView {
    /// A UUID; also the name of its folder.
    pub(crate) id: String,
    /// What it is called.
    pub(crate) label: String,
    pub(crate) app: String,
    pub(crate) stream: String,
    /// The job that made it, which may be gone.
    pub(crate) job: String,
    /// The recording that it is a clip of, which may be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clip_of: Option<String>,
    pub(crate) state: RecordingState,
    /// When it began, RFC 3339.
    pub(crate) started: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<String>,
    /// Why it ended, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// How long all its files play, in seconds.
    pub(crate) seconds: f64,
    /// Bytes of all its files.
    pub(crate) bytes: u64,
    /// It has a picture: GET /api/v2/recordings/{id}/picture.
    pub(crate) picture: bool,
    /// In their order.
    pub(crate) files: Vec<RecordingFileView>,
    /// It can be had as HLS, and clips can be made of it. Else it can be had file by file: it is elsewhere only, and where to seek in it is not known here.
    pub(crate) hls: bool,
    /// Where something is missing.
    pub(crate) gaps: Vec<GapView>,
    /// While its files are put into one piece each: how much of the present one is done, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<f32>,
    /// Why that does not go on. The files can be played as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
    /// Of one that is to go into object storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upload: Option<UploadView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RecordingState {
    /// It is being made.
    Recording,
    /// It is over, and its files are put into one piece each.
    Finishing,
    /// It is done.
    Finished,
}

/// A file of a recording: MP4.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingFileView {
    /// From 1: GET /api/v2/recordings/{id}/files/{number}.
    pub(crate) number: usize,
    /// When it began, RFC 3339.
    pub(crate) started: String,
    #[schema(example = json!(["h264", "aac"]))]
    pub(crate) codecs: Vec<String>,
    /// In the order of `codecs`; of files that older versions recorded nothing else is known.
    pub(crate) tracks: Vec<RecordingTrackView>,
    /// What it can be had as: `mp4`, and `ts` and `flv` where those have a place for its codecs.
    #[schema(example = json!(["mp4", "ts", "flv"]))]
    pub(crate) formats: Vec<&'static str>,
    /// What it is on the disk as well, beside the MP4.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<RecordingFormView>,
    /// It is in one piece, with its index first.
    pub(crate) finished: bool,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// `damaged` (part of what was written cannot be read: it is without that) or `unreadable` (not even its beginning can).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
}

/// A file in another container.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingFormView {
    #[schema(example = "ts")]
    pub(crate) format: &'static str,
    pub(crate) bytes: u64,
}

/// A track of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingTrackView {
    /// `video` or `audio`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[schema(example = "h264")]
    pub(crate) codec: String,
    /// As browsers write it (RFC 6381).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "avc1.64001f")]
    pub(crate) parameters: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "High")]
    pub(crate) profile: Option<&'static str>,
    /// Of video, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// Of video: frames a second, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fps: Option<f64>,
    /// Of audio, in Hz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample_rate: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u8>,
    /// Bits a second, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bitrate: Option<f64>,
}

/// A place where something is missing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GapView {
    /// Seconds from the beginning.
    pub(crate) at: f64,
    /// For how many seconds nothing came. For a publisher who was away the recording is not longer; after an overrun the picture stands.
    pub(crate) lasted: f64,
    /// `publisher` (it was away) or `overrun` (the server could not follow).
    pub(crate) cause: &'static str,
}

/// Whether a stream is to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordSwitch {
    pub(crate) wanted: bool,
}

/// What changes of a recording.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedRecording {
    /// What it is called.
    pub(crate) label: String,
}

/// A clip to be made of a recording.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClip {
    /// What it is to be called.
    pub(crate) label: String,
    /// Where it is to begin, in seconds from the beginning of the recording: it begins with the key frame before.
    pub(crate) from: f64,
    /// And to end.
    pub(crate) to: f64,
}

/// For whom a recording is to be shared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// Seconds until the link expires.
    pub(crate) expires_in: u64,
    /// The only network that it may be used from, in CIDR notation.
    pub(crate) network: Option<String>,
}

/// A link to a recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareView {
    /// The page that plays it, on this server's HTTP port.
    #[schema(example = "/watch/recordings/0b5c7e3a-8f0e-4b57-9a52-1f1c1d1e7a90?pass=eyJ0…")]
    pub(crate) path: String,
    /// To be sent as `?pass=` of the recording's playlist, segments, files and picture. It is a secret.
    pub(crate) pass: String,
    /// Until when, RFC 3339.
    pub(crate) expires: String,
}

/// What whoever may watch a recording may know of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicRecordingView {
    /// What it is called; absent where that is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    pub(crate) state: RecordingState,
    /// When it began, RFC 3339.
    pub(crate) started: String,
    /// How long all its files play, in seconds.
    pub(crate) seconds: f64,
    /// Bytes of all its files.
    pub(crate) bytes: u64,
    /// It has a picture: GET /api/v2/recordings/{id}/picture.
    pub(crate) picture: bool,
    /// In their order.
    pub(crate) files: Vec<RecordingFileView>,
    /// It can be had as HLS; else file by file: it is in object storage only, and where to seek in it is not known here.
    pub(crate) hls: bool,
    /// Until when the pass holds that was brought, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
}

/// A file, or a part of one.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it is only described: what is sent is read piece by piece")]
pub(crate) struct Mp4(Vec<u8>);

/// How long recordings are kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepView {
    /// Days after their end; without it, for ever.
    pub(crate) days: Option<u32>,
    /// Bytes of all that are over: beyond, the eldest are removed. Without it, as many as the disk has.
    pub(crate) bytes: Option<u64>,
    /// Bytes of the disk that stay free: recordings end before.
    #[serde(default = "reserve")]
    pub(crate) reserve: u64,
    /// A folder of the server that gets a copy of each file that is finished, called as its recording. Copies are never removed.
    pub(crate) copy_to: Option<String>,
}

/// What the disk has for recordings, in bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceView {
    /// The disk.
    pub(crate) size: u64,
    /// What it has left.
    pub(crate) free: u64,
    /// What of that is to stay free: recordings end before.
    pub(crate) reserve: u64,
    /// What recordings take.
    pub(crate) taken: u64,
    /// What was recorded in a second, during the last minute.
    pub(crate) rate: f64,
    /// Seconds until recordings have to end for want of room, if it goes on like that. Absent where nothing is recorded, and where the eldest are
    /// removed in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lasts: Option<f64>,
}

/// Small pictures of a file, side by side in one JPEG.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewsView {
    /// Of each, in pixels.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// How many stand side by side; then the next row begins.
    pub(crate) columns: u32,
    /// What each shows, in seconds from the beginning of the file.
    pub(crate) times: Vec<f64>,
}

impl From<Room> for SpaceView {
    fn from(room: Room) -> SpaceView {
        let Room { size, free, reserve, taken, rate, lasts } = room;
        SpaceView { size, free, reserve, taken, rate, lasts: lasts.map(|lasts| lasts.as_secs_f64()) }
    }
}

impl From<Previews> for PreviewsView {
    fn from(previews: Previews) -> PreviewsView {
        let Previews { width, height, columns, times } = previews;
        PreviewsView { width, height, columns, times: times.into_iter().map(seconds).collect() }
    }
}

impl From<State> for RecordingState {
    fn from(state: State) -> RecordingState {
        match state {
            State::Recording => RecordingState::Recording,
            State::Finishing => RecordingState::Finishing,
            State::Finished => RecordingState::Finished,
        }
    }
}

impl PublicRecordingView {
    pub(crate) fn new(view: &View, label: Option<&str>, expires: Option<SystemTime>) -> PublicRecordingView {
        let manifest = &view.manifest;
        PublicRecordingView {
            label: label.map(str::to_owned),
            state: view.state.into(),
            started: time(manifest.started),
            seconds: seconds(manifest.millis()),
            bytes: manifest.bytes(),
            picture: manifest.picture,
            files: files(manifest),
            hls: manifest.is_cued(),
            expires: expires.map(time),
        }
    }
}

impl From<View> for RecordingView {
    fn from(view: View) -> RecordingView {
        let View { id, manifest, state, progress, trouble, upload } = view;
        RecordingView {
            id,
            clip_of: manifest.clip_of.clone(),
            state: state.into(),
            started: time(manifest.started),
            ended: manifest.ended.map(time),
            seconds: seconds(manifest.millis()),
            bytes: manifest.bytes(),
            picture: manifest.picture,
            files: files(&manifest),
            hls: manifest.is_cued(),
            gaps: manifest.gaps.iter().map(GapView::from).collect(),
            label: manifest.label.clone(),
            app: manifest.app.clone(),
            stream: manifest.stream.clone(),
            job: manifest.job.clone(),
            why: manifest.why.clone(),
            progress,
            trouble,
            upload: upload.map(|uploading| UploadView::new(uploading, &manifest)),
        }
    }
}

impl From<&Form> for RecordingFormView {
    fn from(form: &Form) -> RecordingFormView {
        RecordingFormView { format: form.container.name(), bytes: form.bytes }
    }
}

impl RecordingFileView {
    fn new((part, number): (&Part, usize), cued: bool) -> RecordingFileView {
        RecordingFileView {
            number,
            started: time(part.started),
            formats: formats(part, cued),
            also: part.forms.iter().filter(|form| form.bytes > 0).map(RecordingFormView::from).collect(),
            tracks: tracks(part),
            codecs: part.codecs.clone(),
            finished: part.finished,
            bytes: part.bytes,
            seconds: seconds(part.millis),
            fault: part.fault.map(|fault| match fault {
                Fault::Damaged => "damaged",
                Fault::Unreadable => "unreadable",
            }),
        }
    }
}

fn tracks(part: &Part) -> Vec<RecordingTrackView> {
    let of = |facts: &Facts| RecordingTrackView {
        kind: facts.kind.clone(),
        codec: facts.codec.clone(),
        parameters: facts.parameters.clone(),
        profile: facts.profile(),
        width: facts.width,
        height: facts.height,
        fps: facts.fps().map(|fps| (fps * 100.0).round() / 100.0),
        sample_rate: facts.sample_rate,
        channels: facts.channels,
        bitrate: facts.bitrate().map(f64::round),
    };
    if part.tracks.is_empty() {
        let only = |codec: &String| of(&Facts { codec: codec.clone(), ..Facts::default() });
        return part.codecs.iter().map(only).collect();
    }
    part.tracks.iter().map(of).collect()
}

fn files(manifest: &Manifest) -> Vec<RecordingFileView> {
    let cued = manifest.is_cued();
    manifest.files.iter().zip(1..).map(|file| RecordingFileView::new(file, cued)).collect()
}

fn formats(part: &Part, cued: bool) -> Vec<&'static str> {
    if part.fault == Some(Fault::Unreadable) {
        return Vec::new();
    }
    let made = |container| part.forms.iter().any(|form| form.container == container && form.bytes > 0);
    let has = |container: &Container| {
        made(*container) || cued && part.codecs.iter().all(|codec| container.has(codec))
    };
    let others = Container::ALL.into_iter().filter(has).map(Container::name);
    std::iter::once("mp4").chain(others).collect()
}

impl From<&Gap> for GapView {
    fn from(gap: &Gap) -> GapView {
        let cause = match gap.cause {
            Cause::Publisher => "publisher",
            Cause::Overrun => "overrun",
        };
        GapView { at: seconds(gap.at_millis), lasted: seconds(gap.lasted_millis), cause }
    }
}

impl From<Keep> for KeepView {
    fn from(Keep { days, bytes, reserve, copy_to }: Keep) -> KeepView {
        KeepView {
            days,
            bytes,
            reserve,
            copy_to: copy_to.map(|folder| folder.to_string_lossy().into_owned()),
        }
    }
}

impl From<KeepView> for Keep {
    fn from(KeepView { days, bytes, reserve, copy_to }: KeepView) -> Keep {
        Keep { days, bytes, reserve, copy_to: copy_to.map(PathBuf::from) }
    }
}

fn reserve() -> u64 {
    Keep::default().reserve
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1e3
}
