//! What somebody may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::protocol::sanitize;

/// So much of a text that is no role is quoted back.
const QUOTED: usize = 64;

/// What somebody may do. Each role may do what those before it may; there are no others.
///
/// ```
/// use salotto::Role;
///
/// assert_eq!("moderator".parse(), Ok(Role::Moderator));
/// let error = "king".parse::<Role>().unwrap_err();
/// assert_eq!(error.to_string(), "`king` is no role; expected guest, member, moderator or operator");
/// ```
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

/// A text that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no role; expected guest, member, moderator or operator")]
#[non_exhaustive]
pub struct RoleError {
    /// Its beginning.
    pub text: String,
}

impl FromStr for Role {
    type Err = RoleError;

    /// Reads the [word](Role::word) for a role.
    fn from_str(text: &str) -> Result<Self, RoleError> {
        let roles = [Self::Guest, Self::Member, Self::Moderator, Self::Operator];
        let found = roles.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| RoleError { text: sanitize::excerpt(text, QUOTED).into_owned() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}
