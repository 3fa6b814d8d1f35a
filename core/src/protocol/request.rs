//! What a client may ask: the wire types of the JSON dialect, one flat object a line, tagged by `"type"`. Unknown fields are
//! ignored, unknown types are answered with an error.
//!
//! ```json
//! {"type":"hello","version":2,"name":"ada"}
//! {"type":"say","text":"hello","nonce":"1"}
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::entry::MessageKind;
use crate::protocol::event::PROTOCOL_VERSION;
use crate::protocol::ids::EntryId;

/// A request with what it carries for its sender's own use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object with a `type`")]
pub struct Envelope {
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
    /// Comes back on the echo, the answer or the error. At most 64 bytes; a longer one is dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Request {
    /// Offers a name; until one is accepted nothing else is answered.
    Hello {
        /// The version of the protocol that the client speaks; without it, that of the server.
        #[serde(default = "current_version")]
        version: u32,
        /// The name wanted.
        name: String,
        /// The rooms to enter; empty for the default room.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rooms: Vec<String>,
        /// The password of the server, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
        /// What was seen before the connection broke.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
    },
    /// Says something in a room.
    Say {
        /// What.
        text: String,
        /// Where; without it in the room last entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// Said plainly or as an action.
        #[serde(default)]
        kind: MessageKind,
    },
    /// Says something to one person.
    Direct {
        /// To whom.
        to: String,
        /// What.
        text: String,
    },
    /// Enters a room.
    Join {
        /// Which.
        room: String,
        /// The key of the room, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Leaves a room.
    Leave {
        /// Which; without it the room last entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// Last words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        farewell: String,
    },
    /// Takes another name.
    Rename {
        /// Which.
        name: String,
    },
    /// Asks who is in a room, a page at a time.
    Members {
        /// Which room; without it the room last entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// The last name of the page before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Asks for a part of what is kept of a room, where it is: the last entries, or those before, after or around one. Give one of the three, or none. Answered with
    /// [`Event::History`](crate::Event::History).
    History {
        /// Which room; without it the room last entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// Entries before this id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<EntryId>,
        /// Entries after this id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<EntryId>,
        /// The entry with this id, and those around it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        around: Option<EntryId>,
        /// How many, from 1 to 100; 50 without it. Very long entries make a page shorter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    },
    /// Asks which rooms there are; a locked one is told to those inside and to moderators.
    Rooms,
    /// Runs a command, as if typed after `!`.
    Command {
        /// The command line, without the `!`.
        line: String,
        /// The room it is about; without it the room last entered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
    },
    /// Proves who one is, to be logged in to an account; also before `hello`. One exchange at a time: [`Event::Challenge`](crate::Event::Challenge) asks to go on,
    /// [`Event::LoggedIn`](crate::Event::LoggedIn) or an error is its end.
    Auth {
        /// By which mechanism of SASL, e.g. `SCRAM-SHA-256`. In the first step of an exchange, and only there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mechanism: Option<String>,
        /// What the mechanism has to say, in Base64; at most 4096 characters.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        data: String,
        /// Whether who has a name keeps it; otherwise they get that of the account, where it is free. In the last step of an exchange.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_name: bool,
    },
    /// Are you there?
    Ping,
    /// The answer to the server's ping.
    Pong,
    /// Says goodbye; the server answers with `bye` and ends the connection.
    Quit {
        /// Last words; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        farewell: String,
    },
}

/// Where a returning client left off.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(expecting = "an object with `epoch` and `rooms`")]
pub struct Resume {
    /// The epoch that `welcome` named; ids of another epoch count for nothing.
    pub epoch: String,
    /// What was told in `welcome`. A connection that carries it ends the earlier one, should the server not have noticed that it is gone.
    #[serde(default)]
    pub token: String,
    /// The last id seen, by room.
    pub rooms: BTreeMap<String, EntryId>,
    /// The epoch of rooms whose `entered` named one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub epochs: BTreeMap<String, String>,
}

fn current_version() -> u32 {
    PROTOCOL_VERSION
}

impl From<Request> for Envelope {
    fn from(request: Request) -> Self {
        Self { request, nonce: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_flat_object() {
        let line = r#"{"type":"say","text":"hi","nonce":"1","colour":"blue"}"#;
        let envelope: Envelope = serde_json::from_str(line).unwrap();
        assert_eq!(envelope.nonce.as_deref(), Some("1"));
        assert_eq!(
            envelope.request,
            Request::Say { text: "hi".into(), room: None, kind: MessageKind::Say }
        );
    }

    #[test]
    fn an_unknown_type_names_the_known_ones() {
        let error = serde_json::from_str::<Envelope>(r#"{"type":"dance"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown variant `dance`"), "{error}");
        let error = serde_json::from_str::<Envelope>("[]").unwrap_err();
        assert!(error.to_string().contains("expected an object with a `type`"), "{error}");
    }
}
