//! What is to be imported is tried first: what reads as an export may still hold entries that no server understands.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use control::settings::{AiService, HlsChoice, PageTexts, SourceLimits};
use control::{
    Accounts, AddressRules, Aliases, Certificates, Hooks, Passes, Platform, PublishKeys, Settings, outbound,
};
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
    settings.read::<PageTexts>()?;
    settings.read::<SourceLimits>()?;
    Platform::open(&*store, accounts, None, false).context("the API for scripts")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tried(key: &str) -> anyhow::Result<()> {
        let entry = serde_json::json!({"key": key, "text": "[true, 1]"});
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
            "platform/secret",
            "settings/ai",
            "settings/certificate",
            "settings/hls",
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
}
