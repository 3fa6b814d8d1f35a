//! What the system asks of the program.

use std::io;

use async_signal::{Signal, Signals};
use smol::stream::StreamExt;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Stop the server and end.
    Stop,
    /// Ctrl+C; the same, except where the keyboard has another way to end.
    Interrupt,
    /// The terminal is gone or, where there is none, the configuration is to be read again.
    HangUp,
}

/// The signals that the program answers to from here on.
pub(crate) struct Asking(Option<Signals>);

impl Asking {
    pub(crate) fn listen() -> Self {
        Self(install().inspect_err(unheard).ok())
    }

    /// Leaves signals to the system, which ends the program.
    pub(crate) fn to_nobody() -> Self {
        Self(None)
    }

    /// Waits for a signal; for ever, where the system has none to give.
    pub(crate) async fn next(&mut self) -> Asked {
        let Some(signals) = &mut self.0 else {
            return std::future::pending().await;
        };
        match signals.next().await {
            Some(Ok(Signal::Hup)) => Asked::HangUp,
            Some(Ok(Signal::Int)) => Asked::Interrupt,
            Some(Ok(_)) => Asked::Stop,
            Some(Err(_)) | None => std::future::pending().await,
        }
    }
}

fn install() -> io::Result<Signals> {
    Signals::new([Signal::Term, Signal::Int, Signal::Hup])
}

fn unheard(error: &io::Error) {
    tracing::warn!(%error, "signals end the program without a goodbye");
}
