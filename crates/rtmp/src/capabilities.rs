//! What either end says that it takes of enhanced RTMP.
//!
//! Source: E-RTMP v2, "Enhancing NetConnection connect Command".

use container::amf0::{Object, Value};
use container::flv::{FourCc, FourCcs};
use media::Kind;

/// What a peer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The codecs that it can play or pass on.
    pub codecs: FourCcs,
    /// It has said which of sound those are. If not, `codecs` has all, and that is a guess.
    pub names_sound: bool,
    /// It understands a request to reconnect.
    pub reconnect: bool,
    /// It takes several tracks of a kind.
    pub multitrack: bool,
    /// It can read past modifiers that it does not know.
    pub mod_ex: bool,
    /// It takes timestamps of nanoseconds.
    pub nano_offset: bool,
}

impl Capabilities {
    /// Of a peer that announces nothing. Most players do not, whatever they can play: so no codec is kept from them.
    pub const UNANNOUNCED: Capabilities = Capabilities {
        codecs: FourCcs::ALL,
        names_sound: false,
        reconnect: false,
        multitrack: false,
        mod_ex: false,
        nano_offset: false,
    };

    /// All there is: what we take.
    pub const ALL: Capabilities = Capabilities {
        codecs: FourCcs::ALL,
        names_sound: true,
        reconnect: true,
        multitrack: true,
        mod_ex: true,
        nano_offset: true,
    };

    /// What `object` announces: the one of `connect`, or of the answer to it. `None` when it says nothing of enhanced RTMP.
    ///
    /// A codec is taken when the list or the map of its kind has it, or `*`; in the map the peer must be able to decode or
    /// to forward it. Those of the original FLV need not be announced, and are only not taken when the map says so. Of a
    /// kind of which nothing is said everything is taken.
    pub fn announced(object: &Object) -> Option<Capabilities> {
        let list = object.find("fourCcList").map(strings);
        let video = object.find("videoFourCcInfoMap").and_then(Value::as_object);
        let audio = object.find("audioFourCcInfoMap").and_then(Value::as_object);
        let caps = object.find("capsEx").and_then(Value::as_f64);
        if list.is_none() && video.is_none() && audio.is_none() && caps.is_none() {
            return None;
        }
        // A number that is none has no bits; one that is too large has all.
        let caps = caps.unwrap_or(0.0) as u32;
        let names_sound = list.is_some() || audio.is_some();
        let codecs = [(Kind::Video, video), (Kind::Audio, audio)].map(|(kind, map)| {
            let all = FourCcs::of_kind(kind);
            if list.is_none() && map.is_none() {
                return all;
            }
            let listed = list.iter().flatten().map(|name| (*name, true));
            let mapped = map.into_iter().flat_map(|map| &map.0).map(|(name, mask)| (&**name, plays(mask)));
            let mut taken = FourCcs::classic();
            for (name, plays) in listed.chain(mapped) {
                match (name, FourCc::from_name(name)) {
                    ("*", _) if plays => return all,
                    (_, Some(code)) if plays => taken.insert(code),
                    (_, Some(code)) => taken.remove(code),
                    _ => {}
                }
            }
            taken.and(all)
        });
        let [video, audio] = codecs;
        Some(Capabilities {
            codecs: video.or(audio),
            names_sound,
            reconnect: caps & RECONNECT != 0,
            multitrack: caps & MULTITRACK != 0,
            mod_ex: caps & MOD_EX != 0,
            nano_offset: caps & NANO_OFFSET != 0,
        })
    }

    /// Appends what it announces of itself, as both versions of the specification have it: we forward, and neither decode nor encode.
    pub(crate) fn announce(&self, object: &mut Object) {
        let list = self.codecs.iter().map(|code| code.name().into()).collect();
        object.push("fourCcList", Value::StrictArray(list));
        for (name, kind) in [("videoFourCcInfoMap", Kind::Video), ("audioFourCcInfoMap", Kind::Audio)] {
            let mut map = Object::default();
            for code in self.codecs.and(FourCcs::of_kind(kind)).iter() {
                map.push(code.name(), f64::from(CAN_FORWARD));
            }
            object.push(name, map);
        }
        let flags = [
            (self.reconnect, RECONNECT),
            (self.multitrack, MULTITRACK),
            (self.mod_ex, MOD_EX),
            (self.nano_offset, NANO_OFFSET),
        ];
        let caps: u32 = flags.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum();
        object.push("capsEx", f64::from(caps));
    }
}

fn strings(list: &Value) -> Vec<&str> {
    match list {
        Value::StrictArray(values) => values.iter().filter_map(Value::as_str).take(MOST_NAMES).collect(),
        // Some write an array with names as keys "0", "1", ….
        Value::Object(object) | Value::EcmaArray(object) => {
            object.0.iter().filter_map(|(_, value)| value.as_str()).take(MOST_NAMES).collect()
        }
        Value::String(name) => vec![name],
        _ => Vec::new(),
    }
}

/// Whether flags of `FourCcInfoMask` mean that the peer has a use for the codec.
fn plays(mask: &Value) -> bool {
    mask.as_f64().is_some_and(|mask| mask as u32 & (CAN_DECODE | CAN_FORWARD) != 0)
}

/// `CapsExMask`.
const RECONNECT: u32 = 1;
const MULTITRACK: u32 = 2;
const MOD_EX: u32 = 4;
const NANO_OFFSET: u32 = 8;

/// `FourCcInfoMask`; 2 is encoding.
const CAN_DECODE: u32 = 1;
const CAN_FORWARD: u32 = 4;

/// There are eleven codecs.
const MOST_NAMES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(object: Object) -> Capabilities {
        Capabilities::announced(&object).expect("something is said")
    }

    fn list(names: &[&str]) -> Value {
        Value::StrictArray(names.iter().map(|name| (*name).into()).collect())
    }

    fn names(codecs: FourCcs) -> Vec<&'static str> {
        codecs.iter().map(FourCc::name).collect()
    }

    #[test]
    fn what_we_announce_is_understood() {
        let mut object = Object::default();
        Capabilities::ALL.announce(&mut object);
        assert_eq!(announced(object), Capabilities::ALL);
        assert_eq!(Capabilities::announced(&Object::default().with("app", "live")), None);
    }

    #[test]
    fn a_list_adds_to_what_everybody_takes() {
        let codecs = announced(Object::default().with("fourCcList", list(&["hvc1", "av01", "nope"]))).codecs;
        assert_eq!(names(codecs), ["avc1", "hvc1", "av01", "mp4a", ".mp3"]);
        assert_eq!(announced(Object::default().with("fourCcList", list(&["*"]))).codecs, FourCcs::ALL);
        assert_eq!(names(announced(Object::default().with("fourCcList", list(&[]))).codecs).len(), 3);
    }

    /// The specification's own examples.
    #[test]
    fn maps_say_what_is_played_and_what_is_only_encoded() {
        let video = Object::default().with("*", 4.0).with("vp09", 3.0);
        assert_eq!(
            announced(Object::default().with("videoFourCcInfoMap", video)).codecs,
            FourCcs::ALL,
            "nothing is said of sound"
        );
        let video = Object::default().with("vp09", 1.0).with("av01", 2.0).with("avc1", 2.0);
        let audio = Object::default().with("Opus", 3.0);
        let both = Object::default().with("videoFourCcInfoMap", video).with("audioFourCcInfoMap", audio);
        assert_eq!(names(announced(both).codecs), ["vp09", "mp4a", "Opus", ".mp3"]);
    }

    #[test]
    fn flags_are_bits() {
        let caps = |number: f64| announced(Object::default().with("capsEx", number));
        let reconnects = Capabilities { reconnect: true, multitrack: true, ..Capabilities::UNANNOUNCED };
        assert_eq!(caps(3.0), reconnects);
        assert_eq!(caps(0.0), Capabilities::UNANNOUNCED);
        for odd in [f64::NAN, -1.0, f64::NEG_INFINITY] {
            assert_eq!(caps(odd), Capabilities::UNANNOUNCED);
        }
    }
}
