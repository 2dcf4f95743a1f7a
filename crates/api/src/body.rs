//! Bodies in and out: JSON, bounded in size and time, and errors that name the field.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::unique;

/// A JSON object: of a request, as an argument; of a response, as the result.
#[derive(Debug, Clone)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Problem> {
        let read = Limited::new(request.into_body(), MAX_BODY).collect();
        let body = match tokio::time::timeout(MAX_TIME, read).await {
            Err(_) => {
                let status = StatusCode::REQUEST_TIMEOUT;
                return Err(Problem::new(status, "too_slow", "The body did not come in time"));
            }
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(Problem::new(status, "too_large", "The body is too large")
                    .detail(format!("{MAX_BODY} bytes are allowed")));
            }
            Ok(Err(error)) => {
                return Err(Problem::new(StatusCode::BAD_REQUEST, "broken_body", "The body is broken")
                    .detail(error.to_string()));
            }
            Ok(Ok(body)) => body.to_bytes(),
        };
        // A list would be taken for an object's values in their order.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(not_json("an object is expected"));
        }
        if let Some(path) = unique::repeated(&body) {
            return Err(Problem::field(path, "is there twice"));
        }
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (path, reason) = (error.path().to_string(), error.inner().to_string());
            match error.inner().classify() {
                serde_json::error::Category::Data if path != "." => Problem::field(path, reason),
                _ => not_json(&reason),
            }
        })?;
        json.end().map_err(|error| not_json(&error.to_string()))?;
        Ok(Json(value))
    }
}

fn not_json(reason: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_body", "The body is not the JSON it should be")
        .detail(reason)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// Far more than any resource has.
const MAX_BODY: usize = 256 << 10;
const MAX_TIME: Duration = Duration::from_secs(10);
