//! A way to speak to the server that is added to its port.

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Decoder, Dialect, Visitor};
use crate::io::transport::Transport;
#[cfg(feature = "tls")]
use crate::protocol::certificate::Certificate;
use crate::protocol::peer::Peer;
use crate::protocol::settings::Limits;

/// A protocol beside text and JSON: IRC, HTTP with WebSocket, TLS below any of them, one of your own.
///
/// Given to the server by [`Plugin::protocols`](crate::Plugin::protocols). Its methods are called by the sessions of connections, on any of the
/// server's threads and at the same time; they must not block.
pub trait Protocol: Debug + Send + Sync {
    /// What it is called, for [`Incoming::protocol`](crate::Incoming::protocol) and in reports: one lower-case word.
    fn name(&self) -> &str;

    /// Looks at the first bytes of a connection; at least one is there. The protocols are asked in the order of their plugins, and the first that
    /// says yes has the connection. While one needs more, the connection waits, 300 ms at most after its last byte; then it counts as a no. Where all
    /// say no it is text or JSON.
    ///
    /// Said yes to by mistake, a person with `nc` is lost: the signs should be such that nobody is called or greets so.
    fn recognise(&self, first: &[u8]) -> Recognition;

    /// A connection from `peer` speaks this protocol from here on, over a transport that encrypts or not. The bytes that were looked at are fed to the decoder first.
    fn open(&self, peer: Peer, is_encrypted: bool, limits: &Limits) -> Opening;

    /// Whether [`open`](Self::open) may answer with [`Opening::Visit`]. Asked once for each connection that comes. Where one does, a connection waits for its
    /// first bytes, or the 300 ms without any, before the hub is told of it. Default no.
    fn takes_visits(&self) -> bool {
        false
    }

    /// The certificate that those are shown who speak it, for `status`. Default none.
    #[cfg(feature = "tls")]
    fn certificate(&self) -> Option<Certificate> {
        None
    }

    /// What others have to be encrypted for, where this protocol is how they can be. Asked whenever it matters; the strictest of all protocols holds. Default
    /// nothing.
    fn requires(&self) -> Require {
        Require::None
    }
}

/// What is not taken over a connection that is not [confidential](crate::MemberInfo::is_confidential).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Require {
    /// All is taken.
    None,
    /// Passwords are not: that of the server, and what commands take as a secret.
    #[default]
    Login,
    /// Nobody is let in.
    All,
}

/// What a protocol makes of the first bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// It is this protocol.
    Yes,
    /// It is not, whatever follows.
    No,
    /// That is not to be seen yet.
    NeedMore,
}

/// How a connection is spoken to once its protocol is known.
#[non_exhaustive]
pub enum Opening {
    /// In this dialect.
    Dialect {
        /// What it sends.
        decoder: Box<dyn Decoder>,
        /// What it is sent.
        dialect: Arc<dyn Dialect>,
    },
    /// By answers of its own, as somebody who is nobody's member.
    Visit(Box<dyn Visitor>),
    /// Through another transport that is laid over the present one, as encryption is. What comes out of it is looked at again: within TLS there may be any of the other protocols.
    Transport(LayOver),
}

/// Makes the transport that is laid over another, of which it is also given what was read already.
pub type LayOver = Box<dyn FnOnce(Arc<dyn Transport>, &[u8]) -> Box<dyn Transport> + Send>;

impl Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dialect { dialect, .. } => {
                formatter.debug_tuple("Dialect").field(dialect).finish()
            }
            Self::Visit(_) => formatter.write_str("Visit"),
            Self::Transport(_) => formatter.write_str("Transport"),
        }
    }
}
