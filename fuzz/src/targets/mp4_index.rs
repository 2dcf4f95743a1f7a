//! Any bytes as a fragmented file: what is made of them lies within them, however they are torn. The first two bytes say where.

use std::io::Cursor;
use std::time::SystemTime;

use container::mp4::{ALIGNED, Index};

pub fn run(data: &[u8]) {
    let Some((&[high, low], file)) = data.split_first_chunk() else { return };
    let Ok(whole) = Index::read(&mut Cursor::new(file)) else { return };
    check(&whole, file);
    let torn = &file[..file.len() - usize::from(u16::from_be_bytes([high, low])).min(file.len())];
    if let Ok(index) = Index::read(&mut Cursor::new(torn)) {
        check(&index, torn);
    }
}

fn check(index: &Index, file: &[u8]) {
    assert!(index.damaged() <= index.intact() && index.intact() <= file.len() as u64);
    let _ = index.duration();
    let layout = index.layout(SystemTime::UNIX_EPOCH);
    assert_eq!(layout.length, file.len() as u64);
    assert_eq!(layout.head.len() % ALIGNED, 0);
}
