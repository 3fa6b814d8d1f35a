//! How what belongs to a plugin learns that the plugin is over.

use std::convert::Infallible;

use async_channel::{Receiver, Sender};

/// Tells a task of a plugin that it should end: the plugin is being disabled or replaced, or the server stops. Clones tell the same.
///
/// It tells so before the plugin is dropped, and before the two seconds begin that its tasks have to end by themselves.
///
/// ```
/// use std::time::Duration;
///
/// use salotto::{Context, Plugin};
/// use smol::Timer;
/// use smol::future::FutureExt;
///
/// /// Looks at something once a minute, and puts it away at the end.
/// struct Watchman;
///
/// impl Plugin for Watchman {
///     fn start(&mut self, context: &mut Context<'_>) {
///         let stopping = context.stopping();
///         context.spawn(async move {
///             let minute = || async {
///                 Timer::after(Duration::from_secs(60)).await;
///             };
///             while !stopping.is_stopping() {
///                 // Look here, and wait for whichever comes first.
///                 minute().or(stopping.wait()).await;
///             }
///             // Put it away here.
///         });
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Stopping(Receiver<Infallible>);

/// Whoever holds it says when. Dropping it says so too.
#[derive(Debug)]
pub(crate) struct Stopper {
    sender: Sender<Infallible>,
    stopping: Stopping,
}

impl Stopping {
    /// Waits until it is time to end; at once, where it is.
    pub async fn wait(&self) {
        // Nothing is ever sent: this ends when the channel is closed.
        let _ = self.0.recv().await;
    }

    /// Whether it is time to end.
    pub fn is_stopping(&self) -> bool {
        self.0.is_closed()
    }
}

impl Stopper {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Self { sender, stopping: Stopping(receiver) }
    }

    pub(crate) fn stopping(&self) -> Stopping {
        self.stopping.clone()
    }

    /// It is time.
    pub(crate) fn stop(&self) {
        self.sender.close();
    }
}
