//! The low-latency variant of a stream, made from when it is first asked for until nobody asks any more.

mod feed;
mod low;
mod serve;

pub(super) use feed::run;
pub(super) use low::{Low, Slot};
pub(super) use serve::{file, known_viewer, new_viewer, plain};

#[cfg(test)]
#[path = "ll_test.rs"]
mod tests;
