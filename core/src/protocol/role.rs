//! What somebody may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What somebody may do. Each role may do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is connected, without a name.
    Guest,
    /// Has a name.
    #[default]
    Member,
    /// Keeps order.
    Moderator,
    /// Runs the server: the console, and code that holds a [`Handle`](crate::state::handle::Handle).
    Operator,
}

impl Role {
    /// The word for it: `moderator`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}
