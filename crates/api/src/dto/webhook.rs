//! Who is asked and told of what happens, and what came of it.

use control::hooks::{Ask, Cause, Delivery, Dialect, Health, Kind, Otherwise, Standing, State, Target};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{time, time_in_ms};

/// A receiver of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    /// `oryx` is that of scripts for Oryx.
    pub(crate) id: String,
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// Where it is, without the name and password that scripts for Oryx may have put there.
    pub(crate) url: String,
    /// How it is spoken to: `sluice`, signed; or `oryx`, as Oryx does.
    pub(crate) dialect: &'static str,
    /// What it is told of: `on_publish`, `on_unpublish`, `on_play`, `on_stop`, `on_record_begin`, `on_record_end`; empty: everything.
    pub(crate) events: Vec<&'static str>,
    /// The streams that it is told of: `*`, `live/*`, `live/cam`, or `*/cam`; empty: all.
    pub(crate) streams: Vec<String>,
    /// Its answer to `on_publish` decides; absent: it is told when somebody publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ask: Option<AskView>,
    /// Seconds that one try to tell it may take.
    pub(crate) timeout: u64,
    /// How often it is tried to tell it one event.
    pub(crate) attempts: u32,
    /// Somebody has to vouch for its certificate.
    pub(crate) verify_tls: bool,
    /// It is neither asked nor told for now.
    pub(crate) disabled: bool,
    /// Until when what is sent is signed with the secret before as well, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_until: Option<String>,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// How it is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health: Option<HealthView>,
}

/// How a receiver is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// In a word: `untried`; `working`; `waiting` (a request has had no answer for two seconds and more); `failing`.
    pub(crate) state: &'static str,
    /// Requests that have had no answer for two seconds and more.
    pub(crate) waiting: usize,
    /// Events that wait to be told, or are being told.
    pub(crate) queued: usize,
    /// Events that it was never told of because more than 1,000 waited, since the server was started.
    pub(crate) dropped: u64,
    /// The last try failed: a question got no answer, or what it was told, as a test too, got anything but a success.
    pub(crate) failing: bool,
}

/// How an answer decides who may publish.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskView {
    /// Seconds that a publisher waits for it at most, 1 to 50.
    #[serde(default = "usual_wait")]
    pub(crate) wait: u64,
    /// What holds when there is no answer, or none that can be understood.
    #[serde(default)]
    pub(crate) otherwise: OtherwiseView,
}

/// What holds without an answer.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OtherwiseView {
    #[default]
    Refuse,
    Allow,
}

/// A receiver to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// `https://host/path`, or `http://`; without a name or password.
    pub(crate) url: String,
    /// Without it, everything.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["on_publish", "on_unpublish"]))]
    pub(crate) events: Vec<Kind>,
    /// `*`, `live/*`, `live/cam`, or `*/cam`; without it, every stream.
    #[serde(default)]
    pub(crate) streams: Vec<String>,
    /// Its answer to `on_publish` is to decide.
    pub(crate) ask: Option<AskView>,
    /// 1 to 60; without it, 10.
    pub(crate) timeout: Option<u64>,
    /// 1 to 16; without it, 10.
    pub(crate) attempts: Option<u32>,
    /// Without it, somebody has to vouch for its certificate.
    pub(crate) verify_tls: Option<bool>,
    /// 8 to 128 letters, digits and other characters that an address can carry; without it, one is made.
    pub(crate) secret: Option<String>,
}

/// What changes of a receiver; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedWebhook {
    pub(crate) label: Option<String>,
    pub(crate) url: Option<String>,
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) events: Option<Vec<Kind>>,
    pub(crate) streams: Option<Vec<String>>,
    /// `null`: its answers decide nothing any more.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AskView>)]
    pub(crate) ask: Option<Option<AskView>>,
    pub(crate) timeout: Option<u64>,
    pub(crate) attempts: Option<u32>,
    pub(crate) verify_tls: Option<bool>,
    pub(crate) disabled: Option<bool>,
}

/// How a secret is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecret {
    /// Without it, one is made.
    pub(crate) secret: Option<String>,
    /// Seconds for which what is sent is signed with the one until now as well.
    #[serde(default)]
    pub(crate) grace: u64,
}

/// A receiver with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeWebhook {
    pub(crate) webhook: WebhookView,
    /// By which the receiver knows that it is us.
    pub(crate) secret: String,
}

/// An event and what came of it at a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// Counts up from 1 over all receivers, since the server was started.
    pub(crate) number: u64,
    /// The receiver.
    pub(crate) webhook: String,
    /// `on_publish` and others, or `test`.
    pub(crate) event: &'static str,
    /// Of the event: the same when it is sent again.
    pub(crate) id: String,
    /// The app of the stream that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// The stream's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<String>,
    /// Why it was sent: `ask`, `tell`, `test`, `replay`.
    pub(crate) cause: &'static str,
    /// The delivery that was sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replay_of: Option<u64>,
    /// `waiting` (no answer for two seconds and more); `delivered`; `refused` (it was asked and said no); `retrying`; `failed`.
    pub(crate) state: &'static str,
    /// When it is tried again, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_try: Option<String>,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// When it was tried last, RFC 3339, to the millisecond.
    pub(crate) at: String,
    /// Milliseconds that this took.
    pub(crate) took: u64,
    /// The body that was sent. Where it was asked, with the secrets of the publisher's address. Absent for who may not see webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    /// The status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// The first 2,048 bytes of the answer's body. Absent for who may not see webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl DeliveryView {
    /// The same without what was sent and answered, which holds keys of publishers.
    pub(crate) fn without_bodies(self) -> DeliveryView {
        DeliveryView { request: None, answer: None, ..self }
    }
}

impl WebhookView {
    pub(crate) fn new(id: &str, target: &Target, health: Option<Health>) -> WebhookView {
        let (dialect, previous) = match &target.dialect {
            Dialect::Sluice { previous, .. } => ("sluice", previous.as_ref()),
            Dialect::Oryx { .. } => ("oryx", None),
        };
        WebhookView {
            id: id.to_owned(),
            label: target.label.clone(),
            url: target.url.shown(),
            dialect,
            events: target.events.iter().map(|kind| kind.name()).collect(),
            streams: target.streams.iter().map(control::Scope::pattern).collect(),
            ask: target.ask.map(AskView::from),
            timeout: target.timeout,
            attempts: target.attempts,
            verify_tls: target.verify_tls,
            disabled: target.disabled,
            previous_until: previous.map(|(_, until)| time(*until)),
            created: time(target.created),
            health: health.map(HealthView::from),
        }
    }
}

impl From<Health> for HealthView {
    fn from(health: Health) -> HealthView {
        let Health { standing, waiting, queued, dropped, failing } = health;
        let state = match standing {
            Standing::Untried => "untried",
            Standing::Working => "working",
            Standing::Waiting => "waiting",
            Standing::Failing => "failing",
        };
        HealthView { state, waiting, queued, dropped, failing }
    }
}

impl From<Ask> for AskView {
    fn from(ask: Ask) -> AskView {
        let otherwise = match ask.otherwise {
            Otherwise::Refuse => OtherwiseView::Refuse,
            Otherwise::Allow => OtherwiseView::Allow,
        };
        AskView { wait: ask.wait, otherwise }
    }
}

impl From<AskView> for Ask {
    fn from(ask: AskView) -> Ask {
        let otherwise = match ask.otherwise {
            OtherwiseView::Refuse => Otherwise::Refuse,
            OtherwiseView::Allow => Otherwise::Allow,
        };
        Ask { wait: ask.wait, otherwise }
    }
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> DeliveryView {
        let Delivery { event, last, .. } = delivery;
        let (cause, replay_of) = match delivery.cause {
            Cause::Ask => ("ask", None),
            Cause::Tell => ("tell", None),
            Cause::Test => ("test", None),
            Cause::Replay(number) => ("replay", Some(number)),
        };
        let (state, next_try) = match delivery.state {
            State::Waiting => ("waiting", None),
            State::Delivered => ("delivered", None),
            State::Refused => ("refused", None),
            State::Retrying(at) => ("retrying", Some(time(at))),
            State::Failed => ("failed", None),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        DeliveryView {
            number: delivery.number,
            webhook: delivery.target.to_string(),
            event: event.kind().name(),
            id: event.id.clone(),
            app: event.stream.as_ref().map(|stream| stream.app().to_owned()),
            stream: event.stream.as_ref().map(|stream| stream.name().to_owned()),
            cause,
            replay_of,
            state,
            next_try,
            attempts: delivery.attempts,
            at: time_in_ms(last.at),
            took: u64::try_from(last.took.as_millis()).unwrap_or(u64::MAX),
            request: Some(text(&last.sent)),
            status: last.status,
            answer: Some(text(&last.answer)),
            error: last.error.clone(),
        }
    }
}

fn usual_wait() -> u64 {
    5
}

/// Tells `null`, which is a value here, from what is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<AskView>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
