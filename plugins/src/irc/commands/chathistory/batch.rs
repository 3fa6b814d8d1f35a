//! Messages of before, between the two lines that hold them together.

use salotto::{Entry, EntryKind};

use crate::irc::capability::Capability;
use crate::irc::connection::Connection;
use crate::irc::tags::{Form, Tags};
use crate::irc::{Irc, entry, written};

/// A batch of entries; without the capability it is the lines alone.
pub(in crate::irc) fn whole(
    irc: &Irc,
    connection: &Connection,
    kind: &str,
    target: &str,
    entries: &[Entry],
) -> String {
    let lines = |batch: Option<&str>| {
        let mut lines = Vec::new();
        for entry in entries {
            one(irc, connection, entry, batch, &mut lines);
        }
        String::from_utf8_lossy(&lines).into_owned()
    };
    lines_of(connection, kind, target, lines)
}

/// A batch of lines that are made with its name.
pub(in crate::irc) fn lines_of(
    connection: &Connection,
    kind: &str,
    target: &str,
    lines: impl FnOnce(Option<&str>) -> String,
) -> String {
    if !connection.capabilities.has(Capability::Batch) {
        return lines(None);
    }
    let (host, batch) = (connection.host(), connection.next_batch());
    let target = if target.is_empty() { String::new() } else { format!(" {target}") };
    let begin = written::end(format!(":{host} BATCH +{batch} {kind}{target}"));
    let end = written::end(format!(":{host} BATCH -{batch}"));
    begin + &lines(Some(&batch)) + &end
}

/// Appends one entry, as far as its client is told of such.
fn one(irc: &Irc, connection: &Connection, entry: &Entry, batch: Option<&str>, out: &mut Vec<u8>) {
    let mut tags = Tags::default();
    if let Some(batch) = batch {
        tags.add("batch", batch);
    }
    // The time of what was said before is what it is read for.
    let form = Form::of(&connection.capabilities).with_time();
    let tags = entry::tags(entry, form, irc.setup.epoch(), tags);
    if entry.what.is_presence() {
        entry::movement(entry, &tags, connection.host(), out);
    } else {
        entry::lines(entry, &tags, connection.host(), out);
    }
}

/// Whether a client is told of an entry of before.
pub(super) fn is_told(entry: &Entry, with_events: bool) -> bool {
    match &entry.what {
        EntryKind::Message { .. } => true,
        EntryKind::Topic { .. }
        | EntryKind::Joined { .. }
        | EntryKind::Left { .. }
        | EntryKind::Renamed { .. } => with_events,
        EntryKind::Notice { .. } => with_events && !entry.what.is_presence(),
        _ => false,
    }
}
