//! What is to be imported is tried first: what reads as an export may still hold entries that no server understands.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, bail};
use control::settings::{AiService, HlsChoice, PageTexts, SourceLimits};
use control::{
    Accounts, AddressRules, Aliases, Certificates, Hooks, Passes, Platform, PublishKeys, Settings, moment,
    outbound,
};
use serde_json::Value;
use store::{Dump, Embedded, Store};

/// Opens `dump` as a server would, in a store of its own in `folder`, which is made for it and gone afterwards. Errs with what cannot
/// be understood.
pub(super) fn run(dump: &Dump, folder: &Path) -> anyhow::Result<()> {
    // Of one that was cut short.
    let _ = fs::remove_dir_all(folder);
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let tried = open(dump, folder);
    let _ = fs::remove_dir_all(folder);
    tried
}

fn open(dump: &Dump, folder: &Path) -> anyhow::Result<()> {
    let embedded = Embedded::open(folder)?;
    embedded.import(dump, false)?;
    let store: Arc<dyn Store> = Arc::new(embedded);
    check_dates(&*store)?;
    let accounts = Arc::new(Accounts::open(Arc::clone(&store))?);
    accounts.users()?;
    accounts.logins(None)?;
    accounts.tokens(None)?;
    let keys = PublishKeys::open(Arc::clone(&store), None)?;
    keys.all()?;
    Aliases::open(Arc::clone(&store), keys.gate())?.all()?;
    Passes::open(Arc::clone(&store), keys.gate())?.invites()?;
    AddressRules::open(Arc::clone(&store), keys.gate())?.all()?;
    Hooks::open(Arc::clone(&store), outbound::Client::new())?;
    let settings = Settings::new(Arc::clone(&store));
    Certificates::check(&settings)?;
    settings.read::<AiService>()?;
    settings.read::<HlsChoice>()?;
    settings.read::<jobs::supervisor::Limits>()?;
    settings.read::<PageTexts>()?;
    settings.read::<SourceLimits>()?;
    Platform::open(&*store, accounts, None, false).context("the API for scripts")?;
    Ok(())
}

/// Errs when there is a date that no calendar has, which only hands can have written.
fn check_dates(store: &dyn Store) -> anyhow::Result<()> {
    let last = moment::last().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    for entry in store.scan("", None, usize::MAX)? {
        // Whoever reads it says what is wrong with an entry that is no JSON.
        let latest = serde_json::from_slice(&entry.value).map_or(0, |value| latest(&value));
        if latest > last {
            bail!("{}: has a date {latest} s after 1970, which is beyond the year 9999", entry.key);
        }
    }
    Ok(())
}

/// The latest of all dates in `value`, in seconds since 1970, as serde writes a `SystemTime`.
fn latest(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(latest).max().unwrap_or(0),
        Value::Object(members) => {
            let own = members.get("secs_since_epoch").and_then(Value::as_u64).unwrap_or(0);
            members.values().map(latest).max().unwrap_or(0).max(own)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tried(key: &str) -> anyhow::Result<()> {
        tried_with(key, "[true, 1]")
    }

    fn tried_with(key: &str, text: &str) -> anyhow::Result<()> {
        let entry = serde_json::json!({"key": key, "text": text});
        let dump = Dump::parse(&format!("{{\"sluice_store\":1}}\n{entry}\n{{\"entries\":1}}\n")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        run(&dump, &folder.path().join("rehearsal"))
    }

    #[test]
    fn an_entry_that_no_server_understands_is_found_wherever_it_is() {
        for key in [
            "access/addresses/a",
            "access/guarded",
            "access/invites/a",
            "access/signing",
            "hooks/oryx-last",
            "hooks/targets/a",
            "publish/aliases/a",
            "publish/key",
            "publish/keys/a",
            "publish/open",
            "publish/previous",
            "platform/secret",
            "settings/ai",
            "settings/certificate",
            "settings/hls",
            "settings/jobs",
            "settings/pages",
            "settings/source-limits",
            "tokens/a",
            "users/a",
        ] {
            let error = tried(key).unwrap_err();
            assert!(format!("{error:#}").contains(key), "{error:#}");
        }
        tried("what/nobody/reads").unwrap();
    }

    #[test]
    fn a_date_that_no_calendar_has_is_found_wherever_it_is() {
        let alias = |seconds: u64| {
            let created = serde_json::json!({"secs_since_epoch": seconds, "nanos_since_epoch": 0});
            let text = serde_json::json!({
                "label": "a", "name": "secret-name", "app": "live", "stream": "a", "created": created,
                "disabled": false, "more": [{"deep": {"er": created}}],
            });
            tried_with("publish/aliases/0123456789abcdef", &text.to_string())
        };
        alias(253_402_300_799).unwrap();
        for seconds in [253_402_300_800, i64::MAX as u64, u64::MAX] {
            let error = alias(seconds).unwrap_err().to_string();
            assert!(error.contains("publish/aliases/") && error.contains("9999"), "{error}");
        }
    }
}
