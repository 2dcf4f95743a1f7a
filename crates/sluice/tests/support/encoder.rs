//! An encoder of our own, for what FFmpeg's cannot be made to do: it sends a [`Script`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use container::flv::TagKind;
use media::Delta;
use rtmp::MediaKind;
use rtmp::client::Action;
use testkit::Script;
use testkit::script::Cue;

use super::client::Connection;

/// An encoder about to be started.
pub(crate) struct Encoder {
    url: String,
    chunk_size: Option<u32>,
}

/// An encoder at work. Its thread panics when the server does not take what it sends.
pub(crate) struct Publishing {
    thread: JoinHandle<usize>,
    stop: Arc<AtomicBool>,
}

impl Encoder {
    /// One that publishes to `url`, and says goodbye.
    pub(crate) fn to(url: &str) -> Encoder {
        Encoder { url: url.to_owned(), chunk_size: None }
    }

    /// Its chunks are of this size.
    pub(crate) fn chunk_size(mut self, size: u32) -> Encoder {
        self.chunk_size = Some(size);
        self
    }

    /// Sends `script`.
    pub(crate) fn publish(self, script: Script) -> Publishing {
        self.start(script, None)
    }

    /// Sends `script`, which is `length` long, over and over until it is stopped.
    pub(crate) fn publish_forever(self, script: Script, length: Delta) -> Publishing {
        self.start(script, Some(length))
    }

    fn start(self, script: Script, length: Option<Delta>) -> Publishing {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || self.run(&script, length, &stop)
        });
        Publishing { thread, stop }
    }

    /// How many pictures it has sent.
    fn run(self, script: &Script, length: Option<Delta>, stop: &AtomicBool) -> usize {
        let mut connection = Connection::open(&self.url, Action::Publish, |config| {
            config.chunk_size = self.chunk_size.unwrap_or(config.chunk_size);
        });
        connection.run_until_ready();
        let began = Instant::now();
        let mut pictures = 0;
        for round in 0.. {
            let offset = length.unwrap_or_default() * round;
            let again = |cue: &&Cue| {
                round == 0 && length.is_none() || !cue.is_end() && (round == 0 || !cue.is_header())
            };
            for cue in script.cues().iter().filter(again) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                connection.run_until(began + (cue.at + offset).to_std());
                let sent =
                    connection.session.send(kind(cue), cue.time + offset, std::slice::from_ref(&cue.body));
                sent.expect("the publish has begun");
                pictures += usize::from(cue.is_picture());
            }
            if length.is_none() || stop.load(Ordering::Relaxed) {
                break;
            }
        }
        connection.session.end();
        connection.flush().unwrap();
        pictures
    }
}

impl Publishing {
    /// Waits until everything is sent; how many pictures that were.
    #[track_caller]
    pub(crate) fn finish(self) -> usize {
        self.thread.join().unwrap()
    }

    /// Ends it now; how many pictures it has sent.
    #[track_caller]
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.finish()
    }
}

fn kind(cue: &Cue) -> MediaKind {
    match cue.kind {
        TagKind::Audio => MediaKind::Audio,
        TagKind::Video => MediaKind::Video,
        TagKind::Data => MediaKind::Data,
    }
}
