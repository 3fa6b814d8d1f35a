//! The hooks by name, and what a gate answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a gate answers; there is no fourth answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[must_use = "a gate answers with it"]
pub enum Verdict {
    /// Nothing against it; the gate of the next plugin is called.
    #[default]
    Pass,
    /// It may not be; the person is told why. No later plugin is called.
    Deny(String),
    /// The plugin has dealt with it; nothing more happens and nobody is told. No later plugin is called.
    Take,
}

/// A hook, for reports and traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the method of `Plugin` of the same name")]
#[non_exhaustive]
pub enum Hook {
    Start,
    Stop,
    HandOver,
    TakeOver,
    BeforeConnect,
    BeforeName,
    BeforeJoin,
    BeforeMessage,
    BeforeCommand,
    BeforeLeave,
    AfterNamed,
    AfterJoined,
    AfterSaid,
    AfterEntry,
    AfterValues,
    AfterDirect,
    AfterSign,
    AfterLeft,
    AfterKicked,
    AfterRenamed,
    AfterBlocked,
    AfterRoomOpened,
    AfterRoomClosed,
    AfterAction,
    AfterSettingsChanged,
    AfterTimer,
    AfterTask,
    RunCommand,
    RunRequest,
    Authenticate,
}

impl fmt::Display for Hook {
    /// The name of the method.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let camel = format!("{self:?}");
        for (index, c) in camel.char_indices() {
            if c.is_uppercase() && index > 0 {
                formatter.write_str("_")?;
            }
            write!(formatter, "{}", c.to_ascii_lowercase())?;
        }
        Ok(())
    }
}
