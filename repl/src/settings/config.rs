//! A valid configuration, and how it is shown in the format of the file.

use std::path::PathBuf;

use ron::Options;
use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use ron::value::RawValue;
use salotto::Limits;
use salotto::protocol::OnPanic;
use salotto::protocol::{Presence, RoomSettings, ServerSettings};
use salotto::{PluginSetup, Settings};
use serde::Serialize;

use super::program::{ControlSettings, LogSettings, Program};
use super::store::StoreSettings;

/// A valid configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The settings of the server.
    pub settings: Settings,
    /// The settings of the program around it.
    pub program: Program,
    /// The plugins in order, also those that are off.
    pub plugins: Vec<PluginSetup>,
    /// The file that it was read from; `None` stands for the built-in defaults.
    pub path: Option<PathBuf>,
    /// What is valid and perhaps not meant, one line each, with its place.
    pub notes: Vec<String>,
    /// The files that it includes.
    pub included: Vec<PathBuf>,
    /// The variables of the environment that were used.
    pub overrides: Vec<String>,
}

/// A configuration in the format of the file.
#[derive(Debug, Serialize)]
struct Shown<'config> {
    server: &'config ServerSettings,
    rooms: &'config RoomSettings,
    limits: &'config Limits,
    presence: &'config Presence,
    control: &'config ControlSettings,
    log: &'config LogSettings,
    store: &'config StoreSettings,
    plugins: Vec<ShownPlugin<'config>>,
}

#[derive(Debug, Serialize)]
struct ShownPlugin<'config> {
    name: &'config str,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<&'config RawValue>,
    #[serde(skip_serializing_if = "is_open")]
    on_panic: OnPanic,
    #[serde(skip_serializing_if = "is_yes")]
    enabled: bool,
}

impl Config {
    /// The names of the plugins that are on, or off, in order.
    pub fn plugin_names(&self, enabled: bool) -> impl Iterator<Item = &str> {
        let plugins = self.plugins.iter().filter(move |setup| setup.enabled == enabled);
        plugins.map(|setup| setup.name.as_str())
    }

    /// The text of a file with this configuration.
    pub fn to_ron(&self) -> String {
        show(&self.settings, &self.program, &self.plugins)
    }
}

/// Settings and plugins in the format of the file.
pub fn show(settings: &Settings, program: &Program, plugins: &[PluginSetup]) -> String {
    let plugins = plugins
        .iter()
        .map(|setup| ShownPlugin {
            name: &setup.name,
            // Settings need not be RON: that is up to the plugin.
            settings: Some(setup.settings.as_str())
                .filter(|settings| !settings.trim().is_empty())
                .and_then(|settings| RawValue::from_ron(settings).ok()),
            on_panic: setup.on_panic,
            enabled: setup.enabled,
        })
        .collect();
    let shown = Shown {
        server: &settings.server,
        rooms: &settings.rooms,
        limits: &settings.limits,
        presence: &settings.presence,
        control: &program.control,
        log: &program.log,
        store: &program.store,
        plugins,
    };
    ron_options()
        .to_string_pretty(&shown, PrettyConfig::new().depth_limit(2))
        .unwrap_or_else(|error| format!("// cannot be shown: {error}"))
}

/// With these a limit that can be lifted is written as `None` or `5`, without `Some`.
pub(super) fn ron_options() -> Options {
    Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_yes(yes: &bool) -> bool {
    *yes
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_open(on_panic: &OnPanic) -> bool {
    *on_panic == OnPanic::Open
}
