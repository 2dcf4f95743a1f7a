//! What the log synchronises with: the standard library's, and loom's where every order of events is tried, in
//! `tests/log_model.rs`, which compiles the same files over a module of this name.

pub(crate) use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
}
