//! What the entries of a store look like, by version, and how older ones become newer.
//!
//! How to add a version is in `docs/decisions/0031-migrations.md`.

use std::collections::BTreeMap;

use crate::{Error, check_key, check_value};

/// All versions there are: the first, and a step to each that followed.
#[derive(Debug)]
pub(crate) struct Schema {
    /// In order; the first leads from version [`FIRST`] to the next.
    pub(crate) steps: &'static [Step],
}

/// From one version to the next: changes entries so that the program of that version understands them.
///
/// It sees everything, entries that have expired among it, and either does all that there is to do or errs. It must not touch anything
/// else (no clock, no files): the same entries always become the same.
pub(crate) type Step = fn(&mut Entries) -> Result<(), Error>;

/// Everything in a store, by key.
pub(crate) type Entries = BTreeMap<String, Stored>;

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) value: Vec<u8>,
    /// When it expires, in ms since 1970; `None`: never.
    pub(crate) expires: Option<u64>,
}

/// The versions of this program.
pub(crate) static SCHEMA: Schema = Schema { steps: &[] };

/// The oldest version that there is in the field.
const FIRST: u64 = 1;

impl Schema {
    /// The newest version: what is written.
    pub(crate) fn version(&self) -> u64 {
        FIRST + self.steps.len() as u64
    }

    /// Whether entries of `version` can be read, as they are or after some steps.
    pub(crate) fn reads(&self, version: u64) -> bool {
        (FIRST..=self.version()).contains(&version)
    }

    /// Takes `entries` of the version `from`, which it [reads](Schema::reads), to the newest. After an error they are useless.
    pub(crate) fn migrate(&self, entries: &mut Entries, from: u64) -> Result<(), Error> {
        let done = usize::try_from(from.saturating_sub(FIRST)).unwrap_or(usize::MAX);
        for (step, version) in self.steps.iter().skip(done).zip(from..) {
            let broken = |source| Error::Step { from: version, to: version + 1, source: Box::new(source) };
            step(entries).map_err(broken)?;
            let fits = |(key, stored): (&String, &Stored)| {
                check_key(key).and_then(|()| check_value(key, &stored.value))
            };
            entries.iter().try_for_each(fits).map_err(broken)?;
        }
        Ok(())
    }
}
