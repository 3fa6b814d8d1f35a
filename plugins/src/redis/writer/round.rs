//! What goes to the engine together, and what each answer is to.

use redis::Cmd;
use salotto::order::Claim;
use salotto::{EntryId, Name, RoomName};

/// What goes together.
#[derive(Default)]
pub(super) struct Round {
    pub(super) packed: Vec<u8>,
    /// What each answer is to.
    pub(super) expected: Vec<Expected>,
}

/// What an answer is to.
pub(super) enum Expected {
    Commit {
        room: RoomName,
        /// Whether the engine may have taken it before.
        was_sent: bool,
    },
    Claim(Claim),
    Released(Name),
    Deleted(RoomName, EntryId),
    Set((String, String), Option<String>),
    Closed(RoomName),
    Beat,
    Nothing,
}

impl Round {
    pub(super) fn add(&mut self, command: Cmd, expected: Expected) {
        command.write_packed_command(&mut self.packed);
        self.expected.push(expected);
    }
}
