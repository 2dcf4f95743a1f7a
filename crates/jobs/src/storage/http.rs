//! How storage is asked: as other servers are.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use control::outbound::{self, Limits};
use http_body_util::{BodyExt as _, Full};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

/// Hands out [`Service`]s.
#[derive(Debug)]
pub(super) struct Connector {
    client: outbound::Client,
}

#[derive(Debug)]
struct Service {
    client: outbound::Client,
}

impl Connector {
    pub(super) fn new(client: outbound::Client) -> Connector {
        Connector { client }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service { client: self.client.clone() }))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        // To make one of many parts may take minutes. Source: Amazon S3 API Reference, CompleteMultipartUpload.
        let completes = head.method == hyper::Method::POST
            && head.uri.query().is_some_and(|query| query.contains("uploadId="));
        let limits = if completes { COMPLETING } else { limits(body.len()) };
        let request = hyper::Request::from_parts(head, Full::new(body));
        let answer =
            self.client.send(request, limits).await.map_err(|err| HttpError::new(kind(&err), err))?;
        Ok(answer.map(|body: Bytes| body.into()))
    }
}

/// Slow lines are waited for, and those that are dead are not waited for all day.
fn limits(bytes: usize) -> Limits {
    let sending = Duration::from_secs(bytes as u64 / SLOWEST);
    Limits { time: PATIENCE + sending, bytes: MOST }
}

fn kind(err: &outbound::Error) -> HttpErrorKind {
    match err {
        outbound::Error::Connect(_) => HttpErrorKind::Connect,
        outbound::Error::Timeout { .. } => HttpErrorKind::Timeout,
        outbound::Error::Http(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    }
}

const COMPLETING: Limits = Limits { time: Duration::from_secs(600), bytes: MOST };
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes a second.
const SLOWEST: u64 = 16 << 10;
/// Bytes of an answer.
pub(super) const MOST: usize = 16 << 20;
