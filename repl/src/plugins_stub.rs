//! Stands in for the crate `salotto-plugins` until it is there: the same names, and settings that are read the same way.

use salotto::{Catalog, Plugin, PluginSetup, plugin::Nothing};
use serde::Deserialize;

/// The plugins that can be enabled.
pub(crate) fn catalog() -> Catalog {
    let nothing = |settings: &str| -> Result<Box<dyn Plugin>, String> {
        parse_settings::<NoSettings>(settings)?;
        Ok(Box::new(Nothing))
    };
    Catalog::new()
        .with("notices", nothing)
        .with("quit", nothing)
        .with("commands", nothing)
        .with("log", |settings| {
            let settings: LogSettings = parse_settings(settings)?;
            match settings.path.as_str() {
                "" => Err("1:1: `path` is \"\"; expected a file".into()),
                _ => Ok(Box::new(Nothing)),
            }
        })
}

/// The plugins of a house whose configuration names none.
pub(crate) fn default_set() -> Vec<PluginSetup> {
    ["notices", "quit", "commands"]
        .map(PluginSetup::new)
        .to_vec()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NoSettings {}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LogSettings {
    path: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            path: "salotto.log".into(),
        }
    }
}

fn parse_settings<S: Default + serde::de::DeserializeOwned>(text: &str) -> Result<S, String> {
    if text.trim().is_empty() {
        return Ok(S::default());
    }
    ron::from_str(text).map_err(|error| format!("{}: {}", error.span.start, error.code))
}
