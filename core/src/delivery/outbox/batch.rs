//! What everybody is owed who was up to date in a room: gathered once for a whole walk, and laid end to end, so that each of them costs one
//! comparison and one slice.

use crate::delivery::timeline::{FellOut, Slice, Stamp};
use crate::dialect::{Dialect, EncodingId};
use crate::protocol::ids::EntryId;
use crate::protocol::ids::RoomId;

use super::MAX_SLICES;
use super::writer::{Cursor, Piece};

/// Encodings for which space is kept from walk to walk.
const KEPT: usize = 8;

/// See the module. Kept by whoever flushes many outboxes, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    room: Option<RoomId>,
    /// Where a cursor stands before and after it.
    from: EntryId,
    to: EntryId,
    limit: Stamp,
    slices: Vec<Slice>,
    /// All slices end to end, in each encoding that somebody asked for; only where they are several.
    joined: Vec<(EncodingId, Vec<u8>)>,
    /// Scratch space for what is owed to one alone; empty before and after.
    pub(super) own: Vec<Piece>,
    /// What was handed out, until it is counted for the whole server.
    pub(super) tally: Tally,
}

/// What was handed to sockets.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Entries and lines.
    pub(crate) deliveries: u64,
    pub(crate) bytes: u64,
}

impl Batch {
    /// Makes it what this cursor is owed up to `limit`; most often it is already.
    pub(super) fn gather(&mut self, cursor: &Cursor, limit: Stamp) -> Result<(), FellOut> {
        if (self.room, self.from, self.limit) == (Some(cursor.room), cursor.next, limit) {
            return Ok(());
        }
        self.clear();
        let slices = &mut self.slices;
        self.to = cursor
            .timeline
            .collect(cursor.next, limit + 1, MAX_SLICES, |slice| slices.push(slice))?;
        (self.room, self.from, self.limit) = (Some(cursor.room), cursor.next, limit);
        Ok(())
    }

    /// Lets go of what it holds, so that an idle shard keeps no entries alive.
    pub(crate) fn clear(&mut self) {
        self.room = None;
        self.slices.clear();
        // The space is kept for the next walk, but not for encodings that come and go.
        self.joined.truncate(KEPT);
        self.joined.iter_mut().for_each(|(_, joined)| joined.clear());
    }

    /// What was handed out since this was last asked.
    pub(crate) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// Whether there may be more than it holds.
    pub(super) fn is_full(&self) -> bool {
        self.slices.len() == MAX_SLICES
    }

    /// How many entries it holds.
    pub(super) fn len(&self) -> u64 {
        self.to - self.from
    }

    /// Where a cursor stands that has had it.
    pub(super) fn end(&self) -> EntryId {
        self.to
    }

    /// All of it in the form of a dialect.
    pub(super) fn bytes(&mut self, dialect: &dyn Dialect) -> &[u8] {
        if let [slice] = &self.slices[..] {
            return slice.bytes(dialect);
        }
        let id = dialect.encoding();
        let at = match self.joined.iter().position(|(joined, _)| *joined == id) {
            Some(at) => at,
            None => {
                self.joined.push((id, Vec::new()));
                self.joined.len() - 1
            }
        };
        let joined = &mut self.joined[at].1;
        if joined.is_empty() {
            for slice in &self.slices {
                joined.extend_from_slice(slice.bytes(dialect));
            }
        }
        joined
    }

    /// All of it for somebody whose socket did not take it whole.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece> {
        self.slices.iter().cloned().map(Piece::Entries)
    }
}
