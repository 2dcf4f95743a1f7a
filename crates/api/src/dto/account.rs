//! People, where they are logged in, and their tokens.

use control::accounts::{Login, LoginId, Token, TokenId, User};
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
    /// What the app shows, of accounts with a second factor: asked for with the code `code_needed`.
    pub(crate) code: Option<String>,
}

/// A secret for a second factor, which holds once it was sent back with a code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorView {
    /// In base32, to be typed into an app.
    pub(crate) secret: String,
    /// The same as an address, for a QR code.
    pub(crate) url: String,
}

/// A second factor to be put in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFactor {
    /// As it was given.
    pub(crate) secret: String,
    /// What the app shows now.
    pub(crate) code: String,
    /// One's own.
    pub(crate) password: String,
}

/// One's password, for what a browser that somebody left open must not do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
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
    /// Whether they log in with a code as well.
    pub(crate) second_factor: bool,
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
        let second_factor = user.second_factor;
        UserView { name: user.name.clone(), role: user.role, created: time(user.created), second_factor }
    }
}

/// The login that a request belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    pub(crate) user: UserView,
    /// What they may do: `streams:read` and others.
    pub(crate) permissions: Vec<&'static str>,
    /// To be repeated in the header `x-csrf-token` of every request that changes something; a token needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csrf: Option<String>,
}

impl SessionView {
    /// Of somebody with all that their role allows.
    pub(crate) fn of_login(user: &User, csrf: String) -> SessionView {
        let permitted = Permission::ALL.into_iter().filter(|permission| user.role.permits(*permission));
        SessionView::new(user, &permitted.collect::<Vec<_>>(), Some(csrf))
    }

    pub(crate) fn new(user: &User, permissions: &[Permission], csrf: Option<String>) -> SessionView {
        let permissions = permissions.iter().map(|permission| permission.name()).collect();
        SessionView { user: user.into(), permissions, csrf }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    pub(crate) label: String,
    /// What it may be used for: any of one's own.
    #[schema(value_type = Vec<String>, example = json!(["streams:read"]))]
    pub(crate) permissions: Vec<Permission>,
    /// Seconds until it ends; without it, it holds until it is revoked.
    pub(crate) expires_in: Option<u64>,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub(crate) id: String,
    pub(crate) label: String,
    /// In whose name.
    pub(crate) user: String,
    pub(crate) permissions: Vec<&'static str>,
    /// Since when, RFC 3339.
    pub(crate) created: String,
    /// Until when; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
    /// Last used about then; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<String>,
    /// Last used from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
}

/// A token that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    #[serde(flatten)]
    pub(crate) token: TokenView,
    /// To be sent as `Authorization: Bearer SECRET`. It is told this once.
    pub(crate) secret: String,
}

impl TokenView {
    pub(crate) fn new(id: &TokenId, token: &Token) -> TokenView {
        TokenView {
            id: id.as_str().to_owned(),
            label: token.label.clone(),
            user: token.user.clone(),
            permissions: token.permissions.iter().map(|permission| permission.name()).collect(),
            created: time(token.created),
            expires: token.expires.map(time),
            used: token.used.map(|(at, _)| time(at)),
            address: token.used.map(|(_, from)| from.to_string()),
        }
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
