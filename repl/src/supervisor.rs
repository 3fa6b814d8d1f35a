//! Keeps the server: opens and closes it, and executes command lines for whoever stands in front of it. A front hands in a line, through a
//! [desk](crate::control), and is handed a reply; nothing here knows a terminal or a socket.

mod commands;
mod configuration;
mod data;
mod outcome;
mod view;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use salotto::command::{self, Candidates};
use salotto::protocol::ArgKind;
use salotto::{Caller, Command, CommandError, Directory, Handle, Reply, Role, Server, StartError};
use smol::Timer;
use smol::future::FutureExt;

use crate::logging::Diagnostics;
use crate::settings::{Config, ConfigError, ControlSettings, Level, Program, Source};
use commands::Local;
pub use outcome::{Form, Leave, Outcome};
use outcome::{failed, not_running};
use view::lock;
pub use view::{Feed, View, Watch};

/// See the module.
#[derive(Debug)]
pub struct Supervisor {
    source: Source,
    /// Where this program is controlled, as it was set when it started.
    control: ControlSettings,
    diagnostics: Diagnostics,
    /// Held for as long as the server starts or closes, so that a command sees it open or closed.
    supervised: smol::lock::Mutex<Supervised>,
    /// What can be typed, for completion, which waits for nobody.
    vocabulary: RwLock<Vocabulary>,
    /// Those who are told what happens. The lock guards single steps and is taken last.
    views: Mutex<Vec<Arc<view::Line>>>,
}

#[derive(Default)]
struct Supervised {
    server: Option<Server>,
    /// Addresses that take precedence over the configured ones.
    listen: Vec<String>,
    /// Whether it stays closed, because the program ends.
    is_retired: bool,
}

#[derive(Debug)]
struct Vocabulary {
    /// That of the present server, or of the last.
    directory: Directory,
    is_open: bool,
    /// All that can be typed, and the commands of the server that it was made from.
    commands: Arc<Vec<Command>>,
    made_from: Arc<Vec<Command>>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It is right, and the server cannot start with it.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It is open.
    #[error("the server is running already; `restart` closes and opens it")]
    AlreadyOpen,
    /// It will not be opened again.
    #[error("the program is about to end")]
    Retired,
}

impl Supervisor {
    /// A supervisor of a server that is still stopped. `listen` takes precedence over the configured addresses, unless it is empty.
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
            supervised: smol::lock::Mutex::new(Supervised { listen, ..Supervised::default() }),
            vocabulary: RwLock::new(Vocabulary::new(
                Directory::with_commands(salotto::builtin_commands()),
                false,
            )),
            views: Mutex::default(),
        }
    }

    /// Reads the configuration and starts the server. Answers with the addresses where it listens.
    ///
    /// # Errors
    /// When the configuration is wrong, the server cannot start or is open already.
    pub async fn open(&self) -> Result<Vec<SocketAddr>, OpenError> {
        let mut supervised = self.supervised.lock().await;
        self.open_locked(&mut supervised, None)
    }

    /// Stops the server for good: everybody is told, and has the configured time to take their last lines; feeds end when they have told the
    /// rest.
    pub async fn retire(&self) {
        let mut supervised = self.supervised.lock().await;
        supervised.is_retired = true;
        self.close_locked(&mut supervised, None).await;
        for line in lock(&self.views).drain(..) {
            line.hang_up();
        }
    }

    /// Whether the server answers within this time. One that is closed, opens or closes has nothing to answer.
    pub async fn answers_within(&self, time: Duration) -> bool {
        let Some(handle) = self
            .supervised
            .try_lock()
            .and_then(|supervised| supervised.server.as_ref().map(Server::handle))
        else {
            return true;
        };
        let answer = async {
            // One that has closed meanwhile is none that is stuck.
            let _ = handle.status().await;
            true
        };
        let late = async {
            Timer::after(time).await;
            false
        };
        answer.or(late).await
    }

    /// Where the server listens; `None` while it is closed, opens or closes.
    pub fn addresses(&self) -> Option<Vec<SocketAddr>> {
        self.supervised.try_lock()?.server.as_ref().map(Server::addresses)
    }

    /// Another pair of eyes on the server, over all its openings and closings: what it wants to see, and what it is told. `who` is looking, for
    /// diagnostics.
    pub async fn view(&self, who: &str, watch: Option<Watch>) -> (View, Feed) {
        let supervised = self.supervised.lock().await;
        let (view, feed) = view::open(who, watch);
        if supervised.is_retired {
            view.line().hang_up();
            return (view, feed);
        }
        if let Some(server) = &supervised.server {
            view.line().connect(&server.handle());
        }
        let mut views = lock(&self.views);
        views.retain(|line| !line.is_hung_up());
        views.push(view.line().clone());
        (view, feed)
    }

    /// Executes a command line. `view` is what the caller sees, which some commands change.
    ///
    /// # Errors
    /// What the caller is told; may have several lines.
    pub async fn execute(
        &self,
        view: &View,
        line: &str,
        form: Form,
    ) -> Result<Outcome, CommandError> {
        let commands = self.commands();
        let (command, rest) = command::find(commands.iter(), line)?;
        let path = command.path.as_str();
        let operator = Caller::new(Role::Operator);
        let outcome = match commands::find(path) {
            Some(local) => {
                let arguments = command.parse(rest, operator)?;
                self.execute_local(view, local, &commands, &arguments, form).await
            }
            None => self.ask_server(command, rest, line, form).await,
        };
        let by = view.who();
        match (&outcome, commands::find(path)) {
            (Ok(_), Some(local)) if local.matters() => tracing::info!(by, command = path, "done"),
            (Ok(_), _) => tracing::debug!(by, command = path, "done"),
            (Err(error), _) => tracing::debug!(by, command = path, %error, "not done"),
        }
        outcome
    }

    /// All that the operator can type now, by name. The same allocation for as long as nothing changes.
    pub fn commands(&self) -> Arc<Vec<Command>> {
        let read = |vocabulary: &Vocabulary| {
            let supervised = vocabulary.directory.commands();
            match Arc::ptr_eq(&supervised, &vocabulary.made_from) {
                true => Ok(vocabulary.commands.clone()),
                false => Err((vocabulary.directory.clone(), vocabulary.is_open)),
            }
        };
        let known = read(&self.vocabulary.read().unwrap_or_else(PoisonError::into_inner));
        match known {
            Ok(commands) => commands,
            Err((directory, is_open)) => {
                self.set_vocabulary(directory, is_open);
                self.vocabulary.read().unwrap_or_else(PoisonError::into_inner).commands.clone()
            }
        }
    }

    async fn execute_local(
        &self,
        view: &View,
        local: Local,
        commands: &[Command],
        arguments: &salotto::Invocation,
        form: Form,
    ) -> Result<Outcome, CommandError> {
        let reply = match local {
            Local::Help => help(commands, arguments.text("command"))?,
            Local::Start => self.start(view, arguments.get("address")).await?,
            Local::Stop => self.stop(view).await?,
            Local::Restart => self.restart(view).await?,
            Local::Shutdown => {
                self.retire().await;
                return Ok(Outcome::Leave(Leave::Shutdown));
            }
            Local::Config => self.show_config().await?,
            Local::ConfigDiff => return self.config_diff(form).await,
            Local::ConfigReload => self.reload_config().await?,
            Local::PluginsReload => self.reload_plugins().await?,
            Local::LogLevel => self.log_level(arguments.get("level")),
            Local::Watch => view.watch(arguments.get("what")),
            Local::Trace => {
                let handle = self.handle().await;
                view.trace(arguments.get("switch"), handle.as_ref())
            }
            Local::Detach => return Ok(Outcome::Leave(Leave::Detach)),
            Local::Quit => return Ok(Outcome::Leave(Leave::Quit)),
        };
        Ok(data::outcome(&arguments.path, reply, form))
    }

    /// What only a server can answer.
    async fn ask_server(
        &self,
        command: &Command,
        rest: &str,
        line: &str,
        form: Form,
    ) -> Result<Outcome, CommandError> {
        let handle = self.handle().await.ok_or_else(not_running)?;
        if form == Form::Data && rest.is_empty() {
            let typed = data::of(&handle, &command.path).await;
            if let Some(value) = typed.map_err(failed)? {
                return Ok(Outcome::Data(value));
            }
        }
        Ok(data::outcome(&command.path, handle.execute(line).await?, form))
    }

    /// `by` is told by the answer, all others by an announcement.
    fn open_locked(
        &self,
        supervised: &mut Supervised,
        by: Option<&View>,
    ) -> Result<Vec<SocketAddr>, OpenError> {
        if supervised.server.is_some() {
            return Err(OpenError::AlreadyOpen);
        }
        if supervised.is_retired {
            return Err(OpenError::Retired);
        }
        let config = self.load(supervised)?;
        let mut builder =
            Server::builder().settings(config.settings).catalog(self.source.catalog().clone());
        for setup in config.plugins {
            builder = builder.enable(setup);
        }
        let server = builder.start()?;
        let handle = server.handle();
        let addresses = server.addresses();
        if let Some(by) = by {
            let opened = format!("the server was started by {}: {}", by.who(), listed(&addresses));
            self.announce_to_others(by, &opened);
        }
        for line in lock(&self.views).iter() {
            line.connect(&handle);
        }
        self.set_vocabulary(handle.directory(), true);
        for address in &addresses {
            tracing::info!("listening on {address}");
        }
        supervised.server = Some(server);
        Ok(addresses)
    }

    async fn close_locked(&self, supervised: &mut Supervised, by: Option<&View>) -> bool {
        let Some(server) = supervised.server.take() else {
            return false;
        };
        self.set_vocabulary(server.handle().directory(), false);
        server.stop().await;
        tracing::info!("the server is stopped");
        if let Some(by) = by {
            self.announce_to_others(by, &format!("the server was stopped by {}", by.who()));
        }
        true
    }

    fn announce_to_others(&self, by: &View, text: &str) {
        for line in lock(&self.views).iter().filter(|line| !Arc::ptr_eq(line, by.line())) {
            line.announce(text);
        }
    }

    async fn start(&self, view: &View, address: Option<&str>) -> Result<Reply, CommandError> {
        let mut supervised = self.supervised.lock().await;
        let before = supervised.listen.clone();
        if let Some(address) = address {
            if supervised.server.is_some() {
                return Err(failed(OpenError::AlreadyOpen));
            }
            supervised.listen = vec![address.into()];
        }
        let opened = self.open_locked(&mut supervised, Some(view));
        if opened.is_err() {
            // An address that did not work is not tried again by the next `start`.
            supervised.listen = before;
        }
        opened.map(|addresses| listening(&addresses)).map_err(failed)
    }

    async fn stop(&self, view: &View) -> Result<Reply, CommandError> {
        match self.close_locked(&mut *self.supervised.lock().await, Some(view)).await {
            true => Ok(Reply::text("the server is stopped")),
            false => Err(not_running()),
        }
    }

    /// Closes and starts the server, unless the configuration is wrong by now.
    async fn restart(&self, view: &View) -> Result<Reply, CommandError> {
        let mut supervised = self.supervised.lock().await;
        if supervised.server.is_none() {
            return Err(not_running());
        }
        self.load(&supervised).map_err(failed)?;
        self.close_locked(&mut supervised, Some(view)).await;
        let opened = self.open_locked(&mut supervised, Some(view));
        opened.map(|addresses| listening(&addresses)).map_err(failed)
    }

    fn log_level(&self, word: Option<&str>) -> Reply {
        match word.and_then(Level::from_word) {
            Some(level) => {
                self.diagnostics.set_level(level);
                Reply::Done
            }
            None => {
                Reply::Text(format!("log-level is {}", self.diagnostics.settings().level.word()))
            }
        }
    }

    /// The settings of the program in force.
    fn program(&self) -> Program {
        Program { control: self.control.clone(), log: self.diagnostics.settings() }
    }

    fn load(&self, supervised: &Supervised) -> Result<Config, ConfigError> {
        let mut config = self.source.load()?;
        if !supervised.listen.is_empty() {
            config.settings.server.listen = supervised.listen.clone();
        }
        Ok(config)
    }

    async fn handle(&self) -> Option<Handle> {
        self.supervised.lock().await.server.as_ref().map(Server::handle)
    }

    fn set_vocabulary(&self, directory: Directory, is_open: bool) {
        let vocabulary = Vocabulary::new(directory, is_open);
        *self.vocabulary.write().unwrap_or_else(PoisonError::into_inner) = vocabulary;
    }
}

impl Vocabulary {
    fn new(directory: Directory, is_open: bool) -> Self {
        let made_from = directory.commands();
        let supervised = made_from.iter().filter(|command| !command.in_person).cloned();
        let mut commands: Vec<Command> = commands::records().chain(supervised).collect();
        // Of several commands of one name the server runs the one for the highest role.
        commands.sort_by(|one, other| {
            (&one.path, std::cmp::Reverse(one.role))
                .cmp(&(&other.path, std::cmp::Reverse(other.role)))
        });
        commands.dedup_by(|later, earlier| later.path == earlier.path);
        Self { directory, is_open, commands: Arc::new(commands), made_from }
    }
}

impl Candidates for Supervisor {
    /// Who and what is in the server; nobody is in a closed one.
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
        let vocabulary = self.vocabulary.read().unwrap_or_else(PoisonError::into_inner);
        let directory = vocabulary.is_open.then(|| vocabulary.directory.clone());
        drop(vocabulary);
        directory.map_or_else(Vec::new, |directory| directory.candidates(kind, prefix))
    }
}

impl std::fmt::Debug for Supervised {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Server")
            .field("is_open", &self.server.is_some())
            .field("listen", &self.listen)
            .field("is_retired", &self.is_retired)
            .finish()
    }
}

/// All addresses in one line.
fn listed(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<_> =
        addresses.iter().map(|address| format!("listening on {address}")).collect();
    addresses.join(", ")
}

/// One line for each address.
pub fn listening(addresses: &[SocketAddr]) -> Reply {
    let lines = addresses.iter().map(|address| format!("listening on {address}"));
    Reply::List(lines.collect())
}

/// All commands in a list or, for the words of one, what it takes and does, with those that begin like it.
fn help(commands: &[Command], words: &str) -> Result<Reply, CommandError> {
    if words.is_empty() {
        let lines = commands.iter().map(|command| (command.usage(), command.help.clone()));
        return Ok(Reply::Fields(lines.collect()));
    }
    let (command, _) = command::find(commands.iter(), words)?;
    let below = format!("{} ", command.path);
    let texts: Vec<String> = commands
        .iter()
        .filter(|other| other.path == command.path || other.path.starts_with(&below))
        .map(|command| command.describe(""))
        .collect();
    Ok(Reply::Text(texts.join("\n")))
}

#[cfg(test)]
mod tests;
