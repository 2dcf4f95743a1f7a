//! The pictures that are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::StreamKey;

use super::Done;

/// A place for each stream and width that was asked for lately; bounded in number and bytes.
#[derive(Debug, Default)]
pub(super) struct Cache {
    places: Mutex<Places>,
}

/// Where the picture of one stream and width is, or is being made.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Held by whoever makes it.
    pub(super) done: tokio::sync::Mutex<Option<Done>>,
}

#[derive(Debug, Default)]
struct Places {
    map: HashMap<(StreamKey, u32), Place>,
    /// Counts up with each use.
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Place {
    slot: Arc<Slot>,
    bytes: usize,
    /// [`Places::uses`] when it was used last.
    used: u64,
}

impl Cache {
    /// The place of `key` at `width`, made where there is none; the one that was used longest ago goes for it.
    pub(super) fn slot(&self, key: &StreamKey, width: u32) -> Arc<Slot> {
        let mut places = self.places();
        places.uses += 1;
        let used = places.uses;
        let made = || Place { slot: Arc::default(), bytes: 0, used };
        let place = places.map.entry((key.clone(), width)).or_insert_with(made);
        place.used = used;
        let slot = Arc::clone(&place.slot);
        places.bound();
        slot
    }

    /// `slot` has a picture of so many bytes now.
    pub(super) fn filled(&self, key: &StreamKey, width: u32, slot: &Arc<Slot>, bytes: usize) {
        let mut places = self.places();
        let places = &mut *places;
        if let Some(place) = places.map.get_mut(&(key.clone(), width))
            && Arc::ptr_eq(&place.slot, slot)
        {
            places.bytes = places.bytes - place.bytes + bytes;
            place.bytes = bytes;
        }
        places.bound();
    }

    /// Keeps the pictures of those streams only of which `keeps` says so.
    pub(super) fn retain(&self, keeps: impl Fn(&StreamKey) -> bool) {
        let mut places = self.places();
        let places = &mut *places;
        places.map.retain(|(key, _), place| {
            let kept = keeps(key);
            if !kept {
                places.bytes -= place.bytes;
            }
            kept
        });
    }

    /// How many pictures there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places().map.len()
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn bound(&mut self) {
        while self.map.len() > MOST || self.bytes > MOST_BYTES {
            let oldest = self.map.iter().min_by_key(|(_, place)| place.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| self.map.remove(&key)) else { return };
            self.bytes -= gone.bytes;
        }
    }
}

/// Pictures, each of a stream and a width.
const MOST: usize = 256;
/// Of all of them.
const MOST_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(name: &str) -> StreamKey {
        StreamKey::new("live", name).unwrap()
    }

    #[test]
    fn there_is_one_place_for_a_stream_and_a_width() {
        let cache = Cache::default();
        let slot = cache.slot(&key("a"), 320);
        assert!(Arc::ptr_eq(&slot, &cache.slot(&key("a"), 320)));
        assert!(!Arc::ptr_eq(&slot, &cache.slot(&key("a"), 640)));
        assert!(!Arc::ptr_eq(&slot, &cache.slot(&key("b"), 320)));
        cache.retain(|stream| *stream != key("a"));
        assert!(!Arc::ptr_eq(&slot, &cache.slot(&key("a"), 320)));
    }

    #[test]
    fn pictures_used_longest_ago_go_when_there_are_too_many() {
        let cache = Cache::default();
        let first = cache.slot(&key("first"), 16);
        for number in 1..MOST {
            cache.slot(&key(&number.to_string()), 16);
        }
        assert!(Arc::ptr_eq(&first, &cache.slot(&key("first"), 16)));
        cache.slot(&key("one-more"), 16);
        assert_eq!(cache.places().map.len(), MOST);
        assert!(Arc::ptr_eq(&first, &cache.slot(&key("first"), 16)), "used lately");
        assert!(!cache.places().map.contains_key(&(key("1"), 16)));
    }

    #[test]
    fn pictures_go_when_they_weigh_too_much_and_are_counted_off() {
        let cache = Cache::default();
        let fill = |name: &str, bytes| {
            let slot = cache.slot(&key(name), 16);
            cache.filled(&key(name), 16, &slot, bytes);
            slot
        };
        let held = || {
            let places = cache.places();
            (places.map.len(), places.bytes)
        };
        fill("a", MOST_BYTES / 2);
        fill("b", MOST_BYTES / 2);
        assert_eq!(held(), (2, MOST_BYTES));
        fill("a", MOST_BYTES / 2);
        let gone = fill("c", 1);
        assert_eq!(held(), (2, MOST_BYTES / 2 + 1));
        cache.retain(|stream| *stream == key("a"));
        assert_eq!(cache.places().bytes, MOST_BYTES / 2);
        cache.filled(&key("c"), 16, &gone, 9);
        assert_eq!(cache.places().bytes, MOST_BYTES / 2, "what has no place any more does not count");
    }
}
