//! Viewers of HLS: they come and go with their requests, so a name in the URL and the time of the last request stand for a connection.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub::{StreamKey, Subscription};
use tokio::time::Instant;

/// Viewers by the name that their playlist gave them.
#[derive(Default)]
pub(super) struct Viewers {
    map: Mutex<HashMap<Name, Viewer>>,
}

/// A viewer's name (`hls_ctx`) is good for one stream only.
type Name = (StreamKey, String);

struct Viewer {
    /// `None` once it was put out: the name is remembered, so that it is told so.
    subscription: Option<Subscription>,
    seen: Instant,
    /// It is gone when it has not been seen for so long.
    patience: Duration,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A viewer, seen just now.
    Here,
    /// A viewer, but at another address.
    Elsewhere,
    /// A viewer who was put out.
    Ended,
    /// Nobody of that name.
    Unknown,
}

impl Viewers {
    /// Looks a viewer up, who thereby stays, and counts `bytes` for it. With `from`, only one who was let in at that address is seen.
    pub(super) fn see(&self, key: &StreamKey, name: &str, from: Option<IpAddr>, bytes: usize) -> Known {
        let mut map = self.lock();
        let Some(viewer) = map.get_mut(&(key.clone(), name.to_owned())) else { return Known::Unknown };
        let session = viewer.subscription.as_ref().map(Subscription::session);
        let Some(session) = session.filter(|session| session.ended().is_none()) else { return Known::Ended };
        if from.is_some_and(|from| from != session.peer.ip()) {
            return Known::Elsewhere;
        }
        viewer.seen = Instant::now();
        session.count_bytes(bytes as u64);
        Known::Here
    }

    /// Takes a viewer in, who is gone when not seen for `patience`.
    pub(super) fn add(&self, name: String, subscription: Subscription, patience: Duration) {
        let key = subscription.session().key.clone();
        let viewer = Viewer { subscription: Some(subscription), seen: Instant::now(), patience };
        let replaced = self.lock().insert((key, name), viewer);
        // Its end is told to the hub, which must not wait for our lock.
        drop(replaced);
    }

    /// A name that nobody has: 8 characters of 0-9a-z, as SRS gives them.
    pub(super) fn fresh_name(&self, key: &StreamKey) -> Result<String, getrandom::Error> {
        loop {
            let mut random = getrandom::u64()?;
            let mut name = String::with_capacity(8);
            for _ in 0..8 {
                name.push(char::from(DIGITS[(random % 36) as usize]));
                random /= 36;
            }
            if !self.lock().contains_key(&(key.clone(), name.clone())) {
                return Ok(name);
            }
        }
    }

    /// Lets those go who have not been seen for too long, and the sessions of those who were put out. Never returns.
    pub(super) async fn sweep(&self) {
        let mut interval = tokio::time::interval(SWEEP);
        loop {
            interval.tick().await;
            let now = Instant::now();
            let gone = |viewer: &Viewer| now.duration_since(viewer.seen) > viewer.patience;
            let ended = |subscription: &mut Subscription| subscription.session().ended().is_some();
            let mut map = self.lock();
            let gone: Vec<_> = map.extract_if(|_, viewer| gone(viewer)).collect();
            let ended: Vec<_> =
                map.values_mut().filter_map(|viewer| viewer.subscription.take_if(ended)).collect();
            drop(map);
            drop((gone, ended));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Viewer>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const SWEEP: Duration = Duration::from_secs(1);
