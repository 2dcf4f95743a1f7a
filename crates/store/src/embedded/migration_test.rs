#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::super::file::DbFile;
use super::*;
use crate::schema::{Entries, Step, Stored};
use crate::{Dump, Embedded, Store};

/// Names become upper case.
fn shout(entries: &mut Entries) -> Result<(), Error> {
    for (key, stored) in entries.iter_mut().filter(|(key, _)| key.starts_with("name/")) {
        let text = String::from_utf8(stored.value.clone()).unwrap_or_default();
        if text.is_empty() {
            return Err(Error::ValueTooLarge { key: key.clone(), len: 0 });
        }
        stored.value = text.to_uppercase().into_bytes();
    }
    Ok(())
}

/// They move, and there is something new.
fn move_names(entries: &mut Entries) -> Result<(), Error> {
    let names = entries.extract_if(.., |key, _| key.starts_with("name/"));
    let moved: Vec<_> = names.map(|(key, stored)| (key.replace("name/", "person/"), stored)).collect();
    let count = Stored { value: moved.len().to_string().into_bytes(), expires: None };
    entries.extend(moved);
    entries.insert("count".to_owned(), count);
    Ok(())
}

fn refuse(_: &mut Entries) -> Result<(), Error> {
    Err(Error::KeyLength { len: 0 })
}

fn outgrow(entries: &mut Entries) -> Result<(), Error> {
    entries.insert("x".repeat(crate::MAX_KEY + 1), Stored { value: Vec::new(), expires: None });
    Ok(())
}

fn die(_: &mut Entries) -> Result<(), Error> {
    std::process::abort()
}

fn to(steps: &'static [Step]) -> &'static Schema {
    Box::leak(Box::new(Schema { steps }))
}

/// Opens the store as a program with these versions would.
fn open(folder: &Path, schema: &'static Schema) -> Result<Embedded, Error> {
    let open = |path: &Path| Ok(redb::Builder::new().set_check_integrity_on_open(true).open(path)?);
    Embedded::with(DbFile::opened_by(folder, open, schema)?, super::super::wall_clock)
}

fn first() -> &'static Schema {
    to(&[])
}

/// A store of version 1 with two names, one of which expires.
fn old() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), first()).unwrap();
    store.put("name/a", b"ann").unwrap();
    store.put("name/b", b"bob").unwrap();
    store.expire("name/b", Some(Duration::from_secs(3_600))).unwrap();
    store.put("other", b"\xff").unwrap();
    folder
}

fn text(store: &Embedded) -> String {
    let mut text = Vec::new();
    store.export().unwrap().write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn several_versions_are_stepped_over_at_once_and_only_once() {
    let folder = old();
    let before = text(&open(folder.path(), first()).unwrap());
    let newest = to(&[shout, move_names]);
    let store = open(folder.path(), newest).unwrap();
    assert_eq!(store.get("person/a").unwrap().as_deref(), Some(&b"ANN"[..]));
    assert_eq!(store.get("person/b").unwrap().as_deref(), Some(&b"BOB"[..]));
    assert_eq!(store.get("count").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(store.get("other").unwrap().as_deref(), Some(&b"\xff"[..]));
    assert!(store.scan("name/", None, 9).unwrap().is_empty());
    let after = text(&store);
    assert!(after.starts_with("{\"sluice_store\":3}\n"), "{after}");
    assert!(after.contains("\"person/b\",\"text\":\"BOB\",\"expires\":"), "{after}");
    assert!(store.expire("person/b", Some(Duration::ZERO)).unwrap(), "and can expire");
    store.put("count", b"none").unwrap();
    drop(store);
    let store = open(folder.path(), newest).unwrap();
    assert_eq!(store.get("count").unwrap().as_deref(), Some(&b"none"[..]));
    assert_eq!(store.get("person/b").unwrap(), None);
    drop(store);

    // What was kept takes the place of the store for a program of before.
    assert_eq!(names(folder.path()), ["lock", "sluice.redb", "sluice.redb.v1"]);
    fs::rename(folder.path().join("sluice.redb.v1"), folder.path().join("sluice.redb")).unwrap();
    assert_eq!(text(&open(folder.path(), first()).unwrap()), before);
}

#[test]
fn a_step_is_taken_from_where_the_file_is() {
    let folder = old();
    drop(open(folder.path(), to(&[shout])).unwrap());
    drop(open(folder.path(), to(&[refuse, move_names])).unwrap());
    assert_eq!(names(folder.path()), ["lock", "sluice.redb", "sluice.redb.v1", "sluice.redb.v2"]);
    let store = open(folder.path(), to(&[refuse, refuse])).unwrap();
    assert_eq!(store.get("person/a").unwrap().as_deref(), Some(&b"ANN"[..]));
}

#[test]
fn a_new_store_has_the_newest_version_and_no_copy() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), to(&[refuse, refuse])).unwrap();
    assert!(text(&store).starts_with("{\"sluice_store\":3}\n"));
    assert_eq!(names(folder.path()), ["lock", "sluice.redb"]);
}

#[test]
fn a_step_that_fails_leaves_the_old_file_in_use() {
    let folder = old();
    let before = text(&open(folder.path(), first()).unwrap());
    for (steps, says) in [
        (
            &[shout, refuse] as &'static [Step],
            "the entries of version 2 cannot be taken to version 3: a key of 0",
        ),
        (&[outgrow], "the entries of version 1 cannot be taken to version 2: a key of"),
    ] {
        for _ in 0..2 {
            let error = open(folder.path(), to(steps)).err().unwrap();
            assert!(error.to_string().starts_with(says), "{error}");
        }
        let store = open(folder.path(), first()).unwrap();
        assert_eq!(text(&store), before);
    }
    let store = open(folder.path(), first()).unwrap();
    store.put("name/c", b"cyd").unwrap();
    drop(store);
    let store = open(folder.path(), to(&[shout])).unwrap();
    assert_eq!(store.get("name/c").unwrap().as_deref(), Some(&b"CYD"[..]));
    drop(store);
    let kept = folder.path().join("sluice.redb.v1");
    fs::rename(kept, folder.path().join("sluice.redb")).unwrap();
    let store = open(folder.path(), first()).unwrap();
    assert_eq!(store.get("name/c").unwrap().as_deref(), Some(&b"cyd"[..]), "the newest copy is kept");
}

#[test]
fn a_process_that_dies_in_the_middle_leaves_the_old_file_in_use() {
    let folder = old();
    let before = text(&open(folder.path(), first()).unwrap());
    for _ in 0..3 {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "embedded::migration::tests::dies", "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(6),
            "it has to die: {status}"
        );
        assert!(folder.path().join("sluice.redb.v1").exists(), "it died behind the copy");
        assert_eq!(text(&open(folder.path(), first()).unwrap()), before);
    }
    let store = open(folder.path(), to(&[shout])).unwrap();
    assert_eq!(store.get("name/a").unwrap().as_deref(), Some(&b"ANN"[..]));
}

/// The process that dies; on its own it does nothing.
#[test]
#[ignore = "is started by the test above"]
fn dies() {
    if let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) {
        let _ = open(&folder, to(&[shout, die]));
    }
}

const FOLDER: &str = "STORE_MIGRATION_FOLDER";

#[test]
fn a_copy_that_cannot_be_made_stops_it_before_anything_has_changed() {
    let folder = old();
    let before = text(&open(folder.path(), first()).unwrap());
    fs::create_dir_all(folder.path().join("sluice.redb.v1/occupied")).unwrap();
    let error = open(folder.path(), to(&[shout])).err().unwrap();
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("sluice.redb.v1")), "{error:?}");
    assert_eq!(text(&open(folder.path(), first()).unwrap()), before);
    assert!(!names(folder.path()).contains(&"sluice.redb.v1.new".to_owned()));
}

#[test]
fn a_newer_file_is_refused_as_it_is() {
    let folder = old();
    drop(open(folder.path(), to(&[shout, move_names])).unwrap());
    let path = folder.path().join("sluice.redb");
    for schema in [first(), to(&[shout])] {
        let error = open(folder.path(), schema).err().unwrap();
        let supported = schema.version();
        assert!(
            matches!(error, Error::Format { found: 3, supported: known, .. } if known == supported),
            "{error:?}"
        );
        assert!(path.exists());
    }
    let store = open(folder.path(), to(&[shout, move_names])).unwrap();
    assert_eq!(store.get("person/a").unwrap().as_deref(), Some(&b"ANN"[..]));
}

#[test]
fn an_older_export_is_migrated_and_a_newer_one_refused() {
    let folder = old();
    let exported = text(&open(folder.path(), first()).unwrap());
    let newest = to(&[shout, move_names]);
    let elsewhere = tempfile::tempdir().unwrap();
    let store = open(elsewhere.path(), newest).unwrap();
    let dump = Dump::parse_as(&exported, newest).unwrap();
    store.import(&dump, false).unwrap();
    assert_eq!(store.get("person/a").unwrap().as_deref(), Some(&b"ANN"[..]));
    let after = text(&store);
    store.import(&Dump::parse_as(&after, newest).unwrap(), true).unwrap();
    assert_eq!(text(&store), after, "what is of the newest version stays as it is");
    let refused = Dump::parse_as(&after, to(&[shout])).unwrap_err().to_string();
    assert!(refused.starts_with("it has version 3, and this program reads up to 2"), "{refused}");
    assert!(Dump::parse_as(&exported.replace("store\":1", "store\":0"), newest).is_err());
    drop(store);

    let store = open(elsewhere.path(), newest).unwrap();
    let empty_name = exported.replace("\"text\":\"ann\"", "\"text\":\"\"");
    let error = store.import(&Dump::parse_as(&empty_name, newest).unwrap(), true).unwrap_err();
    assert!(
        error.to_string().contains("version 1 cannot be taken to version 2: the value of name/a"),
        "{error}"
    );
    assert_eq!(text(&store), after, "all of it or nothing");
}
