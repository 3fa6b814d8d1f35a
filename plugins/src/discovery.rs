//! `discovery`: the server is found by itself on the local network, by multicast DNS and DNS-SD, as `_salotto._tcp`.
//!
//! ```ron
//! (interfaces: ["eth0"])
//! ```
//!
//! Everybody on the local network is told the name of the server, its addresses and port, whether it asks for a password and speaks TLS, the version of the protocol, and
//! the path of the web page where there is one: what whoever connects is told as well. Where the server listens on loopback alone, nothing is
//! announced. A server whose name another one has is announced with a number behind it.
//!
//! Between queries it wakes up once a minute, to see which interfaces there are. Where multicast is not to be had it is
//! [failing](salotto::PluginState::Failing), and tries again once a minute.

mod announcing;

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;

use async_channel::{Receiver, Sender};
use salotto::discovery::{Interfaces, Record};
use salotto::{Action, Context, Plugin, PluginInfo, Settings};
use serde::Deserialize;

use announcing::Announcing;

/// The settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscoverySettings {
    /// The network interfaces to announce on, by name; `lo` keeps it on this machine. Default none named: all but loopback and those that lead to
    /// containers and virtual machines.
    pub interfaces: Vec<String>,
}

/// The plugin.
#[derive(Debug)]
pub struct Discovery {
    settings: DiscoverySettings,
    /// The host name that the server is announced under: that of the machine is nobody's business, and may be announced by another program.
    host: String,
    /// What is announced, and how the task learns of another. `None` where nothing is announced.
    announced: Option<(Record, Sender<Record>)>,
    /// Closes when the task has said goodbye.
    goodbye: Option<Receiver<Infallible>>,
}

impl Discovery {
    /// The plugin with these settings. It announces from its start on.
    pub fn new(settings: DiscoverySettings) -> Self {
        let host = format!("salotto-{:08x}", fastrand::u32(..));
        Self { settings, host, announced: None, goodbye: None }
    }

    /// Announces anew where something that is told has changed.
    fn look_again(&mut self, context: &Context<'_>) {
        let Some((announced, changes)) = &mut self.announced else { return };
        let record = record(context);
        if record != *announced {
            *announced = record.clone();
            // The latest is all that counts.
            let _ = changes.force_send(record);
        }
    }
}

impl Default for Discovery {
    fn default() -> Self {
        Self::new(DiscoverySettings::default())
    }
}

impl Plugin for Discovery {
    fn start(&mut self, context: &mut Context<'_>) {
        let before = self.goodbye.take();
        let addresses = context.status().addresses;
        let names = &self.settings.interfaces;
        // Who names interfaces may mean loopback.
        let is_told = |address: &&SocketAddr| !names.is_empty() || !address.ip().is_loopback();
        // One port is announced: that of the first address that others can reach.
        let Some(first) = addresses.iter().find(is_told) else { return };
        let listening = addresses.iter().filter(|other| other.port() == first.port());
        let record = record(context);
        let (changes, changed) = async_channel::bounded(1);
        let (said, goodbye) = async_channel::bounded(1);
        context.spawn(
            Announcing {
                interfaces: Interfaces::named(names).leading_to(listening.map(|other| other.ip())),
                host: self.host.clone(),
                port: first.port(),
                changed,
                stopping: context.stopping(),
                reporter: context.reporter(),
            }
            .run(record.clone(), before, said),
        );
        self.announced = Some((record, changes));
        self.goodbye = Some(goodbye);
    }

    /// The one that replaces this one waits for the goodbye, which would otherwise contradict it.
    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(self.goodbye.take()?))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        self.goodbye = state.downcast().ok().map(|goodbye| *goodbye);
    }

    fn after_settings_changed(&mut self, context: &mut Context<'_>, _: &Settings) {
        self.look_again(context);
    }

    /// The page may have come or gone.
    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        if ["enable", "disable", "replace"].contains(&action.what.as_str()) {
            self.look_again(context);
        }
    }
}

/// What is to be told of the server now.
fn record(context: &Context<'_>) -> Record {
    let settings = context.settings();
    let plugins = context.status().plugins;
    let has = |name| plugins.iter().any(|plugin: &PluginInfo| plugin.name == name);
    let has_password = settings.server.password.is_some();
    let record = Record::new(&settings.server.name).password(has_password).tls(has("tls"));
    if has("web") { record.page("/") } else { record }
}
