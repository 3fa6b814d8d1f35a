//! The configuration file: read, checked as a whole, shown, compared. A file holds the fields of [`Settings`] and, beside them, those of
//! [`Program`] and `plugins`: the list in the order in which their hooks run. Settings of a plugin stay the text that they are and go to
//! its constructor.

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
pub use locate::Place;
pub use mistake::{ConfigError, Mistake, Mistakes};
pub use program::{ControlSettings, Format, Level, LogSettings, Program};

/// The file that is looked for where none is named.
pub const DEFAULT_FILE: &str = "salotto.ron";

/// What `salotto init` writes: every setting with its default and what it means.
pub const DEFAULT_TEXT: &str = include_str!("settings/default.ron");

/// Where the configuration comes from, read anew each time that it is asked for.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file named on the command line.
    file: Option<PathBuf>,
    /// The plugins that a file may name.
    catalog: Catalog,
    /// The plugins of a server whose file names none.
    default_plugins: Vec<PluginSetup>,
}

/// A file as it is written. Its first fields are those of [`Settings`]: serde can flatten them in RON, but not refuse others then.
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
    /// A configuration from `file` or, without one, from `salotto.ron` in this folder or, where that is not there, from the defaults.
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

    /// The socket that the file names for control, also in a file that is wrong elsewhere.
    pub fn control_socket(&self) -> Option<PathBuf> {
        let text = std::fs::read_to_string(self.path()?).ok()?;
        let fields = locate::fields(&text);
        let field = fields.into_iter().find(|field| field.path == "control.socket")?;
        ron_options().from_str::<Option<PathBuf>>(&text[field.value]).ok()?
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// When the file cannot be read, or with all that is wrong in it.
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
    /// All that is wrong in it.
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
            mistakes.sort_by_key(|mistake| mistake.place);
            return Err(wrong(mistakes));
        }
        Ok(Config { settings, program, plugins, path: Some(path.into()) })
    }

    /// The plugins that are enabled. Those that are not are checked too, since they will be one day.
    fn plugins(
        &self,
        text: &str,
        fields: &[locate::Field],
        entries: &[PluginEntry<'_>],
        mistakes: &mut Vec<Mistake>,
    ) -> Vec<PluginSetup> {
        let names = fields.iter().filter(|field| field.path == "plugins.name");
        let mut places = names.map(|field| Place::of(text, field.value.start));
        let mut setups: Vec<PluginSetup> = Vec::new();
        for entry in entries {
            let place = places.next();
            let setup = entry.setup();
            match self.catalog.build(&setup) {
                Ok(_) => {}
                Err(CatalogError::Settings { name, problem }) => {
                    let start = entry.settings.map(|raw| offset_of(text, raw.get_ron()));
                    let start = start.map(|offset| Place::of(text, offset));
                    for line in problem.lines() {
                        mistakes.push(plugin_settings(&name, line, start, place));
                    }
                }
                Err(CatalogError::Unknown { name, known }) => {
                    mistakes.push(Mistake { place, text: no_such_plugin(&name, &known) })
                }
                Err(other) => mistakes.push(Mistake { place, text: other.to_string() }),
            }
            if entry.enabled {
                if setups.iter().any(|other| other.name == setup.name) {
                    let text =
                        format!("the plugin `{}` is listed twice; remove one of them", setup.name);
                    mistakes.push(Mistake { place, text });
                }
                setups.push(setup);
            }
        }
        setups
    }
}

/// For a plugin that nobody knows.
fn no_such_plugin(name: &str, known: &[String]) -> String {
    let near = mistake::did_you_mean(name, known.iter().map(String::as_str));
    format!("there is no plugin `{name}`{near} known are {}", known.join(", "))
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

/// A setting out of bounds, with the place of its value, or of the field that holds it.
fn out_of_bounds(text: &str, fields: &[locate::Field], error: &SettingsError) -> Mistake {
    let at_path = || fields.iter().filter(|field| field.path == error.field);
    // A list has one path for several values.
    let exact = at_path().find_map(|field| {
        let found = text[field.value.clone()].find(&error.value)?;
        Some(field.value.start + found)
    });
    let offset = exact.or_else(|| at_path().next().map(|field| field.value.start));
    Mistake { place: offset.map(|offset| Place::of(text, offset)), text: error.to_string() }
}

/// What a constructor says, `LINE:COLUMN: message`, with the place in the whole file.
fn plugin_settings(
    name: &str,
    problem: &str,
    start: Option<Place>,
    entry: Option<Place>,
) -> Mistake {
    let parsed = || {
        let (line, rest) = problem.split_once(':')?;
        let (column, message) = rest.split_once(':')?;
        let place = Place { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? };
        Some((place.inside(start?), message.trim()))
    };
    let (place, message) = match parsed() {
        Some((place, message)) => (Some(place), message),
        None => (start.or(entry), problem),
    };
    Mistake { place, text: format!("plugin `{name}`: {message}") }
}

/// Where in `text` a part that was borrowed from it begins.
fn offset_of(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
