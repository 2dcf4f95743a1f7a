#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::fs;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::*;
use crate::Typed;
use crate::schema::SCHEMA;

thread_local! {
    /// The wall clock of the test that runs on this thread, in ms.
    static CLOCK: Cell<u64> = const { Cell::new(1_000_000) };
}

fn advance(time: Duration) {
    CLOCK.set(CLOCK.get() + time.as_millis() as u64);
}

fn open(folder: &Path) -> Result<Embedded, Error> {
    Embedded::with(DbFile::at(folder)?, || CLOCK.get())
}

fn store() -> (tempfile::TempDir, Embedded) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    (folder, store)
}

fn keys(store: &Embedded, prefix: &str) -> Vec<String> {
    store.scan(prefix, None, 100).unwrap().into_iter().map(|entry| entry.key).collect()
}

#[test]
fn what_is_put_is_there_after_reopening() {
    let (folder, store) = store();
    store.put("a", b"1").unwrap();
    store.put("a", b"2").unwrap();
    store.put("empty", b"").unwrap();
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(store.get("empty").unwrap().as_deref(), Some(&b""[..]));
    assert_eq!(store.get("b").unwrap(), None);
}

#[test]
fn delete_says_whether_there_was_something() {
    let (_folder, store) = store();
    store.put("a", b"1").unwrap();
    assert!(store.delete("a").unwrap());
    assert!(!store.delete("a").unwrap());
    assert_eq!(store.get("a").unwrap(), None);
}

#[test]
fn compare_and_set_changes_only_what_is_expected() {
    let (_folder, store) = store();
    assert!(!store.compare_and_set("a", Some(b"0"), b"1").unwrap());
    assert!(store.compare_and_set("a", None, b"1").unwrap());
    assert!(!store.compare_and_set("a", None, b"2").unwrap());
    assert!(!store.compare_and_set("a", Some(b"0"), b"2").unwrap());
    assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"1"[..]));
    assert!(store.compare_and_set("a", Some(b"1"), b"2").unwrap());
    assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"2"[..]));
}

#[test]
fn scan_yields_a_prefix_in_order_and_in_pages() {
    let (_folder, store) = store();
    for key in ["rooms/b", "rooms/a", "room", "rooms", "rooms/c", "s", "rooms/é"] {
        store.put(key, key.as_bytes()).unwrap();
    }
    assert_eq!(keys(&store, "rooms/"), ["rooms/a", "rooms/b", "rooms/c", "rooms/é"]);
    assert_eq!(keys(&store, "").len(), 7);
    assert!(keys(&store, "x").is_empty());
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan("rooms/", after.as_deref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        paged.extend(page.into_iter().map(|entry| String::from_utf8(entry.value).unwrap()));
    }
    assert_eq!(paged, ["rooms/a", "rooms/b", "rooms/c", "rooms/é"]);
    assert!(store.scan("rooms/", None, 0).unwrap().is_empty());
    assert_eq!(
        store.scan("rooms/", Some("a"), 9).unwrap().len(),
        4,
        "a cursor before the prefix is its start"
    );
}

#[test]
fn an_expired_key_is_gone_for_every_method() {
    let (folder, store) = store();
    store.put("token/a", b"1").unwrap();
    store.put("token/b", b"2").unwrap();
    assert!(store.expire("token/a", Some(Duration::from_secs(10))).unwrap());
    advance(Duration::from_millis(9_999));
    assert_eq!(keys(&store, "token/"), ["token/a", "token/b"]);
    drop(store);
    advance(Duration::from_millis(1));
    let store = open(folder.path()).unwrap();
    assert_eq!(store.get("token/a").unwrap(), None);
    assert_eq!(keys(&store, "token/"), ["token/b"]);
    assert!(!store.expire("token/a", None).unwrap());
    assert!(!store.compare_and_set("token/a", Some(b"1"), b"3").unwrap());
    assert!(!store.delete("token/a").unwrap());
    assert!(store.compare_and_set("token/a", None, b"4").unwrap());
    assert_eq!(store.get("token/a").unwrap().as_deref(), Some(&b"4"[..]));
}

#[test]
fn writing_or_taking_it_back_ends_an_expiry() {
    let (_folder, store) = store();
    for key in ["put", "set", "kept", "longer"] {
        store.put(key, b"1").unwrap();
        store.expire(key, Some(Duration::from_secs(1))).unwrap();
    }
    store.put("put", b"2").unwrap();
    assert!(store.compare_and_set("set", Some(b"1"), b"2").unwrap());
    assert!(store.expire("kept", None).unwrap());
    assert!(store.expire("longer", Some(Duration::from_secs(60))).unwrap());
    advance(Duration::from_secs(30));
    store.put("sweep", b"").unwrap();
    assert_eq!(keys(&store, ""), ["kept", "longer", "put", "set", "sweep"]);
    assert!(store.expire("put", Some(Duration::MAX)).unwrap(), "no overflow");
    assert!(store.get("put").unwrap().is_some());
}

#[test]
fn expired_entries_are_swept_from_the_file() {
    let (_folder, store) = store();
    for n in 0..3 * SWEEP {
        let key = format!("t/{n}");
        store.put(&key, b"1").unwrap();
        store.expire(&key, Some(Duration::from_secs(1))).unwrap();
    }
    advance(Duration::from_secs(1));
    for _ in 0..3 {
        store.put("other", b"").unwrap();
    }
    let left = store
        .view(|db| {
            use redb::ReadableTableMetadata;
            let transaction = db.begin_read()?;
            Ok((transaction.open_table(VALUES)?.len()?, transaction.open_table(EXPIRIES)?.len()?))
        })
        .unwrap();
    assert_eq!(left, (1, 0));
}

#[test]
fn keys_and_values_have_limits() {
    let (_folder, store) = store();
    assert!(matches!(store.put("", b"1"), Err(Error::KeyLength { len: 0 })));
    let long = "k".repeat(crate::MAX_KEY + 1);
    assert!(matches!(store.get(&long), Err(Error::KeyLength { len: 1025 })));
    store.put(&long[1..], &vec![0; crate::MAX_VALUE]).unwrap();
    assert!(matches!(store.put("k", &vec![0; crate::MAX_VALUE + 1]), Err(Error::ValueTooLarge { .. })));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Count {
    count: u32,
}

#[test]
fn typed_values_round_trip_and_wrong_ones_are_errors() {
    let (_folder, store) = store();
    assert_eq!(store.read::<Count>("c").unwrap(), None);
    store.write("c", &Count { count: 1 }).unwrap();
    assert!(!store.write_new("c", &Count { count: 9 }).unwrap());
    assert_eq!(store.read("c").unwrap(), Some(Count { count: 1 }));
    store.put("c", b"{\"count\":\"one\"}").unwrap();
    let error = store.read::<Count>("c").unwrap_err();
    assert!(error.to_string().starts_with("the value of c is not what it should be"), "{error}");
    let store: Arc<dyn Store> = Arc::new(store);
    assert!(store.read::<Count>("c").is_err(), "works through the trait object too");
}

#[test]
fn concurrent_updates_are_all_counted() {
    let (_folder, store) = store();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    store
                        .update("c", |old: Option<Count>| Count { count: old.map_or(0, |c| c.count) + 1 })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(store.read("c").unwrap(), Some(Count { count: 40 }));
}

#[test]
fn a_second_server_is_told_that_the_store_is_in_use() {
    let (folder, store) = store();
    let error = open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    assert!(error.to_string().ends_with("is in use by another running server"), "{error}");
    drop(store);
    open(folder.path()).unwrap();
}

#[test]
fn a_store_that_is_let_go_of_meanwhile_is_opened() {
    let (folder, store) = store();
    let mut holder = Some(store);
    let mut tries = 0;
    let opened = Embedded::open_again(folder.path(), || {
        tries += 1;
        if tries == 3 {
            holder = None;
        }
        true
    });
    drop(opened.unwrap());
    assert_eq!(tries, 3);
    let _held = open(folder.path()).unwrap();
    let error = Embedded::open_within(folder.path(), LOCK_POLL * 2).err().unwrap();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
}

#[test]
fn a_first_start_that_was_interrupted_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sluice.redb.new"), b"half a file").unwrap();
    let store = open(folder.path()).unwrap();
    store.put("a", b"1").unwrap();
    assert!(!folder.path().join("sluice.redb.new").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("store");
    let store = open(&folder).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&store.path())), (0o700, 0o600));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("file"), b"").unwrap();
    let error = open(&parent.path().join("file/store")).err().unwrap();
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("file/store"), "{error}");
}

/// The bytes of a store with a value of each kind, closed in good order.
fn sample() -> Vec<u8> {
    let (folder, store) = store();
    for n in 0..40 {
        store.put(&format!("key/{n}"), format!("value {n}").as_bytes()).unwrap();
    }
    store.expire("key/7", Some(Duration::from_secs(60))).unwrap();
    drop(store);
    fs::read(folder.path().join("sluice.redb")).unwrap()
}

/// Opens a store whose file is `bytes`. Damage must be noticed and the file left as it was; unless all is as it was written.
fn assert_damage_is_noticed(bytes: &[u8], what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sluice.redb");
    fs::write(&path, bytes).unwrap();
    match open(folder.path()) {
        Err(Error::Damaged { .. } | Error::Format { .. } | Error::FileFormat { .. }) => {
            assert!(fs::read(&path).unwrap() == bytes, "{what}: the damaged file was changed");
        }
        Err(error) => panic!("{what}: {error:?}"),
        Ok(store) => {
            let entries = store.scan("", None, 100).unwrap();
            assert_eq!(entries.len(), 40, "{what}");
            for entry in entries {
                assert_eq!(entry.key.replace("key/", "value ").as_bytes(), entry.value, "{what}");
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_short_is_damaged_and_never_reset() {
    let sample = sample();
    for len in [0, 1, 8, 63, 64, 100, 4095, 4096, 8192, sample.len() / 2, sample.len() - 1] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sluice.redb");
        fs::write(&path, &sample[..len]).unwrap();
        let error = open(folder.path()).err().unwrap_or_else(|| panic!("opened with {len} bytes"));
        assert!(matches!(error, Error::Damaged { .. }), "{len}: {error:?}");
        assert!(error.to_string().contains("sluice.redb is damaged"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), &sample[..len], "{len}: changed");
    }
}

#[test]
fn something_else_in_its_place_is_damaged() {
    assert_damage_is_noticed(b"# not a database\n", "text");
    assert_damage_is_noticed(&[0; 1 << 16], "zeros");
}

#[test]
fn no_flipped_bit_loses_or_changes_a_value_in_silence() {
    let sample = sample();
    // The header and then a prime step through all pages: every part of the file is hit, in a second or two.
    for at in (0..320).step_by(3).chain((320..sample.len()).step_by(4_099)) {
        let mut bytes = sample.clone();
        bytes[at] ^= 1 << (at % 8);
        assert_damage_is_noticed(&bytes, &format!("byte {at}"));
    }
}

/// A disk that is full for the threads that say so.
#[derive(Debug)]
struct Disk(redb::backends::FileBackend);

thread_local! {
    static FULL: Cell<bool> = const { Cell::new(false) };
}

fn space() -> Result<(), std::io::Error> {
    if FULL.get() { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        space().and_then(|()| self.0.set_len(len))
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        space().and_then(|()| self.0.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        space().and_then(|()| self.0.write(offset, data))
    }

    fn close(&self) -> Result<(), std::io::Error> {
        self.0.close()
    }
}

#[test]
fn a_store_works_again_as_soon_as_the_disk_does() {
    let (folder, store) = store();
    store.put("a", b"1").unwrap();
    drop(store);
    let open = |path: &Path| {
        let file = fs::File::options().read(true).write(true).open(path)?;
        let disk = Disk(redb::backends::FileBackend::new(file)?);
        Ok(redb::Builder::new().create_with_backend(disk)?)
    };
    let file = DbFile::opened_by(folder.path(), open, &SCHEMA);
    let store = Embedded::with(file.unwrap(), || CLOCK.get()).unwrap();
    FULL.set(true);
    for _ in 0..3 {
        let error = store.put("a", b"2").unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
    }
    FULL.set(false);
    assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"1"[..]));
    store.put("a", b"3").unwrap();
    assert_eq!(store.get("a").unwrap().as_deref(), Some(&b"3"[..]));
}

#[test]
fn a_new_file_that_cannot_be_filled_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    let full = || redb::Error::Io(std::io::ErrorKind::StorageFull.into());
    assert!(file::create_elsewhere(&path, 1, |_| Err(full())).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
