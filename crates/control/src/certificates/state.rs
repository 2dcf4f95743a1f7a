//! What is in service and what was chosen.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::acme::{Failure, Order};
use super::pair::{Facts, Pem};
use super::{Own, schedule};
use crate::settings::Subject;

/// Where the certificate in service comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// There is none: handshakes fail.
    #[default]
    None,
    /// We have made it.
    SelfSigned,
    /// The settings name its files.
    Files,
    /// An operator has uploaded it.
    Uploaded,
    /// An authority has given it.
    Acme,
}

/// What there is, at one moment.
#[derive(Debug, Clone)]
pub struct View {
    /// Where the certificate in service comes from.
    pub source: Source,
    /// What it says.
    pub facts: Option<Facts>,
    /// What was ordered, if the certificate is to come from an authority.
    pub order: Option<Order>,
    /// An order is under way.
    pub ordering: bool,
    /// Why the last order came to nothing, if it did.
    pub failure: Option<Failure>,
    /// When it is to be renewed.
    pub renewal: Option<SystemTime>,
}

/// What is kept in the store. The texts are in files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub(super) chosen: Chosen,
    pub(super) order: Option<Order>,
    /// Orders in a row that came to nothing.
    pub(super) failures: u32,
    /// In seconds since 1970: no order is placed by itself before, also after a restart.
    pub(super) retry: Option<u64>,
}

impl Subject for Choice {
    const KEY: &'static str = "settings/certificate";
}

impl Choice {
    pub(super) fn not_before(&self) -> Option<SystemTime> {
        self.retry.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
    }
}

/// Which certificate is to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Chosen {
    #[default]
    Own,
    Uploaded,
    Acme,
}

impl Chosen {
    /// The file that it is kept in, if we keep it.
    pub(super) fn file(self) -> Option<&'static str> {
        match self {
            Chosen::Own => None,
            Chosen::Uploaded => Some("uploaded.json"),
            Chosen::Acme => Some("acme.json"),
        }
    }
}

impl From<Chosen> for Source {
    fn from(chosen: Chosen) -> Source {
        match chosen {
            Chosen::Own => Source::SelfSigned,
            Chosen::Uploaded => Source::Uploaded,
            Chosen::Acme => Source::Acme,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) source: Source,
    pub(super) pem: Option<Arc<Pem>>,
    pub(super) facts: Option<Facts>,
    pub(super) order: Option<Order>,
    pub(super) ordering: bool,
    pub(super) failure: Option<Failure>,
    pub(super) failures: u32,
    pub(super) not_before: Option<SystemTime>,
    /// What was ordered is not there.
    pub(super) missing: bool,
    /// When the authority wants it to be renewed, and until when that is to be believed.
    pub(super) window: Option<(SystemTime, SystemTime)>,
    pub(super) window_until: Option<SystemTime>,
    /// Counts what was chosen.
    pub(super) chosen: u64,
}

impl State {
    pub(super) fn show(&mut self, source: Source, pem: Pem, facts: Facts) {
        self.source = source;
        self.pem = Some(Arc::new(pem));
        self.facts = Some(facts);
        self.chosen += 1;
        (self.failure, self.failures, self.not_before, self.missing) = (None, 0, None, false);
        (self.window, self.window_until) = (None, None);
    }

    /// Shows what the showcase has itself.
    pub(super) fn own(&mut self, own: Option<Own>, now: SystemTime) {
        let Some(Own { pem, given }) = own else {
            (self.source, self.pem, self.facts) = (Source::None, None, None);
            return;
        };
        self.source = if given { Source::Files } else { Source::SelfSigned };
        self.facts = pem.read(now).ok();
        self.pem = Some(Arc::new(pem));
    }

    pub(super) fn forget_order(&mut self) {
        (self.order, self.failure, self.failures, self.not_before) = (None, None, 0, None);
        (self.window, self.window_until, self.missing) = (None, None, false);
    }

    /// When the certificate is to be ordered again, if it was ordered.
    pub(super) fn renewal(&self, now: SystemTime, spread: f64) -> Option<SystemTime> {
        self.order.as_ref()?;
        if self.source == Source::Files {
            return None;
        }
        let due = match (&self.facts, self.missing) {
            (Some(facts), false) if self.source == Source::Acme => {
                schedule::renewal(facts, self.window, spread)
            }
            _ if self.missing => now,
            // A first order that has failed: the operator has been told.
            _ => return None,
        };
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    pub(super) fn view(&self, now: SystemTime, spread: f64) -> View {
        View {
            source: self.source,
            facts: self.facts.clone(),
            order: self.order.clone(),
            ordering: self.ordering,
            failure: self.failure.clone(),
            renewal: self.renewal(now, spread),
        }
    }
}
