//! A real server on a port of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use salotto::plugin::CatalogError;
use salotto::{
    Handle, Plugin, PluginInfo, PluginSetup, Reply, Server, ServerBuilder, Settings, StartError,
    Status,
};

use crate::client::Client;
use crate::json::JsonClient;
use crate::transcript::Transcript;
use crate::{PATIENCE, plugins, soon};

/// A server that listens on a port of 127.0.0.1 that the system chose. Dropping it closes it; in a test that fails it prints the transcript.
pub struct TestServer {
    server: Option<Server>,
    handle: Handle,
    address: SocketAddr,
    transcript: Transcript,
    /// How many have connected, to tell the nameless apart.
    connections: AtomicUsize,
}

/// What a [`Server`] is opened from.
pub struct TestServerBuilder {
    settings: Settings,
    server: ServerBuilder,
}

impl TestServerBuilder {
    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Adds a plugin.
    pub fn plugin(mut self, name: &str, plugin: impl Plugin + 'static) -> Self {
        self.server = self.server.plugin(name, plugin);
        self
    }

    /// Adds a plugin of the catalog that comes with Salotto, with its default settings.
    pub fn enable(mut self, name: &str) -> Self {
        self.server = self.server.enable(PluginSetup::new(name));
        self
    }

    /// Replaces the catalog.
    pub fn catalog(mut self, catalog: salotto::Catalog) -> Self {
        self.server = self.server.catalog(catalog);
        self
    }

    /// Changes anything else.
    pub fn server(mut self, change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        self.server = change(self.server);
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn open(self) -> TestServer {
        self.try_open().unwrap_or_else(|error| panic!("the server does not start: {error}"))
    }

    /// Starts the server, or says why not.
    ///
    /// # Errors
    /// What [`ServerBuilder::start`] answers.
    pub fn try_open(self) -> Result<TestServer, StartError> {
        let server = self.server.settings(self.settings).start()?;
        Ok(TestServer {
            handle: server.handle(),
            address: server.addresses()[0],
            server: Some(server),
            transcript: Transcript::default(),
            connections: AtomicUsize::new(0),
        })
    }
}

impl TestServer {
    /// A server without plugins and with default settings, but for what would get into the way of tests that are not about it: no rate, no
    /// history for newcomers, two threads.
    pub fn builder() -> TestServerBuilder {
        let mut settings = Settings::default();
        settings.server.listen = vec!["127.0.0.1:0".into()];
        settings.server.threads = Some(2);
        settings.limits.rate = None;
        settings.rooms.history = 0;
        TestServerBuilder { settings, server: Server::builder().catalog(plugins::catalog()) }
    }

    /// The plainest server.
    pub fn open() -> Self {
        Self::builder().open()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to ask it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Somebody connects and says nothing.
    pub fn connects(&self) -> Client {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Client::connect(self.address, &format!("#{number}"), &self.transcript)
    }

    /// Somebody connects whose window takes little before they read: what they do not read soon waits in the server.
    pub fn connects_narrowly(&self) -> Client {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Client::connect_narrow(self.address, &format!("#{number}"), &self.transcript)
    }

    /// Somebody connects from another address of this machine, such as 127.0.0.2, and says nothing.
    pub fn connects_from(&self, source: &str) -> Client {
        let source = source.parse().expect("an address");
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Client::connect_from(source, self.address, &format!("#{number}"), &self.transcript)
    }

    /// Somebody enters the default room with a text client and has heard that they are in it.
    pub fn enters(&self, name: &str) -> Client {
        self.connects().enters(name)
    }

    /// Somebody connects with a JSON client and says nothing.
    pub fn connects_json(&self) -> JsonClient {
        JsonClient::new(self.connects())
    }

    /// Somebody enters the default room with a JSON client and has heard that they are in it.
    pub fn enters_json(&self, name: &str) -> JsonClient {
        self.connects_json().enters(name)
    }

    /// The operator types a command.
    ///
    /// # Panics
    /// When it is refused.
    pub fn types(&self, line: &str) -> Reply {
        soon(line, self.handle.execute(line)).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        soon("the status", self.handle.status()).expect("the server is running")
    }

    /// What a plugin is doing.
    ///
    /// # Panics
    /// When it is not enabled.
    pub fn plugin(&self, name: &str) -> PluginInfo {
        let mut plugins = self.status().plugins.into_iter();
        plugins
            .find(|plugin| plugin.name == name)
            .unwrap_or_else(|| panic!("the plugin `{name}` is not enabled"))
    }

    /// Enables a plugin of the catalog while people talk.
    ///
    /// # Errors
    /// What the catalog answers.
    pub fn enables(&self, setup: PluginSetup) -> Result<(), CatalogError> {
        soon("enabling a plugin", self.handle.enable(setup)).expect("the server is running")
    }

    /// Adds a plugin while people talk.
    pub fn adds(&self, name: &str, plugin: impl Plugin + 'static) {
        soon("adding a plugin", self.handle.add_plugin(name, plugin))
            .expect("the server is running");
    }

    /// Disables a plugin while people talk. Says whether it was enabled.
    pub fn disables(&self, name: &str) -> bool {
        soon("disabling a plugin", self.handle.disable(name)).expect("the server is running")
    }

    /// How often a limit was hit, by what the operator is shown of it.
    pub fn hits(&self, hit: salotto::LimitHit) -> u64 {
        let Reply::Table { rows, .. } = self.types("limits") else {
            return 0;
        };
        let row = rows.iter().find(|row| row[0] == hit.describe());
        row.map_or(0, |row| row[1].parse().expect("a count"))
    }

    /// Waits until the server is in a state that no connection is told of. Each look goes through the hub, after all that it was given before.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn waits_until(&self, what: &str, holds: impl Fn(&Status) -> bool) {
        let started = Instant::now();
        while !holds(&self.status()) {
            assert!(started.elapsed() < PATIENCE, "it never came to this: {what}");
        }
    }

    /// Stops the server as a graceful stop does, and says how long that took.
    ///
    /// # Panics
    /// When it is closed already.
    pub fn stops(&mut self) -> std::time::Duration {
        let server = self.server.take().expect("the server is running");
        let started = Instant::now();
        soon("a graceful stop", server.stop());
        started.elapsed()
    }

    /// Stops the server as `restart` does.
    pub fn stops_to_restart(&mut self) {
        if let Some(server) = self.server.take() {
            soon("the stop of the server", server.stop_to_restart());
        }
    }

    /// Stops the server without a word.
    pub fn drops(&mut self) {
        self.server = None;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "the test runner shows it with the failure")]
            {
                eprintln!("what was said and heard:\n{}", self.transcript.text());
            }
        }
    }
}
