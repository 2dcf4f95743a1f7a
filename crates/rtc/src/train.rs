//! Datagrams that leave together.

use std::net::SocketAddr;

use crate::Transport;

/// Datagrams to one address, back to back as they are to leave.
#[derive(Debug, Default)]
pub struct Train {
    pub(crate) bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
    /// Those that have left.
    left: usize,
}

/// The way that a [`Train`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Over what.
    pub via: Transport,
    /// The candidate it leaves from.
    pub from: SocketAddr,
    /// Where to.
    pub to: SocketAddr,
}

impl Train {
    /// Makes room for `count` datagrams of `bytes` together.
    pub(crate) fn reserve(&mut self, count: usize, bytes: usize) {
        self.bytes.reserve(bytes);
        self.ends.reserve(count);
    }

    /// What was written behind the last datagram is one.
    pub(crate) fn close(&mut self) {
        if self.bytes.len() > self.end() {
            self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        }
    }

    fn end(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    /// Takes the first one away.
    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        let first = self.datagrams().next().map(<[u8]>::to_vec);
        match first {
            Some(_) => self.left += 1,
            None => self.clear(),
        }
        first
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.left = 0;
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.left >= self.ends.len()
    }

    /// One after the other.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        self.runs(1, 0).map(|(bytes, _)| bytes)
    }

    /// Divided into runs of at most `most` datagrams and, beyond the first, `bytes` bytes, with the size of all in one but the last, which
    /// may be shorter: what one call sends, where the system segments (UDP GSO).
    pub fn runs(&self, most: usize, bytes: usize) -> Runs<'_> {
        Runs { train: self, next: self.left, most, bytes }
    }
}

/// A single one.
impl From<Vec<u8>> for Train {
    fn from(datagram: Vec<u8>) -> Train {
        let mut train = Train { bytes: datagram, ..Train::default() };
        train.close();
        train
    }
}

/// See [`Train::runs`].
#[derive(Debug)]
pub struct Runs<'a> {
    train: &'a Train,
    /// Index of a datagram.
    next: usize,
    most: usize,
    bytes: usize,
}

impl<'a> Iterator for Runs<'a> {
    type Item = (&'a [u8], usize);

    fn next(&mut self) -> Option<(&'a [u8], usize)> {
        let ends = self.train.ends.get(self.next..).filter(|ends| !ends.is_empty())?;
        let before = self.next.checked_sub(1).and_then(|before| self.train.ends.get(before));
        let start = before.map_or(0, |end| *end as usize);
        let (mut end, mut count, mut segment) = (start, 0, 0);
        for next in ends.iter().map(|end| *end as usize) {
            let size = next - end;
            let fits = size <= segment && count < self.most && next - start <= self.bytes;
            if count > 0 && !fits {
                break;
            }
            (segment, end, count) = (segment.max(size), next, count + 1);
            if size < segment {
                break;
            }
        }
        self.next += count;
        Some((self.train.bytes.get(start..end)?, segment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn train(sizes: &[usize]) -> Train {
        let mut train = Train::default();
        for size in sizes {
            train.bytes.resize(train.bytes.len() + size, 7);
            train.close();
        }
        train
    }

    fn runs(sizes: &[usize], most: usize, bytes: usize) -> Vec<(usize, usize)> {
        train(sizes).runs(most, bytes).map(|(bytes, segment)| (bytes.len(), segment)).collect()
    }

    #[test]
    fn what_is_alike_leaves_together_with_a_shorter_one_behind() {
        assert_eq!(runs(&[100, 100, 60, 100, 100], 64, 60_000), [(260, 100), (200, 100)]);
        assert_eq!(runs(&[60, 100, 100, 120], 64, 60_000), [(60, 60), (200, 100), (120, 120)]);
        assert_eq!(runs(&[100; 5], 2, 60_000), [(200, 100), (200, 100), (100, 100)]);
        assert_eq!(runs(&[100; 5], 64, 350), [(300, 100), (200, 100)]);
        assert_eq!(runs(&[900, 900], 64, 350), [(900, 900), (900, 900)]);
        assert_eq!(runs(&[], 64, 350), []);
    }

    #[test]
    fn what_is_empty_is_no_datagram() {
        let mut train = train(&[5, 0, 3]);
        assert_eq!(train.datagrams().map(<[u8]>::len).collect::<Vec<_>>(), [5, 3]);
        assert_eq!(train.pop(), Some(vec![7; 5]));
        assert_eq!(train.datagrams().map(<[u8]>::len).collect::<Vec<_>>(), [3]);
        assert_eq!((train.pop(), train.pop(), train.is_empty()), (Some(vec![7; 3]), None, true));
    }
}
