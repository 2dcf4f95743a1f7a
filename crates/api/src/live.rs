//! What consoles show all the time, made once a second for all of them and only while somebody looks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hub::{Hub, StreamKey};
use tokio::time::Instant;

use crate::dto::StreamView;

/// Every stream as JSON, by its id, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// Counts up with each look that found something new.
    pub(crate) number: u64,
    pub(crate) by_id: BTreeMap<String, Arc<str>>,
    /// Of those that are not for everybody: which names are secrets, as of [`Hub::secrets_version`].
    secret: (u64, HashMap<StreamKey, bool>),
}

/// When somebody looked, and what there was.
type Look = (Instant, Arc<Streams>);

/// The last look at the hub. Owned by the API.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// For those who may see keys, which names may be; and for the others.
    last: [Mutex<Option<Look>>; 2],
}

impl Looks {
    /// The streams as they are, or were less than [`EVERY`] ago; with `all`, also those whose names are secrets.
    pub(crate) fn streams(&self, hub: &Hub, all: bool) -> Arc<Streams> {
        let mut last = self.last[usize::from(all)].lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((at, streams)) = &*last
            && now.duration_since(*at) < EVERY
        {
            return Arc::clone(streams);
        }
        let before = last.take().map(|(_, streams)| streams).unwrap_or_default();
        // Before the names are looked at: what changes meanwhile is looked at again.
        let version = hub.secrets_version();
        let known = (before.secret.0 == version).then_some(&before.secret.1);
        let mut secret = HashMap::new();
        let by_id = hub.streams().into_iter().filter_map(|info| {
            if !all {
                // Each name is compared with every key there is.
                let known = known.and_then(|known| known.get(&info.key)).copied();
                let hidden = known.unwrap_or_else(|| hub.is_secret(&info.key));
                secret.insert(info.key.clone(), hidden);
                if hidden {
                    return None;
                }
            }
            let view = StreamView::from(&info);
            let text = serde_json::to_string(&view).ok()?;
            // What has not changed is the same text, so that it can be told by its address.
            let known = before.by_id.get(&view.id).filter(|known| ***known == *text).cloned();
            Some((view.id, known.unwrap_or_else(|| text.into())))
        });
        let by_id: BTreeMap<_, _> = by_id.collect();
        let streams = Arc::new(Streams { number: before.number + 1, by_id, secret: (version, secret) });
        *last = Some((now, Arc::clone(&streams)));
        streams
    }
}

impl Streams {
    /// All of it, as the data of an event.
    pub(crate) fn snapshot(&self) -> String {
        format!(r#"{{"snapshot":true,"items":{}}}"#, list(self.by_id.values()))
    }

    /// What has changed since `before`, as the data of an event; `None` when nothing has.
    pub(crate) fn since(&self, before: &Streams) -> Option<String> {
        let changed = self
            .by_id
            .iter()
            .filter(|(id, text)| before.by_id.get(*id).is_none_or(|known| !Arc::ptr_eq(known, text)))
            .map(|(_, text)| text);
        let gone = before.by_id.keys().filter(|id| !self.by_id.contains_key(*id));
        let gone: Vec<Arc<str>> =
            gone.filter_map(|id| serde_json::to_string(id).ok()).map(Arc::from).collect();
        let changed: Vec<_> = changed.collect();
        if changed.is_empty() && gone.is_empty() {
            return None;
        }
        Some(format!(r#"{{"changed":{},"gone":{}}}"#, list(changed.into_iter()), list(gone.iter())))
    }
}

fn list<'a>(items: impl Iterator<Item = &'a Arc<str>>) -> String {
    let items: Vec<&str> = items.map(|item| &**item).collect();
    format!("[{}]", items.join(","))
}

/// How often somebody looks.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn streams(entries: &[(&str, &Arc<str>)]) -> Streams {
        let by_id = entries.iter().map(|(id, text)| ((*id).to_owned(), Arc::clone(text))).collect();
        Streams { number: 0, by_id, secret: Default::default() }
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let [one, two, other] = ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"].map(Arc::<str>::from);
        let before = streams(&[("a", &one), ("b\"", &two)]);
        assert_eq!(before.snapshot(), r#"{"snapshot":true,"items":[{"n":1},{"n":2}]}"#);
        assert_eq!(before.since(&before), None);
        let after = streams(&[("a", &one), ("c", &other)]);
        assert_eq!(after.since(&before).unwrap(), r#"{"changed":[{"n":3}],"gone":["b\""]}"#);
    }
}
