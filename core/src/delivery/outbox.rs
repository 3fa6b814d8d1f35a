//! What one connection is told, in one order: the entries of the rooms it follows and the lines for it alone, merged by the stamps that
//! the hub gave them.
//!
//! The hub puts into the mailbox; whoever flushes (a walk, or the session itself while its socket is full) takes out. An outbox
//! holds a position in each timeline, not a queue, so an idle or a stalled member costs next to nothing.

mod batch;
mod in_process;
mod mailbox;
mod wire;
mod writer;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use atomic_waker::AtomicWaker;

use crate::delivery::timeline::{FellOut, Stamp};
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;

pub(crate) use batch::{Batch, Tally};
use mailbox::Mailbox;
pub(crate) use mailbox::{Ignored, IgnoredPerson, Mail, Post};
pub(crate) use wire::Wire;
use writer::{Piece, Reader, Writer};

/// Most slices that one write takes; more than a busy turn brings, and it fits the stack.
const MAX_SLICES: usize = 64;

/// How many times `limits.mailbox` lines may wait for a member whose socket is not full: they leave as soon as its shard comes by.
const TAKING: usize = 64;

/// The last stamp that everybody may see: set by the hub at the end of each turn, so that a turn is seen whole or not at all.
#[derive(Debug, Default)]
pub(crate) struct Published(AtomicU64);

/// See [`Outbox::circumstances`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Circumstances {
    admitted: bool,
    named: bool,
    blocked: bool,
    closing: bool,
    discards: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Outbox {
    id: MemberId,
    /// Which shard looks after it.
    shard: u32,
    published: Arc<Published>,
    /// How the peer is spoken to.
    pub(crate) wire: Wire,
    /// Put into by the hub. Locked for a push or a swap, never together with another lock but `writer`, which comes first.
    mailbox: Mutex<Mailbox>,
    /// Whether the mailbox has something, to look without locking.
    has_mail: AtomicBool,
    /// Lines for this connection alone that were posted and not yet gathered.
    waiting: AtomicUsize,
    /// Held by whoever flushes, for one gathering write at a time.
    writer: Mutex<Writer>,
    /// Whether the socket was full: the session waits for it, shards pass by.
    blocked: AtomicBool,
    /// Whether a connect was allowed; nothing is read or written before.
    admitted: AtomicBool,
    /// Whether a name was accepted.
    named: AtomicBool,
    /// Whether a cursor was found to have fallen out of its ring; the session ends the connection.
    fell_out: AtomicBool,
    /// Whether the end was posted.
    closing: AtomicBool,
    /// Whether what the peer has sent is to be thrown away.
    discards: AtomicBool,
    /// Whether the last line was written or there is nobody to write to any more.
    ended: AtomicBool,
    /// The session's task.
    session: AtomicWaker,
}

/// Why there is nothing more to write for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// All that is published was written.
    UpToDate,
    /// The socket is full.
    Blocked,
    /// The last line was written, or the peer is gone.
    Ended,
    /// A cursor fell out of its ring: the member took too little for too long.
    FellOut,
}

/// How much of what waits was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    /// All of it.
    All,
    /// All that goes into one write; there may be more.
    Some,
    /// What the socket took; it is full now.
    Part,
}

/// Why nothing was written.
enum Failure {
    /// A cursor fell out of its ring.
    FellOut,
    /// The peer is gone.
    Gone,
}

impl From<FellOut> for Failure {
    fn from(_: FellOut) -> Self {
        Self::FellOut
    }
}

impl Circumstances {
    /// Whether a name was accepted.
    pub(crate) fn is_named(self) -> bool {
        self.named
    }
}

impl Published {
    /// Lets everything up to `stamp` be seen.
    pub(crate) fn advance(&self, stamp: Stamp) {
        self.0.store(stamp, Ordering::SeqCst);
    }

    fn get(&self) -> Stamp {
        self.0.load(Ordering::SeqCst)
    }
}

impl Outbox {
    pub(crate) fn new(id: MemberId, shard: usize, published: Arc<Published>, wire: Wire) -> Self {
        Self {
            id,
            shard: shard as u32,
            published,
            wire,
            mailbox: Mutex::default(),
            has_mail: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            writer: Mutex::default(),
            blocked: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
            named: AtomicBool::new(false),
            fell_out: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            discards: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            session: AtomicWaker::new(),
        }
    }

    pub(crate) fn id(&self) -> MemberId {
        self.id
    }

    pub(crate) fn shard(&self) -> usize {
        self.shard as usize
    }

    /// The hub allows the connection to speak.
    pub(crate) fn admit(&self) {
        self.admitted.store(true, Ordering::SeqCst);
        self.session.wake();
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.load(Ordering::SeqCst)
    }

    /// The hub accepted a name.
    pub(crate) fn set_named(&self) {
        self.named.store(true, Ordering::SeqCst);
        self.session.wake();
    }

    pub(crate) fn is_named(&self) -> bool {
        self.named.load(Ordering::SeqCst)
    }

    /// What others may change at any time and the session's deadlines depend on. Who changes it wakes the session.
    pub(crate) fn circumstances(&self) -> Circumstances {
        Circumstances {
            admitted: self.is_admitted(),
            named: self.is_named(),
            blocked: self.is_blocked(),
            closing: self.is_closing(),
            discards: self.discards.load(Ordering::SeqCst),
        }
    }

    /// What the peer has sent and nobody has taken yet is thrown away by the session.
    pub(crate) fn discard_input(&self) {
        self.discards.store(true, Ordering::SeqCst);
        self.session.wake();
    }

    /// Whether that is to be done; asked once.
    pub(crate) fn takes_discard(&self) -> bool {
        self.discards.load(Ordering::SeqCst) && self.discards.swap(false, Ordering::SeqCst)
    }

    /// Whether the connection is over.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Whether the socket was full when last written to.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::SeqCst)
    }

    /// Whether the end was posted and waits only for the peer to take what is before it.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// The session's task, to be woken when the outbox is admitted, blocked or ended.
    pub(crate) fn register(&self, waker: &Waker) {
        self.session.register(waker);
    }

    /// When the peer stopped taking what waits for it.
    pub(crate) fn stalled_since(&self) -> Option<Instant> {
        self.writer().stalled_since
    }

    /// Puts something into the mailbox. When the socket is full, at most `limit` lines may wait. A goodbye always fits.
    pub(crate) fn post(&self, stamp: Stamp, mail: Mail, limit: Option<usize>) -> Post {
        let mut mailbox = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        if mailbox.closed {
            return Post::Waits;
        }
        match mail {
            Mail::Close => {
                mailbox.closed = true;
                self.closing.store(true, Ordering::SeqCst);
                self.session.wake();
            }
            Mail::Event(_) | Mail::Bytes(_) => {
                // While the socket takes what is written, what waits only waits for its shard to come by.
                let is_slow = self.is_blocked() || self.wire.is_in_process;
                let most =
                    if is_slow { limit } else { limit.map(|limit| limit.saturating_mul(TAKING)) };
                let is_full = most.is_some_and(|most| self.waiting.load(Ordering::SeqCst) >= most);
                let is_bye =
                    matches!(&mail, Mail::Event(event) if matches!(**event, Event::Bye { .. }));
                if is_full && !is_bye {
                    return Post::Full;
                }
                self.waiting.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
        mailbox.mail.push_back((stamp, mail));
        self.has_mail.store(true, Ordering::SeqCst);
        Post::Waits
    }

    /// Ends the connection without writing anything more.
    pub(crate) fn abandon(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.session.wake();
    }

    /// Writes all that is published, unless the session already waits for the socket. For the walks of the shards.
    ///
    /// A member whose socket is full is left to its session, which is woken if there is something for it to decide. Somebody in this process has no
    /// session, and perhaps nobody who looks: says whether such a one was found to have fallen out, once.
    pub(crate) fn flush_unless_blocked(&self, batch: &mut Batch) -> bool {
        if self.wire.is_in_process {
            self.session.wake();
            return self.falls_out_unseen();
        }
        if self.is_blocked() {
            if self.has_fallen_out() {
                self.session.wake();
            }
            return false;
        }
        if self.flush(batch) != Flush::UpToDate {
            self.session.wake();
        }
        false
    }

    /// Writes all that is published and says why it stopped. `batch` is what the last one to be flushed was owed, which this one
    /// may be owed too.
    pub(crate) fn flush(&self, batch: &mut Batch) -> Flush {
        let mut writer = self.writer();
        loop {
            if self.has_ended() {
                return Flush::Ended;
            }
            if !self.is_admitted() {
                return Flush::UpToDate;
            }
            let limit = self.published.get();
            self.take_mail(&mut writer);
            let wrote = match writer.is_only_behind() && !writer.skips(self.wire.dialect()) {
                true => self.write_batch(&mut writer, batch, limit),
                false => self.write_next(&mut writer, batch, limit),
            };
            match wrote {
                Ok(Wrote::Part) => {
                    self.blocked.store(true, Ordering::SeqCst);
                    return Flush::Blocked;
                }
                Ok(Wrote::All) if writer.closing => {
                    self.abandon();
                    return Flush::Ended;
                }
                Ok(wrote) => {
                    writer.stalled_since = None;
                    if self.is_blocked() {
                        self.blocked.store(false, Ordering::SeqCst);
                    }
                    if wrote == Wrote::All && self.is_up_to_date(limit) {
                        return Flush::UpToDate;
                    }
                }
                Err(Failure::FellOut) => {
                    writer.cursors.clear();
                    self.fell_out.store(true, Ordering::SeqCst);
                    return Flush::FellOut;
                }
                Err(Failure::Gone) => {
                    self.abandon();
                    return Flush::Ended;
                }
            }
        }
    }

    /// One write of what everybody is owed who was where this one is.
    fn write_batch(
        &self,
        writer: &mut Writer,
        batch: &mut Batch,
        limit: Stamp,
    ) -> Result<Wrote, Failure> {
        let [cursor] = &mut writer.cursors[..] else { return Ok(Wrote::All) };
        batch.gather(cursor, limit)?;
        if batch.is_empty() {
            return Ok(Wrote::All);
        }
        cursor.next = batch.end();
        let dialect = self.wire.dialect();
        let bytes = batch.bytes(dialect);
        // Not everything that happens is something to read.
        let taken = if bytes.is_empty() { 0 } else { self.send(&[IoSlice::new(bytes)])? };
        let is_all = taken == bytes.len();
        batch.tally.deliveries += batch.len();
        batch.tally.bytes += taken as u64;
        if !is_all {
            writer.keep(batch.pieces(), taken, dialect);
            return Ok(Wrote::Part);
        }
        Ok(if batch.is_full() { Wrote::Some } else { Wrote::All })
    }

    /// One gathering write of what comes next for this one alone.
    fn write_next(
        &self,
        writer: &mut Writer,
        batch: &mut Batch,
        limit: Stamp,
    ) -> Result<Wrote, Failure> {
        let Batch { own: pieces, tally, .. } = batch;
        let dialect = self.wire.dialect();
        if writer.unwritten.is_empty() && self.gather(writer, limit, pieces).is_err() {
            // The entries that fell out of the ring cannot be told any more; what came before them, and a goodbye, still can.
            writer.keep(pieces.drain(..), 0, dialect);
            return Err(Failure::FellOut);
        }
        if pieces.is_empty() && writer.unwritten.is_empty() {
            return Ok(Wrote::All);
        }
        let was_all = writer.unwritten.is_empty() && pieces.len() < MAX_SLICES && !writer.closing;
        for piece in pieces.iter_mut() {
            tally.deliveries += piece.len();
            piece.encode(dialect);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        let mut skip = writer.written;
        for piece in writer.unwritten.iter().chain(pieces.iter()).take(MAX_SLICES) {
            let bytes = &piece.bytes(dialect)[std::mem::take(&mut skip)..];
            if !bytes.is_empty() {
                slices[count] = IoSlice::new(bytes);
                count += 1;
            }
        }
        let total: usize = slices[..count].iter().map(|slice| slice.len()).sum();
        let sent = match count {
            0 => Ok(0),
            _ => self.send(&slices[..count]),
        };
        let taken = sent.inspect_err(|_| pieces.clear())?;
        tally.bytes += taken as u64;
        if taken == total && writer.unwritten.len() + pieces.len() <= MAX_SLICES {
            writer.unwritten = VecDeque::new();
            writer.written = 0;
            pieces.clear();
            return Ok(if was_all { Wrote::All } else { Wrote::Some });
        }
        writer.keep(pieces.drain(..), taken, dialect);
        Ok(Wrote::Part)
    }

    /// How much of it the socket takes now.
    fn send(&self, slices: &[IoSlice<'_>]) -> Result<usize, Failure> {
        match self.wire.transport().write(slices) {
            Ok(0) => Err(Failure::Gone),
            Ok(taken) => Ok(taken),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(_) => Err(Failure::Gone),
        }
    }

    /// Whether nothing was published and no mail came since `limit` was read. A shard that passed by while `blocked` was set relies on
    /// this second look after it is cleared.
    fn is_up_to_date(&self, limit: Stamp) -> bool {
        self.published.get() == limit && !self.has_mail.load(Ordering::SeqCst)
    }

    fn gather(
        &self,
        writer: &mut Writer,
        limit: Stamp,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), FellOut> {
        let reader = Reader { id: self.id, dialect: self.wire.dialect() };
        let result = writer.gather(&reader, limit, pieces);
        self.waiting.fetch_sub(std::mem::take(&mut writer.gathered), Ordering::SeqCst);
        result
    }

    fn take_mail(&self, writer: &mut Writer) {
        if self.has_mail.load(Ordering::SeqCst) {
            let mut mailbox = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
            self.has_mail.store(false, Ordering::SeqCst);
            if writer.mail.is_empty() {
                writer.mail = std::mem::take(&mut mailbox.mail);
            } else {
                writer.mail.append(&mut mailbox.mail);
            }
        }
    }

    /// Whether a cursor fell out of its ring. Does not wait for a write that is under way.
    pub(crate) fn has_fallen_out(&self) -> bool {
        self.fell_out.load(Ordering::SeqCst)
            || self.is_blocked() && self.writer.try_lock().is_ok_and(|writer| writer.is_behind())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
