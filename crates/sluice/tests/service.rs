//! As a service: without rights, and with a manager that is told when it is ready.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use testkit::{Process, Server, http, wait};

use crate::support::{SLUICE, SOON};

#[test]
fn the_manager_is_told_when_it_is_ready_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(SOON)).unwrap();
    let server = Server::of(SLUICE).env("NOTIFY_SOCKET", path.to_str().unwrap()).start();
    let said = || {
        let mut bytes = [0; 200];
        let size = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..size]).into_owned()
    };
    assert!(said().starts_with("READY=1\n"));
    assert!(server.stop(SOON).status.success());
    assert!(said().starts_with("STOPPING=1\n"));
}

#[test]
fn it_runs_as_somebody_without_rights() {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // Where others may run it: the build's own folder may be closed to them.
    let exe = folder.path().join("sluice");
    std::fs::copy(SLUICE, &exe).unwrap();
    std::fs::set_permissions(&exe, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = if root {
        std::os::unix::fs::chown(&data, Some(65534), Some(65534)).unwrap();
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
        ]);
        command.arg(&exe);
        command
    } else {
        Command::new(&exe)
    };
    command.current_dir("/").env("SLUICE_DATA_DIR", &data);
    for name in ["HTTP", "RTMP", "METRICS"] {
        command.env(format!("SLUICE_{name}_LISTEN"), "127.0.0.1:0");
    }
    let process = Process::start("server", &mut command);
    let addresses = wait::until("the server to say where it listens", SOON, || {
        serde_json::from_slice::<serde_json::Value>(&std::fs::read(data.join("run/addresses.json")).ok()?)
            .ok()
    });
    let url = format!("http://{}/readyz", addresses["http"].as_str().unwrap());
    wait::until("it is ready", SOON, || {
        http::try_get(&url).ok().filter(|answer| answer.status == 200).map(drop)
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(!line("Uid:").split_whitespace().skip(1).any(|id| id == "0"), "{}", line("Uid:"));
    assert!(line("CapEff:").ends_with("0000000000000000"), "{}", line("CapEff:"));
    assert!(!process.output().iter().any(|line| line.contains("ERROR")), "{:?}", process.output());
}

#[test]
fn the_unit_leaves_out_nothing_that_matters() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd/sluice.service");
    let unit = std::fs::read_to_string(file).unwrap();
    for line in [
        "Type=notify",
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
        "StateDirectory=sluice",
        "LimitNOFILE=1048576",
        "Restart=on-failure",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    for line in unit.lines().filter_map(|line| line.strip_prefix("Environment=")) {
        let name = line.split('=').next().unwrap();
        assert!(name.starts_with("SLUICE_"), "{line}");
    }
}
