//! What goes wrong with Tencent's clouds, in the words of whoever said it.

use control::outbound;

use crate::{record, storage};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody has said who we are there, or not everything is set up that is needed.
    #[error("the credentials are incomplete: set them at tencent/cam/secret")]
    Incomplete,
    /// The API said no.
    #[error("{action}: {code}: {message}")]
    Refused {
        /// What was asked for.
        action: &'static str,
        /// What it calls the reason,
        code: String,
        /// and how it explains it.
        message: String,
    },
    /// The API cannot be reached.
    #[error("{action}: {source}")]
    Unreachable {
        /// What was asked for.
        action: &'static str,
        /// What was in the way.
        source: outbound::Error,
    },
    /// An answer lacks what it has to have.
    #[error("{action}: the answer has no {lacks}")]
    Nonsense {
        /// What was asked for.
        action: &'static str,
        /// What is not in it.
        lacks: &'static str,
    },
    /// The bucket said no.
    #[error("{what}: {status} {code}: {message}")]
    Bucket {
        /// What was asked for.
        what: &'static str,
        /// Of HTTP.
        status: u16,
        /// What it calls the reason,
        code: String,
        /// and how it explains it.
        message: String,
    },
    /// An address that is none.
    #[error("{what}: {reason}")]
    Address {
        /// Of what.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A segment or a list did not get into the bucket.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// What is recorded cannot be had.
    #[error(transparent)]
    Recording(#[from] record::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The job.
    #[error(transparent)]
    Job(#[from] crate::supervisor::Error),
    /// The system has none to give.
    #[error("the system has no randomness to give")]
    Randomness,
}

impl Error {
    /// Without anything that was sent in it, for logs.
    pub(super) fn in_short(&self) -> String {
        match self {
            Error::Storage(error) => error.in_short(),
            other => other.to_string(),
        }
    }

    /// Whether another try is refused as well, until somebody changes something there: what was asked for is not there, not allowed, or makes no sense.
    pub(super) fn is_for_good(&self) -> bool {
        let lasting =
            ["ResourceNotFound", "InvalidParameter", "UnauthorizedOperation", "UnsupportedOperation"];
        matches!(self, Error::Refused { code, .. } if lasting.iter().any(|begins| code.starts_with(begins)))
    }

    /// Whether an upload that was begun is not known there any more, or is over already.
    pub(super) fn ends_upload(&self) -> bool {
        matches!(self, Error::Refused { code, .. }
            if code.starts_with("InvalidParameter") || code.starts_with("ResourceNotFound"))
    }
}
