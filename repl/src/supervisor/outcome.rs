//! What a command line comes to: an answer in one of two forms, or the wish that the front leaves.

use salotto::{CommandError, Reply};
use serde_json::Value;

/// What a command answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What a front renders for people.
    Reply,
    /// A JSON value for programs.
    Data,
}

/// What has become of a command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was done.
    Reply(Reply),
    /// It was done, and this is for programs.
    Data(Value),
    /// It asks the front to leave.
    Leave(Leave),
}

/// How a front is asked to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// Whichever way it leaves: a console that runs the server stops it.
    Quit,
    /// Without the server.
    Detach,
    /// The server is stopped and the program that ran it ends.
    Shutdown,
}

pub(super) fn not_running() -> CommandError {
    CommandError::Refused("the server is not running; type start".into())
}

pub(super) fn failed(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(error.to_string())
}
