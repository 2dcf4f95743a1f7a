//! The command line of the real binary: what it says, what it leaves behind, and how it starts and ends.
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use gateway::tls::SelfSigned;
use tempfile::TempDir;
use testkit::{Process, Server, Signal, wait};

const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");
/// Far more than anything here takes, for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// The program in a folder of its own, without any of our variables.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Machine {
        Machine { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SLUICE);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SLUICE_")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Runs it to its end.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a server on free ports and waits until it says that it is ready.
    fn serve(&self, arguments: &[&str]) -> Process {
        let ports = [
            "--http-listen=127.0.0.1:0",
            "--https-listen=off",
            "--webrtc-listen=off",
            "--rtmp-listen=127.0.0.1:0",
        ];
        let mut process = Process::start("server", &mut self.command(&[&ports, arguments].concat()));
        process.wait_for_line("Ctrl+C", SOON);
        process
    }

    fn address(&self, name: &str) -> SocketAddr {
        let text = fs::read_to_string(self.path("data/run/addresses.json")).unwrap();
        let (_, rest) = text.split_once(&format!("\"{name}\":\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    }
}

#[track_caller]
fn stop(mut process: Process) -> Vec<String> {
    process.signal(Signal::Term);
    process.succeed(SOON).output
}

/// Checks that a start failed with exit code 2, one line on the standard error, and nothing on the output; gives the line.
#[track_caller]
fn refused(output: &Output) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert_eq!(out, "");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.starts_with("sluice: "), "{err}");
    err
}

#[track_caller]
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The key in what the server printed.
#[track_caller]
fn key(output: &[String]) -> String {
    let line = output.iter().find(|line| line.contains("Stream Key")).unwrap();
    line.split_once("secret=").unwrap().1.trim().to_owned()
}

#[test]
fn version_and_help_say_what_it_is() {
    let machine = Machine::new();
    let version = machine.run(&["--version"]);
    assert!(version.status.success());
    assert_eq!(text(&version.stdout), format!("sluice {}\n", env!("CARGO_PKG_VERSION")));
    let help = text(&machine.run(&["--help"]).stdout);
    assert!(help.contains("--http-listen") && help.contains("[env: SLUICE_HTTP_LISTEN]"), "{help}");
    assert_eq!(machine.run(&["--htp-listen", "1"]).status.code(), Some(2));
    assert_eq!(fs::read_dir(machine.folder.path()).unwrap().count(), 0, "nothing was left behind");
}

#[test]
fn the_reference_is_the_one_in_the_docs() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (arguments, name) in [
        (&["config", "reference"][..], "config.md"),
        (&["config", "reference", "--toml"], "sluice.toml"),
        (&["api", "openapi"], "openapi.json"),
    ] {
        let output = Machine::new().run(arguments);
        assert!(output.status.success());
        assert_eq!(text(&output.stdout), fs::read_to_string(docs.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn config_check_shows_what_is_in_force_or_all_that_is_wrong() {
    let machine = Machine::new();
    fs::write(machine.path("sluice.toml"), "workers = 3\n[media]\ngrace = '2s'\n").unwrap();
    let fine = machine
        .command(&["config", "check", "--workers", "4"])
        .env("SLUICE_LOG_LEVEL", "warn")
        .output()
        .unwrap();
    assert!(fine.status.success(), "{fine:?}");
    let shown = text(&fine.stdout);
    for (name, value, origin) in [
        ("workers", "4", "flag"),
        ("log.level", "warn", "environment"),
        ("media.grace", "2s", "sluice.toml:3"),
    ] {
        let found = shown.lines().any(|line| line.split_whitespace().eq([name, value, origin]));
        assert!(found, "{name}: {shown}");
    }

    fs::write(machine.path("sluice.toml"), "worker = 3\n[media]\ngrace = true\n").unwrap();
    let wrong = machine.run(&["config", "check"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(
        text(&wrong.stderr),
        "sluice: sluice.toml:1: unknown key \"worker\"; did you mean \"workers\"?\n\
         sluice: sluice.toml:3: media.grace: expected text in quotes or a whole number, found true or false\n"
    );
    assert!(!machine.path("data").exists(), "a check starts nothing");
}

#[test]
fn it_is_ready_when_it_says_so_and_leaves_no_addresses_behind() {
    for (arguments, signal) in [(&[][..], Signal::Term), (&["serve"], Signal::Int)] {
        let machine = Machine::new();
        let mut process = machine.serve(arguments);
        for name in ["http", "rtmp"] {
            let address = machine.address(name);
            assert_ne!(address.port(), 0);
            TcpStream::connect(address).unwrap();
            let printed = format!("{name}://{address}/live");
            assert!(process.output().iter().any(|line| line.contains(&printed)), "{printed} is not printed");
        }
        process.signal(signal);
        process.succeed(SOON);
        assert!(!machine.path("data/run/addresses.json").exists());
    }
}

#[test]
fn it_ends_while_somebody_is_connected() {
    let machine = Machine::new();
    let process = machine.serve(&[]);
    let _idle = [
        TcpStream::connect(machine.address("http")).unwrap(),
        TcpStream::connect(machine.address("rtmp")).unwrap(),
    ];
    stop(process);
}

#[test]
fn a_port_alone_is_every_address_of_both_families() {
    let machine = Machine::new();
    let process =
        machine.serve(&["--http-listen=:0", "--https-listen=off", "--webrtc-listen=off", "--rtmp-listen=0"]);
    for name in ["http", "rtmp"] {
        let port = machine.address(name).port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        }
    }
    let output = stop(process).join("\n");
    assert!(
        !output.contains("://0.0.0.0") && !output.contains("://[::]"),
        "an address nobody can use: {output}"
    );
}

#[test]
fn what_is_off_does_not_run() {
    let machine = Machine::new();
    let process = machine.serve(&["--rtmp-listen=off"]);
    let addresses = fs::read_to_string(machine.path("data/run/addresses.json")).unwrap();
    assert!(addresses.contains("\"http\"") && !addresses.contains("rtmp"), "{addresses}");
    assert!(!stop(process).join("\n").contains("rtmp://"));
}

#[test]
fn the_key_is_made_at_the_first_start_and_kept() {
    let machine = Machine::new();
    let first = key(&stop(machine.serve(&[])));
    assert_eq!(first.len(), 32);
    assert!(first.bytes().all(|c| c.is_ascii_hexdigit()), "{first}");
    assert_eq!(key(&stop(machine.serve(&[]))), first);
    assert_eq!(key(&stop(machine.serve(&["--publish-key", "the-key-of-my-own"]))), "the-key-of-my-own");
    assert_eq!(key(&stop(machine.serve(&[]))), "the-key-of-my-own", "a given key is kept");
    assert_ne!(key(&stop(Machine::new().serve(&[]))), first);
}

#[test]
fn the_key_is_in_no_log() {
    let machine = Machine::new();
    let log = machine.path("log");
    stop(machine.serve(&[
        "--publish-key=a-very-secret-key",
        "--log-level=trace",
        "--log-file",
        log.to_str().unwrap(),
    ]));
    let logged = fs::read_to_string(log).unwrap();
    assert!(logged.contains("ready") && !logged.contains("a-very-secret-key"), "{logged}");
}

#[test]
fn it_starts_again_after_being_killed() {
    let machine = Machine::new();
    let mut process = machine.serve(&[]);
    let first = key(&process.output());
    process.signal(Signal::Kill);
    assert!(!process.wait(SOON).status.success());
    assert!(machine.path("data/run/addresses.json").exists());
    let process = machine.serve(&[]);
    TcpStream::connect(machine.address("http")).unwrap();
    assert_eq!(key(&stop(process)), first);
}

#[test]
fn a_taken_port_is_said_in_one_line() {
    let machine = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flag, name, variable) in
        [("--http-listen", "HTTP", "SLUICE_HTTP_LISTEN"), ("--rtmp-listen", "RTMP", "SLUICE_RTMP_LISTEN")]
    {
        let mut arguments = vec![
            "--http-listen=127.0.0.1:0",
            "--https-listen=off",
            "--webrtc-listen=off",
            "--rtmp-listen=127.0.0.1:0",
        ];
        arguments.retain(|argument| !argument.starts_with(flag));
        arguments.extend([flag, &address]);
        // Not even a warning stands beside the one line.
        let line = refused(&machine.command(&arguments).env("SLUICE_HTTP_LISTN", "1").output().unwrap());
        for part in [address.as_str(), name, variable, "another program has that port"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    assert!(!machine.path("data/run/addresses.json").exists());
}

#[test]
fn a_data_folder_in_use_is_said_in_one_line() {
    let machine = Machine::new();
    let process = machine.serve(&[]);
    let line = refused(&machine.run(&[
        "--http-listen=127.0.0.1:0",
        "--https-listen=off",
        "--webrtc-listen=off",
        "--rtmp-listen=127.0.0.1:0",
    ]));
    assert!(line.contains("in use by another running server") && line.contains("--data-dir"), "{line}");
    TcpStream::connect(machine.address("http")).expect("the first server goes on, and its addresses stay");
    stop(process);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_said_in_one_line() {
    let machine = Machine::new();
    fs::write(machine.path("file"), "").unwrap();
    let line = refused(&machine.run(&["--data-dir", "file/data"]));
    assert!(
        line.contains("file/data") && line.contains("writable") && line.contains("SLUICE_DATA_DIR"),
        "{line}"
    );
}

#[test]
fn a_damaged_store_is_said_in_one_line_and_left_alone() {
    let machine = Machine::new();
    let file = machine.path("data/store/sluice.redb");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();
    let line = refused(&machine.run(&[
        "--http-listen=127.0.0.1:0",
        "--https-listen=off",
        "--webrtc-listen=off",
        "--rtmp-listen=127.0.0.1:0",
    ]));
    assert!(line.contains("sluice.redb is damaged") && line.contains("move it away"), "{line}");
    assert_eq!(fs::read(&file).unwrap(), b"");
}

#[test]
fn wrong_settings_are_said_in_one_line() {
    let machine = Machine::new();
    let with = |name: &str, value: &str| refused(&machine.command(&[]).env(name, value).output().unwrap());
    let line = with("SLUICE_PUBLISH_KEY", "has a space");
    assert!(line.contains("SLUICE_PUBLISH_KEY: it contains ' '") && !line.contains("has a space"), "{line}");
    assert!(with("SLUICE_LOG_LEVEL", "loud").contains("SLUICE_LOG_LEVEL: \"loud\" is none of"));
    assert!(with("SLUICE_CONFIG", "nowhere.toml").contains("nowhere.toml: cannot be read"));
    assert!(
        with("SLUICE_LOG_FILE", "/nonexistent/log").contains("cannot write the log file /nonexistent/log")
    );
    fs::write(machine.path("sluice.toml"), "[http]\n\nlisten = 'nowhere'\nprot = 1\n").unwrap();
    let line = refused(&machine.run(&[]));
    assert!(line.starts_with("sluice: sluice.toml:4: unknown key \"http.prot\""), "{line}");
    assert!(line.contains("1 more: `sluice config check`"), "{line}");
    assert!(!machine.path("data").exists());
}

#[test]
fn a_certificate_that_cannot_be_served_is_said_in_one_line() {
    let machine = Machine::new();
    let pair = |name: &str| {
        let made = SelfSigned::make([name.to_owned()], SystemTime::now()).unwrap();
        fs::write(machine.path(&format!("{name}.crt")), made.certificate).unwrap();
        fs::write(machine.path(&format!("{name}.key")), made.key).unwrap();
    };
    pair("one");
    pair("two");
    let with = |certificate: &str, key: &str| {
        let arguments = ["--tls-certificate", certificate, "--tls-key", key];
        let lines = [
            refused(&machine.run(&arguments)),
            refused(&machine.run(&[&["config", "check"], &arguments[..]].concat())),
        ];
        assert_eq!(lines[0], lines[1], "the check says the same");
        lines[0].clone()
    };
    for (certificate, key, line) in [
        ("none.crt", "one.key", "tls.certificate: none.crt cannot be read (No such file"),
        ("one.crt", "none.key", "tls.key: none.key cannot be read (No such file"),
        ("one.crt", "two.key", "tls.key: two.key is not the key of the certificate in one.crt"),
        ("one.key", "one.key", "tls.certificate: one.key holds no CERTIFICATE"),
        ("one.crt", "one.crt", "tls.key: one.crt holds no PRIVATE KEY"),
        ("one.crt", "", "tls.key: is missing; tls.certificate needs it"),
        ("", "one.key", "tls.certificate: is missing; tls.key needs it"),
    ] {
        let said = with(certificate, key);
        assert!(said.starts_with(&format!("sluice: {line}")), "{said}");
    }
    assert!(!machine.path("data").exists());

    let fine = machine.run(&["config", "check", "--tls-certificate", "one.crt", "--tls-key", "one.key"]);
    assert!(fine.status.success());
    let warning = text(&fine.stderr);
    assert_eq!(warning.lines().count(), 1, "{warning}");
    assert!(warning.starts_with("sluice: warning: tls.key: one.key can be read by every user"), "{warning}");
}

#[test]
fn the_log_file_is_opened_again_at_sighup() {
    let machine = Machine::new();
    let (log, old) = (machine.path("log"), machine.path("log.1"));
    let mut process = machine.serve(&["--log-file=log"]);
    wait::until("the first line of the log", SOON, || {
        fs::read_to_string(&log).ok().filter(|text| text.contains("ready"))
    });
    fs::rename(&log, &old).unwrap();
    process.signal(Signal::Hup);
    wait::until("the new log", SOON, || {
        fs::read_to_string(&log).ok().filter(|text| text.contains("opened again"))
    });
    let output = stop(process).join("\n");
    assert!(!output.contains("INFO"), "the log went to the output too: {output}");
    let (old, new) = (fs::read_to_string(old).unwrap(), fs::read_to_string(log).unwrap());
    assert!(!old.contains("stopping") && new.contains("stopping") && new.contains("stopped"), "{new}");
}

#[test]
fn json_logs_are_one_object_a_line() {
    let machine = Machine::new();
    stop(machine.serve(&["--log-format=json", "--log-file=log"]));
    let text = fs::read_to_string(machine.path("log")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ready = lines.iter().find(|line| line["message"] == "ready").unwrap();
    assert_eq!(ready["level"], "INFO");
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    let stopping = lines.iter().find(|line| line["message"] == "stopping").unwrap();
    assert_eq!(stopping["signal"], "SIGTERM");
}

#[test]
fn settings_of_the_file_take_effect() {
    let machine = Machine::new();
    let file =
        "data_dir = 'elsewhere'\nworkers = 1\n[publish]\nkey = 'key-of-the-file'\n[log]\nfile = 'log'\n";
    fs::write(machine.path("sluice.toml"), file).unwrap();
    let output = stop(machine.serve(&[]));
    assert_eq!(key(&output), "key-of-the-file");
    assert!(machine.path("elsewhere/store/sluice.redb").exists() && !machine.path("data").exists());
    assert!(fs::read_to_string(machine.path("log")).unwrap().contains("workers=1"));
}

#[test]
fn nobody_reading_its_output_does_not_stop_it() {
    let machine = Machine::new();
    let ports = [
        "--http-listen=127.0.0.1:0",
        "--https-listen=off",
        "--webrtc-listen=off",
        "--rtmp-listen=127.0.0.1:0",
    ];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child =
        machine.command(&ports).stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    let file = machine.path("data/run/addresses.json");
    wait::until("the server to be ready", SOON, || file.exists().then_some(()));
    TcpStream::connect(machine.address("http")).unwrap();
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn health_and_readiness_answer() {
    let server = Server::start(SLUICE);
    for path in ["healthz", "readyz"] {
        assert_eq!(testkit::http::get(&server.http_url(path)).status, 200, "{path}");
    }
}

/// Starts a server, stops it, and gives the stream key that it printed.
#[track_caller]
fn key_after_a_start(machine: &Machine) -> String {
    key(&stop(machine.serve(&[])))
}

#[test]
fn an_export_carries_the_key_to_another_machine() {
    let (old, new) = (Machine::new(), Machine::new());
    let key = key_after_a_start(&old);
    let file = old.path("export.jsonl");
    let place = file.to_str().unwrap();
    assert!(old.run(&["store", "export", place]).status.success());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "it holds the key");
    assert_eq!(old.run(&["store", "export"]).stdout, fs::read(&file).unwrap());
    assert!(
        refused(&old.run(&["store", "export", place])).contains("cannot write"),
        "no file is overwritten"
    );

    assert!(new.run(&["store", "import", place]).status.success());
    assert_eq!(key_after_a_start(&new), key);
    assert!(refused(&new.run(&["store", "import", place])).contains("--replace"));
    assert!(new.run(&["store", "import", "--replace", place]).status.success());
    assert_eq!(key_after_a_start(&new), key);
}

#[test]
fn an_export_without_secrets_leaves_those_of_the_other_server_as_they_are() {
    let (old, new) = (Machine::new(), Machine::new());
    let (key, others) = (key_after_a_start(&old), key_after_a_start(&new));
    let file = old.path("shared.jsonl");
    let place = file.to_str().unwrap();
    let server = old.serve(&[]);
    let running = old.run(&["store", "export", "--without-secrets"]);
    stop(server);
    assert!(old.run(&["store", "export", "--without-secrets", place]).status.success());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let shared = fs::read_to_string(&file).unwrap();
    assert_eq!(text(&running.stdout), shared, "the same while it runs");
    assert!(shared.contains("\"publish/key\"") && !shared.contains(&key), "{shared}");

    let import = new.run(&["store", "import", "--replace", place]);
    assert!(import.status.success() && import.stderr.is_empty(), "{}", text(&import.stderr));
    assert_eq!(key_after_a_start(&new), others);
    let fresh = Machine::new();
    let import = fresh.run(&["store", "import", place]);
    let said = text(&import.stderr);
    assert!(import.status.success(), "{said}");
    assert!(said.contains("sluice: warning: publish/key: is neither in the file nor here"), "{said}");
    assert_eq!(key_after_a_start(&fresh).len(), 32, "it has made another");
}

#[test]
fn a_backup_takes_the_place_of_a_damaged_store() {
    let machine = Machine::new();
    let key = key_after_a_start(&machine);
    let store = machine.path("data/store/sluice.redb");
    assert!(machine.run(&["store", "backup", "copy.redb"]).status.success());
    assert!(refused(&machine.run(&["store", "backup", "copy.redb"])).contains("cannot make copy.redb"));
    fs::write(&store, "not a database").unwrap();
    assert!(refused(&machine.run(&["store", "export"])).contains("is damaged"));
    fs::copy(machine.path("copy.redb"), &store).unwrap();
    assert_eq!(key_after_a_start(&machine), key);
}

#[test]
fn what_is_no_whole_export_is_not_imported() {
    let machine = Machine::new();
    let dump =
        "{\"sluice_store\":1}\n{\"key\":\"publish/key\",\"text\":\"\\\"abcdefgh\\\"\"}\n{\"entries\":1}\n";
    for (text, says) in [
        ("", "line 1"),
        (&dump[..dump.len() - 15], "cut short"),
        (&dump.replace("text", "txet"), "line 2"),
        (&dump.replace(":1}\n{\"key", ":9}\n{\"key"), "version 9"),
    ] {
        fs::write(machine.path("export.jsonl"), text).unwrap();
        let line = refused(&machine.run(&["store", "import", "export.jsonl"]));
        assert!(line.contains("export.jsonl cannot be imported") && line.contains(says), "{line}");
    }
    assert!(!machine.path("data").exists(), "nothing was left behind");
}

#[test]
fn an_import_that_no_server_would_understand_replaces_nothing() {
    let machine = Machine::new();
    let key = key_after_a_start(&machine);
    for (entry, value) in [
        ("users/ann", "{}"),
        ("publish/key", "[]"),
        ("publish/keys/0123456789abcdef", "{\"label\":5}"),
        ("access/addresses/0123456789abcdef", "null"),
        ("tokens/0123", "\"x\""),
    ] {
        let line = serde_json::json!({"key": entry, "text": value});
        let dump = format!("{{\"sluice_store\":1}}\n{line}\n{{\"entries\":1}}\n");
        fs::write(machine.path("export.jsonl"), dump).unwrap();
        let said = refused(&machine.run(&["store", "import", "--replace", "export.jsonl"]));
        assert!(said.contains("cannot be imported"), "{entry}: {said}");
        assert!(!machine.path("data/rehearsal").exists(), "nothing is left of the try");
    }
    assert_eq!(key_after_a_start(&machine), key);
}

#[test]
fn a_store_that_is_not_there_or_in_use_is_not_touched() {
    let machine = Machine::new();
    assert!(refused(&machine.run(&["store", "export"])).contains("there is no store in"));
    assert!(refused(&machine.run(&["store", "backup", "copy"])).contains("there is no store in"));
    assert!(!machine.path("data").exists(), "nothing was left behind");
    let server = machine.serve(&[]);
    let dump = "{\"sluice_store\":1}\n{\"entries\":0}\n";
    fs::write(machine.path("empty.jsonl"), dump).unwrap();
    let line = refused(&machine.run(&["store", "import", "--replace", "empty.jsonl"]));
    assert!(line.contains("in use by another running server"), "{line}");
    stop(server);
}

#[test]
fn a_running_server_is_saved_by_whoever_runs_it_and_nobody_else() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let socket = machine.path("data/run/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let exported = machine.run(&["store", "export"]);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    assert!(text(&exported.stdout).contains("publish/key"));
    assert!(machine.run(&["store", "backup", "copy.redb"]).status.success());
    assert!(refused(&machine.run(&["store", "backup", "copy.redb"])).contains("copy.redb"));
    assert!(refused(&machine.run(&["user", "reset-password", "nobody"])).contains("nobody is called nobody"));
    assert!(refused(&machine.run(&["user", "reset-password", "../store"])).contains("a name has"));
    let key = key(&stop(server));
    assert!(!socket.exists());

    let other = Machine::new();
    fs::create_dir_all(other.path("data/store")).unwrap();
    fs::copy(machine.path("copy.redb"), other.path("data/store/sluice.redb")).unwrap();
    assert_eq!(key_after_a_start(&other), key);
    let stopped = machine.run(&["store", "export"]);
    assert_eq!(stopped.stdout, exported.stdout, "the same as when it ran");
}

#[test]
fn it_starts_where_no_socket_can_be_made() {
    let machine = Machine::new();
    let deep = "d".repeat(120);
    let server = machine.serve(&["--data-dir", &deep]);
    assert!(stop(server).iter().any(|line| line.contains("cannot be administered")));
}
