//! An FLV file in pieces: the tags are the same as in one piece. The first byte cuts.

use container::flv::Reader;

fn tags(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> (usize, bool) {
    let mut reader = Reader::new();
    let mut count = 0;
    for piece in pieces {
        reader.push(piece.as_ref());
        loop {
            match reader.next() {
                Ok(Some(_)) => count += 1,
                Ok(None) => break,
                Err(_) => return (count, true),
            }
        }
    }
    (count, false)
}

pub fn run(data: &[u8]) {
    let Some((cut, file)) = data.split_first() else { return };
    assert_eq!(tags(std::iter::once(file)), tags(file.chunks(usize::from(*cut).max(1))));
}
