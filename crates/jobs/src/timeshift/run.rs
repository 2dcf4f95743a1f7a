//! One stream, kept from its publisher's first frame until it has been away for a while.

use std::sync::Arc;
use std::time::Duration;

use hub::log::Join;
use hub::{Frames, Publication, Step};
use media::Delta;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::shift::{Room, Writer};
use super::{Timeshifts, Writing};
use crate::record::{Cutter, Recordings, Settings};
use crate::supervisor::{Failure, Mood, Report, Run};

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
    let key = stream.key.clone();
    let begun = recordings.on_disk(move || shifts.begin(&key, window)).await.map_err(Failure::again)?;
    let mut writing: Writing = begun.map_err(Failure::again)?;
    let reserve = recordings.keep().reserve;
    let room = Room { spare: reserve.saturating_add(MARGIN), least: reserve.saturating_add(LAST) };
    let writer = Some(Writer::new(Arc::clone(&writing.shift), room));
    let cutter = Cutter::new(Settings::default());
    let mut keeper = Keeper { cutter, writer, recordings: &recordings, report: &report };
    let mut next = stream.waiting();
    while let Some(publication) = next.take() {
        report.say("keeps what is published");
        if keeper.follow(&publication, &stop).await? {
            writing.is_not_wanted();
            return Ok(());
        }
        report.say("waits for the publisher to return");
        tokio::select! {
            biased;
            returned = timeout(GAP, stream.publication()) => next = returned.ok(),
            () = stop.cancelled() => {
                writing.is_not_wanted();
                return Ok(());
            }
        }
    }
    Ok(())
}

struct Keeper<'a> {
    cutter: Cutter,
    /// Away while it writes.
    writer: Option<Writer>,
    recordings: &'a Recordings,
    report: &'a Report,
}

impl Keeper<'_> {
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
                // What is behind the hole does not lengthen what is before it.
                self.cutter.finish();
                self.write(true).await?;
                self.cutter.cut();
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

    /// Writes what the cutter has ready; with `all`, the segment ends with it.
    async fn write(&mut self, all: bool) -> Result<(), Failure> {
        let cuts: Vec<_> = std::iter::from_fn(|| self.cutter.poll()).collect();
        if cuts.is_empty() && !all {
            return Ok(());
        }
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let write = move || {
            for cut in cuts {
                writer.write(cut)?;
            }
            if all {
                writer.end();
            }
            Ok::<_, std::io::Error>(writer)
        };
        let written = self.recordings.on_disk(write).await.map_err(Failure::again)?;
        self.writer = Some(written.map_err(Failure::again)?);
        Ok(())
    }
}

/// Beside what recordings leave free so much stays free for them: what is kept for a while gives way before any of them has to end.
const MARGIN: u64 = 1 << 30;
/// When no more is left of that, nothing is kept: the last seconds of many streams are much, too.
const LAST: u64 = 128 << 20;
/// So long a publisher may be away before the playlist has an end; who comes back later goes on in it all the same.
const GAP: Duration = Duration::from_secs(60);
/// So long after its first frame a stream has shown which tracks it has.
const SETTLED: Duration = Duration::from_millis(1_500);
