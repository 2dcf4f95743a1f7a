//! Whether the server's ports can be reached.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbePorts {
    /// The name or IP address by which others are to reach the server; without it, the machine's own addresses alone are tried.
    #[schema(example = "live.example.com", max_length = 253)]
    pub(crate) host: Option<String>,
    /// The setup token, while nobody has an account.
    pub(crate) token: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbeView {
    /// What the server listens on.
    pub(crate) listeners: Vec<ProbedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<HostView>,
}

/// The name that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostView {
    pub(crate) name: String,
    /// What it stands for; empty when it is not known.
    pub(crate) addresses: Vec<String>,
    /// What that means.
    pub(crate) text: String,
}

/// One listener of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProbedView {
    #[schema(example = "rtmp")]
    pub(crate) protocol: &'static str,
    /// As in GET /api/v2/system.
    pub(crate) address: String,
    /// From the machine to itself.
    pub(crate) own: Vec<AttemptView>,
    /// At the addresses of the host.
    pub(crate) host: Vec<AttemptView>,
}

/// One connection that was tried.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    pub(crate) address: String,
    /// `reachable`, `refused`, `timed_out`, `unreachable`; `not_tried`, where that would lead to another machine of a private network.
    pub(crate) outcome: &'static str,
    /// What that means.
    pub(crate) text: String,
}
