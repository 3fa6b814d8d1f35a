//! A house as a whole: built, opened, closed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use smol::future::FutureExt;
use smol::{Executor, Task, Timer};

use crate::clock::Clock;
use crate::config::Settings;
use crate::error::StartError;
use crate::handle::Handle;
use crate::house::House;
use crate::hub::Hub;
use crate::hub::inbox::{INBOX, Inbox};
use crate::listener::{self, Reception};
use crate::name::Name;
use crate::outlet::Outlet;
use crate::plugin::{Catalog, Plugin, PluginSetup};
use crate::report::Reports;
use crate::shared::Shared;

/// After everybody's time to take their last lines is over, sessions have this long to notice.
const ABANDON: Duration = Duration::from_secs(1);

/// How many tasks a thread runs after the house has ended, at most.
const LAST_TICKS: usize = 1_000_000;

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
    threads: Option<Threads>,
}

/// The threads that run a house which brought no executor. They end when `stop` is dropped.
struct Threads {
    stop: Option<Sender<Infallible>>,
    handles: Vec<JoinHandle<()>>,
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

    /// Runs the house on this executor instead of on threads of its own. Somebody has to run it, also while the house stops.
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
        let (threads, executor) = match self.executor {
            Some(executor) => (None, executor),
            None => {
                let executor = Arc::new(Executor::new());
                (Some(Threads::start(&executor, workers)?), executor)
            }
        };
        // `check` has seen the name of the operator.
        let host_name = Name::new(&self.settings.server.host_name, &self.settings.limits)
            .map_err(|_| StartError::Settings(self.settings.check()))?;
        let shared = Arc::new(Shared::new(self.settings, workers));
        shared.set_addresses(addresses);
        let (inbox, received) = async_channel::bounded(INBOX);
        let (permit, permits) = async_channel::bounded(1);
        let handle = Handle {
            hub: inbox.clone(),
            shared: shared.clone(),
            reports: Reports::default(),
            executor: executor.clone(),
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
        let mut hub = Hub::new(house, self.catalog, executor.clone(), permit.clone());
        for (setup, plugin) in plugins {
            hub.add_plugin(setup, plugin, "");
        }
        let hub = executor.spawn(hub.run(received));
        let workers =
            (0..workers).map(|shard| executor.spawn(shared.fanout.clone().work(shard))).collect();
        let reception = Reception {
            shared,
            hub: inbox,
            guard: Arc::default(),
            executor: executor.clone(),
            permit,
        };
        let listeners = listeners
            .into_iter()
            .map(|listener| executor.spawn(reception.clone().accept(listener)))
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
        if let Some(threads) = &mut self.threads {
            threads.end();
        }
    }
}

impl Threads {
    fn start(executor: &Arc<Executor<'static>>, count: usize) -> Result<Self, StartError> {
        let (stop, stopped) = async_channel::bounded::<Infallible>(1);
        let mut threads = Self { stop: Some(stop), handles: Vec::new() };
        for index in 0..count {
            let (executor, stopped) = (executor.clone(), stopped.clone());
            let run = move || {
                // A task that panics was seen to where it runs; the thread goes on.
                while catch_unwind(AssertUnwindSafe(|| {
                    smol::block_on(executor.run(async {
                        let _ = stopped.recv().await;
                    }));
                }))
                .is_err()
                {}
                // What was cancelled with the house is dropped now, sockets and all. Bounded, should a task never rest.
                for _ in 0..LAST_TICKS {
                    let ticked = catch_unwind(AssertUnwindSafe(|| executor.try_tick()));
                    if matches!(ticked, Ok(false)) {
                        break;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("salotto-{index}")).spawn(run);
            threads.handles.push(thread.map_err(StartError::Thread)?);
        }
        Ok(threads)
    }

    fn end(&mut self) {
        self.stop = None;
        let here = std::thread::current().id();
        for thread in self.handles.drain(..) {
            // A house that is dropped by one of its own tasks cannot wait for that task.
            if thread.thread().id() != here {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

/// Every connection takes a file descriptor, and the usual soft limit of 1024 is a relic.
fn raise_open_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
