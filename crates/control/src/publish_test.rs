#![allow(clippy::unwrap_used)]

use store::Embedded;

use super::*;

const GLOBAL: &str = "8f7605d657c74d69b6b48f532c469bc9";
const ROOM: &str = "11112222333344445555666677778888";

fn rule() -> PublishRule {
    PublishRule::new(Key::new(GLOBAL).unwrap()).room("studio", Key::new(ROOM).unwrap())
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
        assert!(rule().admits(name, &query), "{name}?{query}");
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
        assert!(!rule().admits(name, &query), "{name}?{query}");
    }
}

#[test]
fn a_room_key_replaces_the_global_one_for_its_stream_alone() {
    assert!(rule().admits("studio", &format!("secret={ROOM}")));
    assert!(!rule().admits("studio", &format!("secret={GLOBAL}")));
    assert!(!rule().admits("other", &format!("secret={ROOM}")));
    assert!(!rule().admits("studio2", &format!("secret={ROOM}")));
}

#[test]
fn an_open_rule_admits_everybody() {
    assert!(rule().open(true).admits("studio", ""));
    assert!(!rule().open(true).open(false).admits("studio", ""));
}

#[test]
fn an_endless_query_is_not_searched() {
    let padded = |len: usize| format!("{GLOBAL}{}", "x".repeat(len - GLOBAL.len()));
    assert!(rule().admits("live", &padded(MAX_QUERY)));
    assert!(!rule().admits("live", &padded(MAX_QUERY + 1)));
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
