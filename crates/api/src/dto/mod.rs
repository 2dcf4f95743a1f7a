//! What resources look like in JSON, made from what they are.

mod access;
mod account;
mod certificate;
mod job;
mod key;
mod log;
mod metrics;
mod probe;
mod recording;
mod settings;
mod storage;
mod stream;
mod system;
mod webhook;

use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use control::moment::{milliseconds as time_in_ms, seconds as time};

pub(crate) use access::{
    ActionView, AddressRuleView, AliasView, ChangedAlias, Effect, InviteToken, InviteView, InvitedView,
    NewAddressRule, NewAlias, NewGuarded, NewInvite, NewPass, PassView, PassesView,
};
pub(crate) use account::{
    ChangedUser, Confirmation, Credentials, FactorView, LoginView, MadeToken, NewFactor, NewPassword,
    NewToken, NewUser, SessionView, SetUp, SetupView, TokenView, UserView,
};
pub(crate) use certificate::{CertificateView, CertificatesView, NewCertificate, NewOrder, StepView};
pub(crate) use job::{ChangedJob, ChangedJobKind, JobKindView, JobLineView, JobView, NewJob, StreamsView};
pub(crate) use key::{ChangedKey, KeyView, KeysView, NewKey, Rotation};
pub(crate) use log::LogLineView;
pub(crate) use metrics::{RangeView, Values};
pub(crate) use probe::{AttemptView, HostView, ProbePorts, ProbeView, ProbedView};
pub(crate) use recording::{
    ChangedRecording, KeepView, Mp4, NewClip, NewShare, PreviewsView, PublicRecordingView, RecordSwitch,
    RecordingView, ShareView, SpaceView,
};
pub(crate) use settings::{SettingsDocument, SettingsView};
pub(crate) use storage::{NewStorage, StorageTest, StorageView, UploadSwitch};
pub(crate) use stream::{Jpeg, PastStreamView, PlayerView, PublicStreamView, StreamView};
pub(crate) use system::{
    DeedView, DiskView, FfmpegView, ListenerView, MachineView, ProcessView, SocketsView, SystemView,
    WarningView,
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
