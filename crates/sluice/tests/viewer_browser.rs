//! Pages for viewers and guests in headless Chromium, served by the real binary: `e2e/viewer.mjs`; and settings and recordings in the console.
//! Only where the console was built before the binary, as those pages are part of it.

use std::time::Duration;

use testkit::{Process, Server, Tool, browser, http, tool};

use crate::support::SLUICE;

/// For one subject; the browser decodes without help, also where much else runs.
const LIMIT: Duration = Duration::from_secs(600);

/// Goes through all journeys about `subject`.
#[track_caller]
fn go_through(subject: &str) {
    go(|| browser::view(SLUICE, subject));
}

#[track_caller]
fn go(start: impl FnOnce() -> Process) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    if http::get(&Server::start(SLUICE).http_url("watch/live/s")).status == 404 {
        eprintln!("skipped: the binary was built without the console");
        return;
    }
    let exit = start().wait(LIMIT);
    assert!(exit.status.success(), "{}", exit.output.join("\n"));
}

#[test]
fn the_player_chooses_tells_and_is_steered() {
    go_through("player");
}

#[test]
fn each_way_to_watch_has_picture_and_sound() {
    go_through("ways");
}

#[test]
#[ignore = "takes more than the three minutes that a test may"]
fn viewers_go_on_after_interruptions() {
    go_through("interruptions");
}

#[test]
fn viewers_go_on_when_the_server_was_started_again() {
    go_through("restart");
}

#[test]
fn links_to_the_pages_of_oryx_do_what_they_did() {
    go_through("links");
}

#[test]
fn guests_go_live_and_stop() {
    go_through("publishing");
}

#[test]
fn what_an_operator_sets_by_the_console_holds() {
    go(|| browser::configure(SLUICE));
}

#[test]
fn an_operator_records_watches_and_keeps_what_was_recorded() {
    if tool::have(&[Tool::Moto]) {
        go(|| browser::record(SLUICE));
    }
}
