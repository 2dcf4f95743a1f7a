//! Work that blocks, away from the threads that carry media.

use control::audit::Deed;
use tokio::sync::SemaphorePermit;

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
        let _turn = self.turn().await?;
        self.blocking(work).await
    }

    /// Writes down who did what.
    pub(crate) async fn record(&self, deed: Deed) {
        // It fails only when the server stops meanwhile.
        let _ = self.away(move |api| api.audit.record(deed)).await;
    }

    /// Leave to hash a password while it is held: few at a time, however many ask.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.hashing.acquire().await.map_err(|error| Problem::internal(&error))
    }
}
