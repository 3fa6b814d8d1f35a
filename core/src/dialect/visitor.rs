//! Connections that are answered without being anybody's: a browser that fetches pages, a health check.

use std::fmt::{self, Debug};
use std::sync::Arc;

use super::{Decoder, Dialect};
use crate::protocol::peer::Peer;

/// Answers one connection by itself, for a protocol that [takes visits](super::Protocol::takes_visits).
///
/// The hub does not know of a visit: no plugin is asked about it, it is no member and nobody is told of it. It is counted by its address,
/// beside those who are somebody's and up to four times as many. What it costs is bounded: one request is answered at a time and the next is looked at when that
/// was taken; half a request has ten seconds, silence between two of them a minute, and an answer that is not taken `limits.stalled_after`.
///
/// [`Visited::Join`] ends the visit: from there on the connection is one like all others.
pub trait Visitor: Send {
    /// Takes what was read, at most 16 KiB at once. Called only when [`next`](Self::next) had nothing more.
    fn feed(&mut self, bytes: &[u8]);

    /// What follows from what came, or `None` until more comes. Must not block.
    fn next(&mut self) -> Option<Visited>;

    /// How many bytes it holds of a request that is not whole; it bounds them itself.
    fn buffered(&self) -> usize;

    /// Told before it is fed anything where the server lets nobody in who is not encrypted ([`Require::All`](super::Require::All)), and this connection is not:
    /// all that is worth answering is where to come instead. Default nothing.
    fn must_encrypt(&mut self) {}
}

/// What follows from what a visitor was fed.
#[non_exhaustive]
pub enum Visited {
    /// This goes to the peer.
    Answer(Answer),
    /// This goes to the peer and ends the connection.
    LastAnswer(Answer),
    /// The visit is over: the peer wants in. Bans, the limits by address, the password, the rate and the gates hold from here on.
    Join(Box<Joining>),
}

/// Bytes for a visitor, of which the second part may be shared by all who are sent the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Comes first.
    pub head: Vec<u8>,
    /// Comes after it.
    pub body: Arc<[u8]>,
}

/// How somebody who has visited is spoken to from here on.
pub struct Joining {
    /// Where it comes from, as far as is known by now: that of a client, where the connection is a proxy's.
    pub peer: Peer,
    /// Whether a proxy that is trusted says that it was encrypted as far as there. What is encrypted by a transport counts as such without.
    pub is_encrypted: bool,
    /// Bytes that go to the peer before anything else: the answer to a handshake.
    pub answer: Vec<u8>,
    /// What it sends; has been fed what came already.
    pub decoder: Box<dyn Decoder>,
    /// What it is sent.
    pub dialect: Arc<dyn Dialect>,
}

impl Answer {
    /// Made of two parts.
    pub fn new(head: impl Into<Vec<u8>>, body: Arc<[u8]>) -> Self {
        Self { head: head.into(), body }
    }
}

impl Debug for Visited {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => formatter.debug_tuple("Answer").field(answer).finish(),
            Self::LastAnswer(answer) => formatter.debug_tuple("LastAnswer").field(answer).finish(),
            Self::Join(joining) => formatter.debug_tuple("Join").field(joining).finish(),
        }
    }
}

impl Debug for Joining {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peer, answer, dialect, .. } = self;
        let mut shown = formatter.debug_struct("Joining");
        shown.field("peer", peer).field("answer", answer).field("dialect", dialect);
        shown.finish_non_exhaustive()
    }
}
