//! The signals of the operating system that the program answers.

use std::io;

use async_signal::Signal as Number;
use smol::stream::StreamExt;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Stop the server and end.
    Stop,
    /// Ctrl+C; the same, except where the keyboard has another way to end.
    Interrupt,
    /// The terminal is gone or, where there is none, the configuration is to be read again.
    HangUp,
}

/// Receives the signals of the process.
pub(crate) struct Signals(Option<async_signal::Signals>);

impl Signals {
    /// From here on signals come here and do not end the program.
    pub(crate) fn install() -> Self {
        let signals = async_signal::Signals::new([Number::Term, Number::Int, Number::Hup]);
        Self(signals.inspect_err(warn_not_installed).ok())
    }

    /// Leaves signals to the system, which ends the program.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Waits for a signal; for ever, if the handlers could not be installed.
    pub(crate) async fn next(&mut self) -> Signal {
        let Some(signals) = &mut self.0 else {
            return std::future::pending().await;
        };
        match signals.next().await {
            Some(Ok(Number::Hup)) => Signal::HangUp,
            Some(Ok(Number::Int)) => Signal::Interrupt,
            Some(Ok(_)) => Signal::Stop,
            Some(Err(_)) | None => std::future::pending().await,
        }
    }
}

fn warn_not_installed(error: &io::Error) {
    tracing::warn!(%error, "cannot handle signals; they end the program without a graceful stop");
}
