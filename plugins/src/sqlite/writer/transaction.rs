//! One transaction of the writer: all of it or nothing. Its statements are kept, because those that begin and end one are run as often as any other.

use rusqlite::Connection;

/// Does something in a transaction that nobody else writes in.
pub(super) fn transact<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    run("BEGIN IMMEDIATE")?;
    let done = work(connection).and_then(|done| run("COMMIT").map(|_| done));
    if done.is_err() && !connection.is_autocommit() {
        // Where SQLite has not done so by itself. What went wrong is told already.
        let _ = run("ROLLBACK");
    }
    done
}
