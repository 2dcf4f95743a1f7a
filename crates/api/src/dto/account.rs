//! People, and where they are logged in.

use control::accounts::{Login, LoginId, User};
use control::{Permission, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;

/// Whether somebody has to set the server up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupView {
    /// Nobody has an account: POST here makes the first.
    pub(crate) required: bool,
    /// The server's version.
    pub(crate) version: &'static str,
}

/// The first account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// From the address that the server prints when it starts.
    pub(crate) token: String,
    /// To log in with.
    #[schema(example = "admin")]
    pub(crate) name: String,
    /// 8 to 256 characters.
    pub(crate) password: String,
}

/// What somebody logs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// Another password for oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The one until now.
    pub(crate) current: String,
    /// 8 to 256 characters.
    pub(crate) password: String,
}

/// Another account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// To log in with: a to z, digits and `. _ @ -`.
    pub(crate) name: String,
    /// 8 to 256 characters.
    pub(crate) password: String,
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
}

/// What changes of an account; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedUser {
    /// Logs them out everywhere.
    pub(crate) password: Option<String>,
    #[schema(value_type = Option<RoleName>)]
    pub(crate) role: Option<Role>,
}

/// Somebody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    pub(crate) name: String,
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
    /// Since when, RFC 3339.
    pub(crate) created: String,
}

/// What somebody may do, from little to all.
#[derive(ToSchema)]
#[schema(as = Role)]
#[allow(dead_code, reason = "only its shape counts, in the document")]
#[serde(rename_all = "lowercase")]
#[derive(Serialize)]
pub(crate) enum RoleName {
    Viewer,
    Operator,
    Admin,
}

impl From<&User> for UserView {
    fn from(user: &User) -> UserView {
        UserView { name: user.name.clone(), role: user.role, created: time(user.created) }
    }
}

/// The login that a request belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    pub(crate) user: UserView,
    /// What they may do: `streams:read` and others.
    pub(crate) permissions: Vec<&'static str>,
    /// To be repeated in the header `x-csrf-token` of every request that changes something.
    pub(crate) csrf: String,
}

impl SessionView {
    pub(crate) fn new(user: &User, csrf: String) -> SessionView {
        let permitted = Permission::ALL.into_iter().filter(|permission| user.role.permits(*permission));
        SessionView { user: user.into(), permissions: permitted.map(Permission::name).collect(), csrf }
    }
}

/// Where somebody is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginView {
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user: String,
    /// Since when, RFC 3339.
    pub(crate) since: String,
    /// Last used about then.
    pub(crate) used: String,
    /// Last used from there.
    pub(crate) address: String,
    /// What the browser calls itself.
    pub(crate) agent: String,
    /// The one that this request belongs to.
    pub(crate) current: bool,
}

impl LoginView {
    pub(crate) fn new(id: &LoginId, login: &Login, current: &LoginId) -> LoginView {
        LoginView {
            id: id.as_str().to_owned(),
            user: login.user.clone(),
            since: time(login.since),
            used: time(login.used),
            address: login.from.to_string(),
            agent: login.agent.clone(),
            current: id == current,
        }
    }
}
