//! Spans as OTLP has them in JSON: names in lower camel case, ids in hexadecimal, 64-bit numbers as text, enumerations as numbers.
//!
//! Source: OTLP 1.9 §"JSON Protobuf Encoding"; `opentelemetry/proto/trace/v1/trace.proto`, `common/v1/common.proto`.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use crate::secret::hex;

/// `ExportTraceServiceRequest`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: &'a Resource,
    scope_spans: [ScopeSpans<'a>; 1],
}

/// What spans come from: this server.
#[derive(Debug, Serialize)]
pub(super) struct Resource {
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: &'a [Span],
}

/// `InstrumentationScope`.
#[derive(Debug, Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

/// Something that took its time and is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_span_id: Option<SpanId>,
    pub(super) flags: u32,
    pub(super) name: &'static str,
    pub(super) kind: u8,
    pub(super) start_time_unix_nano: Nanos,
    pub(super) end_time_unix_nano: Nanos,
    pub(super) attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) dropped_events_count: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) dropped_links_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
}

/// Something that happened meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) time_unix_nano: Nanos,
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Attribute>,
}

/// Another span that has to do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) flags: u32,
}

/// How it went, where that is said: badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Status {
    pub(super) code: u8,
    pub(super) message: &'static str,
}

/// `KeyValue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Attribute {
    key: &'static str,
    value: Value,
}

/// `AnyValue`, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Value {
    StringValue(String),
    IntValue(Whole),
}

/// A moment, in ns since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nanos(pub(super) SystemTime);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Whole(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId(pub(super) [u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId(pub(super) [u8; 8]);

impl Request<'_> {
    /// Of the `spans` of this server, which is `resource`.
    pub(super) fn new<'a>(resource: &'a Resource, spans: &'a [Span]) -> Request<'a> {
        let scope = Scope { name: "sluice", version: env!("CARGO_PKG_VERSION") };
        Request { resource_spans: [ResourceSpans { resource, scope_spans: [ScopeSpans { scope, spans }] }] }
    }
}

impl Attribute {
    pub(super) fn text(key: &'static str, value: impl Into<String>) -> Attribute {
        Attribute { key, value: Value::StringValue(value.into()) }
    }

    pub(super) fn number(key: &'static str, value: u64) -> Attribute {
        Attribute { key, value: Value::IntValue(Whole(value)) }
    }
}

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        to.collect_str(&since.min(u64::MAX.into()))
    }
}

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // int64, of which a sender of 2^63 bytes is out of reach.
        to.collect_str(&self.0.min(i64::MAX as u64))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(&self.0))
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(&self.0))
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// `SPAN_KIND_SERVER`: somebody came to us.
pub(super) const SERVER: u8 = 2;
/// `STATUS_CODE_ERROR`.
pub(super) const FAILED: u8 = 2;
/// Sampled (W3C Trace Context §3.2.2.5.1), and `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: a parent or link is known to be of this server.
pub(super) const SAMPLED: u32 = 0x101;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn at(seconds: u64, nanos: u32) -> Nanos {
        Nanos(UNIX_EPOCH + Duration::new(seconds, nanos))
    }

    #[test]
    fn a_request_is_written_as_the_protocol_has_it() {
        let (trace_id, span_id) =
            (TraceId([0x5b; 16]), SpanId([0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74]));
        let span = Span {
            trace_id,
            span_id,
            parent_span_id: Some(SpanId([1; 8])),
            flags: SAMPLED,
            name: "play",
            kind: SERVER,
            start_time_unix_nano: at(1_544_712_660, 300_000_000),
            end_time_unix_nano: at(1_544_712_661, 300_000_007),
            attributes: vec![
                Attribute::text("sluice.stream", "live/\"a\""),
                Attribute::number("sluice.bytes", 1 << 60),
            ],
            events: vec![Event {
                time_unix_nano: at(1_544_712_661, 0),
                name: "unpublished",
                attributes: vec![Attribute::text("sluice.end", "dropped")],
            }],
            dropped_events_count: 3,
            dropped_links_count: 4,
            links: vec![Link { trace_id: TraceId([2; 16]), span_id: SpanId([3; 8]), flags: SAMPLED }],
            status: Some(Status { code: FAILED, message: "too slow" }),
        };
        let bare = Span {
            parent_span_id: None,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: None,
            attributes: Vec::new(),
            ..span.clone()
        };
        let resource = Resource { attributes: vec![Attribute::text("service.name", "sluice")] };
        let written = serde_json::to_string(&Request::new(&resource, &[span, bare])).unwrap();
        let head = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"sluice"}}]},"scopeSpans":[{"scope":{"name":"sluice","version":"VERSION"},"spans":["#;
        let first = r#"{"traceId":"5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b","spanId":"eee19b7ec3c1b174","parentSpanId":"0101010101010101","flags":257,"name":"play","kind":2,"startTimeUnixNano":"1544712660300000000","endTimeUnixNano":"1544712661300000007","attributes":[{"key":"sluice.stream","value":{"stringValue":"live/\"a\""}},{"key":"sluice.bytes","value":{"intValue":"1152921504606846976"}}],"events":[{"timeUnixNano":"1544712661000000000","name":"unpublished","attributes":[{"key":"sluice.end","value":{"stringValue":"dropped"}}]}],"droppedEventsCount":3,"links":[{"traceId":"02020202020202020202020202020202","spanId":"0303030303030303","flags":257}],"droppedLinksCount":4,"status":{"code":2,"message":"too slow"}}"#;
        let second = r#"{"traceId":"5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b","spanId":"eee19b7ec3c1b174","flags":257,"name":"play","kind":2,"startTimeUnixNano":"1544712660300000000","endTimeUnixNano":"1544712661300000007","attributes":[]}"#;
        let head = head.replace("VERSION", env!("CARGO_PKG_VERSION"));
        assert_eq!(written, format!("{head}{first},{second}]}}]}}]}}"));
    }

    #[test]
    fn what_is_beyond_the_numbers_of_the_protocol_is_cut() {
        let of = |value| serde_json::to_string(&value).unwrap();
        assert_eq!(of(Nanos(UNIX_EPOCH - Duration::from_secs(1))), "\"0\"");
        let written = serde_json::to_string(&Attribute::number("n", u64::MAX)).unwrap();
        assert_eq!(written, r#"{"key":"n","value":{"intValue":"9223372036854775807"}}"#);
    }
}
