//! What a reload would change: compares the configuration in force with the file, setting by setting.

use std::fmt;

use salotto::Reply;
use salotto::protocol::mask_secrets;
use salotto::{PluginSetup, Settings};
use serde::Serialize;

use super::config::{Config, show};
use super::locate;
use super::program::Program;

/// The settings that the program reads only when it starts.
const READ_AT_START: [&str; 2] = ["control.socket", "log.format"];

/// The settings of the database, which is opened when the server starts.
const STORE: &str = "store.";

/// A configuration in force.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce<'running> {
    /// The settings of the server.
    pub settings: &'running Settings,
    /// The settings of the program.
    pub program: &'running Program,
    /// The plugins in the order of their hooks, each with whether it runs: one that was disabled after panics does not.
    pub plugins: &'running [(PluginSetup, bool)],
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path, e.g. `limits.mailbox` or `plugins.log.path`.
    pub setting: String,
    /// The value in force, as it would be written; `None` where none was written.
    pub now: Option<String>,
    /// The value in the file; `None` where it has none.
    pub file: Option<String>,
    /// When the value in the file will apply.
    pub when: When,
}

/// When a setting in the file applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// From the next `config reload`.
    Reload,
    /// From the next `restart` of the server.
    Restart,
    /// From the next start of the program.
    Program,
}

/// What a reload of `file` would change, in the order of the settings. Passwords are not shown.
pub fn diff(now: &InForce<'_>, file: &Config) -> Vec<Change> {
    let waiting = now.settings.keep_until_restart(&mut file.settings.clone());
    let when = |setting: &str| match setting {
        _ if waiting.contains(&setting) || setting.starts_with(STORE) => When::Restart,
        _ if READ_AT_START.contains(&setting) => When::Program,
        _ => When::Reload,
    };
    let was = show(now.settings, now.program, &[]);
    let will_be = show(&file.settings, &file.program, &[]);
    // Both list every setting in the same order.
    let pairs = settings(&was).into_iter().zip(settings(&will_be));
    let changes = pairs.filter(|((_, was), (_, will_be))| was != will_be).map(
        |((setting, was), (_, will_be))| Change {
            when: when(&setting),
            now: Some(shown(&setting, was)),
            file: Some(shown(&setting, will_be)),
            setting,
        },
    );
    let on = now.plugins.iter().filter(|(setup, _)| setup.enabled).cloned().collect::<Vec<_>>();
    let will_be_on = file.plugins.iter().filter(|setup| setup.enabled).cloned();
    changes.chain(plugins(&on, &will_be_on.collect::<Vec<_>>())).collect()
}

/// The changes as a command answers them.
pub fn table(changes: &[Change]) -> Reply {
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let rows = changes.iter().map(|change| {
        [change.setting.clone(), cell(&change.now), cell(&change.file), change.when.to_string()]
    });
    Reply::table(["setting", "in force", "in the file", "applied"], rows.collect())
}

impl fmt::Display for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reload => "by `config reload`",
            Self::Restart => "by `restart`",
            Self::Program => "when the program restarts",
        })
    }
}

/// Each setting of a section with its value.
fn settings(shown: &str) -> Vec<(String, &str)> {
    let fields = locate::fields(shown).into_iter();
    let fields = fields.filter(|field| field.path.matches('.').count() == 1);
    fields.map(|field| (field.path, &shown[field.value])).collect()
}

fn plugins(now: &[(PluginSetup, bool)], file: &[PluginSetup]) -> Vec<Change> {
    let of = |name: &str, now: Option<String>, file: Option<String>| Change {
        setting: format!("plugins.{name}"),
        now: now.map(|text| shown(name, &text)),
        file: file.map(|text| shown(name, &text)),
        when: When::Reload,
    };
    let on = |setup: &PluginSetup| match setup.settings.trim() {
        "" => "on".to_owned(),
        settings => format!("on, {settings}"),
    };
    let off = || Some("off".to_owned());
    let mut changes = Vec::new();
    for (setup, runs) in now {
        let name = &setup.name;
        match file.iter().find(|other| other.name == *name) {
            None => changes.push(of(name, Some(on(setup)), off())),
            Some(other) if !runs => changes.push(of(name, Some("failed".into()), Some(on(other)))),
            Some(other) => changes.extend(plugin(setup, other, of)),
        }
    }
    let is_new = |setup: &&PluginSetup| now.iter().all(|(other, _)| other.name != setup.name);
    changes.extend(file.iter().filter(is_new).map(|setup| of(&setup.name, off(), Some(on(setup)))));

    let stays = |name: &str| {
        now.iter().any(|(setup, _)| setup.name == name)
            && file.iter().any(|setup| setup.name == name)
    };
    let was = now.iter().map(|(setup, _)| setup.name.as_str());
    let was: Vec<_> = was.filter(|name| stays(name)).collect();
    let will_be = file.iter().map(|setup| setup.name.as_str());
    let will_be: Vec<_> = will_be.filter(|name| stays(name)).collect();
    if was != will_be {
        changes.push(Change {
            setting: "plugins".into(),
            now: Some(was.join(", ")),
            file: Some(will_be.join(", ")),
            when: When::Reload,
        });
    }
    changes
}

/// What differs between two setups of a plugin.
fn plugin(
    now: &PluginSetup,
    file: &PluginSetup,
    of: impl Fn(&str, Option<String>, Option<String>) -> Change,
) -> Vec<Change> {
    let name = &now.name;
    let mut changes = Vec::new();
    if now.on_panic != file.on_panic {
        let word = |setup: &PluginSetup| Some(format!("{:?}", setup.on_panic));
        changes.push(of(&format!("{name}.on_panic"), word(now), word(file)));
    }
    if now.settings != file.settings {
        let (was, will_be) = (plugin_settings(&now.settings), plugin_settings(&file.settings));
        let value = |list: &[(String, String)], field: &str| {
            list.iter().find(|(other, _)| other == field).map(|(_, value)| value.clone())
        };
        let fields =
            was.iter().chain(will_be.iter().filter(|(field, _)| value(&was, field).is_none()));
        let differing: Vec<_> = fields
            .map(|(field, _)| (field, value(&was, field), value(&will_be, field)))
            .filter(|(_, was, will_be)| was != will_be)
            .map(|(field, was, will_be)| of(&format!("{name}.{field}"), was, will_be))
            .collect();
        match differing.is_empty() {
            // They are not RON, or the same in another notation; the plugin is replaced all the same.
            true => {
                let text = |setup: &PluginSetup| Some(setup.settings.clone());
                changes.push(of(&format!("{name}.settings"), text(now), text(file)));
            }
            false => changes.extend(differing),
        }
    }
    changes
}

/// Each setting of a plugin with its value.
fn plugin_settings(text: &str) -> Vec<(String, String)> {
    let fields = locate::fields(text).into_iter();
    let fields = fields.filter(|field| !field.path.contains('.'));
    fields.map(|field| (field.path, text[field.value].to_owned())).collect()
}

/// A value on one line, without secrets. Of a single value the name of its field says whether it is one.
fn shown(setting: &str, value: &str) -> String {
    let field = setting.rsplit('.').next().unwrap_or_default();
    let whole = format!("{field}: {value}");
    let masked = mask_secrets(&whole);
    let value = masked.get(field.len() + 2..).unwrap_or_default();
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use salotto::protocol::OnPanic;

    use super::*;
    use crate::settings::{Level, LogSettings};

    fn config(plugins: &[PluginSetup]) -> Config {
        Config {
            settings: Settings::default(),
            program: Program::default(),
            plugins: plugins.to_vec(),
            path: None,
            notes: Vec::new(),
            included: Vec::new(),
            overrides: Vec::new(),
        }
    }

    fn setup(name: &str, settings: &str) -> PluginSetup {
        PluginSetup::new(name).settings(settings)
    }

    /// What differs, each as `setting: now -> file (when)`.
    fn lines(now: &Config, file: &Config) -> Vec<String> {
        let plugins: Vec<_> = now.plugins.iter().map(|setup| (setup.clone(), true)).collect();
        let now = InForce { settings: &now.settings, program: &now.program, plugins: &plugins };
        diff(&now, file).iter().map(line).collect()
    }

    fn line(change: &Change) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or("-".into());
        let Change { setting, when, .. } = change;
        format!("{setting}: {} -> {} ({when:?})", value(&change.now), value(&change.file))
    }

    #[test]
    fn each_setting_is_named_with_both_values_and_when_it_is_applied() {
        let now = config(&[]);
        let mut file = now.clone();
        file.settings.server.listen = vec!["[::1]:1".into()];
        file.settings.limits.rate = None;
        file.settings.limits.mailbox = Some(9);
        file.program.log = LogSettings { level: Level::Debug, ..LogSettings::default() };
        file.program.control.socket = Some("here".into());
        assert_eq!(
            lines(&now, &file),
            [
                "server.listen: [\"0.0.0.0:53000\"] -> [\"[::1]:1\"] (Restart)",
                "limits.rate: (burst: 10, per_second: 2.0) -> None (Reload)",
                "limits.mailbox: 256 -> 9 (Reload)",
                "control.socket: None -> \"here\" (Program)",
                "log.level: Info -> Debug (Reload)",
            ]
        );
        assert_eq!(lines(&now, &now), [""; 0]);
    }

    #[test]
    fn plugins_come_go_change_and_move() {
        let now = config(&[
            setup("notices", "(welcome: \"hi\", left: None)"),
            setup("quit", ""),
            setup("log", "(path: \"a\")"),
        ]);
        let mut quit = setup("quit", "");
        quit.on_panic = OnPanic::Closed;
        let file = config(&[
            quit,
            setup("notices", "(welcome: \"hello\",\n   joined: None)"),
            setup("commands", "(who_names: 3)"),
        ]);
        assert_eq!(
            lines(&now, &file),
            [
                "plugins.notices.welcome: \"hi\" -> \"hello\" (Reload)",
                "plugins.notices.left: None -> - (Reload)",
                "plugins.notices.joined: - -> None (Reload)",
                "plugins.quit.on_panic: Open -> Closed (Reload)",
                "plugins.log: on, (path: \"a\") -> off (Reload)",
                "plugins.commands: off -> on, (who_names: 3) (Reload)",
                "plugins: notices, quit -> quit, notices (Reload)",
            ]
        );
    }

    #[test]
    fn a_plugin_that_is_replaced_without_a_changed_setting_is_named_too() {
        let now = config(&[setup("log", "(path: \"a\")")]);
        let file = config(&[setup("log", "(path: \"a\",)")]);
        assert_eq!(
            lines(&now, &file),
            ["plugins.log.settings: (path: \"a\") -> (path: \"a\",) (Reload)"]
        );
        let broken = [(setup("log", "(path: \"a\")"), false)];
        let in_force = InForce { settings: &now.settings, program: &now.program, plugins: &broken };
        let changes = diff(&in_force, &now);
        assert_eq!(line(&changes[0]), "plugins.log: failed -> on, (path: \"a\") (Reload)");
    }

    #[test]
    fn secrets_are_not_shown_whatever_plugin_they_are_of() {
        let now = config(&[setup("bridge", "(token: \"a\", url: \"x\")")]);
        let file = config(&[setup("bridge", "(token: \"b\", url: \"x\")")]);
        assert_eq!(lines(&now, &file), ["plugins.bridge.token: \"…\" -> \"…\" (Reload)"]);
    }

    #[test]
    fn the_hash_of_a_password_is_not_shown() {
        let now = config(&[setup("roles", "(accounts: [])")]);
        let file = config(&[setup(
            "roles",
            "(accounts: [(name: \"ada\", password: \"$argon2id$v=19$x\"), (name: \"bob\")])",
        )]);
        assert_eq!(
            lines(&now, &file),
            [
                "plugins.roles.accounts: [] -> [(name: \"ada\", password: \"…\"), (name: \"bob\")] (Reload)"
            ]
        );
    }
}
