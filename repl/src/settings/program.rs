//! Settings of the program around the server: where it is controlled, and what it writes about itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;

/// Settings that concern the program and not the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// Where it is controlled.
    pub control: ControlSettings,
    /// What it writes about itself.
    pub log: LogSettings,
}

/// Where the program is controlled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlSettings {
    /// The socket. `None` is `salotto/control` in the runtime directory of the user.
    pub socket: Option<PathBuf>,
}

/// What the program writes about itself, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// Nothing that matters less is written.
    pub level: Level,
    /// For people or for programs.
    pub format: Format,
    /// Written at its end. `None` is standard error, or for a console its screen.
    pub file: Option<PathBuf>,
}

/// How much something matters; each includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// Something is broken.
    Error,
    /// Something may be broken soon, or somebody is in the way of others.
    Warn,
    /// What a host wants to find later: who did what, what was opened, closed and changed.
    #[default]
    Info,
    /// Connections, and each time that a limit is hit.
    Debug,
    /// Everything there is.
    Trace,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// An object a line.
    Json,
}

impl Level {
    /// Every one, from the least to the most.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// What is typed for it.
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
