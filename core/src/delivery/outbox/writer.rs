//! What comes next for one connection, gathered in the order of stamps: its mail, and the entries of the rooms that it follows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use smallvec::SmallVec;

use super::{Ignored, MAX_SLICES, Mail};
use crate::delivery::timeline::{Committed, FellOut, Slice, Stamp, Timeline};
use crate::dialect::Dialect;
use crate::protocol::entry::EntryKind;
use crate::protocol::event::Event;
use crate::protocol::ids::RoomId;
use crate::protocol::ids::{EntryId, MemberId};

/// See the module. Held by whoever flushes.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Most people are in one room.
    pub(super) cursors: SmallVec<[Cursor; 1]>,
    pub(super) mail: VecDeque<(Stamp, Mail)>,
    /// Gathered and not yet written; empty unless the socket was full.
    pub(super) unwritten: VecDeque<Piece>,
    /// How much of the first unwritten piece was written.
    pub(super) written: usize,
    /// Lines gathered out of `mail` since it was last asked.
    pub(super) gathered: usize,
    pub(super) closing: bool,
    /// Whose messages are skipped.
    pub(super) ignored: Option<Ignored>,
    /// When the socket was found full with nothing taken since.
    pub(super) stalled_since: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) room: RoomId,
    pub(super) timeline: Arc<Timeline>,
    pub(super) next: EntryId,
    /// When it was placed: older entries are history and count as this old.
    pub(super) since: Stamp,
}

/// Something to write that is already in its final form, or shared with others who write the same.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Entries, shared.
    Entries(Slice),
    /// An event for this connection alone.
    Own(Box<Event>),
    /// What its protocol answers to this connection alone.
    Answer(Vec<u8>),
    /// Entries of the past, for a newcomer whose dialect has another form for them.
    Past(Slice),
    /// Something for this connection alone, encoded.
    Bytes(Vec<u8>),
}

/// For whom something is gathered.
pub(super) struct Reader<'a> {
    pub(super) id: MemberId,
    pub(super) dialect: &'a dyn Dialect,
}

impl Reader<'_> {
    /// Which entries it is given, where some may be skipped: by how it is spoken to, or because it ignores who said them.
    fn wants(&self, ignored: Option<&Ignored>) -> Option<impl Fn(&Committed) -> bool> {
        let may_skip = self.dialect.may_skip();
        let is_ignored = move |committed: &Committed| match &committed.entry.what {
            EntryKind::Message { from, .. } => ignored
                .is_some_and(|ignored| ignored.iter().any(|who| who.is(committed.author, from))),
            _ => false,
        };
        let wants = move |committed: &Committed| {
            let is_own = committed.author == Some(self.id);
            let skipped = may_skip && self.dialect.skips(&committed.entry, is_own);
            !skipped && !is_ignored(committed)
        };
        (may_skip || ignored.is_some()).then_some(wants)
    }
}

impl Writer {
    /// Whether nothing waits but what happened in the one room that it follows.
    pub(super) fn is_only_behind(&self) -> bool {
        self.cursors.len() == 1
            && self.mail.is_empty()
            && self.unwritten.is_empty()
            && !self.closing
    }

    /// Whether it may be given less than others in its room.
    pub(super) fn skips(&self, dialect: &dyn Dialect) -> bool {
        dialect.may_skip() || self.ignored.is_some()
    }

    /// Whether a cursor that was placed, or that waits in the mail to be, has fallen out of its ring.
    pub(super) fn is_behind(&self) -> bool {
        let behind = |timeline: &Timeline, next| next < timeline.first();
        self.cursors.iter().any(|cursor| behind(&cursor.timeline, cursor.next))
            || self.mail.iter().any(|(_, mail)| match mail {
                Mail::Follow { timeline, next, .. } => behind(timeline, *next),
                _ => false,
            })
    }

    /// Keeps pieces, in their final form, until the socket takes them. It took `taken` bytes now of what was kept and these.
    pub(super) fn keep(
        &mut self,
        pieces: impl IntoIterator<Item = Piece>,
        taken: usize,
        dialect: &dyn Dialect,
    ) {
        if taken > 0 || self.stalled_since.is_none() {
            self.stalled_since = Some(Instant::now());
        }
        self.unwritten.extend(pieces.into_iter().map(|mut piece| {
            piece.encode(dialect);
            piece
        }));
        self.written += taken;
        while let Some(first) = self.unwritten.front() {
            let length = first.bytes(dialect).len();
            if self.written < length {
                break;
            }
            self.written -= length;
            self.unwritten.pop_front();
        }
    }

    /// Collects what comes next, in the order of stamps, up to `limit` and for one write.
    pub(super) fn gather(
        &mut self,
        reader: &Reader<'_>,
        limit: Stamp,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), FellOut> {
        while pieces.len() < MAX_SLICES && !self.closing {
            let mail = self.mail.front().map(|(stamp, _)| *stamp).filter(|stamp| *stamp <= limit);
            let bound = mail.unwrap_or(limit + 1);
            if self.gather_entries(reader, bound, pieces)? {
                continue;
            }
            if mail.is_none() {
                break;
            }
            self.gathered += self.mail.front().map_or(0, |(_, mail)| mail.lines());
            match self.mail.pop_front() {
                Some((_, Mail::Event(event))) => {
                    pieces.push(Piece::Own(event));
                }
                Some((_, Mail::Bytes(bytes))) => {
                    pieces.push(Piece::Answer(bytes));
                }
                Some((since, Mail::Follow { room, timeline, history, next })) => {
                    pieces.extend(history.into_iter().map(
                        |slice| match reader.dialect.tells_past() {
                            false => Piece::Entries(slice),
                            true => Piece::Past(slice),
                        },
                    ));
                    self.cursors.retain(|cursor| cursor.room != room);
                    self.cursors.push(Cursor { room, timeline, next, since });
                }
                Some((_, Mail::Unfollow(room))) => {
                    self.cursors.retain(|cursor| cursor.room != room)
                }
                Some((_, Mail::Ignore(ignored))) => {
                    self.ignored = (!ignored.is_empty()).then_some(ignored);
                }
                Some((_, Mail::Close)) => self.closing = true,
                None => {}
            }
        }
        if self.mail.is_empty() && self.mail.capacity() > 0 {
            self.mail = VecDeque::new();
        }
        Ok(())
    }

    /// Collects entries stamped before `bound`; says whether there may be more of them.
    fn gather_entries(
        &mut self,
        reader: &Reader<'_>,
        bound: Stamp,
        pieces: &mut Vec<Piece>,
    ) -> Result<bool, FellOut> {
        let space = MAX_SLICES.saturating_sub(pieces.len());
        let skips = self.skips(reader.dialect);
        let ignored = self.ignored.clone();
        if let [cursor] = &mut self.cursors[..] {
            let before = cursor.next;
            cursor.collect(reader, ignored.as_ref(), bound, space, pieces)?;
            // What was skipped fills no write, and more may follow it.
            return Ok(cursor.next != before && (skips || pieces.len() >= MAX_SLICES));
        }
        // In several rooms: the cursor that is oldest goes on until the next oldest one's turn.
        let mut turns = Vec::with_capacity(self.cursors.len());
        for (index, cursor) in self.cursors.iter().enumerate() {
            match cursor.stamp()? {
                Some(stamp) if stamp < bound => turns.push((stamp, index)),
                _ => {}
            }
        }
        turns.sort_unstable();
        let Some(&(_, oldest)) = turns.first() else {
            return Ok(false);
        };
        let until = turns.get(1).map_or(bound, |&(stamp, _)| stamp.min(bound));
        self.cursors[oldest].collect(reader, ignored.as_ref(), until, space, pieces)?;
        Ok(true)
    }
}

impl Cursor {
    fn collect(
        &mut self,
        reader: &Reader<'_>,
        ignored: Option<&Ignored>,
        bound: Stamp,
        space: usize,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), FellOut> {
        self.next = self.timeline.collect(self.next, bound, space, |slice| {
            match reader.wants(ignored) {
                None => pieces.push(Piece::Entries(slice)),
                Some(wants) => pieces.extend(slice.wanted(wants).into_iter().map(Piece::Entries)),
            }
        })?;
        Ok(())
    }

    /// The stamp of the next entry, if there is one.
    fn stamp(&self) -> Result<Option<Stamp>, FellOut> {
        if self.next < self.timeline.first() {
            return Err(FellOut);
        }
        Ok(self.timeline.stamp(self.next).map(|stamp| stamp.max(self.since)))
    }
}

impl Piece {
    /// How many entries or lines it is.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Entries(slice) => slice.entries().len() as u64,
            Self::Own(_) | Self::Answer(_) | Self::Past(_) | Self::Bytes(_) => 1,
        }
    }

    /// Gives it its final form. In the order in which pieces are written: a dialect may mind what came before.
    pub(super) fn encode(&mut self, dialect: &dyn Dialect) {
        let mut bytes = Vec::new();
        match self {
            Self::Own(event) => dialect.encode_event(event, &mut bytes),
            Self::Answer(answer) => dialect.encode_answer(answer, &mut bytes),
            Self::Past(slice) => bytes = slice.past(dialect),
            Self::Entries(_) | Self::Bytes(_) => return,
        }
        *self = Self::Bytes(bytes);
    }

    pub(super) fn bytes(&self, dialect: &dyn Dialect) -> &[u8] {
        match self {
            Self::Entries(slice) => slice.bytes(dialect),
            Self::Bytes(bytes) => bytes,
            Self::Own(_) | Self::Answer(_) | Self::Past(_) => &[],
        }
    }
}
