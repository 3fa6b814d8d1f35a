//! What the hub has for one connection alone, until whoever flushes takes it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::delivery::timeline::{Slice, Stamp, Timeline};
use crate::protocol::event::Event;
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::name::Name;

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) mail: VecDeque<(Stamp, Mail)>,
    pub(super) closed: bool,
}

/// What the hub has for one connection alone.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A line.
    Event(Box<Event>),
    /// Bytes that are written as they are.
    Bytes(Vec<u8>),
    /// Entries of this room from `next` on belong to it from now on. The history before that is held here, because the ring may let it
    /// go before anybody looks.
    Follow { room: RoomId, timeline: Arc<Timeline>, history: Vec<Slice>, next: EntryId },
    /// Entries of this room do not belong to it any more.
    Unfollow(RoomId),
    /// Messages of these people do not belong to it from now on.
    Ignore(Ignored),
    /// Nothing follows: the connection ends once all before this is written.
    Close,
}

impl Mail {
    /// How many lines it counts as, of those that may wait: a long answer as many as it has.
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::Event(_) => 1,
            Self::Bytes(bytes) => bytes.iter().filter(|byte| **byte == b'\n').count().max(1),
            _ => 0,
        }
    }
}

/// Whose messages somebody does not want.
pub(crate) type Ignored = Arc<Vec<IgnoredPerson>>;

/// Somebody whose messages somebody does not want: this connection through all its names, and whoever comes back with the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IgnoredPerson {
    /// `None` where it was not here when it was ignored.
    pub(crate) member: Option<MemberId>,
    pub(crate) name: Name,
    /// Every form of the name.
    keys: Vec<String>,
}

impl IgnoredPerson {
    pub(crate) fn new(member: Option<MemberId>, name: Name) -> Self {
        Self { member, keys: name.keys(), name }
    }

    pub(crate) fn is(&self, member: Option<MemberId>, name: &Name) -> bool {
        member.is_some() && member == self.member || *name == self.name
    }

    /// Whether a name of these forms would pass for the one that is ignored.
    pub(crate) fn resembles(&self, keys: &[String]) -> bool {
        self.keys.iter().any(|key| keys.contains(key))
    }
}

/// How the mailbox took something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Post {
    /// It waits; the shard has to be told once it is published.
    Waits,
    /// There is no room for it.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_counts_as_many_lines_as_it_has() {
        for (bytes, lines) in [("one\r\n", 1), ("one\r\ntwo\r\n", 2), ("no end", 1), ("", 1)] {
            assert_eq!(Mail::Bytes(bytes.into()).lines(), lines, "{bytes:?}");
        }
        assert_eq!(Mail::Event(Box::new(Event::Ping)).lines(), 1);
        assert_eq!(Mail::Close.lines(), 0);
    }
}
