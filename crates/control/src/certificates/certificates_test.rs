#![allow(clippy::unwrap_used)]

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use rcgen::{CertificateParams, KeyPair};
use store::{Embedded, Entry, Store};
use tokio_util::sync::CancellationToken;

use super::*;

fn made(name: &str) -> Pem {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = (SystemTime::now() - Duration::from_secs(3600)).into();
    params.not_after = (SystemTime::now() + Duration::from_secs(90 * 24 * 3600)).into();
    Pem { chain: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// Shows what it is told.
#[derive(Default)]
struct Shelf {
    shown: StdMutex<Option<Pem>>,
    own: StdMutex<Option<Own>>,
    refuses: StdMutex<bool>,
    /// Called while our own is being shown.
    while_own: StdMutex<Option<Box<dyn Fn() + Send>>>,
}

impl Shelf {
    fn with_own(given: bool) -> Arc<Shelf> {
        let shelf = Shelf::default();
        *shelf.own.lock().unwrap() = Some(Own { pem: made("own.example"), given });
        Arc::new(shelf)
    }

    fn shown(&self) -> Pem {
        self.shown.lock().unwrap().clone().unwrap()
    }

    fn own_pem(&self) -> Pem {
        self.own.lock().unwrap().clone().unwrap().pem
    }
}

impl Showcase for Shelf {
    fn show(&self, pem: &Pem) -> Result<(), String> {
        if *self.refuses.lock().unwrap() {
            return Err("no room".to_owned());
        }
        *self.shown.lock().unwrap() = Some(pem.clone());
        Ok(())
    }

    fn show_own(&self, anew: bool) -> Result<Option<Own>, String> {
        if let Some(look) = &*self.while_own.lock().unwrap() {
            look();
        }
        let mut own = self.own.lock().unwrap();
        if let Some(own) = own.as_mut().filter(|_| anew) {
            own.pem = made("own.example");
        }
        *self.shown.lock().unwrap() = own.clone().map(|own| own.pem);
        Ok(own.clone())
    }
}

/// A store on a disk that may be full.
struct Disk {
    store: Embedded,
    full: AtomicBool,
}

impl Store for Disk {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, store::Error> {
        self.store.get(key)
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<(), store::Error> {
        // No store takes a key without a name.
        self.store.put(if self.full.load(Ordering::Relaxed) { "" } else { key }, value)
    }

    fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, store::Error> {
        self.store.compare_and_set(key, expected, value)
    }

    fn delete(&self, key: &str) -> Result<bool, store::Error> {
        self.store.delete(key)
    }

    fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, store::Error> {
        self.store.scan(prefix, after, limit)
    }

    fn expire(&self, key: &str, ttl: Option<Duration>) -> Result<bool, store::Error> {
        self.store.expire(key, ttl)
    }
}

struct Place {
    folder: tempfile::TempDir,
    store: Arc<Disk>,
    shelf: Arc<Shelf>,
}

impl Place {
    fn new(given: bool) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(&folder.path().join("store")).unwrap();
        let store = Arc::new(Disk { store, full: AtomicBool::new(false) });
        Place { folder, store, shelf: Shelf::with_own(given) }
    }

    fn open(&self) -> (Certificates, Orders) {
        let authority = Authority {
            // Nobody listens there.
            directory: "https://127.0.0.1:1/dir".to_owned(),
            staging: None,
            roots: None,
            port: 80,
            own: Vec::new(),
        };
        let settings = Settings::new(self.store.clone());
        Certificates::open(settings, &self.folder.path().join("tls"), self.shelf.clone(), authority).unwrap()
    }
}

#[test]
fn what_is_uploaded_is_shown_at_once_and_after_a_restart() {
    let place = Place::new(false);
    let (certificates, _orders) = place.open();
    assert_eq!(certificates.view().source, Source::SelfSigned);
    let pem = made("up.example");
    assert_eq!(certificates.upload(pem.clone()).unwrap().names, ["up.example"]);
    assert_eq!(place.shelf.shown(), pem);
    let again = place.open().0;
    assert_eq!((again.view().source, place.shelf.shown()), (Source::Uploaded, pem.clone()));
    again.reload().unwrap();
    assert_eq!(place.shelf.shown(), pem, "reading files again changes nothing of it");
    again.own(false).unwrap();
    assert_eq!((again.view().source, place.shelf.shown()), (Source::SelfSigned, place.shelf.own_pem()));
    assert_eq!(place.open().0.view().source, Source::SelfSigned);
    let before = place.shelf.own_pem();
    again.own(true).unwrap();
    assert_ne!(place.shelf.shown(), before);
}

#[test]
fn what_cannot_be_used_changes_nothing() {
    let place = Place::new(false);
    let (certificates, _orders) = place.open();
    let pem = made("up.example");
    certificates.upload(pem.clone()).unwrap();
    let bad = Pem { chain: made("x.example").chain, key: made("y.example").key };
    assert!(matches!(certificates.upload(bad), Err(Error::Fault(Fault::Mismatch))));
    assert_eq!(place.shelf.shown(), pem);
    assert_eq!(place.open().0.reveal().as_deref(), Some(&pem));
}

#[test]
fn what_cannot_be_shown_or_kept_leaves_what_was_shown_and_kept() {
    let place = Place::new(false);
    let (certificates, _orders) = place.open();
    *place.shelf.refuses.lock().unwrap() = true;
    assert!(matches!(certificates.upload(made("first.example")), Err(Error::Show(_))));
    *place.shelf.refuses.lock().unwrap() = false;
    place.store.full.store(true, Ordering::Relaxed);
    assert!(matches!(certificates.upload(made("first.example")), Err(Error::Store(_))));
    assert_eq!(place.shelf.shown(), place.shelf.own_pem());
    assert!(!place.folder.path().join("tls/uploaded.json").exists(), "there was none");

    place.store.full.store(false, Ordering::Relaxed);
    let pem = made("up.example");
    certificates.upload(pem.clone()).unwrap();
    *place.shelf.refuses.lock().unwrap() = true;
    assert!(matches!(certificates.upload(made("other.example")), Err(Error::Show(_))));
    *place.shelf.refuses.lock().unwrap() = false;
    place.store.full.store(true, Ordering::Relaxed);
    assert!(matches!(certificates.upload(made("other.example")), Err(Error::Store(_))));
    assert!(matches!(certificates.own(false), Err(Error::Store(_))));
    assert_eq!((certificates.view().source, place.shelf.shown()), (Source::Uploaded, pem.clone()));
    assert_eq!(certificates.reveal().as_deref(), Some(&pem));
    let again = place.open().0;
    assert_eq!((again.view().source, place.shelf.shown()), (Source::Uploaded, pem));
}

#[test]
fn nothing_else_is_chosen_while_files_are_read_again() {
    let place = Place::new(false);
    let (certificates, _orders) = place.open();
    let (looking, held) = (certificates.clone(), Arc::new(StdMutex::new(Vec::new())));
    let seen = Arc::clone(&held);
    let look = move || seen.lock().unwrap().push(looking.0.changing.try_lock().is_err());
    *place.shelf.while_own.lock().unwrap() = Some(Box::new(look));
    certificates.reload().unwrap();
    *place.shelf.while_own.lock().unwrap() = None;
    assert_eq!(*held.lock().unwrap(), [true]);
}

#[test]
fn a_damaged_file_is_said_and_left_and_our_own_is_shown() {
    let place = Place::new(false);
    place.open().0.upload(made("up.example")).unwrap();
    let file = place.folder.path().join("tls/uploaded.json");
    std::fs::write(&file, "{\"half").unwrap();
    let (certificates, _orders) = place.open();
    assert_eq!(place.shelf.shown(), place.shelf.own_pem());
    let steps = certificates.steps().after(0);
    assert!(steps[0].mood == Mood::Bad && steps[0].text.contains("damaged"), "{steps:?}");
    assert_eq!(std::fs::read(&file).unwrap(), b"{\"half");
}

#[test]
fn what_the_settings_name_goes_before_all() {
    let place = Place::new(true);
    let (certificates, _orders) = place.open();
    assert_eq!(certificates.view().source, Source::Files);
    assert!(matches!(certificates.upload(made("up.example")), Err(Error::Locked)));
    assert!(matches!(certificates.own(true), Err(Error::Locked)));
    assert!(matches!(certificates.begin(Order::new(["a.example"], None).unwrap()), Err(Error::Locked)));
    assert_eq!(place.shelf.shown(), place.shelf.own_pem());
}

#[tokio::test]
async fn an_order_that_fails_leaves_everything_as_it_is_and_says_why() {
    let place = Place::new(false);
    let (certificates, orders) = place.open();
    let pem = made("up.example");
    certificates.upload(pem.clone()).unwrap();
    let mut registry = Registry::default();
    certificates.register(&mut registry);
    let metrics = || {
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    };
    let expires = certificates.view().facts.unwrap().not_after;
    let expires = expires.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let expected = format!("\ncertificate_expiry_timestamp_seconds {expires}\n");
    let text = metrics();
    assert!(text.contains(&expected) && text.contains("\ncertificate_order_failed 0\n"), "{text}");
    let stop = CancellationToken::new();
    let running = tokio::spawn(orders.run(stop.clone()));
    let order = Order::new(["no-such-host.invalid"], None).unwrap();
    let failure = certificates.order(order).await.unwrap_err();
    assert!(matches!(&failure, Error::Order(failure) if !failure.text.is_empty()), "{failure}");
    assert_eq!(place.shelf.shown(), pem);
    let view = certificates.view();
    assert_eq!((view.source, view.ordering, view.order), (Source::Uploaded, false, None));
    assert!(view.failure.is_some() && view.renewal.is_none());
    assert!(metrics().contains("\ncertificate_order_failed 1\n"));
    assert!(certificates.steps().after(0).iter().any(|step| step.mood == Mood::Bad));
    assert!(matches!(certificates.renew(), Err(Error::NotOrdered)));
    stop.cancel();
    running.await.unwrap();
    assert!(matches!(
        certificates.order(Order::new(["a.example"], None).unwrap()).await,
        Err(Error::Stopping)
    ));
}
