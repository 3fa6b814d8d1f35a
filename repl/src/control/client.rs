//! The front's end of a connection to a [control session](super::session).

use async_channel::{Receiver, Sender};
use salotto::Name;
use smol::Timer;
use smol::future::FutureExt;
use std::time::Duration;

use super::protocol::{ClientMessage, ServerMessage, VERSION};
use crate::supervisor::Watch;

/// Requests that may wait. A person sends one at a time, a program may send several ahead.
const REQUESTS: usize = 16;
/// Messages to the front that may wait: more than it reads at once, few enough that one that is stuck costs nothing.
const MESSAGES: usize = 64;
/// How long the server may take to send its hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// The front's end.
#[derive(Debug)]
pub(crate) struct Client {
    requests: Sender<ClientMessage>,
    messages: Receiver<ServerMessage>,
    /// Of the last command that was sent.
    id: u64,
}

/// The session's end.
#[derive(Debug)]
pub(super) struct SessionEnd {
    pub(super) requests: Receiver<ClientMessage>,
    pub(super) messages: Sender<ServerMessage>,
}

/// What the front's hello says about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hello {
    /// What it wants to see.
    pub(crate) watch: Option<Watch>,
    /// Who sits at it, if they say so.
    pub(crate) operator: Option<Name>,
}

/// What the server's hello says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Name and version.
    pub(crate) program: String,
    pub(crate) process: u32,
}

/// Why the handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("it does not answer")]
    Timeout,
    #[error("it ended the connection: {0}")]
    Refused(String),
    #[error(
        "it speaks version {0} of the control protocol, and this program version {VERSION}; use the same salotto for both"
    )]
    Version(u32),
}

/// Both ends of a new connection.
pub(super) fn connection() -> (Client, SessionEnd) {
    let (requests, received) = async_channel::bounded(REQUESTS);
    let (sender, messages) = async_channel::bounded(MESSAGES);
    (Client { requests, messages, id: 0 }, SessionEnd { requests: received, messages: sender })
}

impl Client {
    /// Exchanges hellos; comes before everything else.
    pub(crate) async fn handshake(&self, mine: Hello) -> Result<Greeting, HandshakeError> {
        let hello = async { self.messages.recv().await.map_err(|_| HandshakeError::Timeout) };
        let late = async {
            Timer::after(HELLO_TIMEOUT).await;
            Err(HandshakeError::Timeout)
        };
        match hello.or(late).await? {
            ServerMessage::Hello { protocol: VERSION, program, process } => {
                let Hello { watch, operator } = mine;
                let operator = operator.map(|operator| operator.to_string());
                let hello = ClientMessage::Hello { protocol: VERSION, watch, operator };
                // If the session is gone by now, no further message comes.
                let _ = self.requests.send(hello).await;
                Ok(Greeting { program, process })
            }
            ServerMessage::Hello { protocol, .. } => Err(HandshakeError::Version(protocol)),
            ServerMessage::Bye { reason } => Err(HandshakeError::Refused(reason)),
            _ => Err(HandshakeError::Timeout),
        }
    }

    /// Sends a command line to be executed, and returns the id that its answer will carry.
    pub(crate) async fn run(&mut self, line: &str, json: bool) -> u64 {
        self.id += 1;
        let run = ClientMessage::Run { id: self.id, line: line.to_owned(), json };
        // If the session is gone, no further message comes.
        let _ = self.requests.send(run).await;
        self.id
    }

    /// The next message; `None` when the session has ended. May be cancelled: nothing is lost.
    pub(crate) async fn next(&self) -> Option<ServerMessage> {
        self.messages.recv().await.ok()
    }

    /// For requests that others send, whose ids are their own affair.
    pub(crate) fn requests(&self) -> Sender<ClientMessage> {
        self.requests.clone()
    }

    pub(super) fn into_ends(self) -> (Sender<ClientMessage>, Receiver<ServerMessage>) {
        (self.requests, self.messages)
    }
}
