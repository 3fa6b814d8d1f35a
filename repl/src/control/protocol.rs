//! What is said through the control socket: one JSON object a line each way, tagged by `"type"`.
//!
//! The server speaks first. The client answers with a hello of its own, and from then on asks what it likes; each question is answered in
//! the order of asking, and what happens in the server comes in between.
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
pub const LONGEST_ASK: u64 = 64 * 1024;

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ask {
    /// First of all.
    Hello {
        /// [`VERSION`] of the client.
        protocol: u32,
        /// What of the server it wants to see; nothing, until a `watch` command says otherwise, where it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        watch: Option<Watch>,
    },
    /// Executes a command line. Answered by `done`, `data`, `failed` or `leave`.
    Run {
        /// Comes back in the answer.
        id: u64,
        /// As it is typed at a console.
        line: String,
        /// Whether the answer is to be a value for programs.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        json: bool,
    },
    /// What could stand in place of the last word of a line. Answered by `words`.
    Complete {
        /// Comes back in the answer.
        id: u64,
        /// What stands before the cursor.
        line: String,
    },
    /// A line that is none of these, which the connection survives.
    #[serde(skip)]
    Garbled {
        /// What is wrong with it.
        problem: String,
    },
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tell {
    /// First of all.
    Hello {
        /// [`VERSION`] of the server.
        protocol: u32,
        /// Its name and version.
        program: String,
        /// Its process id.
        process: u32,
    },
    /// What can be typed from here on: after the hello, and before the next thing that is told when it has changed.
    Commands {
        /// By name.
        commands: Arc<Vec<Command>>,
    },
    /// Something happened that the client wants to see.
    Report {
        /// What.
        report: Box<Report>,
    },
    /// A command was done.
    Done {
        /// Of the question.
        id: u64,
        /// What the command answers.
        reply: Reply,
    },
    /// A command was done, and its answer asked for as a value for programs.
    Data {
        /// Of the question.
        id: u64,
        /// What the command answers.
        value: serde_json::Value,
    },
    /// A command was not done.
    Failed {
        /// Of the question.
        id: u64,
        /// Why, for people; may have several lines.
        error: String,
    },
    /// The command was to leave, which is for the client to do.
    Leave {
        /// Of the question.
        id: u64,
        /// Which way.
        how: Leave,
    },
    /// What could stand in place of the last word.
    Words {
        /// Of the question.
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
    /// The last thing that is told.
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
        let ask = |line: &str| serde_json::from_str::<Ask>(line).unwrap();
        assert_eq!(
            ask(r#"{"type":"hello","protocol":1,"colour":"red"}"#),
            Ask::Hello { protocol: 1, watch: None }
        );
        assert_eq!(
            ask(r#"{"type":"run","id":3,"line":"status"}"#),
            Ask::Run { id: 3, line: "status".into(), json: false }
        );
    }

    #[test]
    fn what_is_told_has_the_form_that_is_promised() {
        for (tell, line) in [
            (
                Tell::Done { id: 1, reply: Reply::text("bob was kicked") },
                r#"{"type":"done","id":1,"reply":{"kind":"text","value":"bob was kicked"}}"#,
            ),
            (
                Tell::Leave { id: 2, how: Leave::Detach },
                r#"{"type":"leave","id":2,"how":"detach"}"#,
            ),
            (Tell::Bye { reason: "done".into() }, r#"{"type":"bye","reason":"done"}"#),
        ] {
            assert_eq!(serde_json::to_string(&tell).unwrap(), line);
            assert_eq!(serde_json::from_str::<Tell>(line).unwrap(), tell);
        }
    }
}
