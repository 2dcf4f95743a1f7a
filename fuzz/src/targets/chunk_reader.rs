//! Any bytes as RTMP chunks, in pieces: the messages are the same as in one piece. The first byte cuts.

use rtmp::Limits;
use rtmp::chunk::Reader;

fn messages(bytes: &[u8], cut: usize) -> (usize, bool) {
    let (mut reader, bounds) = (Reader::new(), Limits::default().publisher);
    let (mut count, mut held) = (0, Vec::new());
    for piece in bytes.chunks(cut.max(1)) {
        held.extend_from_slice(piece);
        let mut input = held.as_slice();
        loop {
            match reader.read(&mut input, &bounds) {
                Ok(Some(_)) => count += 1,
                Ok(None) => break,
                Err(_) => return (count, true),
            }
        }
        let used = held.len() - input.len();
        held.drain(..used);
    }
    (count, false)
}

pub fn run(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    assert_eq!(messages(bytes, bytes.len()), messages(bytes, usize::from(*cut)));
}
