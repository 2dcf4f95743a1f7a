//! What Prometheus may know of the hub. Read at each scrape, so it costs nothing in between.

use std::cmp::Reverse;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::{Registry, Unit};

use crate::page::Page;
use crate::survey::{StreamInfo, Survey};
use crate::{Action, End, Event, Hub, Phase};

/// Why sessions have ended since the hub was made.
#[derive(Debug, Default)]
pub(crate) struct Ends([[AtomicU64; End::ALL.len()]; 2]);

impl Ends {
    /// Counts `event` if it is somebody's end.
    pub(crate) fn count(&self, event: &Event) {
        let (action, end) = match event {
            Event::Unpublished { end, .. } => (0, end),
            Event::PlayStopped { end, .. } => (1, end),
            _ => return,
        };
        let counter = self.0.get(action).zip(End::ALL.iter().position(|known| known == end));
        if let Some(counter) = counter.and_then(|(of_action, index)| of_action.get(index)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn so_far(&self) -> impl Iterator<Item = (&'static str, End, u64)> + '_ {
        ["publish", "play"].into_iter().zip(&self.0).flat_map(|(action, of_action)| {
            let counted = End::ALL.into_iter().zip(of_action);
            counted.map(move |(end, counter)| (action, end, counter.load(Ordering::Relaxed)))
        })
    }
}

impl Hub {
    /// Adds what there is to know of the hub to `registry`: of all streams together, and of the `per_stream` that have the most
    /// viewers each by itself. Streams whose names are secrets are never named.
    pub fn register(&self, registry: &mut Registry, per_stream: usize) {
        registry.register_collector(Box::new(Collected { hub: self.clone(), per_stream }));
    }
}

struct Collected {
    hub: Hub,
    per_stream: usize,
}

impl fmt::Debug for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").field("per_stream", &self.per_stream).finish_non_exhaustive()
    }
}

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let survey = self.hub.survey();
        let mut page = Page::new(encoder);
        self.write_all(&mut page, &survey)?;
        if self.per_stream > 0 {
            self.write_streams(&mut page, survey.streams)?;
        }
        Ok(())
    }
}

impl Collected {
    fn write_all(&self, page: &mut Page<'_>, survey: &Survey) -> fmt::Result {
        let phase = |wanted| survey.streams.iter().filter(|info| info.phase == wanted).count() as u64;
        let states = [("live", Some(Phase::Live)), ("grace", Some(Phase::Dropped)), ("waited_for", None)];
        let streams = states.map(|(state, wanted)| ([("state", state)], phase(wanted)));
        page.gauges("streams", "Streams, by whether frames are coming.", None, streams)?;
        let publishers = publishers_by_protocol(survey);
        page.gauges("publishers", "Publishers by protocol.", None, by_protocol(&publishers))?;
        page.gauges("viewers", "Viewers by protocol.", None, by_protocol(&survey.viewers))?;
        page.gauge("media_held", "Media held in memory.", Some(Unit::Bytes), self.hub.bytes() as u64)?;

        let traffic = survey.traffic;
        page.counter("received", "Payload from publishers.", Some(Unit::Bytes), traffic.received)?;
        page.counter("sent", "Bytes to viewers on the wire.", Some(Unit::Bytes), traffic.sent)?;
        page.counter("received_frames", "Frames from publishers.", None, traffic.frames)?;
        page.counter(
            "skipped",
            "Entries that viewers who were too slow passed over.",
            None,
            traffic.skipped,
        )?;
        let refused = survey.refused;
        let refused = [("publish", refused.publishers), ("play", refused.viewers)];
        let refused = refused.map(|(action, count)| ([("action", action)], count));
        page.counters("refused", "Who was not let in, for whatever reason.", None, refused)?;
        let ends = self
            .hub
            .inner
            .ends
            .so_far()
            .map(|(action, end, count)| ([("action", action), ("end", end.name())], count));
        page.counters("sessions_ended", "Sessions that are over, by why.", None, ends)
    }

    fn write_streams(&self, page: &mut Page<'_>, mut streams: Vec<StreamInfo>) -> fmt::Result {
        let viewers = |info: &StreamInfo| info.viewers.iter().map(|(_, count)| count).sum::<usize>();
        streams.retain(|info| info.phase.is_some() && !self.hub.is_secret(&info.key));
        streams.sort_by_cached_key(|info| (Reverse(viewers(info)), info.key.clone()));
        streams.truncate(self.per_stream);
        let streams: Vec<_> = streams.iter().map(|info| (info.key.to_string(), info)).collect();
        let each = |value: fn(&StreamInfo) -> u64| {
            streams.iter().map(move |(name, info)| ([("stream", name.as_str())], value(info)))
        };
        let count = |info: &StreamInfo| info.viewers.iter().map(|(_, count)| *count as u64).sum();
        page.gauges("stream_viewers", "Viewers of the streams that have the most.", None, each(count))?;
        let held = |info: &StreamInfo| info.bytes as u64;
        page.gauges("stream_media_held", "Media of a stream held in memory.", Some(Unit::Bytes), each(held))?;
        let (received, sent) =
            (|info: &StreamInfo| info.traffic.received, |info: &StreamInfo| info.traffic.sent);
        page.counters("stream_received", "Payload from its publishers.", Some(Unit::Bytes), each(received))?;
        page.counters("stream_sent", "Bytes to its viewers on the wire.", Some(Unit::Bytes), each(sent))?;
        let frames = |info: &StreamInfo| info.traffic.frames;
        page.counters("stream_received_frames", "Frames from its publishers.", None, each(frames))?;
        let skipped = |info: &StreamInfo| info.traffic.skipped;
        page.counters("stream_skipped", "Entries that its viewers passed over.", None, each(skipped))
    }
}

fn publishers_by_protocol(survey: &Survey) -> Vec<(&'static str, usize)> {
    let mut counts = Vec::new();
    for session in survey.streams.iter().filter_map(|info| info.publisher.as_ref()) {
        debug_assert_eq!(session.action, Action::Publish);
        crate::survey::one_more(&mut counts, session.protocol);
    }
    counts.sort_unstable();
    counts
}

fn by_protocol<'a>(
    counts: &'a [(&'static str, usize)],
) -> impl Iterator<Item = ([(&'static str, &'static str); 1], u64)> + 'a {
    counts.iter().map(|(protocol, count)| ([("protocol", *protocol)], *count as u64))
}
