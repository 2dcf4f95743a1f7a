//! Whose things a list is to show.

use control::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::LoggedIn;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Somebody's; without it, one's own. Others' need `accounts:read`.
    user: Option<String>,
    /// Everybody's, which needs `accounts:read`.
    #[serde(default)]
    everybody: bool,
}

impl Whose {
    /// The name; `None` is everybody.
    pub(super) fn name(self, caller: &LoggedIn) -> Result<Option<String>, Problem> {
        let own = !self.everybody && self.user.as_ref().is_none_or(|user| *user == caller.user.name);
        if own {
            return Ok(Some(caller.user.name.clone()));
        }
        if !caller.permissions.contains(&Permission::AccountsRead) {
            return Err(Problem::forbidden(Permission::AccountsRead));
        }
        Ok(if self.everybody { None } else { self.user })
    }
}
