//! Whether a name leads here, before an authority is asked, whose patience with those that do not is small.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::failure::{self, Failure, port_advice};
use crate::certificates::Challenges;
use crate::outbound::{self, Limits};
use crate::secret::Secret;

/// Looks up `domain` and asks for a proof of our own at its `port`, as an authority does. `own` are addresses of this machine.
///
/// Errs when it cannot go well. Gives a doubt, in a sentence, when that cannot be told from here: a router may not let a machine behind it reach
/// its own outer address.
pub(super) async fn check(
    challenges: &Challenges,
    domain: &str,
    port: u16,
    own: &[IpAddr],
) -> Result<Option<String>, Failure> {
    let here = list(own);
    let addresses = match timeout(TIME, lookup_host((domain, port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip().to_canonical()).collect::<Vec<_>>(),
        // The system's resolver says so in words alone.
        Ok(Err(err)) if !err.to_string().contains("Temporary failure") => {
            return Err(Failure::new(
                failure::NAME_NOT_FOUND,
                format!(
                    "The name {domain} is not found in the DNS ({err}). Make an A record for it that leads to this server ({here}), wait until it is known, and \
                     try again."
                ),
            ));
        }
        Ok(Err(_)) | Err(_) => {
            return Ok(Some(format!(
                "The DNS does not answer here, so it cannot be told where {domain} leads."
            )));
        }
    };
    let there = list(&addresses);
    let Ok(token) = Secret::generate() else { return Ok(None) };
    let token = token.reveal().to_owned();
    let expected = format!("{token}.this-server");
    let answered = challenges.put(token.clone(), expected.clone());
    let url = format!("http://{domain}:{port}/.well-known/acme-challenge/{token}");
    let asked = outbound::Client::new().get(&url, Limits { time: TIME, bytes: 4096 }).await;
    drop(answered);
    let is_here = addresses.iter().any(|address| address.is_loopback() || own.contains(address));
    match asked {
        Ok(answer) if answer.status == 200 && answer.body == expected.as_bytes() => Ok(None),
        Ok(answer) if (300..400).contains(&answer.status) => Ok(Some(format!(
            "http://{domain}/ on port {port} sends elsewhere; that is fine if it comes back here in the end."
        ))),
        Ok(answer) => Err(Failure::new(
            failure::WRONG_SERVER,
            format!(
                "The name {domain} leads to {there}, and what answers there on port {port} is not this server (status {}). This server is {here}: \
                 change the A record (or the AAAA record) if it is wrong. {}",
                answer.status,
                port_advice(port)
            ),
        )),
        Err(outbound::Error::Connect(err)) if is_here && err.kind() == io::ErrorKind::ConnectionRefused => {
            Err(Failure::new(
                failure::UNREACHABLE,
                format!(
                    "The name {domain} leads to this machine ({there}), but nothing listens on its port {port}. {}",
                    port_advice(port)
                ),
            ))
        }
        Err(err) => Ok(Some(format!(
            "The name {domain} leads to {there}, and port {port} there cannot be reached from here ({err}). Some routers do not let a machine reach \
             itself from outside, so the authority is asked all the same. If it fails: {}",
            port_advice(port)
        ))),
    }
}

pub(super) fn list(addresses: &[IpAddr]) -> String {
    match addresses {
        [] => "an address that others reach".to_owned(),
        some => some.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", "),
    }
}

const TIME: Duration = Duration::from_secs(10);

#[cfg(test)]
#[path = "reach_test.rs"]
mod tests;
