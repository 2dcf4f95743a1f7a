//! What an operator has set, each subject a value of its own in the store.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Error, Store, Typed};

/// Entries that are counted at a time.
const PAGE: usize = 1_000;

/// The settings that the store keeps. A handle: clones share them. Blocks.
#[derive(Clone)]
pub struct Settings {
    store: Arc<dyn Store>,
}

/// A subject with its place in the store; its default is what holds until somebody has set it.
pub trait Subject: Serialize + DeserializeOwned + Default {
    /// The key in the store.
    const KEY: &'static str;
}

impl Settings {
    /// How many entries the store has of each kind, by what their keys begin with: `users`, `publish/keys`.
    pub fn counts(&self) -> Result<BTreeMap<String, usize>, Error> {
        let (mut counts, mut after) = (BTreeMap::new(), None);
        loop {
            let entries = self.store.scan("", after.as_deref(), PAGE)?;
            let Some(last) = entries.last() else { return Ok(counts) };
            after = Some(last.key.clone());
            for entry in &entries {
                let kind = entry.key.rsplit_once('/').map_or("", |(kind, _)| kind);
                *counts.entry(kind.to_owned()).or_default() += 1;
            }
        }
    }

    /// Those that `store` keeps.
    pub fn new(store: Arc<dyn Store>) -> Settings {
        Settings { store }
    }

    /// What is set.
    pub fn read<T: Subject>(&self) -> Result<T, Error> {
        Ok(self.store.read(T::KEY)?.unwrap_or_default())
    }

    /// Sets all of it.
    pub fn write<T: Subject>(&self, value: &T) -> Result<(), Error> {
        self.store.write(T::KEY, value)
    }

    /// Changes a part of it. `change` may run more than once.
    pub fn update<T: Subject>(&self, mut change: impl FnMut(&mut T)) -> Result<T, Error> {
        self.store.update(T::KEY, |old: Option<T>| {
            let mut value = old.unwrap_or_default();
            change(&mut value);
            value
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings")
    }
}

/// Where the service for AI features is. `Debug` hides the key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AiService {
    /// Its secret.
    pub key: String,
    /// Its base URL.
    pub url: String,
    /// The organisation that is charged; may be empty.
    pub organization: String,
}

impl Subject for AiService {
    const KEY: &'static str = "settings/ai";
}

impl fmt::Debug for AiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AiService { url, organization, .. } = self;
        f.debug_struct("AiService").field("url", url).field("organization", organization).finish()
    }
}

/// The highest bit rates that sources may have, in kbit/s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceLimits {
    /// Of files that are played as live streams.
    pub files: u64,
    /// Of IP cameras.
    pub cameras: u64,
}

impl Default for SourceLimits {
    fn default() -> SourceLimits {
        SourceLimits { files: 5_000, cameras: 5_000 }
    }
}

impl Subject for SourceLimits {
    const KEY: &'static str = "settings/source-limits";
}

/// How HLS is served where the apps have no settings of their own. What is `None` is as the configuration says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HlsChoice {
    /// One playlist for all, which a CDN can cache; viewers are not known one by one.
    pub plain: Option<bool>,
    /// Short segments: 2 s and a window of 16 s, else 10 s and 60 s.
    pub short: Option<bool>,
}

impl Subject for HlsChoice {
    const KEY: &'static str = "settings/hls";
}

/// Texts of the pages: `title`, `icp` (the footer), and what else was given a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageTexts(pub BTreeMap<String, String>);

impl PageTexts {
    /// Names that there may be: whoever may set them may not fill the store.
    pub const MOST: usize = 64;

    /// Sets the text of `name`. Says whether there was room for it.
    pub fn set(&mut self, name: &str, text: &str) -> bool {
        let room = self.0.len() < PageTexts::MOST || self.0.contains_key(name);
        if room {
            self.0.insert(name.to_owned(), text.to_owned());
        }
        room
    }
}

impl Subject for PageTexts {
    const KEY: &'static str = "settings/pages";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_nobody_has_set_is_the_default_and_parts_change_alone() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::new(Arc::new(store::Embedded::open(folder.path()).unwrap()));
        assert_eq!(settings.read::<SourceLimits>().unwrap(), SourceLimits { files: 5_000, cameras: 5_000 });
        settings.update::<SourceLimits>(|limits| limits.cameras = 9).unwrap();
        assert_eq!(settings.read::<SourceLimits>().unwrap(), SourceLimits { files: 5_000, cameras: 9 });
        let service =
            AiService { key: "sk-secret".to_owned(), url: "http://a".to_owned(), ..Default::default() };
        settings.write(&service).unwrap();
        assert_eq!(settings.read::<AiService>().unwrap(), service);
        assert!(!format!("{service:?}").contains("sk-secret"));
    }
}
