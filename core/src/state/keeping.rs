//! What of a server's history is kept, as a plugin says.

use std::collections::HashSet;

use crate::protocol::name::{self, RoomName};

/// What of the history is kept where there is a store; for [`Context::keep_history`](crate::Context::keep_history). The default keeps all rooms and shows all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeping {
    /// The forms of the names of rooms that are not kept.
    unkept: HashSet<String>,
    /// Whether members may read only what happened since they joined; newcomers are then shown nothing of before.
    pub since_join: bool,
}

impl Keeping {
    /// The same, but for these rooms, of which nothing is kept.
    pub fn except<'r>(mut self, rooms: impl IntoIterator<Item = &'r str>) -> Self {
        self.unkept.extend(rooms.into_iter().flat_map(name::keys));
        self
    }

    /// Whether a room is kept.
    pub fn keeps(&self, room: &RoomName) -> bool {
        self.unkept.is_empty() || room.keys().iter().all(|key| !self.unkept.contains(key))
    }
}
