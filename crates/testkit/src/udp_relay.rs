//! A bad network between processes: what clients send to it as UDP goes on to a server, and back.
//!
//! ```text
//! let relay = Relay::start(server, 7, Conditions { weather, line: None });   // clients send to relay.address()
//! relay.rebind();                // as when a NAT has forgotten them: the server sees each from a new port
//! relay.black_out(true);         // nothing passes, either way
//! relay.counts();
//! ```
//!
//! The n-th datagram of the n-th client in one direction has the same fate for the same seed. When it comes is up to the
//! processes, so two runs are alike and not the same.

mod way;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use media::{Delta, Time};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::net::{Dice, Weather};
pub use way::Counts;
use way::Way;

/// What a relay does to datagrams.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// Loss, delay and disorder, the same both ways.
    pub weather: Weather,
    /// The narrowest part of the way, before the weather; each client has one of its own each way.
    pub line: Option<Line>,
}

/// A line that sends no faster than it can, and throws away what does not fit into its queue.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// In bit/s.
    pub rate: u64,
    /// In bytes.
    pub queue: u64,
}

impl Conditions {
    /// Everything arrives at once and in order.
    pub const CALM: Conditions = Conditions { weather: Weather::CALM, line: None };
}

/// A relay at work, on a thread of its own. Dropping it ends it; what was under way is lost.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

/// What passed a relay, of all its clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Addresses that something came from.
    pub clients: usize,
    /// From clients to the server.
    pub up: Counts,
    /// From the server to clients.
    pub down: Counts,
}

#[derive(Debug)]
enum Order {
    Conditions(Conditions),
    Rebind,
    BlackOut(bool),
    Tell(mpsc::Sender<Passed>),
    End,
}

impl Relay {
    /// Listens on a port of its own at the loopback, for what is to go on to `server`.
    #[track_caller]
    pub fn start(server: SocketAddr, seed: u64, conditions: Conditions) -> Relay {
        Relay::listen(server, seed, conditions).expect("the loopback has a port left")
    }

    fn listen(server: SocketAddr, seed: u64, conditions: Conditions) -> io::Result<Relay> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let mut front = UdpSocket::bind(LOOPBACK)?;
        poll.registry().register(&mut front, FRONT, Interest::READABLE)?;
        let address = front.local_addr()?;
        let (orders, inbox) = mpsc::channel();
        let work = Work {
            poll,
            front,
            server,
            conditions,
            dark: false,
            dice: Dice::new(seed),
            began: Instant::now(),
            flows: Vec::new(),
            known: HashMap::new(),
        };
        let thread =
            std::thread::Builder::new().name("udp relay".to_owned()).spawn(move || work.run(&inbox))?;
        Ok(Relay { address, orders, waker, thread: Some(thread) })
    }

    /// Where clients are to send what is meant for the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the next datagram on.
    pub fn set(&self, conditions: Conditions) {
        self.order(Order::Conditions(conditions));
    }

    /// From here on the server sees each client from a new port; what it sends to the old one is lost.
    pub fn rebind(&self) {
        self.order(Order::Rebind);
    }

    /// Lets nothing pass, or everything again. What is under way arrives.
    pub fn black_out(&self, dark: bool) {
        self.order(Order::BlackOut(dark));
    }

    /// What has passed so far.
    #[track_caller]
    pub fn passed(&self) -> Passed {
        let (tell, told) = mpsc::channel();
        self.order(Order::Tell(tell));
        told.recv_timeout(ANSWER).expect("the relay is at work")
    }

    fn order(&self, order: Order) {
        // Of a relay whose thread has panicked nothing comes, which the test notices.
        let _ = self.orders.send(order);
        let _ = self.waker.wake();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.order(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Work {
    poll: Poll,
    /// Where clients send to.
    front: UdpSocket,
    server: SocketAddr,
    conditions: Conditions,
    dark: bool,
    dice: Dice,
    began: Instant,
    flows: Vec<Flow>,
    known: HashMap<SocketAddr, usize>,
}

/// One client.
struct Flow {
    client: SocketAddr,
    /// What the server sees it as.
    back: UdpSocket,
    up: Way,
    down: Way,
}

impl Work {
    fn run(mut self, inbox: &mpsc::Receiver<Order>) {
        let mut events = Events::with_capacity(64);
        loop {
            let wait = self.deadline().map(|at| (at - self.now()).to_std());
            match self.poll.poll(&mut events, wait) {
                Err(err) if err.kind() != io::ErrorKind::Interrupted => {
                    panic!("the relay cannot wait: {err}")
                }
                _ => {}
            }
            while let Ok(order) = inbox.try_recv() {
                match order {
                    Order::Conditions(conditions) => self.set(conditions),
                    Order::Rebind => self.rebind(),
                    Order::BlackOut(dark) => self.dark = dark,
                    Order::Tell(answer) => _ = answer.send(self.passed()),
                    Order::End => return,
                }
            }
            // Whatever woke us: an event is told once, and a socket may have been exchanged since.
            self.take_from_clients();
            self.take_from_server();
            self.deliver();
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.began.elapsed())
    }

    fn deadline(&self) -> Option<Time> {
        self.flows.iter().flat_map(|flow| [flow.up.deadline(), flow.down.deadline()]).flatten().min()
    }

    fn set(&mut self, conditions: Conditions) {
        self.conditions = conditions;
        for flow in &mut self.flows {
            flow.up.set(conditions);
            flow.down.set(conditions);
        }
    }

    fn rebind(&mut self) {
        for index in 0..self.flows.len() {
            let back = self.back(index);
            self.flows[index].back = back;
        }
    }

    fn passed(&self) -> Passed {
        let mut passed = Passed { clients: self.flows.len(), ..Passed::default() };
        for flow in &self.flows {
            passed.up += flow.up.counts();
            passed.down += flow.down.counts();
        }
        passed
    }

    fn take_from_clients(&mut self) {
        let mut buffer = [0; DATAGRAM];
        while let Some((size, from)) = read(|| self.front.recv_from(&mut buffer)) {
            let index = self.flow(from);
            let now = self.now();
            self.flows[index].up.send(now, &buffer[..size], self.dark);
        }
    }

    fn take_from_server(&mut self) {
        let mut buffer = [0; DATAGRAM];
        for index in 0..self.flows.len() {
            while let Some(size) = read(|| self.flows[index].back.recv(&mut buffer)) {
                let now = self.now();
                self.flows[index].down.send(now, &buffer[..size], self.dark);
            }
        }
    }

    fn deliver(&mut self) {
        let now = self.now();
        for flow in &mut self.flows {
            // What a full or closed socket refuses is lost, as it is on any network.
            while let Some(datagram) = flow.up.receive(now) {
                let _ = flow.back.send(&datagram);
            }
            while let Some(datagram) = flow.down.receive(now) {
                let _ = self.front.send_to(&datagram, flow.client);
            }
        }
    }

    /// The client at `from`, who may be new.
    fn flow(&mut self, from: SocketAddr) -> usize {
        if let Some(index) = self.known.get(&from) {
            return *index;
        }
        let index = self.flows.len();
        let back = self.back(index);
        let up = Way::new(&mut self.dice, self.conditions);
        let down = Way::new(&mut self.dice, self.conditions);
        self.flows.push(Flow { client: from, back, up, down });
        self.known.insert(from, index);
        index
    }

    fn back(&self, index: usize) -> UdpSocket {
        let open = || {
            let mut back = UdpSocket::bind(LOOPBACK)?;
            back.connect(self.server)?;
            self.poll.registry().register(&mut back, Token(index), Interest::READABLE)?;
            Ok::<_, io::Error>(back)
        };
        open().expect("the loopback has a port left")
    }
}

/// The next datagram, if there is one.
///
/// That a port of the other side was closed shows as an error here, behind which there may be more.
fn read<T>(next: impl FnMut() -> io::Result<T>) -> Option<T> {
    let mut results = std::iter::repeat_with(next).take(MOST_ERRORS);
    results
        .find(|result| !result.as_ref().is_err_and(|err| err.kind() == io::ErrorKind::ConnectionRefused))?
        .ok()
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const FRONT: Token = Token(usize::MAX - 1);
const WAKER: Token = Token(usize::MAX - 2);
/// The longest that UDP has.
const DATAGRAM: usize = 65_535;
/// Of one socket in a row.
const MOST_ERRORS: usize = 1_000;
const ANSWER: Duration = Duration::from_secs(10);

#[cfg(test)]
#[path = "udp_relay_test.rs"]
mod test;
