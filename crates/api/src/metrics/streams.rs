//! The history of each stream that is published.

use std::collections::HashMap;
use std::time::Duration;

use hub::{StreamInfo, StreamKey, Traffic};
use media::Kind;

use super::Lately;
use super::history::{Fold, History, Series, Shape};
use super::rates::per_second;

/// Of at most [`MOST`] streams, those that came first. What is kept of one goes when it does.
#[derive(Debug, Default)]
pub(super) struct Streams {
    kept: HashMap<StreamKey, Kept>,
}

#[derive(Debug)]
struct Kept {
    history: History,
    at: Duration,
    traffic: Traffic,
    gaps: u64,
}

impl Streams {
    /// Takes the sample of one second.
    pub(super) fn take(&mut self, at: Duration, streams: &[StreamInfo]) {
        for info in streams.iter().filter(|info| info.phase.is_some()) {
            let source = info.tracks.iter().filter(|track| track.derived_from.is_none());
            let gaps = source.map(|track| track.discontinuities).sum();
            if let Some(kept) = self.kept.get_mut(&info.key) {
                kept.take(at, info, gaps);
            } else if self.kept.len() < MOST {
                let history = History::new(&SHAPES, series());
                let mut kept = Kept { history, at, traffic: info.traffic, gaps };
                kept.take(at, info, gaps);
                self.kept.insert(info.key.clone(), kept);
            }
        }
        self.kept.retain(|_, kept| kept.at == at);
    }

    pub(super) fn of(&self, key: &StreamKey) -> Option<&History> {
        self.kept.get(key).map(|kept| &kept.history)
    }

    /// Bytes a second of the last 30 s of each.
    pub(super) fn lately(&self) -> HashMap<StreamKey, Lately> {
        self.kept.iter().map(|(key, kept)| (key.clone(), Lately::of(&kept.history, &SHAPES))).collect()
    }
}

impl Kept {
    fn take(&mut self, at: Duration, info: &StreamInfo, gaps: u64) {
        let span = at.saturating_sub(self.at).as_secs_f64();
        let video = info.tracks.iter().find(|track| track.track.kind() == Kind::Video);
        let (now, then) = (info.traffic, self.traffic);
        let values = [
            per_second(now.received, then.received, span),
            per_second(now.sent, then.sent, span),
            video.map_or(f32::NAN, |track| track.fps as f32),
            info.viewers.iter().map(|(_, count)| count).sum::<usize>() as f32,
            video.and_then(|track| track.gop).map_or(f32::NAN, |gop| gop.as_secs_f64() as f32),
            gaps.saturating_sub(self.gaps) as f32,
            now.skipped.saturating_sub(then.skipped) as f32,
        ];
        self.history.take(at.as_secs(), &values);
        (self.at, self.traffic, self.gaps) = (at, now, gaps);
    }
}

fn series() -> Vec<Series> {
    use Fold::{Max, Mean, Sum};
    let all = [
        ("received", Mean),
        ("sent", Mean),
        ("fps", Mean),
        ("viewers", Max),
        ("key_frame_interval", Max),
        ("gaps", Sum),
        ("skipped", Sum),
    ];
    all.into_iter().map(|(name, fold)| Series { name: name.into(), fold }).collect()
}

/// 10 minutes and 6 hours: 80 KB when it is full.
pub(super) const SHAPES: [Shape; 2] = [Shape { step: 1, slots: 600 }, Shape { step: 10, slots: 2_160 }];
/// Streams with a history: 80 MB when all of it is full.
pub(super) const MOST: usize = 1_000;
