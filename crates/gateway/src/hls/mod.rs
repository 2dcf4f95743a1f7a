//! HLS.
use crate::{Protocol, config};
use hub::Hub;

/// The protocol.
pub(crate) struct Hls {
    _config: config::Hls,
    _hub: Hub,
}

impl Hls {
    pub(crate) fn new(config: config::Hls, hub: Hub) -> Hls {
        Hls { _config: config, _hub: hub }
    }
}

impl Protocol for Hls {}
