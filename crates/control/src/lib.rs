//! Who may do what: who may publish, who has an account, and what that allows.
//!
//! A [`Gate`] is the hub's [`Admission`](hub::Admission): it asks the [`PublishRule`] in force, which holds the
//! [`Key`]s. [`PublishKeys`] finds the key in the store, or makes it at the first start, and changes it. Playing is open.
//!
//! [`Accounts`] are the people who run the server, with the [`Role`] of each, from which their [`Permission`]s follow.
//! [`Platform`] is the same for scripts that know one password and one secret; [`Settings`] are what an operator has set.
//! The [`Audit`] tells who changed what. Other servers are asked through one [`outbound::Client`].

pub mod accounts;
pub mod audit;
pub mod gate;
pub mod key;
pub mod outbound;
pub mod permission;
pub mod platform;
pub mod publish;
pub mod publish_keys;
pub mod secret;
pub mod settings;

pub use accounts::Accounts;
pub use audit::Audit;
pub use gate::Gate;
pub use key::Key;
pub use permission::{Permission, Role};
pub use platform::Platform;
pub use publish::PublishRule;
pub use publish_keys::PublishKeys;
pub use secret::Secret;
pub use settings::Settings;
