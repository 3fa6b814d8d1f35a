//! Settings of the program around the server: its control socket, its log and its database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;

use super::store::StoreSettings;

/// Settings that concern the program and not the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// The control socket.
    pub control: ControlSettings,
    /// The log.
    pub log: LogSettings,
    /// The database.
    pub store: StoreSettings,
}

/// The settings of the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlSettings {
    /// Its path. `None` is `salotto/control` in the runtime directory of the user.
    pub socket: Option<PathBuf>,
}

/// The settings of the log of the program about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The lowest level that is logged.
    pub level: Level,
    /// For people or for programs.
    pub format: Format,
    /// The file, which is appended to. `None` is standard error, or the screen of a console.
    pub file: Option<PathBuf>,
}

/// How much is logged; each level includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// Failures.
    Error,
    /// What may soon fail, and who disturbs others.
    Warn,
    /// What an operator wants to find later: who did what, what was started, stopped and changed.
    #[default]
    Info,
    /// Connections, and each time that a limit is hit.
    Debug,
    /// Everything.
    Trace,
}

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// An object a line.
    Json,
}

impl Level {
    /// All levels, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}
