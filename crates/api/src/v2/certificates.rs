//! The certificate that listeners with TLS show.

use axum::extract::State;
use axum::http::StatusCode;
use control::certificates::{Error, Order, Pem};

use crate::Api;
use crate::body::Json;
use crate::dto::{CertificateView, CertificatesView, NewCertificate, NewOrder, StepView};
use crate::problem::Problem;

/// The certificate in service, where it comes from, and what has happened
///
/// Never with the private key. `steps` are the last 500; follow them with the topic `https` of GET /api/v2/events.
#[utoipa::path(
    get, path = "/api/v2/certificates", tag = "certificates", responses((status = 200, body = CertificatesView))
)]
pub(super) async fn show(State(api): State<Api>) -> Json<CertificatesView> {
    Json(view(&api, 0))
}

/// Upload a certificate
///
/// Checked first: whether key and certificate belong together, the order of the chain, the dates. What cannot be used changes nothing. It is shown to
/// connections that come from then on; those that are there go on.
#[utoipa::path(
    put, path = "/api/v2/certificates", tag = "certificates", request_body = NewCertificate,
    responses(
        (status = 200, body = CertificateView),
        (status = 409, body = Problem, description = "The settings name the certificate"),
        (status = 422, body = Problem, description = "The pair cannot be used, and why"),
    )
)]
pub(super) async fn upload(
    State(api): State<Api>,
    Json(body): Json<NewCertificate>,
) -> Result<Json<CertificateView>, Problem> {
    let pem = Pem::trimmed(&body.certificate, &body.key);
    let facts = api.blocking(move |api| api.certificates.upload(pem)).await?;
    Ok(Json(CertificateView::from(facts)))
}

/// Go back to our own, self-signed certificate
///
/// What was uploaded or ordered is shown no more, and not renewed.
#[utoipa::path(
    delete, path = "/api/v2/certificates", tag = "certificates",
    responses((status = 204), (status = 409, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>) -> Result<StatusCode, Problem> {
    api.blocking(|api| api.certificates.own(false)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new self-signed certificate, and show it
#[utoipa::path(
    post, path = "/api/v2/certificates/self-signed", tag = "certificates",
    responses((status = 201, body = CertificatesView), (status = 409, body = Problem))
)]
pub(super) async fn make_own(
    State(api): State<Api>,
) -> Result<(StatusCode, Json<CertificatesView>), Problem> {
    api.blocking(|api| api.certificates.own(true)).await?;
    Ok((StatusCode::CREATED, Json(view(&api, 0))))
}

/// Order a certificate from the authority (ACME)
///
/// The answer says that the order is placed; how it goes on is told by GET and by the topic `https` of GET /api/v2/events. Each of the names has to lead to
/// port 80 of this server. Until the new certificate has come, and if it does not, the one in service stays. Once it has, it is renewed by itself.
#[utoipa::path(
    post, path = "/api/v2/certificates/order", tag = "certificates", request_body = NewOrder,
    responses((status = 202, body = CertificatesView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn order(
    State(api): State<Api>,
    Json(body): Json<NewOrder>,
) -> Result<(StatusCode, Json<CertificatesView>), Problem> {
    let order = Order::new(body.domains.iter().map(String::as_str), body.email.as_deref());
    let mut order = order.map_err(|error| match error {
        control::certificates::BadOrder::Email { .. } => Problem::field("email", error.to_string()),
        error => Problem::field("domains", error.to_string()),
    })?;
    (order.staging, order.unchecked) = (body.staging, body.unchecked);
    api.certificates.begin(order)?;
    Ok((StatusCode::ACCEPTED, Json(view(&api, 0))))
}

/// Renew the ordered certificate now
///
/// It is done by itself in time; this is for when a key may be in wrong hands, or to see that it works.
#[utoipa::path(
    post, path = "/api/v2/certificates/renewal", tag = "certificates",
    responses((status = 202, body = CertificatesView), (status = 409, body = Problem))
)]
pub(super) async fn renew(State(api): State<Api>) -> Result<(StatusCode, Json<CertificatesView>), Problem> {
    api.certificates.renew()?;
    Ok((StatusCode::ACCEPTED, Json(view(&api, 0))))
}

/// What there is, with the steps after number `known`.
pub(super) fn view(api: &Api, known: u64) -> CertificatesView {
    let steps = api.certificates.steps().after(known);
    CertificatesView::new(api.certificates.view(), steps.iter().map(StepView::from).collect())
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let text = error.to_string();
        let conflict = |code, title| Problem::new(StatusCode::CONFLICT, code, title);
        match error {
            Error::Locked => {
                conflict("certificate_in_settings", "The settings name the certificate").detail(text)
            }
            Error::Busy => conflict("order_running", "A certificate is being ordered").detail(text),
            Error::NotOrdered => conflict("not_ordered", "No certificate has been ordered").detail(text),
            Error::Fault(_) => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unusable_certificate",
                "The certificate cannot be used",
            )
            .detail(text),
            Error::Order(_) => {
                Problem::new(StatusCode::BAD_GATEWAY, "order_failed", "The certificate was not ordered")
                    .detail(text)
            }
            Error::Stopping => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The server is stopping")
                    .detail(text)
            }
            other => Problem::internal(&other),
        }
    }
}

#[cfg(test)]
#[path = "certificates_test.rs"]
mod tests;
