//! Pages for viewers and guests, and those at the addresses of Oryx's players. Not there where `console/` was not built.
//!
//! Each has a policy of its own. Those of Oryx play from any host and are shown in anybody's frame, so they are of no use to whoever
//! would steer the server through them: logins are cookies of `/api/v2` alone, which no script can read, and nothing there acts
//! on a cookie without a token from another page.
//!
//! Source of the old paths: Oryx 5.15.

use axum::Router;
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::built::{self, BUILT, File};
use super::not_found;
use crate::Api;

/// What a page may do.
#[derive(Debug)]
struct Page {
    /// Its name in the build.
    name: &'static str,
    /// Who may show it in a frame.
    frames: &'static str,
    /// Where it gets streams from, beside this server.
    reach: &'static str,
    /// Whether it may ask for camera, microphone and screen.
    captures: bool,
}

/// A stream, for whoever has the link.
static WATCH: Page = Page { name: "watch.html", frames: "'none'", reach: "", captures: false };
/// The same without anything around it, for pages of others.
static EMBED: Page = Page { name: "embed.html", frames: ANYBODY, reach: "", captures: false };
/// A recording, for whoever has the link. No stream has this address: its first name is none of an app.
static RECORDING: Page = Page { name: "recording.html", frames: "'none'", reach: "", captures: false };
/// Where guests go live.
static PUBLISH: Page = Page { name: "publish.html", frames: "'none'", reach: "", captures: true };
/// What Oryx has at `/players/` and `/tools/`.
static LEGACY: Page = Page { name: "legacy.html", frames: ANYBODY, reach: ANYWHERE, captures: true };

/// Their places, and where those lead that the console has instead.
pub(super) fn router() -> Router<Api> {
    let serve = |page: &'static Page| any(move |uri: Uri| async move { show(BUILT, page, uri.path()).await });
    let pages = [
        ("/watch", &WATCH),
        ("/watch/", &WATCH),
        ("/watch/{*stream}", &WATCH),
        ("/watch/recordings/{id}", &RECORDING),
        ("/embed/{*stream}", &EMBED),
        ("/publish", &PUBLISH),
        ("/publish/", &PUBLISH),
    ];
    let router =
        pages.into_iter().fold(Router::new(), |router, (path, page)| router.route(path, serve(page)));
    let router = OLD.into_iter().fold(router, |router, path| router.route(path, serve(&LEGACY)));
    let folders = ["/players/", "/players/{*path}", "/tools/", "/tools/{*path}"];
    let router = folders.into_iter().fold(router, |router, path| router.route(path, any(not_found)));
    // SRS's console: what it shows is on the first page of ours.
    let console = async || (StatusCode::FOUND, [(header::LOCATION, "/mgmt")]);
    ["/console/", "/console/{*path}"]
        .into_iter()
        .fold(router, |router, path| router.route(path, any(console)))
}

async fn show(files: &'static [File], page: &'static Page, path: &str) -> Response {
    match built::page(files, page.name, path, &headers(page), |nonce| policy(page, nonce)) {
        Some(page) => page.into_response(),
        None => not_found().await,
    }
}

fn policy(Page { frames, reach, .. }: &Page, nonce: &str) -> String {
    format!(
        "default-src 'self'; style-src 'self' {nonce}; connect-src 'self'{reach}; media-src 'self' blob:{reach}; \
         img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'none'; \
         frame-ancestors {frames}"
    )
}

fn headers(page: &Page) -> [(HeaderName, &'static str); 4] {
    let permissions = if page.captures {
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
    } else {
        "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"
    };
    [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address may hold a pass or a key.
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), permissions),
    ]
}

const OLD: [&str; 7] = [
    "/players/srs_player.html",
    "/players/rtc_player.html",
    "/players/rtc_publisher.html",
    "/players/whep.html",
    "/players/whip.html",
    "/tools/player.html",
    "/tools/xgplayer.html",
];
const ANYBODY: &str = "*";
const ANYWHERE: &str = " http: https: ws: wss:";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http_body_util::BodyExt;

    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn only_old_pages_reach_other_hosts_and_only_those_made_for_it_are_framed() {
        for page in [&WATCH, &RECORDING, &EMBED, &PUBLISH, &LEGACY] {
            let policy = policy(page, "'nonce-x'");
            assert_eq!(policy.contains("https:"), page.name == "legacy.html", "{policy}");
            assert_eq!(
                policy.ends_with("frame-ancestors 'none'"),
                ["watch.html", "recording.html", "publish.html"].contains(&page.name)
            );
            assert!(policy.contains("default-src 'self'; style-src 'self' 'nonce-x';"), "{policy}");
            assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        }
    }

    #[test]
    fn only_pages_that_publish_may_ask_for_a_camera() {
        let may = |page| headers(page).iter().any(|(_, value)| value.contains("camera=(self)"));
        assert_eq!(
            [&WATCH, &RECORDING, &EMBED, &PUBLISH, &LEGACY].map(may),
            [false, false, false, true, true]
        );
    }

    #[tokio::test]
    async fn a_page_finds_its_files_from_any_depth() {
        static FILES: &[File] = &[File::page("watch.html", b"<html><head></head></html>")];
        for (path, base) in [("/watch/live/eu/cam", "../../../mgmt/"), ("/watch", "./mgmt/")] {
            let page = show(FILES, &WATCH, path).await;
            assert_eq!(page.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
            assert!(text(page).await.contains(&format!("<base href=\"{base}\">")), "{path}");
        }
        assert_eq!(show(FILES, &EMBED, "/embed/live/cam").await.status(), 404);
    }
}
