//! nginx: somebody else's server by its RTMP module, and what people put in front of ours.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::{tool, wait};

/// A running nginx; by [`Nginx::start`], with an application `live` that takes every publisher and player. Needs [`crate::Tool::Nginx`].
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Starts it and waits until it listens.
    #[track_caller]
    pub fn start() -> Nginx {
        Nginx::of(&["rtmp"], |address| {
            format!("rtmp {{ server {{ listen {address}; application live {{ live on; }} }} }}")
        })
    }

    /// Starts one that passes HTTP requests on to `server`, with what `directives` say of each: `proxy_set_header …;`.
    #[track_caller]
    pub fn in_front_of(server: SocketAddr, directives: &str) -> Nginx {
        Nginx::of(&[], |address| {
            format!(
                "http {{ access_log off; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; \
                 scgi_temp_path t; server {{ listen {address}; location / {{ proxy_pass http://{server}; \
                 proxy_buffering off; {directives} }} }} }}"
            )
        })
    }

    /// Starts one that passes TCP connections on to `server` with a header of the PROXY protocol in front of each. Needs
    /// [`crate::Tool::NginxStream`].
    #[track_caller]
    pub fn with_proxy_header(server: SocketAddr) -> Nginx {
        Nginx::of(&["stream"], |address| {
            format!("stream {{ server {{ listen {address}; proxy_pass {server}; proxy_protocol on; }} }}")
        })
    }

    /// With `modules`, and what `body` says of the address to listen on.
    #[track_caller]
    fn of(modules: &[&str], body: impl Fn(SocketAddr) -> String) -> Nginx {
        let folder = TempDir::new().expect("the temporary folder can be written");
        // Nobody else is likely to get the port in between.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("there is a free port");
        let load = |name: &&str| {
            let module = tool::nginx_module(name).expect("whoever starts it has looked for it");
            format!("load_module {};\n", module.display())
        };
        let modules: String = modules.iter().map(load).collect();
        let config = format!(
            "{modules}daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{ }}\n{}\n",
            body(address)
        );
        fs::write(folder.path().join("nginx.conf"), config).expect("the temporary folder can be written");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]);
        let process = Process::start("nginx", &mut command);
        wait::until("nginx to listen", READY, || TcpStream::connect(address).ok());
        Nginx { address, _process: process, _folder: folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `stream` (`live/name`) is published and played.
    pub fn url(&self, stream: &str) -> String {
        format!("rtmp://{}/{stream}", self.address)
    }
}

const READY: Duration = Duration::from_secs(20);
