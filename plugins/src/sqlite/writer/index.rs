//! The index of words follows what is kept, thousands of messages at a time, which costs a fraction of one at a time. Each room says up to where it is indexed, so that a
//! server that was killed goes on there.

use rusqlite::{Connection, OptionalExtension, params};
use salotto::EntryId;

use super::Writer;
use super::transaction::transact;
use crate::sqlite::rooms;
use crate::sqlite::rows::{LAST_ID, id_of, place};

/// Entries that one transaction indexes: some milliseconds, in which nobody's message is kept.
const STEP: i64 = 2048;

impl Writer {
    /// Puts every message into the index that is not in it. What comes meanwhile is written in between.
    pub(super) fn index(&mut self) -> rusqlite::Result<()> {
        self.catch_up()?;
        while let Some((number, indexed)) = self.next_unindexed()? {
            self.index_step(number, indexed)?;
            self.write_waiting()?;
            self.catch_up()?;
        }
        self.set_unindexed(0);
        self.measure();
        Ok(())
    }

    /// Has rooms say how far they go in which something was kept.
    fn catch_up(&mut self) -> rusqlite::Result<()> {
        if self.behind.is_empty() {
            return Ok(());
        }
        transact(&self.connection, |connection| {
            self.behind.iter().try_for_each(|number| rooms::catch_up(connection, *number))
        })?;
        self.behind.clear();
        Ok(())
    }

    /// A room with messages that are not in the index, and up to where it is.
    fn next_unindexed(&self) -> rusqlite::Result<Option<(i64, i64)>> {
        let query = "SELECT number, indexed FROM rooms WHERE indexed < last LIMIT 1";
        let mut query = self.connection.prepare_cached(query)?;
        query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    fn index_step(&mut self, number: i64, indexed: i64) -> rusqlite::Result<()> {
        let from = place(number, indexed.unsigned_abs().saturating_add(1));
        let to = place(number, LAST_ID);
        transact(&self.connection, |connection| {
            let last: Option<i64> = connection
                .prepare_cached(
                    "SELECT place FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1 OFFSET ?3",
                )?
                .query_row([from, to, STEP - 1], |row| row.get(0))
                .optional()?;
            connection
                .prepare_cached(
                    "INSERT INTO words(rowid, text, sender) SELECT place, text, sender FROM entries
                    WHERE place BETWEEN ?1 AND ?2 AND text IS NOT NULL ORDER BY place",
                )?
                .execute([from, last.unwrap_or(to)])?;
            let sql = match last {
                Some(_) => "UPDATE rooms SET indexed = ?2 WHERE number = ?1",
                // Also past the ids of what is not kept.
                None => "UPDATE rooms SET indexed = max(last, ?2) WHERE number = ?1",
            };
            let upto = last.map_or(0, |last| id_of(last) as i64);
            connection.prepare_cached(sql)?.execute([number, upto]).map(|_| ())
        })
    }
}

/// Takes a message out of the index, where it is in it.
pub(super) fn unindex(
    connection: &Connection,
    indexed: EntryId,
    place: i64,
    text: &str,
    sender: &str,
) -> rusqlite::Result<()> {
    if id_of(place) > indexed {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO words(words, rowid, text, sender) VALUES ('delete', ?1, ?2, ?3)",
        )?
        .execute(params![place, text, sender])
        .map(|_| ())
}

/// Up to where a room is in the index.
pub(super) fn indexed(connection: &Connection, number: i64) -> rusqlite::Result<EntryId> {
    let query = "SELECT indexed FROM rooms WHERE number = ?1";
    let indexed: Option<i64> =
        connection.prepare_cached(query)?.query_row([number], |row| row.get(0)).optional()?;
    Ok(indexed.unwrap_or(0).unsigned_abs())
}
