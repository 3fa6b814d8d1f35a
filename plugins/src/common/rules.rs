//! What holds in a room beside what core knows of it, as the plugin `rooms` keeps it and other plugins read it.

use salotto::{Context, RoomName};
use serde::{Deserialize, Serialize};

use super::values;

/// Where rules are kept, by the name of the room.
pub(crate) const NAMESPACE: &str = "room-rules";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rules {
    /// The word that who joins has to give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// So many may be in it at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
    /// Whether those outside are told nothing of it.
    pub(crate) is_hidden: bool,
    /// Whether everybody in it may set what it is about.
    pub(crate) has_open_topic: bool,
}

impl Rules {
    /// Those of a room; where nothing was set, the usual ones.
    pub(crate) fn of(context: &Context<'_>, room: &RoomName) -> Self {
        values::get(context, NAMESPACE, room.as_str()).unwrap_or_default()
    }
}
