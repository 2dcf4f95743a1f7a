//! Who may do what: who may publish, who has an account, and what that allows.
//!
//! A [`Gate`] is the hub's [`Admission`](hub::Admission). It asks the rules in force, and each of these is kept in the store and changed
//! by one owner: [`PublishKeys`], [`Aliases`] (secret names for devices without a key), [`Passes`] (signed texts that let guests and viewers
//! in, and the streams that ask for one), [`AddressRules`] (networks).
//!
//! [`Accounts`] are the people who run the server, with the [`Role`] of each, from which their [`Permission`]s follow.
//! [`Platform`] is the same for scripts that know one password and one secret; [`Settings`] are what an operator has set.
//! [`Hooks`] ask and tell others over HTTP: a gate that has them asks before somebody publishes. The [`Audit`] tells who changed what.
//! [`otlp`] sends traces of who publishes and who watches to a collector.
//! [`Certificates`] is which one listeners with TLS show, and where it comes from. Other servers are asked through one [`outbound::Client`].

pub mod accounts;
pub mod addresses;
pub mod aliases;
pub mod audit;
pub mod certificates;
pub mod entry;
pub mod export;
pub mod gate;
pub mod hooks;
pub mod key;
pub mod moment;
pub mod otlp;
pub mod outbound;
pub mod pass;
pub mod passes;
pub mod permission;
pub mod platform;
pub mod publish;
pub mod publish_keys;
pub mod retry;
pub mod scope;
pub mod secret;
pub mod settings;
mod so_far;
#[cfg(test)]
mod testing;

pub use accounts::Accounts;
pub use addresses::AddressRules;
pub use aliases::Aliases;
pub use audit::Audit;
pub use certificates::Certificates;
pub use gate::Gate;
pub use hooks::Hooks;
pub use key::Key;
pub use passes::Passes;
pub use permission::{Permission, Role};
pub use platform::Platform;
pub use publish::PublishRule;
pub use publish_keys::PublishKeys;
pub use scope::Scope;
pub use secret::Secret;
pub use settings::Settings;
pub use so_far::so_far;
