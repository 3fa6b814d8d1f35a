//! The errors that an embedder meets, and what people are refused with.

use serde::{Deserialize, Serialize};

use crate::protocol::hint;
use crate::protocol::name::{Name, NameError, RoomName};

/// Why a person may not have what they asked for: a code for programs, a line for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
#[non_exhaustive]
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

    /// For code, which types nothing.
    pub(crate) fn without_hints(mut self) -> Self {
        self.text = hint::resolved(&self.text, |_| None).into_owned();
        self
    }
}

/// The server has stopped, so nothing can be asked of it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopped; start it first")]
pub struct Closed;

/// Why there is nothing to take at the moment: one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TryNextError {
    /// Nothing is here yet.
    #[error("nothing is here yet")]
    Empty,
    /// Nothing will come any more.
    #[error("nothing will come any more")]
    Ended,
}

/// Why a room could not be opened, closed or given a topic. Nothing was changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// There is no room of that name.
    #[error("no room `{name}`; check its name")]
    NoSuchRoom {
        /// What was asked for, cleaned and at most 64 bytes of it.
        name: String,
    },
    /// A room of that name, or of one that looks like it, is open.
    #[error("the room `{0}` is open already")]
    IsOpen(RoomName),
    /// No room can have that name.
    #[error("{}", no_room_name(name, problem))]
    BadName {
        /// What was asked for, cleaned and at most 64 bytes of it.
        name: String,
        /// What is wrong with it.
        problem: NameError,
    },
    /// The default room cannot be closed.
    #[error("the default room stays; stop the server instead")]
    IsDefault,
    /// The topic is longer than `limits.topic_characters`.
    #[error("the topic has {length} characters; at most {limit} are allowed")]
    TopicTooLong {
        /// How many characters it has.
        length: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Other servers share the room, and the engine that orders what happens in it cannot be reached.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The server has stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// The engine that several servers share is away, or has more to do than it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine that orders what is said cannot be reached; try again in a moment")]
pub struct Unavailable;

/// Why something could not be done to a member. Nothing was changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// Nobody here has that name, or one that looks like it.
    #[error("no user `{name}`; {}", advice(nearest.as_ref()))]
    NoSuchMember {
        /// What was asked for, cleaned and at most 64 bytes of it.
        name: String,
        /// Who was perhaps meant.
        nearest: Option<Name>,
    },
    /// The server has stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Why no room can be called so, and what to call it.
pub(crate) fn no_room_name(name: &str, problem: &NameError) -> String {
    match problem {
        NameError::Space { suggestion } => {
            let advice = suggestion.as_ref().map(|name| format!("; try `{name}`"));
            format!("room names have no spaces{}", advice.unwrap_or_default())
        }
        problem => format!("`{name}` cannot be a room: {problem}"),
    }
}

fn advice(nearest: Option<&Name>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "check the name".into(),
    }
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
    /// The server asks for a password; say hello with it.
    PasswordWanted,
    /// That is not the password; say hello with another.
    WrongPassword,
    /// Who one is was not proven; see [`Request::Auth`](crate::Request::Auth).
    LoginFailed,
    /// It is not taken over a connection that others can read; connect with TLS, on the same port.
    EncryptionWanted,
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
    /// One is banned there.
    Banned,
    /// The room wants a key; join with it.
    KeyWanted,
    /// As many are in the room as may be.
    RoomFull,
    /// There is no such room.
    NoSuchRoom,
    /// There is nobody of that name.
    NoSuchMember,
    /// You are not in that room.
    NotInRoom,
    /// A limit of the server.
    Limit,
    /// The engine that servers share rooms by cannot be reached; try again in a moment.
    Unavailable,
    /// The server could not do it.
    Failed,
}
