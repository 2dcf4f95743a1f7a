//! Ordering certificates from an authority, by ACME with proofs over HTTP (`http-01`).
//!
//! Source: RFC 8555 §7, §8.3; RFC 9773.

mod account;
mod client;
pub mod failure;
mod order;
mod reach;

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt, stream};
use hyper::Uri;
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Error, Identifier, NewOrder,
    OrderStatus, RetryPolicy,
};

use super::challenges::Answered;
use super::folder::Folder;
use super::{Challenges, Mood, Pem, Steps};
use crate::outbound;
use client::{Http, Refusal};
pub use failure::Failure;
use failure::Place;
pub use order::{BadOrder, Order};

/// Who is asked for certificates, and how this server is reached.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The address of its directory.
    pub directory: String,
    /// That of the one for trials, if it has one.
    pub staging: Option<String>,
    /// Authorities that are to be believed when it is asked, as PEM text, beside those that are built in.
    pub roots: Option<Vec<u8>>,
    /// The port at which it looks for proofs.
    pub port: u16,
    /// Addresses of this machine.
    pub own: Vec<IpAddr>,
}

/// What [`Authority::directory`] is unless it is set, and the one for trials.
pub const LETS_ENCRYPT: (&str, &str) = (
    "https://acme-v02.api.letsencrypt.org/directory",
    "https://acme-staging-v02.api.letsencrypt.org/directory",
);

/// What an order works with.
pub(super) struct Desk<'a> {
    pub(super) authority: &'a Authority,
    pub(super) folder: &'a Folder,
    pub(super) challenges: &'a Challenges,
    pub(super) steps: &'a Steps,
}

/// Calls again what was refused for its nonce alone, which anybody's next request may be.
macro_rules! with_nonce {
    ($call:expr) => {{
        let mut tries = 0;
        loop {
            match $call.await {
                Err(err) if tries < NONCES && is_bad_nonce(&err) => tries += 1,
                other => break other,
            }
        }
    }};
}
pub(super) use with_nonce;

fn is_bad_nonce(error: &Error) -> bool {
    matches!(error, Error::Api(problem)
        if problem.r#type.as_deref() == Some("urn:ietf:params:acme:error:badNonce"))
}

impl Desk<'_> {
    /// Orders a certificate, again if that may help; `old` is the one that it replaces. What it does is told in the steps.
    pub(super) async fn obtain(&self, order: &Order, old: Option<&Pem>) -> Result<Pem, Failure> {
        let mut pauses = PAUSES.iter();
        loop {
            let failure = match self.try_to(order, old).await {
                Ok(pem) => return Ok(pem),
                Err(failure) => failure,
            };
            match pauses.next() {
                Some(pause) if failure.passing && failure.retry_at.is_none() => {
                    self.steps.add(
                        Mood::Doubt,
                        format!("{} It is tried again in {} s.", failure.text, pause.as_secs()),
                    );
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(failure),
            }
        }
    }

    async fn try_to(&self, order: &Order, old: Option<&Pem>) -> Result<Pem, Failure> {
        let directory = self.directory(order)?;
        let names = order.domains().join(", ");
        let name = directory.parse::<Uri>().ok().and_then(|url| Some(url.host()?.to_owned()));
        let authority = name.unwrap_or_else(|| directory.to_owned());
        self.steps.add(Mood::Info, format!("A certificate for {names} is ordered from {authority}."));
        if !order.unchecked {
            self.check(order).await?;
        }
        let refusal = Refusal::default();
        let failed = |error: Error| Failure::of(&error, &refusal);
        let client = self.client()?;
        let http = || Box::new(Http { client: client.clone(), refusal: refusal.clone() });
        let identifiers: Vec<_> = order.domains().iter().cloned().map(Identifier::Dns).collect();
        let account = account::open(self, directory, order.email.as_deref(), http, &refusal).await?;
        let mut placed = match self.place(&account, &identifiers, old).await {
            Err(Error::Api(problem))
                if problem.r#type.as_deref().is_some_and(|kind| kind.ends_with("accountDoesNotExist")) =>
            {
                self.steps
                    .add(Mood::Doubt, "The authority does not know our account any more; a new one is made.");
                account::forget(self, directory)?;
                let account = account::open(self, directory, order.email.as_deref(), http, &refusal).await?;
                self.place(&account, &identifiers, None).await.map_err(failed)?
            }
            other => other.map_err(failed)?,
        };
        let answered = self.prove(&mut placed).await.map_err(failed)?;
        let status = with_nonce!(placed.poll_ready(&POLLING));
        match status {
            Ok(OrderStatus::Ready) => {}
            outcome => return Err(self.why_not(&mut placed, outcome, &refusal).await),
        }
        drop(answered);
        self.steps.add(Mood::Info, "All names are proven. The certificate is being made.");
        let key = with_nonce!(placed.finalize()).map_err(failed)?;
        let chain = with_nonce!(placed.poll_certificate(&POLLING)).map_err(failed)?;
        let pem = Pem { chain, key };
        let facts = pem.check(SystemTime::now());
        let facts = facts.map_err(|fault| {
            Failure::new(failure::UNUSABLE, format!("What the authority has sent cannot be used: {fault}."))
        })?;
        if let Some(missing) = order.domains().iter().find(|domain| !facts.names.contains(domain)) {
            return Err(Failure::new(
                failure::UNUSABLE,
                format!("What the authority has sent is not for {missing}."),
            ));
        }
        Ok(pem)
    }

    /// When the authority wants `pem` to be renewed (ARI), and how long that is to be believed; none when it does not say.
    pub(super) async fn window(
        &self,
        order: &Order,
        pem: &Pem,
    ) -> Option<((SystemTime, SystemTime), Duration)> {
        let directory = self.directory(order).ok()?;
        let (client, refusal) = (self.client().ok()?, Refusal::default());
        let http = || Box::new(Http { client: client.clone(), refusal: refusal.clone() });
        let account = account::known(self, directory, http).await?.ok()?;
        let leaf = pem.leaf()?;
        let id = CertificateIdentifier::try_from(&leaf).ok()?;
        let (info, believed) = account.renewal_info(&id).await.ok()?;
        let window = (info.suggested_window.start.into(), info.suggested_window.end.into());
        Some((window, believed))
    }

    fn directory(&self, order: &Order) -> Result<&str, Failure> {
        if !order.staging {
            return Ok(&self.authority.directory);
        }
        let none = || {
            Failure::new(
                failure::REFUSED,
                "The authority of the settings (acme.directory) has no staging directory.",
            )
        };
        self.authority.staging.as_deref().ok_or_else(none)
    }

    fn client(&self) -> Result<outbound::Client, Failure> {
        match &self.authority.roots {
            None => Ok(outbound::Client::new()),
            Some(roots) => outbound::Client::with_roots(roots)
                .map_err(|wrong| Failure::new(failure::UNUSABLE, format!("The file of acme.roots {wrong}."))),
        }
    }

    /// Whether the names lead here.
    async fn check(&self, order: &Order) -> Result<(), Failure> {
        let check = |domain| {
            let found = reach::check(self.challenges, domain, self.authority.port, &self.authority.own);
            found.map_ok(move |doubt| (domain, doubt)).boxed()
        };
        // A name that leads nowhere takes long to say so.
        let checks: Vec<BoxFuture<'_, _>> =
            order.domains().iter().map(|domain| check(domain.as_str())).collect();
        let mut checks = stream::iter(checks).buffered(CHECKS);
        while let Some((domain, doubt)) = checks.try_next().await? {
            match doubt {
                None => self.steps.add(Mood::Info, format!("{domain} leads to this server.")),
                Some(doubt) => self.steps.add(Mood::Doubt, doubt),
            }
        }
        Ok(())
    }

    /// Places the order, as one that replaces `old` where the authority knows of such.
    async fn place(
        &self,
        account: &Account,
        identifiers: &[Identifier],
        old: Option<&Pem>,
    ) -> Result<instant_acme::Order, Error> {
        let leaf = old.and_then(Pem::leaf);
        let id = leaf.as_ref().and_then(|leaf| CertificateIdentifier::try_from(leaf).ok());
        if let Some(id) = id
            && let Ok(placed) = account.new_order(&NewOrder::new(identifiers).replaces(id)).await
        {
            return Ok(placed);
        }
        with_nonce!(account.new_order(&NewOrder::new(identifiers)))
    }

    /// Answers every challenge, for as long as what it gives lives, and says so to the authority.
    async fn prove(&self, placed: &mut instant_acme::Order) -> Result<Vec<Answered>, Error> {
        let (mut answered, mut told, mut tries) = (Vec::new(), HashSet::new(), 0);
        'again: loop {
            let mut all = placed.authorizations();
            while let Some(next) = all.next().await {
                let mut authorization = match next {
                    Err(err) if tries < NONCES && is_bad_nonce(&err) => {
                        tries += 1;
                        continue 'again;
                    }
                    other => other?,
                };
                let name = authorization.identifier().to_string();
                if authorization.status == AuthorizationStatus::Valid {
                    if told.insert(name.clone()) {
                        self.steps.add(Mood::Info, format!("{name} has been proven before."));
                    }
                    continue;
                }
                if told.contains(&name) {
                    continue;
                }
                let Some(mut challenge) = authorization.challenge(ChallengeType::Http01) else {
                    return Err(Error::Str("a challenge by HTTP"));
                };
                let answer = challenge.key_authorization().as_str().to_owned();
                answered.push(self.challenges.put(challenge.token.clone(), answer));
                self.steps.add(
                    Mood::Info,
                    format!(
                        "The authority looks for the proof at http://{name}/.well-known/acme-challenge/{}.",
                        challenge.token
                    ),
                );
                with_nonce!(challenge.set_ready())?;
                told.insert(name);
            }
            return Ok(answered);
        }
    }

    /// Why the names are not proven.
    async fn why_not(
        &self,
        placed: &mut instant_acme::Order,
        outcome: Result<OrderStatus, Error>,
        refusal: &Refusal,
    ) -> Failure {
        let whole = match &outcome {
            Ok(_) => Failure::new(failure::REFUSED, "The authority does not accept the proofs."),
            Err(error) => Failure::of(error, refusal),
        };
        let here = reach::list(&self.authority.own);
        let mut failures = Vec::new();
        let mut all = placed.authorizations();
        while let Some(Ok(mut authorization)) = all.next().await {
            let name = authorization.identifier().to_string();
            if with_nonce!(authorization.refresh()).is_err() {
                continue;
            }
            if let Some(problem) =
                authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref())
            {
                let place = Place { domain: &name, port: self.authority.port, here: &here };
                failures.push(Failure::said(problem, Some(&place), None));
            }
        }
        let mut failures = failures.into_iter();
        let Some(mut first) = failures.next() else { return whole };
        for other in failures {
            first.text = format!("{} {}", first.text, other.text);
        }
        first
    }
}

/// How often one call is repeated for its nonce; the library does so twice each time.
const NONCES: u32 = 6;
/// Names that are looked at at a time.
const CHECKS: usize = 10;
/// Before an order is tried again whose failure may pass.
const PAUSES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(15)];
/// How long an authority may take to look at proofs, and to make a certificate.
const POLLING: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(300))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

#[cfg(test)]
#[path = "acme_test.rs"]
mod tests;
