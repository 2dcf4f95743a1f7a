//! What becomes of recordings that are not written any more: one piece, and in the end nothing.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::SEGMENT;
use super::export::Container;
use super::finish::{self, Finished, Terms};
use super::keep::{Clock, Trust};
use super::library::{Claim, Entry, Error, Event, REMOVED, Recordings, Trouble};
use super::manifest::{self, Form, Manifest, Upload, fragments, whole};

/// What is to be done with a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// To make this file of it one piece.
    File(usize),
    /// To make this file something else as well.
    Form(usize, Container),
    /// To copy its files where copies are wanted.
    Copy,
    /// To say that it is done.
    Close,
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Finish,
    Copy,
}

/// A task that nobody else may have meanwhile. Dropped, it may be had again.
struct Claimed<'a> {
    recordings: &'a Recordings,
    id: String,
    task: Task,
}

impl Recordings {
    /// Finishes what is over, and removes what is not to be kept, until `stop`. What is not finished then is at the next start.
    ///
    /// Finishing, copying and removing wait for nobody but themselves: a folder that hangs holds up what is to be copied there.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let halt = Arc::new(AtomicBool::new(false));
        self.in_the_background(&stop, &halt, Recordings::sweep).await;
        let (finishing, copying) =
            (self.work(Lane::Finish, &stop, &halt), self.work(Lane::Copy, &stop, &halt));
        let closing = async {
            stop.cancelled().await;
            self.closing.cancel();
        };
        tokio::join!(finishing, copying, self.keep_up(&stop, &halt), self.watch_disk(&stop), closing);
    }

    async fn work(self: &Arc<Self>, lane: Lane, stop: &CancellationToken, halt: &Arc<AtomicBool>) {
        let news = match lane {
            Lane::Finish => &self.ended,
            Lane::Copy => &self.finished,
        };
        while !stop.is_cancelled() {
            self.in_the_background(stop, halt, move |recordings, halt| recordings.work_off(lane, halt)).await;
            tokio::select! {
                () = news.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn keep_up(self: &Arc<Self>, stop: &CancellationToken, halt: &Arc<AtomicBool>) {
        let mut clock = Clock::new();
        while !stop.is_cancelled() {
            let trust = clock.trust();
            self.in_the_background(stop, halt, move |recordings, halt| recordings.let_go(trust, halt)).await;
            tokio::select! {
                () = self.kept.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Does `work` where it may block; `halt` is set at `stop`.
    async fn in_the_background(
        self: &Arc<Self>,
        stop: &CancellationToken,
        halt: &Arc<AtomicBool>,
        work: impl FnOnce(&Recordings, &AtomicBool) + Send + 'static,
    ) {
        let (ours, halted) = (Arc::clone(self), Arc::clone(halt));
        let mut working = tokio::task::spawn_blocking(move || work(&ours, &halted));
        let done = tokio::select! {
            done = &mut working => done,
            () = stop.cancelled() => {
                halt.store(true, Ordering::Relaxed);
                working.await
            }
        };
        if let Err(err) = done {
            error!(%err, "looking after recordings broke, which is a fault of the server: it goes on with others");
        }
    }

    /// Keeps an eye on what the disk has left, for all who record.
    async fn watch_disk(self: &Arc<Self>, stop: &CancellationToken) {
        let eye = async {
            loop {
                tokio::time::sleep(EYE).await;
                let ours = Arc::clone(self);
                // A disk that hangs holds up this one, and nobody who asks what was seen last.
                let _ = tokio::task::spawn_blocking(move || ours.look()).await;
            }
        };
        stop.run_until_cancelled(eye).await;
    }

    /// Removes what kills have left: what was to be removed, what was being written, and what has become one piece.
    fn sweep(&self, halt: &AtomicBool) {
        let Ok(found) = fs::read_dir(&self.folder) else { return };
        for found in found.flatten() {
            if halt.load(Ordering::Relaxed) {
                return;
            }
            let name = found.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(REMOVED) {
                let removed = fs::remove_dir_all(found.path());
                removed.unwrap_or_else(
                    |err| warn!(folder = name, %err, "what was recorded cannot be removed yet"),
                );
            } else if let Ok(view) = self.view(name)
                && let Err(err) = self.sweep_one(name, &view.manifest)
            {
                warn!(recording = name, %err, "what was left behind cannot be removed");
            }
        }
    }

    fn sweep_one(&self, id: &str, manifest: &Manifest) -> io::Result<()> {
        let folder = self.folder.join(id);
        for found in fs::read_dir(&folder)?.flatten() {
            // Nothing is being finished yet; what is small may be in the middle of being written, and is written anew where it is not.
            if found.path().extension().is_some_and(|end| end == "next") && !manifest::is_small(&found.path())
            {
                fs::remove_file(found.path())?;
            }
        }
        for (number, part) in manifest.files.iter().enumerate() {
            let left = fragments(&folder, number);
            if part.finished && left.exists() && (part.bytes == 0 || whole(&folder, number).exists()) {
                fs::remove_file(left)?;
            }
        }
        for (number, container) in manifest.kept().filter(|_| manifest.away) {
            let left = manifest::form(&folder, number, container);
            if left.exists() {
                fs::remove_file(left)?;
            }
        }
        Ok(())
    }

    fn work_off(&self, lane: Lane, halt: &AtomicBool) {
        while !halt.load(Ordering::Relaxed)
            && let Some(claimed) = self.claim(lane)
        {
            match claimed.task {
                Task::File(number) => self.finish(&claimed, number, halt),
                Task::Form(number, container) => self.make_form(&claimed, number, container, halt),
                Task::Copy => self.copy(&claimed, halt),
                Task::Close => self.close(&claimed),
            }
        }
    }

    /// What is to be done next: the recording that began first of all that have something.
    fn claim(&self, lane: Lane) -> Option<Claimed<'_>> {
        let copies = self.keep().copy_to.is_some();
        let mut table = self.table();
        let now = Instant::now();
        let due = table.iter_mut().filter_map(|(id, entry)| Some((entry.task(now, copies)?, id, entry)));
        let due = due.filter(|(task, ..)| (*task == Task::Copy) == (lane == Lane::Copy));
        let (task, id, entry) = due.min_by_key(|(_, _, entry)| entry.manifest.started)?;
        entry.claim = Claim::Finishing(0.0);
        // Until it is known to be done it is in trouble: what breaks over it is not to break over it at once again.
        let tries = entry.trouble.as_ref().map_or(0, |trouble| trouble.tries) + 1;
        let again = now + AGAIN * tries.min(MOST_TIMES);
        let words = Error::Broken.to_string();
        entry.trouble = Some(Trouble { words, tries, again, needs: None });
        Some(Claimed { recordings: self, id: id.clone(), task })
    }

    /// Makes a file one piece.
    fn finish(&self, claimed: &Claimed<'_>, number: usize, halt: &AtomicBool) {
        let id = claimed.id.as_str();
        let Ok(view) = self.view(id) else { return };
        let folder = self.folder.join(id);
        let terms = Terms { created: view.manifest.started, reserve: self.keep().reserve, stop: halt };
        let progress = |done| self.with(id, |entry| entry.claim = Claim::Finishing(done));
        let finished = match finish::finish(&folder, number, &terms, progress) {
            Ok(finished) => finished,
            Err(finish::Error::Stopped) => return claimed.done(),
            Err(err) => {
                if let finish::Error::Full { needed, .. } = err {
                    claimed.lacks(needed);
                }
                return claimed.trouble(&err, number);
            }
        };
        if let Err(err) = self.change(id, |manifest| manifest.finished(number, finished)) {
            return claimed.trouble(&err, number);
        }
        if let Finished::Whole { .. } = finished
            && let Ok(pieces) = self.pieces(id, number, SEGMENT, false)
        {
            let segments = u32::try_from(pieces.pieces.len()).ok();
            let counted = self.change(id, |manifest| {
                if let Some(part) = manifest.files.get_mut(number) {
                    part.segments = segments;
                }
            });
            counted.unwrap_or_else(
                |err| warn!(recording = id, %err, "its segments are counted when somebody asks"),
            );
        }
        if finished != Finished::Unreadable {
            // From here on nobody needs it.
            let _ = fs::remove_file(fragments(&folder, number));
        }
        claimed.done();
    }

    /// Makes a file something else as well.
    fn make_form(&self, claimed: &Claimed<'_>, number: usize, container: Container, halt: &AtomicBool) {
        let id = claimed.id.as_str();
        let terms = Terms { created: SystemTime::now(), reserve: self.keep().reserve, stop: halt };
        let progress = |done| self.with(id, |entry| entry.claim = Claim::Finishing(done));
        let bytes = match self.write_form(id, number, container, &terms, progress) {
            Ok(bytes) => bytes,
            Err(finish::Error::Stopped) => return claimed.done(),
            Err(err) => {
                if let finish::Error::Full { needed, .. } = err {
                    claimed.lacks(needed);
                }
                let full = matches!(err, finish::Error::Full { .. });
                claimed.trouble(&err, number);
                // The MP4 is there, and nobody waits for ever to hear so; least of all what would make room when it is uploaded.
                let waits = full && (self.bucket().keeps || !self.bucket().uploads);
                if waits || claimed.tries() < MOST_TRIES {
                    return;
                }
                0
            }
        };
        let noted = self.change(id, |manifest| {
            if let Some(part) = manifest.files.get_mut(number) {
                part.forms.push(Form { container, bytes });
            }
        });
        match noted {
            Ok(()) => claimed.done(),
            Err(err) => claimed.trouble(&err, number),
        }
    }

    /// Copies what is finished where copies are wanted.
    fn copy(&self, claimed: &Claimed<'_>, halt: &AtomicBool) {
        let id = claimed.id.as_str();
        let (Ok(view), Some(to)) = (self.view(id), self.keep().copy_to) else { return claimed.done() };
        for (number, container) in view.manifest.kept() {
            let from = manifest::form(&self.folder.join(id), number, container);
            let end = container.map_or("mp4", Container::name);
            let name = if number == 0 { format!("{id}.{end}") } else { format!("{id}-{}.{end}", number + 1) };
            let progress = |done| self.with(id, |entry| entry.claim = Claim::Finishing(done));
            let terms = Terms { created: view.manifest.started, reserve: self.keep().reserve, stop: halt };
            match finish::copy_whole(&from, &to.join(name), &terms, progress) {
                Ok(()) => {}
                Err(finish::Error::Stopped) => return claimed.done(),
                Err(err) => {
                    let err = io::Error::other(format!("it cannot be copied to {}: {err}", to.display()));
                    return claimed.trouble(&err, number);
                }
            }
        }
        match self.change(id, |manifest| manifest.copied = true) {
            Ok(()) => claimed.done(),
            Err(err) => claimed.trouble(&err, 0),
        }
    }

    /// Says that a recording is done.
    fn close(&self, claimed: &Claimed<'_>) {
        let id = claimed.id.as_str();
        let ended = SystemTime::now();
        if self.view(id).is_ok_and(|view| view.manifest.is_empty()) {
            // Nothing ever came.
            self.with(id, |entry| entry.claim = Claim::Free);
            if let Err(err) = self.remove(id) {
                claimed.trouble(&err, 0);
            }
            return;
        }
        let uploads = self.bucket().uploads;
        let closed = self.change(id, |manifest| {
            manifest.close(ended);
            if uploads && manifest.upload.is_none() {
                manifest.upload = Some(Upload::default());
            }
        });
        if let Err(err) = closed {
            return claimed.trouble(&err, 0);
        }
        claimed.done();
        if self.view(id).is_ok_and(|view| view.manifest.upload.is_none()) {
            // What of it went ahead is to become nothing.
            self.give_up(id);
        }
        self.with(id, |entry| entry.way.begin());
        self.sent.notify_one();
        self.segments.notify_one();
        let Ok(view) = self.view(id) else { return };
        let manifest = &view.manifest;
        let stream = view.stream();
        let logged = stream.as_ref().map(|stream| stream.logged().to_string());
        let (files, bytes, seconds) = (manifest.files.len(), manifest.bytes(), manifest.millis() / 1_000);
        let (gaps, why) = (manifest.gaps.len(), manifest.why.as_deref());
        info!(recording = id, stream = logged, files, bytes, seconds, gaps, why, "recording finished");
        if let Some(stream) = stream {
            let _ = self.events.send(Event::Finished { id: id.to_owned(), stream });
        }
    }

    /// Removes what is not to be kept.
    fn let_go(&self, trust: Trust, halt: &AtomicBool) {
        let uploads = self.bucket().uploads;
        for id in self.keep().surplus(self.all(), uploads, SystemTime::now(), trust) {
            if halt.load(Ordering::Relaxed) {
                return;
            }
            match self.remove(&id) {
                Ok(()) => info!(recording = id, "recording removed: it has been kept for long enough"),
                Err(err) => warn!(recording = id, %err, "recording not removed"),
            }
        }
    }
}

impl Entry {
    /// What is to be done with it now.
    fn task(&self, now: Instant, copies: bool) -> Option<Task> {
        let rests = self.trouble.as_ref().is_some_and(|trouble| trouble.again > now);
        if self.claim != Claim::Free || self.manifest.done || rests {
            return None;
        }
        let goes_on = self.cut.is_some();
        let files = self.manifest.files.len();
        // The last file of one that goes on is being written.
        let over = self.manifest.files.iter().take(files - usize::from(goes_on && files > 0));
        let next = over.clone().enumerate().find(|(_, part)| !part.is_done());
        let form = over.enumerate().filter(|(_, part)| part.finished && part.bytes > 0).find_map(
            |(number, part)| {
                let has = |container: &Container| part.forms.iter().any(|form| form.container == *container);
                Some(Task::Form(number, *self.manifest.also.iter().find(|container| !has(container))?))
            },
        );
        // What is made for a cloud alone is nobody's who has copies made.
        let copies = copies && !self.manifest.clouds.are_all();
        let last = if copies && !self.manifest.copied { Task::Copy } else { Task::Close };
        next.map(|(number, _)| Task::File(number)).or(form).or((!goes_on).then_some(last))
    }
}

impl Claimed<'_> {
    fn done(&self) {
        self.recordings.with(&self.id, |entry| entry.trouble = None);
    }

    /// How often it was tried, this time counted.
    fn tries(&self) -> u32 {
        let table = self.recordings.table();
        table.get(&self.id).and_then(|entry| entry.trouble.as_ref()).map_or(0, |trouble| trouble.tries)
    }

    /// It lacks room for so many bytes.
    fn lacks(&self, needed: u64) {
        self.recordings.with(&self.id, |entry| {
            if let Some(trouble) = &mut entry.trouble {
                trouble.needs = Some(needed);
            }
        });
    }

    fn trouble(&self, err: &dyn std::error::Error, number: usize) {
        warn!(recording = self.id, file = number + 1, %err, "recording not finished");
        self.recordings.with(&self.id, |entry| {
            if let Some(trouble) = &mut entry.trouble {
                trouble.words = err.to_string();
            }
        });
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.recordings.with(&self.id, |entry| {
            if matches!(entry.claim, Claim::Finishing(_)) {
                entry.claim = Claim::Free;
            }
        });
        // Only now may the next task be had, which may be another's.
        self.recordings.ended.notify_one();
        self.recordings.finished.notify_one();
    }
}

/// How often is looked for what is not to be kept any more, and for room to finish what could not be.
const LOOK: Duration = Duration::from_secs(60);
/// How often is looked for what the disk has left.
const EYE: Duration = Duration::from_secs(2);
/// What could not be finished is tried again after so long, after so many times that in the end.
const AGAIN: Duration = Duration::from_secs(30);
const MOST_TIMES: u32 = 20;
/// What a file should be as well is given up after so many tries, unless it is room that it lacks.
const MOST_TRIES: u32 = 3;
