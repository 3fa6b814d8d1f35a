//! A server as a whole: built, started, stopped; and what code holds of a running one.

mod adopt;
mod builder;
pub(crate) mod handle;
mod participant;
mod start_error;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use builder::ServerBuilder;
pub use handle::{Applied, ApplyError, Tracing};
pub use participant::{JoinError, JoinOptions, Listener, Participant, Speaker, TrySayError};
pub use start_error::StartError;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use async_executor::Task;
use async_io::Timer;
use futures_lite::future::FutureExt;

use crate::delivery::outbox::Outbox;
use crate::io::shard::Threads;
use crate::io::thread;
use crate::protocol::leave_reason::LeaveReason;
use crate::state::handle::Handle;
use crate::state::inbox::Inbox;
use crate::state::order::Given;
use crate::state::store::Store;

/// After everybody's time to take their last lines is over, sessions have this long to notice.
const ABANDON: Duration = Duration::from_secs(1);

/// A running server. Dropping it ends everything at once; [`Server::stop`] says goodbye first.
///
/// Several can run in one process.
///
/// ```
/// # smol::block_on(async {
/// use salotto::Server;
///
/// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
/// println!("nc {}", server.addresses()[0]);
/// server.handle().say("lobby", "anybody here?").await?;
/// server.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a server that is dropped ends at once"]
pub struct Server {
    handle: Handle,
    listeners: Vec<Task<()>>,
    hub: Option<Task<Vec<Arc<Outbox>>>>,
    /// The walks of the shards.
    walks: Vec<Task<()>>,
    /// Closed when the last task that holds a permit has ended.
    permits: Receiver<Infallible>,
    threads: Threads,
    /// Closed when everything has stopped.
    store: Option<Arc<dyn Store>>,
    order: Option<Given>,
}

impl Server {
    /// A server with default settings and no plugins, to be changed and started.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where it listens, with the ports that the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.handle.shared.addresses()
    }

    /// The way to ask it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops the server: no connection is accepted any more, everybody is told goodbye and has `server.stop_timeout` to take their last lines,
    /// plugins are stopped and their tasks finish. When this returns the ports are free.
    pub async fn stop(self) {
        self.stop_saying(LeaveReason::Stopping).await;
    }

    /// The same, for a server that is started again at once: everybody is told so ([`LeaveReason::Restarting`]), and clients come back by themselves.
    pub async fn stop_to_restart(self) {
        self.stop_saying(LeaveReason::Restarting).await;
    }

    async fn stop_saying(mut self, reason: LeaveReason) {
        for listener in self.listeners.drain(..) {
            listener.cancel().await;
        }
        self.handle.shared.set_adopter(None);
        let patience = self.handle.settings().server.stop_timeout;
        // A hub that is gone has stopped already.
        let _ = self.handle.inbox.send(Inbox::Stop(reason)).await;
        let told = match self.hub.take() {
            // A hub that panicked was reported by its thread; nobody is left to be told anything.
            Some(hub) => AssertUnwindSafe(hub).catch_unwind().await.unwrap_or_default(),
            None => Vec::new(),
        };
        if !self.all_ended_within(patience).await {
            for outbox in told {
                outbox.abandon();
            }
            self.all_ended_within(ABANDON).await;
        }
        self.handle.shared.fanout.stop();
        for walk in self.walks.drain(..) {
            walk.await;
        }
        // Where no thread can be started they are closed when they are dropped.
        if let Some(order) = self.order.take()
            && let Ok(closed) = thread::answer("salotto-order-close", move || order.close())
        {
            let _ = closed.recv().await;
        }
        if let Some(store) = self.store.take()
            && let Ok(closed) = thread::answer("salotto-store-close", move || store.close())
        {
            let _ = closed.recv().await;
        }
    }

    /// Waits for every session and every task of a plugin. Says whether they all ended.
    async fn all_ended_within(&self, time: Duration) -> bool {
        let ended = async {
            // Nothing is ever sent: this ends when the last permit is dropped.
            let _ = self.permits.recv().await;
            true
        };
        let late = async {
            Timer::after(time).await;
            false
        };
        ended.or(late).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever asks is answered here and now, and not when somebody has run what is cancelled below.
        self.handle.inbox.close();
        self.listeners.clear();
        self.handle.shared.set_adopter(None);
        self.hub = None;
        self.walks.clear();
        self.threads.end();
        // What was done to end it was still told.
        self.handle.reports.end();
    }
}
