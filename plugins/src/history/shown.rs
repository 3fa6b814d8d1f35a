//! Entries as people read them, one line each.

use salotto::{Entry, EntryKind, MessageKind};

/// A line of a room, with when it was said; nothing where there is nothing to read.
pub(super) fn line(entry: &Entry) -> Option<String> {
    Some(format!("{} {}", minute(entry), text(&entry.what)?))
}

/// A message that was found, with where it was said and its number.
pub(super) fn found(entry: &Entry) -> Option<String> {
    let Entry { room, id, what, .. } = entry;
    Some(format!("{} {room} #{id} {}", minute(entry), text(what)?))
}

/// What is to be read of it.
pub(super) fn text(what: &EntryKind) -> Option<String> {
    Some(match what {
        EntryKind::Message { from, text, kind: MessageKind::Say, .. } => format!("{from}: {text}"),
        EntryKind::Message { from, text, kind: MessageKind::Act, .. } => {
            format!("** {from} {text}")
        }
        EntryKind::Notice { text, .. } => format!("* {}", text.replace('\n', " / ")),
        EntryKind::Topic { topic, who: Some(who) } => format!("* {who} set the topic: {topic}"),
        EntryKind::Topic { topic, who: None } => format!("* topic: {topic}"),
        EntryKind::Removed => "* a message was removed".to_owned(),
        _ => return None,
    })
}

/// Day and minute, in UTC.
fn minute(entry: &Entry) -> String {
    let time = entry.time.to_string();
    time.get(..16).unwrap_or(&time).replace('T', " ")
}
