//! A media playlist as far as tests read it.

use std::time::Duration;

use testkit::ffmpeg::{self, Played};
use testkit::{Server, http};

use super::{SOON, wait_for_ok};

/// The playlist of one moment.
pub(crate) struct Playlist {
    pub(crate) text: String,
    /// As listed.
    pub(crate) segments: Vec<String>,
    /// The folder that segments are listed in, from the root.
    folder: String,
}

impl Playlist {
    /// The playlist at `path` (`live/s.m3u8`), followed through a master playlist to the media playlist.
    #[track_caller]
    pub(crate) fn fetch(server: &Server, path: &str) -> Playlist {
        let text = wait_for_ok(&server.http_url(path)).text();
        let lines = || text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned);
        if text.contains("#EXT-X-STREAM-INF") {
            let media = lines().next_back().unwrap();
            return Playlist::fetch(server, media.trim_start_matches('/'));
        }
        let (folder, _) = path.rsplit_once('/').unwrap();
        Playlist { segments: lines().collect(), folder: folder.to_owned(), text }
    }

    /// The playlist of `stream` once its segments are `seconds` long together.
    #[track_caller]
    pub(crate) fn of_length(server: &Server, stream: &str, seconds: f64) -> Playlist {
        let mut last = String::new();
        testkit::wait::until(&format!("{seconds} s of segments"), SOON, || {
            let playlist = Playlist::fetch(server, &format!("{stream}.m3u8"));
            let enough = playlist.lengths().iter().sum::<f64>() >= seconds;
            if playlist.text != last {
                eprintln!("{}", playlist.text);
                last.clone_from(&playlist.text);
            }
            enough.then_some(playlist)
        })
    }

    /// How long the segments are, in seconds.
    pub(crate) fn lengths(&self) -> Vec<f64> {
        let values = self.text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        values.map(|value| value.split(',').next().unwrap().parse().unwrap()).collect()
    }

    /// Downloads every segment and plays the whole as a recording.
    #[track_caller]
    pub(crate) fn play(&self, server: &Server, limit: Duration) -> Played {
        let folder = tempfile::tempdir().unwrap();
        let mut local = String::new();
        let mut number = 0;
        for line in self.text.lines() {
            if line.starts_with('#') {
                local += line;
            } else {
                let segment = http::get(&server.http_url(&format!("{}/{line}", self.folder)));
                assert_eq!(segment.status, 200, "{line}");
                let file = format!("{number}.ts");
                std::fs::write(folder.path().join(&file), &segment.body).unwrap();
                local += &file;
                number += 1;
            }
            local += "\n";
        }
        local += "#EXT-X-ENDLIST\n";
        let path = folder.path().join("all.m3u8");
        std::fs::write(&path, local).unwrap();
        ffmpeg::play(&path.to_string_lossy()).run(limit)
    }
}
