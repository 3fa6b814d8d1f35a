//! The way into a running server; what can be asked through it stands above, in `server/handle.rs`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use async_executor::Executor;

use crate::protocol::name::Name;
use crate::state::inbox::InboxSender;
use crate::state::report::Reports;
use crate::state::shared::Shared;

/// A cloneable way to ask a running server. Its futures need no particular runtime.
///
/// Whatever is asked runs in the hub's turn, after all that was asked before. When the server has stopped every method answers
/// [`Closed`](crate::Closed).
///
/// ```
/// # smol::block_on(async {
/// use salotto::{Role, Server};
///
/// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
/// let handle = server.handle();
/// // From any thread, on any runtime or on none.
/// let clock = std::thread::spawn({
///     let handle = handle.clone();
///     move || smol::block_on(async move { handle.say("lobby", "it is six").await })
/// });
/// clock.join().unwrap()?;
/// let _ada = handle.join("ada").await?;
/// handle.set_role("ada", Role::Moderator).await?;
/// assert_eq!(handle.status().await?.members, 1);
/// println!("{}", handle.execute("users").await?);
/// server.stop().await;
/// assert!(handle.status().await.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: InboxSender,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reports: Reports,
    pub(crate) executor: Arc<Executor<'static>>,
    /// How many watch hook calls.
    pub(crate) tracers: Arc<AtomicUsize>,
    /// Who is recorded as having done what is asked; without one, `server.operator_name`.
    pub(crate) operator: Option<Name>,
}

impl Handle {
    pub(crate) fn new(
        inbox: InboxSender,
        shared: Arc<Shared>,
        executor: Arc<Executor<'static>>,
    ) -> Self {
        let (reports, tracers) = (Reports::default(), Arc::default());
        Self { inbox, shared, reports, executor, tracers, operator: None }
    }
}

impl Handle {
    /// The same server, for a certain operator: what is done through it is recorded, and shown in rooms, as done by them, so that several who run a server can be
    /// told apart. What is *said* through it is still said by `server.operator_name`, to which answers go.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use salotto::{Report, Server};
    ///
    /// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
    /// let mut watch = server.handle().watch();
    /// let ada = server.handle().acting_as("ada".parse()?);
    /// ada.execute("topic lobby game night").await?;
    /// let by_ada = |report: &Report| matches!(report, Report::Action(action) if action.by == "ada");
    /// while !by_ada(&watch.next().await.expect("it is recorded")) {}
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn acting_as(&self, operator: Name) -> Self {
        Self { operator: Some(operator), ..self.clone() }
    }

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
