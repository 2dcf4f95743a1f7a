//! The accounts with authorities, one each; their keys are kept, for the authority knows us by them.

use std::collections::BTreeMap;

use instant_acme::{Account, AccountCredentials, Error, HttpClient, NewAccount};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Refusal;
use super::{Desk, NONCES, is_bad_nonce, with_nonce};
use super::{Failure, Mood, failure};

/// What is kept of an account.
#[derive(Serialize, Deserialize)]
struct Kept {
    credentials: Value,
    /// What the authority has been told.
    email: Option<String>,
}

/// Our account with the authority at `directory`; made if there is none.
pub(super) async fn open<H: HttpClient>(
    desk: &Desk<'_>,
    directory: &str,
    email: Option<&str>,
    http: impl Fn() -> Box<H>,
    refusal: &Refusal,
) -> Result<Account, Failure> {
    let failed = |error: Error| Failure::of(&error, refusal);
    let contact = email.map(|email| format!("mailto:{email}"));
    let contact: Vec<&str> = contact.as_deref().into_iter().collect();
    if let Some(account) = known(desk, directory, &http).await {
        let account = account.map_err(failed)?;
        let mut all = read(desk)?;
        if let Some(kept) = all.get_mut(directory)
            && email.is_some()
            && kept.email.as_deref() != email
        {
            with_nonce!(account.update_contacts(&contact)).map_err(failed)?;
            kept.email = email.map(str::to_owned);
            write(desk, &all)?;
        }
        return Ok(account);
    }
    desk.steps.add(Mood::Info, "An account is made with the authority.");
    let wanted = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let made = with_nonce!(Account::builder_with_http(http()).create(&wanted, directory.to_owned(), None));
    let (account, credentials) = made.map_err(failed)?;
    let credentials = serde_json::to_value(&credentials)
        .map_err(|err| Failure::new(failure::UNUSABLE, format!("The account cannot be kept: {err}.")))?;
    let mut all = read(desk)?;
    all.insert(directory.to_owned(), Kept { credentials, email: email.map(str::to_owned) });
    write(desk, &all)?;
    Ok(account)
}

/// Our account, if there is one.
pub(super) async fn known<H: HttpClient>(
    desk: &Desk<'_>,
    directory: &str,
    http: impl Fn() -> Box<H>,
) -> Option<Result<Account, Error>> {
    let kept = read(desk).ok()?.remove(directory)?;
    let credentials: AccountCredentials = serde_json::from_value(kept.credentials).ok()?;
    Some(Account::builder_with_http(http()).from_credentials(credentials).await)
}

/// Forgets an account that the authority has forgotten.
pub(super) fn forget(desk: &Desk<'_>, directory: &str) -> Result<(), Failure> {
    let mut all = read(desk)?;
    all.remove(directory);
    write(desk, &all)
}

/// By directory. A file that is damaged counts as none: it is kept beside the next.
fn read(desk: &Desk<'_>) -> Result<BTreeMap<String, Kept>, Failure> {
    match desk.folder.read(FILE) {
        Ok(all) => Ok(all.unwrap_or_default()),
        Err(err @ crate::certificates::FileError::Damaged { .. }) => {
            desk.steps.add(Mood::Doubt, format!("The accounts with authorities are lost: {err}."));
            Ok(BTreeMap::new())
        }
        Err(err) => Err(Failure::new(failure::UNUSABLE, format!("The account cannot be read: {err}."))),
    }
}

fn write(desk: &Desk<'_>, all: &BTreeMap<String, Kept>) -> Result<(), Failure> {
    let written = desk.folder.write(FILE, all);
    written.map_err(|err| Failure::new(failure::UNUSABLE, format!("The account cannot be kept: {err}.")))
}

const FILE: &str = "acme-accounts.json";
