//! The timeline of a room: an append-only ring of shared entries, written by the hub and read by everybody in the room, each
//! with a cursor of its own.
//!
//! The hub appends what one of its turns brought as one [`Chunk`]. A chunk never changes; its entries are encoded end to end, at most once
//! a dialect and by whoever needs it first, so that a member who is up to date takes it in one slice.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::delivery::encodings::{Encoded, Encodings};
use crate::dialect::{Dialect, RoomRole};
use crate::protocol::entry::{Entry, EntryKind};
use crate::protocol::ids::{EntryId, MemberId};

/// The place of what happens in the order of the whole server, over all rooms and mailboxes. Only the hub gives them out.
pub(crate) type Stamp = u64;

/// What a chunk takes beside the text of its entries; counted so that empty entries are not free.
const ENTRY_OVERHEAD: usize = 64;

/// The ring. The lock guards a few lines, is never held while something else is locked, and never across an await.
#[derive(Debug)]
pub(crate) struct Timeline {
    role: RoomRole,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    /// Oldest first; ids are contiguous over all of them.
    chunks: VecDeque<Arc<Chunk>>,
    /// The id that the next entry will have.
    next: EntryId,
    bytes: usize,
    max_entries: u64,
    max_bytes: usize,
}

/// Entries that were committed together.
#[derive(Debug)]
pub(crate) struct Chunk {
    role: RoomRole,
    first: EntryId,
    entries: Box<[Committed]>,
    bytes: usize,
    encodings: Encodings,
}

/// An entry with what only the server needs to know of it.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) stamp: Stamp,
    /// The connection that brought it about, where one did.
    pub(crate) author: Option<MemberId>,
    pub(crate) entry: Entry,
}

/// Some entries of one chunk, ready to be written or looked at.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    chunk: Arc<Chunk>,
    range: Range<usize>,
}

/// The cursor points at entries that have left the ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FellOut;

impl Timeline {
    pub(crate) fn new(role: RoomRole, max_entries: usize, max_bytes: usize) -> Self {
        let max_entries = max_entries as u64;
        Self {
            role,
            ring: Mutex::new(Ring {
                chunks: VecDeque::new(),
                next: 1,
                bytes: 0,
                max_entries,
                max_bytes,
            }),
        }
    }

    /// Appends what one turn of the hub brought, in order, ids following on, and lets the oldest chunks go.
    /// Returns them, and how many bytes that counts as; nothing where there are none.
    pub(crate) fn append(&self, entries: Vec<Committed>) -> Option<(Slice, usize)> {
        let first = entries.first()?.entry.id;
        let bytes = entries.iter().map(|committed| weight(&committed.entry)).sum();
        let mut ring = self.ring();
        debug_assert_eq!(first, ring.next, "ids have no gaps");
        ring.next = first + entries.len() as u64;
        ring.bytes += bytes;
        let range = 0..entries.len();
        let entries = entries.into_boxed_slice();
        let (role, encodings) = (self.role, Default::default());
        let chunk = Arc::new(Chunk { role, first, entries, bytes, encodings });
        ring.chunks.push_back(chunk.clone());
        ring.trim();
        Some((Slice { chunk, range }, bytes))
    }

    /// What the room is for its dialects.
    pub(crate) fn role(&self) -> RoomRole {
        self.role
    }

    /// Begins after `last`, with the entries before that which are still known: no gap is in them, and they end with `last`.
    pub(crate) fn resume(&self, last: EntryId, tail: Vec<Entry>) {
        let follows = tail.iter().rev().zip((1..=last).rev()).all(|(entry, id)| entry.id == id);
        let tail = if follows { tail } else { Vec::new() };
        self.ring().next = last + 1 - tail.len() as u64;
        let commit = |entry| Committed { stamp: 0, author: None, entry };
        self.append(tail.into_iter().map(commit).collect());
    }

    /// Puts something else in the place of an entry, for whoever has not been given it yet: its chunk makes way for another, encoded anew. Returns
    /// whether it is in the ring and `may` be replaced.
    pub(crate) fn replace(
        &self,
        id: EntryId,
        what: EntryKind,
        may: impl FnOnce(&EntryKind) -> bool,
    ) -> bool {
        let mut ring = self.ring();
        let Some(chunk) =
            ring.chunks.iter_mut().find(|chunk| (chunk.first..chunk.end()).contains(&id))
        else {
            return false;
        };
        let mut entries = chunk.entries.to_vec();
        let entry = &mut entries[(id - chunk.first) as usize].entry;
        if !may(&entry.what) {
            return false;
        }
        entry.what = what;
        // It counts as what it was, which is no less.
        let (role, first, bytes) = (chunk.role, chunk.first, chunk.bytes);
        let entries = entries.into_boxed_slice();
        *chunk = Arc::new(Chunk { role, first, entries, bytes, encodings: Default::default() });
        true
    }

    /// Changes the bounds; takes effect at once.
    pub(crate) fn resize(&self, max_entries: usize, max_bytes: usize) {
        let mut ring = self.ring();
        (ring.max_entries, ring.max_bytes) = (max_entries as u64, max_bytes);
        ring.trim();
    }

    /// The oldest id in the ring, or the next one when it is empty.
    pub(crate) fn first(&self) -> EntryId {
        self.ring().first()
    }

    /// Collects the entries from `next` on that are stamped before `bound`, at most `max` slices, and returns the
    /// cursor after them.
    pub(crate) fn collect(
        &self,
        next: EntryId,
        bound: Stamp,
        max: usize,
        mut take: impl FnMut(Slice),
    ) -> Result<EntryId, FellOut> {
        let ring = self.ring();
        if next < ring.first() {
            return Err(FellOut);
        }
        let mut next = next;
        for chunk in ring.chunks_from(next).take(max) {
            let from = (next - chunk.first) as usize;
            let all = chunk.entries.last().is_none_or(|last| last.stamp < bound);
            let to = if all {
                chunk.entries.len()
            } else {
                chunk.entries.partition_point(|committed| committed.stamp < bound)
            };
            if from < to {
                take(Slice { chunk: chunk.clone(), range: from..to });
                next = chunk.first + to as u64;
            }
            if !all {
                break;
            }
        }
        Ok(next)
    }

    /// Everything in the ring from an id on, and the cursor after it.
    pub(crate) fn since(&self, id: EntryId) -> (Vec<Slice>, EntryId) {
        let mut slices = Vec::new();
        let next = self.collect(id, Stamp::MAX, usize::MAX, |slice| slices.push(slice));
        (slices, next.unwrap_or(id))
    }

    /// The stamp of the entry with this id, if it is in the ring.
    pub(crate) fn stamp(&self, id: EntryId) -> Option<Stamp> {
        let ring = self.ring();
        let chunk = ring.chunks_from(id).next()?;
        let index = id.checked_sub(chunk.first)? as usize;
        chunk.entries.get(index).map(|committed| committed.stamp)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn first(&self) -> EntryId {
        self.chunks.front().map_or(self.next, |chunk| chunk.first)
    }

    /// Chunks from the one that holds `id` on. Who is up to date asks for the last, so the search starts there.
    fn chunks_from(&self, id: EntryId) -> impl Iterator<Item = &Arc<Chunk>> {
        let start = match self.chunks.back() {
            Some(last) if id >= last.first => self.chunks.len() - 1,
            _ => self.chunks.partition_point(|chunk| chunk.end() <= id),
        };
        self.chunks.range(start.min(self.chunks.len())..).skip_while(move |chunk| chunk.end() <= id)
    }

    fn trim(&mut self) {
        while self.chunks.len() > 1
            && (self.next - self.first() > self.max_entries || self.bytes > self.max_bytes)
        {
            self.bytes -= self.chunks.pop_front().map_or(0, |chunk| chunk.bytes);
        }
    }
}

impl Chunk {
    fn end(&self) -> EntryId {
        self.first + self.entries.len() as u64
    }

    fn encoded(&self, dialect: &dyn Dialect) -> &Encoded {
        self.encodings.get(dialect.encoding(), || {
            let mut bytes = Vec::with_capacity(self.bytes);
            // Most chunks of a calm room are one entry, which needs none.
            let mut ends = Vec::with_capacity(self.entries.len().saturating_sub(1));
            for (index, Committed { entry, .. }) in self.entries.iter().enumerate() {
                if index > 0 {
                    ends.push(bytes.len() as u32);
                }
                dialect.encode_entry(entry, self.role, &mut bytes);
            }
            Encoded { bytes: bytes.into_boxed_slice(), ends: ends.into_boxed_slice() }
        })
    }
}

impl Slice {
    /// The entries in the form of a dialect.
    pub(crate) fn bytes(&self, dialect: &dyn Dialect) -> &[u8] {
        let encoded = self.chunk.encoded(dialect);
        let end = |index: usize| match index {
            0 => 0,
            index => encoded.ends.get(index - 1).map_or(encoded.bytes.len(), |end| *end as usize),
        };
        &encoded.bytes[end(self.range.start)..end(self.range.end)]
    }

    /// The entries as the past is told to a newcomer: without those who came and went.
    pub(crate) fn past(&self, dialect: &dyn Dialect) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in self.entries().filter(|entry| !entry.what.is_presence()) {
            dialect.encode_past(entry, self.chunk.role, &mut bytes);
        }
        bytes
    }

    /// The entries themselves, in order.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.committed().iter().map(|committed| &committed.entry)
    }

    /// The runs of entries that are wanted, where some are not.
    pub(crate) fn wanted(&self, wants: impl Fn(&Committed) -> bool) -> Vec<Self> {
        let (mut runs, mut index) = (Vec::new(), self.range.start);
        for run in self.committed().chunk_by(|one, other| wants(one) == wants(other)) {
            let range = index..index + run.len();
            index = range.end;
            if run.first().is_some_and(&wants) {
                runs.push(Self { chunk: self.chunk.clone(), range });
            }
        }
        runs
    }

    fn committed(&self) -> &[Committed] {
        &self.chunk.entries[self.range.clone()]
    }
}

/// About what an entry takes in text form, with what it costs to keep it.
pub(crate) fn weight(entry: &Entry) -> usize {
    use crate::protocol::entry::EntryKind as H;
    let text = match &entry.what {
        H::Message { from, text, tags, nonce, .. } => {
            let tags: usize = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
            from.as_str().len() + text.len() + tags + nonce.as_ref().map_or(0, String::len)
        }
        H::Notice { text, .. } => text.len(),
        H::Topic { topic, .. } => topic.len(),
        H::Joined { who } | H::Left { who, .. } | H::Renamed { who, .. } => who.as_str().len(),
        H::Presence { .. } | H::Removed => 0,
    };
    entry.room.as_str().len() + text + ENTRY_OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Builtin;
    use crate::protocol::entry::NoticeKind;
    use crate::protocol::name::RoomName;

    use crate::protocol::timestamp::Timestamp;

    fn entry(id: EntryId) -> Committed {
        let room = "lobby".parse::<RoomName>().unwrap();
        let what = EntryKind::Notice { text: id.to_string(), kind: NoticeKind::Info };
        let entry = Entry { room, id, time: Timestamp::now(), what };
        Committed { stamp: id * 10, author: id.is_multiple_of(3).then_some(MemberId(id)), entry }
    }

    /// Chunks of 1 to 3 entries, ids 1 to 60, stamps ten times the id.
    fn filled(max_entries: usize) -> Timeline {
        let timeline = Timeline::new(RoomRole::Main, max_entries, 1 << 20);
        let mut id = 1;
        for size in [1, 2, 3].into_iter().cycle() {
            if id > 60 {
                break;
            }
            timeline.append((id..id + size).map(entry).collect());
            id += size;
        }
        timeline
    }

    fn ids(timeline: &Timeline, next: EntryId, bound: Stamp) -> Result<Vec<EntryId>, FellOut> {
        let mut ids = Vec::new();
        let end = timeline
            .collect(next, bound, 100, |slice| ids.extend(slice.entries().map(|entry| entry.id)))?;
        assert_eq!(end, ids.last().map_or(next, |last| last + 1));
        Ok(ids)
    }

    #[test]
    fn from_any_cursor_to_any_bound_the_ids_have_no_gap() {
        let timeline = filled(100);
        for next in 1..=61 {
            for bound in (0..70).map(|id| id * 10 + 5) {
                let expected: Vec<_> = (next..=60).filter(|id| id * 10 < bound).collect();
                assert_eq!(ids(&timeline, next, bound), Ok(expected), "from {next} before {bound}");
            }
        }
    }

    #[test]
    fn a_cursor_that_fell_out_is_told() {
        let timeline = filled(16);
        let first = timeline.first();
        assert!((44..=47).contains(&first), "{first}");
        assert_eq!(ids(&timeline, first - 1, 1000), Err(FellOut));
        assert_eq!(ids(&timeline, first, 1000).unwrap().len() as u64, 61 - first);
        assert_eq!(timeline.stamp(60), Some(600));
        assert_eq!(timeline.stamp(61), None);
    }

    #[test]
    fn the_bytes_of_a_slice_are_those_of_its_entries() {
        let timeline = filled(100);
        let mut bytes = Vec::new();
        timeline
            .collect(2, 65, 100, |slice| {
                bytes.extend_from_slice(slice.bytes(Builtin::Text.dialect()))
            })
            .unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "* 2\n* 3\n* 4\n* 5\n* 6\n");
    }

    #[test]
    fn what_was_replaced_is_given_to_nobody_any_more_and_the_ids_stay() {
        let timeline = filled(16);
        let is_notice = |what: &EntryKind| matches!(what, EntryKind::Notice { .. });
        let read = || {
            let mut bytes = Vec::new();
            let read = |slice: Slice| bytes.extend(slice.bytes(Builtin::Text.dialect()));
            timeline.collect(58, Stamp::MAX, 100, read).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(read(), "* 58\n* 59\n* 60\n");
        assert!(timeline.replace(59, EntryKind::Removed, is_notice));
        assert_eq!(read(), "* 58\n* a message was removed\n* 60\n");
        assert_eq!(ids(&timeline, 58, Stamp::MAX), Ok(vec![58, 59, 60]));
        for gone in [59, 61, 1] {
            assert!(!timeline.replace(gone, EntryKind::Removed, is_notice), "{gone}");
        }
    }

    #[test]
    fn entries_that_a_reader_skips_are_left_out_and_the_rest_is_in_order() {
        let timeline = filled(100);
        let mut runs = Vec::new();
        let not_authored = |committed: &Committed| committed.author.is_none();
        timeline
            .collect(1, Stamp::MAX, 100, |slice| runs.extend(slice.wanted(not_authored)))
            .unwrap();
        let ids: Vec<EntryId> =
            runs.iter().flat_map(|run| run.entries()).map(|entry| entry.id).collect();
        assert_eq!(ids, (1..=60).filter(|id: &EntryId| !id.is_multiple_of(3)).collect::<Vec<_>>());
    }
}
