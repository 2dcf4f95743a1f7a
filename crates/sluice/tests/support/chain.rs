//! Certificates of an authority of our own.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// A certificate for `live.example` that an authority in between has signed, as files.
pub(crate) struct Chain {
    pub(crate) root: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Chain {
    pub(crate) fn make(folder: &Path) -> Chain {
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let [root_key, between_key, key] = std::array::from_fn(|_| KeyPair::generate().unwrap());
        let (root, between) = (authority("root"), authority("between"));
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, root_key);
        let between_certificate = between.signed_by(&between_key, &root).unwrap();
        let between = Issuer::new(between, between_key);
        let leaf = CertificateParams::new(vec!["live.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &between).unwrap();
        let chain = Chain {
            root: folder.join("root.pem"),
            certificate: folder.join("chain.pem"),
            key: folder.join("key.pem"),
        };
        fs::write(&chain.root, root_certificate.pem()).unwrap();
        fs::write(&chain.certificate, leaf.pem() + &between_certificate.pem()).unwrap();
        fs::write(&chain.key, key.serialize_pem()).unwrap();
        chain
    }
}
