//! One message stream.

use media::{Time, Unwrap};

/// What `createStream` made.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) id: u32,
    pub(super) role: Role,
}

/// What a message stream is used for.
#[derive(Debug)]
pub(super) enum Role {
    Idle,
    Publishing(Box<Publishing>),
    Playing,
}

#[derive(Debug)]
pub(super) struct Publishing {
    /// As sent in `publish`, and again in `FCUnpublish`.
    pub(super) name: String,
    unwrap: Unwrap,
}

impl Role {
    pub(super) fn publishing(name: String) -> Role {
        Role::Publishing(Box::new(Publishing { name, unwrap: Unwrap::new(32) }))
    }

    pub(super) fn active(&self) -> bool {
        !matches!(self, Role::Idle)
    }
}

impl Publishing {
    /// The time of a message, over all kinds of the stream.
    pub(super) fn time(&mut self, timestamp: u32) -> Time {
        Time::from_millis(self.unwrap.next(u64::from(timestamp)))
    }
}
