//! What of receivers is secret.

use super::Hooks;
use super::target::{Dialect, Target};

impl Hooks {
    /// What receivers know us by, and what may be secret of their addresses, to be looked for in what must not hold any. Does not block.
    pub fn secrets(&self) -> Vec<String> {
        self.lines.load().values().flat_map(|line| of_target(&line.target())).collect()
    }
}

fn of_target(target: &Target) -> Vec<String> {
    let mut all = of_url(&target.url.0);
    match &target.dialect {
        Dialect::Sluice { secret, previous } => {
            let previous = previous.as_ref().map(|(key, _)| key);
            all.extend(previous.into_iter().chain([secret]).map(|key| key.reveal().to_owned()));
        }
        Dialect::Oryx { opaque, .. } => all.push(opaque.clone()),
    }
    all
}

/// All of it, who it logs in, the values in its query, and what of its path is long enough to be made up.
fn of_url(url: &str) -> Vec<String> {
    let (rest, query) = url.split_once('?').unwrap_or((url, ""));
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let login = authority.rsplit_once('@').map(|(login, _)| login);
    let password = login.and_then(|login| login.split_once(':')).map(|(_, password)| password);
    let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    let parts = path.split('/').filter(|part| part.len() >= MADE_UP);
    let all = [url].into_iter().chain(login).chain(password).chain(values).chain(parts);
    all.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// Bytes of a part of a path that may be a secret: words are shorter.
const MADE_UP: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::SystemTime;

    use super::*;
    use crate::key::Key;

    #[test]
    fn secrets_of_an_address_are_found_wherever_they_stand_in_it() {
        let url = "https://me:password@host.example:8080/hooks/T0123456789ABCDEF/live?token=value&flag&x=";
        let all = ["me:password", "password", "value", "flag", "T0123456789ABCDEF"];
        assert_eq!(of_url(url), [&[url], &all[..]].concat());
        assert_eq!(of_url("https://host"), ["https://host"]);
        assert!(of_url("").is_empty());
    }

    #[test]
    fn what_signs_what_has_signed_and_what_goes_along_are_secrets() {
        let [new, old] = ["new-secret", "old-secret"].map(|text| Key::new(text).unwrap());
        let mut target = Target::new("t", "http://h", new.clone());
        target.dialect = Dialect::Sluice { secret: new, previous: Some((old, SystemTime::now())) };
        assert_eq!(of_target(&target), ["http://h", "old-secret", "new-secret"]);
        target.dialect = Dialect::Oryx { opaque: "along".to_owned(), host: "http://us".to_owned() };
        assert_eq!(of_target(&target), ["http://h", "along"]);
    }
}
