//! What an admin sets.

use std::collections::BTreeMap;

use control::settings::{AiService, HlsChoice, PageTexts, SourceLimits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All settings, as they are set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(crate) struct SettingsDocument {
    pub(crate) hls: HlsDocument,
    pub(crate) pages: BTreeMap<String, String>,
    pub(crate) source_limits: SourceLimitsDocument,
    pub(crate) ai: AiDocument,
}

/// How HLS is served where apps have no settings of their own. What is absent is as the configuration says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HlsDocument {
    /// One playlist for all, which a CDN can cache; viewers are not known one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plain: Option<bool>,
    /// Segments of 2 s in a window of 16 s, else of 10 s in 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) short: Option<bool>,
}

/// The highest bit rates that sources may have, in kbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SourceLimitsDocument {
    /// Of files that are played as live streams.
    #[schema(minimum = 1)]
    pub(crate) files: u64,
    /// Of IP cameras.
    #[schema(minimum = 1)]
    pub(crate) cameras: u64,
}

/// Where the service for AI features is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AiDocument {
    /// Its secret; it can be set and is never told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(write_only)]
    pub(crate) key: Option<String>,
    /// Its base URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The organisation that is charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
}

/// All settings, and what comes of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsView {
    pub(crate) hls: HlsView,
    /// Texts of the pages: `title`, `icp` (the footer), and others.
    pub(crate) pages: BTreeMap<String, String>,
    pub(crate) source_limits: SourceLimitsDocument,
    pub(crate) ai: AiView,
}

/// How HLS is served where apps have no settings of their own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HlsView {
    /// One playlist is for all.
    pub(crate) plain: bool,
    /// Segments are short.
    pub(crate) short: bool,
    /// Which of these are set here, and not by the configuration.
    pub(crate) set: Vec<&'static str>,
}

/// Where the service for AI features is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AiView {
    /// There is a secret.
    pub(crate) key_set: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
}

impl Default for SourceLimitsDocument {
    fn default() -> SourceLimitsDocument {
        SourceLimits::default().into()
    }
}

impl From<SourceLimits> for SourceLimitsDocument {
    fn from(limits: SourceLimits) -> SourceLimitsDocument {
        SourceLimitsDocument { files: limits.files, cameras: limits.cameras }
    }
}

impl SettingsDocument {
    pub(crate) fn new(
        hls: HlsChoice,
        pages: PageTexts,
        limits: SourceLimits,
        ai: AiService,
    ) -> SettingsDocument {
        let text = |text: String| (!text.is_empty()).then_some(text);
        SettingsDocument {
            hls: HlsDocument { plain: hls.plain, short: hls.short },
            pages: pages.0,
            source_limits: limits.into(),
            ai: AiDocument { key: text(ai.key), url: text(ai.url), organization: text(ai.organization) },
        }
    }

    /// The texts of pages.
    pub(crate) fn pages(&self) -> PageTexts {
        PageTexts(self.pages.clone())
    }

    /// The limits of sources.
    pub(crate) fn source_limits(&self) -> SourceLimits {
        let SourceLimitsDocument { files, cameras } = self.source_limits;
        SourceLimits { files, cameras }
    }

    /// The service for AI features.
    pub(crate) fn ai(&self) -> AiService {
        let AiDocument { key, url, organization } = self.ai.clone();
        let text = |text: Option<String>| text.unwrap_or_default();
        AiService { key: text(key), url: text(url), organization: text(organization) }
    }

    /// What may be told of it; `plain` and `short` are what is in force.
    pub(crate) fn view(&self, plain: bool, short: bool) -> SettingsView {
        let set = [("plain", self.hls.plain), ("short", self.hls.short)];
        let set = set.into_iter().filter_map(|(name, value)| value.map(|_| name)).collect();
        let AiDocument { key, url, organization } = self.ai.clone();
        SettingsView {
            hls: HlsView { plain, short, set },
            pages: self.pages.clone(),
            source_limits: self.source_limits,
            ai: AiView { key_set: key.is_some(), url, organization },
        }
    }
}
