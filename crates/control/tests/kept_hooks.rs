//! Webhooks that servers of before have kept are read by this one: see `fixtures/README.md`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use control::hooks::{Ask, Dialect, Kind, Otherwise, Target};
use control::outbound::Client;
use control::{Hooks, Key, Scope};
use store::{Dump, Embedded, Store};

const VERSIONS: [u64; 1] = [1];

fn fixture(version: u64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/hooks-v{version}.jsonl"))
}

#[test]
fn every_export_of_before_is_imported_and_understood() {
    for version in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(folder.path()).unwrap();
        let text = fs::read_to_string(fixture(version)).unwrap();
        store.import(&Dump::parse(&text).unwrap(), false).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let hooks = Hooks::open(store, Client::new()).unwrap();
        let all = hooks.all();
        let [(_, shop, _), (oryx, old, _)] = &all[..] else { panic!("two: {all:?}") };
        assert_eq!((shop.label.as_str(), shop.url.0.as_str()), ("shop", "https://shop.example/live"));
        assert_eq!(shop.events, [Kind::Publish, Kind::Unpublish, Kind::Play, Kind::Stop]);
        assert_eq!(shop.streams, [Scope::App("live".to_owned())]);
        assert_eq!(shop.ask, Some(Ask { wait: 7, otherwise: Otherwise::Allow }));
        assert_eq!((shop.timeout, shop.attempts, shop.verify_tls, shop.disabled), (20, 3, false, true));
        let Dialect::Sluice { secret, previous: Some((previous, _)) } = &shop.dialect else { panic!() };
        assert_eq!((secret.reveal(), previous.reveal()), ("the-second-secret", "the-first-secret"));
        assert_eq!((oryx.as_str(), old.url.0.as_str(), old.disabled), ("oryx", "http://old.example/", false));
        let known = Dialect::Oryx { opaque: "mytoken".to_owned(), host: "http://here".to_owned() };
        assert_eq!((&old.dialect, hooks.last_of_oryx().answer.as_str()), (&known, "0"));
    }
}

/// Makes the fixture of the version of now, where there is none.
#[test]
#[ignore = "makes a fixture; see fixtures/README.md"]
fn make() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Arc::new(Embedded::open(folder.path()).unwrap());
    let store: Arc<dyn Store> = embedded.clone();
    let hooks = Hooks::open(Arc::clone(&store), Client::new()).unwrap();
    let usual = Target::new("shop", "https://shop.example/live", Key::new("the-first-secret").unwrap());
    let shop = Target {
        events: Kind::ALL.to_vec(),
        streams: vec![Scope::App("live".to_owned())],
        ask: Some(Ask { wait: 7, otherwise: Otherwise::Allow }),
        timeout: 20,
        attempts: 3,
        verify_tls: false,
        disabled: true,
        ..usual
    };
    let (id, _) = hooks.create(shop).unwrap();
    let second = Key::new("the-second-secret").unwrap();
    hooks.rotate(&id, Some(second), Duration::from_secs(3_600)).unwrap();
    hooks.set_oryx("http://old.example/", "mytoken", "http://here", true).unwrap();
    store.put("hooks/oryx-last", br#"{"request":"{}","answer":"0"}"#).unwrap();
    let mut file = fs::File::create_new(fixture(VERSIONS[VERSIONS.len() - 1])).unwrap();
    embedded.export().unwrap().write(&mut file).unwrap();
}
