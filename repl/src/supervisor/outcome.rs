//! What a command line results in: an answer in one of two formats, or a request to the front to leave.

use salotto::{CommandError, Reply};
use serde_json::Value;

/// The format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyFormat {
    /// A typed reply, which a front renders for people.
    Typed,
    /// A JSON value, for programs.
    Json,
}

/// What a command line resulted in.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was done.
    Reply(Reply),
    /// It was done, and this is the answer for programs.
    Data(Value),
    /// It asks the front to leave.
    Leave(Leave),
}

/// How a front is asked to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// As it usually leaves: a console that runs the server stops it.
    Quit,
    /// Without stopping the server.
    Detach,
    /// The server is stopped and the program that ran it ends.
    Shutdown,
}

pub(super) fn not_running() -> CommandError {
    CommandError::Refused("the server is not running; `start` starts it".into())
}

pub(super) fn failed(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(error.to_string())
}
