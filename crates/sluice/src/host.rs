//! What this machine is called.

/// The machine's own name, in lower case, if it can be a name in a certificate.
pub(crate) fn name() -> Option<String> {
    let system = rustix::system::uname();
    let name = system.nodename().to_str().ok()?.to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (!name.is_empty() && name.chars().all(allowed)).then_some(name)
}
