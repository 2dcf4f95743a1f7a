//! What a receiver is still to be told, as it outlives the server.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hub::{End, Moved, SessionId, StreamKey};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::event::{Event, Left, Party, What};
use super::queue::Pending;
use crate::entry::uuid;
use crate::settings::Subject;

/// An event that one receiver has not been told of yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Of the event, so that receivers know it when they are told of it again.
    id: String,
    at: SystemTime,
    /// App and name.
    stream: Option<(String, String)>,
    what: Happened,
    /// How often it has been tried to tell it.
    attempts: u32,
    /// When it was handed in.
    since: SystemTime,
}

/// [`What`], but for questions: whoever has asked is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Happened {
    Published(Who),
    Unpublished(Who, How),
    Playing(Who),
    Stopped(Who, How),
    RecordBegun(String),
    RecordEnded(String),
    Test,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Who {
    session: u64,
    protocol: String,
    peer: SocketAddr,
    agent: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct How {
    /// By its name.
    end: String,
    lasted: Duration,
    bytes: u64,
    frames: u64,
}

impl Kept {
    /// `pending` as it is kept, if it is.
    pub(super) fn of(pending: &Pending) -> Option<Kept> {
        let Event { id, at, what, stream } = &*pending.event;
        let what = match what {
            What::Asks { .. } => return None,
            What::Published { who } => Happened::Published(Who::of(who)),
            What::Unpublished { who, left } => Happened::Unpublished(Who::of(who), How::of(left)),
            What::Playing { who } => Happened::Playing(Who::of(who)),
            What::Stopped { who, left } => Happened::Stopped(Who::of(who), How::of(left)),
            What::RecordBegun { recording } => Happened::RecordBegun(recording.clone()),
            What::RecordEnded { recording } => Happened::RecordEnded(recording.clone()),
            What::Test => Happened::Test,
        };
        let stream = stream.as_ref().map(|key| (key.app().to_owned(), key.name().to_owned()));
        let since = SystemTime::now().checked_sub(pending.since.elapsed()).unwrap_or(*at);
        Some(Kept { id: id.clone(), at: *at, stream, what, attempts: pending.attempts, since })
    }

    /// The same again, to be told at once; nothing when it is too old to be news, or names what there is not.
    pub(super) fn revived(self) -> Option<Pending> {
        let age = SystemTime::now().duration_since(self.since).unwrap_or_default();
        if age > STALE {
            return None;
        }
        let attempts = self.attempts;
        let now = Instant::now();
        let mut pending = Pending::new(Arc::new(self.event()?), now);
        pending.attempts = attempts;
        pending.since = now.checked_sub(age).unwrap_or(now);
        Some(pending)
    }

    /// What happened; nothing when it names what there is not.
    fn event(self) -> Option<Event> {
        let stream = match self.stream {
            Some((app, name)) => Some(StreamKey::new(&app, &name).ok()?),
            None => None,
        };
        let what = match self.what {
            Happened::Published(who) => What::Published { who: who.revived() },
            Happened::Unpublished(who, how) => What::Unpublished { who: who.revived(), left: how.revived()? },
            Happened::Playing(who) => What::Playing { who: who.revived() },
            Happened::Stopped(who, how) => What::Stopped { who: who.revived(), left: how.revived()? },
            Happened::RecordBegun(recording) => What::RecordBegun { recording },
            Happened::RecordEnded(recording) => What::RecordEnded { recording },
            Happened::Test => What::Test,
        };
        Some(Event { id: self.id, at: self.at, what, stream })
    }
}

/// Publishers that receivers take for live, each with the id of the event that will be its end. When the server ends without a word they
/// are told after the next start that those have left.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Live(Vec<Kept>);

impl Subject for Live {
    const KEY: &'static str = super::LIVE;
}

impl Live {
    /// One has come, of which `event` tells. Says whether that is to be written down.
    pub(super) fn came(&mut self, event: &Event) -> bool {
        let (What::Published { .. }, Ok(id)) = (&event.what, uuid()) else { return false };
        if self.0.len() >= MOST_LIVE {
            return false;
        }
        self.0.extend(Kept::of(&Pending::new(Arc::new(Event { id, ..event.clone() }), Instant::now())));
        true
    }

    /// One has left. Gives the id of the event that is its end, if that was said to be live.
    pub(super) fn left(&mut self, session: SessionId) -> Option<String> {
        let is_of = |kept: &Kept| matches!(&kept.what, Happened::Published(who) if who.session == session.0);
        let at = self.0.iter().position(is_of)?;
        Some(self.0.swap_remove(at).id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What their ends are, now that they must have left, however long ago they came.
    pub(super) fn ends(self) -> impl Iterator<Item = Event> {
        self.0.into_iter().filter_map(|kept| {
            let Event { id, at, what, stream } = kept.event()?;
            let What::Published { who } = what else { return None };
            let now = SystemTime::now();
            let lasted = now.duration_since(at).unwrap_or_default();
            let left = Left { end: End::Dropped, lasted, moved: Moved::default() };
            Some(Event { id, at: now, what: What::Unpublished { who, left }, stream })
        })
    }

    /// As much of it as one entry of a store holds.
    pub(super) fn fitting(&self) -> Live {
        Live(fitting(self.0.clone()))
    }
}

impl Who {
    fn of(who: &Party) -> Who {
        let Party { id, protocol, peer, agent } = who;
        let agent = agent.chars().take(MOST_AGENT).collect();
        Who { session: id.0, protocol: protocol.clone().into_owned(), peer: *peer, agent }
    }

    fn revived(self) -> Party {
        let Who { session, protocol, peer, agent } = self;
        Party { id: SessionId(session), protocol: Cow::Owned(protocol), peer, agent }
    }
}

impl How {
    fn of(left: &Left) -> How {
        let Left { end, lasted, moved } = *left;
        How { end: end.name().to_owned(), lasted, bytes: moved.bytes, frames: moved.frames }
    }

    fn revived(self) -> Option<Left> {
        let How { end, lasted, bytes, frames } = self;
        let end = End::ALL.into_iter().find(|known| known.name() == end)?;
        Some(Left { end, lasted, moved: Moved { bytes, frames, skipped: 0 } })
    }
}

/// As many of `all`, from the first, as one entry of a store holds.
pub(super) fn fitting(all: Vec<Kept>) -> Vec<Kept> {
    let mut used = 0;
    let fits = |kept: &Kept| {
        // And the comma behind it.
        used += serde_json::to_vec(kept).map_or(MOST_BYTES, |text| text.len() + 1);
        used <= MOST_BYTES
    };
    all.into_iter().take_while(fits).collect()
}

/// What happened longer ago is no news: it comes out of a backup, or the server was off for a day.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// Publishers of whom is written down that they are live.
const MOST_LIVE: usize = 10_000;
/// Characters of what somebody says they are.
const MOST_AGENT: usize = 256;
/// Of one receiver, with the brackets around them.
const MOST_BYTES: usize = store::MAX_VALUE - 2;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::hooks::body::body;
    use crate::hooks::target::Dialect;
    use crate::key::Key;

    fn events() -> Vec<Event> {
        let peer = "[2001:db8::1]:5000".parse().unwrap();
        let who = || Party { id: SessionId(7), protocol: "rtmp".into(), peer, agent: "x".to_owned() };
        let moved = Moved { bytes: 5, frames: 3, skipped: 0 };
        let left = |end| Left { end, lasted: Duration::from_millis(1_234), moved };
        let ends = End::ALL.into_iter().map(|end| What::Stopped { who: who(), left: left(end) });
        let others = [
            What::Published { who: who() },
            What::Unpublished { who: who(), left: left(End::Dropped) },
            What::Playing { who: who() },
            What::RecordBegun { recording: "0190163d".to_owned() },
            What::RecordEnded { recording: "0190163d".to_owned() },
        ];
        let key = StreamKey::new("live", "cam").unwrap();
        let of_stream = ends.chain(others).map(|what| Event::new(what, Some(key.clone())).unwrap());
        of_stream.chain([Event::new(What::Test, None).unwrap()]).collect()
    }

    fn pending(event: Event) -> Pending {
        Pending::new(Arc::new(event), Instant::now())
    }

    #[test]
    fn what_is_kept_is_told_in_the_same_words() {
        let dialect = Dialect::Sluice { secret: Key::new("0123456789").unwrap(), previous: None };
        for event in events() {
            let before = body(&event, &dialect, "");
            let mut tried = pending(event);
            tried.attempts = 3;
            let kept = Kept::of(&tried).unwrap();
            let text = serde_json::to_string(&kept).unwrap();
            let revived = serde_json::from_str::<Kept>(&text).unwrap().revived().unwrap();
            assert_eq!(body(&revived.event, &dialect, ""), before);
            assert_eq!(revived.attempts, 3);
        }
    }

    #[test]
    fn what_is_no_news_or_names_nothing_is_not_told() {
        let kept = || Kept::of(&pending(events().remove(0))).unwrap();
        let old = SystemTime::now() - STALE - Duration::from_secs(1);
        assert!(Kept { since: old, ..kept() }.revived().is_none());
        assert!(Kept { stream: Some(("a b".into(), "/".into())), ..kept() }.revived().is_none());
        let Happened::Stopped(who, how) = kept().what else { panic!() };
        let what = Happened::Stopped(who, How { end: "unheard of".to_owned(), ..how });
        assert!(Kept { what, ..kept() }.revived().is_none());
        let ahead = SystemTime::now() + Duration::from_secs(9_999);
        assert!(Kept { since: ahead, ..kept() }.revived().is_some(), "the clock was set back");
    }

    #[test]
    fn who_was_live_has_left_however_long_ago_they_came() {
        let mut events = events().into_iter();
        let came = events.find(|event| matches!(event.what, What::Published { .. })).unwrap();
        let mut live = Live::default();
        assert!(live.came(&came) && !live.came(&events.next().unwrap()));
        live.0[0].since -= 2 * STALE;
        live.0[0].at -= 2 * STALE;
        let id = live.0[0].id.clone();
        let text = serde_json::to_string(&live.fitting()).unwrap();
        let ends: Vec<_> = serde_json::from_str::<Live>(&text).unwrap().ends().collect();
        let [Event { what: What::Unpublished { who, left }, stream, .. }] = &ends[..] else {
            panic!("{ends:?}")
        };
        assert_eq!((who.id, left.end, stream), (SessionId(7), End::Dropped, &came.stream));
        assert!(left.lasted >= 2 * STALE);
        assert_eq!(
            (&ends[0].id, live.left(SessionId(7))),
            (&id, Some(id.clone())),
            "both ends are the same event"
        );
        assert!(live.is_empty() && live.left(SessionId(7)).is_none());
    }

    #[test]
    fn one_entry_holds_them_however_long_they_are() {
        let long = Kept::of(&pending(events().remove(0))).unwrap();
        let long = Kept { id: "x".repeat(5_000), ..long };
        let some = fitting(vec![long.clone(); 1_000]);
        let size = serde_json::to_vec(&some).unwrap().len();
        assert!(some.len() < 1_000 && size <= store::MAX_VALUE && size > store::MAX_VALUE - 6_000, "{size}");
        assert_eq!(fitting(vec![Kept { id: String::new(), ..long }; 1_000]).len(), 1_000);
    }
}
