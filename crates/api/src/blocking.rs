//! Work that blocks, away from the threads that carry media.

use std::sync::Arc;

use axum::http::StatusCode;
use control::audit::Deed;

use crate::Api;
use crate::problem::Problem;

impl Api {
    /// Runs `work`, which may wait for the disk. Errs when it has panicked, or the server stops.
    pub(crate) async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Api) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let api = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&api)).await;
        done.map_err(|error| Problem::internal(&error))
    }

    /// The same of work that hashes a password: [`HASHES`](crate::HASHES) at a time, however many ask and whether or not they stay to
    /// hear the answer. Errs when too many wait already.
    pub(crate) async fn away_hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Api) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.queue).try_acquire_owned();
        let place = place.map_err(|_| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many passwords are being checked")
                .retry_after(1)
        })?;
        let turn = Arc::clone(&self.hashing).acquire_owned().await;
        let turn = turn.map_err(|error| Problem::internal(&error))?;
        // Both go with the work: it cannot be stopped once it has begun.
        self.away(move |api| {
            let outcome = work(api);
            drop((turn, place));
            outcome
        })
        .await
    }

    /// Runs `work`, and gives its outcome.
    pub(crate) async fn blocking<T, E>(
        &self,
        work: impl FnOnce(&Api) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        self.away(work).await?.map_err(E::into)
    }

    /// The same of work that hashes a password.
    pub(crate) async fn hashing<T, E>(
        &self,
        work: impl FnOnce(&Api) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        self.away_hashing(work).await?.map_err(E::into)
    }

    /// Writes down who did what. What only kept somebody waiting is not: strangers could push everything else out.
    pub(crate) async fn record(&self, deed: Deed) {
        if deed.status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            return;
        }
        // It fails only when the server stops meanwhile.
        let _ = self.away(move |api| api.audit.record(deed)).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use crate::HASHES;
    use crate::api_test::Server;

    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn who_does_not_wait_for_the_answer_keeps_its_turn() {
        let server = Server::new();
        for _ in 0..10 * HASHES {
            let asked = server.api.away_hashing(|_| {
                MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                RUNNING.fetch_sub(1, Ordering::SeqCst);
            });
            // Gone after a moment, as a client that closes its connection is.
            let _ = tokio::time::timeout(Duration::from_millis(5), asked).await;
        }
        server.api.away_hashing(|_| ()).await.unwrap();
        assert!(MOST.load(Ordering::SeqCst) <= HASHES);
    }

    #[tokio::test]
    async fn a_crowd_is_told_that_it_is_one() {
        let server = Server::new();
        let held: Vec<_> =
            std::iter::from_fn(|| std::sync::Arc::clone(&server.api.queue).try_acquire_owned().ok())
                .collect();
        let refused = server.api.away_hashing(|_| ()).await.unwrap_err();
        assert_eq!(refused.status(), 503);
        drop(held);
        server.api.away_hashing(|_| ()).await.unwrap();
    }
}
