//! The front's end of the line to a [desk](super::desk).

use async_channel::{Receiver, Sender};
use smol::Timer;
use smol::future::FutureExt;
use std::time::Duration;

use super::protocol::{Ask, Tell, VERSION};
use crate::supervisor::Watch;

/// Questions that may wait. A person asks one at a time, a program may ask ahead.
const ASKS: usize = 16;
/// What is told and may wait; more than a front reads at once, little enough that a stuck one costs nothing.
const TELLS: usize = 64;
/// How long a server that lives may take to say hello.
const HELLO: Duration = Duration::from_secs(5);

/// The front's end.
#[derive(Debug)]
pub(crate) struct Client {
    asks: Sender<Ask>,
    tells: Receiver<Tell>,
    /// Of the question asked last.
    id: u64,
}

/// The desk's end.
#[derive(Debug)]
pub(super) struct DeskEnd {
    pub(super) asks: Receiver<Ask>,
    pub(super) tells: Sender<Tell>,
}

/// Who said hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Name and version.
    pub(crate) program: String,
    pub(crate) process: u32,
}

/// Why nobody was met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotMet {
    #[error("it does not answer")]
    Silent,
    #[error("it hung up: {0}")]
    Refused(String),
    #[error(
        "it speaks version {0} of the control protocol, and this program version {VERSION}; use the same salotto for both"
    )]
    Version(u32),
}

/// Both ends of a line.
pub(super) fn line() -> (Client, DeskEnd) {
    let (asks, asked) = async_channel::bounded(ASKS);
    let (tells, told) = async_channel::bounded(TELLS);
    (Client { asks, tells: told, id: 0 }, DeskEnd { asks: asked, tells })
}

impl Client {
    /// Exchanges hellos; first of all.
    pub(crate) async fn meet(&self, watch: Option<Watch>) -> Result<Greeting, NotMet> {
        let hello = async { self.tells.recv().await.map_err(|_| NotMet::Silent) };
        let late = async {
            Timer::after(HELLO).await;
            Err(NotMet::Silent)
        };
        match hello.or(late).await? {
            Tell::Hello { protocol: VERSION, program, process } => {
                // Whoever is gone by now shows it by telling nothing more.
                let _ = self.asks.send(Ask::Hello { protocol: VERSION, watch }).await;
                Ok(Greeting { program, process })
            }
            Tell::Hello { protocol, .. } => Err(NotMet::Version(protocol)),
            Tell::Bye { reason } => Err(NotMet::Refused(reason)),
            _ => Err(NotMet::Silent),
        }
    }

    /// Asks for a line to be executed, and returns the id that its answer will carry.
    pub(crate) async fn run(&mut self, line: &str, json: bool) -> u64 {
        self.id += 1;
        // A desk that is gone shows it by telling nothing more.
        let _ = self.asks.send(Ask::Run { id: self.id, line: line.to_owned(), json }).await;
        self.id
    }

    /// The next thing that is told; `None` when there is nobody any more. May be cancelled: nothing is lost.
    pub(crate) async fn next(&self) -> Option<Tell> {
        self.tells.recv().await.ok()
    }

    /// The way for questions that others ask, whose ids are their own affair.
    pub(crate) fn asks(&self) -> Sender<Ask> {
        self.asks.clone()
    }

    pub(super) fn into_ends(self) -> (Sender<Ask>, Receiver<Tell>) {
        (self.asks, self.tells)
    }
}
