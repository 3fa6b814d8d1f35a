//! Connections that somebody else accepted.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;

use crate::io::transport::Transport;
use crate::protocol::error::Closed;
use crate::protocol::peer::Peer;

/// A connection that was accepted elsewhere, for [`Handle::adopt`](crate::Handle::adopt): by a web server that upgraded it, by a listener of your
/// own, through a transport of your own.
#[derive(Debug)]
#[must_use = "nothing happens before it is adopted"]
pub struct Incoming {
    pub(crate) stream: Stream,
    pub(crate) peer: Peer,
    pub(crate) is_encrypted: bool,
    pub(crate) protocol: Option<String>,
    pub(crate) received: Vec<u8>,
}

pub(crate) enum Stream {
    Tcp(TcpStream),
    Transport(Arc<dyn Transport>),
}

impl Incoming {
    /// A TCP connection. `peer` is where it comes from: what limits by address and bans go by.
    pub fn tcp(stream: TcpStream, peer: Peer) -> Self {
        Self::new(Stream::Tcp(stream), peer)
    }

    /// A connection through a transport of your own.
    pub fn transport(transport: impl Transport + 'static, peer: Peer) -> Self {
        Self::new(Stream::Transport(Arc::new(transport)), peer)
    }

    fn new(stream: Stream, peer: Peer) -> Self {
        Self { stream, peer, is_encrypted: false, protocol: None, received: Vec::new() }
    }

    /// Speaks this protocol of a plugin (its [`Protocol::name`](crate::dialect::Protocol::name)) whatever the first bytes look like; without it they
    /// choose.
    pub fn protocol(mut self, name: impl Into<String>) -> Self {
        self.protocol = Some(name.into());
        self
    }

    /// Counts as encrypted, because whoever accepted it decrypts it, or was told so by somebody who does.
    pub fn encrypted(mut self) -> Self {
        self.is_encrypted = true;
        self
    }

    /// Bytes that were read from it already; they come before all that is still to be read.
    pub fn received(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.received = bytes.into();
        self
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(formatter),
            Self::Transport(transport) => transport.fmt(formatter),
        }
    }
}

/// Why a connection, or a listener, was not adopted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// A limit of the server; the peer was told, where it is a TCP connection.
    #[error("{0}")]
    Limit(String),
    /// No plugin has a protocol of that name.
    #[error("there is no protocol `{0}`; enable the plugin that has it")]
    NoSuchProtocol(String),
    /// The system cannot watch any more sockets.
    #[error("the connection cannot be watched: {0}")]
    Io(#[from] io::Error),
    /// The server has stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Waits while the hub is behind.
pub(crate) type Adopting<'a> = Pin<Box<dyn Future<Output = Result<(), AdoptError>> + Send + 'a>>;

/// Who makes sessions of such connections; stands above this floor.
pub(crate) trait Adopt: fmt::Debug + Send + Sync {
    fn adopt(&self, incoming: Incoming) -> Adopting<'_>;
    fn accept(&self, listener: TcpListener, protocol: Option<String>) -> Adopting<'_>;
}
