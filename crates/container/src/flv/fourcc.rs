//! Codecs by the names of enhanced RTMP, and sets of them.

use media::{Codec, Kind};

/// A codec as enhanced RTMP names it.
///
/// Source: E-RTMP v2, `VideoFourCc` and `AudioFourCc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum FourCc {
    Avc1,
    Hvc1,
    Av01,
    Vp09,
    Vp08,
    Mp4a,
    Opus,
    Flac,
    Ac3,
    Ec3,
    Mp3,
}

impl FourCc {
    /// All there are.
    pub const ALL: [FourCc; 11] = [
        FourCc::Avc1,
        FourCc::Hvc1,
        FourCc::Av01,
        FourCc::Vp09,
        FourCc::Vp08,
        FourCc::Mp4a,
        FourCc::Opus,
        FourCc::Flac,
        FourCc::Ac3,
        FourCc::Ec3,
        FourCc::Mp3,
    ];

    /// Of a track's codec; `None` for data.
    pub fn of(codec: &Codec) -> Option<FourCc> {
        match codec {
            Codec::H264(_) => Some(FourCc::Avc1),
            Codec::H265(_) => Some(FourCc::Hvc1),
            Codec::Av1(_) => Some(FourCc::Av01),
            Codec::Vp9(_) => Some(FourCc::Vp09),
            Codec::Vp8(_) => Some(FourCc::Vp08),
            Codec::Aac(_) => Some(FourCc::Mp4a),
            Codec::Opus(_) => Some(FourCc::Opus),
            Codec::Flac(_) => Some(FourCc::Flac),
            Codec::Ac3(_) => Some(FourCc::Ac3),
            Codec::Eac3(_) => Some(FourCc::Ec3),
            Codec::Mp3(_) => Some(FourCc::Mp3),
            _ => None,
        }
    }

    /// The four characters.
    pub const fn code(self) -> [u8; 4] {
        *match self {
            FourCc::Avc1 => b"avc1",
            FourCc::Hvc1 => b"hvc1",
            FourCc::Av01 => b"av01",
            FourCc::Vp09 => b"vp09",
            FourCc::Vp08 => b"vp08",
            FourCc::Mp4a => b"mp4a",
            FourCc::Opus => b"Opus",
            FourCc::Flac => b"fLaC",
            FourCc::Ac3 => b"ac-3",
            FourCc::Ec3 => b"ec-3",
            FourCc::Mp3 => b".mp3",
        }
    }

    /// The codec of `code`, exactly as in a tag.
    pub fn from_code(code: [u8; 4]) -> Option<FourCc> {
        FourCc::ALL.into_iter().find(|known| known.code() == code)
    }

    /// The codec that a peer announces as `name`: upper and lower case do not count, and `aac` is AAC, for the
    /// specification's own example of a list reads `"Hvc1", "Avc1", … "Aac"`.
    pub fn from_name(name: &str) -> Option<FourCc> {
        if name.eq_ignore_ascii_case("aac") {
            return Some(FourCc::Mp4a);
        }
        FourCc::ALL.into_iter().find(|known| name.as_bytes().eq_ignore_ascii_case(&known.code()))
    }

    /// What peers announce.
    pub const fn name(self) -> &'static str {
        match self {
            FourCc::Avc1 => "avc1",
            FourCc::Hvc1 => "hvc1",
            FourCc::Av01 => "av01",
            FourCc::Vp09 => "vp09",
            FourCc::Vp08 => "vp08",
            FourCc::Mp4a => "mp4a",
            FourCc::Opus => "Opus",
            FourCc::Flac => "fLaC",
            FourCc::Ac3 => "ac-3",
            FourCc::Ec3 => "ec-3",
            FourCc::Mp3 => ".mp3",
        }
    }

    /// The number that onMetaData has for it: the characters as a big-endian number.
    pub const fn number(self) -> u32 {
        u32::from_be_bytes(self.code())
    }

    /// Pictures or sound.
    pub const fn kind(self) -> Kind {
        match self {
            FourCc::Avc1 | FourCc::Hvc1 | FourCc::Av01 | FourCc::Vp09 | FourCc::Vp08 => Kind::Video,
            _ => Kind::Audio,
        }
    }

    /// Whether it has a number in the original FLV, which every player understands.
    pub const fn is_classic(self) -> bool {
        matches!(self, FourCc::Avc1 | FourCc::Mp4a | FourCc::Mp3)
    }
}

/// A set of codecs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FourCcs(u16);

impl FourCcs {
    /// None of them.
    pub const NONE: FourCcs = FourCcs(0);
    /// Every one that there is.
    pub const ALL: FourCcs = FourCcs((1 << FourCc::ALL.len()) - 1);

    /// Those of `kind`.
    pub fn of_kind(kind: Kind) -> FourCcs {
        FourCc::ALL.into_iter().filter(|code| code.kind() == kind).collect()
    }

    /// Those that the original FLV has.
    pub fn classic() -> FourCcs {
        FourCc::ALL.into_iter().filter(|code| code.is_classic()).collect()
    }

    /// Whether `code` is in it.
    pub const fn contains(self, code: FourCc) -> bool {
        self.0 & 1 << code as u16 != 0
    }

    /// Puts `code` in.
    pub const fn insert(&mut self, code: FourCc) {
        self.0 |= 1 << code as u16;
    }

    /// Takes `code` out.
    pub const fn remove(&mut self, code: FourCc) {
        self.0 &= !(1 << code as u16);
    }

    /// Those that are in both.
    pub const fn and(self, other: FourCcs) -> FourCcs {
        FourCcs(self.0 & other.0)
    }

    /// Those that are in one or the other.
    pub const fn or(self, other: FourCcs) -> FourCcs {
        FourCcs(self.0 | other.0)
    }

    /// Those that are not in it.
    pub const fn others(self) -> FourCcs {
        FourCcs(!self.0 & FourCcs::ALL.0)
    }

    /// A bit for each, stable while the program runs.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = FourCc> {
        FourCc::ALL.into_iter().filter(move |code| self.contains(*code))
    }
}

impl FromIterator<FourCc> for FourCcs {
    fn from_iter<T: IntoIterator<Item = FourCc>>(codes: T) -> FourCcs {
        let mut set = FourCcs::NONE;
        codes.into_iter().for_each(|code| set.insert(code));
        set
    }
}

impl std::fmt::Debug for FourCcs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(FourCc::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        assert_eq!(FourCc::Av01.number(), 1_635_135_537);
        assert_eq!(FourCc::Opus.number(), 1_332_770_163);
    }

    #[test]
    fn the_specifications_own_list_names_every_codec() {
        let list = ["av01", "vp09", "vp08", "Hvc1", "Avc1", "ac-3", "ec-3", "Opus", ".mp3", "fLaC", "Aac"];
        let set: FourCcs = list.iter().map(|name| FourCc::from_name(name).expect("known")).collect();
        assert_eq!(set, FourCcs::ALL);
        assert_eq!(FourCc::from_name("hev1"), None);
    }

    #[test]
    fn names_and_codes_are_the_same() {
        for code in FourCc::ALL {
            assert_eq!(code.name().as_bytes(), code.code());
            assert_eq!(FourCc::from_code(code.code()), Some(code));
        }
        assert_eq!(FourCc::from_code(*b"HVC1"), None, "in a tag the case counts");
    }

    #[test]
    fn sets() {
        let video = FourCcs::of_kind(Kind::Video);
        assert_eq!((video.iter().count(), video.others().iter().count()), (5, 6));
        assert_eq!(video.others(), FourCcs::of_kind(Kind::Audio));
        assert_eq!(video.and(FourCcs::classic()).iter().collect::<Vec<_>>(), [FourCc::Avc1]);
        assert_eq!(video.or(video.others()), FourCcs::ALL);
    }
}
