//! The watching end of a stream.

use std::sync::Arc;

use media::Sound;

use crate::Holder;
use crate::config::JoinAt;
use crate::demand::Want;
use crate::events::Event;
use crate::log::Join;
use crate::publication::{Grace, Publication};
use crate::session::{End, Session};
use crate::wire::{self, Format, WireKey};

/// A viewer of a stream, whether it is being published or not. Dropping it ends the viewer's session.
pub struct Subscription {
    holder: Holder,
    session: Arc<Session>,
    join: Option<JoinAt>,
    grace: Grace,
    end: End,
}

impl Subscription {
    pub(crate) fn new(holder: Holder, session: Arc<Session>) -> Subscription {
        Subscription { holder, session, join: None, grace: Grace::Viewer, end: End::Finished }
    }

    /// Begin here instead of where the app's settings say.
    pub fn join_at(&mut self, join: JoinAt) {
        self.join = Some(join);
    }

    /// Follow the grace of HTTP-FLV and its kin, whose players reconnect by themselves, instead of that of the other readers.
    pub fn follow_http_grace(&mut self) {
        self.grace = Grace::Http;
    }

    /// Who watches.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Waits until the stream is published, if it is not; while a publisher is lost only as long as the viewer's grace is over.
    /// Cancel-safe; waits for ever once the subscription is gone.
    pub fn publication(&self) -> impl Future<Output = Arc<Publication>> + Send + use<> {
        let mut current = self.holder.stream().current();
        let grace = self.grace;
        async move {
            loop {
                let found = current.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
                match found {
                    Some(publication) if publication.is_given_up(grace) => publication.returned().await,
                    Some(publication) => return publication,
                    // The sender lives in the stream, which the subscription's holder keeps.
                    None => std::future::pending().await,
                }
            }
        }
    }

    /// Wants the sound of `publication` as `sound` for as long as the guard is held: see [`Publication::want`].
    pub fn want(&self, publication: &Arc<Publication>, sound: Sound) -> Want {
        publication.want(sound)
    }

    /// Begins to read `publication` as the bytes of the wire `key`, which `make` starts when nobody reads it yet.
    pub fn wire(
        &self,
        publication: &Arc<Publication>,
        key: WireKey,
        make: impl FnOnce() -> Box<dyn Format>,
    ) -> wire::Reader {
        let join = match self.join.unwrap_or(self.holder.stream().settings().join) {
            // Who was there before the publisher misses nothing, also when its tracks were waited for.
            JoinAt::Gop if publication.began_after(self.session.opened) => Join::FirstStart,
            JoinAt::Gop => Join::Start,
            JoinAt::Key => Join::NextStart,
        };
        self.wire_from(join, publication, key, make)
    }

    /// The same from `join` on, for a viewer who has had a wire before: that ended where the next one begins ([`End::TracksChanged`],
    /// [`Join::Start`]), or another is better from the next start point on ([`Join::NextStart`]).
    pub fn wire_from(
        &self,
        join: Join,
        publication: &Arc<Publication>,
        key: WireKey,
        make: impl FnOnce() -> Box<dyn Format>,
    ) -> wire::Reader {
        publication.wire(key, &self.session, join, self.grace, make)
    }

    /// Says why the session ends; without it, the viewer just left.
    pub fn end(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let hub = self.holder.hub();
        hub.sessions.close(self.session.id);
        let end = self.session.ended().unwrap_or(self.end);
        hub.emit(Event::PlayStopped { session: Arc::clone(&self.session), end });
    }
}
