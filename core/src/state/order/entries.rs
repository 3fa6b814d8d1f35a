//! What is proposed, and what comes back.

use std::sync::Arc;

use crate::protocol::entry::{Entry, EntryKind};
use crate::protocol::ids::EntryId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::timestamp::Timestamp;

/// What a turn brought to one room.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The room.
    pub room: RoomName,
    /// What happened, in order; may be empty where only people came or went.
    pub entries: Vec<Proposed>,
    /// Who of this node is in the room from here on.
    pub here: Vec<Name>,
    /// Who of this node was and is not any more. Nobody is in both.
    pub gone: Vec<Name>,
}

/// Something that is to happen in a room.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposed {
    /// What its node knows it by; only grows.
    pub ticket: u64,
    /// What happens.
    pub what: EntryKind,
}

/// Something that has happened in a room, on all nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// Its place in the room.
    pub id: EntryId,
    /// When the engine took it.
    pub time: Timestamp,
    /// Whose it was.
    pub node: Arc<str>,
    /// What that node knows it by.
    pub ticket: u64,
    /// What happened.
    pub what: EntryKind,
}

/// What a node has of a room that it opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The epoch that it had the room in; `None` where it never had it in one of an engine.
    pub epoch: Option<String>,
    /// The last id that it knows; 0 where there is none. A room that the engine has never had begins after it.
    pub last: EntryId,
}

/// A room as the engine has it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedRoom {
    /// Its name.
    pub room: RoomName,
    /// What its ids belong to.
    pub epoch: String,
    /// The last id that was given in it; 0 where there is none.
    pub last: EntryId,
    /// Its entries up to `last`, without a gap: all that are missing to who knew [`Known::last`] in this epoch, or the last ones that the engine has, and not many more than a timeline holds. Deleted
    /// messages are marks.
    pub tail: Vec<Ordered>,
    /// What it is about, if that was ever set.
    pub topic: Option<String>,
    /// Who is in it on other nodes, by node.
    pub people: Vec<(Arc<str>, Vec<Name>)>,
}

/// What the engine has lost of a room, from a node that still has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Healing {
    /// The room.
    pub room: RoomName,
    /// In which epoch.
    pub epoch: String,
    /// What came after the last one that the engine has, ids following on. Where it is older than what is in memory, from the oldest on.
    pub entries: Vec<Entry>,
    /// What the room is about.
    pub topic: String,
}
