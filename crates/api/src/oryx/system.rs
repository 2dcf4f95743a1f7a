//! Versions, the password, tokens and the environment.

use std::time::Duration;

use control::audit::Deed;
use control::platform::{Error, Ticket};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Open, Secret};
use super::{Table, VERSION};
use crate::Environment;
use crate::dto::time;

pub(super) fn add(table: &mut Table) {
    for path in ["host/versions", "mgmt/versions", "ffmpeg/versions", "hooks/versions", "tencent/versions"] {
        table.at(Open, path, versions);
    }
    table.at(Open, "mgmt/init", init);
    table.at(Open, "mgmt/check", check);
    table.at(Open, "mgmt/envs", envs);
    table.at(Open, "mgmt/login", login);
    table.at(Secret, "mgmt/token", token);
    table.at(Secret, "mgmt/status", status);
    table.at(Secret, "mgmt/secret/query", secret);
}

/// A body of which nothing is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Nothing {}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Password {
    password: String,
}

async fn versions(_: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!({"version": VERSION}))
}

async fn init(api: Call, body: Password) -> Result<Value, Failure> {
    if body.password.is_empty() {
        let initialized = api.away(|api| api.platform.is_initialized()).await??;
        return Ok(json!({"init": initialized}));
    }
    let ticket = api.away_hashing(move |api| api.platform.initialize(&body.password)).await??;
    Ok(with_bearer(&api, &ticket))
}

async fn login(api: Call, body: Password) -> Result<Value, Failure> {
    let from = api.from;
    let outcome = api.away_hashing(move |api| api.platform.log_in(&body.password, from)).await?;
    let (who, status) = match &outcome {
        Ok(_) => (Some("script".to_owned()), 200),
        Err(Error::TooManyTries) => (None, 429),
        Err(_) => (None, 500),
    };
    let subject = "/terraform/v1/mgmt/login".to_owned();
    api.record(Deed { who, from: Some(from), action: "login".to_owned(), subject, status }).await;
    match outcome {
        Ok(ticket) => Ok(with_bearer(&api, &ticket)),
        Err(Error::WrongPassword) => {
            // Others are not kept waiting meanwhile.
            tokio::time::sleep(PENALTY).await;
            Err(Error::WrongPassword.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn check(_: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!({"upgrading": false}))
}

async fn envs(api: Call, _: Nothing) -> Result<Value, Failure> {
    let Environment { docker, candidate, rtmp_port, http_port, srt_port, rtc_port, slots } = &api.environment;
    let [forward, files, cameras] = slots;
    Ok(json!({
        "mgmtDocker": true, "platformDocker": docker, "candidate": candidate,
        "rtmpPort": rtmp_port.to_string(), "httpPort": http_port.map(|port| port.to_string()).unwrap_or_default(),
        "srtPort": srt_port.to_string(), "rtcPort": rtc_port.to_string(),
        "forwardLimit": forward, "vLiveLimit": files, "cameraLimit": cameras,
    }))
}

async fn token(api: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(as_json(&api.platform.issue()?))
}

async fn status(_: Call, _: Nothing) -> Result<Value, Failure> {
    let version = format!("v{VERSION}");
    Ok(json!({
        "version": version, "releases": {"version": version, "stable": "v1.0.193", "latest": "v1.0.307"},
        "upgrading": false, "strategy": "manual",
    }))
}

async fn secret(api: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!(api.platform.secret()))
}

fn as_json(ticket: &Ticket) -> Value {
    json!({"token": ticket.token, "createAt": time(ticket.created), "expireAt": time(ticket.expires)})
}

fn with_bearer(api: &Call, ticket: &Ticket) -> Value {
    let mut data = as_json(ticket);
    data["bearer"] = json!(api.platform.secret());
    data
}

/// What the service at `releases` says, which here is part of the server.
pub(super) const RELEASES: &str = r#"{"stable":"v1.0.193","latest":"v1.0.307","api":"v1.0.374"}"#;
/// What a wrong password costs.
const PENALTY: Duration = Duration::from_secs(10);
