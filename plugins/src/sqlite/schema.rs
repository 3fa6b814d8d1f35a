//! The tables, and how those of an earlier version become those of this one.

use rusqlite::{Connection, OptionalExtension};
use salotto::protocol::digest;

use super::Words;

/// The version of the tables that this program writes. Each step of [`STEPS`] leads to the next one.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// "Salo", by which a database is known to be one of ours.
pub(super) const APPLICATION: i64 = 0x5361_6c6f;

/// What leads from each version to the next, the first from an empty file. Steps are never changed once they were released: files that they made are out there.
pub(super) const STEPS: [Step; 4] = [
    Step::Sql(
        "
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE rooms (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            form TEXT NOT NULL UNIQUE,
            last INTEGER NOT NULL,
            time INTEGER NOT NULL
        );
        CREATE TABLE entries (
            place INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            sender TEXT,
            text TEXT,
            more TEXT
        );
        CREATE TABLE shared (
            namespace TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (namespace, key)
        ) WITHOUT ROWID;
        ",
    ),
    // Up to where the words of a room are in the index: they are put there some at a time.
    Step::Sql(
        "
        ALTER TABLE rooms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
        UPDATE rooms SET indexed = last;
        ",
    ),
    Step::Change(digest_secrets),
    // The tables are the same. A program of before would believe what a room says of its last id, which may be behind its entries from here on.
    Step::Sql(""),
];

/// One step.
pub(super) enum Step {
    Sql(&'static str),
    /// What SQL cannot do.
    Change(fn(&Connection) -> rusqlite::Result<()>),
}

impl Step {
    pub(super) fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Sql(sql) => connection.execute_batch(sql),
            Self::Change(change) => change(connection),
        }
    }
}

/// The tokens by which people come back and the codes that invite them were kept as they are: whoever read a backup could come back as somebody else.
fn digest_secrets(connection: &Connection) -> rusqlite::Result<()> {
    let query =
        "SELECT namespace, key FROM shared WHERE namespace IN ('resume', 'account-invitations')";
    let mut query = connection.prepare(query)?;
    let secrets = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let secrets: Vec<(String, String)> = secrets.collect::<rusqlite::Result<_>>()?;
    let mut update =
        connection.prepare("UPDATE shared SET key = ?3 WHERE namespace = ?1 AND key = ?2")?;
    for (namespace, secret) in secrets {
        update.execute([namespace.as_str(), &secret, &digest(&secret)])?;
    }
    Ok(())
}

/// Brings the tables up to date, in one transaction: all of it or nothing. An index of other words is made anew. What a step has forgotten is in no file any more.
pub(super) fn migrate(connection: &mut Connection, words: Words) -> rusqlite::Result<()> {
    let from = version(connection)?;
    let transaction = connection.transaction()?;
    let step = |index: i64| STEPS.get(usize::try_from(index).unwrap_or(usize::MAX));
    for step in (from..VERSION).filter_map(step) {
        step.run(&transaction)?;
    }
    if from < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
    }
    if meta(&transaction, "words")?.as_deref() != Some(tokenizer(words)) {
        index_words(&transaction, words)?;
    }
    transaction.commit()?;
    if (1..VERSION).contains(&from) {
        // Pages of before are overwritten in the main file, and the log of changes is emptied.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Makes the index of words, from what is there.
fn index_words(connection: &Connection, words: Words) -> rusqlite::Result<()> {
    let tokenizer = tokenizer(words);
    connection.execute_batch(&format!(
        "DROP TABLE IF EXISTS words;
        CREATE VIRTUAL TABLE words USING fts5(
            text, sender, content='entries', content_rowid='place', columnsize=0, tokenize='{tokenizer}'
        );
        INSERT INTO words(words, rank) VALUES ('secure-delete', 1);
        INSERT INTO words(words) VALUES ('rebuild');
        UPDATE rooms SET indexed = last;"
    ))?;
    set_meta(connection, "words", tokenizer)
}

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

pub(super) fn application(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

pub(super) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let query = "SELECT value FROM meta WHERE name = ?1";
    connection.query_row(query, [name], |row| row.get(0)).optional()
}

pub(super) fn set_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", [name, value]).map(|_| ())
}

fn tokenizer(words: Words) -> &'static str {
    match words {
        Words::Whole => "unicode61 remove_diacritics 2",
        Words::Parts => "trigram remove_diacritics 1",
    }
}
