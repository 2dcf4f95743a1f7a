//! One RTMP connection, from accept to close.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hub::{AccessRequest, Action, End, Hub, StreamKey};
use media::{Delta, Time};
use rtmp::Capabilities;
use rtmp::server::{self, Connect, Event, Output, Refusal, code};
use rtmp::url::Target;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;
use super::play::{self, Playing};
use super::protocol_of;
use super::publish::Publishing;
use crate::listen::STALL;
use crate::tls::Socket;

/// One connection. It may publish and play, on several message streams; most do one thing on one.
pub(super) struct Connection {
    socket: Socket,
    peer: SocketAddr,
    session: server::Session,
    hub: Hub,
    connect: Option<Box<Connect>>,
    publishing: Vec<Publishing>,
    playing: Vec<Playing>,
    outbox: Outbox,
    opened: Instant,
    timer: Pin<Box<Sleep>>,
    /// Until when a publisher's bytes may gather in the socket.
    paced: Option<Instant>,
    /// How long the last batch might gather.
    gather: Delta,
}

/// Why a connection is over.
#[derive(Debug)]
pub(super) enum Closed {
    /// The peer closed it.
    Peer,
    /// The hub or an operator ended the session, or it ended itself in order.
    Ended(End),
    /// The peer was not let in; in words.
    Refused(String),
    /// The peer broke the protocol or a limit.
    Protocol(rtmp::Error),
    /// The socket failed.
    Io(io::Error),
    /// The peer takes nothing.
    Stalled,
}

/// What the connection must do outside `poll`.
enum Step {
    Event(Event),
    Play { index: usize, step: play::Step },
    Close(Closed),
}

impl Connection {
    pub(super) fn new(socket: Socket, peer: SocketAddr, config: Arc<server::Config>, hub: Hub) -> Connection {
        let opened = Instant::now();
        Connection {
            socket,
            peer,
            session: server::Session::new(config, seed()),
            hub,
            connect: None,
            publishing: Vec::new(),
            playing: Vec::new(),
            outbox: Outbox::default(),
            opened,
            timer: Box::pin(tokio::time::sleep_until(opened)),
            paced: None,
            gather: Delta::ZERO,
        }
    }

    /// Serves it to its end.
    pub(super) async fn run(mut self, stop: CancellationToken) -> Closed {
        let closed = tokio::select! {
            closed = self.serve() => closed,
            // Whoever has a session is told by the hub; this is for those who have none yet.
            () = stop.cancelled() => Closed::Ended(End::Shutdown),
        };
        self.leave(&closed);
        if matches!(closed, Closed::Ended(_) | Closed::Refused(_) | Closed::Protocol(_)) {
            let _ = tokio::time::timeout(GOODBYE, Box::pin(self.say_goodbye())).await;
        }
        closed
    }

    async fn serve(&mut self) -> Closed {
        loop {
            let step = std::future::poll_fn(|cx| self.poll(cx)).await;
            let done = match step {
                // Boxed, as are other futures that are rare: a viewer's task keeps room for the largest it may ever run.
                Step::Event(event) => Box::pin(self.event(event)).await,
                Step::Play { index, step } => self.play_step(index, step),
                Step::Close(closed) => return closed,
            };
            if let Err(closed) = done {
                return closed;
            }
        }
    }

    /// Moves bytes in both directions until something needs more than that.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        match self.try_poll(cx) {
            Poll::Ready(Ok(step)) => Poll::Ready(step),
            Poll::Ready(Err(closed)) => Poll::Ready(Step::Close(closed)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn try_poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Closed>> {
        let sessions = self.publishing.iter().map(|publishing| publishing.publisher().session());
        let sessions = sessions.chain(self.playing.iter().map(|playing| playing.subscription().session()));
        for session in sessions {
            if let Poll::Ready(end) = session.poll_ended(cx) {
                return Poll::Ready(Err(Closed::Ended(end)));
            }
        }
        loop {
            if let Some(event) = self.drain()? {
                return Poll::Ready(Ok(Step::Event(event)));
            }
            if let Some(event) = self.read(cx)? {
                return Poll::Ready(Ok(Step::Event(event)));
            }
            if let Some(step) = self.write(cx)? {
                return Poll::Ready(Ok(step));
            }
            ready!(self.poll_time(cx))?;
        }
    }

    /// Reads what there is, into the session and on into the hub. Stops at an event.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<Option<Event>, Closed> {
        if self.paced.is_some() {
            return Ok(None);
        }
        let mut batch = 0;
        while let Poll::Ready(size) = self.poll_read(cx)? {
            batch += size;
            if let Some(event) = self.drain()? {
                return Ok(Some(event));
            }
            // A short read has emptied a plain socket. Whoever reads at a pace does not ask to be woken for more.
            if size < READ && !self.socket.has_more_after_short_read() && self.pace(batch)? {
                return Ok(None);
            }
        }
        if batch > 0 {
            self.pace(batch)?;
        }
        Ok(None)
    }

    /// A batch of `batch` bytes is read: lets the next gather, if that delays nobody.
    fn pace(&mut self, batch: usize) -> Result<bool, Closed> {
        let most = self.publishing.iter().map(Publishing::pace).min().unwrap_or(Delta::ZERO);
        if most < LEAST_PACE {
            return Ok(false);
        }
        self.gather = gathering(self.gather, batch, most);
        for publishing in &mut self.publishing {
            publishing.batch_done(self.gather);
        }
        self.paced = Some(Instant::now() + self.gather.to_std());
        self.socket.rest().map_err(Closed::Io)?;
        Ok(true)
    }

    /// Writes what there is, from the session and from the hub. Stops where a play needs more than that.
    fn write(&mut self, cx: &mut Context<'_>) -> Result<Option<Step>, Closed> {
        loop {
            if self.outbox.poll_write(cx, &mut self.socket).map_err(Closed::Io)?.is_pending() {
                return Ok(None);
            }
            let outbox = &mut self.outbox;
            let step = self.playing.iter_mut().enumerate().find_map(|(index, playing)| {
                match playing.poll(cx, outbox) {
                    Poll::Ready(step) => Some((index, step)),
                    Poll::Pending => None,
                }
            });
            match step {
                None => return Ok(None),
                Some((_, play::Step::Bytes)) => {}
                Some((index, step)) => return Ok(Some(Step::Play { index, step })),
            }
        }
    }

    /// Reads once, into the session; how much.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Closed>> {
        // On the stack: viewers read so rarely that none of them should hold a buffer.
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer)).map_err(Closed::Io)?;
        let size = buffer.filled().len();
        if size == 0 {
            return Poll::Ready(Err(Closed::Peer));
        }
        let now = self.now();
        self.session.receive(now, buffer.filled()).map_err(Closed::Protocol)?;
        Poll::Ready(Ok(size))
    }

    /// Takes what the session hands out: bytes to the outbox, media to the hub; other events are returned, one at a time.
    fn drain(&mut self) -> Result<Option<Event>, Closed> {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(bytes) => {
                    self.outbox.push(bytes);
                    if self.outbox.own() > MOST_ANSWERS {
                        return Err(Closed::Stalled);
                    }
                }
                Output::Event(Event::Media(media)) => {
                    let publishing =
                        self.publishing.iter_mut().find(|publishing| publishing.stream == media.stream);
                    if let Some(publishing) = publishing {
                        publishing.media(media).map_err(Closed::Ended)?;
                    }
                }
                Output::Event(event) => return Ok(Some(event)),
            }
        }
        Ok(None)
    }

    /// Notices what is due: ready when something has been done about it.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let stalled = self.outbox.stalled();
        let deadline = self.session.deadline().map(|at| self.instant(at));
        let dues = [stalled, deadline, self.paced];
        let Some(due) = dues.into_iter().flatten().min() else { return Poll::Pending };
        // The timer may fire early, never late: it is only moved when it must.
        if due < self.timer.deadline() {
            self.timer.as_mut().reset(due);
        }
        ready!(self.timer.as_mut().poll(cx));
        let now = Instant::now();
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if is_due(stalled) {
            return Poll::Ready(Err(Closed::Stalled));
        }
        if is_due(self.paced) {
            self.paced = None;
        }
        if is_due(deadline) {
            let now = self.now();
            self.session.tick(now).map_err(Closed::Protocol)?;
        }
        let deadline = self.session.deadline().map(|at| self.instant(at));
        let next = [stalled, deadline, self.paced].into_iter().flatten().min().unwrap_or(now + STALL);
        self.timer.as_mut().reset(next.max(now + TICK));
        Poll::Ready(Ok(()))
    }

    async fn event(&mut self, event: Event) -> Result<(), Closed> {
        match event {
            Event::Connected(mut connect) => {
                // Kept for as long as the connection: only what is told of it.
                connect.properties = Default::default();
                self.connect = Some(connect);
            }
            Event::Publish { stream, target } => self.publish(stream, target).await?,
            Event::Play { stream, target, .. } => self.play(stream, target).await?,
            Event::Unpublish { stream } => {
                if let Some(index) = self.publishing.iter().position(|publishing| publishing.stream == stream)
                {
                    self.publishing.swap_remove(index).end(End::Finished);
                }
            }
            Event::Stop { stream } => self.playing.retain(|playing| playing.stream != stream),
            Event::Pause { stream, paused } => self.with_play(stream, |playing| playing.pause(paused)),
            Event::ReceiveAudio { stream, wanted } => {
                self.with_play(stream, |playing| playing.want(|selection| selection.audio = wanted));
            }
            Event::ReceiveVideo { stream, wanted } => {
                self.with_play(stream, |playing| playing.want(|selection| selection.video = wanted));
            }
            _ => {}
        }
        Ok(())
    }

    async fn publish(&mut self, stream: u32, target: Target) -> Result<(), Closed> {
        let published = match self.access(Action::Publish, target) {
            Ok(access) => self.hub.publish(access).await.map_err(|refusal| refusal.to_string()),
            Err(reason) => Err(reason),
        };
        match published {
            Ok(publisher) => {
                self.publishing.push(Publishing::new(stream, publisher));
                self.session.accept_publish(stream).map_err(Closed::Protocol)
            }
            Err(reason) => {
                let refusal = Refusal { code: code::PUBLISH_BAD_NAME, description: reason.clone() };
                self.session.refuse_publish(stream, refusal).map_err(Closed::Protocol)?;
                Err(Closed::Refused(reason))
            }
        }
    }

    async fn play(&mut self, stream: u32, target: Target) -> Result<(), Closed> {
        let query = target.query.clone();
        let subscribed = match self.access(Action::Play, target) {
            Ok(access) => self.hub.subscribe(access).await.map_err(|refusal| refusal.to_string()),
            Err(reason) => Err(reason),
        };
        match subscribed {
            Ok(subscription) => {
                self.playing.retain(|playing| playing.stream != stream);
                let capabilities = self.connect.as_ref().map(|connect| connect.capabilities);
                let capabilities = capabilities.unwrap_or(Capabilities::UNANNOUNCED);
                self.playing.push(Playing::new(stream, subscription, &query, capabilities));
                self.session.accept_play(stream).map_err(Closed::Protocol)
            }
            Err(reason) => {
                let refusal = Refusal { code: code::PLAY_FAILED, description: reason.clone() };
                self.session.refuse_play(stream, refusal).map_err(Closed::Protocol)?;
                Err(Closed::Refused(reason))
            }
        }
    }

    fn access(&self, action: Action, target: Target) -> Result<AccessRequest, String> {
        let key = StreamKey::new(&target.app, &target.name).map_err(|bad| bad.to_string())?;
        let said = |text: fn(&Connect) -> &String| {
            let text = self.connect.as_deref().map(text).cloned().unwrap_or_default();
            text.chars().take(MAX_TEXT).collect()
        };
        Ok(AccessRequest {
            action,
            key,
            query: target.query,
            protocol: protocol_of(&self.socket),
            peer: self.peer,
            agent: said(|connect| &connect.flash_ver),
            url: said(|connect| &connect.tc_url),
            page: said(|connect| &connect.page_url),
        })
    }

    fn play_step(&mut self, index: usize, step: play::Step) -> Result<(), Closed> {
        let Some(playing) = self.playing.get(index) else { return Ok(()) };
        match step {
            play::Step::Bytes | play::Step::Published { again: false } => {}
            play::Step::Published { again: true } => self.session.publish_notify(playing.stream),
            play::Step::Unpublished => self.session.unpublish_notify(playing.stream),
            play::Step::Unplayable(reason) => {
                self.session.play_failed(playing.stream, &reason);
                return Err(Closed::Refused(reason));
            }
            play::Step::End(end) => return Err(Closed::Ended(end)),
        }
        Ok(())
    }

    fn with_play(&mut self, stream: u32, change: impl FnOnce(&mut Playing)) {
        if let Some(playing) = self.playing.iter_mut().find(|playing| playing.stream == stream) {
            change(playing);
        }
    }

    /// Gives up what the connection holds in the hub, and has the session tell its peer why.
    fn leave(&mut self, closed: &Closed) {
        let end = match closed {
            Closed::Ended(end) => Some(*end),
            Closed::Stalled => Some(End::TooSlow),
            _ => None,
        };
        if let Some(end) = end {
            self.publishing.drain(..).for_each(|publishing| publishing.end(end));
            self.playing.drain(..).for_each(|playing| playing.end(end));
            if end == End::Shutdown {
                self.session.request_reconnect(None, "The server is being stopped.");
            }
            let code = if end == End::Shutdown { code::CONNECT_CLOSED } else { code::CALL_FAILED };
            self.session.close(Refusal { code, description: format!("The server ends the session: {end}.") });
        }
        self.publishing.clear();
        self.playing.clear();
    }

    /// Closes so that the peer can read what was said last.
    async fn say_goodbye(&mut self) -> io::Result<()> {
        let _ = self.drain();
        std::future::poll_fn(|cx| self.outbox.poll_write(cx, &mut self.socket)).await?;
        self.socket.shutdown().await?;
        // What the peer still sends must be read: a socket closed over unread bytes resets, and the reason is lost.
        let mut rest = [0; 512];
        while self.socket.read(&mut rest).await? > 0 {}
        Ok(())
    }

    fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.opened.elapsed())
    }

    fn instant(&self, time: Time) -> Instant {
        self.opened + time.since(Time::ZERO).to_std()
    }
}

impl Closed {
    /// Whether the client has taken this for a port with TLS.
    pub(super) fn is_stranger(&self) -> bool {
        matches!(self, Closed::Protocol(rtmp::Error::Version { found: TLS_HELLO }))
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Closed::Peer => f.write_str("closed by peer"),
            Closed::Ended(end) => end.fmt(f),
            Closed::Refused(reason) => write!(f, "refused: {reason}"),
            Closed::Protocol(_) if self.is_stranger() => {
                f.write_str("the client speaks TLS, and here is none; rtmps:// has a port of its own")
            }
            Closed::Protocol(err) => err.fmt(f),
            Closed::Io(err) => err.fmt(f),
            Closed::Stalled => f.write_str("peer takes nothing"),
        }
    }
}

/// How long the next batch may gather, at most `most`, when one of `batch` bytes has gathered in `before`.
///
/// The socket's buffer must not fill: it would hold the publisher up. One that was nearly full is emptied soon, and a stream of
/// many bits read so often that it never is.
fn gathering(before: Delta, batch: usize, most: Delta) -> Delta {
    let micros = before.as_micros();
    let next = match batch {
        _ if batch > BATCH / 4 * 3 => micros / 4,
        _ if batch < BATCH / 4 => micros * 2,
        _ => micros,
    };
    Delta::micros(next.max(LEAST_PACE.as_micros()).min(most.as_micros()))
}

/// Fills a handshake; it need not be secret.
pub(super) fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| Instant::now().elapsed().as_nanos() as u64)
}

/// The first byte of TLS.
const TLS_HELLO: u8 = 22;
/// Bytes read at a time.
const READ: usize = 32 << 10;
/// A shorter pace would cost more than it saves.
const LEAST_PACE: Delta = Delta::millis(5);
/// Bytes that may gather in a socket at a pace; the smallest receive buffer in use is twice that.
const BATCH: usize = 64 << 10;
/// A peer that asks, and does not take this much of answers, is given up.
pub(super) const MOST_ANSWERS: usize = 64 << 10;
/// The timer's resolution.
const TICK: Duration = Duration::from_millis(1);
/// How long a peer may take to read why it has to go.
const GOODBYE: Duration = Duration::from_secs(2);
/// What a peer says of itself is for logs and lists.
const MAX_TEXT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F: Future>(_: impl FnOnce(Connection, CancellationToken) -> F) -> usize {
        size_of::<F>()
    }

    /// What a publisher at `rate` bytes a second gets to send in 10 s, through a buffer of `BATCH` bytes.
    fn sent_at(rate: usize, most: Delta) -> usize {
        let (mut sent, mut waited, mut gather) = (0, Delta::ZERO, Delta::ZERO);
        let due = |at: Delta| rate * at.as_micros() as usize / 1_000_000;
        while waited < Delta::secs(10) {
            let batch = (due(waited) - sent).min(BATCH);
            sent += batch;
            gather = gathering(gather, batch, most);
            waited += gather;
        }
        sent
    }

    #[test]
    fn gathering_holds_no_publisher_up() {
        let most = Delta::millis(350);
        for megabits in [1, 2, 5, 20, 60] {
            let rate = megabits * 125_000;
            let sent = sent_at(rate, most);
            assert!(sent > rate * 19 / 2, "{megabits} Mbit/s: {sent} of {}", rate * 10);
        }
        // And one of few bits is read as seldom as it may be.
        assert_eq!(gathering(most, 44_000, most), most);
        assert_eq!(gathering(gathering(most, 60_000, most), 1_000, most), Delta::micros(175_000));
        assert_eq!(gathering(Delta::ZERO, 0, most), LEAST_PACE);
    }

    #[test]
    fn task_of_a_viewer_is_small() {
        let size = size_of_future(Connection::run);
        assert!(size <= 1_536, "{size} bytes for each of thousands of viewers");
    }
}
