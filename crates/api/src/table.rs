//! The table of routes: each with its path, its methods and who may call it.

use std::collections::BTreeMap;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Api;
use crate::access::{self, Access};
use crate::problem::Problem;

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Upper case: `GET`.
    pub method: &'static str,
    /// With names in braces where a value stands.
    pub path: String,
    /// Who may call it.
    pub access: Access,
}

/// All routes. There is no way in but [`route`](Table::route), so none is without an [`Access`].
pub(crate) struct Table {
    document: OpenApi,
    entries: Vec<(Access, UtoipaMethodRouter<Api>)>,
}

impl Table {
    pub(crate) fn new(document: OpenApi) -> Table {
        Table { document, entries: Vec::new() }
    }

    /// Adds what `utoipa_axum::routes!` made of handlers with one path, for those whom `access` lets in.
    pub(crate) fn route(mut self, access: Access, handlers: UtoipaMethodRouter<Api>) -> Table {
        self.entries.push((access, handlers));
        self
    }

    /// To be served.
    pub(crate) fn router(self, api: &Api) -> Router {
        let mut router = Router::new();
        let mut paths: BTreeMap<String, MethodRouter<Api>> = BTreeMap::new();
        for (access, (_, described, methods)) in self.entries {
            let guarded = methods.layer(from_fn_with_state((api.clone(), access), access::guard));
            let path = described.paths.into_keys().next().expect("routes! is given a handler");
            let there = paths.remove(&path).unwrap_or_default();
            paths.insert(path, there.merge(guarded));
        }
        for (path, methods) in paths {
            router = router.route(&path, methods.fallback(async || Problem::method_not_allowed()));
        }
        let unknown = async || Problem::not_found("no resource has that path");
        let paths = ["/api/v2", "/api/v2/", "/api/v2/{*path}"];
        let router = paths.into_iter().fold(router, |router, path| router.route(path, any(unknown)));
        router.with_state(api.clone())
    }

    /// In the order of paths.
    pub(crate) fn routes(&self) -> Vec<Route> {
        let mut routes = Vec::new();
        for (access, (_, described, _)) in &self.entries {
            for (path, item) in &described.paths {
                let methods = [
                    ("DELETE", &item.delete),
                    ("GET", &item.get),
                    ("PATCH", &item.patch),
                    ("POST", &item.post),
                    ("PUT", &item.put),
                ];
                let there = methods.into_iter().filter(|(_, operation)| operation.is_some());
                routes.extend(there.map(|(method, _)| Route { method, path: path.clone(), access: *access }));
            }
        }
        routes.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
        routes
    }

    /// The OpenAPI document, as JSON.
    pub(crate) fn openapi(self) -> String {
        let collected = OpenApiRouter::<Api>::with_openapi(self.document);
        let collected =
            self.entries.into_iter().fold(collected, |router, (_, handlers)| router.routes(handlers));
        let mut document = collected.into_openapi();
        for (path, item) in &mut document.paths.paths {
            let operations = [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    operation.operation_id = Some(operation_id(method, path));
                    describe_problems(operation);
                }
            }
        }
        let mut text = document.to_pretty_json().expect("a document is text");
        text.push('\n');
        text
    }
}

/// Problems have a media type of their own, and every operation may answer with one.
fn describe_problems(operation: &mut Operation) {
    let content = || Content::new(Some(Ref::from_schema_name("Problem")));
    let problem = RefOr::T(content());
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(Response { content, .. }) = response
            && content.values().any(|content| *content == problem)
        {
            content.clear();
            content.insert(PROBLEM.to_owned(), problem.clone());
        }
    }
    let any = ResponseBuilder::new().description("What else can go wrong").content(PROBLEM, content());
    operation.responses.responses.entry("default".to_owned()).or_insert_with(|| any.build().into());
}

const PROBLEM: &str = "application/problem+json";

/// A name that no other operation has: `get_streams_id`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v2/");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |name, word| name + "_" + word)
}
