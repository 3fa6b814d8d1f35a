//! Lines for people: `nc`, `telnet`, a first client written in class. What is typed is a name first, then messages and `!commands`;
//! what is answered can be read.
//!
//! A line begins with `name:` (said), `** name` (done), `*` (the server tells), `!` (something did not work) or `[` (one to one). Names
//! cannot contain these signs, so nobody's words pass for the server's. Outside the main room a line carries its room: `[dev] ada: hello`. What was said
//! before somebody came begins with its time: `[14:02] ada: hello`.

use std::fmt::Display;
use std::io::Write;

use super::{Dialect, EncodingId, Input, RoomRole};
use crate::protocol::entry::{Entry, EntryKind, MessageKind};
use crate::protocol::event::Event;
use crate::protocol::local_time::local_time;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::timestamp::Timestamp;

/// How many names a person is shown when entering a room.
const NAMES_SHOWN: usize = 30;

/// The key that erases a line, Ctrl+U.
const LINE: char = '\u{15}';

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
            EntryKind::Topic { topic, who: Some(who) } if topic.is_empty() => {
                line(out, room, format_args!("* {who} cleared the topic"));
            }
            EntryKind::Topic { topic, who: Some(who) } => {
                line(out, room, format_args!("* {who} set the topic: {topic}"));
            }
            EntryKind::Topic { topic, who: None } if topic.is_empty() => {
                line(out, room, "* the topic was cleared");
            }
            EntryKind::Topic { topic, who: None } => {
                line(out, room, format_args!("* topic: {topic}"));
            }
            // What people read about these are the notices.
            EntryKind::Joined { .. } | EntryKind::Left { .. } | EntryKind::Renamed { .. } => {}
            EntryKind::Removed => line(out, room, "* a message was removed"),
            EntryKind::Presence { members: 1 } => line(out, room, "* 1 person is here now"),
            EntryKind::Presence { members } => {
                line(out, room, format_args!("* {members} people are here now"));
            }
        }
    }

    fn tells_past(&self) -> bool {
        true
    }

    fn encode_past(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>) {
        let mut lines = Vec::new();
        self.encode_entry(entry, role, &mut lines);
        let time = local_time(entry.time, Timestamp::now());
        // What was just encoded is text.
        for told in String::from_utf8_lossy(&lines).lines() {
            plain(out, format_args!("[{time}] {told}"));
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
            Event::LoggedIn { .. } | Event::Challenge { .. } => {}
            Event::Welcome { .. } | Event::Commands { .. } | Event::Ping | Event::Pong { .. } => {}
        }
    }
}

/// Understands one line.
pub(super) fn parse(line: String) -> Input {
    let line = if line.contains(is_erasing) { edited(&line) } else { line };
    match line.trim().is_empty() {
        true => Input::Nothing,
        false => Input::Typed(line),
    }
}

/// What is left of a line when the keys in it that erase have done so: who types key by key sends those too.
fn edited(line: &str) -> String {
    let mut left = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            LINE => left.clear(),
            c if is_erasing(c) => {
                left.pop();
            }
            c => left.push(c),
        }
    }
    left
}

/// Backspace, Delete, or Ctrl+U for the whole line.
fn is_erasing(c: char) -> bool {
    matches!(c, '\u{8}' | '\u{7f}' | LINE)
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
    fn a_topic_that_is_cleared_and_one_person_alone_read_as_such() {
        let who = Some("ada".parse::<Name>().unwrap());
        for (what, line) in [
            (EntryKind::Topic { topic: String::new(), who }, "* ada cleared the topic\n"),
            (EntryKind::Topic { topic: String::new(), who: None }, "* the topic was cleared\n"),
            (EntryKind::Presence { members: 1 }, "* 1 person is here now\n"),
            (EntryKind::Presence { members: 2 }, "* 2 people are here now\n"),
        ] {
            assert_eq!(rendered(what, RoomRole::Main), line);
        }
    }

    #[test]
    fn each_line_of_a_notice_is_marked() {
        let notice = EntryKind::Notice { text: "one\ntwo".into(), kind: NoticeKind::Info };
        assert_eq!(rendered(notice, RoomRole::Main), "* one\n* two\n");
    }

    #[test]
    fn what_is_past_has_its_time_on_each_line() {
        let what = EntryKind::Notice { text: "one\ntwo".into(), kind: NoticeKind::Info };
        let (room, time) = ("lobby".parse::<RoomName>().unwrap(), Timestamp::now());
        let mut out = Vec::new();
        Text.encode_past(&Entry { room, id: 1, time, what }, RoomRole::Main, &mut out);
        let time = local_time(time, time);
        assert_eq!(String::from_utf8(out).unwrap(), format!("[{time}] * one\n[{time}] * two\n"));
    }

    #[test]
    fn an_empty_line_asks_for_nothing() {
        assert_eq!(parse("  ".into()), Input::Nothing);
        assert_eq!(parse("hi".into()), Input::Typed("hi".into()));
    }

    #[test]
    fn keys_that_erase_have_done_so() {
        for (typed, line) in
            [("cx\u{8}arla", "carla"), ("\u{7f}caé\u{7f}rla", "carla"), ("x y\u{15}carla", "carla")]
        {
            assert_eq!(parse(typed.into()), Input::Typed(line.into()));
        }
        assert_eq!(parse("a\u{8}".into()), Input::Nothing);
    }
}
