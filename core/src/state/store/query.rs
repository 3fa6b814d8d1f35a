//! What a store can be asked, and what it answers.

use std::time::Duration;

use crate::protocol::entry::EntryKind;
use crate::protocol::history::Place;
use crate::protocol::ids::EntryId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::timestamp::Timestamp;

/// Most entries on one page.
pub const PAGE: usize = 100;

/// Called once with what was asked for, on a thread of the store; it may wait for the hub.
pub type Answer<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// Why a store did not do what it was asked. The text is for people: what went wrong, with which value, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Asks for a page of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// The room.
    pub room: RoomName,
    /// Which part.
    pub place: Place,
    /// Entries before this one are not for whoever asks; 0 where all are.
    pub since: EntryId,
    /// At most so many entries, and never more than [`PAGE`].
    pub limit: usize,
    /// Whether only messages are wanted, and nothing else that happened.
    pub only_messages: bool,
}

/// Asks for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// All of these must be in the message, as words; none for any message.
    pub words: Vec<String>,
    /// Who said it.
    pub from: Option<String>,
    /// Where it was said, with the first entry that whoever asks may read there. `None` is everywhere.
    pub rooms: Option<Vec<(RoomName, EntryId)>>,
    /// Said before this.
    pub before: Option<Timestamp>,
    /// Said at this time or later.
    pub after: Option<Timestamp>,
    /// At most so many, and never more than [`PAGE`].
    pub limit: usize,
}

/// A room of which something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The room.
    pub room: RoomName,
    /// The last id that was given in it.
    pub last: EntryId,
}

/// What is to be forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// What is older than this; `None` keeps it for ever.
    pub keep: Option<Duration>,
    /// The oldest, while all of it takes more bytes on the disk than this.
    pub max_bytes: Option<u64>,
    /// Everything that was said in these rooms.
    pub unkept: Vec<RoomName>,
}

/// Entries of before.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Where they belong.
    pub room: RoomName,
    /// What happened, oldest first. [`Found`] says where the ids of a room end.
    pub entries: Vec<(Timestamp, EntryKind)>,
}

impl SearchQuery {
    /// Messages with these words, everywhere and by anybody.
    pub fn words<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
            from: None,
            rooms: None,
            before: None,
            after: None,
            limit: PAGE,
        }
    }

    /// Whether a message is by who is asked for; case does not count.
    pub fn is_from(&self, name: &Name) -> bool {
        self.from.as_ref().is_none_or(|from| name.as_str().to_lowercase() == from.to_lowercase())
    }
}
