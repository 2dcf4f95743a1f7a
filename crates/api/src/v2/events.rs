//! What changes, as it changes: server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use control::Permission;
use futures_util::stream;
use jobs::record::View;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};
use utoipa::IntoParams;

use crate::Api;
use crate::caller::{Caller, Proof};
use crate::dto::{DeliveryView, JobView, LogLineView, RecordingView, SpaceView};
use crate::live::{EVERY, Streams};
use crate::log_lines::{LogLine, Wanted};
use crate::params::Query;
use crate::problem::Problem;
use crate::v2::{certificates, system};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Topics {
    /// What is to be told, separated by commas: `streams`, `system`, `logs`, `webhooks`, `https`, `jobs`, `recordings`.
    #[param(example = "streams,system")]
    topics: String,
}

/// Streams, the state of the server and its log, as they change
///
/// Server-sent events, each named by its topic. The first of `streams` has `snapshot` and `items`, as GET /api/v2/streams has them;
/// those that follow have `changed` (whole streams) and `gone` (ids), once a second at most. `system` is as GET /api/v2/system. The first of
/// `logs` has `snapshot` and as `items` the newest 100 lines, as GET /api/v2/logs has them; those that follow have the lines since then and
/// `missed`, how many are gone that were not told in time. The first of `webhooks` has `snapshot` and as `items` the last 100 deliveries to any
/// webhook, as GET /api/v2/webhooks/{id}/deliveries has them, in the order in which they changed; those that follow have what changed since then.
/// `https` is as GET /api/v2/certificates, each time with the steps that are new. `jobs` has as `items` all jobs, as GET /api/v2/jobs has them, and
/// `recordings` those that are being made or finished, as GET /api/v2/recordings has them, as `finished` how many are done, those on their way into object storage, and as `space` what the disk has for them; each once a
/// second at most, when something has changed. After a reconnect everything is told anew. A comment comes every 15 s; the connection ends
/// with the login or the token.
#[utoipa::path(
    get, path = "/api/v2/events", tag = "events", params(Topics),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 422, body = Problem),
        (status = 503, body = Problem, description = "Too many listen already"),
    )
)]
pub(super) async fn listen(
    State(api): State<Api>,
    caller: Caller,
    Query(topics): Query<Topics>,
) -> Result<Response, Problem> {
    let mut listener = Listener::new(api, &caller)?;
    if caller.may(Permission::KeysRead) {
        listener.all = true;
        listener.needs.push(Permission::KeysRead);
    }
    for topic in topics.topics.split(',').map(str::trim) {
        let (wanted, permission) = match topic {
            "streams" => (&mut listener.streams, Permission::StreamsRead),
            "system" => (&mut listener.system, Permission::SystemRead),
            "logs" => (&mut listener.logs, Permission::LogsRead),
            "webhooks" => (&mut listener.webhooks, Permission::WebhooksRead),
            "https" => (&mut listener.https, Permission::SettingsRead),
            "jobs" => (&mut listener.jobs, Permission::JobsRead),
            "recordings" => (&mut listener.recordings, Permission::RecordingsRead),
            other => {
                let known = "streams, system, logs, webhooks, https, jobs, recordings";
                return Err(Problem::field("topics", format!("{other:?} is none of {known}")));
            }
        };
        if !caller.may(permission) {
            return Err(Problem::forbidden(permission));
        }
        *wanted = true;
        listener.needs.push(permission);
    }
    let events = stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    // Proxies must not wait for more.
    Ok(([("x-accel-buffering", "no")], Sse::new(events)).into_response())
}

/// Somebody who listens.
struct Listener {
    api: Api,
    proof: Proof,
    /// What they have to be allowed.
    needs: Vec<Permission>,
    streams: bool,
    /// Also streams whose names are secrets.
    all: bool,
    system: bool,
    logs: bool,
    /// The last line that they know.
    line: Option<u64>,
    webhooks: bool,
    /// Up to which revision they know deliveries.
    revision: Option<u64>,
    https: bool,
    /// The last step of certificates that they know, and whether an order was under way.
    step: Option<(u64, bool)>,
    jobs: bool,
    /// Up to which revision they know jobs.
    jobs_known: Option<u64>,
    recordings: bool,
    /// The same of recordings.
    recordings_known: Option<u64>,
    /// What they know of streams.
    known: Option<Arc<Streams>>,
    system_at: Option<Instant>,
    /// When jobs were last looked at, and recordings.
    jobs_at: Instant,
    recordings_at: Instant,
    /// When they last heard anything, and when it was last looked whether they still may.
    heard: Instant,
    _place: OwnedSemaphorePermit,
    _seat: Seat,
}

/// One of the places that one account may have.
struct Seat {
    api: Api,
    user: String,
}

impl Seat {
    fn take(api: &Api, user: &str) -> Option<Seat> {
        let mut listening = api.listening_users();
        let count = listening.entry(user.to_owned()).or_default();
        if *count >= MOST_OF_USER {
            return None;
        }
        *count += 1;
        Some(Seat { api: api.clone(), user: user.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut listening = self.api.listening_users();
        if let Some(count) = listening.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                listening.remove(&self.user);
            }
        }
    }
}

impl Listener {
    fn new(api: Api, caller: &Caller) -> Result<Listener, Problem> {
        let too_many = || {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Problem::new(status, "too_many_listeners", "Too many listen already").retry_after(10)
        };
        let seat = Seat::take(&api, &caller.user.name).ok_or_else(too_many)?;
        let place = Arc::clone(&api.listeners).try_acquire_owned().map_err(|_| too_many())?;
        let proof = caller.proof().clone();
        let heard = Instant::now();
        let [streams, all, system, logs, webhooks, https, jobs, recordings] = [false; 8];
        let (line, revision, step, known, system_at) = (None, None, None, None, None);
        let needs = Vec::new();
        let long_ago = Instant::now().checked_sub(EVERY).unwrap_or_else(Instant::now);
        Ok(Listener {
            api,
            proof,
            needs,
            streams,
            all,
            system,
            logs,
            line,
            webhooks,
            revision,
            https,
            step,
            jobs,
            jobs_known: None,
            recordings,
            recordings_known: None,
            known,
            system_at,
            jobs_at: long_ago,
            recordings_at: long_ago,
            heard,
            _place: place,
            _seat: seat,
        })
    }

    /// The next event; `None` when the server stops, or they may not listen any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.heard.elapsed() >= HEARTBEAT {
                self.heard = Instant::now();
                let may = self.proof.permissions(&self.api).await;
                if !self.needs.iter().all(|needed| may.contains(needed)) {
                    return None;
                }
                return Some(Event::default().comment("still here"));
            }
            if self.api.stop.is_cancelled() {
                return None;
            }
            if let Some(event) = self.due() {
                return Some(event);
            }
            tokio::select! {
                () = sleep(EVERY) => {}
                () = self.api.stop.cancelled() => return None,
            }
        }
    }

    /// What there is to tell now.
    fn due(&mut self) -> Option<Event> {
        if self.system && self.system_at.is_none_or(|at| at.elapsed() >= SYSTEM_EVERY) {
            self.system_at = Some(Instant::now());
            let data = serde_json::to_string(&system::view(&self.api)).ok()?;
            return Some(Event::default().event("system").data(data));
        }
        if let Some(lines) = self.new_lines() {
            return Some(lines);
        }
        if let Some(deliveries) = self.new_deliveries() {
            return Some(deliveries);
        }
        if let Some(steps) = self.new_steps() {
            return Some(steps);
        }
        // These change all the time, and are told as a whole.
        if self.jobs_at.elapsed() >= EVERY {
            self.jobs_at = Instant::now();
            if let Some(jobs) = self.new_jobs() {
                return Some(jobs);
            }
        }
        if self.recordings_at.elapsed() >= EVERY {
            self.recordings_at = Instant::now();
            if let Some(recordings) = self.new_recordings() {
                return Some(recordings);
            }
        }
        if !self.streams {
            return None;
        }
        let now = self.api.looks.streams(&self.api.hub, self.all);
        let data = match &self.known {
            None => Some(now.snapshot()),
            Some(known) if Arc::ptr_eq(known, &now) => None,
            Some(known) => now.since(known),
        };
        let id = now.number.to_string();
        self.known = Some(now);
        Some(Event::default().event("streams").id(id).data(data?))
    }

    /// Steps of certificates that they do not know, with what there is.
    fn new_steps(&mut self) -> Option<Event> {
        if !self.https {
            return None;
        }
        let view = certificates::view(&self.api, self.step.map_or(0, |(known, _)| known));
        let last =
            view.steps.last().map(|step| step.number).or(self.step.map(|(known, _)| known)).unwrap_or(0);
        let now = Some((last, view.ordering));
        if self.step == now {
            return None;
        }
        self.step = now;
        let data = serde_json::to_string(&view).ok()?;
        Some(Event::default().event("https").data(data))
    }

    /// Lines of the log that they do not know.
    fn new_lines(&mut self) -> Option<Event> {
        if !self.logs {
            return None;
        }
        let view = |lines: Vec<Arc<LogLine>>| -> Vec<_> {
            lines.iter().map(|line| LogLineView::from(&**line)).collect()
        };
        let logs = &self.api.logs;
        let data = match self.line {
            None => {
                let lines = logs.newest(&Wanted::ALL, LINES);
                self.line = Some(lines.last().map_or(0, |line| line.number));
                json!({"snapshot": true, "items": view(lines)})
            }
            Some(known) => {
                let (lines, missed) = logs.after(known, &Wanted::ALL, LINES);
                self.line = Some(lines.last()?.number);
                json!({"items": view(lines), "missed": missed})
            }
        };
        Some(Event::default().event("logs").data(data.to_string()))
    }
}

impl Listener {
    /// Deliveries that have changed since they last heard.
    fn new_deliveries(&mut self) -> Option<Event> {
        if !self.webhooks {
            return None;
        }
        let (mut changed, newest) = self.api.hooks.deliveries_since(self.revision.unwrap_or(0));
        let snapshot = self.revision.is_none();
        if snapshot {
            changed.drain(..changed.len().saturating_sub(DELIVERIES));
        } else if changed.is_empty() {
            return None;
        }
        let more = changed.len() > DELIVERIES;
        changed.truncate(DELIVERIES);
        let last = changed.last().filter(|_| more).map_or(newest, |delivery| delivery.revision);
        self.revision = Some(last);
        let items: Vec<_> = changed.iter().map(DeliveryView::from).collect();
        let data = if snapshot { json!({"snapshot": true, "items": items}) } else { json!({"items": items}) };
        Some(Event::default().event("webhooks").data(data.to_string()))
    }
}

impl Listener {
    /// Jobs, if something of them has changed.
    fn new_jobs(&mut self) -> Option<Event> {
        let now = *self.api.jobs.changes().borrow();
        if !self.jobs || self.jobs_known.replace(now) == Some(now) {
            return None;
        }
        let may_know = |key: &hub::StreamKey| self.all || !self.api.hub.is_secret(key);
        let items: Vec<_> =
            self.api.jobs.all().into_iter().map(|view| JobView::new(view, may_know)).collect();
        Some(Event::default().event("jobs").data(json!({ "items": items }).to_string()))
    }

    /// Recordings that are not done, if something of any has changed.
    fn new_recordings(&mut self) -> Option<Event> {
        let now = *self.api.recordings.changes().borrow();
        if !self.recordings || self.recordings_known.replace(now) == Some(now) {
            return None;
        }
        let (mut current, finished) = self.api.recordings.current();
        current.retain(|view| self.may_know(view));
        let (uploads, waiting) = self.api.recordings.on_their_way(UPLOADS, |view| self.may_know(view));
        let uploaded = self.api.recordings.uploaded();
        let views = |views: Vec<View>| views.into_iter().map(RecordingView::from).collect::<Vec<_>>();
        let (items, uploads) = (views(current), views(uploads));
        let data = json!({ "items": items, "finished": finished, "uploads": uploads, "waiting": waiting, "uploaded": uploaded, "space": SpaceView::from(self.api.recordings.space()) });
        Some(Event::default().event("recordings").data(data.to_string()))
    }

    fn may_know(&self, recording: &View) -> bool {
        recording.stream().is_some_and(|key| self.all || !self.api.hub.is_secret(&key))
    }
}

/// Deliveries at a time.
const DELIVERIES: usize = 100;
/// Recordings on their way into object storage that are told of.
const UPLOADS: usize = 20;
/// Lines of the log at a time.
const LINES: usize = 100;
/// Pages of one account that listen: nobody is to take the places of all.
const MOST_OF_USER: usize = 32;
/// Longer silence and proxies give the connection up.
const HEARTBEAT: Duration = Duration::from_secs(15);
const SYSTEM_EVERY: Duration = Duration::from_secs(2);
