//! A session's way to its client: the machine of the crate `rtc`, what it wants to send, and when it wants to be asked again.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use hub::{End, Network, Session};
use rtc::{Event, Output, Peer, Route, Stats, Train, Transport};
use tracing::info;

use super::alarm::Alarm;
use super::counters::Counters;
use super::door::NAME;
use super::inbox::{By, Done, Letter, Packet, Request};
use super::secrets;
use super::sessions::{Entry, Via};
use super::waiting::Ticket;

/// What a session's task waits for, beside what it has of its own.
pub(super) enum Wake {
    /// Something has come, or it is time: [`Link::poll`] may have events.
    Peer,
    /// The client has gone, and says so.
    Deleted(Done),
    /// The server ends.
    Stop,
}

/// One session's end of the network. It belongs to the session's task.
pub(super) struct Link {
    /// Large, and on its own so that it is not moved about with all that holds it.
    peer: Box<Peer>,
    entry: Entry,
    /// Where the machine believes that we are, by transport: the candidates that the client was told.
    here: Here,
    ways: Vec<(SocketAddr, By)>,
    deadline: Instant,
    alarm: Alarm,
    /// Tells ICE sessions apart over HTTP (RFC 9725 §4.3.1): the username fragment.
    tag: String,
    /// The client's own username fragment; another one in a request begins ICE anew.
    client: Option<String>,
    /// Until it is connected.
    ticket: Option<Ticket>,
    counters: Counters,
}

/// Our addresses as the client knows them.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    pub(super) candidates: Vec<rtc::Candidate>,
}

impl Here {
    /// The candidate that something from `from` was most likely sent to.
    fn of(&self, transport: Transport, from: SocketAddr) -> Option<SocketAddr> {
        let mut of_transport = self.candidates.iter().filter(|candidate| candidate.transport == transport);
        let same = of_transport.clone().find(|candidate| candidate.address.is_ipv4() == from.is_ipv4());
        same.or_else(|| of_transport.next()).map(|candidate| candidate.address)
    }
}

/// What a session answers to a PATCH.
pub(super) struct Patched {
    /// Where ICE begins anew.
    pub(super) fragment: Option<String>,
    /// Which ICE session it is.
    pub(super) tag: String,
}

/// Why it does not.
pub(super) enum NotPatched {
    /// The client speaks of an ICE session that is no more.
    Outdated,
    /// Nothing in it that would change anything.
    Empty,
    Refused(rtc::Refused),
}

impl From<rtc::Refused> for NotPatched {
    fn from(refused: rtc::Refused) -> NotPatched {
        NotPatched::Refused(refused)
    }
}

/// The session's machine has given up.
#[derive(Debug)]
pub(super) struct Broken(rtc::Error);

impl Broken {
    /// How `session` ends by it, which is told to the log: what a client did wrong is seen there only.
    pub(super) fn end(&self, session: &Session) -> End {
        info!(id = session.id.0, proto = NAME, peer = %session.peer, err = %self.0, "session broken");
        End::Dropped
    }
}

impl Link {
    /// For the client who sent `offer`.
    pub(super) fn new(peer: Peer, entry: Entry, here: Here, offer: &str, counters: Counters) -> Link {
        let (deadline, tag) = (Instant::now(), entry.door.name.to_string());
        let (client, ways) = (ufrag(offer).map(str::to_owned), Vec::new());
        let peer = Box::new(peer);
        Link {
            peer,
            entry,
            here,
            ways,
            deadline,
            alarm: Alarm::default(),
            tag,
            client,
            ticket: None,
            counters,
        }
    }

    /// The same, of one that has a place among those who are expected until it is connected.
    pub(super) fn expected(mut self, ticket: Ticket) -> Link {
        self.ticket = Some(ticket);
        self
    }

    /// The machine, to be given something; [`Link::poll`] sends what comes of it.
    pub(super) fn peer(&mut self) -> &mut Peer {
        &mut self.peer
    }

    /// Sends what there is to send, up to the next event. `None` when there is nothing more until the next [`Wake`].
    pub(super) async fn poll(&mut self) -> Option<Event> {
        if let Some((route, train)) = self.peer.train() {
            self.send(route, &train).await;
        }
        loop {
            match self.peer.poll() {
                Output::Send { via, from, to, datagram } => {
                    let train = Train::from(datagram);
                    self.send(Route { via, from, to }, &train).await;
                }
                Output::Event(event) => {
                    if matches!(event, Event::Connected) {
                        self.ticket = None;
                    }
                    return Some(event);
                }
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return None;
                }
            }
        }
    }

    async fn send(&mut self, route: Route, train: &Train) {
        let via = match route.via {
            Transport::Udp => Via::Udp,
            Transport::Tcp => Via::Tcp,
        };
        self.entry.is_at(via, route.to);
        // Where nothing has come from, nothing is sent to: the server is a lite agent, which only answers.
        let Some((_, by)) = self.ways.iter().find(|(at, by)| *at == route.to && by.transport() == route.via)
        else {
            return;
        };
        match by {
            By::Tcp(writer) => train.datagrams().for_each(|datagram| writer.send(datagram)),
            By::Udp(port, way) => {
                for (datagrams, segment) in train.runs(port.largest_batch(), LARGEST_RUN) {
                    port.send(*way, datagrams, segment).await;
                }
            }
        }
    }

    /// Waits for the network, the clock or a request. Cancel-safe.
    pub(super) async fn wake(&mut self) -> Result<Wake, Broken> {
        poll_fn(|cx| self.poll_wake(cx)).await
    }

    /// The same, as a poll.
    pub(super) fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<Result<Wake, Broken>> {
        match self.entry.inbox.poll(cx) {
            Poll::Ready(Letter::Stop) => return Poll::Ready(Ok(Wake::Stop)),
            Poll::Ready(Letter::Request(request)) => return Poll::Ready(Ok(self.request(request))),
            Poll::Ready(Letter::Packet(packet)) => {
                return Poll::Ready(self.receive(packet).map(|()| Wake::Peer));
            }
            Poll::Pending => {}
        }
        ready!(self.alarm.poll(self.deadline, cx));
        Poll::Ready(self.peer.tick(Instant::now()).map_err(Broken).map(|()| Wake::Peer))
    }

    fn receive(&mut self, packet: Packet) -> Result<(), Broken> {
        let Packet { bytes, from, by } = packet;
        let transport = by.transport();
        let Some(here) = self.here.of(transport, from) else { return Ok(()) };
        self.remember(from, by);
        self.peer.receive(Instant::now(), transport, from, here, &bytes).map_err(Broken)
    }

    /// Keeps the way back to `from`, the newest first.
    fn remember(&mut self, from: SocketAddr, by: By) {
        if let Some((at, known)) = self.ways.first_mut()
            && *at == from
            && known.transport() == by.transport()
        {
            *known = by;
            return;
        }
        self.ways.retain(|(at, known)| *at != from || known.transport() != by.transport());
        self.ways.insert(0, (from, by));
        self.ways.truncate(MOST_WAYS);
    }

    fn request(&mut self, request: Request) -> Wake {
        match request {
            Request::Delete(done) => Wake::Deleted(done),
            Request::Patch { fragment, condition, answer } => {
                let _ = answer.send(self.patch(&fragment, condition.as_deref()));
                Wake::Peer
            }
        }
    }

    /// Takes candidates of the client's, or begins ICE anew where the fragment has another username fragment.
    fn patch(&mut self, fragment: &str, condition: Option<&str>) -> Result<Patched, NotPatched> {
        if condition.is_some_and(|tag| tag.trim_start_matches("W/").trim_matches('"') != self.tag) {
            return Err(NotPatched::Outdated);
        }
        let now = Instant::now();
        let client = ufrag(fragment);
        if client.is_some() && client != self.client.as_deref() {
            let credentials = secrets::credentials();
            let name = credentials.ufrag().to_owned();
            let answer = self.peer.restart_ice(now, credentials, fragment)?;
            self.entry.is_called(&name);
            self.tag = name;
            self.client = client.map(str::to_owned);
            return Ok(Patched { fragment: Some(answer), tag: self.tag.clone() });
        }
        let attributes = || fragment.lines().filter_map(|line| line.trim().strip_prefix("a="));
        let candidates = attributes().filter(|line| line.starts_with("candidate:"));
        if client.is_none() && candidates.clone().next().is_none() && !attributes().any(|line| line == END) {
            return Err(NotPatched::Empty);
        }
        for candidate in candidates.take(MOST_CANDIDATES) {
            self.peer.remote_candidate(now, candidate)?;
        }
        Ok(Patched { fragment: None, tag: self.tag.clone() })
    }

    /// What is known of the way to the client.
    pub(super) fn network(&self) -> Network {
        let Stats { rtt, loss, jitter, .. } = self.peer.stats();
        Network { rtt, loss, jitter }
    }

    pub(super) fn stats(&self) -> Stats {
        self.peer.stats()
    }

    /// Says goodbye, as far as the protocol knows one.
    pub(super) async fn close(mut self) {
        self.peer.close(Instant::now());
        while self.poll().await.is_some() {}
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.counters.session_over(&self.peer.stats());
    }
}

/// The username fragment in SDP, or in a fragment of it (RFC 8839 §5.4).
fn ufrag(sdp: &str) -> Option<&str> {
    sdp.lines().find_map(|line| line.trim().strip_prefix("a=ice-ufrag:"))
}

/// Ways back to one client at a time.
const MOST_WAYS: usize = 8;
/// There will be no more candidates (RFC 8840 §8.2).
const END: &str = "end-of-candidates";
/// Candidates in one request.
const MOST_CANDIDATES: usize = 32;
/// What one call may send: an IP packet's worth.
const LARGEST_RUN: usize = 60_000;
