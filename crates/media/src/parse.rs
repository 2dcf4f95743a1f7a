//! What every parser of the project says when input is wrong.

use std::fmt;

/// Input that cannot be what it claims: what was being read, at which byte, and in which way it is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {problem} at byte {at}")]
pub struct ParseError {
    /// The thing being read, in the words of its specification: `AVCDecoderConfigurationRecord`.
    pub what: &'static str,
    /// Offset into the input handed to the parser.
    pub at: usize,
    /// In which way it is wrong.
    pub problem: Problem,
}

/// In which way input is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It ends before the thing does.
    Truncated,
    /// A value that the specification forbids, or that contradicts another.
    Invalid,
    /// A value that the specification allows and we do not speak.
    Unsupported,
    /// More than our limit for it.
    TooLarge,
}

impl ParseError {
    /// `what` ends early, at byte `at`.
    pub const fn truncated(what: &'static str, at: usize) -> ParseError {
        ParseError { what, at, problem: Problem::Truncated }
    }

    /// `what` holds a forbidden value at byte `at`.
    pub const fn invalid(what: &'static str, at: usize) -> ParseError {
        ParseError { what, at, problem: Problem::Invalid }
    }

    /// `what` uses something we do not speak, at byte `at`.
    pub const fn unsupported(what: &'static str, at: usize) -> ParseError {
        ParseError { what, at, problem: Problem::Unsupported }
    }

    /// `what` is larger than our limit for it, noticed at byte `at`.
    pub const fn too_large(what: &'static str, at: usize) -> ParseError {
        ParseError { what, at, problem: Problem::TooLarge }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Problem::Truncated => "truncated",
            Problem::Invalid => "invalid",
            Problem::Unsupported => "unsupported",
            Problem::TooLarge => "too large",
        })
    }
}
