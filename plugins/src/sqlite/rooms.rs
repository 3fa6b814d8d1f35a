//! How far rooms go. What is kept in a room says so by itself, so its row, which would be one page more in every commit, follows some thousand entries at a time, before
//! anything is forgotten, and when a file is opened that a server left in the middle of it.

use rusqlite::Connection;

use super::rows::LAST_ID;

/// Of each room that has entries beyond what its row says, the row says it from now on.
const FOLLOW: &str = "
    UPDATE rooms SET (last, time) = (
        SELECT place & ?1, max(rooms.time, entries.time) FROM entries
        WHERE place BETWEEN number << 40 AND (number << 40) + ?1 ORDER BY place DESC LIMIT 1
    )
    WHERE EXISTS (
        SELECT 1 FROM entries WHERE place BETWEEN (number << 40) + last + 1 AND (number << 40) + ?1
    )";

/// Brings one room up to date.
pub(super) fn catch_up(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    let mut follow = connection.prepare_cached(&format!("{FOLLOW} AND number = ?2"))?;
    follow.execute([LAST_ID as i64, number]).map(|_| ())
}

/// Brings all of them up to date.
pub(super) fn catch_up_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(FOLLOW, [LAST_ID as i64]).map(|_| ())
}
