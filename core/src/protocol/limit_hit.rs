//! The limits that are counted when they take effect.

use serde::{Deserialize, Serialize};

/// The limits that are counted when they take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitHit {
    /// A line was longer than `limits.line_bytes`.
    LineBytes,
    /// More than `limits.unended_bytes` came without a newline.
    Unended,
    /// A line was not UTF-8.
    BadUtf8,
    /// A line was not a request.
    BadRequest,
    /// A message was longer than `limits.message_characters`.
    MessageLength,
    /// A name was no name, or too long.
    BadName,
    /// A name was taken.
    NameTaken,
    /// More than `limits.name_lines` lines were tried as a name.
    NameLines,
    /// A password was wrong.
    Password,
    /// No name came within `limits.name_timeout`.
    NameTimeout,
    /// A member was in `limits.rooms_per_member` rooms already.
    RoomsPerMember,
    /// The server had `limits.rooms` rooms already.
    Rooms,
    /// A topic was longer than `limits.topic_characters`.
    TopicLength,
    /// The server had `limits.connections` connections already.
    Connections,
    /// An address had `limits.connections_per_address` connections already.
    ConnectionsPerAddress,
    /// An address made more than `limits.new_connections_per_minute`.
    NewConnections,
    /// The system had no file descriptor left for a connection.
    OpenFiles,
    /// Lines came faster than `limits.rate` and were read later.
    Rate,
    /// A member took nothing for `limits.stalled_after`, or fell out of the timeline.
    TooSlow,
    /// More than `limits.mailbox` lines waited for one member.
    Mailbox,
    /// A JSON client did not answer within `limits.gone_after`.
    NoAnswer,
    /// What plugins asked for in answer to one another went too deep.
    EffectDepth,
    /// As many commands waited for their answer as may.
    Answers,
}

impl LimitHit {
    /// Every one, in the order of the declaration.
    pub const ALL: [Self; 23] = [
        Self::LineBytes,
        Self::Unended,
        Self::BadUtf8,
        Self::BadRequest,
        Self::MessageLength,
        Self::BadName,
        Self::NameTaken,
        Self::NameLines,
        Self::Password,
        Self::NameTimeout,
        Self::RoomsPerMember,
        Self::Rooms,
        Self::TopicLength,
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::NewConnections,
        Self::OpenFiles,
        Self::Rate,
        Self::TooSlow,
        Self::Mailbox,
        Self::NoAnswer,
        Self::EffectDepth,
        Self::Answers,
    ];

    /// What was hit, for the operator.
    pub fn describe(self) -> &'static str {
        match self {
            Self::LineBytes => "line too long",
            Self::Unended => "no end of line",
            Self::BadUtf8 => "line not UTF-8",
            Self::BadRequest => "not a request",
            Self::MessageLength => "message too long",
            Self::BadName => "name refused",
            Self::NameTaken => "name taken",
            Self::NameLines => "too many tries at a name",
            Self::Password => "wrong password",
            Self::NameTimeout => "no name in time",
            Self::RoomsPerMember => "too many rooms for a member",
            Self::Rooms => "too many rooms",
            Self::TopicLength => "topic too long",
            Self::Connections => "too many connections",
            Self::ConnectionsPerAddress => "too many connections from an address",
            Self::NewConnections => "too many new connections from an address",
            Self::OpenFiles => "out of file descriptors",
            Self::Rate => "lines too fast (read later)",
            Self::TooSlow => "member too slow",
            Self::Mailbox => "mailbox full",
            Self::NoAnswer => "no answer to a ping",
            Self::EffectDepth => "plugins answered one another too deeply",
            Self::Answers => "too many commands without an answer yet",
        }
    }
}
