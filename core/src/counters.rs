//! What the house has counted since it started: deliveries of each kind, and each time that a limit struck.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::outlet::Tally;

/// The limits that are counted when they strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strike {
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
    /// The house had `limits.rooms` rooms already.
    Rooms,
    /// A topic was longer than `limits.topic_characters`.
    TopicLength,
    /// The house had `limits.connections` connections already.
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
}

impl Strike {
    /// Every one, in the order of the declaration.
    pub const ALL: [Self; 22] = [
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
    ];

    /// What struck, for the operator.
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
        }
    }
}

/// For so many seconds after a strike was diagnosed at `INFO`, further ones of the same limit are at `DEBUG`: whoever abuses the house must not fill
/// its log.
const QUIET: u64 = 60;

/// The counts. Written by whoever counts, without locks.
#[derive(Debug)]
pub(crate) struct Counters {
    strikes: [AtomicU64; Strike::ALL.len()],
    /// The second from which on the next strike is worth a line at `INFO` again.
    loud_from: [AtomicU64; Strike::ALL.len()],
    since: Instant,
    /// Messages that were said, in rooms and to one person.
    pub(crate) messages: AtomicU64,
    /// Connections that were accepted.
    pub(crate) connections: AtomicU64,
    /// Entries and lines that were handed to sockets, each once a member.
    pub(crate) deliveries: AtomicU64,
    /// Bytes that sockets took.
    pub(crate) bytes_sent: AtomicU64,
    /// Bytes that were read from sockets.
    pub(crate) bytes_received: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            strikes: Default::default(),
            loud_from: Default::default(),
            since: Instant::now(),
            messages: AtomicU64::default(),
            connections: AtomicU64::default(),
            deliveries: AtomicU64::default(),
            bytes_sent: AtomicU64::default(),
            bytes_received: AtomicU64::default(),
        }
    }
}

impl Counters {
    /// A limit struck: counts it and leaves a trace of whom it struck.
    pub(crate) fn strike(&self, strike: Strike, whom: impl Display) {
        let struck = self.strikes[strike as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let limit = strike.describe();
        if self.is_loud(strike, self.since.elapsed().as_secs()) {
            tracing::info!(limit, whom = whom.to_string(), struck, "a limit struck");
        } else {
            tracing::debug!(limit, whom = whom.to_string(), struck, "a limit struck");
        }
    }

    /// Whether this strike is worth a line, at this second; of several at once one is.
    fn is_loud(&self, strike: Strike, now: u64) -> bool {
        let loud_from = &self.loud_from[strike as usize];
        let from = loud_from.load(Ordering::Relaxed);
        let quieten = || {
            let (done, other) = (Ordering::Relaxed, Ordering::Relaxed);
            loud_from.compare_exchange(from, now + QUIET, done, other).is_ok()
        };
        now >= from && quieten()
    }

    /// Something was handed to sockets.
    pub(crate) fn delivered(&self, tally: &Tally) {
        self.deliveries.fetch_add(tally.deliveries, Ordering::Relaxed);
        self.bytes_sent.fetch_add(tally.bytes, Ordering::Relaxed);
    }

    /// How often each limit struck, those that never did included.
    pub(crate) fn strikes(&self) -> BTreeMap<Strike, u64> {
        Strike::ALL.into_iter().map(|strike| (strike, self.struck(strike))).collect()
    }

    pub(crate) fn struck(&self, strike: Strike) -> u64 {
        self.strikes[strike as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strike_is_counted_for_itself() {
        for (index, strike) in Strike::ALL.into_iter().enumerate() {
            assert_eq!(strike as usize, index);
        }
        let counters = Counters::default();
        counters.strike(Strike::Rate, "ada");
        assert_eq!((counters.struck(Strike::Rate), counters.struck(Strike::TooSlow)), (1, 0));
    }

    #[test]
    fn one_strike_of_a_limit_a_minute_is_worth_a_line() {
        let counters = Counters::default();
        let loud = |strike, second| counters.is_loud(strike, second);
        assert!(loud(Strike::Rate, 0) && loud(Strike::TooSlow, 0));
        assert!((0..QUIET).all(|second| !loud(Strike::Rate, second)));
        assert!(loud(Strike::Rate, QUIET) && !loud(Strike::Rate, QUIET));
    }
}
