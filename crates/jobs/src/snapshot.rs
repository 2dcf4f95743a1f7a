//! Pictures of live streams: the newest key frame, as a JPEG.
//!
//! Many consoles look at the same streams. So a picture is made once for all who ask at the same time, and kept for a moment.

mod cache;
mod sheet;
mod wrap;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hub::{Event, Hub, Publication, StreamKey};
use media::{Codec, Frame};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::ffmpeg::{self, Failure, Ffmpeg, Limits, Missing, Run};
use cache::Cache;
pub(crate) use sheet::Sheet;

/// Makes pictures and keeps the newest. Owned by the binary, which runs [`Snapshots::run`]; shared by all who ask.
#[derive(Debug)]
pub struct Snapshots {
    ffmpeg: Arc<Ffmpeg>,
    cache: Cache,
    made: Counter,
    failed: Counter,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// JPEG.
    pub jpeg: Bytes,
    /// A digest: the same for the same picture, and for no other.
    pub tag: String,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody publishes the stream.
    #[error("nobody publishes {0}")]
    NotLive(StreamKey),
    /// The stream has no video.
    #[error("the stream has no pictures")]
    NoVideo,
    /// No key frame is held: none has come yet, or it was too long ago.
    #[error("the stream has no key frame yet")]
    NoKeyFrame,
    /// There is no FFmpeg, or it lacks something.
    #[error(transparent)]
    Missing(Missing),
    /// Too many pictures are being made.
    #[error("too many pictures are being made")]
    Busy,
    /// It took too long, or the system did not let FFmpeg run.
    #[error("the picture cannot be made now: FFmpeg {0}")]
    NotNow(Failure),
    /// FFmpeg cannot make a picture of the key frame.
    #[error("the {codec} key frame cannot be decoded: {reason}")]
    Undecodable {
        /// The codec's name.
        codec: &'static str,
        /// What FFmpeg said.
        reason: String,
    },
    /// The server stops.
    #[error("the server is shutting down")]
    Stopping,
}

/// What became of a key frame.
#[derive(Debug)]
struct Done {
    /// Whose pictures these are, and the one that it was made from; neither is kept alive.
    publication: Weak<Publication>,
    frame: Weak<Frame>,
    at: Instant,
    outcome: Result<Snapshot, Error>,
}

impl Snapshots {
    /// No pictures yet.
    pub fn new(ffmpeg: Arc<Ffmpeg>) -> Snapshots {
        Snapshots { ffmpeg, cache: Cache::default(), made: Counter::default(), failed: Counter::default() }
    }

    /// The FFmpeg that makes them: what it can do, or why there is none.
    pub async fn abilities(&self) -> Result<Arc<ffmpeg::Abilities>, Missing> {
        self.ffmpeg.abilities().await
    }

    /// Adds what there is to know of pictures to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("snapshots_made", "Pictures of streams that were made", self.made.clone());
        registry.register(
            "snapshots_failed",
            "Pictures of streams that could not be made",
            self.failed.clone(),
        );
    }

    /// Says what FFmpeg there is, then lets go of the pictures of streams that end, until `stop`.
    pub async fn run(&self, hub: Hub, stop: CancellationToken) {
        let mut events = hub.events();
        let keep = async {
            let _ = self.ffmpeg.abilities().await; // it is logged
            loop {
                match events.recv().await {
                    Ok(Event::StreamEnded { key, .. }) => self.cache.retain(|stream| *stream != key),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => {
                        self.cache.retain(|stream| hub.publication(stream).is_some());
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        };
        tokio::select! {
            () = keep => {}
            () = stop.cancelled() => {}
        }
    }

    /// The newest key frame of the main video track of `key`, at most `width` pixels wide and never wider than it is.
    ///
    /// It is up to [`FRESH`] older than the newest. Who asks while it is being made waits for it; it goes on being made as long as
    /// one of them waits.
    pub async fn take(&self, hub: &Hub, key: &StreamKey, width: Width) -> Result<Snapshot, Error> {
        tokio::select! {
            taken = self.take_or_wait(hub, key, width) => taken,
            () = self.ffmpeg.stopped() => Err(Error::Stopping),
        }
    }

    async fn take_or_wait(&self, hub: &Hub, key: &StreamKey, width: Width) -> Result<Snapshot, Error> {
        let publication = hub.publication(key).ok_or_else(|| Error::NotLive(key.clone()))?;
        let frame = picture(&publication)?;
        let slot = self.cache.slot(key, width.0);
        let mut done = slot.done.lock().await;
        if let Some(done) = &*done
            && done.serves(&publication, &frame)
        {
            return done.outcome.clone();
        }
        // Whoever waited here wants what is newest now.
        let frame = picture(&publication)?;
        let began = Instant::now();
        let outcome = self.make(&frame, width).await;
        if outcome.is_ok() { &self.made } else { &self.failed }.inc();
        let codec = frame.track.codec.name();
        debug!(stream = %publication.key().logged(), codec, width = width.0, took_ms = began.elapsed().as_millis(), ok = outcome.is_ok(), "snapshot");
        if outcome.as_ref().is_err_and(|error| !error.lasts()) {
            return outcome;
        }
        let bytes = outcome.as_ref().map_or(0, |snapshot| snapshot.jpeg.len());
        *done = Some(Done {
            publication: Arc::downgrade(&publication),
            frame: Arc::downgrade(&frame),
            at: Instant::now(),
            outcome: outcome.clone(),
        });
        self.cache.filled(key, width.0, &slot, bytes);
        // The stream may have ended meanwhile, before its picture was here to be let go.
        if hub.publication(key).is_none() {
            self.cache.retain(|stream| stream != key);
        }
        outcome
    }

    /// A picture of `frame`, which is a key frame; nobody else gets it.
    pub(crate) async fn make(&self, frame: &Arc<Frame>, width: Width) -> Result<Snapshot, Error> {
        let Width(width) = width;
        let scale = format!(
            "scale=w='max(2,trunc(min(iw*sar,{width})/2)*2)':h='max(2,round(ow/dar/2)*2)':out_range=full,setsar=1,format=yuvj420p"
        );
        let jpeg = self.jpeg(std::slice::from_ref(frame), &scale, LIMITS).await?;
        let digest = Sha256::digest(&jpeg);
        let tag = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Snapshot { jpeg, tag })
    }

    /// One picture of `frames`, which are key frames of one track, by `filter`.
    async fn jpeg(&self, frames: &[Arc<Frame>], filter: &str, limits: Limits) -> Result<Bytes, Error> {
        let Some(first) = frames.first() else { return Err(Error::NoKeyFrame) };
        let codec = first.track.codec.name();
        let abilities = self.ffmpeg.abilities().await.map_err(Error::Missing)?;
        abilities.decodes(decoders(&first.track.codec), codec).map_err(Error::Missing)?;
        abilities.encodes(&["mjpeg"], "JPEG").map_err(Error::Missing)?;
        let undecodable = |reason: &str| Error::Undecodable { codec, reason: reason.to_owned() };
        let (format, input) =
            wrap::wrap(frames).ok_or_else(|| undecodable("there is nothing to wrap it in"))?;
        let jpeg =
            self.ffmpeg.run(run(format, input, filter, limits)).await.map_err(|error| match error {
                ffmpeg::Error::Failed(Failure::Exit { said, .. }) => undecodable(&said),
                ffmpeg::Error::Failed(failure) => Error::NotNow(failure),
                ffmpeg::Error::Missing(missing) => Error::Missing(missing),
                ffmpeg::Error::Busy => Error::Busy,
                ffmpeg::Error::Stopping => Error::Stopping,
            })?;
        if !jpeg.starts_with(&START_OF_IMAGE) {
            return Err(undecodable("FFmpeg found no picture in it"));
        }
        Ok(jpeg)
    }
}

/// How wide a picture is at most; even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width(u32);

impl Width {
    /// The least.
    pub const LEAST: u32 = 16;
    /// The most, and what it is where nobody says.
    pub const MOST: u32 = 1920;

    /// Errs outside [`Width::LEAST`] to [`Width::MOST`] with what would be right.
    pub fn new(pixels: u32) -> Result<Width, String> {
        if (Width::LEAST..=Width::MOST).contains(&pixels) {
            Ok(Width(pixels & !1))
        } else {
            Err(format!("is {pixels}; allowed are {} to {}", Width::LEAST, Width::MOST))
        }
    }
}

impl Default for Width {
    fn default() -> Width {
        Width(Width::MOST)
    }
}

impl Done {
    /// Whether it will do for who wants `frame`.
    fn serves(&self, publication: &Arc<Publication>, frame: &Arc<Frame>) -> bool {
        let same = self.outcome.is_ok() && self.frame.as_ptr() == Arc::as_ptr(frame);
        self.publication.as_ptr() == Arc::as_ptr(publication) && (same || self.at.elapsed() < FRESH)
    }
}

impl Error {
    /// Whether another try at once would most likely end the same way.
    fn lasts(&self) -> bool {
        matches!(self, Error::Undecodable { .. } | Error::NotNow(_))
    }
}

fn picture(publication: &Publication) -> Result<Arc<Frame>, Error> {
    let no_picture = || if publication.has_video() { Error::NoKeyFrame } else { Error::NoVideo };
    publication.picture().ok_or_else(no_picture)
}

/// The names of FFmpeg's decoders for pictures of `codec`.
fn decoders(codec: &Codec) -> &'static [&'static str] {
    match codec {
        Codec::H264(_) => &["h264", "libopenh264"],
        Codec::H265(_) => &["hevc"],
        // The one called av1 needs a graphics card.
        Codec::Av1(_) => &["libdav1d", "libaom-av1", "libgav1"],
        Codec::Vp9(_) => &["vp9", "libvpx-vp9"],
        Codec::Vp8(_) => &["vp8", "libvpx"],
        _ => &[],
    }
}

fn run(format: &str, input: Vec<Bytes>, filter: &str, limits: Limits) -> Run {
    let owned = |options: &[&str]| options.iter().map(|option| (*option).to_owned()).collect();
    Run {
        // What is damaged is shown as far as it can be.
        input_options: owned(&["-threads", "1", "-flags", "+output_corrupt", "-f", format]),
        input,
        output_options: owned(&[
            "-map",
            "0:v:0",
            "-map_metadata",
            "-1",
            "-frames:v",
            "1",
            "-vf",
            filter,
            "-threads",
            "1",
            "-c:v",
            "mjpeg",
            "-q:v",
            "4",
            "-f",
            "mjpeg",
        ]),
        limits,
    }
}

/// So much older than the newest key frame a picture may be.
pub const FRESH: Duration = Duration::from_secs(2);
/// A second's work at most for one picture, on a machine that has other things to do; a JPEG of 1920 pixels' width has a few hundred kB.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), output: 8 << 20 };
/// ITU-T T.81 §B.1.1.3.
const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];

#[cfg(test)]
#[path = "snapshot_test.rs"]
mod tests;
