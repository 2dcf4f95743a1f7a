//! The server itself.

use axum::extract::State;
use hub::Action;

use crate::Api;
use crate::body::Json;
use crate::dto::{ListenerView, SystemView};

/// The state of the server, in numbers
#[utoipa::path(get, path = "/api/v2/system", tag = "system", responses((status = 200, body = SystemView)))]
pub(super) async fn show(State(api): State<Api>) -> Json<SystemView> {
    Json(view(&api))
}

/// The state of the server.
pub(super) fn view(api: &Api) -> SystemView {
    let sessions = api.hub.sessions();
    let publishers = sessions.iter().filter(|session| session.action == Action::Publish).count();
    let doors = api.doors.get().into_iter().flatten();
    SystemView {
        version: env!("CARGO_PKG_VERSION"),
        uptime: api.started.elapsed().as_secs(),
        publishers,
        viewers: sessions.len() - publishers,
        memory: api.hub.bytes(),
        listeners: doors.map(|(name, address)| ListenerView { name, port: address.port() }).collect(),
    }
}
