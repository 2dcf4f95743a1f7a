//! Pebble, the authority of Let's Encrypt for tests, with a DNS of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use testkit::server::Setup;
use testkit::{Process, Server, http};

use super::SOON;

/// A running authority that looks for proofs at `port`.
pub(crate) struct Pebble {
    directory: String,
    root: PathBuf,
    dns: String,
    port: u16,
    _processes: [Process; 2],
    _folder: tempfile::TempDir,
}

impl Pebble {
    /// `environment` is Pebble's; `valid` is for how many seconds certificates are.
    pub(crate) fn start(port: u16, environment: &[(&str, &str)], valid: Option<u64>) -> Pebble {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        fs::write(path("root.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(path("key.pem"), key.serialize_pem()).unwrap();
        let [here, dns, management] = free_ports();
        let mut settings = json!({
            "listenAddress": format!("127.0.0.1:{here}"),
            "managementListenAddress": "",
            "certificate": path("root.pem"),
            "privateKey": path("key.pem"),
            "httpPort": port,
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        });
        if let Some(valid) = valid {
            settings["certificateValidityPeriod"] = json!(valid);
        }
        fs::write(path("pebble.json"), json!({ "pebble": settings }).to_string()).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        names.args([
            "-dns01",
            &format!("127.0.0.1:{dns}"),
            "-management",
            &format!("127.0.0.1:{management}"),
        ]);
        let names = Process::start("the authority's DNS", &mut names);
        let mut authority = Command::new("pebble");
        authority.args(["-dnsserver", &format!("127.0.0.1:{dns}"), "-config"]).arg(path("pebble.json"));
        authority.env("PEBBLE_VA_NOSLEEP", "1").envs(environment.iter().copied());
        let authority = Process::start("the authority", &mut authority);
        for port in [here, management] {
            testkit::wait::until("the authority to listen", SOON, || {
                TcpStream::connect(("127.0.0.1", port)).ok()
            });
        }
        Pebble {
            directory: format!("https://localhost:{here}/dir"),
            root: path("root.pem"),
            dns: format!("http://127.0.0.1:{management}"),
            port,
            _processes: [names, authority],
            _folder: folder,
        }
    }

    /// Lets no name lead anywhere.
    pub(crate) fn forget_names(&self) {
        let set = http::send("POST", &format!("{}/set-default-ipv4", self.dns), &[], r#"{"ip":""}"#);
        assert_eq!(set.status, 200);
    }

    /// A server that knows it, and listens for HTTP where it looks for proofs.
    pub(crate) fn known_to(&self, setup: Setup) -> Setup {
        setup
            .env("SLUICE_ACME_DIRECTORY", &self.directory)
            .env("SLUICE_ACME_ROOTS", self.root.to_str().unwrap())
            .env("SLUICE_ACME_PORT", &self.port.to_string())
            .env("SLUICE_HTTP_LISTEN", &format!("127.0.0.1:{}", self.port))
            .env("SLUICE_HTTPS_LISTEN", "127.0.0.1:0")
    }
}

/// Ports that nobody listens on just now.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// What somebody who connects by TLS sees: the SHA-256 of the certificate, in lower-case hexadecimal digits.
pub(crate) fn fingerprint(server: &Server) -> String {
    let address = server.addresses().https.unwrap();
    let script = format!(
        "openssl s_client -connect {address} -servername live.example </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.rsplit('=').next().unwrap_or_default().trim().replace(':', "").to_lowercase()
}
