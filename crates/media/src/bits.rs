//! Big-endian bits of headers and short records.

use crate::ParseError;

/// Reads bits from the highest of the first byte on; every read past the end is a `Truncated` error with the byte.
#[derive(Debug, Clone)]
pub struct Bits<'a> {
    what: &'static str,
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> Bits<'a> {
    /// Of `bytes`; `what` is the name that errors carry.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Bits<'a> {
        Bits { what, bytes, at: 0 }
    }

    /// The byte that the next bit is in.
    pub fn at(&self) -> usize {
        self.at / 8
    }

    /// The next `count` bits; of more than 32 the last 32 count.
    pub fn take(&mut self, count: u32) -> Result<u32, ParseError> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or(ParseError::truncated(self.what, self.at / 8))?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }

    /// The next `count` bits, at most 8.
    pub fn byte(&mut self, count: u32) -> Result<u8, ParseError> {
        Ok(self.take(count.min(8))? as u8)
    }

    /// The next bit.
    pub fn flag(&mut self) -> Result<bool, ParseError> {
        Ok(self.take(1)? == 1)
    }

    /// Passes over `count` bits, which must be there.
    pub fn skip(&mut self, count: usize) -> Result<(), ParseError> {
        let end = self.at.saturating_add(count);
        if end > self.bytes.len().saturating_mul(8) {
            return Err(ParseError::truncated(self.what, self.bytes.len()));
        }
        self.at = end;
        Ok(())
    }

    /// An unsigned Exp-Golomb code; errs beyond 32 bits. Source: H.264 §9.1, H.265 §9.2.
    pub fn ue(&mut self) -> Result<u32, ParseError> {
        let at = self.at();
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(ParseError::invalid(self.what, at));
            }
        }
        Ok((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Passes over an Exp-Golomb code, signed or not.
    pub fn skip_ue(&mut self, count: u32) -> Result<(), ParseError> {
        for _ in 0..count {
            self.ue()?;
        }
        Ok(())
    }

    /// The error that a forbidden value was read just now.
    pub fn invalid(&self) -> ParseError {
        ParseError::invalid(self.what, self.at.saturating_sub(1) / 8)
    }

    /// The error that what was read just now is something we do not speak.
    pub fn unsupported(&self) -> ParseError {
        ParseError::unsupported(self.what, self.at.saturating_sub(1) / 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_highest_first() {
        let mut bits = Bits::new("x", &[0b1010_0101, 0xff, 0x80]);
        assert_eq!((bits.take(3), bits.flag(), bits.take(8)), (Ok(5), Ok(false), Ok(0b0101_1111)));
        assert_eq!((bits.at(), bits.skip(4), bits.flag()), (1, Ok(()), Ok(true)));
        assert_eq!(bits.take(8), Err(ParseError::truncated("x", 3)));
        assert_eq!(Bits::new("x", &[0]).skip(9), Err(ParseError::truncated("x", 1)));
    }

    #[test]
    fn golomb_codes_up_to_32_bits() {
        let mut bits = Bits::new("x", &[0b1010_0110, 0b0100_0001, 0b0100_0000]);
        assert_eq!(
            [bits.ue(), bits.ue(), bits.ue(), bits.ue(), bits.ue()],
            [Ok(0), Ok(1), Ok(2), Ok(3), Ok(9)]
        );
        assert_eq!(Bits::new("x", &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]).ue(), Ok(u32::MAX - 1));
        assert!(Bits::new("x", &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]).ue().is_err());
    }
}
