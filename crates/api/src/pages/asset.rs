//! Files that are built in. Pages refer to them by addresses that change with the content, so that browsers may keep them for good.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use control::secret::Fingerprint;

/// A file of the console.
#[derive(Debug)]
pub(super) struct Asset {
    /// Below `/mgmt/`, also the beginning of its address in pages.
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// The page at `/mgmt`, with the addresses of its files.
pub(super) static INDEX: LazyLock<String> =
    LazyLock::new(|| with_addresses(include_str!("files/index.html")));

impl Asset {
    pub(super) fn find(name: &str) -> Option<&'static Asset> {
        ASSETS.iter().find(|asset| asset.name == name)
    }

    /// Where it is: `/mgmt/console.js?0123456789abcdef`.
    fn address(&self) -> String {
        format!("/mgmt/{}?{}", self.name, &Fingerprint::of(self.text).as_str()[..16])
    }
}

/// `page` with the address of an asset in the place of `{{its name}}`.
pub(crate) fn with_addresses(page: &str) -> String {
    ASSETS.iter().fold(page.to_owned(), |page, asset| {
        page.replace(&format!("{{{{{}}}}}", asset.name), &asset.address())
    })
}

impl IntoResponse for &'static Asset {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, "public, max-age=31536000"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, self.text).into_response()
    }
}

const ASSETS: [Asset; 3] = [
    Asset { name: "console.css", kind: "text/css; charset=utf-8", text: include_str!("files/console.css") },
    Asset {
        name: "console.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("files/console.js"),
    },
    Asset {
        name: "reference.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("files/reference.css"),
    },
];
