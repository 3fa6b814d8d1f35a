//! From a plugin's name to the plugin: how the console and a configuration file enable one.

use crate::protocol::plugin_info::PluginSetup;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::plugin::Plugin;
use crate::plugin::hooks::panic_message;
use crate::protocol::near::nearest;
use crate::protocol::secrets::mask_secrets;

/// Makes a plugin from its settings, or says what is wrong with them.
type Constructor = Arc<dyn Fn(&str) -> Result<Box<dyn Plugin>, String> + Send + Sync>;

/// The plugins that can be enabled by name. Clones share the constructors.
#[derive(Clone, Default)]
pub struct Catalog {
    constructors: BTreeMap<String, Constructor>,
}

/// A plugin that was made and not started yet, with what it was made from.
pub(crate) type Made = (PluginSetup, Box<dyn Plugin>);

/// Why a plugin could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// No plugin has that name.
    #[error("there is no plugin `{name}`; {}known are {}", meant(name, known), known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// It was asked for twice.
    #[error("plugin `{name}` stands there twice; leave one out")]
    Twice {
        /// The plugin.
        name: String,
    },
    /// Its settings were refused.
    #[error("plugin `{name}`: {problem}")]
    Settings {
        /// The plugin.
        name: String,
        /// What is wrong, as the constructor put it, with secrets masked.
        problem: String,
    },
}

impl Catalog {
    /// A catalog without plugins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin, or replaces the one of that name. `construct` is given the settings as they are written, and makes the plugin or
    /// says what is wrong with them. It is called each time that the plugin is enabled and whenever a configuration is checked, in which case
    /// what it made is dropped without having been started. It runs outside the hub, on the thread of whoever asks, so it may read the files that the plugin needs, to
    /// refuse what is wrong in them; it should not change any, and not take long.
    ///
    /// ```
    /// use salotto::{Catalog, plugin::Nothing};
    ///
    /// let catalog = Catalog::new().with("nothing", |_settings| Ok(Box::new(Nothing)));
    /// assert_eq!(catalog.names(), ["nothing"]);
    /// ```
    pub fn with(
        mut self,
        name: impl Into<String>,
        construct: impl Fn(&str) -> Result<Box<dyn Plugin>, String> + Send + Sync + 'static,
    ) -> Self {
        self.constructors.insert(name.into(), Arc::new(construct));
        self
    }

    /// The names there are, in order.
    pub fn names(&self) -> Vec<String> {
        self.constructors.keys().cloned().collect()
    }

    /// Makes a plugin.
    ///
    /// # Errors
    /// [`CatalogError`] where the name is unknown or the settings are refused.
    pub fn build(&self, setup: &PluginSetup) -> Result<Box<dyn Plugin>, CatalogError> {
        let name = setup.name.clone();
        let Some(construct) = self.constructors.get(&name) else {
            return Err(CatalogError::Unknown { name, known: self.names() });
        };
        catch_unwind(AssertUnwindSafe(|| construct(&setup.settings)))
            .unwrap_or_else(|panic| Err(format!("it panicked: {}", panic_message(&*panic))))
            .map_err(|problem| {
                let problem = mask_secrets(&problem).into_owned();
                CatalogError::Settings { name, problem }
            })
    }
}

impl Catalog {
    /// Makes every plugin of a configuration that is enabled in it, or says all that is wrong with them.
    pub(crate) fn build_all(
        &self,
        setups: Vec<PluginSetup>,
    ) -> Result<Vec<Made>, Vec<CatalogError>> {
        let (mut made, mut errors) = (Vec::<Made>::new(), Vec::new());
        for setup in setups.into_iter().filter(|setup| setup.enabled) {
            if made.iter().any(|(other, _)| other.name == setup.name) {
                errors.push(CatalogError::Twice { name: setup.name });
                continue;
            }
            match self.build(&setup) {
                Ok(plugin) => made.push((setup, plugin)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(made) } else { Err(errors) }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.constructors.keys()).finish()
    }
}

/// The name that was perhaps meant, as the beginning of an advice.
fn meant(name: &str, known: &[String]) -> String {
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    }
}
