//! Administration on the machine itself, over a socket that only whoever runs the server can open. Nobody is asked who they are.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use control::audit::Deed;
use control::{Permission, accounts};
use serde::{Deserialize, Serialize};
use store::Embedded;
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Api;
use crate::body::Json;
use crate::diagnostics::{self, Wish};
use crate::params::{Path, Query};
use crate::problem::Problem;

/// What `POST /store/backup` takes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// A new file, from the root.
    pub file: PathBuf,
}

/// The query of `GET /store`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    /// But for every secret.
    #[serde(default)]
    without_secrets: bool,
}

/// What `PUT /users/{name}/password` takes. `Debug` is left out on purpose.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// 8 to 256 characters.
    pub password: String,
    /// The second factor is lost as well.
    pub without_second_factor: bool,
}

/// Gives `name` what `new` says; what was done on the machine is done in nobody's name. Blocks.
pub fn set_password(
    accounts: &accounts::Accounts,
    name: &str,
    new: &NewPassword,
) -> Result<(), accounts::Error> {
    let name = accounts::name(name)?;
    accounts.change(&name, None, Some(&new.password))?;
    if new.without_second_factor {
        accounts.remove_factor(&name)?;
    }
    Ok(())
}

#[derive(Clone)]
struct Machine {
    api: Api,
    store: Arc<Embedded>,
}

/// Serves on `listener` until `stop`.
pub async fn serve(listener: UnixListener, api: Api, store: Arc<Embedded>, stop: CancellationToken) {
    let router = Router::new()
        .route("/diagnostics", post(bundle))
        .route("/store", get(export))
        .route("/store/backup", post(backup))
        .route("/users/{name}/password", put(password))
        .with_state(Machine { api, store });
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(err) = serving.await {
        warn!(%err, "administration on the machine has ended");
    }
}

async fn export(
    State(machine): State<Machine>,
    Query(Export { without_secrets }): Query<Export>,
) -> Result<Response, Problem> {
    let store = Arc::clone(&machine.store);
    let dump = machine.api.blocking(move |_| control::export::of(&store, without_secrets)).await?;
    let mut text = Vec::new();
    dump.write(&mut text).map_err(|error| Problem::internal(&error))?;
    let subject = if without_secrets { "store without secrets" } else { "store" };
    machine.note("export", subject, StatusCode::OK).await;
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], text).into_response())
}

async fn backup(State(machine): State<Machine>, Json(body): Json<Backup>) -> Result<StatusCode, Problem> {
    let store = Arc::clone(&machine.store);
    let file = body.file.clone();
    let made = machine.api.away(move |_| store.backup(&file)).await?;
    made.map_err(|error| match error {
        store::Error::Io { path, source } if path == body.file => {
            Problem::field("file", format!("cannot make {}: {source}", path.display()))
        }
        other => other.into(),
    })?;
    machine.note("backup", &body.file.to_string_lossy(), StatusCode::NO_CONTENT).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn bundle(State(machine): State<Machine>) -> Result<Response, Problem> {
    // Whoever reads the data folder sees all of it anyway.
    let wish = Wish { addresses: false, permissions: Permission::ALL.to_vec() };
    let (_, bytes) = diagnostics::bundle(&machine.api, wish).await?;
    machine.note("diagnostics", "", StatusCode::OK).await;
    Ok(([(header::CONTENT_TYPE, "application/gzip")], bytes).into_response())
}

async fn password(
    State(machine): State<Machine>,
    Path(name): Path<String>,
    Json(body): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    let subject = name.clone();
    machine.api.hashing(move |api| set_password(&api.accounts, &name, &body)).await?;
    machine.note("reset password", &subject, StatusCode::NO_CONTENT).await;
    Ok(StatusCode::NO_CONTENT)
}

impl Machine {
    async fn note(&self, action: &str, subject: &str, status: StatusCode) {
        let (action, subject) = (action.to_owned(), subject.to_owned());
        self.api.record(Deed { who: None, from: None, action, subject, status: status.as_u16() }).await;
    }
}
