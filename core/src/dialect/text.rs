//! Lines for people: `nc`, `telnet`, a first client written in class. What is typed is a name first, then messages and `!commands`;
//! what is answered can be read.
//!
//! A line begins with `name:` (said), `** name` (done), `*` (the server tells), `!` (something did not work) or `[` (one to one). Names
//! cannot contain these signs, so nobody's words pass for the server's. Outside the main room a line carries its room: `[dev] ada: hello`.

use std::fmt::Display;
use std::io::Write;

use super::{Dialect, EncodingId, Input, RoomRole};
use crate::protocol::entry::{Entry, EntryKind, MessageKind};
use crate::protocol::event::Event;
use crate::protocol::name::{Name, RoomName};

/// How many names a person is shown when entering a room.
const NAMES_SHOWN: usize = 30;

#[derive(Debug)]
pub(super) struct Text;

impl Dialect for Text {
    fn encoding(&self) -> EncodingId {
        EncodingId::TEXT
    }

    fn encode_entry(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>) {
        let room = match role {
            RoomRole::Main => None,
            RoomRole::Other => Some(&entry.room),
        };
        match &entry.what {
            EntryKind::Message { from, text, kind: MessageKind::Say, .. } => {
                line(out, room, format_args!("{from}: {text}"));
            }
            EntryKind::Message { from, text, kind: MessageKind::Act, .. } => {
                line(out, room, format_args!("** {from} {text}"));
            }
            EntryKind::Notice { text, .. } => {
                for part in text.lines() {
                    line(out, room, format_args!("* {part}"));
                }
            }
            EntryKind::Topic { topic, who: Some(who) } => {
                line(out, room, format_args!("* {who} set the topic: {topic}"));
            }
            EntryKind::Topic { topic, who: None } => {
                line(out, room, format_args!("* topic: {topic}"));
            }
            // What people read about these are the notices.
            EntryKind::Joined { .. } | EntryKind::Left { .. } | EntryKind::Renamed { .. } => {}
            EntryKind::Removed => line(out, room, "* a message was removed"),
            EntryKind::Presence { members } => {
                line(out, room, format_args!("* {members} people are here now"));
            }
        }
    }

    fn encode_event(&self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::NameWanted { text } | Event::PasswordWanted { text } => plain(out, text),
            Event::Entered { room, topic, members, count, shown: before, .. } => {
                let shown = &members[..members.len().min(NAMES_SHOWN)];
                let names = shown.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
                let more = match count - shown.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                plain(out, format_args!("* you are in {room} with {names}{more}"));
                if !topic.is_empty() {
                    plain(out, format_args!("* topic: {topic}"));
                }
                if *before > 0 {
                    plain(out, "* what was said before:");
                }
            }
            Event::Exited { room, reason } => {
                plain(out, format_args!("* you are out of {room} ({reason})"))
            }
            Event::Named { name, .. } => plain(out, format_args!("* your name is {name}")),
            Event::Members { room, members, count, more, .. } => {
                let names = members.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
                let more = if *more { ", …" } else { "" };
                plain(out, format_args!("* {count} in {room}: {names}{more}"));
            }
            Event::Rooms { rooms, .. } => {
                for room in rooms {
                    plain(out, format_args!("* {} ({}) {}", room.room, room.members, room.topic));
                }
            }
            Event::Direct { from, to, text, .. } => {
                plain(out, format_args!("[{from} to {to}] {text}"));
            }
            Event::DirectNotice { text, .. } => prefixed(out, "* ", text),
            Event::Reply { reply, .. } => prefixed(out, "* ", &reply.to_string()),
            Event::Error { text, .. } => prefixed(out, "! ", text),
            Event::Deleted { .. } => plain(out, "* a message was removed"),
            Event::Bye { reason } => plain(out, format_args!("* goodbye ({reason})")),
            Event::Entry(entry) => self.encode_entry(entry, RoomRole::Other, out),
            Event::History { entries, .. } => {
                for entry in entries {
                    self.encode_entry(entry, RoomRole::Other, out);
                }
            }
            Event::Welcome { .. } | Event::Commands { .. } | Event::Ping | Event::Pong { .. } => {}
        }
    }
}

/// Understands one line.
pub(super) fn parse(line: String) -> Input {
    match line.trim().is_empty() {
        true => Input::Nothing,
        false => Input::Typed(line),
    }
}

/// A line in a room, which is named unless it is the main one.
fn line(out: &mut Vec<u8>, room: Option<&RoomName>, text: impl Display) {
    match room {
        None => plain(out, text),
        Some(room) => plain(out, format_args!("[{room}] {text}")),
    }
}

fn prefixed(out: &mut Vec<u8>, prefix: &str, text: &str) {
    for part in text.lines() {
        plain(out, format_args!("{prefix}{part}"));
    }
}

fn plain(out: &mut Vec<u8>, text: impl Display) {
    // Writing to a Vec cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::entry::{MessageKind, NoticeKind};

    use crate::protocol::timestamp::Timestamp;

    fn rendered(what: EntryKind, role: RoomRole) -> String {
        let room = "dev".parse::<RoomName>().unwrap();
        let mut out = Vec::new();
        Text.encode_entry(&Entry { room, id: 1, time: Timestamp::now(), what }, role, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn said(text: &str, kind: MessageKind) -> EntryKind {
        let from = "ada".parse::<Name>().unwrap();
        EntryKind::Message { from, text: text.into(), kind, nonce: None, tags: Default::default() }
    }

    #[test]
    fn what_is_said_reads_as_a_line() {
        assert_eq!(rendered(said("hello", MessageKind::Say), RoomRole::Main), "ada: hello\n");
        assert_eq!(
            rendered(said("hello", MessageKind::Say), RoomRole::Other),
            "[dev] ada: hello\n"
        );
        assert_eq!(rendered(said("waves", MessageKind::Act), RoomRole::Main), "** ada waves\n");
    }

    #[test]
    fn each_line_of_a_notice_is_marked() {
        let notice = EntryKind::Notice { text: "one\ntwo".into(), kind: NoticeKind::Info };
        assert_eq!(rendered(notice, RoomRole::Main), "* one\n* two\n");
    }

    #[test]
    fn an_empty_line_asks_for_nothing() {
        assert_eq!(parse("  ".into()), Input::Nothing);
        assert_eq!(parse("hi".into()), Input::Typed("hi".into()));
    }
}
