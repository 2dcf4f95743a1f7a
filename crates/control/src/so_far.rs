//! What the hub has told.

use std::iter;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// What has happened up to now, in order; where some events are missed, how many.
pub fn so_far(events: &mut Receiver<hub::Event>) -> impl Iterator<Item = Result<hub::Event, u64>> {
    iter::from_fn(|| match events.try_recv() {
        Ok(event) => Some(Ok(event)),
        // Others are behind.
        Err(TryRecvError::Lagged(missed)) => Some(Err(missed)),
        Err(TryRecvError::Empty | TryRecvError::Closed) => None,
    })
}
