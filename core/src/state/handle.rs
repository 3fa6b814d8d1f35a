//! The way into a running server; what can be asked through it stands above, in `server/handle.rs`.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use smol::Executor;

use crate::state::inbox::InboxSender;
use crate::state::report::Reports;
use crate::state::shared::Shared;

/// A cloneable way to ask a running house. Its futures need no particular runtime.
///
/// Whatever is asked runs in the hub's turn, after all that was asked before. When the house has closed every method answers
/// [`Closed`].
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) hub: InboxSender,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reports: Reports,
    pub(crate) executor: Arc<Executor<'static>>,
    pub(crate) tracers: Arc<AtomicUsize>,
}
