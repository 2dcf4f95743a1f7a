//! Any bytes as an Annex B stream: the units found lie in it one after the other, and written again they are found again.

use container::annexb;

pub fn run(data: &[u8]) {
    let mut payload = Vec::new();
    let mut end = 0;
    for unit in annexb::units(data) {
        assert!(end < unit.start && unit.start < unit.end && unit.end <= data.len());
        end = unit.end;
        payload.extend_from_slice(&u32::try_from(unit.len()).expect("inputs are small").to_be_bytes());
        payload.extend_from_slice(&data[unit]);
    }
    let mut written = Vec::new();
    annexb::write(&payload, None, &mut written);
    let found = annexb::units(&written).skip(1).map(|unit| &written[unit]);
    assert!(found.eq(annexb::units(data).map(|unit| &data[unit])), "behind the delimiter, the same units");
}
