//! What resources look like in JSON, made from what they are.

mod access;
mod account;
mod certificate;
mod key;
mod log;
mod metrics;
mod probe;
mod settings;
mod stream;
mod system;
mod webhook;

use std::time::SystemTime;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

pub(crate) use access::{
    ActionView, AddressRuleView, AliasView, ChangedAlias, Effect, InviteToken, InviteView, InvitedView,
    NewAddressRule, NewAlias, NewGuarded, NewInvite, NewPass, PassView, PassesView,
};
pub(crate) use account::{
    ChangedUser, Confirmation, Credentials, FactorView, LoginView, MadeToken, NewFactor, NewPassword,
    NewToken, NewUser, SessionView, SetUp, SetupView, TokenView, UserView,
};
pub(crate) use certificate::{CertificateView, CertificatesView, NewCertificate, NewOrder, StepView};
pub(crate) use key::{ChangedKey, KeyView, KeysView, NewKey, Rotation};
pub(crate) use log::LogLineView;
pub(crate) use metrics::{RangeView, Values};
pub(crate) use probe::{AttemptView, HostView, ProbePorts, ProbeView, ProbedView};
pub(crate) use settings::{SettingsDocument, SettingsView};
pub(crate) use stream::{Jpeg, PlayerView, PublicStreamView, StreamView};
pub(crate) use system::{
    DeedView, DiskView, ListenerView, MachineView, ProcessView, SocketsView, SystemView, WarningView,
};
pub(crate) use webhook::{ChangedWebhook, DeliveryView, MadeWebhook, NewSecret, NewWebhook, WebhookView};

/// Part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// In a stable order.
    pub(crate) items: Vec<T>,
    /// Hand it in as `after` to get the next part; absent in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// RFC 3339, UTC, to the second.
pub(crate) fn time(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let at = at.replace_nanosecond(0).unwrap_or(at);
    // It fails only beyond the year 9999.
    at.format(&Rfc3339).unwrap_or_default()
}

/// RFC 3339, UTC, to the millisecond.
pub(crate) fn time_in_ms(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_rfc_3339() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_930_215_999);
        assert_eq!(time(at), "2026-11-29T05:30:15Z");
        let at = at + Duration::from_nanos(7);
        assert_eq!(time_in_ms(at), "2026-11-29T05:30:15.999Z");
    }
}
