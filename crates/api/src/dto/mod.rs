//! What resources look like in JSON, made from what they are.

mod account;
mod key;
mod stream;
mod system;

use std::time::SystemTime;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

pub(crate) use account::{
    ChangedUser, Confirmation, Credentials, FactorView, LoginView, MadeToken, NewFactor, NewPassword,
    NewToken, NewUser, SessionView, SetUp, SetupView, TokenView, UserView,
};
pub(crate) use key::{ChangedKey, KeyView, KeysView, NewKey, Rotation};
pub(crate) use stream::{Jpeg, PlayerView, StreamView};
pub(crate) use system::{DeedView, SystemView};

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_rfc_3339() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_930_215_999);
        assert_eq!(time(at), "2026-11-29T05:30:15Z");
    }
}
