//! One stream, kept from its publisher's first frame until it has been away for a while.

use std::sync::Arc;
use std::time::Duration;

use hub::log::Join;
use hub::{Frames, Publication, Step};
use media::Delta;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::shift::Writer;
use super::{Keeping, Timeshifts};
use crate::record::{Cutter, Recordings, Settings};
use crate::supervisor::{Failure, Followed, Mood, Report, Run};

/// Keeps the last `window` of the stream of `run`.
pub(super) async fn keep(
    window: Delta,
    shifts: Arc<Timeshifts>,
    recordings: Arc<Recordings>,
    run: Run,
) -> Result<(), Failure> {
    let Run { stream, stop, report, .. } = run;
    let Some(mut stream) = stream else {
        return Err(Failure::for_good("there is no stream of which anything is to be kept"));
    };
    let mut next = stream.waiting();
    while let Some(publication) = next.take() {
        recordings.room().map_err(Failure::again)?;
        let (shifts, key) = (Arc::clone(&shifts), stream.key.clone());
        let begun = recordings.on_disk(move || shifts.begin(&key, window)).await.map_err(Failure::again)?;
        let keeping = begun.map_err(Failure::again)?;
        let writer = Writer::new(Arc::clone(&keeping.shift));
        let cutter = Cutter::new(Settings::default());
        let mut keeper = Keeper { cutter, writer: Some(writer), recordings: &recordings, report: &report };
        if keeper.follow_all(publication, &mut stream, &stop).await? {
            return Ok(());
        }
        keeping.shift.complete();
        report.say("is over: who is behind sees the end");
        next = linger(keeping, &mut stream, &stop).await;
    }
    Ok(())
}

/// Waits until nobody needs what was kept any more, or somebody publishes again.
async fn linger(
    keeping: Keeping,
    stream: &mut Followed,
    stop: &CancellationToken,
) -> Option<Arc<Publication>> {
    let next = tokio::select! {
        publication = stream.publication() => Some(publication),
        () = sleep(LINGER) => None,
        () = stop.cancelled() => None,
    };
    drop(keeping);
    next
}

struct Keeper<'a> {
    cutter: Cutter,
    /// Away while it writes.
    writer: Option<Writer>,
    recordings: &'a Recordings,
    report: &'a Report,
}

impl Keeper<'_> {
    /// Keeps one publication after the other, until there is none for a while. Whether the run is to end.
    async fn follow_all(
        &mut self,
        first: Arc<Publication>,
        stream: &mut Followed,
        stop: &CancellationToken,
    ) -> Result<bool, Failure> {
        let mut next = Some(first);
        while let Some(publication) = next.take() {
            self.report.say("keeps what is published");
            if self.follow(&publication, stop).await? {
                return Ok(true);
            }
            self.report.say("waits for the publisher to return");
            tokio::select! {
                biased;
                returned = timeout(GAP, stream.publication()) => next = returned.ok(),
                () = stop.cancelled() => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Keeps what is published, to its end. Whether the run is to end.
    async fn follow(
        &mut self,
        publication: &Arc<Publication>,
        stop: &CancellationToken,
    ) -> Result<bool, Failure> {
        let mut reader: Frames = publication.frames(Join::Oldest);
        let tracks = stop.run_until_cancelled(publication.settled(SETTLED)).await;
        self.cutter.begin(&tracks.unwrap_or_default());
        let mut frames = Vec::new();
        loop {
            let Some(step) = stop.run_until_cancelled(reader.next(&mut frames)).await else {
                return Ok(true);
            };
            if let Step::Gap { missed } = step {
                self.report.note(Mood::Doubt, format!("{missed} frames are lost: the disk cannot follow"));
            }
            for frame in frames.drain(..) {
                self.cutter.push(frame);
            }
            let away = matches!(step, Step::Dropped | Step::Ended);
            if away {
                self.cutter.finish();
            }
            if self.cutter.passed_over() {
                publication.ask_for_key_frame();
            }
            self.write(away).await?;
            if let Step::Ended = step {
                return Ok(false);
            }
        }
    }

    /// Writes what the cutter has ready; all of it is to be seen when the publisher is `away`.
    async fn write(&mut self, away: bool) -> Result<(), Failure> {
        let cuts: Vec<_> = std::iter::from_fn(|| self.cutter.poll()).collect();
        if cuts.is_empty() && !away {
            return Ok(());
        }
        self.recordings.room().map_err(Failure::again)?;
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let write = move || {
            for cut in cuts {
                writer.write(cut)?;
            }
            if away {
                writer.end();
            }
            Ok::<_, std::io::Error>(writer)
        };
        let written = self.recordings.on_disk(write).await.map_err(Failure::again)?;
        self.writer = Some(written.map_err(Failure::again)?);
        Ok(())
    }
}

/// So long a publisher may be away, and the stream goes on where it was.
const GAP: Duration = Duration::from_secs(60);
/// So long after its end who is behind may watch it to the end.
const LINGER: Duration = Duration::from_secs(600);
/// So long after its first frame a stream has shown which tracks it has.
const SETTLED: Duration = Duration::from_millis(1_500);
