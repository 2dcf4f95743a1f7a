//! One stream, recorded from its publisher's first frame until it has been away for too long.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use hub::log::Join;
use hub::{Frames, Publication, Step, StreamKey};
use media::{Delta, Frame, Kind};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::cutter::{Cut, Cutter};
use super::export::Container;
use super::library::{Error, Recordings};
use super::manifest::Cause;
use super::session::Session;
use super::settings::Settings;
use crate::snapshot::{self, Snapshot, Snapshots, Width};
use crate::supervisor::{Failure, Mood, Report, Run};

/// Records the stream of `run`, as one recording across publishers who return within the gap.
pub(super) async fn record(
    settings: Settings,
    recordings: Arc<Recordings>,
    snapshots: Arc<Snapshots>,
    run: Run,
) -> Result<(), Failure> {
    let Run { job, stream, stop, report, .. } = run;
    let Some(mut stream) = stream else {
        return Err(Failure::for_good("there is no stream to record"));
    };
    let mut recorder = Recorder {
        cutter: Cutter::new(settings.clone()),
        session: None,
        base: Delta::ZERO,
        recordings,
        job,
        key: stream.key.clone(),
        also: settings.also.clone(),
        report,
        away: None,
        refused: Vec::new(),
        picture: Picture::Wanted(snapshots),
    };
    let mut next = stream.waiting();
    while let Some(publication) = next.take() {
        match recorder.follow(&publication, &stop).await {
            Ok(Over::Published) => {}
            Ok(Over::Stopped) => return recorder.close(STOPPED).await,
            Err(error) => return recorder.fail(error).await,
        }
        let until = recorder.away.unwrap_or_else(Instant::now) + settings.gap();
        recorder.report.say("waits for the publisher to return");
        let cut = recorder.cut();
        tokio::select! {
            // Whoever is there already goes on; only then the others count.
            biased;
            returned = timeout_at(until, stream.publication()) => next = returned.ok(),
            () = stop.cancelled() => return recorder.close(STOPPED).await,
            () = cut => return recorder.close("somebody ended it").await,
        }
    }
    recorder.close("the publisher has left").await
}

/// Why a publication is not followed any more.
enum Over {
    /// It has ended.
    Published,
    /// The run is to end.
    Stopped,
}

struct Recorder {
    cutter: Cutter,
    /// From the first frame on.
    session: Option<Session>,
    /// Where it begins in all that was cut.
    base: Delta,
    recordings: Arc<Recordings>,
    job: String,
    key: StreamKey,
    /// What files are to be as well.
    also: Vec<Container>,
    report: Report,
    /// Since when there is no publisher.
    away: Option<Instant>,
    /// Codecs that no file can have, which has been said.
    refused: Vec<&'static str>,
    picture: Picture,
}

/// What comes next.
enum News {
    Step(Step),
    Picture(Result<Snapshot, snapshot::Error>),
    Stop,
}

/// The picture of a recording, which is made while it goes on.
enum Picture {
    Wanted(Arc<Snapshots>),
    Making(Arc<Snapshots>, Pin<Box<dyn Future<Output = Result<Snapshot, snapshot::Error>> + Send>>),
    Done(Arc<Snapshots>),
}

impl Recorder {
    /// Records what is published, to its end or until `stop`. What is under way with the disk is waited for either way.
    async fn follow(
        &mut self,
        publication: &Arc<Publication>,
        stop: &CancellationToken,
    ) -> Result<Over, Error> {
        self.recordings.room()?;
        let mut reader = publication.frames(Join::Oldest);
        // What comes meanwhile is kept for this reader.
        let tracks = stop.run_until_cancelled(publication.settled(SETTLED)).await;
        self.cutter.begin(&tracks.unwrap_or_default());
        let mut frames = Vec::new();
        loop {
            let step = match self.next(&mut reader, &mut frames, stop).await {
                News::Step(step) => step,
                News::Picture(made) => {
                    self.keep_picture(made).await;
                    continue;
                }
                News::Stop => {
                    // What has been published is recorded, also what is not read yet.
                    while let Some(step) = reader.next(&mut frames).now_or_never() {
                        if matches!(step, Step::Ended) {
                            break;
                        }
                    }
                    frames.drain(..).for_each(|frame| self.push(frame));
                    return Ok(Over::Stopped);
                }
            };
            if !frames.is_empty() {
                self.returned().await?;
            }
            if let Step::Gap { missed } = step {
                self.report.note(Mood::Doubt, format!("{missed} frames are lost: the disk cannot follow"));
                let lasted = frames.first().map_or(Delta::ZERO, |frame| self.cutter.ahead(frame));
                self.gap(Duration::from_micros(lasted.as_micros().try_into().unwrap_or(0)), Cause::Overrun)
                    .await?;
            }
            for frame in frames.drain(..) {
                self.push(frame);
            }
            if matches!(step, Step::Dropped | Step::Ended) {
                self.cutter.finish();
                self.away.get_or_insert_with(Instant::now);
            }
            if self.cutter.passed_over() {
                publication.ask_for_key_frame();
                self.report
                    .say("pictures are left out until the next key frame: their parameters have changed");
            }
            self.write().await?;
            self.recordings.room()?;
            match step {
                Step::Ended => return Ok(Over::Published),
                Step::Dropped => self.report.say("waits for the publisher to return"),
                _ => {}
            }
        }
    }

    /// What comes next; the cut that somebody asks for is noted meanwhile. Cancel-safe, and nothing of it waits for the disk.
    async fn next(
        &mut self,
        reader: &mut Frames,
        frames: &mut Vec<Arc<Frame>>,
        stop: &CancellationToken,
    ) -> News {
        loop {
            let (cut, noted) = (self.cut(), self.cutter.is_cut());
            tokio::select! {
                biased;
                () = stop.cancelled() => return News::Stop,
                () = cut, if !noted => self.cutter.cut(),
                step = reader.next(frames) => return News::Step(step),
                made = self.picture.made() => return News::Picture(made),
            }
        }
    }

    async fn keep_picture(&mut self, made: Result<Snapshot, snapshot::Error>) {
        let kept = match made {
            Ok(Snapshot { jpeg, .. }) => self.blocking(move |session| session.picture(&jpeg)).await,
            Err(error) => {
                if let snapshot::Error::Busy | snapshot::Error::NotNow(_) = error {
                    // Of a key frame later on.
                    self.picture.anew();
                }
                return self.report.note(Mood::Doubt, format!("there is no picture of it: {error}"));
            }
        };
        if let Err(error) = kept {
            self.report.note(Mood::Doubt, error.to_string());
        }
    }

    /// Waits until somebody wants the recording to end.
    fn cut(&self) -> impl Future<Output = ()> + use<> {
        let cut = self.session.as_ref().map(|session| session.cut.clone());
        async move {
            match cut {
                Some(cut) => cut.cancelled().await,
                None => std::future::pending().await,
            }
        }
    }

    fn push(&mut self, frame: Arc<Frame>) {
        if frame.track.kind() == Kind::Data {
            return;
        }
        if frame.keyframe && frame.track.kind() == Kind::Video && self.cutter.length() >= PICTURE_AT {
            self.picture.make(&frame);
        }
        let codec = frame.track.codec.name();
        if !self.cutter.push(frame) && !self.refused.contains(&codec) {
            self.refused.push(codec);
            self.report.note(Mood::Doubt, format!("a track of {codec} is left out: MP4 cannot carry it"));
        }
    }

    /// Notes how long the publisher was away, if it was.
    async fn returned(&mut self) -> Result<(), Error> {
        let Some(since) = self.away.take() else { return Ok(()) };
        if self.session.is_some() {
            let seconds = since.elapsed().as_secs_f32();
            self.report.note(Mood::Doubt, format!("the publisher was away for {seconds:.1} s"));
        }
        self.gap(since.elapsed(), Cause::Publisher).await
    }

    async fn gap(&mut self, lasted: Duration, cause: Cause) -> Result<(), Error> {
        if self.session.is_none() {
            // Nothing is missing of what has not begun.
            return Ok(());
        }
        let at = self.cutter.length() - self.base;
        self.blocking(move |session| session.gap(at, lasted, cause)).await
    }

    /// Writes what the cutter has ready.
    async fn write(&mut self) -> Result<(), Error> {
        while let Some(cut) = self.cutter.poll() {
            match cut {
                Cut::File { header, tracks, asked, at } => {
                    if asked && let Some(session) = self.session.take() {
                        end(
                            &self.recordings,
                            &self.report,
                            session,
                            "somebody ended it, or it was long enough: another goes on where it ends"
                                .to_owned(),
                        )
                        .await;
                        self.picture.anew();
                    }
                    if self.session.is_none() {
                        self.session = Some(self.begin().await?);
                        self.base = at;
                    }
                    self.blocking(move |session| session.file(&header, tracks)).await?;
                }
                Cut::Fragment { data, length, counted, .. } => {
                    let length = length - self.base;
                    self.blocking(move |session| session.append(&data, length, &counted)).await?;
                    let files = self.session.as_ref().map_or(0, Session::files);
                    if (files >= MOST_FILES || length >= LONGEST) && !self.cutter.is_cut() {
                        self.cutter.cut();
                    }
                }
            }
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<Session, Error> {
        let (recordings, key, job) = (Arc::clone(&self.recordings), self.key.clone(), self.job.clone());
        let also = self.also.clone();
        let session = self.recordings.on_disk(move || recordings.begin(&key, &job, &also)).await??;
        self.report.say(format!("records as {}", session.id));
        self.report.note(Mood::Good, format!("recording {} has begun", session.id));
        Ok(session)
    }

    /// Does something with the recording where it may block. Not to be cancelled: the recording would be gone with it.
    async fn blocking(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let mut session = self.session.take().ok_or(Error::Stopping)?;
        let done = self.recordings.on_disk(move || {
            let done = work(&mut session);
            (session, done)
        });
        let (session, done) = done.await?;
        self.session = Some(session);
        done
    }

    /// Ends the recording as it should end.
    async fn close(mut self, why: &str) -> Result<(), Failure> {
        self.cutter.finish();
        let written = self.write().await;
        if let Some(session) = self.session.take() {
            end(&self.recordings, &self.report, session, why.to_owned()).await;
        }
        written.map_err(Failure::again)
    }

    /// Ends it because of `error`: what there is is kept.
    async fn fail(mut self, error: Error) -> Result<(), Failure> {
        if let Error::Full { .. } = error {
            // What is left is for others; what is in hand already still has its place.
            let _ = self.close(&error.to_string()).await;
        } else if let Some(session) = self.session.take() {
            end(&self.recordings, &self.report, session, error.to_string()).await;
        }
        Err(Failure::again(error))
    }
}

/// Ends a recording where that may block. It cannot be cancelled once it runs, and the server waits for it when it stops.
async fn end(recordings: &Recordings, report: &Report, session: Session, why: String) {
    report.note(Mood::Good, format!("recording {} has ended: {why}", session.id));
    let _ = recordings.on_disk(move || session.end(&why)).await;
}

impl Picture {
    /// Makes it of `frame`, unless there is one.
    fn make(&mut self, frame: &Arc<Frame>) {
        let Picture::Wanted(snapshots) = self else { return };
        let (maker, frame) = (Arc::clone(snapshots), Arc::clone(frame));
        let making = Box::pin(async move { maker.make(&frame, Width::default()).await });
        *self = Picture::Making(Arc::clone(snapshots), making);
    }

    /// Waits until it is made, once. Cancel-safe.
    async fn made(&mut self) -> Result<Snapshot, snapshot::Error> {
        let Picture::Making(snapshots, making) = self else { return std::future::pending().await };
        let made = making.await;
        *self = Picture::Done(Arc::clone(snapshots));
        made
    }

    /// Another recording wants another.
    fn anew(&mut self) {
        let (Picture::Wanted(snapshots) | Picture::Making(snapshots, _) | Picture::Done(snapshots)) = self;
        *self = Picture::Wanted(Arc::clone(snapshots));
    }
}

const STOPPED: &str = "it was switched off, or the server stops";
/// Where the picture is taken: at the first key frame so far on. The first of all is often black.
const PICTURE_AT: Delta = Delta::secs(2);
/// So long after its first frame a stream has shown which tracks it has; one that comes later begins another file.
const SETTLED: Duration = Duration::from_millis(1_500);
/// A stream that never ends is recorded as one recording after the other: each can be finished, and is removed when its time has come.
const LONGEST: Delta = Delta::secs(86_400);
const MOST_FILES: usize = 1_000;

#[cfg(test)]
#[path = "recorder_test.rs"]
mod tests;
