//! Opus. Source: RFC 6716 §3.2 (how frames lie in a packet), RFC 7587 (as RTP).

/// Two packets that follow each other as one, which any decoder takes apart again: a header less, and a call less for each player.
///
/// `None` unless both are of one frame, and of the same mode, bandwidth, length and channels.
pub fn join_opus(first: &[u8], second: &[u8]) -> Option<Vec<u8>> {
    let ((toc, first), (other, second)) = (first.split_first()?, second.split_first()?);
    if toc != other || toc & COUNT != ONE || first.len().max(second.len()) > LARGEST_FRAME {
        return None;
    }
    let mut out = Vec::with_capacity(3 + first.len() + second.len());
    if first.len() == second.len() {
        out.push(toc | TWO_ALIKE);
    } else {
        out.push(toc | TWO);
        // Of the second the packet's own length tells.
        match first.len() {
            short @ ..LONG => out.push(short as u8),
            long => {
                let low = LONG + (long - LONG) % 4;
                out.extend([low as u8, ((long - low) / 4) as u8]);
            }
        }
    }
    out.extend_from_slice(first);
    out.extend_from_slice(second);
    Some(out)
}

/// How many frames there are, and whether they are of one size (§3.2).
const COUNT: u8 = 0b11;
const ONE: u8 = 0;
const TWO_ALIKE: u8 = 1;
const TWO: u8 = 2;
/// From here on a length takes two bytes (§3.2.1).
const LONG: usize = 252;
const LARGEST_FRAME: usize = 1_275;
