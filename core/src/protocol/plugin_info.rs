//! Plugins, as they are set up and listed.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A plugin to be enabled: its name in the catalog and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "nothing is enabled by it alone"]
pub struct PluginSetup {
    /// Its name in the catalog.
    pub name: String,
    /// Its settings, in whatever language its constructor reads; empty for the defaults.
    pub settings: String,
    /// What a gate of this plugin counts as when it panics.
    pub on_panic: OnPanic,
    /// Whether it is enabled. Of one that is not, settings and place are kept for when it is.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// What a gate counts as when its plugin panics; there is no third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnPanic {
    /// Pass: the room goes on without it.
    #[default]
    Open,
    /// Deny: nothing passes unseen.
    Closed,
}

impl PluginSetup {
    /// A plugin with default settings.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), settings: String::new(), on_panic: OnPanic::Open, enabled: true }
    }

    /// The same with settings.
    pub fn settings(mut self, settings: impl Into<String>) -> Self {
        self.settings = settings.into();
        self
    }

    /// The same, enabled or not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// The same, whose gates count as this when it panics.
    pub fn on_panic(mut self, on_panic: OnPanic) -> Self {
        self.on_panic = on_panic;
        self
    }
}

/// What a plugin is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PluginState {
    /// It is called.
    Running,
    /// It is called, and cannot do its work at the moment: its disk is full, its port is taken, a task of it panicked.
    Failing {
        /// What is wrong, with which value, and what to do.
        reason: String,
    },
    /// It was turned off because it panicked; the text says where and with what.
    Failed(String),
}

impl PluginState {
    /// Whether it does its work.
    pub fn is_working(&self) -> bool {
        *self == Self::Running
    }
}

impl fmt::Display for PluginState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => formatter.write_str("running"),
            Self::Failing { reason } => write!(formatter, "failing: {reason}"),
            Self::Failed(reason) => write!(formatter, "failed: {reason}"),
        }
    }
}

/// One enabled plugin, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PluginInfo {
    /// What it is called in the catalog.
    pub name: String,
    /// What it is doing.
    pub state: PluginState,
    /// Its settings as they were given, with every secret masked ([`mask_secrets`](crate::protocol::mask_secrets)); empty for the defaults.
    pub settings: String,
    /// What a gate counts as when it panics.
    pub on_panic: OnPanic,
    /// How many hooks were called.
    pub calls: u64,
    /// How long they took in all; in seconds where it is written as JSON.
    #[serde(with = "crate::protocol::durations::seconds")]
    pub time: Duration,
}
