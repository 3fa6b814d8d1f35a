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

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = !self.inbox.is_closed();
        formatter.debug_struct("Handle").field("running", &running).finish_non_exhaustive()
    }
}
