//! What somebody may do: roles for people, permissions for everything.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person is to this server. Each may do all that the one before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Runs streams.
    Operator,
    /// Owns the server.
    Admin,
}

/// One thing that may be allowed: what is dealt with, and whether it may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Permission {
    /// See streams, their publishers and viewers.
    StreamsRead,
    /// Put publishers and viewers out.
    StreamsWrite,
    /// See publish keys, which are secrets.
    KeysRead,
    /// Make, change and remove publish keys.
    KeysWrite,
    /// See recordings, play and download them.
    RecordingsRead,
    /// End, rename and remove recordings, and say how long they are kept.
    RecordingsWrite,
    /// See background work: what is wanted, and how it is doing.
    JobsRead,
    /// Make, change and remove background work.
    JobsWrite,
    /// See the state of the server: load, history, events.
    SystemRead,
    /// Read what the server counts, as Prometheus does.
    MetricsRead,
    /// See the log of the server, with addresses and names of streams.
    LogsRead,
    /// See the settings.
    SettingsRead,
    /// Change the settings.
    SettingsWrite,
    /// See webhooks and what was sent to them, which holds keys of publishers.
    WebhooksRead,
    /// Make, change and remove webhooks. It amounts to reading publish keys: the server asks whatever address they have, and sends the
    /// keys of publishers there.
    WebhooksWrite,
    /// See who has an account, and what they did.
    AccountsRead,
    /// Make, change and remove accounts, and log others out.
    AccountsWrite,
}

impl Permission {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Permission; 17] = [
        Permission::StreamsRead,
        Permission::StreamsWrite,
        Permission::KeysRead,
        Permission::KeysWrite,
        Permission::RecordingsRead,
        Permission::RecordingsWrite,
        Permission::JobsRead,
        Permission::JobsWrite,
        Permission::SystemRead,
        Permission::MetricsRead,
        Permission::LogsRead,
        Permission::SettingsRead,
        Permission::SettingsWrite,
        Permission::WebhooksRead,
        Permission::WebhooksWrite,
        Permission::AccountsRead,
        Permission::AccountsWrite,
    ];

    /// Its name in the API: `streams:read`.
    pub const fn name(self) -> &'static str {
        match self {
            Permission::StreamsRead => "streams:read",
            Permission::StreamsWrite => "streams:write",
            Permission::KeysRead => "keys:read",
            Permission::KeysWrite => "keys:write",
            Permission::RecordingsRead => "recordings:read",
            Permission::RecordingsWrite => "recordings:write",
            Permission::JobsRead => "jobs:read",
            Permission::JobsWrite => "jobs:write",
            Permission::SystemRead => "system:read",
            Permission::MetricsRead => "metrics:read",
            Permission::LogsRead => "logs:read",
            Permission::SettingsRead => "settings:read",
            Permission::SettingsWrite => "settings:write",
            Permission::WebhooksRead => "webhooks:read",
            Permission::WebhooksWrite => "webhooks:write",
            Permission::AccountsRead => "accounts:read",
            Permission::AccountsWrite => "accounts:write",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Permission> {
        Permission::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// The least role that has it.
    pub const fn role(self) -> Role {
        match self {
            Permission::StreamsRead
            | Permission::RecordingsRead
            | Permission::SystemRead
            | Permission::MetricsRead => Role::Viewer,
            Permission::StreamsWrite
            | Permission::RecordingsWrite
            | Permission::JobsRead
            | Permission::JobsWrite
            | Permission::KeysRead
            | Permission::KeysWrite
            | Permission::LogsRead => Role::Operator,
            Permission::SettingsRead
            | Permission::SettingsWrite
            | Permission::WebhooksRead
            | Permission::WebhooksWrite
            | Permission::AccountsRead
            | Permission::AccountsWrite => Role::Admin,
        }
    }
}

impl From<Permission> for &'static str {
    fn from(permission: Permission) -> &'static str {
        permission.name()
    }
}

/// Why a text names no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is none of {}", Permission::ALL.map(Permission::name).join(", "))]
pub struct UnknownPermission {
    /// The text.
    pub name: String,
}

impl TryFrom<String> for Permission {
    type Error = UnknownPermission;

    fn try_from(name: String) -> Result<Permission, UnknownPermission> {
        Permission::from_name(&name).ok_or(UnknownPermission { name })
    }
}

impl Role {
    /// Whether who has this role may do that.
    pub fn permits(self, permission: Permission) -> bool {
        self >= permission.role()
    }

    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_name(permission.name()), Some(permission));
        }
        assert_eq!(Permission::from_name("streams"), None);
    }

    #[test]
    fn a_viewer_changes_nothing_and_sees_no_secret() {
        for permission in Permission::ALL {
            let harmless = permission.role() == Role::Viewer;
            assert!(!harmless || permission.name().ends_with(":read"), "{permission:?}");
            assert_eq!(Role::Viewer.permits(permission), harmless, "{permission:?}");
            assert!(Role::Admin.permits(permission));
            assert!(Role::Operator.permits(permission) || permission.role() == Role::Admin);
        }
    }
}
