//! The HTTP API of Oryx (SRS Stack) and the part of SRS's own that its users call, as an adapter: parse, call, convert.
//!
//! Scripts and pages written for it go on working: any method, JSON whatever the content type says, keys in any case, errors
//! as plain text with status 500. Nothing is decided here, and cookies are never looked at: who calls is known by
//! `Authorization: Bearer SECRET` or by a token in the body.
//!
//! Endpoints of features that the server does not have yet are in [`off`]: they answer as Oryx does where nothing is set, and refuse
//! what would change or start something. Unknown paths lead to the console.
//! Source: Oryx 5.15.

mod answer;
mod bilibili;
mod body;
mod endpoint;
mod hooks;
mod https;
mod off;
mod record;
mod secrets;
mod settings;
mod srs;
mod streams;
mod system;
mod tencent;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Api;
use answer::Failure;
pub use bilibili::Bilibili;
use endpoint::Call;
pub(crate) use endpoint::Guard;
#[cfg(test)]
pub(crate) use https::tests::{Shelf, made};

/// Every path with who may call it, and all of them to be served.
pub(crate) fn router(api: &Api) -> Router {
    let table = table(api);
    let paths = ["/terraform/v1", "/terraform/v1/", "/terraform/v1/{*path}"];
    let router = paths.into_iter().fold(table.router, |router, path| router.route(path, any(unknown)));
    router.merge(srs::router(api))
}

/// Whatever no endpoint answers: the newest versions by any path that begins so, else the console.
async fn unknown(uri: Uri) -> Response {
    if uri.path().starts_with("/terraform/v1/releases") {
        return answer::json(system::RELEASES.to_owned(), None);
    }
    (StatusCode::FOUND, [(header::LOCATION, "/mgmt")]).into_response()
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
    bilibili::add(&mut table);
    hooks::add(&mut table);
    https::add(&mut table);
    record::add(&mut table);
    tencent::add(&mut table);
    off::add(&mut table);
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
    ///
    /// A path with a slash at its end has all that is below it; without the slash it leads there.
    fn at<T, F, A>(&mut self, guard: Guard, path: &'static str, act: A)
    where
        T: DeserializeOwned + Default + Send + 'static,
        F: Future<Output = Result<Value, Failure>> + Send + 'static,
        A: Fn(Call, T) -> F + Clone + Send + Sync + 'static,
    {
        let api = self.api.clone();
        self.serve(guard, path, move |request| endpoint::serve(api.clone(), guard, act.clone(), request));
    }

    /// Adds the files below a path, for anybody who knows their names.
    fn files<F>(&mut self, path: &'static str, act: fn(Call, HeaderMap) -> F)
    where
        F: Future<Output = Result<Response, Failure>> + Send + 'static,
    {
        let api = self.api.clone();
        self.serve(Guard::Open, path, move |request| {
            let call = Call::of(api.clone(), &request);
            let headers = request.headers().clone();
            async move { act(call, headers).await.unwrap_or_else(Failure::into_response) }
        });
    }

    /// Adds a path for anybody, of which no body is read.
    fn unread(&mut self, path: &'static str, act: fn() -> Failure) {
        self.serve(Guard::Open, path, move |_| async move { act().into_response() });
    }

    fn serve<F>(
        &mut self,
        guard: Guard,
        path: &'static str,
        handler: impl Fn(Request) -> F + Clone + Send + Sync + 'static,
    ) where
        F: Future<Output = Response> + Send + 'static,
    {
        let full = format!("/terraform/v1/{path}");
        let mut router = std::mem::take(&mut self.router).route(&full, any(handler.clone()));
        if let Some(bare) = full.strip_suffix('/') {
            let redirect = (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, full.clone())]);
            let redirect = move || std::future::ready(redirect);
            router = router.route(bare, any(redirect)).route(&format!("{full}{{*path}}"), any(handler));
        }
        self.router = router;
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
