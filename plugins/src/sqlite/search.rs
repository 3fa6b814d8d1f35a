//! Messages are looked for by their words. What is typed is quoted: it is never the language of the index.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};
use salotto::store::{PAGE, SearchQuery, StoreError};
use salotto::{Entry, EntryId, EntryKind, RoomName, Timestamp};

use super::reader::{number, room_name, unreadable};
use super::rows::{self, COLUMNS, entry, milliseconds, place};

/// So many rooms are searched where no room is named, those first that were used last.
const ROOMS: i64 = 1000;
/// A search that takes longer ends with what it has found.
const PATIENCE: Duration = Duration::from_millis(250);
/// What is shorter is in no index of parts.
const SHORTEST_PART: usize = 3;
/// Instructions of the database between two looks at the clock.
const LOOK_EVERY: i32 = 10_000;

/// The newest messages that fit.
pub(super) fn search(
    connection: &mut Connection,
    query: &SearchQuery,
) -> Result<Vec<Entry>, StoreError> {
    let deadline = Instant::now() + PATIENCE;
    let watch = move || Instant::now() >= deadline;
    // Where it cannot be set a search takes as long as it takes.
    let _ = connection.progress_handler(LOOK_EVERY, Some(watch));
    let found = find(connection, query);
    let _ = connection.progress_handler(0, None::<fn() -> bool>);
    found.map_err(unreadable)
}

fn find(connection: &Connection, query: &SearchQuery) -> rusqlite::Result<Vec<Entry>> {
    let limit = query.limit.clamp(1, PAGE);
    let words = match_of(query);
    let mut found: Vec<Entry> = Vec::new();
    for (room, number, since) in rooms(connection, query)? {
        let more = match in_room(connection, query, &words, (&room, number, since), limit) {
            // There was no time for more.
            Err(error) if is_interrupted(&error) => break,
            more => more?,
        };
        found.extend(more);
    }
    found.sort_by_key(|entry| std::cmp::Reverse((entry.time, entry.id)));
    found.truncate(limit);
    Ok(found)
}

/// Where is looked, from which entry on.
fn rooms(
    connection: &Connection,
    query: &SearchQuery,
) -> rusqlite::Result<Vec<(RoomName, i64, EntryId)>> {
    if let Some(rooms) = &query.rooms {
        let mut known = Vec::new();
        for (room, since) in rooms {
            if let Some(number) = number(connection, room)? {
                known.push((room.clone(), number, *since));
            }
        }
        return Ok(known);
    }
    let mut all =
        connection.prepare_cached("SELECT name, number FROM rooms ORDER BY time DESC LIMIT ?1")?;
    let all = all.query_map([ROOMS], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let all = all.collect::<rusqlite::Result<Vec<_>>>()?.into_iter();
    Ok(all.filter_map(|(name, number)| Some((room_name(&name)?, number, 0))).collect())
}

fn in_room(
    connection: &Connection,
    query: &SearchQuery,
    words: &str,
    (room, number, since): (&RoomName, i64, EntryId),
    limit: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let mut from = place(number, since);
    let mut to = place(number, rows::LAST_ID);
    if let Some(after) = query.after {
        from = from.max(first_at(connection, from, to, after)?);
    }
    if let Some(before) = query.before {
        to = first_at(connection, from, to, before)? - 1;
    }
    let sql = match words {
        "" => format!(
            "SELECT {COLUMNS} FROM entries WHERE ?1 = '' AND place BETWEEN ?2 AND ?3 AND text IS NOT NULL
            ORDER BY place DESC"
        ),
        _ => format!(
            "SELECT {COLUMNS} FROM (
                SELECT rowid AS found FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC
            ) JOIN entries ON place = found"
        ),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![words, from, to])?;
    let mut found = Vec::new();
    while found.len() < limit {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) if is_interrupted(&error) && !found.is_empty() => break,
            Err(error) => return Err(error),
        };
        let entry = entry(room, row)?;
        let is_from = matches!(&entry.what, EntryKind::Message { from, .. } if query.is_from(from));
        if is_from {
            found.push(entry);
        }
    }
    Ok(found)
}

/// The id of the first entry of a room at this time or later; where there is none, the one that comes next.
pub(super) fn first_in_room(
    connection: &Connection,
    room: &RoomName,
    time: Timestamp,
) -> Result<EntryId, StoreError> {
    let find = || match number(connection, room)? {
        None => Ok(0),
        Some(number) => {
            let (from, to) = (place(number, 0), place(number, rows::LAST_ID));
            first_at(connection, from, to, time).map(rows::id_of)
        }
    };
    find().map_err(unreadable)
}

/// The place of the first entry at this time or later: entries of a room are in the order of their times.
fn first_at(connection: &Connection, from: i64, to: i64, time: Timestamp) -> rusqlite::Result<i64> {
    let wanted = milliseconds(time);
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT place FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place DESC LIMIT 1",
        )?
        .query_row([from, to], |row| row.get(0))
        .optional()?;
    let Some(last) = last else { return Ok(to) };
    let mut next = connection.prepare_cached(
        "SELECT place, time FROM entries WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT 1",
    )?;
    let (mut low, mut high) = (from, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> =
            next.query_row([middle, last], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((place, time)) if time < wanted => low = place + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// What the index is asked: every word as a phrase in quotes, in which nothing has a meaning. A sign alone is no word.
fn match_of(query: &SearchQuery) -> String {
    let is_word = |word: &&String| word.chars().any(char::is_alphanumeric);
    let quoted = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
    let words = query.words.iter().filter(is_word).map(|word| format!("text : {}", quoted(word)));
    // Who said it is looked at once more; a name that the index of parts does not know is looked for among all.
    let known = |from: &&String| is_word(from) && from.chars().count() >= SHORTEST_PART;
    let from = query.from.iter().filter(known).map(|from| format!("sender : {}", quoted(from)));
    words.chain(from).collect::<Vec<_>>().join(" AND ")
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}
