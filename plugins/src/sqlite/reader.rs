//! The thread that reads, and what is read of rooms.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OptionalExtension, params};
use salotto::protocol::{Page, Place};
use salotto::store::{Answer, Found, Import, PAGE, PageQuery, StoreError};
use salotto::{Entry, EntryId, EntryKind, RoomName, Timestamp};

use super::left::{Left, TAILS};
use super::lock;
use super::rows::{self, COLUMNS, entry, place};

/// Reads that may wait; more than the hub lets wait at a time.
const WAITING: usize = 2048;
/// About so many bytes go on a page, but for an entry that has more alone.
const PAGE_BYTES: usize = 64 * 1024;
/// So many entries of a room are read when a server starts.
const TAIL: usize = 512;

type Read = Box<dyn FnOnce(&mut Connection) + Send>;

/// See the module.
#[derive(Debug)]
pub(super) struct Reader(Mutex<Option<(SyncSender<Read>, JoinHandle<()>)>>);

impl Reader {
    pub(super) fn spawn(mut connection: Connection) -> io::Result<Self> {
        let (sender, reads) = sync_channel::<Read>(WAITING);
        let work = move || {
            while let Ok(read) = reads.recv() {
                read(&mut connection);
            }
        };
        // Ends when the sender is dropped.
        let thread = thread::Builder::new().name("salotto-reader".into()).spawn(work)?;
        Ok(Self(Mutex::new(Some((sender, thread)))))
    }

    /// Reads something when its turn has come.
    pub(super) fn run<T: 'static>(
        &self,
        answer: Answer<T>,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) {
        let guard = lock(&self.0);
        let Some((reads, _)) = guard.as_ref() else {
            // It is closed, and so is whoever asks.
            return;
        };
        let both = Box::new(move |connection: &mut Connection| answer(read(connection)));
        // There are fewer who may ask at a time than may wait. Were there more, their answers would be dropped, which they learn.
        let _ = reads.try_send(both);
    }

    pub(super) fn close(&self) {
        if let Some((reads, thread)) = lock(&self.0).take() {
            drop(reads);
            // One that panicked has reported it.
            let _ = thread.join();
        }
    }
}

/// What rooms left: all last ids, and the last entries of those that were used last.
pub(super) fn left(connection: &Connection) -> rusqlite::Result<Left> {
    let mut left = Left::default();
    let mut query =
        connection.prepare("SELECT number, name, form, last FROM rooms ORDER BY time DESC")?;
    let mut rows = query.query([])?;
    let mut space = TAILS;
    while let Some(row) = rows.next()? {
        let (number, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let (form, last): (String, i64) = (row.get(2)?, row.get(3)?);
        let last = last.unsigned_abs();
        let tail = match room_name(&name) {
            Some(room) if space > 0 => tail(connection, &room, number, last, TAIL.min(space))?,
            _ => Vec::new(),
        };
        space -= tail.len();
        left.put(form, last, tail);
    }
    Ok(left)
}

/// The last entries of a room, up to `last` and without a gap.
fn tail(
    connection: &Connection,
    room: &RoomName,
    number: i64,
    last: EntryId,
    most: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let range = Range { from: 0, to: last };
    let mut entries = select(connection, room, number, (range, Kind::Any), true, most)?;
    let follows = entries.iter().zip((1..=last).rev()).take_while(|(entry, id)| entry.id == *id);
    let follows = follows.count();
    entries.truncate(follows);
    entries.reverse();
    Ok(entries)
}

/// What whoever opens a room is shown of what is being imported into it.
pub(super) fn imported_tail(import: &Import) -> Vec<Entry> {
    let ids = 1..=import.entries.len() as EntryId;
    let entries = ids.zip(&import.entries).skip(import.entries.len().saturating_sub(TAIL));
    let entry = |(id, (time, what)): (EntryId, &(Timestamp, EntryKind))| Entry {
        room: import.room.clone(),
        id,
        time: *time,
        what: what.clone(),
    };
    entries.map(entry).collect()
}

pub(super) fn values(connection: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let mut query = connection.prepare("SELECT namespace, key, value FROM shared")?;
    let values = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    values.collect()
}

/// The rooms that were used last.
pub(super) fn rooms(connection: &Connection, limit: usize) -> Result<Vec<Found>, StoreError> {
    let read = || {
        let query = "SELECT name, last FROM rooms ORDER BY time DESC LIMIT ?1";
        let mut query = connection.prepare_cached(query)?;
        let found = query.query_map([limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect::<rusqlite::Result<Vec<(String, i64)>>>()
    };
    let found = read().map_err(unreadable)?.into_iter();
    let found = found.filter_map(|(name, last)| {
        Some(Found { room: room_name(&name)?, last: last.unsigned_abs() })
    });
    Ok(found.collect())
}

/// A part of a room.
pub(super) fn page(connection: &Connection, query: &PageQuery) -> Result<Page, StoreError> {
    read_page(connection, query).map_err(unreadable)
}

fn read_page(connection: &Connection, query: &PageQuery) -> rusqlite::Result<Page> {
    let Some(number) = number(connection, &query.room)? else { return Ok(Page::default()) };
    let (room, limit) = (&query.room, query.limit.clamp(1, PAGE));
    let all = Range { from: query.since, to: EntryId::MAX };
    let until = |id: EntryId| Range { to: id, ..all };
    let from = |id: EntryId| Range { from: id.max(all.from), ..all };
    let kind = if query.only_messages { Kind::Messages } else { Kind::Any };
    let read = |range, newest_first, most| {
        select(connection, room, number, (range, kind), newest_first, most)
    };
    let mut entries = match query.place {
        Place::Last => reversed(read(all, true, limit)?),
        Place::Before(0) => Vec::new(),
        Place::Before(id) => reversed(read(until(id - 1), true, limit)?),
        Place::After(id) => read(from(id.saturating_add(1)), false, limit)?,
        Place::Around(id) => {
            let after = read(from(id), false, limit.div_ceil(2))?;
            let before = match id {
                0 => Vec::new(),
                id => reversed(read(until(id - 1), true, limit - after.len().min(limit))?),
            };
            before.into_iter().chain(after).collect()
        }
    };
    shorten(&mut entries, query.place);
    let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.id, last.id));
    let (older, newer) = match (ends, query.place) {
        (Some((first, last)), _) => (
            first > 1 && !read(until(first - 1), true, 1)?.is_empty(),
            !read(from(last + 1), false, 1)?.is_empty(),
        ),
        // Nothing on that side; there may be something on the other.
        (None, Place::Before(id)) => (false, !read(from(id), false, 1)?.is_empty()),
        (None, Place::After(id)) => (!read(until(id), true, 1)?.is_empty(), false),
        (None, Place::Last | Place::Around(_)) => (false, false),
    };
    Ok(Page { entries, older, newer })
}

/// Leaves out what would make a page too long, on the side away from what was asked for.
fn shorten(entries: &mut Vec<Entry>, place: Place) {
    let bytes = |entry: &Entry| match &entry.what {
        EntryKind::Message { text, .. } | EntryKind::Notice { text, .. } => text.len() + 64,
        _ => 64,
    };
    let fits = |entries: &mut dyn Iterator<Item = &Entry>| {
        let mut space = PAGE_BYTES;
        let fits = |entry: &&Entry| {
            let is_first = space == PAGE_BYTES;
            let left = space.checked_sub(bytes(entry));
            space = left.unwrap_or(0);
            is_first || left.is_some()
        };
        entries.take_while(fits).count()
    };
    match place {
        Place::After(_) | Place::Around(_) => {
            let fit = fits(&mut entries.iter());
            entries.truncate(fit);
        }
        Place::Last | Place::Before(_) => {
            let fit = fits(&mut entries.iter().rev());
            entries.drain(..entries.len() - fit);
        }
    }
}

/// Ids, both ends included.
#[derive(Debug, Clone, Copy)]
struct Range {
    from: EntryId,
    to: EntryId,
}

/// Which entries are read.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Any,
    Messages,
}

fn select(
    connection: &Connection,
    room: &RoomName,
    number: i64,
    (range, kind): (Range, Kind),
    newest_first: bool,
    most: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let order = if newest_first { "DESC" } else { "ASC" };
    let condition = match kind {
        Kind::Any => "",
        Kind::Messages => "AND text IS NOT NULL",
    };
    let mut query = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM entries WHERE place BETWEEN ?1 AND ?2 {condition} ORDER BY place {order} LIMIT ?3"
    ))?;
    let (from, to) = (place(number, range.from), place(number, range.to));
    let found = query.query_map(params![from, to, most as i64], |row| entry(room, row))?;
    found.collect()
}

/// The number of a room that is known.
pub(super) fn number(connection: &Connection, room: &RoomName) -> rusqlite::Result<Option<i64>> {
    let query = "SELECT number FROM rooms WHERE form = ?1";
    let mut query = connection.prepare_cached(query)?;
    query.query_row([rows::form(room)], |row| row.get(0)).optional()
}

pub(super) fn room_name(name: &str) -> Option<RoomName> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

pub(super) fn unreadable(error: rusqlite::Error) -> StoreError {
    StoreError(format!("what is kept cannot be read: {error}; tell the operator"))
}

fn reversed(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.reverse();
    entries
}
