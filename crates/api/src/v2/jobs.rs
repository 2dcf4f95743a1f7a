//! Background work: what is wanted, and what becomes of it.

use axum::extract::State;
use axum::http::StatusCode;
use jobs::supervisor::{Change, Limits, Line, New};

use super::field;
use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{ChangedJob, ChangedJobKind, JobKindView, JobLineView, JobView, NewJob, Page, StreamsView};
use crate::params::Path;
use crate::problem::Problem;

/// The kinds of jobs, with what can be set of each
#[utoipa::path(get, path = "/api/v2/jobs/kinds", tag = "jobs", responses((status = 200, body = Page<JobKindView>)))]
pub(super) async fn kinds(State(api): State<Api>) -> Json<Page<JobKindView>> {
    let items = api.jobs.kinds().map(|kind| JobKindView::new(kind, api.jobs.most(kind)));
    Json(Page { items: items.collect(), next: None })
}

/// Set how many runs of a kind there may be at a time
///
/// Those that are too many go on; who comes later waits.
#[utoipa::path(
    patch, path = "/api/v2/jobs/kinds/{kind}", tag = "jobs", params(("kind" = String, Path)), request_body = ChangedJobKind,
    responses((status = 200, body = JobKindView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn limit(
    State(api): State<Api>,
    Path(name): Path<String>,
    Json(body): Json<ChangedJobKind>,
) -> Result<Json<JobKindView>, Problem> {
    let known = |api: &Api| api.jobs.kinds().any(|kind| kind.name() == name);
    if !known(&api) {
        return Err(Problem::not_found(format!("there is no kind of job called {name:?}")));
    }
    if body.most.is_some_and(|most| !(1..=Limits::MOST).contains(&most)) {
        return Err(Problem::field("most", format!("has to be from 1 to {}", Limits::MOST)));
    }
    let kind = name.clone();
    let set = api.blocking(move |api| {
        let _changing = api.settings_changing();
        let change = |limits: &mut Limits| match body.most {
            Some(most) => _ = limits.0.insert(kind.clone(), most),
            None => _ = limits.0.remove(&kind),
        };
        api.jobs.set_limits(api.settings.update(change)?);
        Ok::<_, Problem>(())
    });
    set.await?;
    let kind = api.jobs.kinds().find(|kind| kind.name() == name);
    let view = kind.map(|kind| JobKindView::new(kind, api.jobs.most(kind)));
    view.map(Json).ok_or_else(|| Problem::not_found("there is no such kind of job"))
}

/// All jobs, with how they are doing
#[utoipa::path(get, path = "/api/v2/jobs", tag = "jobs", responses((status = 200, body = Page<JobView>)))]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Json<Page<JobView>> {
    let items = api.jobs.all().into_iter().map(|view| shown(&api, &caller, view)).collect();
    Json(Page { items, next: None })
}

/// Make a job
///
/// To record every stream of an app: `{"kind": "record", "label": "all", "streams": {"only": ["live/*"]}}`.
#[utoipa::path(
    post, path = "/api/v2/jobs", tag = "jobs", request_body = NewJob,
    responses((status = 201, body = JobView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewJob>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let NewJob { kind, label, streams, settings, wanted } = body;
    let new = New { kind, label, streams: streams.parse()?, settings, wanted };
    let made = api.blocking(move |api| api.jobs.create(new)).await?;
    Ok((StatusCode::CREATED, Json(shown(&api, &caller, made))))
}

/// One job
#[utoipa::path(
    get, path = "/api/v2/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Problem> {
    let view = api.jobs.view(&field::id(id, "job")?)?;
    Ok(Json(shown(&api, &caller, view)))
}

/// Change a job
#[utoipa::path(
    patch, path = "/api/v2/jobs/{id}", tag = "jobs", params(("id" = String, Path)), request_body = ChangedJob,
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<ChangedJob>,
) -> Result<Json<JobView>, Problem> {
    let id = field::id(id, "job")?;
    let streams = body.streams.map(StreamsView::parse).transpose()?;
    let change = Change { label: body.label, streams, settings: body.settings, wanted: body.wanted };
    let changed = api.blocking(move |api| api.jobs.change(&id, &change)).await?;
    Ok(Json(shown(&api, &caller, changed)))
}

/// Remove a job
///
/// Its runs end. What they have made stays.
#[utoipa::path(
    delete, path = "/api/v2/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = field::id(id, "job")?;
    api.blocking(move |api| api.jobs.remove(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have a job's runs begin anew
///
/// Also those that have failed, or are done.
#[utoipa::path(
    post, path = "/api/v2/jobs/{id}/restart", tag = "jobs", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn restart(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    api.jobs.restart(&field::id(id, "job")?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last lines of a job's log, the eldest first
#[utoipa::path(
    get, path = "/api/v2/jobs/{id}/log", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = Page<JobLineView>), (status = 404, body = Problem))
)]
pub(super) async fn log(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Page<JobLineView>>, Problem> {
    let lines = api.jobs.log(&field::id(id, "job")?)?;
    let may_know = |line: &Line| {
        let key = line.stream.as_deref().map(|name| super::streams::key_in("stream", name));
        key.is_none_or(|key| key.is_ok_and(|key| caller.may_know(&key, &api.hub)))
    };
    let items = lines.into_iter().filter(may_know).map(JobLineView::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// For those who may know this and that.
fn shown(api: &Api, caller: &Caller, view: jobs::supervisor::View) -> JobView {
    JobView::new(view, |key| caller.may_know(key, &api.hub))
}
