//! The certificate that listeners with TLS show.

use control::certificates::{Facts, Mood, Source, Step, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{time, time_in_ms};

/// The certificate in service, and what has happened with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificatesView {
    pub(crate) source: SourceView,
    /// What is in service; absent: nothing, and nobody can connect by TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<CertificateView>,
    /// An order is under way.
    pub(crate) ordering: bool,
    /// What was ordered and is renewed by itself; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<OrderView>,
    /// Why the last order came to nothing; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<FailureView>,
    /// What has happened, the oldest first.
    pub(crate) steps: Vec<StepView>,
}

/// Where the certificate in service comes from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceView {
    /// There is none.
    None,
    /// The server has made it.
    SelfSigned,
    /// The settings name its files; it cannot be changed here.
    Files,
    /// It was uploaded.
    Uploaded,
    /// An authority has given it.
    Acme,
}

/// What a certificate says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateView {
    /// The names and addresses that it is for.
    pub(crate) names: Vec<String>,
    pub(crate) subject: String,
    /// Who vouches for it.
    pub(crate) issuer: String,
    /// RFC 3339.
    pub(crate) not_before: String,
    /// RFC 3339.
    pub(crate) not_after: String,
    /// The kind of its key: `EC P-256`.
    pub(crate) key: String,
    /// SHA-256, in hexadecimal digits.
    pub(crate) fingerprint: String,
    /// Those between it and the root.
    pub(crate) chain: Vec<LinkView>,
    /// What may trouble some clients, in sentences.
    pub(crate) doubts: Vec<String>,
}

/// A certificate between the server's own and the root.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkView {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// RFC 3339.
    pub(crate) not_after: String,
}

/// What was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderView {
    pub(crate) domains: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    pub(crate) staging: bool,
    /// When it is ordered again, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) renewal: Option<String>,
}

/// Why an order came to nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// `name_not_found`, `unreachable`, `wrong_server`, `rate_limited`, `authority_unreachable`, `authority`, `refused`, `unusable` or `caa`.
    pub(crate) code: &'static str,
    /// What is wrong and what to do about it.
    pub(crate) text: String,
    /// The authority does not want to be asked before, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_at: Option<String>,
}

/// One thing that has happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// Counts up from the start of the server.
    pub(crate) number: u64,
    /// RFC 3339, with milliseconds.
    pub(crate) at: String,
    /// `info`, `good`, `doubt` or `bad`.
    pub(crate) mood: &'static str,
    pub(crate) text: String,
}

/// A certificate to be shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCertificate {
    /// PEM: the server's own certificate first, then those between it and the root, as certbot's fullchain.pem.
    pub(crate) certificate: String,
    /// PEM: the private key without a pass phrase. It is never told again here.
    pub(crate) key: String,
}

/// A certificate to be ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrder {
    /// The names that it is to be for: `live.example.com`. Up to 100.
    pub(crate) domains: Vec<String>,
    /// Where the authority may write.
    pub(crate) email: Option<String>,
    /// For a trial: from the authority's staging directory, whose certificates browsers do not believe.
    #[serde(default)]
    pub(crate) staging: bool,
    /// Ask the authority without looking first whether the names lead here.
    #[serde(default)]
    pub(crate) unchecked: bool,
}

impl CertificatesView {
    pub(crate) fn new(view: View, steps: Vec<StepView>) -> CertificatesView {
        let View { source, facts, order, ordering, failure, renewal } = view;
        CertificatesView {
            source: match source {
                Source::None => SourceView::None,
                Source::SelfSigned => SourceView::SelfSigned,
                Source::Files => SourceView::Files,
                Source::Uploaded => SourceView::Uploaded,
                Source::Acme => SourceView::Acme,
            },
            certificate: facts.map(CertificateView::from),
            ordering,
            order: order.map(|order| OrderView {
                domains: order.domains().to_vec(),
                email: order.email.clone(),
                staging: order.staging,
                renewal: renewal.map(time),
            }),
            failure: failure.map(|failure| FailureView {
                code: failure.code,
                text: failure.text,
                retry_at: failure.retry_at.map(time),
            }),
            steps,
        }
    }
}

impl From<Facts> for CertificateView {
    fn from(facts: Facts) -> CertificateView {
        let Facts { names, subject, issuer, not_before, not_after, key, fingerprint, chain, doubts } = facts;
        let chain = chain.into_iter().map(|link| LinkView {
            subject: link.subject,
            issuer: link.issuer,
            not_after: time(link.not_after),
        });
        CertificateView {
            names,
            subject,
            issuer,
            not_before: time(not_before),
            not_after: time(not_after),
            key,
            fingerprint,
            chain: chain.collect(),
            doubts,
        }
    }
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> StepView {
        let mood = match step.mood {
            Mood::Info => "info",
            Mood::Good => "good",
            Mood::Doubt => "doubt",
            Mood::Bad => "bad",
        };
        StepView { number: step.number, at: time_in_ms(step.at), mood, text: step.text.clone() }
    }
}
