//! What was measured over time.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A part of the history, as columns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RangeView {
    /// Seconds between two values.
    pub(crate) step: u64,
    /// When each value begins, in seconds of Unix time; it holds for `step` seconds.
    pub(crate) times: Vec<i64>,
    /// By name, a value for each time; null where nothing is known.
    #[schema(value_type = BTreeMap<String, Vec<Option<f64>>>, example = json!({"viewers": [3, 4, null]}))]
    pub(crate) series: BTreeMap<String, Values>,
}

/// Numbers as short as they can be told: whole, or with three decimals.
#[derive(Debug)]
pub(crate) struct Values(pub(crate) Vec<f32>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|value| Value(*value)))
    }
}

struct Value(f32);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = (f64::from(self.0) * 1000.0).round() / 1000.0;
        match value {
            value if !value.is_finite() => serializer.serialize_none(),
            whole if whole.fract() == 0.0 && whole.abs() < 1e15 => serializer.serialize_i64(whole as i64),
            value => serializer.serialize_f64(value),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn values_are_short() {
        let values = Values(vec![3.0, 0.1, f32::NAN, 1e9, 2.0 / 3.0, -0.0, f32::INFINITY]);
        assert_eq!(serde_json::to_string(&values).unwrap(), "[3,0.1,null,1000000000,0.667,0,null]");
    }
}
