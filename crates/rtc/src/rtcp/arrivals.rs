//! When packets came, of all tracks together.

/// Of packets that follow each other, which came and when (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
#[derive(Debug, Clone)]
pub struct Arrivals<'a> {
    sequence: u16,
    left: usize,
    chunks: &'a [u8],
    /// Symbols of the chunk that is being read.
    symbols: Symbols,
    deltas: &'a [u8],
    /// Microseconds.
    time: i64,
}

/// A packet, and when it came, in microseconds on the receiver's clock, which wraps after 12 days.
pub type Arrival = (u16, Option<i64>);

#[derive(Debug, Clone, Copy)]
enum Symbols {
    Run {
        symbol: u8,
        left: u16,
    },
    /// Of `bits` bits each, the first at the top.
    Vector {
        rest: u16,
        bits: u32,
        left: u16,
    },
}

impl Symbols {
    const NONE: Symbols = Symbols::Run { symbol: 0, left: 0 };

    fn of(chunk: u16) -> Symbols {
        match chunk >> 14 {
            0 | 1 => Symbols::Run { symbol: (chunk >> 13 & 3) as u8, left: chunk & 0x1fff },
            2 => Symbols::Vector { rest: chunk << 2, bits: 1, left: 14 },
            _ => Symbols::Vector { rest: chunk << 2, bits: 2, left: 7 },
        }
    }

    fn count(self) -> u16 {
        match self {
            Symbols::Run { left, .. } | Symbols::Vector { left, .. } => left,
        }
    }

    fn next(&mut self) -> Option<u8> {
        match self {
            Symbols::Run { left: 0, .. } | Symbols::Vector { left: 0, .. } => None,
            Symbols::Run { symbol, left } => {
                *left -= 1;
                Some(*symbol)
            }
            Symbols::Vector { rest, bits, left } => {
                *left -= 1;
                let symbol = *rest >> (16 - *bits);
                *rest <<= *bits;
                Some(symbol as u8)
            }
        }
    }
}

impl<'a> Arrivals<'a> {
    /// Of the body of a report, behind the SSRCs.
    pub(super) fn new(body: &'a [u8]) -> Option<Arrivals<'a>> {
        let (head, rest) = body.split_first_chunk::<8>()?;
        let [a, b, c, d, e, f, g, _] = *head;
        let count = usize::from(u16::from_be_bytes([c, d]));
        // 24 bits with a sign, of 64 ms.
        let reference = i64::from(i32::from_be_bytes([e, f, g, 0]) >> 8);
        let mut covered = 0;
        let chunks = rest.chunks_exact(2).take_while(|chunk| {
            let goes_on = covered < count;
            covered += usize::from(Symbols::of(word(chunk)).count());
            goes_on
        });
        let (chunks, deltas) = rest.split_at_checked(2 * chunks.count())?;
        Some(Arrivals {
            sequence: u16::from_be_bytes([a, b]),
            left: count.min(MOST),
            chunks,
            symbols: Symbols::NONE,
            deltas,
            time: reference * 64_000,
        })
    }

    fn symbol(&mut self) -> Option<u8> {
        loop {
            if let Some(symbol) = self.symbols.next() {
                return Some(symbol);
            }
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.symbols = Symbols::of(u16::from_be_bytes(*chunk));
        }
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        let delta = match self.symbol()? {
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                Some(i64::from(*delta))
            }
            2 => {
                let (delta, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                Some(i64::from(i16::from_be_bytes(*delta)))
            }
            _ => None,
        };
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let arrival = delta.map(|quarters| {
            self.time += quarters * 250;
            self.time
        });
        Some((sequence, arrival))
    }
}

fn word(chunk: &[u8]) -> u16 {
    chunk.first_chunk().map_or(0, |chunk| u16::from_be_bytes(*chunk))
}

/// Packets of one report: more than anybody sends between two of them.
pub(crate) const MOST: usize = 4_096;
