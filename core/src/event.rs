//! What a client is told: the wire types of the JSON dialect, one flat object a line, tagged by `"type"`. The text
//! dialect renders the same values as lines a person can read.
//!
//! ```json
//! {"room":"lobby","id":7,"time":"2026-01-02T03:04:05.678Z","type":"message","from":"ada","text":"hello"}
//! ```

mod timestamp;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use timestamp::Timestamp;

use crate::command::{CommandInfo, Reply};
use crate::name::{Name, RoomName};

/// Version of the JSON dialect, told in [`Event::Welcome`] and asked in `hello`.
pub const PROTOCOL_VERSION: u32 = 1;

/// The place of an entry in its room: starts at 1, only grows, has no gaps.
pub type EntryId = u64;

/// One thing that happened in a room, for everybody in it, in one order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The room.
    pub room: RoomName,
    /// Its place in the room.
    pub id: EntryId,
    /// When the hub committed it.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// Somebody said something.
    Message {
        /// Who.
        from: Name,
        /// What, cleaned and within the limits.
        text: String,
        /// Said plainly or as an action.
        #[serde(default, skip_serializing_if = "MessageKind::is_say")]
        kind: MessageKind,
        /// What the request carried, so that its sender knows its echo. Mean nothing to anybody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// What plugins wrote on it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    /// A plugin or the operator tells the room something; this is what people read about arrivals.
    Notice {
        /// What is told.
        text: String,
        /// What it is about, so that a window can fold or colour it.
        #[serde(default)]
        kind: NoticeKind,
    },
    /// Somebody came in. Keeps a roster true; people read the notice.
    Joined {
        /// Who.
        who: Name,
    },
    /// Somebody left.
    Left {
        /// Who.
        who: Name,
        /// Why; flat beside the other fields, tagged `"reason"`.
        #[serde(flatten)]
        reason: LeaveReason,
    },
    /// Somebody has another name from here on.
    Renamed {
        /// The name until now.
        from: Name,
        /// The name from now on.
        who: Name,
    },
    /// The topic was set.
    Topic {
        /// What the room is about; empty when cleared.
        topic: String,
        /// Who set it, unless the house did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Name>,
    },
    /// In a room that is too large to announce everybody: how many there are now.
    Presence {
        /// Members in the room.
        members: usize,
    },
}

impl Happening {
    /// Whether people read it, and not only programs.
    pub fn is_shown(&self) -> bool {
        matches!(self, Self::Message { .. } | Self::Notice { .. } | Self::Topic { .. })
    }
}

/// Said plainly, or as an action (`!me waves`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// `ada: hello`.
    #[default]
    Say,
    /// `** ada waves`.
    Act,
}

impl MessageKind {
    fn is_say(&self) -> bool {
        *self == Self::Say
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// Anything.
    #[default]
    Info,
    /// Somebody came.
    Joined,
    /// Somebody went.
    Left,
    /// Somebody has another name.
    Renamed,
    /// A greeting for the one it is told to.
    Welcome,
}

/// Why somebody left a room or the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeaveReason {
    /// Said goodbye and left the house.
    Quit {
        /// Last words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        farewell: String,
    },
    /// Left this room only.
    Parted,
    /// Was sent out.
    Kicked {
        /// By whom; `None` where a plugin did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Name>,
        /// What was given as the reason; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// The connection ended without a goodbye.
    Lost,
    /// Did not take what it was sent.
    TooSlow,
    /// Did not answer for too long.
    Idle,
    /// A limit of the house or a plugin ended it before a name was accepted.
    Refused {
        /// Which.
        #[serde(default)]
        why: String,
    },
    /// The house closes.
    Stopping,
}

impl LeaveReason {
    /// The word for it on the wire: `quit`, `kicked`, `too_slow` and so on.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Quit { .. } => "quit",
            Self::Parted => "parted",
            Self::Kicked { .. } => "kicked",
            Self::Lost => "lost",
            Self::TooSlow => "too_slow",
            Self::Idle => "idle",
            Self::Refused { .. } => "refused",
            Self::Stopping => "stopping",
        }
    }
}

impl fmt::Display for LeaveReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quit { farewell } if farewell.is_empty() => formatter.write_str("quit"),
            Self::Quit { farewell } => write!(formatter, "quit: {farewell}"),
            Self::Parted => formatter.write_str("left the room"),
            Self::Kicked { by, why } => {
                formatter.write_str("kicked")?;
                if let Some(by) = by {
                    write!(formatter, " by {by}")?;
                }
                if why.is_empty() { Ok(()) } else { write!(formatter, ": {why}") }
            }
            Self::Lost => formatter.write_str("connection lost"),
            Self::TooSlow => formatter.write_str("too slow"),
            Self::Idle => formatter.write_str("no answer"),
            Self::Refused { why } => formatter.write_str(why),
            Self::Stopping => formatter.write_str("server stopping"),
        }
    }
}

/// Everything that a client can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The house asks for a name; sent to who connects and stays silent.
    NameWanted {
        /// The greeting of the house.
        text: String,
    },
    /// The house asks for its password, before the name; sent to who connects and stays silent.
    PasswordWanted {
        /// What it asks.
        text: String,
    },
    /// The name was accepted. The first thing a JSON client is told.
    Welcome {
        /// [`PROTOCOL_VERSION`] of the house.
        version: u32,
        /// What the house is called.
        server: String,
        /// Changes with each start: ids of another run mean nothing in this one.
        run: String,
        /// Brought back in `resume`, it takes the name over from a connection that the house does not know to be gone yet.
        token: String,
        /// The name that was accepted.
        name: Name,
        /// Longest message in characters; absent when it is not limited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_characters: Option<usize>,
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
    /// The rooms there are.
    Rooms {
        /// In the order of their opening.
        rooms: Vec<RoomInfo>,
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
        /// What the request carried, in the echo.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
    },
    /// The house or a plugin tells you something that is for you alone.
    Told {
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
    /// Something happened in a room you are in.
    #[serde(untagged)]
    Entry(Entry),
}

/// One room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// What it is called.
    pub room: RoomName,
    /// What it is about; may be empty.
    pub topic: String,
    /// How many are in it.
    pub members: usize,
}

/// What kind of thing did not work, for programs. The text beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The name is no name; give another.
    BadName,
    /// Somebody has this name, or one that looks like it; give another.
    NameTaken,
    /// A name is needed first.
    NameWanted,
    /// The house asks for a password; say hello with it.
    PasswordWanted,
    /// That is not the password; say hello with another.
    WrongPassword,
    /// The line is longer than the house takes.
    LineTooLong,
    /// The message is longer than the house takes.
    TooLong,
    /// The line is not UTF-8.
    BadUtf8,
    /// The line is not a request that the house knows.
    BadRequest,
    /// There is no such command.
    UnknownCommand,
    /// The command was used wrongly.
    Usage,
    /// A plugin or the role says no.
    Denied,
    /// There is no such room.
    NoSuchRoom,
    /// There is nobody of that name.
    NoSuchMember,
    /// You are not in that room.
    NotInRoom,
    /// A limit of the house.
    Limit,
    /// The house could not do it.
    Failed,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::config::Limits;

    fn entry(what: Happening) -> Entry {
        let room = RoomName::new("lobby", &Limits::default()).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678);
        Entry { room, id: 7, time: time.into(), what }
    }

    fn name(text: &str) -> Name {
        Name::new(text, &Limits::default()).unwrap()
    }

    #[test]
    fn an_entry_is_one_flat_object() {
        let message = entry(Happening::Message {
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
            LeaveReason::Parted,
            LeaveReason::Kicked { by: None, why: String::new() },
            LeaveReason::Lost,
            LeaveReason::TooSlow,
            LeaveReason::Idle,
            LeaveReason::Refused { why: String::new() },
            LeaveReason::Stopping,
        ] {
            let json = serde_json::to_value(&reason).unwrap();
            assert_eq!(json["reason"], reason.word());
        }
    }

    #[test]
    fn every_kind_of_event_survives_the_wire() {
        let events = [
            Event::Entry(entry(Happening::Left {
                who: name("bob"),
                reason: LeaveReason::Kicked { by: Some(name("host")), why: "spam".into() },
            })),
            Event::Entry(entry(Happening::Joined { who: name("bob") })),
            Event::Bye { reason: LeaveReason::Quit { farewell: "so long".into() } },
            Event::Exited {
                room: RoomName::new("dev", &Limits::default()).unwrap(),
                reason: LeaveReason::Parted,
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
