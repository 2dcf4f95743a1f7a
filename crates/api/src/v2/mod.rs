//! The native API. A resource a file; what all of them have in common is above.

mod addresses;
mod aliases;
mod audit;
mod certificates;
mod diagnostics;
mod events;
mod factor;
mod field;
mod invites;
mod jobs;
mod keys;
mod logins;
mod logs;
mod meta;
mod metrics;
mod passes;
mod past;
mod public;
mod recording_export;
mod recording_hls;
mod recording_previews;
mod recording_share;
mod recordings;
mod session;
mod sessions;
mod settings;
mod setup;
mod storage;
mod streams;
mod support;
pub(crate) mod system;
mod tokens;
mod users;
mod webhooks;
mod whose;

use control::Permission::{
    AccountsRead, AccountsWrite, JobsRead, JobsWrite, KeysRead, KeysWrite, LogsRead, MetricsRead,
    RecordingsRead, RecordingsWrite, SettingsRead, SettingsWrite, StreamsRead, StreamsWrite, SystemRead,
    WebhooksRead, WebhooksWrite,
};
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::routes;

use crate::Access::{Account, Login, Needs, Open, PassOr, SetupOr};
use crate::table::Table;

/// Every route with who may call it.
pub(crate) fn table() -> Table {
    Table::new(document())
        .route(Open, routes!(setup::show, setup::set_up))
        .route(SetupOr(SettingsRead), routes!(setup::probe::probe_ports))
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
        .route(Needs(KeysWrite), routes!(keys::rotate_global))
        .route(Needs(KeysRead), routes!(aliases::list))
        .route(Needs(KeysWrite), routes!(aliases::create))
        .route(Needs(KeysWrite), routes!(aliases::change, aliases::remove))
        .route(Needs(KeysRead), routes!(invites::list))
        .route(Needs(KeysWrite), routes!(invites::create))
        .route(Needs(KeysWrite), routes!(invites::remove))
        .route(Open, routes!(invites::show))
        .route(Needs(KeysRead), routes!(passes::show))
        .route(Needs(KeysWrite), routes!(passes::guard, passes::sign))
        .route(Needs(KeysWrite), routes!(passes::rotate))
        .route(Needs(KeysRead), routes!(addresses::list))
        .route(Needs(KeysWrite), routes!(addresses::create))
        .route(Needs(KeysWrite), routes!(addresses::remove))
        .route(Needs(WebhooksRead), routes!(webhooks::list))
        .route(Needs(WebhooksWrite), routes!(webhooks::create))
        .route(Needs(WebhooksRead), routes!(webhooks::show))
        .route(Needs(WebhooksWrite), routes!(webhooks::change, webhooks::remove))
        .route(Needs(WebhooksWrite), routes!(webhooks::rotate))
        .route(Needs(WebhooksWrite), routes!(webhooks::test))
        .route(Needs(WebhooksRead), routes!(webhooks::deliveries))
        .route(Needs(WebhooksWrite), routes!(webhooks::replay))
        .route(Needs(StreamsRead), routes!(streams::list))
        .route(Needs(StreamsRead), routes!(streams::show))
        .route(Needs(StreamsRead), routes!(streams::snapshot))
        .route(Needs(StreamsWrite), routes!(streams::kick))
        .route(Needs(StreamsRead), routes!(past::list))
        .route(Needs(StreamsWrite), routes!(past::forget))
        .route(Needs(StreamsRead), routes!(sessions::list))
        .route(Needs(StreamsWrite), routes!(sessions::kick))
        .route(Needs(JobsRead), routes!(jobs::kinds))
        .route(Needs(SettingsWrite), routes!(jobs::limit))
        .route(Needs(JobsRead), routes!(jobs::list))
        .route(Needs(JobsWrite), routes!(jobs::create))
        .route(Needs(JobsRead), routes!(jobs::show))
        .route(Needs(JobsWrite), routes!(jobs::change, jobs::remove))
        .route(Needs(JobsWrite), routes!(jobs::restart))
        .route(Needs(JobsRead), routes!(jobs::log))
        .route(Needs(RecordingsRead), routes!(recordings::list))
        .route(Needs(RecordingsRead), routes!(recordings::keep))
        .route(Needs(RecordingsRead), routes!(recordings::space))
        .route(Needs(SettingsWrite), routes!(recordings::set_keep))
        .route(Needs(RecordingsRead), routes!(recordings::show))
        .route(Needs(RecordingsWrite), routes!(recordings::change, recordings::remove))
        .route(Needs(RecordingsWrite), routes!(recordings::end))
        .route(Needs(RecordingsWrite), routes!(recordings::clip))
        .route(PassOr(RecordingsRead), routes!(recordings::file))
        .route(PassOr(RecordingsRead), routes!(recording_hls::playlist))
        .route(PassOr(RecordingsRead), routes!(recording_hls::piece))
        .route(PassOr(RecordingsRead), routes!(recordings::picture))
        .route(PassOr(RecordingsRead), routes!(recording_previews::list))
        .route(PassOr(RecordingsRead), routes!(recording_previews::sheet))
        .route(Needs(KeysWrite), routes!(recording_share::share))
        .route(PassOr(RecordingsRead), routes!(recording_share::show))
        .route(Needs(JobsWrite), routes!(recordings::switch))
        .route(Needs(RecordingsWrite), routes!(storage::upload))
        .route(Needs(SettingsRead), routes!(storage::show))
        .route(Needs(SettingsWrite), routes!(storage::set, storage::forget))
        .route(Needs(SettingsWrite), routes!(storage::test))
        .route(Needs(SettingsRead), routes!(settings::show))
        .route(Needs(SettingsWrite), routes!(settings::change))
        .route(Needs(SettingsRead), routes!(certificates::show))
        .route(Needs(SettingsWrite), routes!(certificates::upload, certificates::remove))
        .route(Needs(SettingsWrite), routes!(certificates::make_own))
        .route(Needs(SettingsWrite), routes!(certificates::order))
        .route(Needs(SettingsWrite), routes!(certificates::renew))
        .route(Needs(SystemRead), routes!(system::show))
        .route(Needs(SystemRead), routes!(system::ffmpeg))
        .route(Account, routes!(metrics::range))
        .route(Needs(MetricsRead), routes!(crate::exposition::metrics))
        .route(Needs(LogsRead), routes!(logs::list))
        .route(Needs(SettingsRead), routes!(diagnostics::make))
        .route(Needs(AccountsRead), routes!(support::list))
        .route(Needs(AccountsWrite), routes!(support::give))
        .route(Needs(AccountsWrite), routes!(support::take_away))
        .route(Account, routes!(events::listen))
        .route(Open, routes!(public::stream))
        .route(Open, routes!(public::snapshot))
        .route(Open, routes!(meta::openapi))
        .route(Open, routes!(meta::reference))
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
