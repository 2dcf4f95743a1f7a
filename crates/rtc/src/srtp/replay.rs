//! Which reports have come before (RFC 3711 §3.3.2).

/// The last 64 indices of each sender. Only what is genuine may be asked about.
#[derive(Debug, Default)]
pub(super) struct Replay {
    senders: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    ssrc: u32,
    newest: u32,
    /// Bit n: `newest` - n has come.
    seen: u64,
}

impl Replay {
    /// Whether `index` of `ssrc` comes for the first time. What is too old to know has come before.
    pub(super) fn is_new(&mut self, ssrc: u32, index: u32) -> bool {
        let Some(window) = self.senders.iter_mut().find(|window| window.ssrc == ssrc) else {
            // One end has one SSRC for each track; who has more has the right keys and nothing to gain.
            if self.senders.len() >= MOST {
                self.senders.remove(0);
            }
            self.senders.push(Window { ssrc, newest: index, seen: 1 });
            return true;
        };
        if index > window.newest {
            let ahead = index - window.newest;
            window.seen = window.seen.checked_shl(ahead).unwrap_or(0) | 1;
            window.newest = index;
            return true;
        }
        let bit = 1u64.checked_shl(window.newest - index).unwrap_or(0);
        let new = bit != 0 && window.seen & bit == 0;
        window.seen |= bit;
        new
    }
}

const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_of_a_sender_comes_once_also_out_of_order() {
        let mut replay = Replay::default();
        for (index, new) in [
            (10, true),
            (10, false),
            (12, true),
            (11, true),
            (11, false),
            (200, true),
            (137, true),
            (136, false),
        ] {
            assert_eq!(replay.is_new(1, index), new, "{index}");
        }
        assert!(replay.is_new(2, 10), "of another sender");
        for ssrc in 0..1_000 {
            replay.is_new(ssrc, 1);
        }
        assert_eq!(replay.senders.len(), MOST);
    }
}
