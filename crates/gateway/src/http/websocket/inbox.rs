//! What a client says: small control frames. Messages of its own are passed over.
//!
//! Source: RFC 6455 §5.2 to §5.5, §7.4.

use super::frame::{FIN, MAX_CONTROL};

/// Takes a client's bytes as they come. Holds one control frame at most.
#[derive(Debug)]
pub(super) struct Inbox {
    /// A frame's beginning: of a control frame all of it, of others the header.
    frame: [u8; MAX_HEADER + MAX_CONTROL],
    have: usize,
    /// What is still to come of a message that nobody reads.
    skip: u64,
    /// A message has begun whose last frame has not come.
    fragmented: bool,
}

/// What a client has said that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It wants the same payload back.
    Ping(Vec<u8>),
    /// It is there.
    Pong,
    /// It closes, with this code if it says one.
    Close(Option<u16>),
}

/// Why a client cannot stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("reserved bits are set")]
    Reserved,
    #[error("unknown opcode {0}")]
    Opcode(u8),
    #[error("frames from a client are masked")]
    Unmasked,
    #[error("a control frame is whole, and {MAX_CONTROL} bytes at most")]
    Control,
    #[error("a message is continued that has not begun, or another begins within it")]
    Order,
    #[error("not a close code")]
    CloseCode,
    #[error("nothing is read here; messages of {MAX_MESSAGE} bytes are the most")]
    TooBig,
    #[error("nothing is read here; this is too much")]
    TooMuch,
}

impl Violation {
    /// The close code that tells of it.
    pub(super) fn code(self) -> u16 {
        match self {
            Violation::TooBig => 1009,
            Violation::TooMuch => 1008,
            _ => 1002,
        }
    }
}

impl Inbox {
    pub(super) fn new() -> Inbox {
        Inbox { frame: [0; MAX_HEADER + MAX_CONTROL], have: 0, skip: 0, fragmented: false }
    }

    /// Takes `input` up to the end of the next control frame; `None` when all of it is taken and there was none.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Said>, Violation> {
        loop {
            let skipped = input.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            *input = &input[skipped..];
            self.skip -= skipped as u64;
            let need = self.need()?;
            let (taken, rest) = input.split_at(input.len().min(need - self.have));
            self.frame[self.have..self.have + taken.len()].copy_from_slice(taken);
            self.have += taken.len();
            *input = rest;
            if self.skip > 0 || self.have < need {
                return Ok(None);
            }
            // The header may tell of more.
            if self.have == self.need()?
                && let Some(said) = self.finish()?
            {
                return Ok(Some(said));
            }
        }
    }

    /// How many bytes there must be, as far as those that are there tell.
    fn need(&self) -> Result<usize, Violation> {
        let [first, second, ..] = self.frame;
        if self.have < 2 {
            return Ok(2);
        }
        if first & 0x70 != 0 {
            return Err(Violation::Reserved);
        }
        if !matches!(first & 15, 0..=2 | 8..=10) {
            return Err(Violation::Opcode(first & 15));
        }
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let size = usize::from(second & 0x7f);
        if first & CONTROL == 0 {
            return Ok(HEADER + [0, 2, 8][size.saturating_sub(MAX_CONTROL)]);
        }
        if first & FIN == 0 || size > MAX_CONTROL {
            return Err(Violation::Control);
        }
        Ok(HEADER + size)
    }

    /// A frame, or the header of one that is passed over, is complete.
    fn finish(&mut self) -> Result<Option<Said>, Violation> {
        let frame = &self.frame[..std::mem::take(&mut self.have)];
        let [first, second, rest @ ..] = frame else { return Ok(None) };
        if first & CONTROL == 0 {
            let continues = first & 15 == 0;
            if continues != self.fragmented {
                return Err(Violation::Order);
            }
            self.fragmented = first & FIN == 0;
            self.skip = match (second & 0x7f, rest) {
                (126, [high, low, ..]) => u16::from_be_bytes([*high, *low]).into(),
                (127, [a, b, c, d, e, f, g, h, ..]) => u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
                (size, _) => size.into(),
            };
            return if self.skip > MAX_MESSAGE { Err(Violation::TooBig) } else { Ok(None) };
        }
        let [m0, m1, m2, m3, masked @ ..] = rest else { return Ok(None) };
        let mask = [*m0, *m1, *m2, *m3];
        let payload: Vec<u8> =
            masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        Ok(Some(match first & 15 {
            9 => Said::Ping(payload),
            10 => Said::Pong,
            _ => Said::Close(close_code(&payload)?),
        }))
    }
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    match payload {
        [] => Ok(None),
        [high, low, ..] => match u16::from_be_bytes([*high, *low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
            _ => Err(Violation::CloseCode),
        },
        _ => Err(Violation::CloseCode),
    }
}

const MASKED: u8 = 0x80;
/// Of the opcode.
const CONTROL: u8 = 8;
/// Two bytes and the mask.
const HEADER: usize = 6;
const MAX_HEADER: usize = HEADER + 8;
/// Chatter; nobody has anything long to say to a player's server.
const MAX_MESSAGE: u64 = 64 << 10;

#[cfg(test)]
#[path = "inbox_test.rs"]
mod tests;
