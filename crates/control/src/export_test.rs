#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use store::Store;

use super::*;
use crate::accounts::Accounts;
use crate::hooks::Hooks;
use crate::outbound::Client;
use crate::{Aliases, Passes, Platform, PublishKeys, Settings, settings};

/// A store with everything that servers of before have kept.
fn kept() -> (tempfile::TempDir, Arc<Embedded>) {
    let (folder, store) = empty();
    let mut all = fixture("kept-v1");
    all.adopt(&fixture("hooks-v1"), |_| true);
    store.import(&all, false).unwrap();
    (folder, store)
}

fn fixture(name: &str) -> Dump {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/{name}.jsonl"));
    Dump::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn empty() -> (tempfile::TempDir, Arc<Embedded>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Embedded::open(folder.path()).unwrap());
    (folder, store)
}

fn text(dump: &Dump) -> String {
    let mut text = Vec::new();
    dump.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// What comes out at the other end of a file.
fn sent(dump: &Dump) -> Dump {
    Dump::parse(&text(dump)).unwrap()
}

fn json(dump: &Dump, key: &str) -> Value {
    dump.value(key).map_or(Value::Null, |value| serde_json::from_slice(value).unwrap())
}

fn put(store: &Embedded, key: &str, value: &Value) {
    store.put(key, value.to_string().as_bytes()).unwrap();
}

#[test]
fn no_secret_is_in_an_export_without_them() {
    let (_folder, store) = kept();
    let url = "https://ann:of-a-login@hooks.example/T0123456789ABCDEFGH?x=of-a-query";
    let target = json(&store.export().unwrap(), "hooks/targets/cba72552978e0402");
    put(&store, "hooks/targets/secret", &json!({"label": "slack", "url": url, "dialect": target["dialect"]}));
    put(&store, "what/nobody/knows", &json!("of-a-later-version"));
    let secrets = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kept-v1.secrets"));
    let mut secrets: Vec<String> =
        secrets.unwrap().lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    let others = "the-global-key-of-v1 315ca69d1946f73004533f5f525699f7 1ea6d3b4f93946f88dddbd1d02fb4ebb \
        another-key-of-v1 e5beb6b1b9a4c5b40d7d560191d5c558 the-door-of-v1 sk-v1 argon2 75e6224197e7b1c1 \
        81f994244f21553095 b8c263fc8bb67ba6 the-first-secret the-second-secret mytoken of-a-login T0123456789 of-a-query \
        of-a-later-version";
    let whole = text(&of(&store, false).unwrap());
    for secret in others.split_whitespace() {
        assert!(whole.contains(secret), "{secret} is in a whole one");
        secrets.push(secret.to_owned());
    }
    let dump = of(&store, true).unwrap();
    let without = text(&dump);
    for secret in &secrets {
        assert!(!without.contains(secret.as_str()), "{secret}: {without}");
    }
    assert!(
        dump.is_without_secrets() && without.starts_with("{\"sluice_store\":1,\"without_secrets\":true}\n")
    );
    // What is none is there.
    for plain in
        ["church", "\\\"door\\\"", "Täglich live", "https://ai.example", "users/ann", "operator", "vip"]
    {
        assert!(without.contains(plain), "{plain}: {without}");
    }
    assert_eq!(json(&dump, "publish/key"), mark());
}

#[test]
fn a_server_that_reads_its_own_export_without_secrets_is_as_it_was() {
    let (_folder, store) = kept();
    let here = store.export().unwrap();
    let mut dump = sent(&of(&store, true).unwrap());
    assert_eq!(settle(&mut dump, &here), Vec::<String>::new());
    assert!(!dump.is_without_secrets());
    assert_eq!(dump.keys().collect::<Vec<_>>(), here.keys().collect::<Vec<_>>());
    for key in here.keys() {
        assert_eq!(json(&dump, key), json(&here, key), "{key}");
    }
    store.import(&dump, true).unwrap();
    assert_eq!(store.export().unwrap(), dump, "when logins expire too");
}

#[test]
fn secrets_that_have_changed_here_stay_and_the_rest_is_as_in_the_file() {
    let (_folder, store) = kept();
    let mut dump = sent(&of(&store, true).unwrap());
    let before = store.export().unwrap();
    put(&store, "publish/key", &json!("another-global-key"));
    let ann = |change: &dyn Fn(&mut Value)| {
        let mut ann = json(&before, "users/ann");
        change(&mut ann);
        ann
    };
    let factor = json!({"secret": "NEWFACTOR", "last": 1});
    put(&store, "users/ann", &ann(&|ann| (ann["factor"], ann["role"]) = (factor.clone(), json!("viewer"))));
    let id = "publish/keys/9e41a0eb87ae4f06";
    let mut key = json(&before, id);
    (key["key"], key["label"]) = (json!("rotated-key"), json!("changed"));
    put(&store, id, &key);
    store.delete("users/bob").unwrap();
    store.delete("users/vic").unwrap();

    let here = store.export().unwrap();
    let lacks = settle(&mut dump, &here);
    assert_eq!(json(&dump, "publish/key"), json!("another-global-key"));
    assert_eq!(
        json(&dump, "users/ann"),
        ann(&|ann| ann["factor"] = factor.clone()),
        "the role is the file's"
    );
    assert_eq!(
        (&json(&dump, id)["key"], &json(&dump, id)["label"]),
        (&json!("rotated-key"), &json!("server"))
    );
    let gone = ["users/bob: its password", "users/vic: its password"];
    assert!(
        lacks.len() == 2 && lacks.iter().zip(gone).all(|(said, starts)| said.starts_with(starts)),
        "{lacks:?}"
    );
    assert!(dump.keys().any(|key| key.starts_with("logins/")), "she is logged in still");
    assert!(!dump.keys().any(|key| key.starts_with("tokens/")), "bob's token is nobody's");
}

#[test]
fn what_a_new_server_lacks_is_named_and_it_starts() {
    let (_old, store) = kept();
    let url = "https://hooks.example/?token=abc";
    let mut oryx = json(&store.export().unwrap(), "hooks/targets/oryx");
    oryx["url"] = json!(url);
    put(&store, "hooks/targets/oryx", &oryx);
    let mut dump = sent(&of(&store, true).unwrap());
    let (_new, store) = empty();
    let lacks = settle(&mut dump, &store.export().unwrap());
    for said in [
        "access/signing: is neither in the file nor here; the server makes another one",
        "platform/secret: is neither in the file nor here; the server makes another one",
        "publish/key: is neither in the file nor here; the server makes another one",
        "publish/keys/d4acfb298bc12f7c (app): its key is neither in the file nor here, so it is left out",
        "publish/aliases/7c33fbfd92fcbce1 (door): its name is neither in the file nor here, so it is left out",
        "hooks/targets/cba72552978e0402 (shop): its secret is neither in the file nor here, so it is left out",
        "hooks/targets/oryx (Oryx): its url is neither in the file nor here",
        "hooks/targets/oryx (Oryx): its opaque is neither in the file nor here",
        "settings/ai: its key is neither in the file nor here",
        "users/ann: its password is neither in the file nor here, so it is left out",
    ] {
        assert!(lacks.iter().any(|lacked| lacked == said), "{said}: {lacks:#?}");
    }
    assert_eq!(lacks.len(), 14, "{lacks:#?}");
    store.import(&dump, false).unwrap();

    let store: Arc<dyn Store> = store;
    let accounts = Arc::new(Accounts::open(Arc::clone(&store)).unwrap());
    assert!(accounts.setup().is_some(), "the first account is to be made");
    let keys = PublishKeys::open(Arc::clone(&store), None).unwrap();
    assert!(keys.all().unwrap().is_empty() && keys.global().reveal().len() == 32);
    assert!(Aliases::open(Arc::clone(&store), keys.gate()).unwrap().all().unwrap().is_empty());
    assert_eq!(Passes::open(Arc::clone(&store), keys.gate()).unwrap().invites().unwrap().len(), 1);
    assert_eq!(Hooks::open(Arc::clone(&store), Client::new()).unwrap().all().len(), 1);
    let ai: settings::AiService = Settings::new(Arc::clone(&store)).read().unwrap();
    assert_eq!((&*ai.key, &*ai.url), ("", "https://ai.example"));
    Platform::open(&*store, accounts, None, false).unwrap();
}

#[test]
fn what_is_still_to_be_told_stays_with_its_server() {
    let (_folder, store) = kept();
    put(&store, "hooks/untold/oryx", &json!(["of here"]));
    put(&store, "hooks/live", &json!(["live here"]));
    for without_secrets in [false, true] {
        let export = text(&of(&store, without_secrets).unwrap());
        assert!(!export.contains("hooks/untold/") && !export.contains("hooks/live"), "{export}");
    }
    // An older program has it in its exports.
    let theirs = text(&fixture("hooks-v1")).replace("{\"entries\":3}", "");
    let line = |id: &str| format!("{{\"key\":\"hooks/untold/{id}\",\"text\":\"[\\\"of there\\\"]\"}}\n");
    let theirs = format!("{theirs}{}{}{{\"entries\":5}}", line("cba72552978e0402"), line("oryx"));
    let mut dump = Dump::parse(&theirs).unwrap();
    put(&store, "hooks/untold/unknown", &json!(["of here, for nobody"]));
    assert!(settle(&mut dump, &store.export().unwrap()).is_empty());
    let untold: Vec<_> = dump.keys().filter(|key| key.starts_with("hooks/untold/")).collect();
    assert_eq!((untold, json(&dump, "hooks/untold/oryx")), (vec!["hooks/untold/oryx"], json!(["of here"])));
    assert_eq!(json(&dump, "hooks/live"), json!(["live here"]));
}

#[test]
fn a_key_of_a_cloud_goes_nowhere_and_comes_back() {
    let (_folder, store) = empty();
    let account = json!({"app_id": "1", "secret_id": "AKID-of-the-cloud", "secret_key": "hush-of-the-cloud", "cos": {"all": true}});
    put(&store, "settings/tencent", &account);
    let mut without = sent(&of(&store, true).unwrap());
    let shown = text(&without);
    assert!(!shown.contains("of-the-cloud") && shown.contains("app_id"), "{shown}");
    let here = store.export().unwrap();
    assert_eq!(settle(&mut without, &here), Vec::<String>::new());
    assert_eq!(json(&without, "settings/tencent"), account);
    let mut elsewhere = sent(&of(&store, true).unwrap());
    let lacks = settle(&mut elsewhere, &empty().1.export().unwrap());
    assert_eq!(lacks.len(), 2, "{lacks:?}");
    assert_eq!(json(&elsewhere, "settings/tencent")["secret_key"], "");
}
