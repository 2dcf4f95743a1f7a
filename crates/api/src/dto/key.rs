//! Publish keys.

use control::Scope;
use control::publish_keys::PublishKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;

/// The keys that publishers need.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeysView {
    /// That of all streams whose app and name have no key of their own.
    pub(crate) global: String,
    /// Until when the one that it has replaced holds too, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) global_previous_until: Option<String>,
    /// The configuration names the global key: another one holds until the server is started again.
    pub(crate) global_configured: bool,
    /// Anybody may publish anything without a key.
    pub(crate) open: bool,
    pub(crate) items: Vec<KeyView>,
}

/// A key beside the global one. It is a secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    pub(crate) id: String,
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// The app it is for; absent: of every app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// The stream it is for; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<String>,
    pub(crate) key: String,
    /// Until when the key that it has replaced holds too, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous_until: Option<String>,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// Until when; absent: until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
    /// It lets nobody in for now.
    pub(crate) disabled: bool,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// Whose it is, or what for.
    pub(crate) label: String,
    /// The app it is for; without it, every app.
    pub(crate) app: Option<String>,
    /// The stream it is for; without it, every stream.
    pub(crate) stream: Option<String>,
    /// 8 to 128 letters, digits and other characters that an address can carry; without it, one is made.
    pub(crate) key: Option<String>,
    /// Seconds until it ends; without it, it holds until it is removed.
    pub(crate) expires_in: Option<u64>,
}

/// What changes of a key; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedKey {
    pub(crate) label: Option<String>,
    /// Seconds from now until it ends; `null`: it holds until it is removed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u64>)]
    pub(crate) expires_in: Option<Option<u64>>,
    pub(crate) disabled: Option<bool>,
}

/// How a key is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Seconds for which the key until now holds too.
    #[serde(default)]
    pub(crate) grace: u64,
}

/// Tells `null`, which is a value here, from what is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl KeyView {
    pub(crate) fn new(id: &str, key: &PublishKey) -> KeyView {
        let (app, stream) = match &key.scope {
            Scope::Server => (None, None),
            Scope::App(app) => (Some(app.clone()), None),
            Scope::Stream { app, name } => (app.clone(), Some(name.clone())),
        };
        KeyView {
            id: id.to_owned(),
            label: key.label.clone(),
            app,
            stream,
            key: key.key.reveal().to_owned(),
            previous_until: key.previous.as_ref().map(|(_, until)| time(*until)),
            created: time(key.created),
            expires: key.expires.map(time),
            disabled: key.disabled,
        }
    }
}
