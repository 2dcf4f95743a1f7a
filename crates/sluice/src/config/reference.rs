//! What is said about the settings, all from their table.

use std::fmt::Write;

use super::environment::THEIRS;
use super::settings::{SETTINGS, Setting};
use super::{Loaded, Origin};

/// Every setting explained, in Markdown: `docs/reference/config.md`.
pub(crate) fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    for setting in SETTINGS {
        let default = match setting.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let file = if setting.in_file() { format!("`{}`", setting.name) } else { "–".to_owned() };
        let theirs = THEIRS.iter().find(|(_, name)| *name == setting.name);
        let theirs = theirs.map_or(String::new(), |(variable, _)| format!(" or `{variable}`"));
        let app = setting.app_key().map_or(String::new(), |key| format!(" · per app `{key}`"));
        push(
            &mut out,
            format_args!(
                "\n## {}\n\nfile {file}{app} · environment `{}`{theirs} · flag `--{} {}` · default {default}\n\n{}\n",
                setting.name,
                setting.env(),
                setting.flag(),
                setting.form,
                setting.about
            ),
        );
    }
    out
}

/// A settings file with everything in it at its default, commented out: `docs/reference/sluice.toml`.
pub(crate) fn sample() -> String {
    let mut out =
        String::from("# Settings of Sluice: every key with its default. Take the # away to change one.\n");
    let mut table = "";
    for setting in SETTINGS.iter().filter(|setting| setting.in_file() && !setting.name.contains('.')) {
        key(&mut out, setting, setting.name);
    }
    for setting in SETTINGS {
        let Some((section, name)) = setting.name.split_once('.') else { continue };
        if section != table {
            push(&mut out, format_args!("\n[{section}]\n"));
            table = section;
        }
        key(&mut out, setting, name);
    }
    out.push_str(APPS_SAMPLE);
    out
}

/// The settings in force and where each comes from.
pub(crate) fn effective(loaded: &Loaded) -> String {
    let mut out = String::from("The settings are fine. In force:\n\n");
    let mut app_lines = String::new();
    for (app, media) in &loaded.config.apps {
        push(&mut app_lines, format_args!("  apps.{app}: {media:?}\n"));
    }
    for (setting, (text, origin)) in SETTINGS.iter().zip(&loaded.values) {
        let shown = match (setting.secret() && *origin != Origin::Default, text.as_str()) {
            (true, _) => "(secret)",
            (false, "") => "(none)",
            (false, text) => text,
        };
        push(&mut out, format_args!("  {:<20} {shown:<20} {origin}\n", setting.name));
    }
    out + &app_lines
}

fn key(out: &mut String, setting: &Setting, name: &str) {
    out.push('\n');
    let mut line = String::from("#");
    for word in setting.about.split_whitespace() {
        if line.len() + word.len() > 100 {
            push(out, format_args!("{line}\n"));
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    push(out, format_args!("{line}\n#{name} = \"{}\"\n", setting.default));
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string does not fail");
}

const INTRODUCTION: &str = "\
# Settings

Made by `sluice config reference`; do not edit.

Each setting has a key in the settings file, a variable in the environment and a flag. A flag goes before the environment,
the environment before the file, and the file before the default. A variable that is empty counts as not set. Every value is
checked at the start, also one that another goes before; `sluice config check` does only that, and shows which are in force.

Variables may also be written down in `config/.env` of the data folder, one `NAME=value` a line; that file goes before the environment, as
it does in Oryx. Some settings have a second variable, by the name that Oryx or OpenTelemetry has for it (those of OpenTelemetry hold where nothing else
sets the same); `MGMT_PASSWORD` (the password of the first admin) and
`SRS_PLATFORM_SECRET` (the secret of the API for scripts) are variables only.

The file is TOML: `http.listen` is `listen` in the table `[http]`. Keys that do not exist are errors. Paths are relative to
the folder in which the server is started. [sluice.toml](sluice.toml) is a file with everything in it, to start from.

The settings of `[media]` can be given for one app alone, in `[apps.NAME]` without the `media.`; what an app does not set is
as in `[media]`, wherever that comes from:

```toml
[apps.live]
merge_window = 0

[apps.\"tv/eu\"]
hls_fragment = \"4s\"
hls_window = \"24s\"
```

Durations are whole numbers with a unit: `500ms`, `10s`, `2m`, `1h`.
";

const APPS_SAMPLE: &str = "
# What differs for one app: the keys of [media].
#[apps.live]
#merge_window = 0
#hls_fragment = \"4s\"
";
