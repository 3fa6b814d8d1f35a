//! What a server is built from, and how it is put together.

use std::convert::Infallible;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use async_channel::Receiver;
use async_executor::Executor;
use async_io::Async;

use crate::connection::listener::{self, Acceptor};
use crate::delivery::fanout::Fanout;
use crate::hub::Hub;
use crate::io::shard::{Shard, Threads};
use crate::plugin::hooks::Origin;
use crate::plugin::{Catalog, CatalogError, Made, Plugin};
use crate::protocol::name::Name;
use crate::protocol::plugin_info::PluginSetup;
use crate::protocol::settings::Settings;
use crate::server::{Server, StartError, participant};
use crate::state::clock::Clock;
use crate::state::handle::Handle;
use crate::state::inbox::{self, Inbox};
use crate::state::order::Given;
#[cfg(feature = "nodes")]
use crate::state::order::Order;
use crate::state::reload::Reload;
use crate::state::server_state::ServerState;
use crate::state::shared::Shared;
use crate::state::store::Store;

/// What a server is built from. Start with [`Server::builder`].
///
/// ```
/// use salotto::{Server, Settings, Verdict, plugin};
///
/// let mut settings = Settings::default();
/// settings.rooms.topic = "no spoilers".into();
/// let server = Server::builder()
///     .settings(settings)
///     .listen(["127.0.0.1:0"])
///     .plugin("quiet", plugin::before_message(|_context, draft| {
///         draft.text = draft.text.to_lowercase();
///         Verdict::Pass
///     }))
///     .start()?;
/// # drop(server);
/// # Ok::<(), salotto::StartError>(())
/// ```
#[derive(Default)]
#[must_use = "nothing runs before `start`"]
pub struct ServerBuilder {
    settings: Settings,
    /// Takes the place of the configured addresses, in whatever order the two are given.
    listen: Option<Vec<String>>,
    /// Bound by somebody else.
    listeners: Vec<TcpListener>,
    catalog: Catalog,
    plugins: Vec<Enable>,
    executor: Option<Arc<Executor<'static>>>,
    clock: Clock,
    store: Option<Arc<dyn Store>>,
    order: Option<Given>,
    reload: Option<Reload>,
}

enum Enable {
    Made(PluginSetup, Box<dyn Plugin>),
    /// From the catalog, or only set up and off.
    Named(PluginSetup),
}

impl ServerBuilder {
    /// Replaces all settings. Addresses that [`listen`](Self::listen) gave stay.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Listens on these addresses instead of the configured ones; port 0 lets the system choose. None at all makes a server for
    /// participants in this process.
    pub fn listen<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.listen = Some(addresses.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts connections on a listener that is bound already, beside the addresses: one that a service manager handed over
    /// (socket activation), or whose options are yours to set.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// Adds a plugin, after those added before. Each has a name of its own.
    pub fn plugin(mut self, name: impl Into<String>, plugin: impl Plugin + 'static) -> Self {
        self.plugins.push(Enable::Made(PluginSetup::new(name), Box::new(plugin)));
        self
    }

    /// Adds a plugin of the catalog, after those added before. One that is not [enabled](PluginSetup::enabled) is not made; its settings and its place are
    /// kept for `plugins enable`.
    pub fn enable(mut self, setup: PluginSetup) -> Self {
        self.plugins.push(Enable::Named(setup));
        self
    }

    /// The plugins that can be enabled by name, now and while the server runs.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = catalog;
        self
    }

    /// Runs the server on this executor instead of on threads of its own, but for one that waits for sockets. Somebody has to run it, also
    /// while the server stops.
    pub fn executor(mut self, executor: Arc<Executor<'static>>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Keeps what must survive a restart in a store, which is this server's alone; it is [closed](Store::close) when the server has stopped. What was kept before is
    /// there when the server starts.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Makes the server a node of several that share rooms, in the order that this gives; it is [closed](Order::close) when the server has stopped.
    #[cfg(feature = "nodes")]
    pub fn order(mut self, order: Arc<dyn Order>) -> Self {
        self.order = Some(order);
        self
    }

    /// Says what is done where a plugin asks, for somebody of this name, that the configuration be applied anew ([`Context::ask_reload`](crate::Context::ask_reload)). It is called by the hub and must
    /// not block: best it wakes whoever reads the configuration and [applies](Handle::apply) it.
    pub fn on_reload(mut self, ask: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.reload = Some(Reload::new(ask));
        self
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the server. When this returns it listens.
    ///
    /// # Errors
    /// When settings or plugins are refused, or an address cannot be listened on; nothing is left behind then.
    pub fn start(mut self) -> Result<Server, StartError> {
        if let Some(addresses) = self.listen.take() {
            self.settings.server.listen = addresses;
        }
        let wrong = self.settings.check();
        if !wrong.is_empty() {
            return Err(StartError::Settings(wrong));
        }
        // `check` has seen the name of the operator.
        let operator_name =
            Name::new(&self.settings.server.operator_name, self.settings.limits.name_bounds())
                .map_err(|_| StartError::Settings(self.settings.check()))?;
        let plan: Vec<_> = self.plugins.iter().map(|enable| enable.setup().clone()).collect();
        let plugins = make(self.plugins, &self.catalog).map_err(StartError::Plugins)?;
        let mut listeners = listener::bind(&self.settings.server.listen)?;
        for bound in self.listeners {
            listeners.push(listener::adopt(bound)?);
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = self.settings.server.threads.unwrap_or(cores);
        let (threads, shards) = match self.executor {
            Some(executor) => Threads::beside(executor, count),
            None => Threads::start(count),
        }
        .map_err(StartError::Thread)?;
        let shared = Arc::new(Shared::new(self.settings, count));
        if let Some(reload) = self.reload.take() {
            // Nobody else has said so of a server that is just made.
            let _ = shared.reload.set(reload);
        }
        shared.set_addresses(addresses_of(&listeners));
        let (inbox, received) = async_channel::bounded(inbox::CAPACITY);
        let (permit, permits) = async_channel::bounded(1);
        // The hub shares the first shard with the people of a small server; the tasks of plugins stay out of their way on the last one.
        let executor = shards[count - 1].executor.clone();
        let handle = Handle::new(inbox, shared, executor);
        let mut state = ServerState::new(handle.clone(), self.clock, operator_name);
        if let Some(store) = &self.store {
            state.keep_in(store.clone());
        }
        #[cfg(feature = "nodes")]
        if let Some(order) = &self.order {
            state.share_by(order.clone());
        }
        let mut hub = Hub::new(state, self.catalog, permit.clone());
        hub.plan.configure(&plan);
        let acceptor = Acceptor::new(handle, shards, permit);
        let mut server = run(hub, plugins, received, acceptor, listeners, permits, threads);
        server.store = self.store;
        server.order = self.order;
        Ok(server)
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.plugins.iter().map(|enable| &enable.setup().name).collect();
        formatter
            .debug_struct("ServerBuilder")
            .field("settings", &self.settings)
            .field("listen", &self.listen)
            .field("plugins", &names)
            .finish_non_exhaustive()
    }
}

impl Enable {
    fn setup(&self) -> &PluginSetup {
        match self {
            Self::Made(setup, _) | Self::Named(setup) => setup,
        }
    }
}

/// Where listeners were bound, with the ports that the system chose.
fn addresses_of(listeners: &[Async<TcpListener>]) -> Vec<SocketAddr> {
    listeners.iter().filter_map(|listener| listener.get_ref().local_addr().ok()).collect()
}

/// Makes every plugin that is still to be made, or says all that is wrong with them.
fn make(plugins: Vec<Enable>, catalog: &Catalog) -> Result<Vec<(Made, Origin)>, Vec<CatalogError>> {
    let (mut made, mut errors) = (Vec::<(Made, Origin)>::new(), Vec::new());
    for enable in plugins {
        let name = &enable.setup().name;
        if made.iter().any(|((other, _), _)| other.name == *name) {
            errors.push(CatalogError::Twice { name: name.clone() });
            continue;
        }
        match enable {
            Enable::Made(setup, plugin) => made.push(((setup, plugin), Origin::Code)),
            Enable::Named(setup) if !setup.enabled => {}
            Enable::Named(setup) => match catalog.build(&setup) {
                Ok(plugin) => made.push(((setup, plugin), Origin::Catalog)),
                Err(error) => errors.push(error),
            },
        }
    }
    if errors.is_empty() { Ok(made) } else { Err(errors) }
}

/// Puts a server together from what was checked, and starts it.
fn run(
    mut hub: Hub,
    plugins: Vec<(Made, Origin)>,
    received: Receiver<Inbox>,
    acceptor: Acceptor,
    listeners: Vec<Async<TcpListener>>,
    permits: Receiver<Infallible>,
    threads: Threads,
) -> Server {
    let handle = acceptor.handle.clone();
    let shared = &handle.shared;
    // Before any plugin is there to ask for it.
    shared.set_adopter(Some(Arc::new(acceptor.clone())));
    for ((setup, plugin), origin) in plugins {
        hub.add_plugin(setup, plugin, origin, "");
    }
    let near = acceptor.shards[0].executor.clone();
    let hub = near.spawn(hub.run(received));
    let walk = |(index, shard): (usize, &Shard)| {
        let (fanout, counters) = (shared.fanout.clone(), shared.counters.clone());
        let cut_off = {
            let handle = handle.clone();
            move |id| participant::cut_off(&handle, id)
        };
        shard.executor.spawn(Fanout::walk(fanout, counters, index, cut_off))
    };
    let walks = acceptor.shards.iter().enumerate().map(walk).collect();
    let accept = |listener| near.spawn(acceptor.clone().accept(listener, None));
    let listeners = listeners.into_iter().map(accept).collect();
    Server { handle, listeners, hub: Some(hub), walks, permits, threads, store: None, order: None }
}
