//! Why somebody left.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::name::Name;

/// Why somebody left a room or the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeaveReason {
    /// Said goodbye and left the server.
    Quit {
        /// Last words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        farewell: String,
    },
    /// Left this room only.
    Parted {
        /// Last words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        farewell: String,
    },
    /// Was sent out of this room only.
    Removed {
        /// By whom; `None` where a plugin did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Name>,
        /// What was given as the reason; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// Was kicked off the server.
    Kicked {
        /// By whom; `None` where a plugin did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Name>,
        /// What was given as the reason; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// The connection ended without a goodbye.
    Lost,
    /// Did not take what it was sent.
    TooSlow,
    /// Did not answer for too long.
    Idle,
    /// A limit of the server or a plugin ended it.
    Refused {
        /// Which.
        #[serde(default)]
        why: String,
    },
    /// The server takes no more connections, in all or from this address. Later it may.
    Full {
        /// Which limit.
        #[serde(default)]
        why: String,
    },
    /// The server stops.
    Stopping,
    /// The server stops, and starts again at once.
    Restarting,
}

impl LeaveReason {
    /// Whether it is the server that goes, and with it everybody.
    pub(crate) fn is_of_server(&self) -> bool {
        matches!(self, Self::Stopping | Self::Restarting)
    }

    /// The last words of who leaves of their own will; they may be empty.
    pub fn farewell_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Quit { farewell } | Self::Parted { farewell } => Some(farewell),
            _ => None,
        }
    }

    /// The word for it on the wire: `quit`, `kicked`, `too_slow` and so on.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Quit { .. } => "quit",
            Self::Parted { .. } => "parted",
            Self::Removed { .. } => "removed",
            Self::Kicked { .. } => "kicked",
            Self::Lost => "lost",
            Self::TooSlow => "too_slow",
            Self::Idle => "idle",
            Self::Refused { .. } => "refused",
            Self::Full { .. } => "full",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
        }
    }
}

impl fmt::Display for LeaveReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quit { farewell } if farewell.is_empty() => formatter.write_str("quit"),
            Self::Quit { farewell } => write!(formatter, "quit: {farewell}"),
            Self::Parted { farewell } if farewell.is_empty() => {
                formatter.write_str("left the room")
            }
            Self::Parted { farewell } => write!(formatter, "left the room: {farewell}"),
            Self::Removed { by, why } | Self::Kicked { by, why } => {
                formatter.write_str(self.word())?;
                if let Some(by) = by {
                    write!(formatter, " by {by}")?;
                }
                if why.is_empty() { Ok(()) } else { write!(formatter, ": {why}") }
            }
            Self::Lost => formatter.write_str("connection lost"),
            Self::TooSlow => formatter.write_str("too slow"),
            Self::Idle => formatter.write_str("no answer"),
            Self::Refused { why } | Self::Full { why } => formatter.write_str(why),
            Self::Stopping => formatter.write_str("server stopping"),
            Self::Restarting => formatter.write_str("server restarting; come back in a moment"),
        }
    }
}
