//! Reading back what is kept of a room: which part, and a page of it.

use crate::protocol::entry::Entry;
use crate::protocol::ids::EntryId;
use crate::protocol::request::Request;

/// A place in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its end.
    Last,
    /// What comes before an entry.
    Before(EntryId),
    /// What comes after one.
    After(EntryId),
    /// An entry with what is around it.
    Around(EntryId),
}

/// Part of what is kept of a room, in order. Where entries are missing between two, they are not kept any more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether there is something before them, for whoever asks.
    pub older: bool,
    /// Whether there is something after them.
    pub newer: bool,
}

impl Request {
    /// Asks for up to `limit` entries (1 to 100) of a room, or without one of the room last entered.
    pub fn history(room: Option<&str>, place: Place, limit: usize) -> Self {
        let [mut before, mut after, mut around] = [None; 3];
        match place {
            Place::Last => {}
            Place::Before(id) => before = Some(id),
            Place::After(id) => after = Some(id),
            Place::Around(id) => around = Some(id),
        }
        let room = room.map(str::to_owned);
        Self::History { room, before, after, around, limit: Some(limit) }
    }
}
