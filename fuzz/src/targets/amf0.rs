//! Any bytes as an AMF0 value: what is read can be written and read again.

use bytes::BytesMut;
use container::amf0::Value;

pub fn run(data: &[u8]) {
    let Ok((value, used)) = Value::parse(data) else { return };
    assert!(used <= data.len());
    let mut written = BytesMut::new();
    value.write(&mut written);
    let (again, length) = Value::parse(&written).expect("what was written can be read");
    assert_eq!(length, written.len());
    // Compared as written, because a number may be NaN.
    let mut rewritten = BytesMut::new();
    again.write(&mut rewritten);
    assert_eq!(written, rewritten);
}
