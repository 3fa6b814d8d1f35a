//! What the hub hands to a store.

use crate::delivery::timeline::{Slice, weight};
use crate::protocol::entry::Entry;
use crate::protocol::ids::EntryId;
use crate::protocol::name::RoomName;

/// What one turn of the hub brought. It is kept whole or not at all.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What it is acknowledged by; only grows.
    pub number: u64,
    /// Its entries by room, each room at most twice.
    pub rooms: Vec<RoomEntries>,
}

/// What a turn brought to one room: at least one entry. Shared with the timeline, so that holding it copies nothing.
#[derive(Debug, Clone)]
pub struct RoomEntries {
    /// The room.
    pub room: RoomName,
    /// Whether the entries are to be kept; of a room that is not kept only the last id is.
    pub kept: bool,
    pub(crate) entries: Slice,
}

impl Turn {
    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.rooms.iter().map(RoomEntries::len).sum()
    }

    /// Whether it has no entries: it brought values alone.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }
}

impl RoomEntries {
    /// The entries, ids following on.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.entries()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.entries().len()
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of the last one.
    pub fn last(&self) -> EntryId {
        self.entries().last().map_or(0, |entry| entry.id)
    }

    /// About how many bytes they take in memory.
    pub fn bytes(&self) -> usize {
        self.entries().map(weight).sum()
    }
}
