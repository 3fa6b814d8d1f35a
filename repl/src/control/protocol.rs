//! The messages of the control socket: one JSON object a line each way, tagged by `"type"`.
//!
//! The server speaks first. The client answers with a hello of its own and then sends requests, which are answered in order; reports of what
//! happens in the server come in between.
//!
//! ```text
//! ◂ {"type":"hello","protocol":1,"program":"salotto 0.1.0","process":4711}
//! ▸ {"type":"hello","protocol":1,"watch":"rooms"}
//! ◂ {"type":"commands","commands":[{"path":"kick","args":[…],"help":"Disconnects a user",…},…]}
//! ▸ {"type":"run","id":1,"line":"kick bob no flooding"}
//! ◂ {"type":"report","report":{"entry":{"room":"lobby","id":9,"type":"left","who":"bob",…}}}
//! ◂ {"type":"done","id":1,"reply":{"kind":"text","value":"bob was kicked"}}
//! ▸ {"type":"run","id":2,"line":"users","json":true}
//! ◂ {"type":"data","id":2,"value":[{"id":1,"name":"ada",…}]}
//! ◂ {"type":"bye","reason":"the server is stopping"}
//! ```
//!
//! A client ignores fields and skips lines that it does not know: those may come without another [`VERSION`].

use std::sync::Arc;

use salotto::{Command, Reply, Report};
use serde::{Deserialize, Serialize};

use crate::supervisor::{Leave, Watch};

/// Changes when an older side would misunderstand a newer one. Both must have the same.
pub const VERSION: u32 = 1;

/// Longest line that a client may send, in bytes. A longer one ends the connection.
pub const MAX_CLIENT_LINE_BYTES: u64 = 64 * 1024;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message.
    Hello {
        /// [`VERSION`] of the client.
        protocol: u32,
        /// What it wants to see of the server. Left out: nothing, until a `watch` command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        watch: Option<Watch>,
        /// Who acts through it. Left out: the Unix user at the other end. Only root and the user who runs the server may say somebody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
    },
    /// Executes a command line. Answered by `done`, `data`, `failed` or `leave`.
    Run {
        /// Comes back in the answer.
        id: u64,
        /// As typed at a console.
        line: String,
        /// Whether the answer is to be a JSON value, for programs.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        json: bool,
    },
    /// Asks what the last word of a line can be completed to. Answered by `words`.
    Complete {
        /// Comes back in the answer.
        id: u64,
        /// The text before the cursor.
        line: String,
    },
    /// A line that is none of these. It does not end the connection.
    #[serde(skip)]
    Invalid {
        /// What is wrong with it.
        problem: String,
    },
}

/// What a client receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message.
    Hello {
        /// [`VERSION`] of the server.
        protocol: u32,
        /// Its name and version.
        program: String,
        /// Its process id.
        process: u32,
    },
    /// The commands that can be typed from here on: sent after the hello, and before the next message whenever they have changed.
    Commands {
        /// In the order of their names.
        commands: Arc<Vec<Command>>,
    },
    /// Something happened that the client wants to see.
    Report {
        /// What.
        report: Box<Report>,
    },
    /// A command was done.
    Done {
        /// Of the request.
        id: u64,
        /// The answer of the command.
        reply: Reply,
    },
    /// A command was done whose answer was requested as JSON.
    Data {
        /// Of the request.
        id: u64,
        /// The answer of the command.
        value: serde_json::Value,
    },
    /// A command failed.
    Failed {
        /// Of the request.
        id: u64,
        /// Why, for people; may have several lines.
        error: String,
    },
    /// The command asks the client to leave.
    Leave {
        /// Of the request.
        id: u64,
        /// In which way.
        how: Leave,
    },
    /// The completions of the last word.
    Words {
        /// Of the request.
        id: u64,
        /// Where in the line, in bytes, that word begins.
        start: usize,
        /// The words.
        words: Vec<String>,
    },
    /// A line was not understood.
    Refused {
        /// What is wrong with it.
        problem: String,
    },
    /// The last message.
    Bye {
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_leave_out_what_has_a_default_and_add_what_is_unknown() {
        let parse = |line: &str| serde_json::from_str::<ClientMessage>(line).unwrap();
        assert_eq!(
            parse(r#"{"type":"hello","protocol":1,"colour":"red"}"#),
            ClientMessage::Hello { protocol: 1, watch: None, operator: None }
        );
        assert_eq!(
            parse(r#"{"type":"run","id":3,"line":"status"}"#),
            ClientMessage::Run { id: 3, line: "status".into(), json: false }
        );
    }

    #[test]
    fn messages_have_the_documented_form() {
        for (message, line) in [
            (
                ServerMessage::Done { id: 1, reply: Reply::text("bob was kicked") },
                r#"{"type":"done","id":1,"reply":{"kind":"text","value":"bob was kicked"}}"#,
            ),
            (
                ServerMessage::Leave { id: 2, how: Leave::Detach },
                r#"{"type":"leave","id":2,"how":"detach"}"#,
            ),
            (ServerMessage::Bye { reason: "done".into() }, r#"{"type":"bye","reason":"done"}"#),
        ] {
            assert_eq!(serde_json::to_string(&message).unwrap(), line);
            assert_eq!(serde_json::from_str::<ServerMessage>(line).unwrap(), message);
        }
    }
}
