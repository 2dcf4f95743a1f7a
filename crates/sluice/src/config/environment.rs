//! What the environment says: by our variables, by those that Oryx and OpenTelemetry have, and by `<data>/config/.env`, which goes before all.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::{fs, io};

use super::settings::{self, SETTINGS};
use super::{Problem, dotenv, suggest};

/// Values by the names of their settings, each with the name of its variable.
#[derive(Default)]
pub(super) struct Environment {
    ours: HashMap<&'static str, Variable>,
    /// What others call it; ours go before these.
    theirs: HashMap<&'static str, Variable>,
    pub(super) owner: Owner,
}

/// A variable that is set to something.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) text: String,
}

/// What holds whatever the store has, for a server that replaces Oryx.
#[derive(Default)]
pub(crate) struct Owner {
    /// `MGMT_PASSWORD`: that of the first admin.
    pub(crate) password: Option<String>,
    /// `SRS_PLATFORM_SECRET`: that of the API for scripts.
    pub(crate) secret: Option<String>,
    /// `NODE_ENV=development`: what would be kept for a day is to be seen as it changes.
    pub(crate) development: bool,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (password, secret) = (self.password.is_some(), self.secret.is_some());
        f.debug_struct("Owner").field("password", &password).field("secret", &secret).finish()
    }
}

impl Environment {
    /// What the variables `all` say; those that nobody knows are ignored.
    pub(super) fn of_process(
        all: &HashMap<OsString, OsString>,
        warnings: &mut Vec<String>,
        problems: &mut Vec<Problem>,
    ) -> Environment {
        let mut environment = Environment::default();
        for (name, value) in all {
            let Some(name) = name.to_str() else { continue };
            match value.to_str() {
                Some(text) => environment.set(name, text, warnings),
                None if is_known(name) => problems.push(Problem(format!("{name}: is not UTF-8"))),
                None => {}
            }
        }
        environment
    }

    /// The same with what is written in the data folder `data`.
    pub(super) fn with_file(
        mut self,
        data: &Path,
        warnings: &mut Vec<String>,
        problems: &mut Vec<Problem>,
    ) -> Environment {
        let path = data.join("config/.env");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let lines = dotenv::lines(text.trim_start_matches('\u{feff}'));
                let lines: Vec<_> = lines.filter(|(name, _)| !BEFORE_THE_FILE.contains(name)).collect();
                // Whatever name the environment has for a setting that is written there.
                for setting in lines.iter().filter_map(|(name, _)| setting_of(name)) {
                    self.ours.remove(setting);
                    self.theirs.remove(setting);
                }
                lines.iter().for_each(|(name, value)| self.set(name, value, warnings));
            }
            // That a folder is none is said when it is used.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => {
                problems.push(Problem(format!("{}: cannot be read ({error})", path.display())));
            }
        }
        let secret = self.owner.secret.as_deref().unwrap_or_default();
        if !secret.chars().all(|c| c.is_ascii_graphic()) {
            let reason = "holds more than visible ASCII, so no header can carry it";
            problems.push(Problem(format!("SRS_PLATFORM_SECRET: {reason}")));
        }
        self
    }

    /// The value of a setting.
    pub(super) fn get(&self, setting: &str) -> Option<&Variable> {
        self.ours.get(setting).or_else(|| self.theirs.get(setting))
    }

    /// One that is empty counts as not set, as it has to be when a compose file passes on a variable that nobody has set.
    fn set(&mut self, name: &str, text: &str, warnings: &mut Vec<String>) {
        let given = || (!text.is_empty()).then(|| text.to_owned());
        let values = match name {
            "MGMT_PASSWORD" => return self.owner.password = given(),
            "SRS_PLATFORM_SECRET" => return self.owner.secret = given(),
            "NODE_ENV" => return self.owner.development = text == "development",
            _ if name.starts_with(settings::ENV_PREFIX) => &mut self.ours,
            _ => &mut self.theirs,
        };
        let Some(setting) = setting_of(name) else {
            if name.starts_with(settings::ENV_PREFIX) {
                warnings.extend(suggest::variable(name));
            }
            return;
        };
        match given().map(|text| as_oryx_means(name, text)) {
            Some(text) => values.insert(setting, Variable { name: name.to_owned(), text }),
            None => values.remove(setting),
        };
    }
}

/// What Oryx takes `text` for, where it takes anything for something.
fn as_oryx_means(name: &str, text: String) -> String {
    let on = match name {
        "PLATFORM_DOCKER" | "NAME_LOOKUP" => text != "off",
        "AUTO_SELF_SIGNED_CERTIFICATE" => text == "on",
        _ => return text,
    };
    if on { "on".to_owned() } else { "off".to_owned() }
}

fn is_known(name: &str) -> bool {
    name == "MGMT_PASSWORD" || name == "SRS_PLATFORM_SECRET" || setting_of(name).is_some()
}

/// The setting that a variable is of.
fn setting_of(name: &str) -> Option<&'static str> {
    let ours = || SETTINGS.iter().find(|setting| setting.env() == name).map(|setting| setting.name);
    THEIRS.iter().find(|(theirs, _)| *theirs == name).map(|(_, setting)| *setting).or_else(ours)
}

/// What Oryx, and then OpenTelemetry, call some of our settings.
pub(super) const THEIRS: &[(&str, &str)] = &[
    ("MGMT_LISTEN", "http.listen"),
    ("PLATFORM_LISTEN", "http.second_listen"),
    ("HTTPS_LISTEN", "https.listen"),
    ("RTMP_PORT", "public.rtmp_port"),
    ("HTTP_PORT", "public.http_port"),
    ("SRT_PORT", "public.srt_port"),
    ("RTC_PORT", "public.rtc_port"),
    ("CANDIDATE", "public.candidate"),
    ("NAME_LOOKUP", "webrtc.name_lookup"),
    ("PLATFORM_DOCKER", "docker"),
    ("AUTO_SELF_SIGNED_CERTIFICATE", "tls.self_signed"),
    ("REGION", "tencent.region"),
    ("SRS_FORWARD_LIMIT", "slots.forward"),
    ("SRS_VLIVE_LIMIT", "slots.files"),
    ("SRS_CAMERA_LIMIT", "slots.cameras"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp.endpoint"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "otlp.headers"),
    ("OTEL_SERVICE_NAME", "otlp.service_name"),
];

/// What variables begin with that are for every program of a machine.
pub(super) const FOR_ALL: &str = "OTEL_";

/// What has been used by the time when the file is found.
const BEFORE_THE_FILE: [&str; 2] = ["SLUICE_CONFIG", "SLUICE_DATA_DIR"];
