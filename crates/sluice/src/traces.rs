//! Traces for OpenTelemetry, where the server was built with them and is to send them.

use control::otlp::Config;
use control::outbound::Client;
use hub::Hub;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

/// What sends them, if anything does.
pub(crate) struct Traces {
    #[cfg(feature = "otlp")]
    exporter: Option<std::sync::Arc<control::otlp::Exporter>>,
}

impl Traces {
    /// As `config` says, sent by `client` and counted in `registry`.
    #[cfg(feature = "otlp")]
    pub(crate) fn new(config: &Config, client: &Client, registry: &mut Registry) -> Traces {
        let exporter = control::otlp::Exporter::new(config, client.clone()).map(std::sync::Arc::new);
        if let Some(exporter) = &exporter {
            exporter.register(registry);
        }
        Traces { exporter }
    }

    /// None: settings that ask for some are refused before.
    #[cfg(not(feature = "otlp"))]
    pub(crate) fn new(_config: &Config, _client: &Client, _registry: &mut Registry) -> Traces {
        Traces {}
    }

    /// Traces what happens in `hub` from this call on, until `last`.
    pub(crate) fn run(self, hub: &Hub, last: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        #[cfg(feature = "otlp")]
        let sending = self.exporter.map(|exporter| exporter.run(hub, last));
        #[cfg(not(feature = "otlp"))]
        let sending = {
            let _ = (hub, last);
            None::<std::future::Ready<()>>
        };
        async move {
            if let Some(sending) = sending {
                sending.await;
            }
        }
    }
}
