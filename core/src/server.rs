//! A house as a whole: built, opened, closed.

pub(crate) mod handle;
mod participant;
mod start_error;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use handle::{Applied, ApplyError, Tracing};
pub use participant::{JoinError, Participant};
pub use start_error::StartError;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use smol::future::FutureExt;
use smol::{Executor, Task, Timer};

use crate::connection::listener::{self, Reception};
use crate::delivery::fanout::Fanout;
use crate::delivery::outbox::Outlet;
use crate::hub::Hub;
use crate::io::shard::{Lane, Threads};
use crate::plugin::{Catalog, Plugin};
use crate::protocol::name::Name;
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::settings::Settings;
use crate::state::clock::Clock;
use crate::state::handle::Handle;
use crate::state::inbox::{INBOX, Inbox};
use crate::state::report::Reports;
use crate::state::server_state::House;
use crate::state::shared::Shared;

/// After everybody's time to take their last lines is over, sessions have this long to notice.
const ABANDON: Duration = Duration::from_secs(1);

/// What a house is built from. Start with [`Server::builder`].
#[derive(Default)]
pub struct ServerBuilder {
    settings: Settings,
    catalog: Catalog,
    plugins: Vec<Enable>,
    executor: Option<Arc<Executor<'static>>>,
    clock: Clock,
}

enum Enable {
    Made(PluginSetup, Box<dyn Plugin>),
    Named(PluginSetup),
}

/// An open house. Dropping it ends everything at once; [`Server::stop`] says goodbye first.
///
/// Several can be open in one process.
pub struct Server {
    handle: Handle,
    listeners: Vec<Task<()>>,
    hub: Option<Task<Vec<Arc<Outlet>>>>,
    workers: Vec<Task<()>>,
    /// Closed when the last task that holds a permit has ended.
    permits: Receiver<Infallible>,
    threads: Threads,
}

impl ServerBuilder {
    /// Replaces all settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Listens on these addresses instead of the configured ones; port 0 lets the system choose. None at all makes a house for
    /// participants in this process.
    pub fn listen<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.settings.server.listen = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a plugin, after those added before.
    pub fn plugin(mut self, name: impl Into<String>, plugin: impl Plugin + 'static) -> Self {
        self.plugins.push(Enable::Made(PluginSetup::new(name), Box::new(plugin)));
        self
    }

    /// Adds a plugin of the catalog, after those added before.
    pub fn enable(mut self, setup: PluginSetup) -> Self {
        self.plugins.push(Enable::Named(setup));
        self
    }

    /// The plugins that can be enabled by name, now and while the house is open.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = catalog;
        self
    }

    /// Runs the house on this executor instead of on threads of its own, but for one that waits for sockets. Somebody has to run it, also
    /// while the house stops.
    pub fn executor(mut self, executor: Arc<Executor<'static>>) -> Self {
        self.executor = Some(executor);
        self
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the house. When this returns it listens.
    ///
    /// # Errors
    /// When settings or plugins are refused, or an address cannot be listened on; nothing is left behind then.
    pub fn start(self) -> Result<Server, StartError> {
        let wrong = self.settings.check();
        if !wrong.is_empty() {
            return Err(StartError::Settings(wrong));
        }
        let mut errors = Vec::new();
        let mut plugins = Vec::new();
        for enable in self.plugins {
            match enable {
                Enable::Made(setup, plugin) => plugins.push((setup, plugin)),
                Enable::Named(setup) => match self.catalog.build(&setup) {
                    Ok(plugin) => plugins.push((setup, plugin)),
                    Err(error) => errors.push(error),
                },
            }
        }
        if !errors.is_empty() {
            return Err(StartError::Plugins(errors));
        }
        let listeners = listener::bind(&self.settings.server.listen)?;
        let addresses: Vec<SocketAddr> =
            listeners.iter().filter_map(|listener| listener.get_ref().local_addr().ok()).collect();
        raise_open_files();

        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = self.settings.server.threads.unwrap_or(cores);
        let (threads, lanes) = match self.executor {
            Some(executor) => Threads::beside(executor, workers),
            None => Threads::start(workers),
        }
        .map_err(StartError::Thread)?;
        // `check` has seen the name of the operator.
        let host_name =
            Name::new(&self.settings.server.host_name, self.settings.limits.name_bounds())
                .map_err(|_| StartError::Settings(self.settings.check()))?;
        let shared = Arc::new(Shared::new(self.settings, workers));
        // The hub is where a small house has its people; what is not of its making is as far away as can be.
        let (near, far) = (lanes[0].executor.clone(), lanes[workers - 1].executor.clone());
        shared.set_addresses(addresses);
        let (inbox, received) = async_channel::bounded(INBOX);
        let (permit, permits) = async_channel::bounded(1);
        let handle = Handle {
            hub: inbox.clone(),
            shared: shared.clone(),
            reports: Reports::default(),
            executor: far.clone(),
            tracers: Arc::default(),
        };
        let reports = handle.reports.clone();
        let house = House::new(
            shared.clone(),
            self.clock,
            reports,
            inbox.clone(),
            host_name,
            handle.tracers.clone(),
        );
        let mut hub = Hub::new(house, self.catalog, far, permit.clone());
        for (setup, plugin) in plugins {
            hub.add_plugin(setup, plugin, "");
        }
        let hub = near.spawn(hub.run(received));
        let worker = |(shard, lane): (usize, &Lane)| {
            lane.executor.spawn(Fanout::work(shared.fanout.clone(), shared.counters.clone(), shard))
        };
        let workers = lanes.iter().enumerate().map(worker).collect();
        let reception = Reception {
            shared,
            hub: inbox,
            guard: Arc::default(),
            attempts: Arc::default(),
            lanes,
            permit,
        };
        let listeners = listeners
            .into_iter()
            .map(|listener| near.spawn(reception.clone().accept(listener)))
            .collect();
        Ok(Server { handle, listeners, hub: Some(hub), workers, permits, threads })
    }
}

impl Server {
    /// A house with default settings and no plugins, to be changed and started.
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

    /// Closes the house: nobody is let in any more, everybody is told goodbye and has `server.stop_timeout` to take their last lines,
    /// plugins are stopped and their tasks finish. When this returns the ports are free.
    pub async fn stop(mut self) {
        for listener in self.listeners.drain(..) {
            listener.cancel().await;
        }
        let patience = self.handle.settings().server.stop_timeout;
        // A hub that is gone has stopped already.
        let _ = self.handle.hub.send(Inbox::Stop).await;
        let told = match self.hub.take() {
            // A hub that panicked was reported by its thread; nobody is left to be told anything.
            Some(hub) => AssertUnwindSafe(hub).catch_unwind().await.unwrap_or_default(),
            None => Vec::new(),
        };
        if !self.all_ended_within(patience).await {
            for outlet in told {
                outlet.abandon();
            }
            self.all_ended_within(ABANDON).await;
        }
        self.handle.shared.fanout.stop();
        for worker in self.workers.drain(..) {
            worker.await;
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
        self.listeners.clear();
        self.hub = None;
        self.workers.clear();
        self.threads.end();
    }
}

/// Every connection takes a file descriptor, and the usual soft limit of 1024 is a relic.
fn raise_open_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
