//! What happened in a room, as lines of IRC.

use std::collections::BTreeMap;

use salotto::protocol::{MessageKind, local_time};
use salotto::{Entry, EntryKind, LeaveReason, NoticeKind, Timestamp};

use super::saying::Saying;
use super::tags::{Form, Tags};
use super::{channel, message_id, presence, tags, written};

/// Appends an entry as it is told to those who are there. Who comes and goes is told otherwise: see [`super::presence`].
pub(super) fn encode(entry: &Entry, form: Form, host: &str, epoch: &str, out: &mut Vec<u8>) {
    let tags = tags(entry, form, epoch, Tags::default());
    lines(entry, &tags, host, out);
}

/// Appends an entry of the past for a client that does not know when it was: with the time before the text.
pub(super) fn encode_replayed(entry: &Entry, host: &str, out: &mut Vec<u8>) {
    let time = local_time(entry.time, Timestamp::now());
    let mut entry = entry.clone();
    match &mut entry.what {
        EntryKind::Message { text, .. } | EntryKind::Notice { text, .. } => {
            *text = format!("[{time}] {text}");
        }
        // What a room was about then would be taken for what it is about now.
        _ => return,
    }
    lines(&entry, "", host, out);
}

/// The tags of an entry, after those that it has anyway.
pub(super) fn tags(entry: &Entry, form: Form, epoch: &str, mut tags: Tags) -> String {
    let nothing = BTreeMap::new();
    let written = match &entry.what {
        EntryKind::Message { tags, .. } => tags,
        _ => &nothing,
    };
    let id = || message_id::of_entry(epoch, &entry.room, entry.id);
    tags.add_message(form, entry.time, id, written);
    tags.before_a_line()
}

/// Appends the lines of an entry that people read, with these tags before the first.
pub(super) fn lines(entry: &Entry, tags: &str, host: &str, out: &mut Vec<u8>) {
    let channel = channel::of_room(&entry.room);
    match &entry.what {
        EntryKind::Message { from, text, kind, tags: marks, .. } => {
            let source = written::source(from.as_str(), host);
            let verb = Saying::of(marks).map_or("PRIVMSG", |saying| saying.verb());
            match kind {
                MessageKind::Say => said(out, tags, &source, verb, &channel, text),
                MessageKind::Act => {
                    let text = format!("\u{1}ACTION {text}\u{1}");
                    said(out, tags, &source, "PRIVMSG", &channel, &text);
                }
            }
        }
        // Those are told of as IRC does.
        EntryKind::Notice {
            kind: NoticeKind::Joined | NoticeKind::Left | NoticeKind::Renamed | NoticeKind::Changed,
            ..
        } => {}
        EntryKind::Notice { text, .. } => {
            for line in text.lines().filter(|line| !line.is_empty()) {
                said(out, tags, host, "NOTICE", &channel, line);
            }
        }
        EntryKind::Topic { topic, who } => {
            let source = who
                .as_ref()
                .map_or_else(|| host.to_owned(), |who| written::source(who.as_str(), host));
            push(out, tags);
            push(out, &written::end(format!(":{source} TOPIC {channel} :{topic}")));
        }
        _ => {}
    }
}

/// Appends what else happened in a room, as a client may have it told of the past.
pub(super) fn movement(entry: &Entry, tags: &str, host: &str, out: &mut Vec<u8>) {
    let channel = channel::of_room(&entry.room);
    let line = match &entry.what {
        EntryKind::Joined { who } => {
            format!(":{} JOIN {channel}", written::source(who.as_str(), host))
        }
        EntryKind::Renamed { from, who } => {
            format!(":{} NICK {who}", written::source(from.as_str(), host))
        }
        EntryKind::Left { who, reason } => left(who.as_str(), reason, &channel, host),
        _ => return,
    };
    push(out, tags);
    push(out, &written::end(line));
}

fn left(who: &str, reason: &LeaveReason, channel: &str, host: &str) -> String {
    let source = written::source(who, host);
    match reason {
        LeaveReason::Parted { .. } => presence::part(&source, channel, reason),
        LeaveReason::Removed { by, why } => presence::kick(host, channel, who, by.as_ref(), why),
        reason => format!(":{source} QUIT :{reason}"),
    }
}

/// Something that is said, in as many lines as it needs. All but the first have only those tags that are true of each, so that an id is that of one line.
pub(super) fn said(out: &mut Vec<u8>, tags: &str, source: &str, verb: &str, to: &str, text: &str) {
    let head = format!(":{source} {verb} {to} :");
    // A client may have left out the colon before a text without spaces.
    let more = ":".len() + source.len() + " :".len();
    let parts = written::parts(text, head.len(), more);
    for (index, part) in parts.into_iter().enumerate() {
        match index {
            0 => push(out, tags),
            _ => push(out, &tags::of_continuation(tags)),
        }
        push(out, &head);
        push(out, part);
        push(out, "\r\n");
    }
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
