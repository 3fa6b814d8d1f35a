//! Where what must survive a restart is kept: the seam between a server and whoever keeps it, a database for example.
//!
//! Core knows no database. A server that is given a store ([`ServerBuilder::store`](crate::ServerBuilder::store)) asks it what was there when a room opens, hands it what
//! happened, turn by turn, and shows people nothing that has yet to be kept: the echo of a message means that it is on the disk. Without a store nothing is kept and
//! nothing is paid.
//!
//! What of it is worth keeping is for a plugin to say ([`Context::keep_history`](crate::Context::keep_history)). Without one a store is told of ids alone, so that they go on after
//! a restart.

mod acknowledge;
mod query;
mod turn;

use std::fmt;
use std::path::Path;

use crate::protocol::entry::Entry;
use crate::protocol::history::Page;
use crate::protocol::ids::EntryId;
use crate::protocol::name::RoomName;
use crate::protocol::status::StoreStatus;
use crate::protocol::timestamp::Timestamp;

pub use acknowledge::Acknowledge;
pub(crate) use acknowledge::News;
pub use query::{Answer, Found, Import, PAGE, PageQuery, Retention, SearchQuery, StoreError};
pub use turn::{RoomEntries, Turn};

/// Keeps what must survive a restart.
///
/// # What the hub relies on
/// - **Nothing here waits** for a disk, but for [`close`](Self::close): the hub calls it in its turn. What takes time is done on threads of the store, and answered through
///   [`Acknowledge`] or through the [`Answer`] that was handed over, which must be called once, from any thread but that of the call.
/// - **Order**: what is handed over is kept in the order of the calls ([`append`](Self::append), [`set`](Self::set), [`delete`](Self::delete)); a page or a search sees what was
///   acknowledged before it was asked for.
/// - **Ids**: no entry is kept twice, and none without those before it. What cannot be kept while a disk fails is held, within a bound, and kept when the disk is
///   back; what is lost for good is counted and said ([`Acknowledge::working`]).
/// - **One server**: two never share what one store keeps. It is for the store to refuse that when it is opened.
///
/// # What the store relies on
/// - Turns come in order, their numbers only grow, and the ids of a room follow on without a gap, from the one after [`Opened::last`] on; of one that several servers share
///   something may be missing, which happened while this one was away, and is kept elsewhere.
/// - Not much more than a quarter of a timeline is handed over before the hub waits for an acknowledgement, unless the store is failing.
/// - A room is opened before something is appended to it, and closed once.
pub trait Store: fmt::Debug + Send + Sync {
    /// What the ids of entries belong to. The same for as long as no id that somebody was shown can stand for something else; a store that may have lost what
    /// people have seen has another from then on.
    fn epoch(&self) -> String;

    /// The server starts: from here on it is told what was kept, and whether it can be, through this.
    fn attach(&self, acknowledge: Acknowledge);

    /// All small values that are kept, as `(namespace, key, value)`. Asked once, before the hub runs.
    fn values(&self) -> Vec<(String, String, String)>;

    /// A room opens: where its ids go on, and its last entries.
    fn opened(&self, room: &RoomName) -> Opened;

    /// A room closes. Its last entry, and those that whoever opens it again may be shown, are handed back; `tail` ends with the entry `last`, or is empty.
    fn closed(&self, room: &RoomName, last: EntryId, tail: Vec<Entry>);

    /// Takes what a turn brought, to keep it. Returns whether it is to be seen only once it was [acknowledged](Acknowledge::committed): a store that is
    /// not durable, or failing, says no.
    fn append(&self, turn: Turn) -> bool;

    /// Keeps a small value in place of what was there, or with `None` forgets it. It is acknowledged with the turn in which it is set.
    fn set(&self, namespace: &str, key: &str, value: Option<&str>);

    /// Reads a part of what is kept of a room.
    fn page(&self, query: PageQuery, answer: Answer<Page>);

    /// Answers with the id of the first entry of a room at this time or later; where there is none, with the one that comes next.
    fn first_at(&self, room: &RoomName, time: Timestamp, answer: Answer<EntryId>);

    /// Looks for messages, newest first.
    fn search(&self, query: SearchQuery, answer: Answer<Vec<Entry>>);

    /// Puts a mark ([`EntryKind::Removed`](crate::EntryKind::Removed)) in the place of a message that is kept, and forgets its text. Answers with whether there was one.
    fn delete(&self, room: &RoomName, id: EntryId, answer: Answer<bool>);

    /// Forgets what is older, or more, than it says. Answers with how many entries that were.
    fn retain(&self, retention: Retention, answer: Answer<u64>);

    /// Keeps entries of before in a room that was never used; ids are given anew. In one that was they would have to come first, and ids only grow. Answers with how many there were.
    fn import(&self, import: Import, answer: Answer<u64>);

    /// The rooms of which something is kept, the most recent first, at most this many.
    fn rooms(&self, limit: usize, answer: Answer<Vec<Found>>);

    /// Writes a copy of everything to a file that must not exist, while the server goes on. Answers with its bytes.
    fn backup(&self, file: &Path, answer: Answer<u64>);

    /// How it is doing, from memory.
    fn status(&self) -> StoreStatus;

    /// The server has stopped: keeps what is left, within a few seconds, and lets go of everything, so that another server may have it. Waits for the disk, and is
    /// not called by the hub. Later calls do nothing.
    fn close(&self);
}

/// What a room finds that opens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Opened {
    /// The last id that was given in it; 0 where there was none.
    pub last: EntryId,
    /// Its last entries, without a gap and up to `last`; empty where they are not kept.
    pub tail: Vec<Entry>,
}
