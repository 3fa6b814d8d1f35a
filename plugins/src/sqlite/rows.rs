//! Entries as rows, and rows as entries. A message is a row whose text and sender the index of words knows; whatever else happened is one with its JSON form.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::Row;
use salotto::{Entry, EntryId, EntryKind, MessageKind, RoomName, Timestamp};
use serde::{Deserialize, Serialize};

/// Ids have this many bits of a place; the number of their room stands above them. So the entries of a room lie side by side, in order.
const ID_BITS: u32 = 40;

/// The greatest id.
pub(super) const LAST_ID: EntryId = (1 << ID_BITS) - 1;

/// What the column `kind` says.
const SAID: i64 = 0;
const ACTED: i64 = 1;
const OTHER: i64 = 2;

/// The columns that [`entry`] reads, in order.
pub(super) const COLUMNS: &str = "place, time, kind, sender, text, more";

/// An entry as it is written.
pub(super) struct EntryRow<'e> {
    pub(super) time: i64,
    pub(super) kind: i64,
    pub(super) sender: Option<&'e str>,
    pub(super) text: Option<&'e str>,
    pub(super) more: Option<String>,
}

/// What few messages have.
#[derive(Debug, Default, Serialize, Deserialize)]
struct More {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
}

impl<'e> EntryRow<'e> {
    pub(super) fn of(time: Timestamp, what: &'e EntryKind) -> Self {
        let time = milliseconds(time);
        match what {
            EntryKind::Message { from, text, kind, nonce, tags } => {
                let more = (nonce.is_some() || !tags.is_empty())
                    .then(|| json(&More { nonce: nonce.clone(), tags: tags.clone() }));
                let kind = if *kind == MessageKind::Act { ACTED } else { SAID };
                let (sender, text) = (Some(from.as_str()), Some(text.as_str()));
                Self { time, kind, sender, text, more }
            }
            other => Self { time, kind: OTHER, sender: None, text: None, more: Some(json(other)) },
        }
    }
}

fn json(value: &impl Serialize) -> String {
    // Plain values with keys that are texts, which have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads an entry of a room. One that a later version wrote, or that is damaged, is shown as removed, so that ids have no gap.
pub(super) fn entry(room: &RoomName, row: &Row<'_>) -> rusqlite::Result<Entry> {
    let id = id_of(row.get(0)?);
    let time = timestamp(row.get(1)?);
    let kind: i64 = row.get(2)?;
    let what = match kind {
        SAID | ACTED => said(kind, row)?,
        _ => {
            let more: Option<String> = row.get(5)?;
            more.and_then(|more| serde_json::from_str(&more).ok())
        }
    };
    Ok(Entry { room: room.clone(), id, time, what: what.unwrap_or(EntryKind::Removed) })
}

fn said(kind: i64, row: &Row<'_>) -> rusqlite::Result<Option<EntryKind>> {
    let (sender, text): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
    let more: Option<String> = row.get(5)?;
    let More { nonce, tags } =
        more.and_then(|more| serde_json::from_str(&more).ok()).unwrap_or_default();
    // The rules of names, without the bounds of a server that may be another by now.
    let from =
        sender.and_then(|sender| serde_json::from_value(serde_json::Value::String(sender)).ok());
    let kind = if kind == ACTED { MessageKind::Act } else { MessageKind::Say };
    Ok(from.zip(text).map(|(from, text)| EntryKind::Message { from, text, kind, nonce, tags }))
}

/// Where the entry of an id lies, in a room of this number.
pub(super) fn place(room: i64, id: EntryId) -> i64 {
    room << ID_BITS | i64::try_from(id.min(LAST_ID)).unwrap_or(0)
}

pub(super) fn id_of(place: i64) -> EntryId {
    (place & ((1 << ID_BITS) - 1)).unsigned_abs()
}

/// The form by which a room is known: names that pass for one another are one room.
pub(super) fn form(room: &RoomName) -> String {
    room.keys().swap_remove(0)
}

pub(super) fn milliseconds(time: Timestamp) -> i64 {
    let since = time.system_time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    let since = Duration::from_millis(milliseconds.max(0).unsigned_abs());
    Timestamp::from(SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH))
}
