#![allow(clippy::unwrap_used)]

use media::parse::Problem;
use proptest::prelude::*;

use super::*;

fn written(value: &Value) -> BytesMut {
    let mut out = BytesMut::new();
    value.write(&mut out);
    out
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-1e15..1e15f64).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        "\\PC{0,20}".prop_map(Value::String),
        ((0.0..1e13f64), any::<i16>()).prop_map(|(millis, zone)| Value::Date(millis, zone)),
        Just(Value::Null),
        Just(Value::Undefined),
        Just(Value::Unsupported),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let object = prop::collection::vec(("\\PC{0,8}", inner.clone()), 0..8).prop_map(Object);
        prop_oneof![
            object.clone().prop_map(Value::Object),
            object.prop_map(Value::EcmaArray),
            prop::collection::vec(inner, 0..8).prop_map(Value::StrictArray),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_round_trips_and_takes_what_it_wrote(value in values(), tail in any::<[u8; 3]>()) {
        let mut bytes = written(&value);
        let size = bytes.len();
        bytes.put_slice(&tail);
        prop_assert_eq!(Value::parse(&bytes).unwrap(), (value, size));
    }

    #[test]
    fn cut_values_never_panic_nor_read_past_the_cut(value in values()) {
        let bytes = written(&value);
        for end in 0..bytes.len() {
            if let Ok((cut, taken)) = Value::parse(&bytes[..end]) {
                prop_assert!(taken <= end);
                prop_assert!(cut.as_object().is_some() || matches!(cut, Value::StrictArray(_)), "only the end of an object may be missing");
            }
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Value::parse(&bytes);
    }
}

#[test]
fn bytes_are_those_of_the_specification() {
    let value = Value::EcmaArray(Object::default().with("ab", 1.0).with("c", true));
    let expected = b"\x08\0\0\0\x02\0\x02ab\0\x3f\xf0\0\0\0\0\0\0\0\x01c\x01\x01\0\0\x09";
    assert_eq!(written(&value).as_ref(), expected);
    assert_eq!(written(&"live".into()).as_ref(), b"\x02\0\x04live");
}

#[test]
fn the_length_chooses_the_form_of_a_string() {
    for size in [65_535, 65_536] {
        let value = Value::String("x".repeat(size));
        let bytes = written(&value);
        assert_eq!(bytes[0], if size > 65_535 { marker::LONG_STRING } else { marker::STRING });
        assert_eq!(Value::parse(&bytes).unwrap(), (value, bytes.len()));
    }
}

#[test]
fn a_name_too_long_is_cut_between_characters() {
    let bytes = written(&Object::default().with(&"é".repeat(40_000), 1.0).into());
    let (value, taken) = Value::parse(&bytes).unwrap();
    assert_eq!(taken, bytes.len());
    assert_eq!(value.as_object().unwrap().0[0].0, "é".repeat(32_767));
}

#[test]
fn order_is_kept_and_the_first_of_a_name_counts() {
    let object = Object::default().with("z", 1.0).with("a", 2.0).with("z", 3.0);
    let (value, _) = Value::parse(&written(&object.clone().into())).unwrap();
    assert_eq!(value.as_object().unwrap(), &object);
    assert_eq!(object.find("z"), Some(&Value::Number(1.0)));
}

#[test]
fn a_missing_end_marker_is_tolerated_at_the_end_only() {
    let object = Object::default().with("a", 1.0);
    let bytes = written(&object.clone().into());
    let end = bytes.len();
    assert_eq!(Value::parse(&bytes[..end - 3]).unwrap(), (object.into(), end - 3));
    assert!(Value::parse(&bytes[..end - 2]).is_err());
    assert!(Value::parse(&bytes[..end - 1]).is_err());
    assert!(Value::parse(&bytes[..end - 4]).is_err());
}

#[test]
fn a_count_is_a_claim_not_an_allocation() {
    let error = Value::parse(&[marker::STRICT_ARRAY, 0xff, 0xff, 0xff, 0xff]).unwrap_err();
    assert_eq!(error.problem, Problem::Truncated);
    let ecma = Value::parse(b"\x08\xff\xff\xff\xff\0\x01a\x05\0\0\x09").unwrap();
    assert_eq!(ecma.0, Value::EcmaArray(Object::default().with("a", Value::Null)));
}

#[test]
fn depth_and_number_are_bounded() {
    let nest = |levels: usize| [marker::STRICT_ARRAY, 0, 0, 0, 1].repeat(levels);
    let mut deep = nest(MAX_DEPTH);
    deep.push(marker::NULL);
    assert!(Value::parse(&deep).is_ok());
    assert_eq!(Value::parse(&nest(100_000)).unwrap_err().problem, Problem::TooLarge);

    let mut wide = vec![marker::STRICT_ARRAY];
    wide.extend(100_000u32.to_be_bytes());
    wide.resize(100_005, marker::NULL);
    assert_eq!(Value::parse(&wide).unwrap_err().problem, Problem::TooLarge);
}

#[test]
fn what_is_left_out_is_unsupported_and_the_rest_invalid() {
    for left_out in [marker::MOVIE_CLIP, marker::RECORD_SET, marker::AVMPLUS] {
        assert_eq!(Value::parse(&[left_out]).unwrap_err().problem, Problem::Unsupported);
    }
    assert_eq!(Value::parse(&[0x12]).unwrap_err().problem, Problem::Invalid);
    assert_eq!(Value::parse(&[marker::OBJECT_END]).unwrap_err().problem, Problem::Invalid);
    assert_eq!(Value::parse(&[]).unwrap_err().problem, Problem::Truncated);
}

#[test]
fn rare_forms_are_read_as_their_plain_ones() {
    assert_eq!(Value::parse(b"\x0f\0\0\0\x02<a").unwrap().0, "<a".into());
    assert_eq!(
        Value::parse(b"\x10\0\x01K\0\x01a\x05\0\0\x09").unwrap().0,
        Object::default().with("a", Value::Null).into()
    );
    assert_eq!(Value::parse(b"\x07\0\x01").unwrap(), (Value::Undefined, 3));
    assert_eq!(Value::parse(b"\x02\0\x02\xff!").unwrap().0, "\u{fffd}!".into());
}
