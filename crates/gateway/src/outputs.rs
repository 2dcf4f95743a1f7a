//! Where a stream can be watched, for those who show it.

use std::sync::Arc;

use container::ts;
use hls::playlist::encode;
use hub::StreamKey;
use media::{Kind, Track};

use crate::FILES;
use crate::http::endless::File;
use crate::webrtc::carried;

/// One way to watch a stream over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it is: `whep`, `flv`, `hls`, `ll-hls` and others; over WebSocket `ws-flv`.
    pub name: &'static str,
    /// From the root, to be used in a URL as it is.
    pub path: String,
    /// Of what is found there, or, for `whep`, of what is posted and answered.
    pub content_type: &'static str,
}

/// Everything on the HTTP port that the stream of `tracks` can be watched by. `webrtc` says whether its order is one that players of
/// WebRTC can show, and such players are served.
pub fn outputs(key: &StreamKey, tracks: &[Arc<Track>], webrtc: bool) -> Vec<Output> {
    let segments: Vec<_> = key.app().split('/').chain([key.name()]).map(encode).collect();
    let path = segments.join("/");
    let mut outputs = Vec::new();
    if tracks.is_empty() {
        return outputs;
    }
    if webrtc && !carried::of(tracks).is_empty() {
        let path = format!("/rtc/v1/whep/?app={}&stream={}", encode(key.app()), encode(key.name()));
        outputs.push(Output { name: "whep", path, content_type: "application/sdp" });
    }
    let mut add = |name, suffix: &str, content_type| {
        outputs.push(Output { name, path: format!("/{path}{suffix}"), content_type });
    };
    let fits =
        |carries: fn(&Track) -> bool| tracks.iter().any(|track| track.kind() != Kind::Data && carries(track));
    if fits(hls::ll::Segmenter::carries) {
        add("ll-hls", ".m3u8?variant=ll", PLAYLIST);
    }
    if fits(ts::carries) {
        add("hls", ".m3u8?variant=ts", PLAYLIST);
    }
    for File { name, suffix, content_type, kinds, websocket, refuse, .. } in FILES {
        let wanted: Vec<_> = tracks.iter().filter(|track| kinds.includes(track.kind())).cloned().collect();
        let main = wanted.iter().find(|track| track.kind() == Kind::Audio);
        let made = main.is_some_and(|track| kinds.sound.derives_from(&track.codec));
        if kinds.count(tracks) == 0 || !made && refuse(key, &wanted).is_some() {
            continue;
        }
        add(name, suffix, content_type);
        if let Some(name) = websocket {
            add(name, suffix, content_type);
        }
    }
    outputs
}

const PLAYLIST: &str = "application/vnd.apple.mpegurl";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use media::{Codec, TrackId, opus};

    use super::*;
    use crate::testing;

    #[test]
    fn only_what_can_carry_the_stream_is_told_with_paths_that_can_be_used() {
        let key = StreamKey::new("live/eu", "cam 1é").unwrap();
        let names = |tracks: &[Arc<Track>]| -> Vec<&str> {
            outputs(&key, tracks, false).iter().map(|output| output.name).collect()
        };
        let (video, aac) = (testing::video(), testing::audio());
        let opus = Codec::Opus(opus::Parameters::new(2).unwrap());
        let opus = Arc::new(Track { id: TrackId(1), codec: opus });
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(&[Arc::clone(&video)]), ["ll-hls", "hls", "flv", "ws-flv", "ts", "ws-ts"]);
        assert_eq!(names(&[Arc::clone(&video), opus]).last(), Some(&"aac"), "made of the Opus");
        assert_eq!(names(&[video, Arc::clone(&aac)]).last(), Some(&"aac"));
        assert_eq!(outputs(&key, &[aac], false)[0].path, "/live/eu/cam%201%C3%A9.m3u8?variant=ll");
    }

    #[test]
    fn whep_is_told_first_where_it_is_to_be_had() {
        let key = StreamKey::new("live/eu", "cam 1é").unwrap();
        let first =
            |tracks: &[Arc<Track>]| outputs(&key, tracks, true).first().map(|output| output.path.clone());
        let whep = Some("/rtc/v1/whep/?app=live%2Feu&stream=cam%201%C3%A9".to_owned());
        assert_eq!(first(&[testing::video()]), whep);
        assert_eq!(first(&[testing::audio()]), whep, "as Opus");
        assert_eq!(first(&[]), None);
        let data = Arc::new(Track { id: TrackId(2), codec: Codec::Amf0 });
        assert_eq!(first(&[data]), None);
    }
}
