//! Retention: what is too old, or too much, is deleted, in steps between which others may write, and its space is given back.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension};
use salotto::Timestamp;
use salotto::store::Retention;

use super::Writer;
use super::index::{indexed, unindex};
use super::transaction::transact;
use crate::sqlite::rooms;
use crate::sqlite::rows::{LAST_ID, form, milliseconds, place};

/// Entries that are forgotten in one transaction.
const STEP: usize = 500;
/// Longer than anybody can come back for.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Pages that are given back at a time.
const PAGES: i64 = 1000;

impl Writer {
    /// Forgets what it is asked to. Returns how many entries that were.
    pub(super) fn forget(&mut self, retention: &Retention) -> rusqlite::Result<u64> {
        let mut forgotten = 0;
        let since = retention.keep.and_then(|keep| SystemTime::now().checked_sub(keep));
        for (number, room_form) in self.room_numbers()? {
            if retention.unkept.iter().any(|room| form(room) == room_form) {
                forgotten += self.forget_before(number, i64::MAX)?;
            } else if let Some(since) = since {
                forgotten += self.forget_before(number, milliseconds(Timestamp::from(since)))?;
            }
        }
        if let Some(most) = retention.max_bytes {
            while self.used_bytes()? > most {
                let step = self.forget_oldest()?;
                if step == 0 {
                    break;
                }
                forgotten += step;
            }
        }
        self.forget_rooms()?;
        if forgotten > 0 {
            self.give_back()?;
        }
        Ok(forgotten)
    }

    /// Rooms of which nothing is left, and to which nobody comes back any more, are forgotten with their last ids.
    fn forget_rooms(&mut self) -> rusqlite::Result<()> {
        let since = SystemTime::now().checked_sub(UNUSED).unwrap_or(SystemTime::UNIX_EPOCH);
        let forgotten = self.connection.execute(
            "DELETE FROM rooms WHERE time < ?1 AND NOT EXISTS (
                SELECT 1 FROM entries WHERE place BETWEEN number << 40 AND (number << 40) + ?2
            )",
            [milliseconds(Timestamp::from(since)), place(0, LAST_ID)],
        )?;
        if forgotten > 0 {
            // One that is open still is written anew.
            self.rooms.clear();
        }
        Ok(())
    }

    fn room_numbers(&self) -> rusqlite::Result<Vec<(i64, String)>> {
        let mut query = self.connection.prepare_cached("SELECT number, form FROM rooms")?;
        let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect()
    }

    /// Forgets what a room has of before a time, the oldest first.
    fn forget_before(&mut self, number: i64, time: i64) -> rusqlite::Result<u64> {
        let mut forgotten = 0;
        loop {
            let step = self.forget_step(number, time)?;
            forgotten += step;
            if step < STEP as u64 {
                return Ok(forgotten);
            }
            self.write_waiting()?;
        }
    }

    /// Forgets the oldest entries of the room that has the oldest of all.
    fn forget_oldest(&mut self) -> rusqlite::Result<u64> {
        let mut oldest: Option<(i64, i64)> = None;
        for (number, _) in self.room_numbers()? {
            let first: Option<i64> = self
                .connection
                .prepare_cached(
                    "SELECT time FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1",
                )?
                .query_row([place(number, 0), place(number, LAST_ID)], |row| row.get(0))
                .optional()?;
            let first = first.map(|time| (time, number));
            oldest = [oldest, first].into_iter().flatten().min();
        }
        let Some((_, number)) = oldest else { return Ok(0) };
        let step = self.forget_step(number, i64::MAX)?;
        self.write_waiting()?;
        Ok(step)
    }

    /// One transaction: the oldest entries of a room, as far as they are of before a time. Its last id is not forgotten with them.
    fn forget_step(&mut self, number: i64, time: i64) -> rusqlite::Result<u64> {
        transact(&self.connection, |connection| {
            rooms::catch_up(connection, number)?;
            let old = oldest(connection, number, time)?;
            let indexed = indexed(connection, number)?;
            for (place, text, sender) in &old {
                if let (Some(text), Some(sender)) = (text, sender) {
                    unindex(connection, indexed, *place, text, sender)?;
                }
            }
            if let (Some((first, ..)), Some((last, ..))) = (old.first(), old.last()) {
                connection
                    .prepare_cached("DELETE FROM entries WHERE place BETWEEN ?1 AND ?2")?
                    .execute([first, last])?;
            }
            Ok(old.len() as u64)
        })
    }

    /// What is in use, without the pages that are free.
    fn used_bytes(&self) -> rusqlite::Result<u64> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get(0));
        let (pages, free, size): (i64, i64, i64) =
            (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
        Ok(((pages - free) * size).unsigned_abs())
    }

    /// Gives the space of what was forgotten back to the disk, with what the log of changes still says of it.
    fn give_back(&mut self) -> rusqlite::Result<()> {
        loop {
            let free: i64 =
                self.connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            if free == 0 {
                break;
            }
            // It returns a row for each page that it gives back.
            let mut vacuum =
                self.connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(vacuum);
            let left: i64 =
                self.connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            if left >= free {
                break;
            }
            self.write_waiting()?;
        }
        // A reader at this moment keeps part of the log until the next time.
        let mut checkpoint = self.connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)")?;
        let mut rows = checkpoint.query([])?;
        while rows.next()?.is_some() {}
        drop(rows);
        drop(checkpoint);
        self.measure();
        Ok(())
    }
}

/// Where an entry is, with its text and sender if it is a message.
type Old = (i64, Option<String>, Option<String>);

/// The oldest entries of a room, as far as they are of before a time.
fn oldest(connection: &Connection, number: i64, time: i64) -> rusqlite::Result<Vec<Old>> {
    let mut old = Vec::new();
    let mut query = connection.prepare_cached(
        "SELECT place, time, text, sender FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT ?3",
    )?;
    let mut rows = query.query([place(number, 0), place(number, LAST_ID), STEP as i64])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(1)?;
        if at >= time {
            break;
        }
        old.push((row.get(0)?, row.get(2)?, row.get(3)?));
    }
    Ok(old)
}
