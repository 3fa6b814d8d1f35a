//! The configuration file: reading, checking, showing and comparing it. A file holds the fields of [`Settings`] and, beside them, those of
//! [`Program`] and `plugins`: the list in the order in which their hooks run. The settings of a plugin stay text and go to its
//! constructor.

mod config;
mod diff;
mod locate;
mod mistake;
mod program;

use std::path::{Path, PathBuf};

use ron::value::RawValue;
use salotto::Limits;
use salotto::plugin::CatalogError;
use salotto::protocol::OnPanic;
use salotto::protocol::{Presence, RoomSettings, ServerSettings, SettingsError};
use salotto::{Catalog, PluginSetup, Settings};
use serde::Deserialize;

use config::ron_options;
pub use config::{Config, show};
pub use diff::{Change, InForce, When, diff, table};
pub use locate::Position;
pub use mistake::{ConfigError, Mistake, Mistakes};
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
    #[serde(borrow)]
    plugins: Option<Vec<PluginEntry<'text>>>,
}

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
        let text = std::fs::read_to_string(self.path()?).ok()?;
        let fields = locate::fields(&text);
        let field = fields.into_iter().find(|field| field.path == "control.socket")?;
        ron_options().from_str::<Option<PathBuf>>(&text[field.value]).ok()?
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let Some(path) = self.path() else {
            return Ok(Config {
                settings: Settings::default(),
                program: Program::default(),
                plugins: self.default_plugins.clone(),
                path: None,
            });
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
        self.parse(&path, &text)
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
        let plugins = match &file.plugins {
            Some(entries) => self.plugins(text, &fields, entries, &mut mistakes),
            None => self.default_plugins.clone(),
        };
        if !mistakes.is_empty() {
            mistakes.sort_by_key(|mistake| mistake.position);
            return Err(wrong(mistakes));
        }
        Ok(Config { settings, program, plugins, path: Some(path.into()) })
    }

    /// The plugins that are enabled. The others are checked too, since they may be enabled later.
    fn plugins(
        &self,
        text: &str,
        fields: &[locate::Field],
        entries: &[PluginEntry<'_>],
        mistakes: &mut Vec<Mistake>,
    ) -> Vec<PluginSetup> {
        let names = fields.iter().filter(|field| field.path == "plugins.name");
        let mut positions = names.map(|field| Position::of(text, field.value.start));
        let mut setups: Vec<PluginSetup> = Vec::new();
        for entry in entries {
            let position = positions.next();
            let setup = entry.setup();
            match self.catalog.build(&setup) {
                Ok(_) => {}
                Err(CatalogError::Settings { name, problem }) => {
                    let start = entry.settings.map(|raw| offset_of(text, raw.get_ron()));
                    let start = start.map(|offset| Position::of(text, offset));
                    for line in problem.lines() {
                        mistakes.push(plugin_settings(&name, line, start, position));
                    }
                }
                Err(CatalogError::Unknown { name, known }) => {
                    mistakes.push(Mistake { position, text: unknown_plugin(&name, &known) })
                }
                Err(other) => mistakes.push(Mistake { position, text: other.to_string() }),
            }
            if entry.enabled {
                if setups.iter().any(|other| other.name == setup.name) {
                    let text =
                        format!("the plugin `{}` is listed twice; remove one of them", setup.name);
                    mistakes.push(Mistake { position, text });
                }
                setups.push(setup);
            }
        }
        setups
    }
}

/// The message for a plugin that does not exist.
fn unknown_plugin(name: &str, known: &[String]) -> String {
    let near = mistake::did_you_mean(name, known.iter().map(String::as_str));
    format!("unknown plugin `{name}`{near} known plugins: {}", known.join(", "))
}

impl PluginEntry<'_> {
    fn setup(&self) -> PluginSetup {
        let mut setup = PluginSetup::new(&self.name);
        if let Some(settings) = self.settings {
            setup.settings = settings.get_ron().to_owned();
        }
        setup.on_panic = self.on_panic;
        setup
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
    Mistake { position: offset.map(|offset| Position::of(text, offset)), text: error.to_string() }
}

/// An error of a constructor, `LINE:COLUMN: message`, with the position in the whole file.
fn plugin_settings(
    name: &str,
    problem: &str,
    start: Option<Position>,
    entry: Option<Position>,
) -> Mistake {
    let parsed = || {
        let (line, rest) = problem.split_once(':')?;
        let (column, message) = rest.split_once(':')?;
        let position =
            Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? };
        Some((position.inside(start?), message.trim()))
    };
    let (position, message) = match parsed() {
        Some((position, message)) => (Some(position), message),
        None => (start.or(entry), problem),
    };
    Mistake { position, text: format!("plugin `{name}`: {message}") }
}

/// The offset in `text` of a part that was borrowed from it.
fn offset_of(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
