//! Which certificate a connection gets.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Pair;

/// The certificates in service, each under the names in it.
///
/// They may be replaced at any time: connections that are there go on as they are, those that come get the new ones. Without
/// any, handshakes fail.
#[derive(Default)]
pub struct Certificates {
    served: ArcSwap<Served>,
}

#[derive(Default)]
struct Served {
    /// For clients that name no host, or one that none is for.
    default: Option<Arc<CertifiedKey>>,
    by_name: HashMap<String, Arc<CertifiedKey>>,
}

impl Certificates {
    /// Serves `pairs` from now on, and no others. A client gets the first that is for the host it names, exactly before by
    /// wildcard; the first of all is for the rest.
    pub fn replace(&self, pairs: &[Pair]) {
        let mut by_name = HashMap::new();
        for pair in pairs {
            for name in pair.names() {
                by_name.entry(name.clone()).or_insert_with(|| Arc::clone(&pair.signing));
            }
        }
        let default = pairs.first().map(|pair| Arc::clone(&pair.signing));
        self.served.store(Arc::new(Served { default, by_name }));
    }

    fn find(&self, host: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let served = self.served.load();
        let named = host.and_then(|host| {
            let host = host.to_ascii_lowercase();
            // A wildcard stands for one label (RFC 6125 §6.4.3).
            let wildcard = || served.by_name.get(&format!("*.{}", host.split_once('.')?.1));
            served.by_name.get(&host).or_else(wildcard)
        });
        named.or(served.default.as_ref()).cloned()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let served = self.served.load();
        f.debug_struct("Certificates").field("names", &served.by_name.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tls::SelfSigned;

    fn pair(names: &[&str]) -> Pair {
        let made = SelfSigned::make(names.iter().map(|name| name.to_string()), std::time::SystemTime::now());
        let made = made.unwrap();
        Pair::parse(made.certificate.as_bytes(), made.key.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_gets_its_certificate_and_others_the_first() {
        let pairs =
            [pair(&["a.example"]), pair(&["*.b.example", "b.example"]), pair(&["x.b.example", "a.example"])];
        let certificates = Certificates::default();
        assert!(certificates.find(Some("a.example")).is_none(), "there is none yet");
        certificates.replace(&pairs);
        for (host, expected) in [
            (None, 0),
            (Some("unknown.example"), 0),
            (Some("localhost"), 0),
            (Some("A.Example"), 0),
            (Some("b.example"), 1),
            (Some("live.b.example"), 1),
            (Some("two.labels.b.example"), 0),
            (Some("x.b.example"), 2),
        ] {
            let found = certificates.find(host).unwrap();
            assert!(Arc::ptr_eq(&found, &pairs[expected].signing), "{host:?}");
        }
    }

    #[test]
    fn what_is_replaced_is_served_no_more() {
        let (old, new) = (pair(&["a.example"]), pair(&["a.example"]));
        let certificates = Certificates::default();
        certificates.replace(&[old]);
        certificates.replace(std::slice::from_ref(&new));
        assert!(Arc::ptr_eq(&certificates.find(Some("a.example")).unwrap(), &new.signing));
        certificates.replace(&[]);
        assert!(certificates.find(Some("a.example")).is_none());
    }
}
