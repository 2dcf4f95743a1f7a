//! What Prometheus may know of the doors.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counts connections and requests. A handle: clones count together.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    open: Family<Listener, Gauge>,
    accepted: Family<Listener, Counter>,
    refused: Family<Cause, Counter>,
    handshakes_failed: Family<Listener, Counter>,
    requests: Family<Class, Counter>,
    webrtc: crate::webrtc::Counters,
}

type Listener = [(&'static str, &'static str); 1];
type Cause = [(&'static str, &'static str); 2];
type Class = [(&'static str, &'static str); 1];

/// Of one listener.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfListener {
    /// Connections at this moment.
    pub(crate) open: Gauge,
    /// Connections since the start that were let in.
    pub(crate) accepted: Counter,
    /// Connections that were closed at once because there were too many.
    pub(crate) too_many: Counter,
    /// Connections from trusted proxies without a header of the PROXY protocol.
    pub(crate) no_header: Counter,
    /// Handshakes of TLS that came to nothing.
    pub(crate) handshakes_failed: Counter,
}

impl Counters {
    /// Adds all of them to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        for class in CLASSES {
            let _ = self.requests.get_or_create(&[("class", class)]);
        }
        let Counters { open, accepted, refused, handshakes_failed, requests, webrtc } = self.clone();
        webrtc.register(registry);
        registry.register("connections", "Connections by listener", open);
        registry.register("connections_accepted", "Connections that were let in, by listener", accepted);
        registry.register(
            "connections_refused",
            "Connections that were closed at once, by listener and why",
            refused,
        );
        registry.register(
            "tls_handshakes_failed",
            "Handshakes of TLS that came to nothing, by listener",
            handshakes_failed,
        );
        registry.register(
            "http_requests",
            "HTTP responses by class of their status; those that never end count at their beginning",
            requests,
        );
    }

    /// Those of `listener`, such as `http`.
    pub(crate) fn of(&self, listener: &'static str) -> OfListener {
        let name = [("listener", listener)];
        let refused = |cause| self.refused.get_or_create_owned(&[("listener", listener), ("cause", cause)]);
        OfListener {
            open: self.open.get_or_create_owned(&name),
            accepted: self.accepted.get_or_create_owned(&name),
            too_many: refused("too_many"),
            no_header: refused("no_proxy_header"),
            handshakes_failed: self.handshakes_failed.get_or_create_owned(&name),
        }
    }

    /// Those of WebRTC.
    pub(crate) fn webrtc(&self) -> crate::webrtc::Counters {
        self.webrtc.clone()
    }

    /// A response with `status`.
    pub(crate) fn answered(&self, status: u16) {
        let class = CLASSES.get(usize::from(status / 100).saturating_sub(1));
        self.requests.get_or_create(&[("class", class.copied().unwrap_or("other"))]).inc();
    }
}

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listener_and_class_has_its_own_count() {
        let (counters, mut registry) = (Counters::default(), Registry::default());
        counters.register(&mut registry);
        let http = counters.of("http");
        http.open.inc();
        counters.of("http").accepted.inc();
        counters.answered(204);
        counters.answered(999);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("text can be written");
        for line in [
            "connections{listener=\"http\"} 1\n",
            "connections_accepted_total{listener=\"http\"} 1\n",
            "connections_refused_total{listener=\"http\",cause=\"too_many\"} 0\n",
            "http_requests_total{class=\"2xx\"} 1\n",
            "http_requests_total{class=\"5xx\"} 0\n",
            "http_requests_total{class=\"other\"} 1\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
