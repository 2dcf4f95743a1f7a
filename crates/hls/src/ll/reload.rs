//! What a request for a playlist says it waits for, and whether that is there.
//!
//! Source: the draft, §6.2.5.

use media::Delta;

/// The delivery directives of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reload {
    /// `_HLS_msn`: the playlist has to have this segment, complete, or a later one.
    pub sequence: Option<u64>,
    /// `_HLS_part`: this part of that segment is enough.
    pub part: Option<usize>,
    /// `_HLS_skip`: the client knows the older segments.
    pub skip: bool,
}

/// Why a request makes no sense, in words for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadReload(pub &'static str);

/// How far a playlist goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edge {
    /// The segment that the next part belongs to; all before are complete.
    pub sequence: u64,
    /// How many parts of it there are.
    pub parts: usize,
    /// How many parts the segment before has.
    pub before: usize,
}

impl Reload {
    /// From the values of `_HLS_msn`, `_HLS_part` and `_HLS_skip`.
    ///
    /// Errs on numbers that are none, and on a part of no segment.
    pub fn parse(msn: Option<&str>, part: Option<&str>, skip: Option<&str>) -> Result<Reload, BadReload> {
        let sequence = msn.map(str::parse).transpose();
        let sequence = sequence.map_err(|_| BadReload("_HLS_msn must be a whole number"))?;
        let part =
            part.map(str::parse).transpose().map_err(|_| BadReload("_HLS_part must be a whole number"))?;
        if part.is_some() && sequence.is_none() {
            return Err(BadReload("_HLS_part needs _HLS_msn"));
        }
        Ok(Reload { sequence, part, skip: matches!(skip, Some("YES" | "v2")) })
    }
}

impl Edge {
    /// Whether a playlist that goes so far has what `reload` waits for.
    pub fn has(&self, reload: &Reload) -> bool {
        let Some(sequence) = reload.sequence else { return true };
        let Some(part) = reload.part else { return sequence < self.sequence };
        if sequence.checked_add(1) == Some(self.sequence) && part >= self.before {
            // A part beyond the last of its segment is the first of the next.
            return self.parts > 0;
        }
        sequence < self.sequence || sequence == self.sequence && part < self.parts
    }

    /// Whether `reload` waits for something so far ahead that it must be a mistake: more than two segments, or more parts
    /// than three seconds have, or three where parts are longer than a second.
    pub fn is_far_from(&self, reload: &Reload, part_target: Delta) -> bool {
        let Some(sequence) = reload.sequence else { return false };
        let limit = 3_000_000 / part_target.as_micros().clamp(1, 1_000_000);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // The last complete segment is the one before the edge's.
        if sequence > self.sequence.saturating_add(1) {
            return true;
        }
        let there = if sequence == self.sequence { self.parts } else { 0 };
        sequence >= self.sequence && reload.part.is_some_and(|part| part > there + limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(sequence: u64, part: impl Into<Option<usize>>) -> Reload {
        Reload { sequence: Some(sequence), part: part.into(), skip: false }
    }

    #[test]
    fn directives_are_read() {
        assert_eq!(Reload::parse(None, None, None), Ok(Reload::default()));
        assert_eq!(Reload::parse(Some("7"), None, None), Ok(wait(7, None)));
        assert_eq!(Reload::parse(Some("7"), Some("3"), Some("YES")), Ok(Reload { skip: true, ..wait(7, 3) }));
        assert_eq!(Reload::parse(None, None, Some("v2")), Ok(Reload { skip: true, ..Reload::default() }));
        assert_eq!(Reload::parse(None, None, Some("NO")), Ok(Reload::default()));
        for (msn, part) in [
            (Some("x"), None),
            (Some("-1"), None),
            (Some(""), None),
            (Some("7"), Some("x")),
            (None, Some("3")),
        ] {
            assert!(Reload::parse(msn, part, None).is_err(), "{msn:?} {part:?}");
        }
    }

    #[test]
    fn a_segment_is_there_when_it_is_complete() {
        let edge = Edge { sequence: 5, parts: 3, before: 12 };
        assert!(edge.has(&Reload::default()));
        assert!(edge.has(&wait(4, None)) && edge.has(&wait(0, None)));
        assert!(!edge.has(&wait(5, None)) && !edge.has(&wait(6, None)));
    }

    #[test]
    fn a_part_is_there_when_it_is_listed() {
        let edge = Edge { sequence: 5, parts: 3, before: 12 };
        assert!(edge.has(&wait(5, 2)) && !edge.has(&wait(5, 3)) && !edge.has(&wait(6, 0)));
        assert!(edge.has(&wait(4, 11)) && edge.has(&wait(3, 99)) && edge.has(&wait(0, 0)));
    }

    #[test]
    fn a_part_after_the_last_is_the_first_of_the_next_segment() {
        let mut edge = Edge { sequence: 5, parts: 0, before: 12 };
        assert!(edge.has(&wait(4, 11)) && !edge.has(&wait(4, 12)) && !edge.has(&wait(4, 13)));
        edge.parts = 1;
        assert!(edge.has(&wait(4, 12)) && edge.has(&wait(4, 13)));
    }

    #[test]
    fn who_asks_for_what_is_far_ahead_is_mistaken() {
        let edge = Edge { sequence: 5, parts: 3, before: 12 };
        let far = |reload| edge.is_far_from(&reload, Delta::millis(350));
        assert!(!far(wait(6, None)) && !far(wait(6, 0)) && far(wait(7, None)) && far(wait(7, 0)));
        assert!(!far(wait(5, 11)) && far(wait(5, 12)), "three seconds are eight parts");
        assert!(!far(wait(6, 8)) && far(wait(6, 9)));
        assert!(!far(wait(0, 99)) && !far(Reload::default()) && far(wait(u64::MAX, None)));
        assert!(
            !edge.is_far_from(&wait(5, 6), Delta::secs(2)) && edge.is_far_from(&wait(5, 7), Delta::secs(2))
        );
    }
}
