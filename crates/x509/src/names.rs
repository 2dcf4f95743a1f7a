//! Whom a certificate is for.

use std::net::IpAddr;

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

/// The names and addresses that `certificate` is for, in its order: `example.com`, `*.example.com`, `10.0.0.1`; names in lower case.
///
/// Those of its subject alternative names alone: clients look nowhere else (RFC 9525 §2).
pub fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    };
    alternatives.value.general_names.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use x509_parser::prelude::FromDer;

    use super::*;

    #[test]
    fn names_of_all_kinds_are_told_as_people_write_them() {
        let all = ["Live.Example", "*.live.example", "10.0.0.1", "2001:db8::1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(all).unwrap();
        let (_, certificate) = X509Certificate::from_der(made.cert.der()).unwrap();
        assert_eq!(names(&certificate), ["live.example", "*.live.example", "10.0.0.1", "2001:db8::1"]);
        let made = rcgen::generate_simple_self_signed(Vec::new()).unwrap();
        let (_, certificate) = X509Certificate::from_der(made.cert.der()).unwrap();
        assert!(names(&certificate).is_empty());
    }
}
