//! The order of several servers that share rooms, kept by Redis or Valkey.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use salotto::Server;
//! use salotto_plugins::redis::{RedisOptions, RedisOrder};
//!
//! let order = RedisOrder::open(RedisOptions { engines: vec!["redis://10.0.0.5".to_owned()], ..RedisOptions::default() })?;
//! let server = Server::builder().listen(["127.0.0.1:0"]).order(Arc::new(order)).start()?;
//! # smol::block_on(server.stop());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two threads: the *writer* sends what the hub wants, a call for each room and turn, and the *ear* hears what comes of it. The scripts in `redis/script/` are what the engine does in one go: they
//! give ids and time, append to the log of a room, and publish. Each batch names the one before it, so that a node can tell whether what the engine has is what it has heard, and gives back what
//! the engine has lost where it is.
//!
//! Nothing is asked of the engine but what Redis 7.0 and Valkey have in common. Its keys begin with [`RedisOptions::prefix`].

mod calls;
mod ear;
mod link;
mod message;
mod queue;
mod room;
mod script;
mod shared;
mod writer;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use salotto::order::{
    Claim, Healing, Known, Order, OrderNews, Proposal, Proposed, To, Unavailable,
};
use salotto::protocol::mask_secrets;
use salotto::{EntryId, Name, NameBounds, OrderStatus, RoomName};

use link::Engine;
use queue::Job;
use shared::{Shared, lock};

/// How an engine is used.
#[derive(Clone, PartialEq)]
pub struct RedisOptions {
    /// Where the engine may be, each as `redis://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]`. Of several, the one that can be written to is used: a replica that was promoted takes the place of the
    /// one that was lost.
    pub engines: Vec<String>,
    /// What this server is called, which should be another on each machine. A part of the node's name; letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Whether a node of the same name that was here before is gone for sure, because there is one server of this name.
    pub replaces: bool,
    /// Rooms that are not shared.
    pub local: BTreeSet<String>,
    /// What keys and channels begin with, for several groups of servers on one engine.
    pub prefix: String,
    /// How long an answer is waited for before the engine counts as away.
    pub timeout: Duration,
    /// After how much silence a node counts as gone.
    pub silent_after: Duration,
    /// How long nothing is proposed after the engine was lost, so that who has heard more than others can give it back first.
    pub settle: Duration,
    /// Entries of a room that the engine keeps, and bytes of them that a node keeps in case the engine loses them.
    pub ring: u64,
    /// See [`ring`](Self::ring).
    pub ring_bytes: usize,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            engines: Vec::new(),
            name: "node".to_owned(),
            replaces: false,
            local: BTreeSet::new(),
            prefix: "salotto:".to_owned(),
            timeout: Duration::from_secs(2),
            silent_after: Duration::from_secs(12),
            settle: Duration::from_millis(700),
            ring: 4096,
            ring_bytes: 1024 * 1024,
        }
    }
}

/// Without the passwords.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RedisOptions")
            .field("engines", &masked(&self.engines))
            .field("name", &self.name)
            .field("local", &self.local)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// URLs as they may be shown.
pub(crate) fn masked(urls: &[String]) -> Vec<String> {
    urls.iter().map(|url| mask_secrets(url).into_owned()).collect()
}

/// See the [module](self).
#[derive(Debug)]
pub struct RedisOrder {
    shared: Arc<Shared>,
    /// The rooms that are not shared, whatever form their names are written in.
    local: BTreeSet<String>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl RedisOrder {
    /// Makes a node of these options. It connects when a server is given it and starts.
    ///
    /// # Errors
    /// When an option cannot be, for the operator.
    pub fn open(options: RedisOptions) -> Result<Self, String> {
        let engines = engines(&options)?;
        let node = format!("{}-{:08x}", options.name, fastrand::u32(..));
        let rooms =
            options.local.iter().filter_map(|room| RoomName::new(room, NameBounds::NONE).ok());
        let local = rooms.filter_map(|room| room.keys().into_iter().next()).collect();
        let shared = Arc::new(Shared::new(options, engines, node));
        Ok(Self { shared, local, threads: Mutex::default() })
    }
}

/// Connects to the engine of these options, and says which it is, for an operator who asks before the server starts. Waits for it.
///
/// # Errors
/// What is wrong with the options, or with the engine.
pub fn examine(options: &RedisOptions) -> Result<String, String> {
    let engines = engines(options)?;
    let shared = Shared::new(options.clone(), engines, format!("{}-check", options.name));
    let (_, mut link) = shared.connect().map_err(|error| error.to_string())?;
    let info = link.ask(redis::cmd("INFO").arg("server")).map_err(|error| error.to_string())?;
    let info = link::text(&info).unwrap_or_default();
    let said = |field: &str| info.lines().find_map(|line| line.strip_prefix(field)).map(str::trim);
    let version = match (said("valkey_version:"), said("redis_version:")) {
        (Some(version), _) => format!("Valkey {version}"),
        (None, Some(version)) => format!("Redis {version}"),
        (None, None) => "of an unknown version".to_owned(),
    };
    Ok(format!("{} is {version}", shared.engine_in_use()))
}

/// Looks whether a node can be made of these options, without asking the engine.
///
/// # Errors
/// What is wrong with them.
pub fn check(options: &RedisOptions) -> Result<(), String> {
    engines(options).map(drop)
}

fn engines(options: &RedisOptions) -> Result<Vec<Engine>, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if options.name.is_empty() || options.name.len() > 64 || !options.name.chars().all(is_plain) {
        let name = &options.name;
        return Err(format!(
            "`{name}` cannot be the name of a node; use letters, digits, `.`, `_` and `-`, at most 64"
        ));
    }
    if options.engines.is_empty() {
        return Err("there is no engine; write one such as `redis://10.0.0.5:6379`".to_owned());
    }
    options.engines.iter().map(|engine| Engine::parse(engine)).collect()
}

impl Order for RedisOrder {
    fn node(&self) -> &str {
        &self.shared.node
    }

    fn shares(&self, room: &RoomName) -> bool {
        let keys = room.keys();
        !keys.first().is_some_and(|key| self.local.contains(key))
    }

    fn attach(&self, news: OrderNews) {
        // There is one server for each order.
        if !self.shared.attach(news) {
            return;
        }
        let spawned = writer::spawn(self.shared.clone())
            .and_then(|writer| Ok([writer, ear::spawn(self.shared.clone())?]));
        match spawned {
            Ok(threads) => lock(&self.threads).extend(threads),
            Err(error) => self.shared.lose(format!("no thread can be started: {error}")),
        }
    }

    fn open(&self, room: &RoomName, known: Known) {
        self.shared.open(room, known);
        self.shared.queue.push(Job::Listen(room.clone()));
    }

    fn close_room(&self, room: &RoomName) {
        if let Some(open) = self.shared.rooms().get_mut(room) {
            open.is_closing = true;
            open.here.clear();
        }
        self.shared.queue.push(Job::Close(room.clone()));
    }

    fn commit(&self, proposal: Proposal) -> Result<(), Vec<Proposed>> {
        if let Some(open) = self.shared.rooms().get_mut(&proposal.room) {
            open.here.extend(proposal.here.iter().cloned());
            open.here.retain(|name| !proposal.gone.contains(name));
        }
        let refused = match self.shared.is_refusing() {
            true => Err(proposal),
            false => self.shared.queue.propose(proposal),
        };
        refused.map_err(|proposal| {
            self.shared.tally().refused += proposal.entries.len() as u64;
            // Who is there is told all the same.
            if self.shared.is_up() {
                self.shared.read_anew(&proposal.room);
            }
            proposal.entries
        })
    }

    fn claim(&self, claim: Claim) {
        self.shared.queue.push(Job::Claim(claim));
    }

    fn release(&self, name: &Name) {
        self.shared.queue.push(Job::Release(name.clone()));
    }

    fn tell(&self, to: To, text: String) -> Result<(), Unavailable> {
        let is_taken = self.shared.is_up() && self.shared.queue.push(Job::Tell(to, text));
        if is_taken { Ok(()) } else { Err(Unavailable) }
    }

    fn set(&self, namespace: &str, key: &str, value: Option<&str>) {
        let place = (namespace.to_owned(), key.to_owned());
        self.shared.values().note(place, value.map(str::to_owned));
        self.shared.queue.set(namespace, key, value);
    }

    fn delete(&self, room: &RoomName, id: EntryId) {
        self.shared.queue.push(Job::Delete(room.clone(), id));
    }

    fn heal(&self, _healing: Healing) {
        // What the engine has lost is given back from what was heard, with the numbers and tickets that it had; the hub is not asked for it.
    }

    fn status(&self) -> OrderStatus {
        let tally = self.shared.tally().clone();
        let rooms = self.shared.rooms();
        let shown = rooms.iter().filter(|(_, open)| !open.is_closing).map(|(room, open)| {
            let epoch = open.known.epoch.clone().unwrap_or_default();
            (room.to_string(), (epoch, open.known.last))
        });
        let rooms = shown.collect();
        OrderStatus {
            place: self.shared.place(),
            node: self.shared.node.clone(),
            others: tally.others,
            lag_micros: tally.lag_micros,
            waiting: self.shared.queue.entries() as u64,
            ordered: tally.ordered,
            refused: tally.refused,
            losses: tally.losses,
            rooms,
            last_heal: tally.last_heal,
            trouble: self.shared.trouble(),
        }
    }

    fn close(&self) {
        self.shared.queue.close();
        let mut threads = std::mem::take(&mut *lock(&self.threads)).into_iter();
        // The writer takes its leave, and then the ear has nothing to hear. One that panicked has reported it.
        threads.next().into_iter().for_each(|writer| drop(writer.join()));
        self.shared.hang_up();
        threads.for_each(|ear| drop(ear.join()));
    }
}

impl Drop for RedisOrder {
    fn drop(&mut self) {
        self.close();
    }
}
