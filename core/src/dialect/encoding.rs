//! The way out: entries and events to bytes.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::protocol::entry::Entry;
use crate::protocol::event::Event;

/// The first id that is not one of the built-in encodings'.
static NEXT: AtomicU32 = AtomicU32::new(EncodingId::NONE.0 + 1);

/// How one connection is written to.
///
/// Called by whichever shard writes, never while the hub waits for it. The entries of a room are encoded once for all connections whose
/// dialects have the same [`encoding`](Self::encoding), by whoever needs them first; events are for one connection and encoded for it alone. So a
/// dialect may be one value that everybody shares, or one for each connection with state of its own: what depends on the state belongs into
/// [`encode_event`](Self::encode_event), or into another encoding.
pub trait Dialect: Debug + Send + Sync {
    /// Which encoding its entries have. Two dialects with the same one must encode every entry to the same bytes.
    fn encoding(&self) -> EncodingId;

    /// Appends an entry, framed or with the end of its line. May append nothing: not everything that happens is something to read.
    fn encode_entry(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>);

    /// Whether a newcomer is told what happened before they came in another form ([`encode_past`](Self::encode_past)), and nothing of who came and
    /// went then. Default no: the same entries, gapless.
    fn tells_past(&self) -> bool {
        false
    }

    /// Appends an entry of the past for a newcomer, where the dialect [has](Self::tells_past) a form for that. Encoded for each newcomer alone.
    fn encode_past(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>) {
        self.encode_entry(entry, role, out);
    }

    /// Appends an event for this connection alone. May append nothing.
    fn encode_event(&self, event: &Event, out: &mut Vec<u8>);

    /// Appends what the plugin of the protocol answers ([`Context::answer`](crate::Context::answer)), or a decoder by itself. Default as it is. A dialect that minds what belongs together, as the answers to
    /// one line, sees them here in their place among the events.
    fn encode_answer(&self, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(bytes);
    }

    /// Whether the peer answers [`Event::Ping`], so that one that is gone is noticed. Default no.
    fn answers_pings(&self) -> bool {
        false
    }

    /// Whether the peer closes the connection in its turn after [`Event::Bye`], as WebSocket has it. It is then given a moment for that. Default no.
    fn closes_in_turn(&self) -> bool {
        false
    }

    /// Whether [`skips`](Self::skips) is to be asked at all. Whoever never skips shares what is written with everybody else. Default no.
    fn may_skip(&self) -> bool {
        false
    }

    /// Whether this connection is not given an entry of a room that it is in; `is_own` says that it brought the entry about itself. Default never.
    fn skips(&self, entry: &Entry, is_own: bool) -> bool {
        let _ = (entry, is_own);
        false
    }
}

/// Refers to one form of bytes that entries can have: a dialect, framed in one way, in one variant.
///
/// There should be a handful for a protocol, made once and kept: each is a copy of every chunk that somebody reads in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EncodingId(u32);

/// What a room is to the server, for a dialect without windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomRole {
    /// The default room, which needs no naming.
    Main,
    /// Any other.
    Other,
}

impl EncodingId {
    /// Lines for people.
    pub(crate) const TEXT: Self = Self(0);
    /// One object a line.
    pub(crate) const JSON: Self = Self(1);
    /// Nothing at all.
    pub(crate) const NONE: Self = Self(2);

    /// One that nobody has yet in this process.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_encodings_are_the_same() {
        let ids = [EncodingId::TEXT, EncodingId::JSON, EncodingId::NONE, EncodingId::new()];
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id));
        }
    }
}
