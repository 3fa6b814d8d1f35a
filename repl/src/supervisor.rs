//! Owns the server: starts and stops it, and executes command lines for every front. A front sends a line through a
//! [control session](crate::control) and gets a reply; nothing here knows a terminal or a socket.

mod commands;
mod configuration;
mod data;
mod front;
mod help;
mod invitation;
mod outcome;
mod reload;
mod running;
mod saving;
mod view;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use salotto::Store;
use salotto::command::{self, Candidates};
use salotto::protocol::ArgKind;
use salotto::thread;
use salotto::{
    Caller, Command, CommandError, Directory, Handle, Name, Reply, Role, Server, StartError,
};
use smol::Timer;
use smol::future::FutureExt;

use crate::cluster;
use crate::database;
use crate::logging::Diagnostics;
use crate::settings::{
    Config, ConfigError, ControlSettings, Level, Program, Source, StoreSettings, loose_database,
};
use commands::Local;
pub use front::Front;
pub use outcome::{Leave, Outcome, ReplyFormat};
use outcome::{failed, not_running};
use reload::Reloads;
use view::lock;
pub use view::{Feed, View, Watch};

/// See the module.
#[derive(Debug)]
pub struct Supervisor {
    source: Source,
    /// Where this program is controlled, as configured when it started.
    control: ControlSettings,
    diagnostics: Diagnostics,
    /// The database of the running server, or of the last one.
    store: Mutex<StoreSettings>,
    /// Who runs the program, for what it does by itself.
    operator: Option<Name>,
    /// Held while the server starts or stops, so that a command finds it running or stopped.
    state: smol::lock::Mutex<State>,
    /// What can be typed, for completion, which never waits for the server.
    command_list: RwLock<CommandList>,
    /// Those who get reports. The lock guards single steps and is taken last.
    subscribers: Mutex<Vec<Arc<view::Subscriber>>>,
    /// Who asks in chat that the configuration be applied anew.
    reloads: Reloads,
}

#[derive(Default)]
struct State {
    server: Option<Server>,
    /// Its database, to be asked what came of it when the server has stopped.
    store: Option<Arc<dyn Store>>,
    /// Addresses that take precedence over the configured ones.
    listen: Vec<String>,
    /// Whether it can never start again, because the program ends.
    is_shut_down: bool,
}

#[derive(Debug)]
struct CommandList {
    /// That of the running server, or of the last one.
    directory: Directory,
    is_running: bool,
    /// All commands that can be typed, and those of the server that the list was made from.
    commands: Arc<Vec<Command>>,
    made_from: Arc<Vec<Command>>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerStartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It is valid, but the server cannot start with it.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be opened; `store: (file: None)` does without.
    #[error(transparent)]
    Store(#[from] database::OpenError),
    /// The rooms cannot be shared with other servers as the settings say.
    #[error("plugin `cluster`: {0}")]
    Cluster(String),
    /// It is running.
    #[error("the server is running already; `restart` restarts it")]
    AlreadyRunning,
    /// The supervisor has shut down.
    #[error("the program is about to end")]
    ShutDown,
}

impl Supervisor {
    /// A supervisor whose server is not started yet. `listen` takes precedence over the configured addresses, unless it is empty.
    pub fn new(
        source: Source,
        listen: Vec<String>,
        control: ControlSettings,
        diagnostics: Diagnostics,
    ) -> Self {
        Self {
            source,
            control,
            diagnostics,
            store: Mutex::default(),
            operator: None,
            state: smol::lock::Mutex::new(State { listen, ..State::default() }),
            command_list: RwLock::new(CommandList::new(
                Directory::with_commands(salotto::builtin_commands()),
                false,
            )),
            subscribers: Mutex::default(),
            reloads: Reloads::default(),
        }
    }

    /// The same, run by this operator.
    pub fn operator(mut self, operator: Option<Name>) -> Self {
        self.operator = operator;
        self
    }

    /// Reads the configuration and starts the server. Returns the addresses where it listens.
    ///
    /// # Errors
    /// When the configuration is wrong, the server cannot start or is running already.
    pub async fn start(&self) -> Result<Vec<SocketAddr>, ServerStartError> {
        let config = self.load().await?;
        let mut state = self.state.lock().await;
        self.start_locked(&mut state, config, self.operator.as_ref()).await
    }

    /// Stops the server and never starts it again. Everybody is informed and has the configured time to read their last lines; feeds end after
    /// their last reports.
    pub async fn shut_down(&self) {
        let mut state = self.state.lock().await;
        state.is_shut_down = true;
        self.stop_locked(&mut state, false).await;
        for subscriber in lock(&self.subscribers).drain(..) {
            subscriber.close();
        }
    }

    /// Whether the server answers within this time. One that is stopped, starting or stopping need not answer.
    pub async fn answers_within(&self, time: Duration) -> bool {
        let Some(handle) =
            self.state.try_lock().and_then(|state| state.server.as_ref().map(Server::handle))
        else {
            return true;
        };
        let answer = async {
            // One that has stopped meanwhile is not stuck.
            let _ = handle.status().await;
            true
        };
        let late = async {
            Timer::after(time).await;
            false
        };
        answer.or(late).await
    }

    /// Where the server listens; `None` while it is stopped, starting or stopping.
    pub fn addresses(&self) -> Option<Vec<SocketAddr>> {
        self.state.try_lock()?.server.as_ref().map(Server::addresses)
    }

    /// A new view of the server, which lasts across restarts, and the feed of the reports that it wants. Where somebody sits, what was written to the operator
    /// while nobody did comes first.
    pub async fn view(&self, front: Front, watch: Option<Watch>) -> (View, Feed) {
        let state = self.state.lock().await;
        let attends = front.attends;
        let (view, mut feed) = view::open(front, watch);
        if state.is_shut_down {
            view.subscriber().close();
            return (view, feed);
        }
        if let Some(server) = &state.server {
            view.subscriber().connect(&server.handle());
            if attends {
                feed.tell_kept(server.handle().kept_reports().await.unwrap_or_default());
            }
        }
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| !subscriber.is_closed());
        subscribers.push(view.subscriber().clone());
        (view, feed)
    }

    /// Executes a command line. `view` is that of the caller, which some commands change.
    ///
    /// # Errors
    /// Why it failed, for people; may have several lines.
    pub async fn execute(
        &self,
        view: &View,
        line: &str,
        format: ReplyFormat,
    ) -> Result<Outcome, CommandError> {
        let commands = self.commands();
        let (command, rest) = command::find(commands.iter(), line)?;
        let path = command.path.as_str();
        let operator = Caller::new(Role::Operator);
        let outcome = match commands::find(path) {
            Some(local) => {
                let arguments = command.parse(rest, operator)?;
                self.execute_local(view, local, &commands, &arguments, format).await
            }
            None => self.ask_server(view, command, rest, line, format).await,
        };
        let by = view.who();
        let operator = view.operator().map(Name::as_str);
        match (&outcome, commands::find(path)) {
            (Ok(_), Some(local)) if local.is_logged() => {
                tracing::info!(by, operator, command = path, "done")
            }
            (Ok(_), _) => tracing::debug!(by, operator, command = path, "done"),
            (Err(error), _) => tracing::debug!(by, operator, command = path, %error, "failed"),
        }
        outcome
    }

    /// All commands that the operator can type now, in the order of their names. The same allocation for as long as nothing changes.
    pub fn commands(&self) -> Arc<Vec<Command>> {
        let read = |command_list: &CommandList| {
            let commands = command_list.directory.commands();
            match Arc::ptr_eq(&commands, &command_list.made_from) {
                true => Ok(command_list.commands.clone()),
                false => Err((command_list.directory.clone(), command_list.is_running)),
            }
        };
        let known = read(&self.command_list.read().unwrap_or_else(PoisonError::into_inner));
        match known {
            Ok(commands) => commands,
            Err((directory, is_running)) => {
                self.set_command_list(directory, is_running);
                self.command_list.read().unwrap_or_else(PoisonError::into_inner).commands.clone()
            }
        }
    }

    async fn execute_local(
        &self,
        view: &View,
        local: Local,
        commands: &[Command],
        arguments: &salotto::Invocation,
        format: ReplyFormat,
    ) -> Result<Outcome, CommandError> {
        let reply = match local {
            Local::Help => help::help(commands, arguments.text("command"), format)?,
            Local::Addresses => self.show_addresses(view).await?,
            Local::Start => self.run_start(view, arguments.get("address")).await?,
            Local::Stop => self.run_stop(view).await?,
            Local::Restart => self.run_restart(view).await?,
            Local::Shutdown => {
                self.record(view, "shutdown", "").await;
                self.shut_down().await;
                return Ok(Outcome::Leave(Leave::Shutdown));
            }
            Local::Config => self.show_config().await?,
            Local::ConfigDiff => return self.config_diff(format).await,
            Local::ConfigReload => self.reload_config(view).await?,
            Local::ConfigSet => {
                self.set_config(arguments.text("setting"), arguments.text("value")).await?
            }
            Local::ConfigSave => self.save_config().await?,
            Local::PluginsReload => self.reload_plugins(view).await?,
            Local::LogLevel => self.log_level(view, arguments.get("level")).await,
            Local::Watch => view.watch(arguments.get("what")),
            Local::Trace => {
                let handle = self.handle(view).await;
                view.trace(arguments.get("switch"), handle.as_ref())
            }
            Local::Detach => return Ok(Outcome::Leave(Leave::Detach)),
            Local::Quit => return Ok(Outcome::Leave(Leave::Quit)),
        };
        Ok(data::outcome(&arguments.path, reply, format))
    }

    /// Executes a command of the server.
    async fn ask_server(
        &self,
        view: &View,
        command: &Command,
        rest: &str,
        line: &str,
        format: ReplyFormat,
    ) -> Result<Outcome, CommandError> {
        let handle = self.handle(view).await.ok_or_else(not_running)?;
        if format == ReplyFormat::Json && rest.is_empty() {
            let typed = data::of(&handle, &command.path).await;
            if let Some(value) = typed.map_err(failed)? {
                return Ok(Outcome::Data(value));
            }
        }
        Ok(data::outcome(&command.path, handle.execute(line).await?, format))
    }

    async fn start_locked(
        &self,
        state: &mut State,
        config: Config,
        by: Option<&Name>,
    ) -> Result<Vec<SocketAddr>, ServerStartError> {
        if state.server.is_some() {
            return Err(ServerStartError::AlreadyRunning);
        }
        if state.is_shut_down {
            return Err(ServerStartError::ShutDown);
        }
        let config = state.with_addresses(config);
        for note in &config.notes {
            tracing::warn!("{note}");
        }
        let mut builder = Server::builder()
            .settings(config.settings.clone())
            .catalog(self.source.catalog().clone())
            .on_reload(self.reloads.asking());
        builder = cluster::join(builder, &config)?;
        for setup in config.plugins {
            builder = builder.enable(setup);
        }
        let settings = config.program.store;
        lock(&self.store).clone_from(&settings);
        if let Some(file) = settings.file.clone() {
            let store = open_store(file.clone(), settings).await?;
            if let Some(note) = loose_database(&file) {
                tracing::warn!("{note}");
            }
            builder = builder.store(Arc::clone(&store));
            state.store = Some(store);
        }
        let server = builder.start().inspect_err(|_| state.store = None)?;
        let handle = server.handle();
        let addresses = server.addresses();
        for subscriber in lock(&self.subscribers).iter() {
            subscriber.connect(&handle);
        }
        self.set_command_list(handle.directory(), true);
        for address in &addresses {
            tracing::info!("listening on {address}");
        }
        // One that has stopped by now needs no record.
        let _ = acting(&handle, by).record("start", &listed(&addresses)).await;
        state.server = Some(server);
        Ok(addresses)
    }

    /// `restarts` says whether it is started again at once.
    async fn stop_locked(&self, state: &mut State, restarts: bool) -> bool {
        let Some(server) = state.server.take() else {
            return false;
        };
        self.set_command_list(server.handle().directory(), false);
        match restarts {
            true => server.stop_to_restart().await,
            false => server.stop().await,
        }
        let lost = state.store.take().map_or(0, |store| store.status().waiting);
        if lost > 0 {
            tracing::error!(lost, "the disk failed to the end; the last entries are not kept");
        }
        tracing::info!("the server is stopped");
        true
    }

    async fn log_level(&self, view: &View, word: Option<&str>) -> Reply {
        match word.and_then(Level::from_word) {
            Some(level) => {
                self.diagnostics.set_level(level);
                self.record(view, "log-level", level.word()).await;
                Reply::Done
            }
            None => {
                Reply::Text(format!("log-level is {}", self.diagnostics.settings().level.word()))
            }
        }
    }

    /// The settings of the program that are in force.
    fn program(&self) -> Program {
        let (control, log) = (self.control.clone(), self.diagnostics.settings());
        Program { control, log, store: lock(&self.store).clone() }
    }

    /// Reads the configuration on a thread that may wait for a disk. The state is not held meanwhile, so that a disk that hangs keeps nobody from stopping.
    async fn load(&self) -> Result<Config, ConfigError> {
        let source = self.source.clone();
        let loaded = thread::answer("salotto-config", move || source.load());
        let loaded = match loaded {
            Ok(loaded) => loaded.recv().await.ok(),
            Err(_) => None,
        };
        // Where there is no thread to be had it is read here.
        loaded.unwrap_or_else(|| self.source.load())
    }

    /// The way into the server for whoever sits at a front.
    async fn handle(&self, view: &View) -> Option<Handle> {
        let state = self.state.lock().await;
        state.server.as_ref().map(|server| acting(&server.handle(), view.operator()))
    }

    fn set_command_list(&self, directory: Directory, is_running: bool) {
        let command_list = CommandList::new(directory, is_running);
        *self.command_list.write().unwrap_or_else(PoisonError::into_inner) = command_list;
    }
}

impl State {
    /// The configuration with the addresses that take precedence.
    fn with_addresses(&self, mut config: Config) -> Config {
        if !self.listen.is_empty() {
            config.settings.server.listen = self.listen.clone();
        }
        config
    }
}

impl CommandList {
    fn new(directory: Directory, is_running: bool) -> Self {
        let made_from = directory.commands();
        let of_server = made_from.iter().filter(|command| !command.in_person).cloned();
        let mut commands: Vec<Command> = commands::records().chain(of_server).collect();
        // Of several commands of one name the server runs the one for the highest role.
        commands.sort_by(|one, other| {
            (&one.path, std::cmp::Reverse(one.role))
                .cmp(&(&other.path, std::cmp::Reverse(other.role)))
        });
        commands.dedup_by(|later, earlier| later.path == earlier.path);
        Self { directory, is_running, commands: Arc::new(commands), made_from }
    }
}

impl Candidates for Supervisor {
    /// Who and what is in the server; nothing while it is stopped.
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
        let command_list = self.command_list.read().unwrap_or_else(PoisonError::into_inner);
        let directory = command_list.is_running.then(|| command_list.directory.clone());
        drop(command_list);
        directory.map_or_else(Vec::new, |directory| directory.candidates(kind, prefix))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("State")
            .field("is_running", &self.server.is_some())
            .field("listen", &self.listen)
            .field("is_shut_down", &self.is_shut_down)
            .finish()
    }
}

/// Opens the database on a thread that ends with it; those of `smol::unblock` wake up for as long as the program runs.
async fn open_store(
    file: PathBuf,
    settings: StoreSettings,
) -> Result<Arc<dyn Store>, ServerStartError> {
    let gone =
        || StartError::Thread(io::Error::other("the thread that opens the database panicked"));
    let open = move || database::open(&file, settings.options());
    let opened = thread::answer("salotto-open", open).map_err(StartError::Thread)?;
    Ok(opened.recv().await.map_err(|_| gone())??)
}

/// The handle of an operator.
fn acting(handle: &Handle, operator: Option<&Name>) -> Handle {
    operator.map_or_else(|| handle.clone(), |operator| handle.acting_as(operator.clone()))
}

/// All addresses in one line.
fn listed(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(", ")
}

/// What was done, with what is perhaps not meant in the configuration below it.
fn noted(done: Reply, notes: &[String]) -> Reply {
    match (done, notes) {
        (done, []) => done,
        (Reply::List(done), notes) => {
            Reply::List(done.into_iter().chain(notes.iter().cloned()).collect())
        }
        (done, notes) => {
            Reply::List(std::iter::once(done.to_string()).chain(notes.iter().cloned()).collect())
        }
    }
}

/// One line for each address.
pub fn listening(addresses: &[SocketAddr]) -> Reply {
    let lines = addresses.iter().map(|address| format!("listening on {address}"));
    Reply::List(lines.collect())
}

#[cfg(test)]
mod tests;
