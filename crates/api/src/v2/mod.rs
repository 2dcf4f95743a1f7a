//! The native API. A resource a file; what all of them have in common is above.

mod audit;
mod events;
mod factor;
mod keys;
mod logins;
mod meta;
mod session;
mod sessions;
mod setup;
mod streams;
mod system;
mod tokens;
mod users;
mod whose;

use control::Permission::{
    AccountsRead, AccountsWrite, KeysRead, KeysWrite, StreamsRead, StreamsWrite, SystemRead,
};
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::routes;

use crate::Access::{Account, Login, Needs, Open};
use crate::table::Table;

/// Every route with who may call it.
pub(crate) fn table() -> Table {
    Table::new(document())
        .route(Open, routes!(setup::show, setup::set_up))
        .route(Open, routes!(session::log_in))
        .route(Account, routes!(session::show))
        .route(Login, routes!(session::log_out))
        .route(Login, routes!(session::change_password))
        .route(Login, routes!(factor::propose, factor::set, factor::remove))
        .route(Login, routes!(logins::list))
        .route(Login, routes!(logins::revoke))
        .route(Login, routes!(tokens::list, tokens::create))
        .route(Login, routes!(tokens::revoke))
        .route(Needs(AccountsRead), routes!(users::list))
        .route(Needs(AccountsWrite), routes!(users::create))
        .route(Needs(AccountsRead), routes!(users::show))
        .route(Needs(AccountsWrite), routes!(users::change, users::remove))
        .route(Needs(AccountsWrite), routes!(factor::remove_of))
        .route(Needs(AccountsRead), routes!(audit::list))
        .route(Needs(KeysRead), routes!(keys::list))
        .route(Needs(KeysWrite), routes!(keys::create))
        .route(Needs(KeysWrite), routes!(keys::change, keys::remove))
        .route(Needs(KeysWrite), routes!(keys::rotate))
        .route(Needs(StreamsRead), routes!(streams::list))
        .route(Needs(StreamsRead), routes!(streams::show))
        .route(Needs(StreamsRead), routes!(streams::snapshot))
        .route(Needs(StreamsWrite), routes!(streams::kick))
        .route(Needs(StreamsRead), routes!(sessions::list))
        .route(Needs(StreamsWrite), routes!(sessions::kick))
        .route(Needs(SystemRead), routes!(system::show))
        .route(Account, routes!(events::listen))
        .route(Open, routes!(meta::openapi))
}

fn document() -> OpenApi {
    let licence = LicenseBuilder::new().name("MIT OR Apache-2.0").build();
    let info = InfoBuilder::new()
        .title("Sluice")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence))
        .contact(None::<ContactBuilder>.map(ContactBuilder::build));
    OpenApiBuilder::new().info(info.build()).build()
}

const ABOUT: &str = "Everything that can be seen and steered of a Sluice server. Log in with POST /api/v2/session, \
    keep the cookie, and repeat `csrf` in the header `x-csrf-token` of requests that change something; or make a token \
    with POST /api/v2/tokens and send it as `Authorization: Bearer SECRET`. \
    Errors are problem details (RFC 9457) with a stable `code`.";
