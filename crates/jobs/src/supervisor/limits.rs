//! How many may run at a time.

use std::collections::BTreeMap;

use control::settings::Subject;
use serde::{Deserialize, Serialize};

/// What somebody has set, by the names of kinds: for how many streams, or how often, jobs of them may run at a time. Others as their kinds say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits(pub BTreeMap<String, usize>);

impl Limits {
    /// The most that may be set.
    pub const MOST: usize = 10_000;
}

impl Subject for Limits {
    const KEY: &'static str = "settings/jobs";
}
