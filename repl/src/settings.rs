//! The configuration file: reading, checking, showing and comparing it. A file holds the fields of [`Settings`] and, beside them, those of
//! [`Program`] and `plugins`: what is changed in the list of plugins, or all of it with `only_plugins`. The settings of a plugin stay text and go to its
//! constructor.

mod config;
mod diff;
mod edit;
mod environment;
mod include;
mod locate;
mod loose;
mod mistake;
mod plugins;
mod program;
mod read;
mod store;

use std::path::{Path, PathBuf};

use ron::value::RawValue;
use salotto::Limits;
use salotto::protocol::OnPanic;
use salotto::protocol::{Presence, RoomSettings, ServerSettings, SettingsError};
use salotto::{Catalog, PluginSetup, Settings};
use serde::Deserialize;

use crate::database;
use config::ron_options;
pub use config::{Config, show};
pub use diff::{Change, InForce, When, diff, table};
use environment::Override;
use include::Whole;
pub use locate::Position;
pub(crate) use loose::database as loose_database;
pub use mistake::{ConfigError, Mistake, Mistakes};
use plugins::PluginList;
pub use program::{ControlSettings, Format, Level, LogSettings, Program};
pub use store::StoreSettings;

/// The file that is used when none is named.
pub const DEFAULT_FILE: &str = "salotto.ron";

/// Every setting with its default and an explanation, of a program that was built with all there is.
const DEFAULT_TEXT: &str = include_str!("settings/default.ron");

/// What `salotto init` writes: every setting that this program knows.
pub fn default_text() -> String {
    let known = salotto_plugins::catalog().names();
    let mut text = String::new();
    let mut entry = String::new();
    for line in DEFAULT_TEXT.split_inclusive('\n') {
        let (begins, ends) = (line == "        (\n", line == "        ),\n");
        if !begins && entry.is_empty() {
            text.push_str(line);
            continue;
        }
        entry.push_str(line);
        if ends {
            let is_known = known.iter().any(|name| entry.contains(&format!("name: \"{name}\",\n")));
            text.push_str(if is_known { &entry } else { "" });
            entry.clear();
        }
    }
    match database::DEFAULT_FILE {
        Some(_) => text,
        None => text.replace("file: \"salotto.db\"", "file: None"),
    }
}

/// Where the configuration comes from. It is read anew each time.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file named on the command line.
    file: Option<PathBuf>,
    /// The plugins that a file may name.
    catalog: Catalog,
    /// The plugins of a server whose file names none.
    default_plugins: Vec<PluginSetup>,
    /// Settings that the environment has instead of the file.
    overrides: Vec<Override>,
}

/// The file as written. Its first fields are those of [`Settings`], repeated because serde cannot refuse unknown fields beside flattened ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File<'text> {
    server: ServerSettings,
    rooms: RoomSettings,
    limits: Limits,
    presence: Presence,
    control: ControlSettings,
    log: LogSettings,
    store: StoreSettings,
    include: Vec<PathBuf>,
    only_plugins: Option<bool>,
    #[serde(borrow)]
    plugins: Option<Vec<PluginEntry<'text>>>,
}

/// An entry of `plugins`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PluginEntry<'text> {
    name: String,
    #[serde(default, borrow)]
    settings: Option<&'text RawValue>,
    #[serde(default)]
    on_panic: OnPanic,
    #[serde(default = "yes")]
    enabled: bool,
}

impl Source {
    /// A configuration from `file` or, without one, from `salotto.ron` in this folder or, if there is none, from the defaults.
    pub fn new(file: Option<PathBuf>, catalog: Catalog, default_plugins: Vec<PluginSetup>) -> Self {
        let found = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists());
        Self {
            // Once found it stays: a file that is deleted later must not put the defaults into force.
            file: file.or_else(found),
            catalog,
            default_plugins,
            overrides: Vec::new(),
        }
    }

    /// The same with the settings that stand in the environment, as `SALOTTO_SERVER__NAME` does.
    pub fn with_environment(mut self) -> Self {
        self.overrides = environment::overrides();
        self
    }

    /// Whether the environment has settings instead of the file.
    pub fn has_environment(&self) -> bool {
        !self.overrides.is_empty()
    }

    /// The plugins that can be enabled.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The file, if there is one.
    pub fn path(&self) -> Option<PathBuf> {
        let appeared = || Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists());
        self.file.clone().or_else(appeared)
    }

    /// The control socket that the file names, even if the file has mistakes elsewhere.
    pub fn control_socket(&self) -> Option<PathBuf> {
        let path = self.path()?;
        let text = read::config(&path).ok()?;
        let text = Whole::of(&path, &text).map_or(text, |whole| whole.text);
        let fields = locate::fields(&text);
        let field = fields.into_iter().find(|field| field.path == "control.socket")?;
        ron_options().from_str::<Option<PathBuf>>(&text[field.value]).ok()?
    }

    /// Reads and checks everything. It may wait for the disk, so it is not for a thread on which others wait.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let Some(path) = self.path() else {
            let config = self.defaults()?;
            return Ok(Config { path: None, ..self.overridden(config, Path::new(""), "()")? });
        };
        let text = read::config(&path)?;
        let whole = Whole::of(&path, &text)?;
        let config = self.parse_whole(&path, &text, &whole)?;
        let mut config = self.overridden(config, &path, &whole.text)?;
        config.notes.extend(loose::configuration(&path, &text));
        for (path, text) in &whole.included {
            config.notes.extend(loose::configuration(path, text));
        }
        config.included = whole.included.into_iter().map(|(path, _)| path).collect();
        Ok(config)
    }

    /// Checks a file with what it includes. A mistake is one of the file in which it stands.
    fn parse_whole(&self, path: &Path, text: &str, whole: &Whole) -> Result<Config, ConfigError> {
        if whole.included.is_empty() {
            return self.parse(path, text);
        }
        let alone = self.parse(path, text);
        let mistakes = match self.parse(path, &whole.text) {
            Ok(mut config) => {
                // Places in what was laid together are those of no file.
                config.notes = alone.map(|config| config.notes).unwrap_or_default();
                return Ok(config);
            }
            Err(ConfigError::Wrong(mistakes)) => mistakes,
            Err(error) => return Err(error),
        };
        alone?;
        for (path, text) in &whole.included {
            self.parse(path, text)?;
        }
        let together = |mistake: Mistake| {
            let text = format!("with what is included: {}", mistake.text);
            Mistake { position: None, text, ..mistake }
        };
        let list = mistakes.list.into_iter().map(together).collect();
        Err(ConfigError::Wrong(Mistakes { path: path.into(), list }))
    }

    /// Refuses to write what an included file would take the place of.
    fn check_not_included(
        &self,
        path: &Path,
        text: &str,
        setting: &str,
    ) -> Result<(), ConfigError> {
        match Whole::of(path, text)?.with_setting(setting) {
            None => Ok(()),
            Some(included) => {
                let included = included.display();
                let text = format!(
                    "`{setting}` is set in `{included}`, which is included and takes its place; change it there"
                );
                Err(cannot_be_set(path, text))
            }
        }
    }

    /// The text of the file with a setting set to what was typed, as it would be written; a text may be typed without its quotes.
    ///
    /// # Errors
    /// When the file cannot be read, or the setting cannot have that value.
    pub fn with_setting(
        &self,
        setting: &str,
        typed: &str,
    ) -> Result<(PathBuf, String), ConfigError> {
        let path = self.path().unwrap_or(DEFAULT_FILE.into());
        let text = read::config(&path)?;
        self.check_not_included(&path, &text, setting)?;
        let text = self.set(&path, &text, setting, typed)?.0;
        Ok((path, text))
    }

    /// The text of the file with settings and plugins as they are in force.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_changes(
        &self,
        settings: &[(String, String)],
        plugins: &[PluginSetup],
    ) -> Result<(PathBuf, String), ConfigError> {
        let path = self.path().unwrap_or(DEFAULT_FILE.into());
        let mut text = read::config(&path)?;
        let of_plugins = plugins.iter().map(|setup| format!("plugins.{}", setup.name));
        for setting in settings.iter().map(|(setting, _)| setting.clone()).chain(of_plugins) {
            self.check_not_included(&path, &text, &setting)?;
        }
        for (setting, value) in settings {
            text = edit::set(&text, setting, value);
        }
        for setup in plugins {
            text = edit::set_plugin(&text, setup);
        }
        self.parse(&path, &text)?;
        Ok((path, text))
    }

    /// The text with an entry for the plugin, which has its settings there.
    fn with_entry(&self, path: &Path, text: &str, plugin: &str) -> Result<String, ConfigError> {
        if edit::set_in_plugin(text, plugin, "any", "()").is_some() {
            return Ok(text.to_owned());
        }
        let config = self.parse(path, text)?;
        let setup = config.plugins.iter().find(|setup| setup.name == plugin);
        setup.map(|setup| edit::set_plugin(text, setup)).ok_or_else(|| {
            let text = format!(
                "the plugin `{plugin}` is not in the file and not on by default; `plugins enable {plugin} SETTINGS` enables it, and `config save` writes that"
            );
            cannot_be_set(path, text)
        })
    }

    fn set(
        &self,
        path: &Path,
        text: &str,
        setting: &str,
        typed: &str,
    ) -> Result<(String, Config), ConfigError> {
        let of_plugin =
            setting.strip_prefix("plugins.").and_then(|setting| setting.split_once('.'));
        let text = match of_plugin {
            Some((plugin, _)) => self.with_entry(path, text, plugin)?,
            None => text.to_owned(),
        };
        let edited = |value: &str| {
            match of_plugin {
            Some((plugin, name)) => {
                edit::set_in_plugin(&text, plugin, name, value).ok_or_else(|| {
                    let text = format!(
                        "`{name}` of the plugin `{plugin}` is not one value in the file; set what is around it"
                    );
                    cannot_be_set(path, text)
                })
            }
            None => Ok(edit::set(&text, setting, value)),
        }
        };
        let as_text = edited(&format!("{typed:?}"))?;
        let as_text = self.parse(path, &as_text).map(|config| (as_text, config));
        if !is_one_value(typed) {
            return as_text;
        }
        let as_value = edited(typed)?;
        match self.parse(path, &as_value) {
            Ok(config) => Ok((as_value, config)),
            Err(error) => as_text.map_err(|_| error),
        }
    }

    /// The configuration with what the environment has instead. Its mistakes are those of the variable, and have no place.
    fn overridden(&self, config: Config, path: &Path, text: &str) -> Result<Config, ConfigError> {
        let (mut config, mut text) = (config, text.to_owned());
        for Override { variable, setting, value } in &self.overrides {
            let notes = std::mem::take(&mut config.notes);
            let Some(value) = value else {
                let list =
                    vec![Mistake::new(None, "the value is not UTF-8; write it as UTF-8".into())];
                return Err(ConfigError::Wrong(Mistakes { path: variable.into(), list }));
            };
            match self.set(path, &text, setting, value) {
                Ok((set, other)) => (text, config) = (set, other),
                Err(ConfigError::Wrong(mistakes)) => {
                    let list = mistakes.list.into_iter().take(1);
                    let list = list.map(|mistake| Mistake::new(None, mistake.text)).collect();
                    return Err(ConfigError::Wrong(Mistakes { path: variable.into(), list }));
                }
                Err(error) => return Err(error),
            }
            config.notes = notes;
        }
        config.overrides = self.overrides.iter().map(|other| other.variable.clone()).collect();
        Ok(config)
    }

    /// What is in force without a file.
    fn defaults(&self) -> Result<Config, ConfigError> {
        let mut mistakes = Vec::new();
        self.check_plugins(&self.default_plugins, &mut mistakes);
        if !mistakes.is_empty() {
            let path = DEFAULT_FILE.into();
            return Err(ConfigError::Wrong(Mistakes { path, list: mistakes }));
        }
        Ok(Config {
            settings: Settings::default(),
            program: Program::default(),
            plugins: self.default_plugins.clone(),
            path: None,
            notes: Vec::new(),
            overrides: Vec::new(),
            included: Vec::new(),
        })
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(&self, path: &Path, text: &str) -> Result<Config, ConfigError> {
        let wrong = |list| ConfigError::Wrong(Mistakes { path: path.into(), list });
        let file: File<'_> = ron_options()
            .from_str(text)
            .map_err(|error| wrong(vec![mistake::explain(text, &error)]))?;
        let mut settings = Settings::default();
        settings.server = file.server;
        settings.rooms = file.rooms;
        settings.limits = file.limits;
        settings.presence = file.presence;
        let program = Program { control: file.control, log: file.log, store: file.store };
        let fields = locate::fields(text);
        let mut mistakes: Vec<Mistake> = settings
            .check()
            .into_iter()
            .map(|error| out_of_bounds(text, &fields, &error))
            .collect();
        let list = PluginList {
            source: self,
            text,
            fields: &fields,
            entries: file.plugins.as_deref(),
            only: file.only_plugins,
        };
        let plugins = list.setups(&mut mistakes);
        if !mistakes.is_empty() {
            mistakes.sort_by_key(|mistake| mistake.position);
            return Err(wrong(mistakes));
        }
        let mut notes = list.notes();
        if settings.server.listen.is_empty() {
            let listen = fields.iter().find(|field| field.path == "server.listen");
            let position = listen.map(|field| Position::of(text, field.value.start));
            let note = "`server.listen` is empty, so nobody can join; write an address such as \"0.0.0.0:53000\"";
            notes.push(Mistake::new(position, note.into()));
        }
        let notes = notes.iter().map(|note| note.in_file(path)).collect();
        Ok(Config {
            settings,
            program,
            plugins,
            path: Some(path.into()),
            notes,
            overrides: Vec::new(),
            included: Vec::new(),
        })
    }
}

/// Why a single setting cannot be written.
fn cannot_be_set(path: &Path, text: String) -> ConfigError {
    ConfigError::Wrong(Mistakes { path: path.into(), list: vec![Mistake::new(None, text)] })
}

/// A setting out of bounds, with the position of its value, or of the field that holds it.
fn out_of_bounds(text: &str, fields: &[locate::Field], error: &SettingsError) -> Mistake {
    let at_path = || fields.iter().filter(|field| field.path == error.field);
    // A list has one path for several values.
    let exact = at_path().find_map(|field| {
        let found = text[field.value.clone()].find(&error.value)?;
        Some(field.value.start + found)
    });
    let offset = exact.or_else(|| at_path().next().map(|field| field.value.start));
    Mistake::new(offset.map(|offset| Position::of(text, offset)), error.to_string())
}

/// An address to listen on as it is typed: `:53000` is every address.
///
/// # Errors
/// What was expected, where there is no port.
pub fn listen_address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some(("", port)) if port.parse::<u16>().is_ok() => Ok(format!("0.0.0.0:{port}")),
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.into()),
        _ => Err("expected an address with a port, such as 127.0.0.1:53000".into()),
    }
}

/// Whether what was typed is a value in RON and nothing more: no comment that hides what stands behind it, and no further settings.
fn is_one_value(typed: &str) -> bool {
    ron_options().from_str::<(&RawValue,)>(&format!("({typed})")).is_ok()
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
