//! Who may do what. Today: who may publish.
//!
//! A [`Gate`] is the hub's [`Admission`](hub::Admission): it asks the [`PublishRule`] in force, which holds the
//! [`Key`]s. [`publish_key`] finds the key in the store, or makes it at the first start. Playing is open.

pub mod gate;
pub mod key;
pub mod publish;

pub use gate::Gate;
pub use key::Key;
pub use publish::{PublishRule, publish_key};
