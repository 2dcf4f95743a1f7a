//! Traces for OpenTelemetry: who published and who watched, as spans that are sent to a collector by OTLP.
//!
//! ```text
//! hub events ─ Recorder (a span for each session that is over) ─ Queue (bounded) ─ Exporter ─ outbound::Client ─ POST …/v1/traces
//! ```
//!
//! A publisher is a trace of its own; of viewers a share is recorded, as children of the publisher whom they watch. Nothing of it is on the way
//! of media: the hub tells whoever listens, and what a collector does not take in time is dropped and counted.
//!
//! Source: OTLP 1.9, "OTLP/HTTP" with "JSON Protobuf Encoding"; its `trace.proto`; OpenTelemetry Specification, "OpenTelemetry Protocol
//! Exporter", for `OTEL_EXPORTER_OTLP_HEADERS`. Left out: protobuf, gRPC, compression, metrics and logs by OTLP.
//!
//! What there is to set is always here; what does it is built in by the feature `otlp`.

mod config;
#[cfg(feature = "otlp")]
mod exporter;
#[cfg(feature = "otlp")]
mod metrics;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod recorder;
#[cfg(feature = "otlp")]
mod wire;

pub use config::{Config, Endpoint, Headers};
#[cfg(feature = "otlp")]
pub use exporter::Exporter;

/// Whether this program can send traces.
pub const BUILT_IN: bool = cfg!(feature = "otlp");

#[cfg(all(test, feature = "otlp"))]
#[path = "otlp_test.rs"]
mod tests;
