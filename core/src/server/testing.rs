//! A server in memory for tests of plugins and of programs that embed one: no socket, a clock that is stepped, people who talk. Behind the
//! feature `testing`.
//!
//! ```
//! use salotto::testing::TestServer;
//! use salotto::{Verdict, plugin};
//!
//! let server = TestServer::new().plugin("shout", plugin::before_message(|_context, draft| {
//!     draft.text = draft.text.to_uppercase();
//!     Verdict::Pass
//! }));
//! let ada = server.enter("ada");
//! let bob = server.enter("bob");
//! ada.types("hello");
//! bob.hears("ada: HELLO");
//! ```
//!
//! Everything waits for what it expects, for ten seconds at most, and panics with a transcript when it does not come.

#[cfg(test)]
mod cluster;
mod engine;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use async_io::Timer;
use futures_lite::future::FutureExt;
use futures_lite::future::block_on;

use crate::command::CommandError;
use crate::dialect::{Builtin, RoomRole};
use crate::plugin::Plugin;
use crate::protocol::event::Event;
use crate::protocol::peer::Peer;
use crate::protocol::reply::Reply;
use crate::protocol::settings::Settings;
use crate::protocol::timestamp::Timestamp;
use crate::server::participant::{JoinError, JoinOptions, Participant};
use crate::server::{Server, ServerBuilder};
use crate::state::clock::Clock;
use crate::state::handle::Handle;
use crate::state::inbox::Inbox;

pub use engine::Engine;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server without a socket, on a thread of its own, whose clock stands still until it is stepped.
#[derive(Debug)]
pub struct TestServer {
    server: Option<Server>,
    handle: Handle,
    clock: Clock,
}

/// Somebody in a [`TestServer`].
#[derive(Debug)]
pub struct Guest {
    participant: RefCell<Participant>,
    /// Shown and not yet waited for: the rest of an event of several lines.
    shown: RefCell<VecDeque<String>>,
    transcript: RefCell<Vec<String>>,
}

impl Default for TestServer {
    fn default() -> Self {
        Self::new()
    }
}

impl TestServer {
    /// A server with default settings and no plugins. It is 2026-01-01, midnight.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    /// A server with these settings and no plugins; addresses in them are not listened on.
    ///
    /// # Panics
    /// When the settings are out of bounds.
    pub fn with(settings: Settings) -> Self {
        Self::built(Server::builder().settings(settings))
    }

    /// A server as a program would build it, with a catalog for example; it listens nowhere and its clock stands still.
    ///
    /// # Panics
    /// When it does not start.
    pub fn built(builder: ServerBuilder) -> Self {
        let clock = Clock::stopped();
        let server = builder
            .listen(Vec::<String>::new())
            .clock(clock.clone())
            .start()
            .unwrap_or_else(|error| panic!("the server does not start: {error}"));
        Self { handle: server.handle(), server: Some(server), clock }
    }

    /// Adds a plugin.
    pub fn plugin(self, name: &str, plugin: impl Plugin + 'static) -> Self {
        block_on(self.handle.add_plugin(name, plugin)).expect("the server is running");
        self
    }

    /// The way into the server for everything else.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Somebody joins, under this name or one that looks like it.
    ///
    /// # Panics
    /// When they are refused.
    pub fn enter(&self, name: &str) -> Guest {
        self.try_enter(name).unwrap_or_else(|error| panic!("{name} could not enter: {error}"))
    }

    /// Somebody tries to join.
    ///
    /// # Errors
    /// What they are refused with.
    pub fn try_enter(&self, name: &str) -> Result<Guest, JoinError> {
        self.try_enter_as(Peer::Local, name)
    }

    /// Somebody tries to join from an address, as plugins see it; there is no socket.
    ///
    /// # Errors
    /// What they are refused with.
    ///
    /// # Panics
    /// When the address is none.
    pub fn try_enter_from(&self, address: &str, name: &str) -> Result<Guest, JoinError> {
        let address = address.parse().unwrap_or_else(|error| panic!("{address}: {error}"));
        self.try_enter_as(Peer::Network(SocketAddr::new(address, 50_000)), name)
    }

    fn try_enter_as(&self, peer: Peer, name: &str) -> Result<Guest, JoinError> {
        let participant =
            block_on(Participant::join(&self.handle, name, JoinOptions::default().peer(peer)))?;
        let participant = RefCell::new(participant);
        Ok(Guest { participant, shown: RefCell::default(), transcript: RefCell::default() })
    }

    /// The operator types a command.
    ///
    /// # Errors
    /// What the console would show.
    pub fn types(&self, line: &str) -> Result<Reply, CommandError> {
        block_on(self.handle.execute(line))
    }

    /// Sets the time of day, back or forth, as who administers a machine may. What is measured in durations goes on as before.
    pub fn set_time(&self, time: Timestamp) {
        let clock = self.clock.clone();
        // When the server has ended nobody reads it.
        let _ = block_on(self.handle.ask(move |_| clock.set(time)));
    }

    /// Moves the clock on, lets every timer that is due be run, and returns when all that follows has happened.
    pub fn step(&self, by: Duration) {
        let clock = self.clock.clone();
        block_on(async {
            // Between two turns of the hub, so that no hook sees two times.
            let _ = self.handle.ask(move |_| clock.step(by)).await;
            let _ = self.handle.inbox.send(Inbox::TimersDue).await;
            let _ = self.handle.ask(|_| ()).await;
        });
    }

    /// Stops the server as a graceful stop does.
    pub fn stop(mut self) {
        if let Some(server) = self.server.take() {
            block_on(server.stop());
        }
    }
}

impl Guest {
    /// Types a line: a message, or a command after `!`.
    pub fn types(&self, line: &str) {
        // A server that is stopped is found out by whoever waits for an answer.
        let _ = block_on(self.participant.borrow().type_line(line));
    }

    /// Waits until this line is shown, as `nc` would show it. Lines before it are passed over.
    ///
    /// # Panics
    /// When it does not come, with everything that did.
    pub fn hears(&self, line: &str) {
        self.hears_where(&format!("the line {line:?}"), |heard| heard == line);
    }

    /// Waits until a line is shown that contains this, and returns it.
    ///
    /// # Panics
    /// When none comes, with everything that did.
    pub fn hears_about(&self, part: &str) -> String {
        self.hears_where(&format!("a line with {part:?}"), |heard| heard.contains(part))
    }

    /// Waits until it is told goodbye, and returns the reason.
    ///
    /// # Panics
    /// When it is not.
    pub fn hears_goodbye(&self) -> String {
        self.hears_about("* goodbye (")
    }

    /// Waits for the next line.
    ///
    /// # Panics
    /// When none comes, with everything that did.
    pub fn hears_next(&self) -> String {
        self.hears_where("a line", |_| true)
    }

    /// Everything that was shown and waited for up to now.
    pub fn transcript(&self) -> Vec<String> {
        self.transcript.borrow().clone()
    }

    fn hears_where(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let Some(line) = self.next_line() else {
                panic!("{what} did not come; what came: {:#?}", self.transcript.borrow());
            };
            self.transcript.borrow_mut().push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
    }

    fn next_line(&self) -> Option<String> {
        loop {
            if let Some(line) = self.shown.borrow_mut().pop_front() {
                return Some(line);
            }
            let mut bytes = Vec::new();
            let text = Builtin::Text.dialect();
            match &self.next_event()? {
                // Guests look at the server as somebody in its main room does.
                Event::Entry(entry) => text.encode_entry(entry, RoomRole::Main, &mut bytes),
                event => text.encode_event(event, &mut bytes),
            }
            let text = String::from_utf8_lossy(&bytes);
            self.shown.borrow_mut().extend(text.lines().map(str::to_owned));
        }
    }

    fn next_event(&self) -> Option<Event> {
        let mut participant = self.participant.borrow_mut();
        let late = async {
            Timer::after(PATIENCE).await;
            None
        };
        block_on(participant.next().or(late))
    }
}
