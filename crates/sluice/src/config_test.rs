#![allow(clippy::unwrap_used)]

use std::fs;

use gateway::config::HlsMode;
use hub::config::{JoinAt, MergeWindow};
use media::Delta;
use tempfile::TempDir;

use super::*;

/// Settings as they would be on a machine with these flags, variables and, if not empty, this file.
struct Machine {
    _folder: TempDir,
    sources: Sources,
}

impl Machine {
    fn new(file: &str) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sluice.toml");
        fs::write(&path, file).unwrap();
        let env = [("SLUICE_CONFIG".into(), path.into())].into();
        Machine { _folder: folder, sources: Sources { env, ..Sources::default() } }
    }

    fn env(mut self, name: &str, value: &str) -> Machine {
        self.sources.env.insert(name.into(), value.into());
        self
    }

    fn flag(mut self, name: &'static str, value: &str) -> Machine {
        self.sources.flags.insert(name, value.to_owned());
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap()
    }

    /// The problems, without the folder of the file.
    fn problems(&self) -> Vec<String> {
        let folder = format!("{}/", self._folder.path().display());
        load(&self.sources)
            .unwrap_err()
            .iter()
            .map(|problem| problem.to_string().replace(&folder, ""))
            .collect()
    }
}

fn problems(file: &str) -> Vec<String> {
    Machine::new(file).problems()
}

#[test]
fn names_of_a_setting_are_derived_from_one_and_unique() {
    let setting = SETTINGS.iter().find(|setting| setting.name == "media.merge_window").unwrap();
    assert_eq!(setting.env(), "SLUICE_MEDIA_MERGE_WINDOW");
    assert_eq!(setting.flag(), "media-merge-window");
    assert_eq!(setting.app_key(), Some("merge_window"));
    let flags: std::collections::HashSet<_> = SETTINGS.iter().map(Setting::flag).collect();
    assert_eq!(flags.len(), SETTINGS.len());
    for later in settings::LATER {
        assert!(
            SETTINGS.iter().all(|setting| setting.name != later),
            "{later} is there: it is no later setting"
        );
    }
}

#[test]
fn defaults_are_what_the_libraries_call_so() {
    let config = Machine::new("").load().config;
    assert_eq!(config.data_dir, Path::new("./data"));
    assert_eq!(config.http_listen.addresses(), ["[::]:2022".parse().unwrap()]);
    assert_eq!(config.rtmp_listen.addresses(), ["[::]:1935".parse().unwrap()]);
    assert_eq!(config.publish_key, None);
    assert_eq!(config.media.hub, hub::config::Settings::default());
    assert_eq!(config.media.hls, HlsApp::default());
    assert!(config.apps.is_empty());
}

#[test]
fn flags_go_before_environment_before_file_before_default() {
    let machine = Machine::new("http.listen = 4\nrtmp.listen = ':4'\nworkers = 4\n")
        .env("SLUICE_HTTP_LISTEN", "3")
        .env("SLUICE_RTMP_LISTEN", "3")
        .flag("http.listen", "2");
    let Loaded { config, values, .. } = machine.load();
    let port = |listen: &Listen| listen.addresses()[0].port();
    assert_eq!((port(&config.http_listen), port(&config.rtmp_listen), config.workers), (2, 3, 4));
    let origin = |name: &str| {
        let at = SETTINGS.iter().position(|setting| setting.name == name).unwrap();
        values[at].1.to_string().rsplit('/').next().unwrap().to_owned()
    };
    let origins = ["http.listen", "rtmp.listen", "workers", "media.grace"].map(origin);
    assert_eq!(origins, ["flag", "environment", "sluice.toml:3", "default"]);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let config =
        Machine::new("workers = 4").env("SLUICE_WORKERS", "").env("SLUICE_PUBLISH_KEY", "").load().config;
    assert_eq!((config.workers, config.publish_key), (4, None));
}

#[test]
fn apps_differ_only_in_what_they_set() {
    let file = "
        [media]
        grace = 5
        join = 'key'
        [apps.live]
        merge_window = 0
        [apps.'tv/eu']
        merge_window = 'throughput'
        join = 'gop'
        hls_fragment = '4s'
        hls_mode = 'plain'
    ";
    let config = Machine::new(file).env("SLUICE_MEDIA_GRACE", "7s").load().config;
    let (live, tv) = (&config.apps["live"], &config.apps["tv/eu"]);
    assert_eq!((live.hub.merge_window, live.hub.join), (MergeWindow::PerFrame, JoinAt::Key));
    assert_eq!((tv.hub.merge_window, tv.hub.join), (MergeWindow::THROUGHPUT, JoinAt::Gop));
    assert_eq!((live.hub.grace, tv.hub.grace), (Delta::secs(7), Delta::secs(7)));
    assert_eq!(
        (tv.hls.fragment, tv.hls.window, tv.hls.mode),
        (Delta::secs(4), Delta::secs(60), HlsMode::Plain)
    );
    let hub = config.hub();
    assert_eq!(hub.settings("live").merge_window, MergeWindow::PerFrame);
    assert_eq!(hub.settings("other"), &config.media.hub);
}

#[test]
fn an_unknown_key_is_an_error_with_line_and_suggestion() {
    for (file, problem) in [
        ("\n\nworker = 2", "sluice.toml:3: unknown key \"worker\"; did you mean \"workers\"?"),
        ("[http]\nlisen = 2", "sluice.toml:2: unknown key \"http.lisen\"; did you mean \"http.listen\"?"),
        ("http_listen = 2", "sluice.toml:1: unknown key \"http_listen\"; did you mean \"http.listen\"?"),
        ("[medai]\ngrace = 2", "sluice.toml:1: unknown key \"medai\"; did you mean \"media\"?"),
        ("x = 1\n[app.live]\ngrace = 2", "sluice.toml:2: unknown key \"app\"; did you mean \"apps\"?"),
        ("[apps.a]\n\ngrase = 2", "sluice.toml:3: unknown key \"apps.a.grase\"; did you mean \"grace\"?"),
        ("[apps.a.http]\nlisten = 2", "sluice.toml:1: unknown key \"apps.a.http\""),
        ("[cluster]\nnodes = 3", "sluice.toml:1: unknown key \"cluster\""),
        ("config = 'x'", "sluice.toml:1: unknown key \"config\""),
        ("srt.listen = 10080", "sluice.toml:1: srt: this version does not have it yet"),
    ] {
        assert_eq!(problems(file).last().unwrap(), problem, "{file}");
    }
}

#[test]
fn a_wrong_type_or_value_is_an_error_with_key_and_line() {
    for (file, problem) in [
        ("data_dir = 5", "sluice.toml:1: data_dir: expected text in quotes, found a number"),
        (
            "workers = true",
            "sluice.toml:1: workers: expected text in quotes or a whole number, found true or false",
        ),
        (
            "workers = 2.0",
            "sluice.toml:1: workers: expected text in quotes or a whole number, found a number with a fraction",
        ),
        ("http = 2022", "sluice.toml:1: http: expected a table, [http], found a number"),
        (
            "[http]\nlisten = {port = 1}",
            "sluice.toml:2: http.listen: expected text in quotes, a port number, or a list of those, found a table",
        ),
        (
            "[media]\n\ngrace = '5x'",
            "sluice.toml:3: media.grace: \"5x\" is not a duration; write 10s, 500ms or 2m",
        ),
        (
            "log.level = 'inf'",
            "sluice.toml:1: log.level: \"inf\" is none of off, error, warn, info, debug, trace; did you mean \"info\"?",
        ),
        ("apps = 1", "sluice.toml:1: apps: expected tables, [apps.NAME]"),
        ("[apps]\nlive = 1", "sluice.toml:2: apps.live: expected a table, found a number"),
        ("[apps.live]\njoin = 'now'", "sluice.toml:2: apps.live.join: \"now\" is none of gop, key"),
        ("[apps.api]\njoin = 'key'", "sluice.toml:1: apps.api: the app name \"api\" is reserved"),
        (
            "[apps.a]\nhls_window = '5s'",
            "apps.a: hls_window (5s) is shorter than hls_fragment (10s); a playlist holds at least one segment",
        ),
        ("workers = 1\nworkers = 2", "sluice.toml:2: duplicate key"),
        ("a = \n", "sluice.toml:1: string values must be quoted, expected literal string"),
    ] {
        assert_eq!(problems(file), [problem], "{file}");
    }
}

#[test]
fn every_problem_is_found_also_under_a_value_that_goes_before() {
    let machine = Machine::new("workers = 0\nlog.format = 'xml'\nfoo = 1")
        .env("SLUICE_WORKERS", "many")
        .flag("workers", "2");
    assert_eq!(
        machine.problems(),
        [
            "sluice.toml:3: unknown key \"foo\"",
            "sluice.toml:2: log.format: \"xml\" is none of text, json",
            "sluice.toml:1: workers: \"0\" is neither auto nor a number from 1 to 512",
            "SLUICE_WORKERS: \"many\" is neither auto nor a number from 1 to 512",
        ]
    );
}

#[test]
fn a_bad_key_is_refused_without_showing_it() {
    let problems = Machine::new("publish.key = 'sécret-key'").flag("publish.key", "short").problems();
    assert!(problems[0].starts_with("sluice.toml:1: publish.key: it contains 'é'"), "{problems:?}");
    assert_eq!(problems[1], "--publish-key: it has 5 characters; use 8 to 128");
}

#[test]
fn a_file_that_is_named_has_to_be_there_and_be_text() {
    let machine = Machine::new("").flag("config", "/nonexistent/sluice.toml");
    assert!(
        machine.problems()[0].starts_with("/nonexistent/sluice.toml: cannot be read"),
        "{:?}",
        machine.problems()
    );
    let machine = Machine::new("");
    let path = machine._folder.path().join("sluice.toml");
    fs::write(&path, b"workers = 1\n# \xff\n").unwrap();
    assert_eq!(machine.problems(), ["sluice.toml:2: is not UTF-8 text"]);
    fs::write(&path, b"\xef\xbb\xbfworkers = 1\r\n").unwrap();
    assert_eq!(machine.load().config.workers, 1, "a byte order mark and Windows line ends are no problem");
}

#[test]
fn no_file_breaks_the_reader() {
    let sample = reference::sample();
    for end in (0..sample.len()).filter(|end| sample.is_char_boundary(*end)).step_by(7) {
        let text = sample[..end].replace("\n#", "\n");
        file::parse(Path::new("f"), text.as_bytes(), &mut Vec::new());
    }
}

#[test]
fn a_variable_that_is_likely_misspelt_is_a_warning() {
    let warnings = |name| Machine::new("").env(name, "1").load().warnings;
    assert_eq!(
        warnings("SLUICE_HTTP_LISTN"),
        ["SLUICE_HTTP_LISTN is ignored: there is no such setting; did you mean SLUICE_HTTP_LISTEN?"]
    );
    assert_eq!(
        warnings("SLUICE_SRT_LISTEN"),
        ["SLUICE_SRT_LISTEN is ignored: this version does not have it yet"]
    );
    for of_kubernetes in ["SLUICE_PORT", "SLUICE_SERVICE_HOST", "SLUICE_PORT_2022_TCP"] {
        assert!(warnings(of_kubernetes).is_empty(), "{of_kubernetes}");
    }
}

#[test]
fn the_sample_is_all_defaults_and_every_line_of_it_can_be_used() {
    let sample = reference::sample();
    let plain = Machine::new(&sample).load();
    let used: String = sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let loaded = Machine::new(&used).load();
    for ((setting, (default, _)), (text, origin)) in SETTINGS.iter().zip(&plain.values).zip(&loaded.values) {
        if setting.in_file() {
            assert_eq!(text, default, "{}", setting.name);
            assert!(matches!(origin, Origin::File { .. }), "{}", setting.name);
        }
    }
    assert_eq!(loaded.config.apps.len(), 1);
}

#[test]
fn effective_settings_hide_the_key() {
    let shown = reference::effective(
        &Machine::new("[apps.live]\nmerge_window = 0").flag("publish.key", "the-secret-key").load(),
    );
    assert!(!shown.contains("the-secret-key"), "{shown}");
    assert!(shown.contains("publish.key          (secret)             flag"), "{shown}");
    assert!(shown.contains("apps.live"), "{shown}");
}

/// The reference in `docs/` is what the program says. `UPDATE_DOCS=1 cargo test -p sluice` writes it.
#[test]
fn the_reference_is_up_to_date() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for (name, text) in [("config.md", reference::markdown()), ("sluice.toml", reference::sample())] {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(&docs).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "docs/reference/{name} differs from the settings: run UPDATE_DOCS=1 cargo test -p sluice"
        );
    }
}

/// Writes `<data>/config/.env` for a machine, and has it use that data folder.
fn with_dotenv(machine: Machine, text: &str) -> Machine {
    let data = machine._folder.path().join("data");
    fs::create_dir_all(data.join("config")).unwrap();
    fs::write(data.join("config/.env"), text).unwrap();
    machine.env("SLUICE_DATA_DIR", &data.display().to_string())
}

#[test]
fn what_oryx_calls_a_setting_counts_unless_our_own_name_does() {
    let machine = Machine::new("[http]\nlisten = 1\nsecond_listen = 2")
        .env("MGMT_LISTEN", "3000")
        .env("PLATFORM_LISTEN", ":2024")
        .env("RTMP_PORT", "19350")
        .env("CANDIDATE", "192.0.2.1,example.org")
        .env("PLATFORM_DOCKER", "on")
        .env("SRS_VLIVE_LIMIT", "3")
        .env("MGMT_PASSWORD", "12345678");
    let loaded = machine.load();
    let environment = loaded.config.environment(Some(1935));
    assert_eq!(
        loaded.config.gateway().http.listen.iter().map(|at| at.port()).collect::<Vec<_>>(),
        [3000, 2024]
    );
    assert_eq!((environment.rtmp_port, environment.slots), (19350, [10, 3, 10]));
    assert!(environment.candidate && environment.docker);
    assert_eq!(loaded.owner.password.as_deref(), Some("12345678"));
    assert!(!format!("{loaded:?}").contains("12345678"));
    let machine = machine.env("SLUICE_HTTP_LISTEN", ":4000");
    assert_eq!(machine.load().config.http_listen.addresses()[0].port(), 4000);
    let odd = Machine::new("").env("PLATFORM_DOCKER", "true").env("AUTO_SELF_SIGNED_CERTIFICATE", "true");
    let odd = odd.env("HTTPS_LISTEN", "3443").load();
    assert!(odd.config.docker && !odd.config.tls.self_signed);
    assert_eq!(odd.config.https_listen.addresses()[0].port(), 3443);
    let machine = machine.env("SLUICE_HTTP_LISTEN", "").env("PLATFORM_LISTEN", "").env("RTMP_PORT", "x");
    assert_eq!(machine.problems(), ["RTMP_PORT: \"x\" is not a number from 1 to 65535"]);
}

#[test]
fn what_is_written_in_the_data_folder_goes_before_the_environment() {
    let text = "\u{feff}MGMT_PASSWORD=first\nMGMT_PASSWORD=007\nSRS_PLATFORM_SECRET=\"\"\nMGMT_LISTEN=3000\n\
        RTMP_PORT=\nSLUICE_LOG_LEVEL=debug\nSLUICE_DATA_DIR=/elsewhere\n";
    let machine = with_dotenv(Machine::new(""), text)
        .env("MGMT_PASSWORD", "other")
        .env("SRS_PLATFORM_SECRET", "other")
        .env("MGMT_LISTEN", "4000")
        .env("RTMP_PORT", "19350");
    let loaded = machine.load();
    assert_eq!(loaded.owner.password.as_deref(), Some("007"));
    assert_eq!(loaded.owner.secret, None, "an empty one is none");
    assert_eq!(loaded.config.http_listen.addresses()[0].port(), 3000);
    assert_eq!(loaded.config.environment(None).rtmp_port, 1935);
    assert_eq!(loaded.config.data_dir, machine._folder.path().join("data"), "the file is found by it");
    let at = SETTINGS.iter().position(|setting| setting.name == "log.level").unwrap();
    assert_eq!(loaded.values[at], ("debug".to_owned(), Origin::Environment("SLUICE_LOG_LEVEL".to_owned())));
    let ours = with_dotenv(Machine::new(""), "MGMT_LISTEN=3000").env("SLUICE_HTTP_LISTEN", "4000");
    assert_eq!(ours.load().config.http_listen.addresses()[0].port(), 3000, "by whatever name");
    let wrong = with_dotenv(Machine::new(""), "SRS_PLATFORM_SECRET='a b'");
    assert_eq!(wrong.problems().len(), 1);
}

#[test]
fn an_authority_is_a_word_or_an_address() {
    let directory = |text: &str| Machine::new("").env("SLUICE_ACME_DIRECTORY", text).load().config.acme;
    assert!(directory("letsencrypt").directory.contains("acme-v02.api.letsencrypt.org"));
    assert!(directory("staging").directory.contains("staging"));
    let own = directory("https://ca.example/dir");
    assert_eq!((&*own.directory, own.staging), ("https://ca.example/dir", None));
    assert_eq!(Machine::new("").env("SLUICE_ACME_DIRECTORY", "http://ca.example").problems().len(), 1);
    let machine = Machine::new("").env("SLUICE_HTTPS_HSTS", "31536000").load();
    assert_eq!(machine.config.https.hsts, Some(std::time::Duration::from_secs(31_536_000)));
    assert_eq!(Machine::new("").env("SLUICE_HTTPS_HSTS", "on").problems().len(), 1);
}

#[test]
fn traces_are_set_by_our_names_or_by_those_of_opentelemetry_which_hold_last() {
    let theirs = Machine::new("")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://theirs:4318")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret")
        .env("OTEL_SERVICE_NAME", "tv");
    // Without the feature it is a warning and no more.
    let otlp = theirs.load().config.otlp;
    assert_eq!(otlp.endpoint.unwrap().traces(), "http://theirs:4318/v1/traces");
    assert_eq!((otlp.headers.map().len(), &*otlp.service, otlp.sample), (1, "tv", 0.01));
    assert!(!reference::effective(&theirs.load()).contains("s3cret"));
    assert!(!format!("{:?}", theirs.load().config).contains("s3cret"));

    let service = |machine: Machine| machine.load().config.otlp.service;
    let named = || Machine::new("[otlp]\nservice_name = 'ours'\nsample = 0.5").env("OTEL_SERVICE_NAME", "tv");
    assert_eq!(service(named()), "ours", "theirs is for every program, and the file for this one");
    assert_eq!(named().load().config.otlp.sample, 0.5);
    assert_eq!(service(named().env("SLUICE_OTLP_SERVICE_NAME", "other")), "other");

    let odd = Machine::new("").env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317").load();
    assert_eq!(odd.config.otlp.endpoint, None);
    let [warning] = &odd.warnings[..] else { panic!("{:?}", odd.warnings) };
    assert!(
        warning.starts_with("OTEL_EXPORTER_OTLP_ENDPOINT is ignored: it is not the address"),
        "{warning}"
    );
    assert_eq!(Machine::new("").env("SLUICE_OTLP_ENDPOINT", "collector:4317").problems().len(), 1);
    assert_eq!(
        problems("[otlp]\nheaders = 'secret'\nsample = 2"),
        [
            "sluice.toml:2: otlp.headers: has no NAME=VALUE as its entry 1",
            "sluice.toml:3: otlp.sample: \"2\" is not a share from 0 to 1, such as 0.01",
        ]
    );
}

#[test]
fn traces_that_were_not_built_in_are_refused_and_those_of_the_machine_ignored() {
    let at = SETTINGS.iter().position(|setting| setting.name == "otlp.endpoint").unwrap();
    let said = |built_in, text: &str, origin| {
        let mut values: Vec<_> =
            SETTINGS.iter().map(|setting| (setting.default.to_owned(), Origin::Default)).collect();
        values[at] = (text.to_owned(), origin);
        let (mut warnings, mut problems) = (Vec::new(), Vec::new());
        check_otlp(built_in, &values, &mut warnings, &mut problems);
        (warnings, problems.iter().map(Problem::to_string).collect::<Vec<_>>())
    };
    let nothing = (Vec::new(), Vec::new());
    let theirs = || Origin::Environment("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned());
    assert_eq!(said(true, "http://h", Origin::Flag), nothing);
    assert_eq!(said(false, "", Origin::Default), nothing);
    let advice = "this program was built without traces; build it with --features otlp";
    assert_eq!(said(false, "http://h", Origin::Flag).1, [format!("--otlp-endpoint: {advice}")]);
    let ignored = format!("OTEL_EXPORTER_OTLP_ENDPOINT is ignored: {advice}");
    assert_eq!(said(false, "http://h", theirs()), (vec![ignored], Vec::new()));
}
