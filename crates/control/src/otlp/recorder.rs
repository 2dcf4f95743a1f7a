//! What the hub tells, as spans.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use hub::{Action, End, Hub, Session, SessionId, StreamKey};

use super::queue::Queue;
use super::wire::{Attribute, Event, FAILED, Link, Nanos, SAMPLED, SERVER, Span, SpanId, Status, TraceId};

/// Follows sessions from their beginnings to their ends, and puts a span of each into the queue when it is over.
///
/// A session that was there before is not recorded.
pub(super) struct Recorder {
    hub: Hub,
    /// The share of viewers that are recorded.
    sample: f64,
    queue: Arc<Queue>,
    /// Those who are here.
    open: HashMap<SessionId, Open>,
    /// Those of them who are viewers.
    viewers: usize,
    /// Who publishes a stream at this moment.
    live: HashMap<StreamKey, (SessionId, Context)>,
    /// Who published a stream that waits for its publisher.
    before: HashMap<StreamKey, Context>,
}

/// How others name a span.
#[derive(Debug, Clone, Copy)]
struct Context {
    trace: TraceId,
    span: SpanId,
}

/// A span that is not over.
struct Open {
    session: Arc<Session>,
    context: Context,
    parent: Option<SpanId>,
    links: Vec<Link>,
    events: Vec<Event>,
    /// Events, and links, that found no place.
    dropped_events: u32,
    dropped_links: u32,
}

impl Recorder {
    pub(super) fn new(hub: Hub, sample: f64, queue: Arc<Queue>) -> Recorder {
        let (open, live, before) = (HashMap::new(), HashMap::new(), HashMap::new());
        Recorder { hub, sample, queue, open, viewers: 0, live, before }
    }

    /// Takes note of `event`, which happens now.
    pub(super) fn record(&mut self, event: &hub::Event) {
        match event {
            hub::Event::Published { session } => self.published(session),
            hub::Event::PlayStarted { session } => self.came(session),
            hub::Event::Unpublished { session, end } => {
                self.left(session, *end);
                self.unpublished(session, *end);
            }
            hub::Event::PlayStopped { session, end } => self.left(session, *end),
            hub::Event::StreamEnded { key, end } => {
                self.before.remove(key);
                self.note(key, "stream ended", Some(*end));
            }
            _ => {}
        }
    }

    /// Some events were missed: whoever is not here any more has left without a span.
    pub(super) fn catch_up(&mut self) {
        let here: HashSet<SessionId> = self.hub.sessions().iter().map(|session| session.id).collect();
        let known = self.open.len();
        self.open.retain(|id, _| here.contains(id));
        self.queue.lose(known - self.open.len());
        self.viewers = self.open.values().filter(|open| open.session.action == Action::Play).count();
        self.live.retain(|_, (id, _)| here.contains(id));
        self.before.clear();
    }

    fn published(&mut self, session: &Arc<Session>) {
        let Some(context) = Context::root() else { return self.queue.lose(1) };
        // What a stream was before its publisher dropped is another trace, for that may have been long ago.
        let links = self.before.remove(&session.key).map(Context::link).into_iter().collect();
        self.note(&session.key, "published", None);
        for open in self.watching(&session.key) {
            open.link(context);
        }
        self.live.insert(session.key.clone(), (session.id, context));
        self.open.insert(session.id, Open::new(session, context, None, links));
    }

    fn unpublished(&mut self, session: &Session, end: End) {
        let current = self.live.get(&session.key).is_some_and(|(id, _)| *id == session.id);
        if !current {
            return;
        }
        if let Some((_, context)) = self.live.remove(&session.key)
            && matches!(end, End::Dropped | End::Silent | End::Replaced)
            && self.before.len() < MOST_BEFORE
        {
            self.before.insert(session.key.clone(), context);
        }
        self.note(&session.key, "unpublished", Some(end));
    }

    fn came(&mut self, session: &Arc<Session>) {
        if !chosen(self.sample) {
            return;
        }
        if self.viewers >= MOST_VIEWERS {
            return self.queue.lose(1);
        }
        let publisher = self.live.get(&session.key).map(|(_, context)| *context);
        let context = publisher.map_or_else(Context::root, Context::child);
        let Some(context) = context else { return self.queue.lose(1) };
        let parent = publisher.map(|publisher| publisher.span);
        self.open.insert(session.id, Open::new(session, context, parent, Vec::new()));
        self.viewers += 1;
    }

    fn left(&mut self, session: &Session, end: End) {
        let Some(open) = self.open.remove(&session.id) else { return };
        self.viewers -= usize::from(session.action == Action::Play);
        let secret = self.hub.is_secret(&session.key);
        self.queue.push(open.closed(end, secret));
    }

    /// Adds to the spans of all who watch `key` that something has happened.
    fn note(&mut self, key: &StreamKey, name: &'static str, end: Option<End>) {
        let time_unix_nano = Nanos(SystemTime::now());
        let attributes: Vec<_> =
            end.map(|end| Attribute::text("sluice.end", end.name())).into_iter().collect();
        for open in self.watching(key) {
            open.note(Event { time_unix_nano, name, attributes: attributes.clone() });
        }
    }

    fn watching(&mut self, key: &StreamKey) -> impl Iterator<Item = &mut Open> {
        let watches = move |session: &Session| session.action == Action::Play && session.key == *key;
        self.open.values_mut().filter(move |open| watches(&open.session))
    }
}

impl Context {
    /// Of a trace of its own; nothing when the system has no randomness to give.
    fn root() -> Option<Context> {
        Some(Context { trace: TraceId(random()?), span: SpanId(random()?) })
    }

    /// Of a part of this one.
    fn child(self) -> Option<Context> {
        Some(Context { span: SpanId(random()?), ..self })
    }

    fn link(self) -> Link {
        Link { trace_id: self.trace, span_id: self.span, flags: SAMPLED }
    }
}

impl Open {
    fn new(session: &Arc<Session>, context: Context, parent: Option<SpanId>, links: Vec<Link>) -> Open {
        let (session, events) = (Arc::clone(session), Vec::new());
        Open { session, context, parent, links, events, dropped_events: 0, dropped_links: 0 }
    }

    // Only while there is room: a stream whose publisher comes and goes must not make its viewers' spans grow without end.

    fn note(&mut self, event: Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(event);
        } else {
            self.dropped_events = self.dropped_events.saturating_add(1);
        }
    }

    fn link(&mut self, other: Context) {
        if self.links.len() < MOST_EVENTS {
            self.links.push(other.link());
        } else {
            self.dropped_links = self.dropped_links.saturating_add(1);
        }
    }

    /// As it is now that it is over. A name that is `secret` is left out.
    fn closed(self, end: End, secret: bool) -> Span {
        let Open { session, context, parent, links, events, dropped_events, dropped_links } = self;
        // By the clock that is not set meanwhile.
        let over = session.since.checked_add(session.opened.elapsed()).unwrap_or(session.since);
        let moved = session.moved();
        let mut attributes = vec![
            Attribute::number("sluice.session", session.id.0),
            Attribute::text("network.protocol.name", session.protocol),
            Attribute::text("network.peer.address", session.peer.ip().to_canonical().to_string()),
            Attribute::number("network.peer.port", session.peer.port().into()),
            Attribute::text("sluice.end", end.name()),
            Attribute::number("sluice.bytes", moved.bytes),
            Attribute::number("sluice.frames", moved.frames),
        ];
        if !secret {
            attributes.push(Attribute::text("sluice.stream", session.key.logged().to_string()));
        }
        if !session.agent.is_empty() {
            let agent: String = session.agent.chars().take(MOST_AGENT).collect();
            attributes.push(Attribute::text("user_agent.original", agent));
        }
        let name = match session.action {
            Action::Publish => "publish",
            Action::Play => {
                attributes.push(Attribute::number("sluice.skipped", moved.skipped));
                "play"
            }
        };
        let failed = matches!(end, End::Dropped | End::Silent | End::TooSlow | End::TracksChanged);
        Span {
            trace_id: context.trace,
            span_id: context.span,
            parent_span_id: parent,
            flags: SAMPLED,
            name,
            kind: SERVER,
            start_time_unix_nano: Nanos(session.since),
            end_time_unix_nano: Nanos(over),
            attributes,
            events,
            dropped_events_count: dropped_events,
            links,
            dropped_links_count: dropped_links,
            status: failed.then(|| Status { code: FAILED, message: end.name() }),
        }
    }
}

/// Whether one of whom a `share` is chosen is.
fn chosen(share: f64) -> bool {
    // From 0 to just below 1.
    let drawn = random().map(|bytes| f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0));
    drawn.is_some_and(|drawn| drawn < share)
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

/// Viewers who are followed at a time: some 20 MB.
const MOST_VIEWERS: usize = 10_000;
/// Streams that wait for their publishers, as far as that is remembered.
const MOST_BEFORE: usize = 10_000;
/// Events, and links, of a span.
const MOST_EVENTS: usize = 32;
/// Characters of what somebody says they are.
const MOST_AGENT: usize = 256;
