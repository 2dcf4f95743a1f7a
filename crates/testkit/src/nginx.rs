//! nginx with its RTMP module: somebody else's server.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::{tool, wait};

/// A running nginx with an application `live` that takes every publisher and player. Needs [`crate::Tool::Nginx`].
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
        let module = tool::nginx_rtmp_module().expect("whoever starts it has looked for it");
        let folder = TempDir::new().expect("the temporary folder can be written");
        // Nobody else is likely to get the port in between.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("there is a free port");
        let config = format!(
            "load_module {};\ndaemon off;\nmaster_process off;\npid nginx.pid;\nevents {{ }}\n\
             rtmp {{ server {{ listen {address}; application live {{ live on; }} }} }}\n",
            module.display()
        );
        fs::write(folder.path().join("nginx.conf"), config).expect("the temporary folder can be written");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).args(["-e", "stderr", "-c", "nginx.conf"]);
        let process = Process::start("nginx", &mut command);
        wait::until("nginx to listen", READY, || TcpStream::connect(address).ok());
        Nginx { address, _process: process, _folder: folder }
    }

    /// Where `stream` (`live/name`) is published and played.
    pub fn url(&self, stream: &str) -> String {
        format!("rtmp://{}/{stream}", self.address)
    }
}

const READY: Duration = Duration::from_secs(20);
