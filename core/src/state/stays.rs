//! Which rooms somebody is in and since which entry; kept for a while when they leave, for those who come back.

use crate::protocol::ids::{EntryId, RoomId};
use crate::state::forgetting_map::ForgettingMap;

/// So many of those who left are remembered.
const REMEMBERED: usize = 10_000;

/// That somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) room: RoomId,
    /// The first entry that they were shown there.
    pub(crate) since: EntryId,
}

/// Who was here and may come back, by the token that only they know. Bounded: those who left first are forgotten first.
#[derive(Debug)]
pub(crate) struct FormerMembers(ForgettingMap<u128, Vec<Stay>>);

impl FormerMembers {
    pub(crate) fn remember(&mut self, token: u128, stays: Vec<Stay>) {
        *self.0.get_or_insert_with(token, Vec::new, |_| false) = stays;
    }

    /// In which rooms somebody was who left.
    pub(crate) fn find(&self, token: u128) -> Option<&[Stay]> {
        self.0.get(&token).map(Vec::as_slice)
    }
}

impl Default for FormerMembers {
    fn default() -> Self {
        Self(ForgettingMap::new(REMEMBERED))
    }
}
