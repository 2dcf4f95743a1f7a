//! What Prometheus may know of the certificate in service.

use std::fmt;
use std::time::UNIX_EPOCH;

use hub::Page;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::{Registry, Unit};

use super::Certificates;

impl Certificates {
    /// Adds what there is to know of the certificate to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Collected(self.clone())));
    }
}

#[derive(Debug)]
struct Collected(Certificates);

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        let view = self.0.view();
        let expires = view.facts.map(|facts| facts.not_after);
        let expires = expires.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs());
        let about = "When the certificate in service expires, since 1970";
        page.gauge("certificate_expiry_timestamp", about, Some(Unit::Seconds), expires)?;
        let about = "Whether the last order of a certificate failed";
        page.gauge("certificate_order_failed", about, None, u64::from(view.failure.is_some()))
    }
}
