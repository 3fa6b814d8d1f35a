//! The limits that are counted when they take effect.

use serde::{Deserialize, Serialize};

/// Makes the enum, the list of all, and the words for the operator of one table.
macro_rules! limit_hits {
    ($($(#[$doc:meta])+ $hit:ident => $words:literal,)+) => {
        /// The limits that are counted when they take effect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum LimitHit {
            $($(#[$doc])+ $hit,)+
        }

        impl LimitHit {
            /// Every one, in the order of the declaration.
            pub const ALL: [Self; [$($words),+].len()] = [$(Self::$hit),+];

            /// What was hit, for the operator.
            pub fn describe(self) -> &'static str {
                match self {
                    $(Self::$hit => $words,)+
                }
            }
        }
    };
}

limit_hits! {
    /// A line was longer than `limits.line_bytes`.
    LineBytes => "line too long",
    /// More than `limits.unended_bytes` came without a newline.
    Unended => "no end of line",
    /// A line was not UTF-8.
    BadUtf8 => "line not UTF-8",
    /// A line was not a request.
    BadRequest => "not a request",
    /// A connection spoke a protocol that this port does not: a browser, a scanner, an unknown proxy.
    Stray => "another protocol",
    /// A handshake failed or took too long, or what came after it broke the rules of TLS.
    Handshake => "TLS that failed",
    /// More handshakes of TLS were wanted than could be worked on in time, or than may wait; one was let go.
    Handshakes => "too many handshakes of TLS at once",
    /// Somebody came, or gave a password, over a connection that others can read, where that is not taken.
    Unencrypted => "not encrypted",
    /// A message was longer than `limits.message_characters`.
    MessageLength => "message too long",
    /// A name was no name, or too long.
    BadName => "name refused",
    /// A name was taken.
    NameTaken => "name taken",
    /// More than `limits.name_lines` lines were tried as a name.
    NameLines => "too many tries at a name",
    /// A password was wrong.
    Password => "wrong password",
    /// No name came within `limits.name_timeout`.
    NameTimeout => "no name in time",
    /// A member was in `limits.rooms_per_member` rooms already.
    RoomsPerMember => "too many rooms for a member",
    /// The server had `limits.rooms` rooms already.
    Rooms => "too many rooms",
    /// `limits.rooms_per_address` rooms were opened from an address already.
    RoomsPerAddress => "too many rooms from an address",
    /// A topic was longer than `limits.topic_characters`.
    TopicLength => "topic too long",
    /// The server had `limits.connections` connections already.
    Connections => "too many connections",
    /// An address had `limits.connections_per_address` connections already.
    ConnectionsPerAddress => "too many connections from an address",
    /// An address made more than `limits.new_connections_per_minute`.
    NewConnections => "too many new connections from an address",
    /// More than `limits.unnamed` connections had no name yet; one that came, or one that was there, was sent away for it.
    Unnamed => "too many newcomers",
    /// A connection from one of `server.proxies` brought no PROXY header that can be read, or none in time.
    ProxyHeader => "no good PROXY header from a proxy",
    /// Somebody who visited, as a browser does for a page, sent half a request and no more, or did not take the answer.
    Visit => "half a request for a page, or an answer not taken",
    /// The system had no file descriptor left for a connection.
    OpenFiles => "out of file descriptors",
    /// Lines came faster than `limits.rate` and were read later.
    Rate => "lines too fast (read later)",
    /// A member took nothing for `limits.stalled_after`, or fell out of the timeline.
    TooSlow => "member too slow",
    /// More than `limits.mailbox` lines waited for one member.
    Mailbox => "mailbox full",
    /// A JSON client did not answer within `limits.gone_after`.
    NoAnswer => "no answer to a ping",
    /// What plugins asked for in answer to one another went too deep.
    EffectDepth => "plugins answered one another too deeply",
    /// As many commands waited for their answer as may.
    Answers => "too many commands without an answer yet",
}
