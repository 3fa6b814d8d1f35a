//! The way into a running server; what can be asked through it stands above, in `server/handle.rs`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use async_executor::Executor;

use crate::state::inbox::InboxSender;
use crate::state::report::Reports;
use crate::state::shared::Shared;

/// A cloneable way to ask a running server. Its futures need no particular runtime.
///
/// Whatever is asked runs in the hub's turn, after all that was asked before. When the server has stopped every method answers
/// [`Closed`](crate::Closed).
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: InboxSender,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reports: Reports,
    pub(crate) executor: Arc<Executor<'static>>,
    /// How many watch hook calls.
    pub(crate) tracers: Arc<AtomicUsize>,
}

impl Handle {
    pub(crate) fn new(
        inbox: InboxSender,
        shared: Arc<Shared>,
        executor: Arc<Executor<'static>>,
    ) -> Self {
        Self { inbox, shared, reports: Reports::default(), executor, tracers: Arc::default() }
    }
}

impl Handle {
    /// Waits until the server has ended, by a stop, because it was dropped or because it broke: from then on every method answers
    /// [`Closed`](crate::Closed). Everybody was told goodbye by then; their last lines, and what tasks of plugins have left to do, may still be
    /// under way until [`Server::stop`](crate::Server::stop) returns.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use salotto::Server;
    ///
    /// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
    /// let handle = server.handle();
    /// assert!(!handle.is_closed());
    /// server.stop().await;
    /// handle.closed().await;
    /// assert!(handle.is_closed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn closed(&self) {
        self.inbox.closed().await;
    }

    /// Whether the server has ended; see [`closed`](Self::closed). One that has does not come back: another start is another server.
    pub fn is_closed(&self) -> bool {
        self.inbox.is_closed()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = !self.is_closed();
        formatter.debug_struct("Handle").field("running", &running).finish_non_exhaustive()
    }
}
