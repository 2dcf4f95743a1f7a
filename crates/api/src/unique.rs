//! Objects that have a key twice: readers disagree on which one counts, so neither does.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The path of a key in `json` that its object has twice: `ai.key`, `rules[0].name`. Nothing of what is no JSON, which others find.
pub(crate) fn repeated(json: &[u8]) -> Option<String> {
    let mut found = Vec::new();
    let walk = Walk { found: &mut found };
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found.reverse();
    let path = found.concat();
    (!path.is_empty()).then(|| path.trim_start_matches('.').chars().take(MOST).collect())
}

/// Where a key is twice, the way to it is written down while the walk goes back: what is sound costs no text.
struct Walk<'a> {
    /// From the key to the beginning.
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                self.found.push(format!(".{key}"));
                return Err(A::Error::custom("twice"));
            }
            if let Err(err) = map.next_value_seed(Walk { found: self.found }) {
                if !self.found.is_empty() {
                    self.found.push(format!(".{key}"));
                }
                return Err(err);
            }
            keys.insert(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            match list.next_element_seed(Walk { found: self.found }) {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(err) => {
                    if !self.found.is_empty() {
                        self.found.push(format!("[{index}]"));
                    }
                    return Err(err);
                }
            }
        }
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, value: A) -> Result<(), A::Error> {
        value.variant::<IgnoredAny>().map(drop)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Characters of a path that anybody wants to read.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_there_twice_is_found_wherever_it_is() {
        for (json, path) in [
            (r#"{"a":1,"b":null,"a":2}"#, "a"),
            (r#"{"a":{"b":1.5,"c":true,"b":"x"}}"#, "a.b"),
            (r#"{"a":[{"b":1},{"b":1,"\u0062":-1}]}"#, "a[1].b"),
            (r#"[[0,{"c":1,"c":1}]]"#, "[0][1].c"),
        ] {
            assert_eq!(repeated(json.as_bytes()).as_deref(), Some(path), "{json}");
        }
        for json in [r#"{"a":{"b":1},"b":{"a":[1,{"a":1}]}}"#, "{", "", "[[[", r#"{"a":"#] {
            assert_eq!(repeated(json.as_bytes()), None, "{json}");
        }
    }
}
