//! Certificates.

use control::certificates::{Error, Order, Pem, Source};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Table;
use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Secret};
use super::off::first_empty;
use super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    table.at(Change, "mgmt/auto-self-signed-certificate", self_signed);
    table.at(Change, "mgmt/ssl", upload);
    table.at(Change, "mgmt/letsencrypt", order);
    table.at(Secret, "mgmt/cert/query", query);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pair {
    key: String,
    crt: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Domain {
    domain: String,
}

/// Makes one only where there is none.
async fn self_signed(api: Call, _: Nothing) -> Result<Value, Failure> {
    if api.certificates.view().source == Source::None {
        api.away(|api| api.certificates.own(true)).await??;
    }
    Ok(Value::Null)
}

/// Unlike Oryx, which takes anything and goes on with what it had: what cannot be used is refused with the reason.
async fn upload(api: Call, body: Pair) -> Result<Value, Failure> {
    first_empty("empty ", &[("key", body.key.trim()), ("crt", body.crt.trim())])?;
    let pem = Pem::trimmed(&body.crt, &body.key);
    api.away(move |api| api.certificates.upload(pem)).await??;
    Ok(Value::Null)
}

/// Takes as long as the order does.
async fn order(api: Call, body: Domain) -> Result<Value, Failure> {
    let domain = body.domain.trim();
    first_empty("empty ", &[("domain", domain)])?;
    let within =
        |error: String| Failure::new(error).within(&Failure::about("updateSslFiles domain=", domain).0);
    let order = Order::new([domain], None).map_err(|error| within(error.to_string()))?;
    api.certificates.order(order).await.map_err(|error| within(Failure::from(error).0))?;
    Ok(Value::Null)
}

/// With the private key, as Oryx does; but not one that the settings name, which has never been here.
async fn query(api: Call, _: Nothing) -> Result<Value, Failure> {
    let view = api.certificates.view();
    let provider = match view.source {
        Source::None => "",
        Source::Acme => "lets",
        _ => "ssl",
    };
    let domain = view.order.filter(|_| view.source == Source::Acme);
    let domain = domain.and_then(|order| order.domains().first().cloned()).unwrap_or_default();
    let pem = api.certificates.reveal();
    let crt = pem.as_ref().map_or("", |pem| &*pem.chain);
    let key = pem.as_ref().filter(|_| view.source != Source::Files).map_or("", |pem| &*pem.key);
    Ok(json!({"provider": provider, "domain": domain, "key": key, "crt": crt}))
}

/// What the caller can do something about is said as it is.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::File(_) | Error::Store(_) | Error::Show(_) => {
                crate::problem::Problem::internal(&error).into()
            }
            other => Failure::new(other.to_string()),
        }
    }
}

#[cfg(test)]
#[path = "https_test.rs"]
pub(crate) mod tests;
