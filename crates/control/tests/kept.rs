//! What servers of before have kept is read by this one: every fixture, as a file and as an export, in all its collections.
//!
//! Each version of the store's entries has one, made while it was the newest: `fixtures/README.md`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control::Scope;
use control::addresses::AddressRule;
use control::passes::Invite;
use control::publish_keys::Change;
use control::settings::{AiService, HlsChoice, PageTexts, SourceLimits};
use control::{
    Accounts, AddressRules, Aliases, Key, Passes, Permission, Platform, PublishKeys, Role, Settings,
    accounts, addresses,
};
use hub::StreamKey;
use store::{Dump, Embedded, Store};
use totp_rs::{Builder, Secret};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse";

/// The versions that there are fixtures of: each there has been.
const VERSIONS: [u64; 1] = [1];

fn fixture(version: u64, kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/kept-v{version}.{kind}"))
}

/// What shows, by the secrets noted in the fixture, that everything `store` holds is understood.
fn assert_understood(store: &Arc<dyn Store>, secrets: &Secrets) {
    let accounts = Arc::new(Accounts::open(Arc::clone(store)).unwrap());
    assert!(accounts.setup().is_none(), "it is set up");
    let users = accounts.users().unwrap();
    let known: Vec<_> =
        users.iter().map(|user| (user.name.as_str(), user.role, user.second_factor)).collect();
    assert_eq!(
        known,
        [("ann", Role::Admin, false), ("bob", Role::Operator, true), ("vic", Role::Viewer, false)]
    );
    accounts.check("ann", PASSWORD, None, HERE).unwrap();
    let code = secrets.code();
    let asked = accounts.check("bob", PASSWORD, None, HERE);
    assert!(matches!(asked, Err(accounts::Error::CodeNeeded)));
    accounts.check("bob", PASSWORD, Some(&code), HERE).unwrap();
    let logins = accounts.logins(None).unwrap();
    let [(_, login)] = &logins[..] else { panic!("one login") };
    assert_eq!((login.user.as_str(), login.agent.as_str()), ("ann", "a browser"));
    let tokens = accounts.tokens(None).unwrap();
    assert_eq!(tokens.len(), 1);
    let bearer = accounts.bearer(&secrets.token, HERE).unwrap().unwrap();
    assert_eq!((bearer.user.name.as_str(), &bearer.permissions[..]), ("bob", &[Permission::StreamsRead][..]));

    let platform = Platform::open(&**store, Arc::clone(&accounts), None, false).unwrap();
    assert_eq!(platform.secret(), secrets.platform);

    let keys = PublishKeys::open(Arc::clone(store), None).unwrap();
    assert_eq!(keys.global(), Key::new("the-global-key-of-v1").unwrap());
    assert!(!keys.is_open());
    let mut all: Vec<_> = keys.all().unwrap().into_iter().map(|(_, key)| key).collect();
    all.sort_by(|a, b| a.label.cmp(&b.label));
    let [app, server, stream] = &all[..] else { panic!("three keys") };
    assert_eq!((&app.scope, app.label.as_str()), (&Scope::App("church".to_owned()), "app"));
    assert!(app.disabled && app.previous.is_none());
    assert_eq!((&server.scope, &server.key), (&Scope::Server, &Key::new("another-key-of-v1").unwrap()));
    assert!(server.expires.is_some_and(|end| end > SystemTime::UNIX_EPOCH));
    let scope = Scope::Stream { app: None, name: "cam".to_owned() };
    assert_eq!((&stream.scope, stream.previous.is_some()), (&scope, true));
    assert!(!keys.gate().publishing().is_open());

    let aliases = Aliases::open(Arc::clone(store), keys.gate()).unwrap().all().unwrap();
    let [(_, alias)] = &aliases[..] else { panic!("one alias") };
    assert_eq!((alias.stream.as_str(), alias.name.reveal()), ("door", "the-door-of-v1"));
    let rules = AddressRules::open(Arc::clone(store), keys.gate()).unwrap().all().unwrap();
    let rule = rules.values().next().unwrap();
    assert_eq!((rule.network.to_string().as_str(), rule.publish, rule.allow), ("192.0.2.0/24", true, false));
    let passes = Passes::open(Arc::clone(store), keys.gate()).unwrap();
    assert_eq!(passes.guarded(), [Scope::App("vip".to_owned())]);
    assert_eq!(passes.signing_key().key.reveal(), secrets.signing);
    let invites = passes.invites().unwrap();
    let [(_, invite)] = &invites[..] else { panic!("one invitation") };
    assert_eq!((invite.label.as_str(), invite.publish, invite.network.is_some()), ("Eve", true, true));

    let settings = Settings::new(Arc::clone(store));
    let service =
        AiService { key: "sk-v1".into(), url: "https://ai.example".into(), organization: "org".into() };
    assert_eq!(settings.read::<AiService>().unwrap(), service);
    assert_eq!(settings.read::<SourceLimits>().unwrap(), SourceLimits { files: 4_000, cameras: 3_000 });
    let choice = HlsChoice { plain: Some(true), short: Some(false) };
    assert_eq!(settings.read::<HlsChoice>().unwrap(), choice);
    assert_eq!(settings.read::<PageTexts>().unwrap().0["title"], "Täglich live");
}

/// Of a fixture; nobody's in earnest.
struct Secrets {
    token: String,
    platform: String,
    factor: String,
    signing: String,
}

impl Secrets {
    fn of(version: u64) -> Secrets {
        let text = fs::read_to_string(fixture(version, "secrets")).unwrap();
        let find = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name}")).to_owned()
        };
        let [token, platform, factor, signing] = ["token", "platform", "factor", "signing"].map(find);
        Secrets { token, platform, factor, signing }
    }

    fn code(&self) -> String {
        code(&self.factor, 1)
    }
}

/// What an authenticator shows `steps` of 30 s from now.
fn code(factor: &str, steps: u64) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(factor).unwrap()).build().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    totp.generate(now + steps * 30).to_string()
}

#[test]
fn every_file_of_before_opens_and_is_understood() {
    for version in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(fixture(version, "redb"), folder.path().join("sluice.redb")).unwrap();
        let open = || -> Arc<dyn Store> { Arc::new(Embedded::open(folder.path()).unwrap()) };
        assert_understood(&open(), &Secrets::of(version));
        // And once more, when there is nothing left to migrate.
        assert_eq!(Accounts::open(open()).unwrap().users().unwrap().len(), 3);
    }
}

#[test]
fn every_export_of_before_is_imported_and_understood() {
    for version in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(folder.path()).unwrap();
        let text = fs::read_to_string(fixture(version, "jsonl")).unwrap();
        assert!(text.starts_with(&format!("{{\"sluice_store\":{version}}}\n")));
        store.import(&Dump::parse(&text).unwrap(), false).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        assert_understood(&store, &Secrets::of(version));
    }
}

#[test]
fn the_version_of_now_has_a_fixture() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = Vec::new();
    Embedded::open(folder.path()).unwrap().export().unwrap().write(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let newest = format!("{{\"sluice_store\":{}}}\n", VERSIONS[VERSIONS.len() - 1]);
    assert!(text.starts_with(&newest), "make one, see fixtures/README.md: {text}");
}

/// Makes the fixture of the version of now, where there is none.
#[test]
#[ignore = "makes a fixture; see fixtures/README.md"]
fn make() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Arc::new(Embedded::open(folder.path()).unwrap());
    let store: Arc<dyn Store> = embedded.clone();
    let accounts = Arc::new(Accounts::open(Arc::clone(&store)).unwrap());
    let ann = accounts.first("ann", PASSWORD).unwrap();
    let bob = accounts.create("bob", PASSWORD, Role::Operator).unwrap();
    accounts.create("vic", PASSWORD, Role::Viewer).unwrap();
    let factor = accounts::new_factor().unwrap();
    accounts.set_factor("bob", &factor, &code(&factor, 0)).unwrap();
    accounts.log_in(&ann, HERE, "a browser").unwrap();
    let (token, ..) = accounts.create_token(&bob, "a script", &[Permission::StreamsRead], None).unwrap();
    let platform = Platform::open(&*store, Arc::clone(&accounts), None, false).unwrap();
    let keys =
        PublishKeys::open(Arc::clone(&store), Some(Key::new("the-global-key-of-v1").unwrap())).unwrap();
    keys.set_open(false).unwrap();
    let (app, _) = keys.create("app", Scope::App("church".to_owned()), None, None).unwrap();
    keys.change(&app, &Change { disabled: Some(true), ..Change::default() }).unwrap();
    let chosen = Key::new("another-key-of-v1").unwrap();
    let end = SystemTime::now() + Duration::from_secs(3_600);
    keys.create("server", Scope::Server, Some(chosen), Some(end)).unwrap();
    let scope = Scope::Stream { app: None, name: "cam".to_owned() };
    let (stream, _) = keys.create("stream", scope, None, None).unwrap();
    keys.rotate(&stream, Duration::from_secs(3_600)).unwrap();
    let door = StreamKey::new("live", "door").unwrap();
    let name = Key::new("the-door-of-v1").unwrap();
    Aliases::open(Arc::clone(&store), keys.gate()).unwrap().create("door", &door, Some(name)).unwrap();
    let network = addresses::network("192.0.2.0/24").unwrap();
    let created = SystemTime::now();
    let rule = AddressRule {
        label: "rule".into(),
        scope: Scope::Server,
        publish: true,
        play: false,
        network,
        allow: false,
        created,
    };
    AddressRules::open(Arc::clone(&store), keys.gate()).unwrap().create(rule).unwrap();
    let passes = Passes::open(Arc::clone(&store), keys.gate()).unwrap();
    passes.set_guarded(vec![Scope::App("vip".to_owned())]).unwrap();
    let invite = Invite {
        label: "Eve".into(),
        app: "live".into(),
        stream: "eve".into(),
        publish: true,
        network: Some(network),
        created,
        expires: end,
    };
    passes.invite(invite).unwrap();
    let settings = Settings::new(Arc::clone(&store));
    let service =
        AiService { key: "sk-v1".into(), url: "https://ai.example".into(), organization: "org".into() };
    settings.write(&service).unwrap();
    settings.write(&SourceLimits { files: 4_000, cameras: 3_000 }).unwrap();
    settings.write(&HlsChoice { plain: Some(true), short: Some(false) }).unwrap();
    let mut texts = PageTexts::default();
    texts.set("title", "Täglich live");
    settings.write(&texts).unwrap();
    for entry in store.scan("logins/", None, 9).unwrap() {
        store.expire(&entry.key, Some(Duration::from_secs(200 * 365 * 86_400))).unwrap();
    }

    let version = VERSIONS[VERSIONS.len() - 1];
    let to = |kind| fs::File::create_new(fixture(version, kind)).unwrap();
    embedded.export().unwrap().write(&mut to("jsonl")).unwrap();
    let secrets = format!(
        "token {}\nplatform {}\nfactor {factor}\nsigning {}\n",
        token.reveal(),
        platform.secret(),
        passes.signing_key().key.reveal()
    );
    std::io::Write::write_all(&mut to("secrets"), secrets.as_bytes()).unwrap();
    embedded.backup(&fixture(version, "redb")).unwrap();
}
