//! An event as one line of the log.

use salotto::protocol::MessageKind;
use salotto::{Entry, EntryKind, Event, NoticeKind};

use super::Format;
use crate::common::journal::{Escapes, Line, LineFormat, Loss};

impl LineFormat for Format {
    type Record = Event;

    fn line(&self, event: &Event) -> Option<Line> {
        let time = match event {
            Event::Entry(entry) => entry.time,
            Event::Direct { time, .. } => *time,
            _ => return None,
        };
        match self {
            // Entries and private messages have nothing that JSON cannot represent, so this does not fail.
            Self::Json => Some(Line::new(&serde_json::to_string(event).ok()?, time, Escapes::Json)),
            Self::Text => Some(Line::new(&text(event)?, time, Escapes::Text)),
        }
    }

    fn loss(&self, loss: &Loss) -> Line {
        let Loss { since, lines } = loss;
        match self {
            Self::Json => {
                let event = serde_json::json!({
                    "type": "direct_notice",
                    "time": since,
                    "text": loss.to_string(),
                    "lost": lines,
                });
                Line::new(&event.to_string(), *since, Escapes::Json)
            }
            Self::Text => Line::new(&format!("{since} ! {loss}"), *since, Escapes::Text),
        }
    }
}

/// The word after the room tells the kinds of lines apart: a name cannot contain a colon, a space or any of the other marks, so that word
/// is unambiguous whatever follows.
fn text(event: &Event) -> Option<String> {
    let entry = match event {
        Event::Entry(entry) => entry,
        Event::Direct { from, to, text, time, .. } => {
            return Some(format!("{time} @{to} {from}: {text}"));
        }
        _ => return None,
    };
    let Entry { room, time, what, .. } = entry;
    let what = match what {
        EntryKind::Message { from, text, kind, .. } => match kind {
            MessageKind::Say => format!("{from}: {text}"),
            MessageKind::Act => format!("** {from} {text}"),
        },
        EntryKind::Notice { text, kind } => match kind {
            NoticeKind::Joined | NoticeKind::Left | NoticeKind::Renamed => return None,
            _ => format!("* {text}"),
        },
        EntryKind::Joined { who } => format!("-> {who} joined"),
        EntryKind::Left { who, reason } => format!("<- {who} left ({reason})"),
        EntryKind::Renamed { from, who } => format!("-- {from} is now {who}"),
        EntryKind::Topic { topic, who: Some(who) } => format!("-- {who} set the topic: {topic}"),
        EntryKind::Topic { topic, who: None } => format!("-- topic: {topic}"),
        EntryKind::Removed => "-- a message was removed".into(),
        EntryKind::Presence { members } => format!("-- {members} people are here now"),
        // Kinds that core adds later are in the JSON format at once, and here when they have words.
        _ => return None,
    };
    Some(format!("{time} {room} {what}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, SystemTime};

    use salotto::protocol::{LeaveReason, Timestamp};
    use salotto::{Name, RoomName};

    use super::*;
    use crate::common::journal::ends_lines;

    fn time() -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678)).into()
    }

    fn name(text: &str) -> Name {
        text.parse::<Name>().unwrap()
    }

    fn event(what: EntryKind) -> Event {
        Event::Entry(Entry {
            room: "lobby".parse::<RoomName>().unwrap(),
            id: 7,
            time: time(),
            what,
        })
    }

    fn said(text: &str, kind: MessageKind) -> Event {
        event(EntryKind::Message {
            from: name("ada"),
            text: text.into(),
            kind,
            nonce: None,
            tags: BTreeMap::from([("note".into(), text.into())]),
        })
    }

    fn line(event: &Event, format: Format) -> String {
        format.line(event).unwrap().text
    }

    #[test]
    fn each_event_reads_as_one_line() {
        let bob = || name("bob");
        for (event, expected) in [
            (said("hello", MessageKind::Say), "lobby ada: hello"),
            (said("waves", MessageKind::Act), "lobby ** ada waves"),
            (
                event(EntryKind::Notice {
                    text: "dinner\nis ready".into(),
                    kind: NoticeKind::Info,
                }),
                "lobby * dinner\\nis ready",
            ),
            (event(EntryKind::Joined { who: bob() }), "lobby -> bob joined"),
            (
                event(EntryKind::Left { who: bob(), reason: LeaveReason::Lost }),
                "lobby <- bob left (connection lost)",
            ),
            (
                event(EntryKind::Renamed { from: bob(), who: name("eve") }),
                "lobby -- bob is now eve",
            ),
            (
                event(EntryKind::Topic { topic: "games".into(), who: Some(bob()) }),
                "lobby -- bob set the topic: games",
            ),
            (
                Event::Direct {
                    from: name("ada"),
                    to: bob(),
                    text: "psst".into(),
                    time: time(),
                    tags: Default::default(),
                    nonce: None,
                },
                "@bob ada: psst",
            ),
        ] {
            let expected = format!("2026-01-02T03:04:05.678Z {expected}\n");
            assert_eq!(line(&event, Format::Text), expected);
        }
    }

    #[test]
    fn a_notice_of_what_the_arrows_say_is_left_out_of_the_text() {
        let notice =
            event(EntryKind::Notice { text: "ada joined".into(), kind: NoticeKind::Joined });
        assert_eq!(Format::Text.line(&notice), None);
        assert!(Format::Json.line(&notice).is_some());
    }

    #[test]
    fn nothing_that_is_said_begins_another_line() {
        let breaks = [
            "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}",
            "\u{2028}", "\u{2029}", "\u{7f}", "\u{9b}", "\0",
        ];
        for ending in breaks {
            let forged = format!("hi{ending}2026-01-02T03:04:05.678Z lobby eve: I owe ada 100");
            let said = said(&forged, MessageKind::Say);
            for format in [Format::Text, Format::Json] {
                let line = line(&said, format);
                let (inside, end) = line.split_at(line.len() - 1);
                assert_eq!(end, "\n");
                assert!(!inside.contains(ends_lines), "{inside:?}");
            }
            let text = line(&said, Format::Text);
            assert!(text.starts_with("2026-01-02T03:04:05.678Z lobby ada: hi\\"));
        }
    }

    #[test]
    fn json_is_what_clients_receive() {
        let said = said("a \"b\" \u{85} \u{2028} \\ ü", MessageKind::Act);
        let line = line(&said, Format::Json);
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), said);
        let Event::Entry(entry) = said else { unreachable!() };
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry);
    }

    #[test]
    fn missing_lines_are_an_event_too() {
        let loss = Loss { since: time(), lines: 17 };
        let text = Format::Text.loss(&loss).text;
        assert_eq!(
            text,
            "2026-01-02T03:04:05.678Z ! 17 lines are missing here: the log did not keep up\n"
        );
        let json = Format::Json.loss(&loss).text;
        assert!(matches!(serde_json::from_str(&json), Ok(Event::DirectNotice { .. })));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["lost"], 17);
    }
}
