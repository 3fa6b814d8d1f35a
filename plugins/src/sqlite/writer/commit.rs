//! One transaction of what has come: entries, last ids, small values, messages that are deleted.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Statement, params};
use salotto::store::{Answer, Import, RoomEntries, StoreError};
use salotto::{EntryId, EntryKind, RoomName};

use super::index::{indexed, unindex};
use super::transaction::transact;
use super::{Writer, used};
use crate::sqlite::queue::Job;
use crate::sqlite::rows::{self, EntryRow, place};

/// What is known of a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownRoom {
    number: i64,
    last: EntryId,
    /// When its last entry was.
    time: i64,
}

/// So many rooms are remembered; the rest is looked up again.
const KNOWN: usize = 10_000;

/// Who asked for a deletion, and whether there was something to delete.
type Deleted = Vec<(Answer<bool>, bool)>;

impl Writer {
    /// Writes all of it or nothing. Returns how many entries were kept.
    pub(super) fn commit(&mut self, jobs: &mut [Job]) -> rusqlite::Result<u64> {
        let Self { connection, rooms, behind, .. } = self;
        if rooms.len() > KNOWN {
            rooms.clear();
        }
        let (mut deleted, mut kept) = (Vec::new(), 0);
        transact(connection, |connection| {
            for (index, job) in jobs.iter().enumerate() {
                match job {
                    Job::Turn(turn) => {
                        for entries in &turn.rooms {
                            let room = match rooms.get(&entries.room) {
                                Some(room) => *room,
                                None => known_room(connection, &entries.room)?,
                            };
                            let room = keep(connection, room, entries)?;
                            rooms.insert(entries.room.clone(), room);
                            if entries.kept {
                                behind.insert(room.number);
                                kept += entries.len() as u64;
                            }
                        }
                    }
                    Job::Values(values) => {
                        for ((namespace, key), value) in values {
                            set(connection, namespace, key, value.as_deref())?;
                        }
                    }
                    Job::Delete { room, id, .. } => {
                        deleted.push((index, delete(connection, room, *id)?));
                    }
                    Job::Retain { .. } | Job::Import { .. } | Job::Index { .. } => {}
                }
            }
            Ok(())
        })?;
        answer_deletions(jobs, deleted);
        Ok(kept)
    }

    /// Puts entries of before into a room of which nothing is known.
    pub(super) fn import(&mut self, import: &Import) -> rusqlite::Result<Result<u64, StoreError>> {
        let imported = transact(&self.connection, |connection| {
            let mut room = known_room(connection, &import.room)?;
            if room.last > 0 {
                return Ok(Err(used(&import.room)));
            }
            let mut insert = insert_entry(connection)?;
            for (time, what) in &import.entries {
                room.last += 1;
                let row = EntryRow::of(*time, what);
                room.time = room.time.max(row.time);
                insert_row(&mut insert, room, room.last, &row)?;
            }
            set_last(connection, room)?;
            Ok(Ok(import.entries.len() as u64))
        })?;
        self.rooms.remove(&import.room);
        Ok(imported)
    }
}

fn answer_deletions(jobs: &mut [Job], deleted: Vec<(usize, bool)>) {
    let mut answers: Deleted = Vec::new();
    for (index, was_there) in deleted {
        if let Some(Job::Delete { answer, .. }) = jobs.get_mut(index) {
            answers.extend(answer.take().map(|answer| (answer, was_there)));
        }
    }
    for (answer, was_there) in answers {
        answer(Ok(was_there));
    }
}

/// Keeps the entries of a room, or their last id alone, which nothing else would tell.
fn keep(
    connection: &Connection,
    mut room: KnownRoom,
    entries: &RoomEntries,
) -> rusqlite::Result<KnownRoom> {
    if entries.kept {
        let mut insert = insert_entry(connection)?;
        for entry in entries.entries() {
            let row = EntryRow::of(entry.time, &entry.what);
            insert_row(&mut insert, room, entry.id, &row)?;
        }
    }
    if let Some(last) = entries.entries().last() {
        room.last = room.last.max(last.id);
        room.time = room.time.max(rows::milliseconds(last.time));
    }
    if !entries.kept {
        set_last(connection, room)?;
    }
    Ok(room)
}

fn insert_entry(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached("INSERT OR IGNORE INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
}

/// Writes an entry, unless there is one of its id.
fn insert_row(
    insert: &mut Statement<'_>,
    room: KnownRoom,
    id: EntryId,
    row: &EntryRow<'_>,
) -> rusqlite::Result<()> {
    let place = place(room.number, id);
    let EntryRow { time, kind, sender, text, more } = row;
    insert.execute(params![place, time, kind, sender, text, more]).map(|_| ())
}

/// A room as it is in the database; from now on it is there.
fn known_room(connection: &Connection, room: &RoomName) -> rusqlite::Result<KnownRoom> {
    let form = rows::form(room);
    let known = connection
        .prepare_cached("SELECT number, last, time FROM rooms WHERE form = ?1")?
        .query_row([&form], |row| {
            let last: i64 = row.get(1)?;
            Ok(KnownRoom { number: row.get(0)?, last: last.unsigned_abs(), time: row.get(2)? })
        })
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    connection
        .prepare_cached("INSERT INTO rooms (name, form, last, time) VALUES (?1, ?2, 0, 0)")?
        .execute([room.as_str(), &form])?;
    Ok(KnownRoom { number: connection.last_insert_rowid(), last: 0, time: 0 })
}

fn set_last(connection: &Connection, room: KnownRoom) -> rusqlite::Result<()> {
    let KnownRoom { number, last, time } = room;
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    connection
        .prepare_cached("UPDATE rooms SET last = ?2, time = ?3 WHERE number = ?1")?
        .execute([number, last, time])
        .map(|_| ())
}

fn set(
    connection: &Connection,
    namespace: &str,
    key: &str,
    value: Option<&str>,
) -> rusqlite::Result<()> {
    match value {
        Some(value) => connection
            .prepare_cached("INSERT OR REPLACE INTO shared VALUES (?1, ?2, ?3)")?
            .execute([namespace, key, value]),
        None => connection
            .prepare_cached("DELETE FROM shared WHERE namespace = ?1 AND key = ?2")?
            .execute([namespace, key]),
    }
    .map(|_| ())
}

/// Puts a mark in the place of a message; its words are forgotten too.
fn delete(connection: &Connection, room: &RoomName, id: EntryId) -> rusqlite::Result<bool> {
    let number = known_room(connection, room)?.number;
    let place = place(number, id);
    let query = "SELECT text, sender FROM entries WHERE place = ?1 AND text IS NOT NULL";
    let found: Option<(String, String)> =
        connection.query_row(query, [place], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((text, sender)) = found else { return Ok(false) };
    unindex(connection, indexed(connection, number)?, place, &text, &sender)?;
    let removed = EntryRow::of(rows::timestamp(0), &EntryKind::Removed);
    connection.execute(
        "UPDATE entries SET kind = ?2, sender = NULL, text = NULL, more = ?3 WHERE place = ?1",
        params![place, removed.kind, removed.more],
    )?;
    Ok(true)
}
