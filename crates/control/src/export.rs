//! What goes into an export of the store, and what becomes of it when it is imported.
//!
//! An export has every secret of the server, or none: then a mark stands in the place of each. Importing such a one keeps the secrets
//! that the server has, and names those that are nowhere. What webhooks are still to be told is this server's own affair: it is in no export, and
//! none is taken from one.

use serde_json::{Map, Value, json};
use store::{Dump, Embedded, Error};

use crate::hooks;

/// What is secret of an entry.
enum Rule {
    /// Nothing.
    Plain,
    /// All of it: the server makes another where there is none.
    Whole,
    /// All of it, and that it is there: it is of no use elsewhere.
    Own,
    /// Some members.
    Members(&'static [Member]),
}

/// A member that is a secret.
struct Member {
    /// Its place in the entry.
    path: &'static [&'static str],
    /// What takes its place where it is nowhere.
    otherwise: Otherwise,
}

/// What becomes of an entry that lacks a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    /// It cannot be without.
    LeftOut,
    /// It goes without, which is told.
    Empty,
    /// It goes without: there may never have been one.
    Absent,
}

/// What is secret of the entry `key`. Of what is not known everything is.
fn rule(key: &str) -> Rule {
    const PUBLISH_KEY: &[Member] = &[left_out(&["key"]), absent(&["previous"])];
    const ALIAS: &[Member] = &[left_out(&["name"])];
    const USER: &[Member] = &[left_out(&["password"]), left_out(&["stamp"]), absent(&["factor"])];
    const TARGET: &[Member] = &[
        left_out(&["dialect", "sluice", "secret"]),
        absent(&["dialect", "sluice", "previous"]),
        empty(&["dialect", "oryx", "opaque"]),
        empty(&["url"]),
    ];
    const AI: &[Member] = &[empty(&["key"]), empty(&["url"])];
    const TENCENT: &[Member] = &[empty(&["secret_id"]), empty(&["secret_key"])];
    let kind = key.rsplit_once('/').map_or("", |(kind, _)| kind);
    match (kind, key) {
        ("access/addresses" | "access/invites", _) => Rule::Plain,
        (_, "access/guarded" | "publish/open") => Rule::Plain,
        (
            _,
            "settings/certificate"
            | "settings/hls"
            | "settings/jobs"
            | "settings/pages"
            | "settings/recordings"
            | "settings/source-limits",
        ) => Rule::Plain,
        (_, "access/signing" | "platform/secret" | "publish/key") => Rule::Whole,
        (_, "settings/ai") => Rule::Members(AI),
        (_, "settings/tencent") => Rule::Members(TENCENT),
        ("publish/keys", _) => Rule::Members(PUBLISH_KEY),
        ("publish/aliases", _) => Rule::Members(ALIAS),
        ("users", _) => Rule::Members(USER),
        ("hooks/targets", _) => Rule::Members(TARGET),
        // Logins and tokens are digests of secrets that open this server; what was last sent to Oryx's receiver has a publisher's query.
        _ => Rule::Own,
    }
}

/// Everything that `store` has and that is to be taken elsewhere; `without_secrets`: but for every secret.
pub fn of(store: &Embedded, without_secrets: bool) -> Result<Dump, Error> {
    let mut dump = store.export()?;
    leave_untold(&mut dump);
    if !without_secrets {
        return Ok(dump);
    }
    dump.change(|key, value| match rule(key) {
        Rule::Plain => Some(value.to_vec()),
        Rule::Whole => Some(mark().to_string().into_bytes()),
        Rule::Own => None,
        Rule::Members(members) => {
            let mut entry: Value = serde_json::from_slice(value).ok()?;
            members.iter().for_each(|member| member.hide(&mut entry));
            Some(entry.to_string().into_bytes())
        }
    });
    dump.set_without_secrets(true);
    Ok(dump)
}

/// Makes of `dump`, which somebody wants to import, what is to take the place of `here`: all that the store has now. Gives a sentence for
/// each entry that lacks a secret.
pub fn settle(dump: &mut Dump, here: &Dump) -> Vec<String> {
    leave_untold(dump);
    let mut lacks = Vec::new();
    if dump.is_without_secrets() {
        dump.change(|key, value| fill(key, value, here.value(key), &mut lacks));
        dump.adopt(here, |key| matches!(rule(key), Rule::Whole | Rule::Own) && !is_untold(key));
        forget_strangers(dump);
        dump.set_without_secrets(false);
    }
    let untold = here_untold(here, dump);
    dump.adopt(here, |key| key == hooks::LIVE || untold.iter().any(|stays| stays == key));
    lacks
}

/// What `here` has for receivers that there still are.
fn here_untold(here: &Dump, dump: &Dump) -> Vec<String> {
    let stays = |key: &&str| {
        let receiver = key.strip_prefix(hooks::UNTOLD).map(|id| format!("{}{id}", hooks::TARGETS));
        receiver.is_some_and(|receiver| dump.value(&receiver).is_some())
    };
    here.keys().filter(stays).map(str::to_owned).collect()
}

/// An entry whose secrets are those of the one that is `here`.
fn fill(key: &str, value: &[u8], here: Option<&[u8]>, lacks: &mut Vec<String>) -> Option<Vec<u8>> {
    let (mut entry, members) = match (rule(key), serde_json::from_slice::<Value>(value)) {
        (Rule::Members(members), Ok(entry)) => (entry, members),
        (Rule::Whole, Ok(entry)) if entry == mark() => {
            if here.is_none() {
                lacks.push(format!("{key}: is neither in the file nor here; the server makes another one"));
            }
            return here.map(<[u8]>::to_vec);
        }
        // Whatever it is, whoever opens it says what is wrong with it.
        _ => return Some(value.to_vec()),
    };
    let label = entry["label"].as_str().map_or(String::new(), |label| format!(" ({label})"));
    let here: Value = here.and_then(|here| serde_json::from_slice(here).ok()).unwrap_or_default();
    for member in members {
        let name = member.path.last().copied().unwrap_or_default();
        match member.fill(&mut entry, &here) {
            Some(Otherwise::LeftOut) => {
                lacks.push(format!(
                    "{key}{label}: its {name} is neither in the file nor here, so it is left out"
                ));
                return None;
            }
            Some(Otherwise::Empty) => {
                lacks.push(format!("{key}{label}: its {name} is neither in the file nor here"))
            }
            Some(Otherwise::Absent) | None => {}
        }
    }
    Some(entry.to_string().into_bytes())
}

/// Takes out logins and tokens of accounts that there are not: they would be those of whoever gets the name next.
fn forget_strangers(dump: &mut Dump) {
    let users: Vec<String> = dump.keys().filter(|key| key.starts_with("users/")).map(str::to_owned).collect();
    dump.change(|key, value| {
        if !key.starts_with("logins/") && !key.starts_with("tokens/") {
            return Some(value.to_vec());
        }
        let entry: Value = serde_json::from_slice(value).ok()?;
        let user = format!("users/{}", entry["user"].as_str()?);
        users.contains(&user).then(|| value.to_vec())
    });
}

/// Takes out what is this server's own affair.
fn leave_untold(dump: &mut Dump) {
    dump.change(|key, value| (!is_untold(key)).then(|| value.to_vec()));
}

fn is_untold(key: &str) -> bool {
    key.starts_with(hooks::UNTOLD) || key == hooks::LIVE
}

impl Member {
    /// Puts the mark in its place, whether or not there is something: that another server has none is no reason to take one away.
    fn hide(&self, entry: &mut Value) {
        let Some((holder, name)) = self.place(entry) else { return };
        // A host alone is nothing to hide, and worth more than a gap.
        let plain = |value: &Value| value.as_str().is_some_and(is_host_alone);
        if name == "url" && holder.get(name).is_some_and(plain) {
            return;
        }
        holder.insert(name.to_owned(), mark());
    }

    /// Puts what is `here` in the place of the mark; says what became of it where there is nothing.
    fn fill(&self, entry: &mut Value, here: &Value) -> Option<Otherwise> {
        let (holder, name) = self.place(entry)?;
        if holder.get(name) != Some(&mark()) {
            return None;
        }
        let known = self.path.iter().try_fold(here, |value, name| value.get(name));
        match (known, self.otherwise) {
            (Some(known), _) => _ = holder.insert(name.to_owned(), known.clone()),
            (None, Otherwise::Empty) => _ = holder.insert(name.to_owned(), json!("")),
            (None, _) => _ = holder.remove(name),
        }
        known.is_none().then_some(self.otherwise)
    }

    /// What holds it, and its name there.
    fn place<'a>(&self, entry: &'a mut Value) -> Option<(&'a mut Map<String, Value>, &'static str)> {
        let (name, holders) = self.path.split_last()?;
        let holder = holders.iter().try_fold(entry, |value, name| value.get_mut(name))?;
        Some((holder.as_object_mut()?, name))
    }
}

/// Whether the address `url` has nothing but a host: who is logged in, paths and queries may be secrets.
fn is_host_alone(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    !rest.strip_suffix('/').unwrap_or(rest).contains(['/', '?', '#', '@'])
}

const fn left_out(path: &'static [&'static str]) -> Member {
    Member { path, otherwise: Otherwise::LeftOut }
}

const fn empty(path: &'static [&'static str]) -> Member {
    Member { path, otherwise: Otherwise::Empty }
}

const fn absent(path: &'static [&'static str]) -> Member {
    Member { path, otherwise: Otherwise::Absent }
}

/// What stands for a secret; no secret is an object, so nobody takes it for one.
fn mark() -> Value {
    json!({"secret": "left out"})
}

#[cfg(test)]
#[path = "export_test.rs"]
mod tests;
