//! The HTTP API of Oryx (SRS Stack) and the part of SRS's own that its users call, as an adapter: parse, call, convert.
//!
//! Scripts and pages written for it go on working: any method, JSON whatever the content type says, keys in any case, errors
//! as plain text with status 500. Nothing is decided here, and cookies are never looked at: who calls is known by
//! `Authorization: Bearer SECRET` or by a token in the body.
//!
//! Endpoints of features that the server does not have are not here: as any unknown path they lead to the console.
//! Source: Oryx 5.15.

mod answer;
mod body;
mod endpoint;
mod secrets;
mod settings;
mod srs;
mod streams;
mod system;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Api;
use answer::Failure;
use endpoint::Call;
pub(crate) use endpoint::Guard;

/// Every path with who may call it, and all of them to be served.
pub(crate) fn router(api: &Api) -> Router {
    let table = table(api);
    let console = async || (StatusCode::FOUND, [(header::LOCATION, "/mgmt")]);
    let router = ["/terraform/v1", "/terraform/v1/", "/terraform/v1/{*path}"]
        .into_iter()
        .fold(table.router, |router, path| router.route(path, any(console)));
    router.merge(srs::router(api))
}

/// Every path with who may call it.
#[cfg(test)]
pub(crate) fn paths(api: &Api) -> Vec<(&'static str, Guard)> {
    table(api).paths
}

fn table(api: &Api) -> Table {
    let mut table = Table::new(api);
    system::add(&mut table);
    settings::add(&mut table);
    streams::add(&mut table);
    secrets::add(&mut table);
    table
}

/// All endpoints. There is no way in but [`at`](Table::at), so none is without a [`Guard`].
struct Table {
    api: Api,
    router: Router,
    paths: Vec<(&'static str, Guard)>,
}

impl Table {
    fn new(api: &Api) -> Table {
        Table { api: api.clone(), router: Router::new(), paths: Vec::new() }
    }

    /// Adds `/terraform/v1/` and `path`, whose body is read as `T` before anybody is asked who they are.
    fn at<T, F>(&mut self, guard: Guard, path: &'static str, act: fn(Call, T) -> F)
    where
        T: DeserializeOwned + Default + Send + 'static,
        F: Future<Output = Result<Value, Failure>> + Send + 'static,
    {
        let api = self.api.clone();
        let handler = move |request| endpoint::serve(api.clone(), guard, act, request);
        let router = std::mem::take(&mut self.router);
        self.router = router.route(&format!("/terraform/v1/{path}"), any(handler));
        self.paths.push((path, guard));
    }
}

/// The version of Oryx that this is compatible with.
const VERSION: &str = "5.15.20";
/// The only virtual host there is, as SRS calls it.
const VHOST: &str = "__defaultVhost__";

#[cfg(test)]
#[path = "oryx_test.rs"]
mod tests;
