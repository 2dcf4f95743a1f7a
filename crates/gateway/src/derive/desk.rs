//! Where codecs run.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use media::Frame;
use tokio::sync::Semaphore;

use super::Maker;

/// As many places to work as the machine has cores, shared by all derivations.
///
/// The threads are the runtime's for blocking work. They are not those that serve connections, on which a codec would hold
/// up thousands of sockets; they come and go with the work; and a panic on one ends there, with the job that caused it. A
/// job is what a derivation has read since its last, so the busier the machine, the fewer and larger the jobs.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    places: Arc<Semaphore>,
}

/// Frames to be made into others.
pub(super) struct Job {
    pub(super) maker: Box<dyn Maker>,
    pub(super) frames: Vec<Arc<Frame>>,
}

/// What has become of a [`Job`].
pub(super) struct Done {
    pub(super) maker: Box<dyn Maker>,
    /// The room of the job's frames, empty.
    pub(super) frames: Vec<Arc<Frame>>,
    pub(super) made: Vec<Frame>,
    /// Frames that were no good, and the first of their errors.
    pub(super) broken: u64,
    pub(super) error: Option<audio::Error>,
    /// How long it took.
    pub(super) took: Duration,
}

/// The job has panicked; its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panicked(pub(super) String);

impl Desk {
    pub(super) fn new() -> Desk {
        let cores = available_parallelism().map_or(1, |cores| cores.get());
        Desk { places: Arc::new(Semaphore::new(cores)) }
    }

    /// Does `job` when there is a place. To be awaited to its end: what was begun is not undone.
    pub(super) async fn work(&self, job: Job) -> Result<Done, Panicked> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            job.work()
        });
        working.await.map_err(|failed| match failed.try_into_panic() {
            Ok(panic) => Panicked(words(&*panic)),
            // The runtime is being shut down.
            Err(_) => Panicked("cancelled".to_owned()),
        })
    }
}

impl Job {
    fn work(self) -> Done {
        let began = Instant::now();
        let Job { mut maker, mut frames } = self;
        let (mut made, mut broken, mut error) = (Vec::new(), 0, None);
        for frame in &frames {
            if let Err(err) = maker.push(frame, &mut made) {
                broken += 1;
                error.get_or_insert(err);
            }
        }
        frames.clear();
        Done { maker, frames, made, broken, error, took: began.elapsed() }
    }
}

/// What a panic says.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words").to_owned()
}
