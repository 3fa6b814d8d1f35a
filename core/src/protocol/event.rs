//! What a client is told: the wire types of the JSON dialect, one flat object a line, tagged by `"type"`. The text
//! dialect renders the same values as lines a person can read.
//!
//! ```json
//! {"room":"lobby","id":7,"time":"2026-01-02T03:04:05.678Z","type":"message","from":"ada","text":"hello"}
//! ```

use crate::protocol::entry::Entry;
use crate::protocol::entry::NoticeKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::ids::EntryId;
use crate::protocol::info::RoomInfo;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::timestamp::Timestamp;

use serde::{Deserialize, Serialize};

use crate::protocol::command::CommandInfo;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::reply::Reply;
use std::collections::BTreeMap;

/// Version of the JSON dialect, told in [`Event::Welcome`] and asked in `hello`.
pub const PROTOCOL_VERSION: u32 = 2;

/// Everything that a client can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The server asks for a name; sent to who connects and stays silent.
    NameWanted {
        /// The greeting of the server.
        text: String,
    },
    /// The server asks for its password, before the name; sent to who connects and stays silent.
    PasswordWanted {
        /// What it asks.
        text: String,
    },
    /// The name was accepted. The first thing a JSON client is told.
    Welcome {
        /// [`PROTOCOL_VERSION`] of the server.
        version: u32,
        /// What the server is called.
        server: String,
        /// What ids belong to: those of another epoch mean nothing in this one. It changes with each start of a server that keeps nothing, and stays where a store
        /// keeps what was said.
        epoch: String,
        /// Brought back in `resume`, it takes the name over from a connection that the server does not know to be gone yet.
        token: String,
        /// The name that was accepted.
        name: Name,
        /// Longest message in characters; absent when it is not limited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_characters: Option<usize>,
        /// Longest line in bytes, without its newline; absent when it is not limited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line_bytes: Option<usize>,
        /// How many lines the server reads at once; what comes beyond waits. Absent when it is not limited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines_at_once: Option<u32>,
        /// How many lines a second it reads after that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines_per_second: Option<f64>,
        /// What can be typed after `!`, for help and completion.
        commands: Vec<CommandInfo>,
    },
    /// You are in a room now. Its entries follow, those of the history first.
    Entered {
        /// Which room.
        room: RoomName,
        /// What it is about; may be empty.
        topic: String,
        /// Who is there, you included; a first page in a large room.
        members: Vec<Name>,
        /// How many are there in all.
        count: usize,
        /// Id of the first entry that follows. When it is not the one after what was resumed from, what lies between is gone.
        first_id: EntryId,
        /// How many entries of before follow.
        history: u64,
        /// How many of these people read: messages, notices, topics.
        shown: usize,
        /// What its ids belong to, where that is not what `welcome` named: to be brought back in `resume`. Another than the one that a client knew of the room means that what it has of the room
        /// belongs to another life of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<String>,
    },
    /// You are not in that room any more.
    Exited {
        /// Which room.
        room: RoomName,
        /// Why.
        #[serde(flatten)]
        reason: LeaveReason,
    },
    /// What you may do has changed, and with it what can be typed after `!`; for help and completion.
    Commands {
        /// All of them.
        commands: Vec<CommandInfo>,
    },
    /// You have another name.
    Named {
        /// The name from now on.
        name: Name,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// A page of the members of a room, by name.
    Members {
        /// Which room.
        room: RoomName,
        /// Names in order.
        members: Vec<Name>,
        /// How many there are in all.
        count: usize,
        /// Whether names follow after the last one here.
        more: bool,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// The rooms there are, but for those that are hidden from who is not in them.
    Rooms {
        /// In the order of their opening.
        rooms: Vec<RoomInfo>,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// A part of what is kept of a room, as asked for. Ids grow; where one is missing between two, it is not kept any more. What is on a page may be in the room's
    /// own entries too, under the same id.
    History {
        /// Which room.
        room: RoomName,
        /// Its entries, oldest first.
        entries: Vec<Entry>,
        /// Whether there are some before them.
        older: bool,
        /// Whether there are some after them.
        newer: bool,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// Something said to one person; its sender gets the same as an echo.
    Direct {
        /// Who said it.
        from: Name,
        /// To whom.
        to: Name,
        /// What.
        text: String,
        /// When.
        time: Timestamp,
        /// What plugins say about it for clients.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
        /// What the request carried, in the echo.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// The server or a plugin tells you something that is for you alone.
    DirectNotice {
        /// What.
        text: String,
        /// What it is about.
        #[serde(default)]
        kind: NoticeKind,
    },
    /// The answer to a command.
    Reply {
        /// What the command answered.
        reply: Reply,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// Something did not work; the connection lives on.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people: what went wrong, with which value, and what to do.
        text: String,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// Goes on with an exchange that [`Request::Auth`](crate::Request::Auth) has begun; to be answered with another.
    Challenge {
        /// What the mechanism has to say, in Base64.
        data: String,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// You have proven who you are. Before `hello` the role and the name of the account are there with it.
    LoggedIn {
        /// The account.
        account: Name,
        /// What the mechanism has to say in the end, in Base64: for SCRAM, by what the client knows that this is the server.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        data: String,
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// A message was deleted: what has this id in this room is to be shown no more. Whoever comes later finds `removed` in its place.
    Deleted {
        /// Which room.
        room: RoomName,
        /// Id of the entry.
        id: EntryId,
    },
    /// Are you there? Answer with `pong`.
    Ping,
    /// The answer to `ping`.
    Pong {
        /// What the request carried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// The connection ends; the last thing a client is told.
    Bye {
        /// Why.
        #[serde(flatten)]
        reason: LeaveReason,
    },
    /// Something happened in a room you are in. Ids follow on without a gap, but for messages of those whom you ignore.
    #[serde(untagged)]
    Entry(Entry),
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::protocol::entry::{EntryKind, MessageKind};

    fn entry(what: EntryKind) -> Entry {
        let room = "lobby".parse::<RoomName>().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678);
        Entry { room, id: 7, time: time.into(), what }
    }

    fn name(text: &str) -> Name {
        text.parse::<Name>().unwrap()
    }

    #[test]
    fn an_entry_is_one_flat_object() {
        let message = entry(EntryKind::Message {
            from: name("ada"),
            text: "hi".into(),
            kind: MessageKind::Say,
            nonce: None,
            tags: BTreeMap::new(),
        });
        assert_eq!(
            serde_json::to_string(&Event::Entry(message)).unwrap(),
            r#"{"room":"lobby","id":7,"time":"2026-01-02T03:04:05.678Z","type":"message","from":"ada","text":"hi"}"#
        );
    }

    #[test]
    fn the_word_for_a_reason_is_that_of_the_wire() {
        for reason in [
            LeaveReason::Quit { farewell: String::new() },
            LeaveReason::Parted { farewell: String::new() },
            LeaveReason::Removed { by: None, why: String::new() },
            LeaveReason::Kicked { by: None, why: String::new() },
            LeaveReason::Lost,
            LeaveReason::TooSlow,
            LeaveReason::Idle,
            LeaveReason::Refused { why: String::new() },
            LeaveReason::Full { why: String::new() },
            LeaveReason::Stopping,
            LeaveReason::Restarting,
        ] {
            let json = serde_json::to_value(&reason).unwrap();
            assert_eq!(json["reason"], reason.word());
        }
    }

    #[test]
    fn every_kind_of_event_survives_the_wire() {
        let events = [
            Event::Entry(entry(EntryKind::Left {
                who: name("bob"),
                reason: LeaveReason::Kicked { by: Some(name("host")), why: "spam".into() },
            })),
            Event::Entry(entry(EntryKind::Joined { who: name("bob") })),
            Event::Bye { reason: LeaveReason::Quit { farewell: "so long".into() } },
            Event::Exited {
                room: "dev".parse::<RoomName>().unwrap(),
                reason: LeaveReason::Parted { farewell: String::new() },
            },
            Event::Pong { nonce: Some("1".into()) },
            Event::Ping,
        ];
        for event in events {
            let line = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event, "{line}");
        }
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let event = r#"{"type":"pong","nonce":"1","weather":"fine"}"#;
        assert_eq!(
            serde_json::from_str::<Event>(event).unwrap(),
            Event::Pong { nonce: Some("1".into()) }
        );
    }
}
