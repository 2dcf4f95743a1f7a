//! The way to an authority: [`outbound`](crate::outbound), with a note of when it wants to be asked again.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::RETRY_AFTER;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

use crate::outbound::{Client, Limits};

/// What is known of the last answer that was none of success. A handle: clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal(Arc<Mutex<Option<Refused>>>);

/// A status, and when the authority wants to be asked again.
type Refused = (u16, Option<SystemTime>);

impl Refusal {
    /// Its status, and when the authority wants to be asked again.
    pub(super) fn last(&self) -> Option<Refused> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, answer: &hyper::Response<Bytes>) {
        let after = || {
            let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
            let seconds = text.parse().ok().filter(|seconds| *seconds < MOST_SECONDS)?;
            Some(SystemTime::now() + Duration::from_secs(seconds))
        };
        let refused = (!answer.status().is_success()).then(|| (answer.status().as_u16(), after()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }
}

pub(super) struct Http {
    pub(super) client: Client,
    pub(super) refusal: Refusal,
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let (client, refusal) = (self.client.clone(), self.refusal.clone());
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let request = Request::from_parts(head, Full::new(body.to_bytes()));
            let answer = client.send(request, LIMITS).await.map_err(|err| Error::Other(Box::new(err)))?;
            refusal.note(&answer);
            Ok(BytesResponse::from(answer.map(Full::new)))
        })
    }
}

/// A chain of certificates has some kilobytes; authorities answer within seconds.
const LIMITS: Limits = Limits { time: Duration::from_secs(30), bytes: 256 << 10 };
/// A month; what asks for more means something else.
const MOST_SECONDS: u64 = 31 * 24 * 3600;
