//! What must be looked at from time to time: silent publishers, graces, idle wires, rates, memory.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tracing::warn;

use crate::Inner;
use crate::events::Event;
use crate::session::End;
use crate::stream::Stream;

/// Runs until the hub is gone or shut down.
pub(crate) async fn run(hub: Weak<Inner>) {
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0u32;
    loop {
        interval.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        if hub.draining.load(Ordering::Relaxed) {
            return;
        }
        round = round.wrapping_add(1);
        let streams: Vec<_> = hub.streams().map.values().map(|held| Arc::clone(&held.stream)).collect();
        for stream in &streams {
            keep(&hub, stream, round.is_multiple_of(SAMPLE_EVERY));
        }
        bound_memory(&hub, &streams);
    }
}

fn keep(hub: &Arc<Inner>, stream: &Arc<Stream>, sample: bool) {
    let found = stream.keep(sample);
    if let Some(session) = found.silent {
        hub.emit(Event::Unpublished { session, end: End::Silent });
    }
    if let Some(end) = found.ended {
        hub.emit(Event::StreamEnded { key: stream.key().clone(), end });
        hub.release(stream.key());
    }
}

/// While all streams together hold too much, the oldest GOP of the biggest goes.
fn bound_memory(hub: &Inner, streams: &[Arc<Stream>]) {
    let limit = hub.config.limits.memory;
    let total = hub.load.bytes.load(Ordering::Relaxed);
    if total <= limit {
        return;
    }
    let mut freed = 0;
    let mut sizes: Vec<_> =
        streams.iter().filter_map(|stream| stream.publication()).map(|p| (p.bytes(), p)).collect();
    while total.saturating_sub(freed) > limit {
        let Some((size, publication)) = sizes.iter_mut().max_by_key(|(size, _)| *size) else { break };
        let trimmed = publication.trim();
        if trimmed == 0 {
            *size = 0;
            if sizes.iter().all(|(size, _)| *size == 0) {
                break;
            }
            continue;
        }
        *size = size.saturating_sub(trimmed);
        freed += trimmed;
    }
    warn!(
        bytes = total,
        limit, freed, "too much media in memory: the oldest GOPs of the biggest streams are gone"
    );
}

const EVERY: Duration = Duration::from_millis(250);
/// Rounds between two samples of the rates: a second.
const SAMPLE_EVERY: u32 = 4;
