//! Sends spans to the collector, as well as that goes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hub::Hub;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Config;
use super::queue::{BATCH, Queue};
use super::recorder::Recorder;
use super::wire::{self, Attribute, Resource};
use crate::entry::uuid;
use crate::outbound::{Client, Limits};
use crate::retry::{backoff, chance};
use crate::so_far::so_far;

/// Traces of this server, on their way to one collector. Owns what waits for it.
///
/// A collector that is slow, dead or wrong costs nothing but its spans: what is not taken in time is dropped and counted.
pub struct Exporter {
    client: Client,
    /// Where spans are sent.
    url: String,
    headers: HeaderMap,
    resource: Resource,
    /// The share of viewers that are recorded.
    sample: f64,
    pace: Pace,
    pub(super) queue: Arc<Queue>,
    /// The last try failed, so that only changes are logged.
    failing: AtomicBool,
}

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// For a batch to be whole, before what there is is sent.
    pub(super) gather: Duration,
    /// After the first try that failed; twice that after the second, and so on.
    pub(super) first: Duration,
    /// After any, unless the collector says more.
    pub(super) longest: Duration,
}

/// What became of a try.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The collector has it, but for so many spans, and says why.
    Taken { rejected: u64, why: String },
    /// It does not want it, now or later.
    Refused { why: String },
    /// It may take it when it is asked again, after so long at the earliest.
    Later { after: Duration, why: String },
}

/// `ExportTraceServiceResponse`, as far as it matters.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Response200 {
    partial_success: Option<PartialSuccess>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PartialSuccess {
    /// A number, or that as text.
    rejected_spans: Value,
    error_message: String,
}

impl Exporter {
    /// To the collector of `config`, asked by `client`; `None` where it names none.
    pub fn new(config: &Config, client: Client) -> Option<Exporter> {
        let url = config.endpoint.as_ref()?.traces();
        let service = if config.service.is_empty() { "sluice" } else { &config.service };
        let mut attributes = vec![
            Attribute::text("service.name", service),
            Attribute::text("service.version", env!("CARGO_PKG_VERSION")),
        ];
        // Without randomness, which there is, two servers cannot be told apart.
        attributes.extend(uuid().ok().map(|id| Attribute::text("service.instance.id", id)));
        let mut headers = config.headers.map().clone();
        headers.insert(CONTENT_TYPE, crate::outbound::JSON);
        Some(Exporter {
            client,
            url,
            headers,
            resource: Resource { attributes },
            sample: config.sample,
            pace: Pace::USUAL,
            queue: Arc::default(),
            failing: AtomicBool::new(false),
        })
    }

    /// The same with another pace.
    #[cfg(test)]
    pub(super) fn at(self, pace: Pace) -> Exporter {
        Exporter { pace, ..self }
    }

    /// Whether the last try to reach the collector failed.
    pub(super) fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Traces what happens in `hub` from this call on, until `last`; what is over by then is still sent where that can be done soon.
    /// To be run once.
    pub fn run(
        self: Arc<Self>,
        hub: &Hub,
        last: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let events = hub.events();
        let recorder = Recorder::new(hub.clone(), self.sample, Arc::clone(&self.queue));
        self.export(events, recorder, last)
    }

    async fn export(
        self: Arc<Self>,
        events: Receiver<hub::Event>,
        recorder: Recorder,
        last: CancellationToken,
    ) {
        let ended = CancellationToken::new();
        let sending = self.send_until(&ended);
        tokio::pin!(sending);
        tokio::select! {
            () = record(events, recorder, last) => {}
            () = &mut sending => {}
        }
        ended.cancel();
        if timeout(LAST_WORDS, sending).await.is_err() {
            info!("stopped before all traces were sent");
        }
    }

    /// Sends whole batches at once and others from time to time; when it has `ended`, all that is left.
    async fn send_until(&self, ended: &CancellationToken) {
        while !ended.is_cancelled() {
            tokio::select! {
                () = self.queue.filled() => {}
                () = sleep(self.pace.gather) => {}
                () = ended.cancelled() => {}
            }
            loop {
                self.send_batch(ended).await;
                let left = self.queue.len();
                if left == 0 || left < BATCH && !ended.is_cancelled() {
                    break;
                }
            }
        }
    }

    /// Sends the oldest spans, again and again until they are taken, it is no use, or it has `ended`.
    async fn send_batch(&self, ended: &CancellationToken) {
        let spans = self.queue.take();
        if spans.is_empty() {
            return;
        }
        let body = match serde_json::to_vec(&wire::Request::new(&self.resource, &spans)) {
            Ok(body) => Bytes::from(body),
            Err(err) => {
                warn!(%err, "spans cannot be written");
                return self.queue.lose(spans.len());
            }
        };
        for attempt in 1..=ATTEMPTS {
            let over = ended.is_cancelled() || attempt == ATTEMPTS;
            match self.try_once(body.clone()).await {
                Outcome::Taken { rejected, why } => {
                    let rejected = rejected.min(spans.len() as u64);
                    if rejected > 0 {
                        warn!(rejected, why, "the collector rejects spans");
                    }
                    self.queue.rejected.fetch_add(rejected, Ordering::Relaxed);
                    self.queue.sent.fetch_add(spans.len() as u64 - rejected, Ordering::Relaxed);
                    if self.failing.swap(false, Ordering::Relaxed) {
                        info!(dropped = self.queue.dropped.load(Ordering::Relaxed), "traces are sent again");
                    }
                    return;
                }
                Outcome::Refused { why } => {
                    self.fails(&why);
                    break;
                }
                Outcome::Later { after, why } => {
                    self.fails(&why);
                    if over {
                        break;
                    }
                    let pause = self.pace.pause(attempt, chance()).max(after.min(MOST_AFTER));
                    let _ = ended.run_until_cancelled(sleep(pause)).await;
                }
            }
        }
        self.queue.lose(spans.len());
    }

    fn fails(&self, why: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            warn!(err = why, "traces cannot be sent; what waits too long for the collector is dropped");
        }
    }

    async fn try_once(&self, body: Bytes) -> Outcome {
        let request = Request::post(&self.url).body(Full::new(body));
        let mut request = match request {
            Ok(request) => request,
            Err(error) => return Outcome::Refused { why: error.to_string() },
        };
        request.headers_mut().extend(self.headers.clone());
        match self.client.send(request, LIMITS).await {
            Ok(answer) => Outcome::of(&answer),
            Err(error) => Outcome::Later { after: Duration::ZERO, why: error.to_string() },
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}

impl Outcome {
    /// Source: OTLP 1.9 §"OTLP/HTTP Response": only 429, 502, 503 and 504 are tried again.
    fn of(answer: &Response<Bytes>) -> Outcome {
        let status = answer.status();
        let why = format!("the collector answers {status}");
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Outcome::Later { after: retry_after(answer.headers()), why },
            status if status.is_success() => {
                let body: Response200 = serde_json::from_slice(answer.body()).unwrap_or_default();
                let PartialSuccess { rejected_spans, error_message } =
                    body.partial_success.unwrap_or_default();
                let text = rejected_spans.as_str().and_then(|text| text.parse().ok());
                let rejected = rejected_spans.as_u64().or(text).unwrap_or(0);
                Outcome::Taken { rejected, why: error_message.chars().take(MOST_WORDS).collect() }
            }
            _ => Outcome::Refused { why },
        }
    }
}

impl Pace {
    const USUAL: Pace = Pace {
        gather: Duration::from_secs(5),
        first: Duration::from_secs(1),
        longest: Duration::from_secs(30),
    };

    /// After `attempt` tries.
    fn pause(&self, attempt: u32, chance: u8) -> Duration {
        backoff(self.first, self.longest, attempt, chance)
    }
}

/// Hands what happens to `recorder`, until `last` and no longer.
async fn record(mut events: Receiver<hub::Event>, mut recorder: Recorder, last: CancellationToken) {
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => recorder.record(&event),
                Err(RecvError::Lagged(missed)) => {
                    warn!(missed, "traces lack some sessions");
                    record_all(&mut events, &mut recorder);
                    recorder.catch_up();
                }
                Err(RecvError::Closed) => break,
            },
            () = last.cancelled() => break,
        }
    }
    // The ends of all that ended with the server.
    record_all(&mut events, &mut recorder);
}

/// What has happened up to now.
fn record_all(events: &mut Receiver<hub::Event>, recorder: &mut Recorder) {
    for event in so_far(events) {
        match event {
            Ok(event) => recorder.record(&event),
            Err(missed) => warn!(missed, "traces lack some sessions"),
        }
    }
}

/// A date instead of seconds, which the header may have too, counts as none.
fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// Of one request.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), bytes: 64 << 10 };
/// Tries of one batch: with the usual pace some 30 s.
const ATTEMPTS: u32 = 6;
/// How long a collector may have us wait.
const MOST_AFTER: Duration = Duration::from_secs(300);
/// For what is left when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(1_500);
/// Characters of what a collector says.
const MOST_WORDS: usize = 200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn outcome(status: u16, retry: Option<&str>, body: &'static str) -> Outcome {
        let mut answer = Response::builder().status(status);
        if let Some(retry) = retry {
            answer = answer.header(RETRY_AFTER, retry);
        }
        Outcome::of(&answer.body(Bytes::from_static(body.as_bytes())).unwrap())
    }

    #[test]
    fn only_what_may_go_better_later_is_tried_again() {
        for status in [429, 502, 503, 504] {
            let Outcome::Later { after, why } = outcome(status, None, "") else { panic!("{status}") };
            assert!(after.is_zero() && why.contains(&status.to_string()), "{why}");
        }
        for status in [301, 400, 401, 404, 413, 500, 501] {
            assert!(matches!(outcome(status, Some("1"), ""), Outcome::Refused { .. }), "{status}");
        }
        let after = |retry| match outcome(503, Some(retry), "") {
            Outcome::Later { after, .. } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!([" 7", "soon", "-1", "Wed, 21 Oct 2015 07:28:00 GMT"].map(after), [7, 0, 0, 0]);
    }

    #[test]
    fn spans_that_are_rejected_are_told_from_those_that_are_taken() {
        let taken = |rejected, why: &str| Outcome::Taken { rejected, why: why.to_owned() };
        for (body, expected) in [
            ("", taken(0, "")),
            ("{}", taken(0, "")),
            ("\u{a}\u{0}", taken(0, "")),
            (r#"{"partialSuccess":{}}"#, taken(0, "")),
            (r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#, taken(2, "too old")),
            (r#"{"partialSuccess":{"rejectedSpans":3}}"#, taken(3, "")),
        ] {
            assert_eq!(outcome(200, None, body), expected, "{body}");
        }
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let whole = [1, 2, 3, 6, 40].map(|attempt| Pace::USUAL.pause(attempt, 0).as_secs());
        assert_eq!(whole, [1, 2, 4, 30, 30]);
        assert!(Pace::USUAL.pause(1, 255) >= Duration::from_millis(500));
    }
}
