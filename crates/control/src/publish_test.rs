#![allow(clippy::unwrap_used)]

use std::time::Duration;

use store::Embedded;

use super::*;

const GLOBAL: &str = "8f7605d657c74d69b6b48f532c469bc9";
const ROOM: &str = "11112222333344445555666677778888";

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn room(name: &str, text: &str) -> ScopedKeys {
    ScopedKeys { scope: Scope::Stream { app: None, name: name.to_owned() }, keys: vec![(key(text), None)] }
}

fn rule() -> PublishRule {
    PublishRule::new(key(GLOBAL)).with_keys(vec![room("studio", ROOM)])
}

fn admits(rule: &PublishRule, name: &str, query: &str) -> bool {
    rule.admits(&StreamKey::new("live", name).unwrap(), query, NOW)
}

#[test]
fn who_is_nearest_decides() {
    let scoped = |scope, text: &str| ScopedKeys { scope, keys: vec![(key(text), None)] };
    let stream = |app: Option<&str>| Scope::Stream { app: app.map(str::to_owned), name: "cam".to_owned() };
    let rule = PublishRule::new(key(GLOBAL)).with_keys(vec![
        scoped(Scope::Server, "another-of-all"),
        scoped(Scope::App("church".to_owned()), "the-key-of-church"),
        scoped(stream(Some("church")), "the-key-of-its-cam"),
        scoped(stream(Some("church")), "its-other-key"),
    ]);
    let all = [GLOBAL, "another-of-all", "the-key-of-church", "the-key-of-its-cam", "its-other-key"];
    for (app, name, let_in) in [
        ("live", "cam", &all[..2]),
        ("church", "organ", &all[2..3]),
        ("church", "cam", &all[3..]),
        ("church/side", "cam", &all[..2]),
    ] {
        let stream = StreamKey::new(app, name).unwrap();
        let taken: Vec<_> = all.into_iter().filter(|key| rule.admits(&stream, key, NOW)).collect();
        assert_eq!(taken, let_in, "{stream}");
    }
}

#[test]
fn a_key_ends_when_it_expires_and_nothing_opens_by_that() {
    let end = NOW + Duration::from_secs(10);
    let keys = vec![(key("the-old-key"), Some(end)), (key("the-new-key"), None)];
    let scope = Scope::App("live".to_owned());
    let rule = PublishRule::new(key(GLOBAL)).with_keys(vec![ScopedKeys { scope, keys }]);
    let admits =
        |rule: &PublishRule, query: &str, at| rule.admits(&StreamKey::new("live", "cam").unwrap(), query, at);
    assert!(admits(&rule, "the-old-key", NOW) && admits(&rule, "the-new-key", NOW));
    assert!(!admits(&rule, "the-old-key", end) && admits(&rule, "the-new-key", end));
    let scope = Scope::App("live".to_owned());
    let closed = rule.with_keys(vec![ScopedKeys { scope, keys: Vec::new() }]);
    assert!(!admits(&closed, GLOBAL, NOW), "an app whose keys are all disabled is closed");
}

#[test]
fn the_key_counts_anywhere_in_query_or_name() {
    for (name, query) in [
        ("live", format!("secret={GLOBAL}")),
        ("live", format!("token={GLOBAL}")),
        ("live", GLOBAL.to_owned()),
        ("live", format!("secret=aaa{GLOBAL}bbb")),
        ("live", format!("vhost=x&secret={GLOBAL}&upstream=rtc")),
        (&format!("live{GLOBAL}"), String::new()),
        (GLOBAL, String::new()),
        (&format!("x{GLOBAL}y"), "secret=wrong".to_owned()),
    ] {
        assert!(admits(&rule(), name, &query), "{name}?{query}");
    }
}

#[test]
fn anything_but_the_whole_key_as_it_is_is_refused() {
    for (name, query) in [
        ("live", String::new()),
        ("live", "secret=".to_owned()),
        ("live", format!("secret={}", &GLOBAL[1..])),
        ("live", format!("secret={}", &GLOBAL[..31])),
        ("live", format!("secret={}", GLOBAL.to_uppercase())),
        ("live", format!("secret=8%66{}", &GLOBAL[2..])),
        // One half in the name and the other in the query is no key.
        (&GLOBAL[..16], GLOBAL[16..].to_owned()),
        (&format!("live{}", &GLOBAL[..31]), String::new()),
    ] {
        assert!(!admits(&rule(), name, &query), "{name}?{query}");
    }
}

#[test]
fn a_room_key_replaces_the_global_one_for_its_stream_alone() {
    assert!(admits(&rule(), "studio", &format!("secret={ROOM}")));
    assert!(!admits(&rule(), "studio", &format!("secret={GLOBAL}")));
    assert!(!admits(&rule(), "other", &format!("secret={ROOM}")));
    assert!(!admits(&rule(), "studio2", &format!("secret={ROOM}")));
}

#[test]
fn an_open_rule_admits_everybody() {
    assert!(admits(&rule().open(true), "studio", ""));
    assert!(!admits(&rule().open(true).open(false), "studio", ""));
}

#[test]
fn an_endless_query_is_not_searched() {
    let padded = |len: usize| format!("{GLOBAL}{}", "x".repeat(len - GLOBAL.len()));
    assert!(admits(&rule(), "live", &padded(MAX_QUERY)));
    assert!(!admits(&rule(), "live", &padded(MAX_QUERY + 1)));
}

#[test]
fn the_key_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Embedded::open(folder.path()).unwrap();
    let first = publish_key(&open(), None).unwrap();
    assert_eq!(publish_key(&open(), None).unwrap(), first);
    let chosen = Key::new("my-own-key").unwrap();
    assert_eq!(publish_key(&open(), Some(chosen.clone())).unwrap(), chosen);
    assert_eq!(publish_key(&open(), None).unwrap(), chosen, "a chosen key is kept");
}

#[test]
fn a_stored_key_that_is_none_is_an_error_until_one_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(folder.path()).unwrap();
    for bytes in [&b"\"\""[..], b"{}", b"\"has space in it\""] {
        store.put("publish/key", bytes).unwrap();
        assert!(publish_key(&store, None).is_err());
        assert_eq!(store.get("publish/key").unwrap().as_deref(), Some(bytes));
    }
    let chosen = Key::new("my-own-key").unwrap();
    assert_eq!(publish_key(&store, Some(chosen.clone())).unwrap(), chosen);
    assert_eq!(publish_key(&store, None).unwrap(), chosen);
}

#[test]
fn a_name_that_holds_any_key_is_a_secret() {
    let scope = Scope::App("studio".to_owned());
    let ended = Some(SystemTime::UNIX_EPOCH);
    let keys = vec![(Key::new("the-studio-key").unwrap(), ended)];
    let rule =
        PublishRule::new(Key::new("the-global-key").unwrap()).with_keys(vec![ScopedKeys { scope, keys }]);
    let is_secret = |app: &str, name: &str| rule.is_secret(&StreamKey::new(app, name).unwrap());
    assert!(is_secret("live", "camthe-global-key") && is_secret("live", "the-studio-key"));
    assert!(is_secret("the-global-key", "cam"));
    assert!(!is_secret("live", "cam") && !is_secret("live", "the-global-ke"));
}
