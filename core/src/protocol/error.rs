//! The errors that an embedder meets, and what people are refused with.

use serde::{Deserialize, Serialize};

/// Why a person may not have what they asked for: a code for programs, a line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what went wrong, with which value, and what to do.
    pub text: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// The server has stopped, so nothing can be asked of it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopped; start it first")]
pub struct Closed;

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
    /// The server asks for a password; say hello with it.
    PasswordWanted,
    /// That is not the password; say hello with another.
    WrongPassword,
    /// The line is longer than the server takes.
    LineTooLong,
    /// The message is longer than the server takes.
    TooLong,
    /// The line is not UTF-8.
    BadUtf8,
    /// The line is not a request that the server knows.
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
    /// A limit of the server.
    Limit,
    /// The server could not do it.
    Failed,
}
