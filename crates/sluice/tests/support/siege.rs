//! A server that is attacked while it serves.

use media::Delta;
use testkit::clip::Spec;
use testkit::ffmpeg::{self, Playing};
use testkit::{Clip, Script, Server, Tool, tool, wait};

use super::encoder::{Encoder, Publishing};
use super::{SLUICE, SOON, original, wait_for_viewers};

/// A server with a stream, `live/s`, and viewers of it who must not notice what else happens.
pub(crate) struct Siege {
    pub(crate) server: Server,
    publishing: Publishing,
    viewers: [Playing; 2],
    clip: Clip,
    /// Files that it had open before anybody came.
    files: usize,
    /// Its memory when only the stream ran.
    memory: u64,
}

impl Siege {
    /// Begins, with the stream running; `None` where FFmpeg is missing.
    #[track_caller]
    pub(crate) fn lay() -> Option<Siege> {
        Siege::lay_with(&[])
    }

    /// The same of a server with more settings in its environment.
    #[track_caller]
    pub(crate) fn lay_with(settings: &[(&str, &str)]) -> Option<Siege> {
        if !tool::have(&[Tool::Ffmpeg]) {
            return None;
        }
        let clip = Clip::new(Spec { bitrate: 2_000, seconds: 8, ..Spec::DEFAULT });
        let usual = [("SLUICE_MEDIA_HLS_FRAGMENT", "2s"), ("SLUICE_MEDIA_HLS_WINDOW", "6s")];
        let settings = usual.iter().chain(settings);
        let server = settings.fold(Server::of(SLUICE), |setup, (name, value)| setup.env(name, value)).start();
        let files = server.open_files();
        let viewers = ["rtmp", "flv"].map(|proto| {
            let url = match proto {
                "rtmp" => server.rtmp_url("live/s"),
                _ => server.http_url("live/s.flv"),
            };
            let playing = ffmpeg::play(&url).start();
            wait_for_viewers(&server, proto, 1);
            playing
        });
        let script = Script::of(&clip);
        let publishing = Encoder::to(&server.publish_url("live/s"))
            .publish_forever(script, Delta::from_std(clip.duration()));
        let mut siege = Siege { server, publishing, viewers, clip, files, memory: 0 };
        siege.viewers.iter_mut().for_each(|viewer| viewer.wait_for_pictures(50, SOON));
        siege.server.forget_peak_memory();
        siege.memory = siege.server.peak_memory();
        Some(siege)
    }

    /// Lets each viewer see so many more pictures, of which there are 25 a second.
    #[track_caller]
    pub(crate) fn hold_out(&mut self, pictures: usize) {
        for viewer in &mut self.viewers {
            let seen = viewer.so_far().pictures().len();
            viewer.wait_for_pictures(seen + pictures, SOON);
        }
    }

    /// Ends. Asserts that the viewers have got every picture that was sent, that memory stayed within [`MOST_MEMORY`] of
    /// what the stream alone takes, that no file is left open, and that the server ends as it should.
    #[track_caller]
    pub(crate) fn lift(self) {
        let sent = self.publishing.stop();
        let memory = self.server.peak_memory();
        eprintln!("{} KiB with the stream alone, {} KiB at most", self.memory / 1024, memory / 1024);
        assert!(memory < self.memory + MOST_MEMORY, "{memory} bytes after {}", self.memory);
        let pictures = original(&self.clip).pictures();
        let expected: Vec<_> = pictures.into_iter().cycle().take(sent).collect();
        for viewer in self.viewers {
            let name = viewer.process.name().to_owned();
            let played = viewer.finish(SOON);
            played.assert_clean();
            let came = played.pictures();
            assert!(came == expected, "{name}: {} pictures of {sent}, or not the same", came.len());
        }
        let (server, files) = (self.server, self.files);
        wait::until("files to be closed", SOON, || (server.open_files() <= files).then_some(()));
        let panics: Vec<_> = server.log().into_iter().filter(|line| line.contains("panicked")).collect();
        assert!(panics.is_empty(), "{panics:#?}");
        assert!(server.stop(SOON).status.success());
    }
}

/// What any attack may cost.
const MOST_MEMORY: u64 = 64 << 20;
