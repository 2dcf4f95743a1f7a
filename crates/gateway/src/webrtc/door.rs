//! From an offer to a running session, whichever API it came by.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hub::{AccessRequest, Action, Hub, Publication, Refusal, StreamKey};
use media::{Reordering, Track};
use rtc::{Certificate, Credentials, Peer, Refused};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::info;

use super::candidates::{Asked, Candidates};
use super::carried;
use super::counters::Counters;
use super::link::{Here, Link};
use super::packets::Shared;
use super::play::Playing;
use super::publish::Publishing;
use super::secrets;
use super::sessions::Sessions;
use super::waiting::{Ticket, Waiting};
use crate::tags::TRACK_WAIT;

/// What every offer needs. A handle.
#[derive(Clone)]
pub(super) struct Door(Arc<Inner>);

struct Inner {
    hub: Hub,
    sessions: Arc<Sessions>,
    shared: Arc<Shared>,
    waiting: Waiting,
    candidates: Candidates,
    certificate: Certificate,
    counters: Counters,
    key_frame_every: Option<Duration>,
    tasks: TaskTracker,
}

/// Parts of a [`Door`].
pub(super) struct Parts {
    pub(super) hub: Hub,
    pub(super) sessions: Arc<Sessions>,
    pub(super) candidates: Candidates,
    pub(super) certificate: Certificate,
    pub(super) counters: Counters,
    pub(super) key_frame_every: Option<Duration>,
}

/// Somebody at the door.
pub(super) struct Offer<'a> {
    pub(super) action: Action,
    pub(super) key: StreamKey,
    /// As sent, with the token of a Bearer header among it; may hold secrets.
    pub(super) query: String,
    pub(super) peer: SocketAddr,
    pub(super) agent: String,
    pub(super) page: String,
    pub(super) url: String,
    pub(super) asked: Asked<'a>,
    pub(super) sdp: &'a str,
}

/// What they are told.
pub(super) struct Answer {
    pub(super) sdp: String,
    /// The name of the session.
    pub(super) name: String,
    /// What steers it.
    pub(super) token: String,
}

/// Why there is no session, in words for people.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSession {
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("{0}")]
    Offer(#[from] Refused),
    /// What the stream has cannot be shown.
    #[error(
        "the stream has B-frames that other frames need, which players of WebRTC cannot show: switch B-frames off in the encoder \
         (FFmpeg: -bf 0; OBS: tune zerolatency, or B-frames 0)"
    )]
    Reordered,
    /// Nothing of it can go over WebRTC.
    #[error("the stream has {has}, which does not travel over WebRTC")]
    Nothing { has: String },
}

impl Door {
    pub(super) fn new(parts: Parts) -> Door {
        let Parts { hub, sessions, candidates, certificate, counters, key_frame_every } = parts;
        let inner = Inner {
            hub,
            sessions,
            shared: Arc::default(),
            waiting: Waiting::default(),
            candidates,
            certificate,
            counters,
            key_frame_every,
            tasks: TaskTracker::new(),
        };
        Door(Arc::new(inner))
    }

    pub(super) fn sessions(&self) -> &Arc<Sessions> {
        &self.0.sessions
    }

    /// Sessions that have not connected, and publications that packets are made of.
    #[cfg(test)]
    pub(super) fn work(&self) -> (usize, usize) {
        (self.0.waiting.count(), self.0.shared.count())
    }

    /// Ends every session and waits until they have.
    pub(super) async fn close(&self) {
        self.0.sessions.stop();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.0.shared.finished().await;
    }

    /// Lets somebody in, if the hub does and the offer can be answered.
    pub(super) async fn open(&self, offer: Offer<'_>) -> Result<Answer, NoSession> {
        let opened = self.let_in(offer).await;
        if opened.is_err() {
            self.0.counters.offer_refused();
        }
        opened
    }

    async fn let_in(&self, offer: Offer<'_>) -> Result<Answer, NoSession> {
        // Before anybody is asked: whoever sends offers and nothing else costs nobody more than this.
        let ticket = self.0.waiting.enter(offer.peer.ip())?;
        match offer.action {
            Action::Publish => self.publish(offer, ticket).await,
            Action::Play => self.play(offer, ticket).await,
        }
    }

    async fn publish(&self, offer: Offer<'_>, ticket: Ticket) -> Result<Answer, NoSession> {
        let inner = &self.0;
        let (config, here) = self.config(&offer.asked).await;
        let (credentials, token) = (config.credentials.clone(), secrets::token());
        // Before anybody is asked, and anything opened, for an offer that cannot be answered.
        let (peer, sdp) = Peer::publisher(Instant::now(), config, offer.sdp)?;
        let access = access(&offer);
        let publisher = inner.hub.publish(access.clone()).await?;
        let session = publisher.session();
        info!(id = session.id.0, proto = NAME, peer = %session.peer, stream = %session.key.logged(), "session open: publish");
        let link = self.link(peer, &credentials, &token, here, offer.sdp).expected(ticket);
        let publishing = Publishing::new(link, inner.hub.clone(), access, publisher, inner.key_frame_every);
        inner.tasks.spawn(publishing.run());
        Ok(Answer { sdp, name: credentials.ufrag().to_owned(), token })
    }

    async fn play(&self, offer: Offer<'_>, ticket: Ticket) -> Result<Answer, NoSession> {
        let inner = &self.0;
        let subscription = inner.hub.subscribe(access(&offer)).await?;
        let publication = inner.hub.publication(&subscription.session().key);
        let (tracks, answered) = match publication {
            Some(publication) => look_at(publication).await?,
            // Whoever comes before the publisher is answered for what nearly all publishers send.
            None => (carried::usual().to_vec(), None),
        };
        let (config, here) = self.config(&offer.asked).await;
        let (credentials, token) = (config.credentials.clone(), secrets::token());
        let (peer, sdp) = Peer::player(Instant::now(), config, offer.sdp, &tracks)?;
        let session = subscription.session();
        info!(id = session.id.0, proto = NAME, peer = %session.peer, stream = %session.key.logged(), "session open: play");
        let link = self.link(peer, &credentials, &token, here, offer.sdp).expected(ticket);
        let playing = Playing::new(link, subscription, Arc::clone(&inner.shared), answered);
        inner.tasks.spawn(playing.run());
        Ok(Answer { sdp, name: credentials.ufrag().to_owned(), token })
    }

    async fn config(&self, asked: &Asked<'_>) -> (rtc::Config, Here) {
        let candidates = self.0.candidates.find(asked).await;
        let config = rtc::Config {
            certificate: self.0.certificate.clone(),
            credentials: secrets::credentials(),
            secret: secrets::secret(),
            wall: SystemTime::now(),
            candidates: candidates.clone(),
            lite: true,
            timeout: rtc::Config::TIMEOUT,
            connection: rtc::Config::CONNECTION,
        };
        (config, Here { candidates })
    }

    fn link(&self, peer: Peer, credentials: &Credentials, token: &str, here: Here, offer: &str) -> Link {
        let entry = self.0.sessions.open(credentials.ufrag(), token);
        Link::new(peer, entry, here, offer, self.0.counters.clone())
    }
}

/// What of `publication` goes to a viewer, and the publication itself if that is known already.
///
/// Nothing is made for the viewer here: it has only sent an offer, and may never come.
async fn look_at(
    publication: Arc<Publication>,
) -> Result<(Vec<Arc<Track>>, Option<Arc<Publication>>), NoSession> {
    // A publisher that is there may need long for its first picture. Its player is answered as one that came before it.
    let settled = timeout(SETTLING, publication.settled(TRACK_WAIT)).await;
    let tracks = settled.unwrap_or_else(|_| publication.tracks());
    if tracks.is_empty() {
        return Ok((carried::usual().to_vec(), None));
    }
    let chosen = carried::of(&tracks);
    if chosen.is_empty() {
        let has: Vec<_> = tracks.iter().map(|track| track.codec.name()).collect();
        return Err(NoSession::Nothing { has: has.join(" and ") });
    }
    if publication.reordering() == Reordering::Needed {
        return Err(NoSession::Reordered);
    }
    Ok((chosen, Some(publication)))
}

fn access(offer: &Offer<'_>) -> AccessRequest {
    AccessRequest {
        action: offer.action,
        key: offer.key.clone(),
        query: offer.query.clone(),
        protocol: NAME,
        peer: offer.peer,
        agent: offer.agent.clone(),
        url: offer.url.clone(),
        page: offer.page.clone(),
    }
}

/// How long a player waits for the first media of a publisher that is there.
const SETTLING: Duration = Duration::from_secs(2);
/// What its sessions go by in logs and lists.
pub(super) const NAME: &str = "webrtc";
