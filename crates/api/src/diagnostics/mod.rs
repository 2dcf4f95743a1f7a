//! A bundle for whoever is asked for help: what the server is, does and says, without a secret in it.
//!
//! What may hold secrets is not in it (values of the environment, entries of the store, queries of publishers) or is blanked where
//! it is made (settings). What is written is searched for every secret that is kept all the same.

mod archive;
mod facts;
mod mask;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use control::Permission;
use control::settings::AiService;
use serde::Serialize;
use serde_json::json;

use crate::Api;
use crate::dto::{CertificatesView, FfmpegView, PlayerView, StreamView, time};
use crate::log_lines::Wanted;
use crate::problem::Problem;
use crate::v2::system;
use archive::Archive;

/// What is to be in it.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// Addresses of clients as they are.
    pub(crate) addresses: bool,
    /// What whoever asks may see. Beside the settings, nothing else is in it.
    pub(crate) permissions: Vec<Permission>,
}

/// A `.tar.gz`, and what to call it. Each file in it is bounded, and so is their number.
pub(crate) async fn bundle(api: &Api, wish: Wish) -> Result<(String, Vec<u8>), Problem> {
    let ffmpeg = json!(FfmpegView::from(api.snapshots.abilities().await));
    let secrets = api.blocking(secrets).await?;
    let made = api.away(move |api| write(api, &wish, &secrets, &pretty(&ffmpeg))).await?;
    made.map_err(|error| Problem::internal(&error))
}

fn write(api: &Api, wish: &Wish, secrets: &[String], ffmpeg: &str) -> std::io::Result<(String, Vec<u8>)> {
    let may = |permission| wish.permissions.contains(&permission);
    let now = SystemTime::now();
    let stamp: String = time(now).chars().filter(char::is_ascii_digit).take(14).collect();
    let folder = format!("sluice-diagnostics-{stamp}");
    let mut archive = Archive::new(&folder, now);
    let mut add = |name: &str, text: String, has_addresses: bool| {
        // First, for what is masked is not found any more.
        let text = secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "(secret)"));
        let text = if has_addresses && !wish.addresses { mask::addresses(&text) } else { text };
        archive.add(name, &text)
    };
    let about = json!({
        "version": env!("CARGO_PKG_VERSION"), "made": time(now), "addresses_are_masked": !wish.addresses,
        "started": time(api.since), "uptime": api.started.elapsed().as_secs(),
    });
    add("about.json", pretty(&about), false)?;
    add("settings.txt", api.configuration.to_string(), false)?;
    add("environment.txt", facts::environment(), false)?;
    add("limits.txt", facts::limits(), false)?;
    add("machine.txt", facts::machine(), false)?;
    if may(Permission::SystemRead) {
        add("system.json", pretty(&system::view(api)), false)?;
    }
    if may(Permission::StreamsRead) {
        add("streams.json", pretty(&streams(api)), true)?;
        add("sessions.json", pretty(&sessions(api)), true)?;
    }
    if may(Permission::MetricsRead) {
        let metrics = api.exposition.text().map(|text| text.to_string()).unwrap_or_default();
        add("metrics.txt", metrics, false)?;
    }
    add("ffmpeg.json", ffmpeg.to_owned(), false)?;
    let counts = api.settings.counts().map(|counts| json!(counts));
    add("store.json", pretty(&counts.unwrap_or_else(|err| json!({"error": err.to_string()}))), false)?;
    add("certificates.json", pretty(&certificates(api)), false)?;
    if may(Permission::LogsRead) {
        add("log.txt", log(api), true)?;
    }
    Ok((format!("{folder}.tar.gz"), archive.finish()?))
}

/// Every secret that is kept, the longest first, so that none hides the rest of another. Errs when the store does: without them nothing
/// can be told to hold none.
fn secrets(api: &Api) -> Result<Vec<String>, control::entry::Error> {
    let mut all = api.keys.secrets()?;
    all.extend(api.aliases.secrets()?);
    all.extend(api.passes.secrets());
    all.extend(api.hooks.secrets());
    all.extend([api.platform.secret().to_owned(), api.settings.read::<AiService>()?.key]);
    all.retain(|secret| secret.len() >= SHORTEST);
    all.sort_by_key(|secret| Reverse(secret.len()));
    Ok(all)
}

/// Without those whose names are secrets, of which there is a number.
fn streams(api: &Api) -> serde_json::Value {
    let (secret, shown): (Vec<_>, Vec<_>) =
        api.hub.streams().into_iter().partition(|info| api.hub.is_secret(&info.key));
    let items: Vec<_> = shown.iter().take(MOST).map(StreamView::from).collect();
    json!({"items": items, "hidden": secret.len(), "all": shown.len() + secret.len()})
}

fn sessions(api: &Api) -> serde_json::Value {
    let all = api.hub.sessions();
    let shown = all.iter().filter(|session| !api.hub.is_secret(&session.key)).take(MOST);
    let items: Vec<_> = shown.map(|session| PlayerView::from(&**session)).collect();
    json!({"items": items, "all": all.len()})
}

/// Without the steps of orders, which the log has.
fn certificates(api: &Api) -> serde_json::Value {
    json!(CertificatesView::new(api.certificates.view(), Vec::new()))
}

fn log(api: &Api) -> String {
    let mut text = String::new();
    for line in api.logs.newest(&Wanted::ALL, usize::MAX) {
        let fields: BTreeMap<_, _> = line.fields.iter().collect();
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{} {} {} {}", time(line.at), line.level, line.target, line.message);
        for (name, value) in fields {
            let _ = write!(text, " {name}={value}");
        }
        text.push('\n');
    }
    text
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|err| format!("cannot be written: {err}"))
}

/// Streams, and sessions.
const MOST: usize = 2_000;
/// Bytes of a secret that is looked for: a shorter one is in any text.
const SHORTEST: usize = 6;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read;

    use control::hooks::Target;
    use control::settings::Subject;
    use control::{Key, settings};
    use flate2::read::GzDecoder;
    use hub::StreamKey;
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::api_test::Server;

    /// The files of a bundle for who has `permissions`.
    async fn files(api: &Api, permissions: &[Permission]) -> BTreeMap<String, String> {
        let wish = Wish { addresses: false, permissions: permissions.to_vec() };
        let (_, archive) = bundle(api, wish).await.unwrap();
        let mut bytes = Vec::new();
        GzDecoder::new(&archive[..]).read_to_end(&mut bytes).unwrap();
        let (mut files, mut rest) = (BTreeMap::new(), &bytes[..]);
        while rest[0] != 0 {
            let text = |from: usize, to: usize| {
                let field = String::from_utf8(rest[from..to].to_vec()).unwrap();
                field.trim_end_matches('\0').to_owned()
            };
            let size = usize::from_str_radix(&text(124, 136), 8).unwrap();
            let name = text(0, 100).split_once('/').unwrap().1.to_owned();
            files.insert(name, text(512, 512 + size));
            rest = &rest[512 + size.next_multiple_of(512)..];
        }
        files
    }

    #[tokio::test]
    async fn a_file_is_for_who_may_see_elsewhere_what_is_in_it() {
        let server = Server::new();
        let settings = Permission::SettingsRead;
        let bare = files(&server.api, &[settings]).await;
        for (permission, names) in [
            (Permission::SystemRead, &["system.json"][..]),
            (Permission::StreamsRead, &["sessions.json", "streams.json"][..]),
            (Permission::MetricsRead, &["metrics.txt"][..]),
            (Permission::LogsRead, &["log.txt"][..]),
            (Permission::KeysRead, &[][..]),
        ] {
            let with = files(&server.api, &[settings, permission]).await;
            let more: Vec<_> = with.keys().filter(|name| !bare.contains_key(*name)).collect();
            assert_eq!(more, names, "{permission:?}");
        }
    }

    #[tokio::test]
    async fn secrets_of_all_who_have_some_are_blanked() {
        let server = Server::new();
        let api = &server.api;
        let stream = StreamKey::new("live", "cam").unwrap();
        let alias = Key::new("MARK-alias-0123").unwrap();
        api.aliases.create("a", &stream, Some(alias)).unwrap();
        let secret = Key::new("MARK-hook-0123").unwrap();
        let target = Target::new("t", "https://h.example/?token=MARK-url-0123", secret);
        api.hooks.create(target).unwrap();
        api.hooks.set_oryx("http://h.example", "MARK-opaque-0123", "http://us", true).unwrap();
        let service = settings::AiService { key: "MARK-ai-0123".to_owned(), ..AiService::default() };
        api.settings.write(&service).unwrap();
        let signs = api.passes.signing_key().key.reveal().to_owned();
        let global = api.keys.global().reveal().to_owned();
        let said = ["alias", "hook", "url", "opaque", "ai"].map(|what| format!("MARK-{what}-0123"));
        for secret in said.iter().chain([&signs, &global]) {
            let fields = serde_json::Map::from_iter([("err".to_owned(), Value::from(secret.as_str()))]);
            api.logs.add(tracing::Level::WARN, "hub", format!("says {secret}"), fields);
        }
        let all = files(api, &Permission::ALL).await;
        assert_eq!(all["log.txt"].matches("(secret)").count(), 14, "{}", all["log.txt"]);
        for (name, text) in all {
            assert!(!text.contains("MARK-") && !text.contains(&signs), "{name}: {text}");
        }
    }

    /// Something else where a key should be, and where a secret name should be.
    #[derive(Default, Serialize, Deserialize)]
    struct NoKey(u8);
    #[derive(Default, Serialize, Deserialize)]
    struct NoAlias(u8);

    impl Subject for NoKey {
        const KEY: &'static str = "publish/keys/broken";
    }

    impl Subject for NoAlias {
        const KEY: &'static str = "publish/aliases/broken";
    }

    #[tokio::test]
    async fn there_is_no_bundle_when_secrets_cannot_be_read() {
        let wish = || Wish { addresses: false, permissions: Vec::new() };
        let server = Server::new();
        server.api.settings.write(&NoKey(1)).unwrap();
        assert_eq!(bundle(&server.api, wish()).await.unwrap_err().status(), 500);
        let server = Server::new();
        server.api.settings.write(&NoAlias(1)).unwrap();
        assert_eq!(bundle(&server.api, wish()).await.unwrap_err().status(), 500);
    }
}
