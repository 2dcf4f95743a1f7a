//! A play on a connection: waiting for the publisher, reading its wire, changing wires.

use std::sync::Arc;
use std::task::{Context, Poll};

use container::flv::FourCc;
use hub::config::JoinAt;
use hub::log::Join;
use hub::wire::{Reader, Selection, WireKey};
use hub::{End, Publication, Subscription, Want};
use media::{Kind, Sound};
use rtmp::Capabilities;
use tracing::info;

use super::envelope::Messages;
use super::outbox::Outbox;
use crate::path;
use crate::protocol::BoxFuture;
use crate::tags::{SOUND_WAIT, TRACK_WAIT, Tags, Takes};

/// One accepted play.
pub(super) struct Playing {
    /// Its message stream.
    pub(super) stream: u32,
    subscription: Subscription,
    state: State,
    capabilities: Capabilities,
    /// What its query asks for, with sound that the player has.
    chosen: Selection,
    wanted: Selection,
    /// What the player's capabilities leave of the stream.
    possible: Selection,
    takes: Takes,
    paused: bool,
    /// The stream has nothing of what is wanted.
    mute: bool,
    /// The viewer has been told that the publisher has gone.
    unpublished: bool,
    /// Its wire has ended though the stream goes on.
    goes_on: bool,
}

enum State {
    /// For a publisher, and until its tracks are known.
    Waiting(BoxFuture<(Arc<Publication>, Want)>),
    Reading(Reader),
    /// On `now` until `next` has come to a start point.
    Changing {
        now: Reader,
        next: Reader,
    },
}

/// What a play needs its connection for.
pub(super) enum Step {
    /// Bytes were put into the outbox.
    Bytes,
    /// There is a publisher.
    Published {
        /// The viewer has been told that there was none any more.
        again: bool,
    },
    /// The publisher has gone for good; the play waits for the next.
    Unpublished,
    /// The stream has nothing that the player can take; in words.
    Unplayable(String),
    /// The viewer has to go.
    End(End),
}

impl Playing {
    /// `query` is the play's own, `capabilities` the player's.
    pub(super) fn new(
        stream: u32,
        mut subscription: Subscription,
        query: &str,
        capabilities: Capabilities,
    ) -> Playing {
        match path::query_value(query, "join").as_deref() {
            Some("gop") => subscription.join_at(JoinAt::Gop),
            Some("key") => subscription.join_at(JoinAt::Key),
            _ => {}
        }
        let chosen = path::selection(query).with(path::sound(query, sound_of(&capabilities)));
        let state = State::Waiting(wait(&subscription, chosen.sound));
        Playing {
            stream,
            subscription,
            state,
            capabilities,
            chosen,
            wanted: Selection::ALL,
            possible: Selection::ALL,
            takes: Takes::MAIN,
            paused: false,
            mute: false,
            unpublished: false,
            goes_on: false,
        }
    }

    pub(super) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Takes the next step. To be called when the outbox is empty.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<Step> {
        match &mut self.state {
            State::Waiting(publication) => {
                // The want is held until the reader has its own.
                let Poll::Ready((publication, _want)) = publication.as_mut().poll(cx) else {
                    return Poll::Pending;
                };
                if let Err(reason) = self.compare(&publication) {
                    return Poll::Ready(Step::Unplayable(reason));
                }
                self.state = State::Reading(self.reader(&publication));
                Poll::Ready(Step::Published { again: std::mem::take(&mut self.unpublished) })
            }
            _ if self.paused || self.mute => Poll::Pending,
            State::Changing { next, .. } => {
                let polled = outbox.fill(|out| next.poll_next(cx, out, BUDGET));
                if polled.is_ready() {
                    let waiting = self.waiting();
                    if let State::Changing { next, .. } = std::mem::replace(&mut self.state, waiting) {
                        self.state = State::Reading(next);
                    }
                    return self.read(polled, outbox);
                }
                let State::Changing { now, .. } = &mut self.state else { return Poll::Pending };
                let polled = outbox.fill(|out| now.poll_next(cx, out, BUDGET));
                self.read(polled, outbox)
            }
            State::Reading(reader) => {
                let polled = outbox.fill(|out| reader.poll_next(cx, out, BUDGET));
                self.read(polled, outbox)
            }
        }
    }

    fn read(&mut self, polled: Poll<Result<(), End>>, outbox: &Outbox) -> Poll<Step> {
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => {
                self.subscription.session().count_bytes(outbox.len() as u64);
                Poll::Ready(Step::Bytes)
            }
            Poll::Ready(Err(end @ (End::TooSlow | End::Shutdown))) => Poll::Ready(Step::End(end)),
            Poll::Ready(Err(end)) => {
                self.state = self.waiting();
                // The stream goes on, on another wire.
                self.goes_on = end == End::TracksChanged;
                self.unpublished = !self.goes_on;
                Poll::Ready(if self.unpublished { Step::Unpublished } else { Step::Bytes })
            }
        }
    }

    /// Stops the media, or goes on at the last key frame.
    pub(super) fn pause(&mut self, paused: bool) {
        if std::mem::replace(&mut self.paused, paused) && !paused {
            self.state = self.waiting();
        }
    }

    /// Changes what is sent, at the next start point.
    pub(super) fn want(&mut self, change: impl FnOnce(&mut Selection)) {
        let before = self.wanted;
        change(&mut self.wanted);
        if self.wanted == before {
            return;
        }
        let waiting = self.waiting();
        let state = std::mem::replace(&mut self.state, waiting);
        let was_mute = std::mem::replace(&mut self.mute, false);
        self.state = match state {
            // Nothing was sent before: nothing has to be finished.
            State::Reading(_) | State::Changing { .. } if was_mute => {
                State::Waiting(wait(&self.subscription, self.chosen.sound))
            }
            State::Reading(now) | State::Changing { now, .. } if !self.has_wanted(now.publication()) => {
                self.mute = true;
                State::Reading(now)
            }
            State::Waiting(publication) => State::Waiting(publication),
            State::Reading(now) | State::Changing { now, .. } => {
                let (key, stream, takes) = (self.key(), self.stream, self.takes);
                let make = move || Box::new(Tags::with(Messages::new(stream), takes)) as _;
                let next = self.subscription.wire_from(Join::NextStart, now.publication(), key, make);
                State::Changing { now, next }
            }
        };
    }

    /// What goes to the player of what it wants.
    fn selection(&self) -> Selection {
        self.wanted.and(self.chosen).and(self.possible).with(self.chosen.sound)
    }

    fn has_wanted(&self, publication: &Publication) -> bool {
        let selection = self.selection();
        let wanted = |kind| kind != Kind::Data && selection.includes(kind);
        publication.tracks().iter().any(|track| wanted(track.kind()))
    }

    /// Sees what of `publication` the player can take. Errs, in words for people, when that is nothing.
    fn compare(&mut self, publication: &Publication) -> Result<(), String> {
        let Capabilities { codecs, multitrack, .. } = self.capabilities;
        let (chosen, source) = (self.chosen, publication.tracks());
        let tracks = publication.selected(Selection::ALL.with(chosen.sound));
        self.takes = Takes::new(codecs, multitrack, &tracks);
        let all = chosen.video && chosen.audio;
        if !all && chosen.count(&source) == 0 && !source.is_empty() {
            return Err("The stream has nothing of what the query asks for.".to_owned());
        }
        let of_kind = |kind| tracks.iter().filter(move |track| track.kind() == kind && chosen.includes(kind));
        let main = |kind| of_kind(kind).min_by_key(|track| track.id);
        let main = [main(Kind::Video), main(Kind::Audio)];
        let [video, audio] = main.map(|track| track.is_none_or(|track| self.takes.takes(&track.codec)));
        self.possible = Selection { video, audio, ..Selection::ALL };
        let (taken, left_out): (Vec<_>, Vec<_>) =
            main.into_iter().flatten().partition(|track| self.possible.includes(track.kind()));
        if left_out.is_empty() {
            return Ok(());
        }
        let left_out = left_out.iter().map(|track| track.codec.name()).collect::<Vec<_>>().join(" and ");
        if taken.is_empty() {
            return Err(format!("The stream has {left_out}, which this player has not announced."));
        }
        let session = self.subscription.session();
        info!(id = session.id.0, stream = %session.key.logged(), left_out, "the player cannot take all of the stream");
        Ok(())
    }

    fn waiting(&self) -> State {
        State::Waiting(wait(&self.subscription, self.chosen.sound))
    }

    fn reader(&mut self, publication: &Arc<Publication>) -> Reader {
        let (stream, takes) = (self.stream, self.takes);
        let make = move || Box::new(Tags::with(Messages::new(stream), takes)) as _;
        if std::mem::take(&mut self.goes_on) {
            return self.subscription.wire_from(Join::Start, publication, self.key(), make);
        }
        self.subscription.wire(publication, self.key(), make)
    }

    fn key(&self) -> WireKey {
        // Nearly every client plays on message stream 1 and shares the bytes of all others.
        let stream = if self.stream == 1 { 0 } else { u64::from(self.stream) };
        let variant = stream << 16 | self.takes.variant();
        WireKey { format: "rtmp", tracks: self.selection(), variant, private: stream != 0 }
    }

    pub(super) fn end(self, end: End) {
        self.subscription.end(end);
    }
}

/// What a player of these capabilities takes of sound: Opus only if it says so, for those that say nothing are of before
/// there was Opus in RTMP, as a rule.
fn sound_of(capabilities: &Capabilities) -> Sound {
    let opus = capabilities.names_sound && capabilities.codecs.contains(FourCc::Opus);
    if opus { Sound::Source } else { Sound::Aac }
}

/// The next publication, once its tracks are known, with `sound` among them: players set themselves up by the first metadata.
fn wait(subscription: &Subscription, sound: Sound) -> BoxFuture<(Arc<Publication>, Want)> {
    let publication = subscription.publication();
    Box::pin(async move {
        let publication = publication.await;
        let want = publication.want(sound);
        publication.settled(TRACK_WAIT).await;
        want.ready(SOUND_WAIT).await;
        (publication, want)
    })
}

/// Bytes taken from the wire at a time.
const BUDGET: usize = 128 << 10;
