//! The configuration file: reading, checking, showing and comparing it. A file holds the fields of [`Settings`] and, beside them, those of
//! [`Program`] and `plugins`: what is changed in the list of plugins, or all of it with `only_plugins`. The settings of a plugin stay text and go to its
//! constructor.

mod config;
mod diff;
mod locate;
mod mistake;
mod plugins;
mod program;
mod read;

use std::path::{Path, PathBuf};

use ron::value::RawValue;
use salotto::Limits;
use salotto::protocol::OnPanic;
use salotto::protocol::{Presence, RoomSettings, ServerSettings, SettingsError};
use salotto::{Catalog, PluginSetup, Settings};
use serde::Deserialize;

use config::ron_options;
pub use config::{Config, show};
pub use diff::{Change, InForce, When, diff, table};
pub use locate::Position;
pub use mistake::{ConfigError, Mistake, Mistakes};
use plugins::PluginList;
pub use program::{ControlSettings, Format, Level, LogSettings, Program};

/// The file that is used when none is named.
pub const DEFAULT_FILE: &str = "salotto.ron";

/// What `salotto init` writes: every setting with its default and an explanation.
pub const DEFAULT_TEXT: &str = include_str!("settings/default.ron");

/// Where the configuration comes from. It is read anew each time.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file named on the command line.
    file: Option<PathBuf>,
    /// The plugins that a file may name.
    catalog: Catalog,
    /// The plugins of a server whose file names none.
    default_plugins: Vec<PluginSetup>,
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
        }
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
        let text = read::config(&self.path()?).ok()?;
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
            return self.defaults();
        };
        let text = read::config(&path)?;
        self.parse(&path, &text)
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
        let program = Program { control: file.control, log: file.log };
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
            mistakes.sort_by(|one, other| one.position.cmp(&other.position));
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
        Ok(Config { settings, program, plugins, path: Some(path.into()), notes })
    }
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

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
