//! Who may publish and watch, beside keys.

use control::addresses::AddressRule;
use control::aliases::Alias;
use control::passes::{Invite, SigningKey};
use hub::Action;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;

/// What somebody does with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ActionView {
    Publish,
    Play,
}

impl From<Action> for ActionView {
    fn from(action: Action) -> ActionView {
        match action {
            Action::Publish => ActionView::Publish,
            Action::Play => ActionView::Play,
        }
    }
}

/// A secret stream name for a device that cannot send a key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AliasView {
    pub(crate) id: String,
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// The stream name that the device publishes, in any app. It is a secret.
    pub(crate) name: String,
    /// The app of the stream that comes of it.
    pub(crate) app: String,
    /// That stream's name.
    pub(crate) stream: String,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// It lets nobody in for now.
    pub(crate) disabled: bool,
}

/// An alias to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAlias {
    /// Whose it is, or what for.
    pub(crate) label: String,
    pub(crate) app: String,
    pub(crate) stream: String,
    /// 8 to 128 letters, digits and other characters that a name can hold; without it, one of 16 is made.
    pub(crate) name: Option<String>,
}

/// What changes of an alias; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedAlias {
    pub(crate) label: Option<String>,
    pub(crate) disabled: Option<bool>,
}

impl AliasView {
    pub(crate) fn new(id: String, alias: Alias) -> AliasView {
        let Alias { label, name, app, stream, created, disabled } = alias;
        let name = name.reveal().to_owned();
        AliasView { id, label, name, app, stream, created: time(created), disabled }
    }
}

/// A network that may, or may not, publish or watch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressRuleView {
    pub(crate) id: String,
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// `*`, `live/*`, `live/cam`, or `*/cam`.
    pub(crate) streams: String,
    /// What the rule is about.
    pub(crate) actions: Vec<ActionView>,
    /// In CIDR notation: `192.0.2.0/24`.
    pub(crate) network: String,
    pub(crate) effect: Effect,
    /// Since when, RFC 3339.
    pub(crate) created: String,
}

/// A rule to be made. Who is in a network that is denied is out; where there are networks that are allowed, everybody else is out too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddressRule {
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// `*`, `live/*`, `live/cam`, or `*/cam`; without it, every stream.
    pub(crate) streams: Option<String>,
    /// What it is about.
    pub(crate) actions: Vec<ActionView>,
    /// In CIDR notation, `192.0.2.0/24`, or one address.
    pub(crate) network: String,
    pub(crate) effect: Effect,
}

/// What is to become of those in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Effect {
    Allow,
    Deny,
}

impl AddressRuleView {
    pub(crate) fn new(id: String, rule: AddressRule) -> AddressRuleView {
        let actions = [(rule.publish, ActionView::Publish), (rule.play, ActionView::Play)];
        AddressRuleView {
            id,
            label: rule.label,
            streams: rule.scope.pattern(),
            actions: actions.into_iter().filter_map(|(about, action)| about.then_some(action)).collect(),
            network: rule.network.to_string(),
            effect: if rule.allow { Effect::Allow } else { Effect::Deny },
            created: time(rule.created),
        }
    }
}

/// A guest, who publishes or watches one stream until a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InviteView {
    pub(crate) id: String,
    /// Who it is.
    pub(crate) label: String,
    pub(crate) action: ActionView,
    pub(crate) app: String,
    pub(crate) stream: String,
    /// The only network that they may come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<String>,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// Until when, RFC 3339.
    pub(crate) expires: String,
    /// What lets them in, as `?token=` of the stream's address. It is a secret.
    pub(crate) token: String,
}

/// Somebody to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInvite {
    /// Who it is.
    pub(crate) label: String,
    pub(crate) action: ActionView,
    pub(crate) app: String,
    pub(crate) stream: String,
    /// Seconds until it ends.
    pub(crate) expires_in: u64,
    /// The only network that they may come from, in CIDR notation.
    pub(crate) network: Option<String>,
}

/// What a guest brings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteToken {
    pub(crate) token: String,
}

/// What a guest is invited to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedView {
    /// Who it is.
    pub(crate) label: String,
    pub(crate) action: ActionView,
    pub(crate) app: String,
    pub(crate) stream: String,
    /// Until when, RFC 3339.
    pub(crate) expires: String,
}

impl InviteView {
    pub(crate) fn new(id: String, invite: Invite, token: String) -> InviteView {
        InviteView {
            id,
            action: invite.action().into(),
            label: invite.label,
            app: invite.app,
            stream: invite.stream,
            network: invite.network.map(|network| network.to_string()),
            created: time(invite.created),
            expires: time(invite.expires),
            token,
        }
    }
}

impl InvitedView {
    pub(crate) fn new(invite: Invite) -> InvitedView {
        InvitedView {
            action: invite.action().into(),
            label: invite.label,
            app: invite.app,
            stream: invite.stream,
            expires: time(invite.expires),
        }
    }
}

/// Which streams cannot be watched without a pass, and what signs passes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassesView {
    /// The streams that ask for a pass: `*`, `live/*`, `live/cam`, or `*/cam`.
    pub(crate) guarded: Vec<String>,
    /// Signs passes, which are JSON Web Tokens (HS256); the bytes of this text are the key. It is a secret: whoever has it can
    /// let anybody publish and watch.
    pub(crate) signing_key: String,
    /// Until when passes signed with the key before hold, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_until: Option<String>,
}

/// Which streams are to ask for a pass, instead of those that do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGuarded {
    /// `*`, `live/*`, `live/cam`, or `*/cam`.
    pub(crate) guarded: Vec<String>,
}

/// A pass to be signed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPass {
    /// What it lets do; without it, watch.
    pub(crate) action: Option<ActionView>,
    /// `*`, `live/*`, `live/cam`, or `*/cam`.
    pub(crate) streams: String,
    /// Seconds until it ends.
    pub(crate) expires_in: u64,
    /// The only network that it may be used from, in CIDR notation.
    pub(crate) network: Option<String>,
}

/// A pass. It cannot be taken back, but with all others by another signing key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassView {
    /// To be sent as `?token=` of the stream's address.
    pub(crate) token: String,
    /// Until when, RFC 3339.
    pub(crate) expires: String,
}

impl PassesView {
    pub(crate) fn new(guarded: &[control::Scope], signing: &SigningKey) -> PassesView {
        PassesView {
            guarded: guarded.iter().map(control::Scope::pattern).collect(),
            signing_key: signing.key.reveal().to_owned(),
            previous_until: signing.previous_until.map(time),
        }
    }
}
