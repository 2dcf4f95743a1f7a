//! What goes wrong with object storage, in words for people.

use std::error::Error as _;
use std::time::Duration;

use control::outbound;

/// Why storage did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was to be there is not: the bucket, the object, or an upload that was begun.
    #[error("it is not there{}", said(.0))]
    Missing(#[source] object_store::Error),
    /// Wrong keys, or too few rights.
    #[error("the keys are wrong or may not do this, or the clock of this server is{}", said(.0))]
    Refused(#[source] object_store::Error),
    /// It cannot be reached, is out of order, or says no for another reason.
    #[error("{}", words(.0))]
    Failed(#[source] object_store::Error),
    /// What came back is not what was sent.
    #[error("what is there is not what was sent")]
    Altered,
    /// There is no file that can be read.
    #[error("none of its files can be read")]
    Nothing,
    /// It takes longer than anybody waits.
    #[error("no answer within {} s", .0.as_secs())]
    Slow(Duration),
    /// The system has none to give.
    #[error("the system has no randomness to give")]
    Randomness,
    /// The file that was to be sent, or what is noted of it.
    #[error("on this server's disk: {0}")]
    File(#[from] std::io::Error),
}

/// What of a test failed.
#[derive(Debug, thiserror::Error)]
pub enum Trial {
    /// Writing.
    #[error("an object cannot be written: {0}")]
    Write(#[source] Error),
    /// Reading what was written.
    #[error("the object that was written cannot be read: {0}")]
    Read(#[source] Error),
    /// Removing it.
    #[error("the object that was written cannot be removed: {0}")]
    Remove(#[source] Error),
}

impl From<object_store::Error> for Error {
    fn from(err: object_store::Error) -> Error {
        match err {
            object_store::Error::NotFound { .. } => Error::Missing(err),
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Error::Refused(err)
            }
            err => Error::Failed(err),
        }
    }
}

impl Error {
    /// What the other side calls it: `NoSuchBucket`.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Error::Missing(err) | Error::Refused(err) | Error::Failed(err) => {
                Some(code(&all(err))?.to_owned())
            }
            _ => None,
        }
    }

    /// Without anything that was sent in it.
    pub(crate) fn in_short(&self) -> String {
        match self {
            Error::Missing(_) => "it is not there".to_owned(),
            Error::Refused(_) => "the keys are wrong or may not do this".to_owned(),
            other => other.to_string(),
        }
    }

    /// The same for anybody: what the other side calls it, and nothing that it says.
    pub fn for_anybody(&self) -> String {
        self.code().unwrap_or_else(|| match self {
            Error::Failed(_) | Error::File(_) => "it cannot be reached, or is out of order".to_owned(),
            other => other.in_short(),
        })
    }

    /// Whether an upload that was begun cannot be ended, as it was lost or what has arrived of it was.
    pub(crate) fn ends_upload(&self) -> bool {
        let lost = ["NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"];
        matches!(self, Error::Missing(_)) || self.code().is_some_and(|code| lost.contains(&code.as_str()))
    }
}

/// What the other side said, if it said something.
fn said(err: &object_store::Error) -> String {
    answer(err).map_or_else(String::new, |answer| format!(": {answer}"))
}

/// The other side's own words, or what kept them from coming.
fn words(err: &object_store::Error) -> String {
    answer(err).unwrap_or_else(|| cause(err))
}

/// `Code: Message` of the XML that S3 answers with. Source: Amazon S3 API Reference, Error Responses.
fn answer(err: &object_store::Error) -> Option<String> {
    let text = all(err);
    let code = code(&text)?;
    let message = between(&text, "<Message>", "</Message>").map(|message| format!(": {message}"));
    let answer = format!("{code}{}", message.unwrap_or_default());
    Some(answer.chars().take(LONGEST).collect())
}

fn code(text: &str) -> Option<&str> {
    between(text, "<Code>", "</Code>").filter(|code| code.len() < 64)
}

/// What is said of an error, and of what lies below.
fn all(err: &object_store::Error) -> String {
    let mut text = err.to_string();
    let mut next = err.source();
    while let Some(source) = next {
        text.push('\n');
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

/// What our client says, or what lies deepest.
fn cause(err: &object_store::Error) -> String {
    let (mut cause, mut next) = (err.to_string(), err.source());
    while let Some(source) = next {
        cause = source.to_string();
        next = source.source().filter(|_| !source.is::<outbound::Error>());
    }
    cause.chars().take(LONGEST).collect()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    let (within, _) = rest.split_once(to)?;
    Some(within).filter(|within| !within.is_empty())
}

const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_side_says_is_told_without_its_markup() {
        let xml = "Server returned non-2xx status code: 403 Forbidden: <?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch\
                   </Code><Message>The signature does not match.</Message></Error>";
        let err = object_store::Error::PermissionDenied { path: "a".to_owned(), source: xml.into() };
        let told = Error::from(err).to_string();
        assert!(told.ends_with(" is: SignatureDoesNotMatch: The signature does not match."), "{told}");
        let err = object_store::Error::Generic { store: "S3", source: "cannot connect: refused".into() };
        assert_eq!(Error::from(err).to_string(), "cannot connect: refused");
    }
}
