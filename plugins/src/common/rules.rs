//! What holds in a room beside what core knows of it, as the plugin `rooms` keeps it and other plugins read it.

use salotto::{Context, RoomName};
use serde::{Deserialize, Serialize};

use super::values;

/// Where rules are kept, by the name of the room.
const NAMESPACE: &str = "room-rules";

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

    /// Keeps them as those of a room.
    pub(crate) fn keep(&self, context: &mut Context<'_>, room: &RoomName) {
        match *self == Self::default() {
            true => Self::forget(context, room),
            false => values::put(context, NAMESPACE, room.as_str(), self),
        }
    }

    /// A later room of this name is another one.
    pub(crate) fn forget(context: &Context<'_>, room: &RoomName) {
        values::remove(context, NAMESPACE, room.as_str());
    }

    /// The rooms of which something is kept.
    pub(crate) fn rooms(context: &Context<'_>) -> Vec<RoomName> {
        let all = values::all::<Self>(context, NAMESPACE).into_iter();
        all.filter_map(|(room, _)| room.parse().ok()).collect()
    }
}
