//! Keeps the house: opens and closes it, and executes command lines for whoever stands in front of it. A front (the console, a script, later
//! a socket) hands in a line and is handed a reply; nothing here knows a terminal.

mod commands;
mod view;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use salotto::command::{self, ArgKind, Candidates};
use salotto::{Caller, Command, CommandError, Directory, Handle, Reply, Role, Server, StartError};

use crate::settings::{self, Config, ConfigError, Source};
use commands::Local;
pub use view::{Feed, View, Watch};

/// See the module.
#[derive(Debug)]
pub struct Steward {
    source: Source,
    /// Held for as long as the house opens or closes, so that a command sees it open or closed.
    house: smol::lock::Mutex<House>,
    /// What can be typed, for completion, which waits for nobody.
    vocabulary: RwLock<Vocabulary>,
    /// Those who are told what happens. The lock guards single steps and is taken last.
    views: Mutex<Vec<Arc<view::Line>>>,
}

#[derive(Default)]
struct House {
    server: Option<Server>,
    /// Addresses that take precedence over the configured ones.
    listen: Vec<String>,
}

#[derive(Debug)]
struct Vocabulary {
    /// That of the present house, or of the last.
    directory: Directory,
    is_open: bool,
}

/// What has become of a command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was done.
    Reply(Reply),
    /// It asks the front to end.
    Quit,
}

/// Why the house did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It is right, and the house cannot open with it.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It is open.
    #[error("the house is open already; `restart` closes and opens it")]
    AlreadyOpen,
}

impl Steward {
    /// A steward of a house that is still closed. `listen` takes precedence over the configured addresses, unless it is empty.
    pub fn new(source: Source, listen: Vec<String>) -> Self {
        Self {
            source,
            house: smol::lock::Mutex::new(House { server: None, listen }),
            vocabulary: RwLock::new(Vocabulary {
                directory: Directory::with_commands(command::builtin()),
                is_open: false,
            }),
            views: Mutex::default(),
        }
    }

    /// Reads the configuration and opens the house. Answers with the addresses where it listens.
    ///
    /// # Errors
    /// When the configuration is wrong, the house cannot open or is open already.
    pub async fn open(&self) -> Result<Vec<SocketAddr>, OpenError> {
        let mut house = self.house.lock().await;
        self.open_locked(&mut house)
    }

    /// Closes the house if it is open: everybody is told, and has the configured time to take their last lines. Says whether it was.
    pub async fn close(&self) -> bool {
        let mut house = self.house.lock().await;
        self.close_locked(&mut house).await
    }

    /// Closes the house for good: feeds end when they have told the rest. Says whether it was open.
    pub async fn retire(&self) -> bool {
        let was_open = self.close().await;
        for line in lock(&self.views).drain(..) {
            line.hang_up();
        }
        was_open
    }

    /// Another pair of eyes on the house, over all its openings and closings: what it wants to see, and what it is told.
    pub async fn view(&self, watch: Option<Watch>) -> (View, Feed) {
        let house = self.house.lock().await;
        let (view, feed) = view::open(watch);
        if let Some(server) = &house.server {
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
    pub async fn execute(&self, view: &View, line: &str) -> Result<Outcome, CommandError> {
        let commands = self.commands();
        let (command, rest) = command::find(commands.iter(), line)?;
        let Some(local) = commands::find(&command.path) else {
            return self.ask_house(line).await.map(Outcome::Reply);
        };
        let operator = Caller { role: Role::Operator, member: None, name: None, room: None };
        let invocation = command.parse(rest, operator)?;
        let reply = match local {
            Local::Help => help(&commands, invocation.text("command"))?,
            Local::Start => self.start(invocation.get("address")).await?,
            Local::Stop => match self.close().await {
                true => Reply::text("the house is closed"),
                false => return Err(not_running()),
            },
            Local::Restart => self.restart().await?,
            Local::Config => self.show_config().await?,
            Local::ConfigReload => self.reload_config().await?,
            Local::PluginsReload => self.reload_plugins().await?,
            Local::Watch => view.watch(invocation.get("what")),
            Local::Trace => {
                let handle = self.handle().await;
                view.trace(invocation.get("switch"), handle.as_ref())
            }
            Local::Quit => return Ok(Outcome::Quit),
        };
        Ok(Outcome::Reply(reply))
    }

    /// All that the operator can type now, by name.
    pub fn commands(&self) -> Vec<Command> {
        let house = self.vocabulary(|vocabulary| vocabulary.directory.commands());
        let house = house.iter().filter(|command| !command.in_person).cloned();
        let mut commands: Vec<Command> = commands::records().chain(house).collect();
        // Of several commands of one name the house runs the one for the highest role.
        commands.sort_by(|one, other| {
            (&one.path, std::cmp::Reverse(one.role))
                .cmp(&(&other.path, std::cmp::Reverse(other.role)))
        });
        commands.dedup_by(|later, earlier| later.path == earlier.path);
        commands
    }

    fn open_locked(&self, house: &mut House) -> Result<Vec<SocketAddr>, OpenError> {
        if house.server.is_some() {
            return Err(OpenError::AlreadyOpen);
        }
        let config = self.load(house)?;
        let mut builder =
            Server::builder().settings(config.settings).catalog(self.source.catalog().clone());
        for setup in config.plugins {
            builder = builder.enable(setup);
        }
        let server = builder.start()?;
        let handle = server.handle();
        for line in lock(&self.views).iter() {
            line.connect(&handle);
        }
        self.set_vocabulary(handle.directory(), true);
        let addresses = server.addresses();
        house.server = Some(server);
        Ok(addresses)
    }

    async fn close_locked(&self, house: &mut House) -> bool {
        let Some(server) = house.server.take() else {
            return false;
        };
        self.set_vocabulary(server.handle().directory(), false);
        server.stop().await;
        true
    }

    async fn start(&self, address: Option<&str>) -> Result<Reply, CommandError> {
        let mut house = self.house.lock().await;
        let before = house.listen.clone();
        if let Some(address) = address {
            if house.server.is_some() {
                return Err(failed(OpenError::AlreadyOpen));
            }
            house.listen = vec![address.into()];
        }
        let opened = self.open_locked(&mut house);
        if opened.is_err() {
            // An address that did not work is not tried again by the next `start`.
            house.listen = before;
        }
        opened.map(|addresses| listening(&addresses)).map_err(failed)
    }

    /// Closes and opens the house, unless the configuration is wrong by now.
    async fn restart(&self) -> Result<Reply, CommandError> {
        let mut house = self.house.lock().await;
        if house.server.is_none() {
            return Err(not_running());
        }
        self.load(&house).map_err(failed)?;
        self.close_locked(&mut house).await;
        let opened = self.open_locked(&mut house);
        opened.map(|addresses| listening(&addresses)).map_err(failed)
    }

    async fn show_config(&self) -> Result<Reply, CommandError> {
        let house = self.house.lock().await;
        let from = match self.source.path() {
            Some(path) => path.display().to_string(),
            None => "the built-in defaults (`salotto init` writes a file)".into(),
        };
        let listen = match house.listen.is_empty() {
            true => "",
            false => "; server.listen was given when it was started",
        };
        let Some(server) = &house.server else {
            let config = self.load(&house).map_err(failed)?;
            let text = config.to_ron();
            return Ok(Reply::Text(format!(
                "// the house is not running; `start` takes this from {from}{listen}\n{text}"
            )));
        };
        let handle = server.handle();
        drop(house);
        let status = handle.status().await.map_err(failed)?;
        let plugins: Vec<_> = status
            .plugins
            .into_iter()
            .map(|plugin| {
                let mut setup = salotto::PluginSetup::new(plugin.name).settings(plugin.settings);
                setup.on_panic = plugin.on_panic;
                setup
            })
            .collect();
        let text = settings::show(&handle.settings(), &plugins);
        Ok(Reply::Text(format!("// in force, from {from}{listen}\n{text}")))
    }

    async fn reload_config(&self) -> Result<Reply, CommandError> {
        let house = self.house.lock().await;
        let (handle, config, path) = self.reloaded(&house)?;
        let applied = handle.apply(config.settings, Some(config.plugins)).await.map_err(failed)?;
        let waiting = match applied.after_restart.as_slice() {
            [] => String::new(),
            fields => format!("; after `restart`: {}", fields.join(", ")),
        };
        Ok(Reply::Text(format!("{path} is in force{waiting}")))
    }

    async fn reload_plugins(&self) -> Result<Reply, CommandError> {
        let house = self.house.lock().await;
        let (handle, config, path) = self.reloaded(&house)?;
        let settings = handle.settings().as_ref().clone();
        let names: Vec<String> = config.plugins.iter().map(|setup| setup.name.clone()).collect();
        handle.apply(settings, Some(config.plugins)).await.map_err(failed)?;
        let names = match names.as_slice() {
            [] => "none".into(),
            names => names.join(", "),
        };
        Ok(Reply::Text(format!("the plugins of {path} are in force: {names}")))
    }

    /// What a reload takes over, into which house, from where.
    fn reloaded(&self, house: &House) -> Result<(Handle, Config, String), CommandError> {
        let server = house.server.as_ref().ok_or_else(not_running)?;
        let config = self.load(house).map_err(failed)?;
        let Some(path) = &config.path else {
            let text = "there is no configuration file to read; `salotto init` writes one";
            return Err(CommandError::Refused(text.into()));
        };
        let path = path.display().to_string();
        Ok((server.handle(), config, path))
    }

    fn load(&self, house: &House) -> Result<Config, ConfigError> {
        let mut config = self.source.load()?;
        if !house.listen.is_empty() {
            config.settings.server.listen = house.listen.clone();
        }
        Ok(config)
    }

    async fn ask_house(&self, line: &str) -> Result<Reply, CommandError> {
        let handle = self.handle().await.ok_or_else(not_running)?;
        handle.execute(line).await
    }

    async fn handle(&self) -> Option<Handle> {
        self.house.lock().await.server.as_ref().map(Server::handle)
    }

    fn vocabulary<T>(&self, look: impl FnOnce(&Vocabulary) -> T) -> T {
        look(&self.vocabulary.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_vocabulary(&self, directory: Directory, is_open: bool) {
        let mut vocabulary = self.vocabulary.write().unwrap_or_else(PoisonError::into_inner);
        *vocabulary = Vocabulary { directory, is_open };
    }
}

impl Candidates for Steward {
    /// Who and what is in the house; nobody is in a closed one.
    fn candidates(&self, kind: &ArgKind, prefix: &str) -> Vec<String> {
        match self.vocabulary(|vocabulary| vocabulary.is_open.then(|| vocabulary.directory.clone()))
        {
            Some(directory) => directory.candidates(kind, prefix),
            None => Vec::new(),
        }
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("House")
            .field("is_open", &self.server.is_some())
            .field("listen", &self.listen)
            .finish()
    }
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

fn not_running() -> CommandError {
    CommandError::Refused("the house is not running; type start".into())
}

fn failed(error: impl std::fmt::Display) -> CommandError {
    CommandError::Failed(error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
