//! `metrics`: the numbers of the server for [Prometheus](https://prometheus.io), over HTTP on an address of its own.
//!
//! ```ron
//! (listen: "127.0.0.1:9464")
//! ```
//!
//! `GET /metrics` answers how many are here, what was said and delivered, which limits were hit, why connections ended and how long the hooks of
//! each plugin took. Numbers only, no names of people and nothing of what they say; still, the default address is for this machine alone.
//!
//! Nothing is done while nobody asks. An address that is taken is reported and tried again. When the settings change, whoever takes over the same address
//! goes on with the same listener, so that no request meets a closed door.

mod http;
mod server;
mod text;

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use async_channel::Sender;
use salotto::{Context, Plugin};
use serde::{Deserialize, Deserializer};
use smol::net::TcpListener;

use server::{Desk, FromTask};

/// Where the numbers are told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSettings {
    /// An address with a port; with port 0 the system chooses one, and the operator is told which. Default `127.0.0.1:9464`.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
}

/// The plugin.
#[derive(Debug)]
pub struct Metrics {
    settings: MetricsSettings,
    retry: Duration,
    /// Once there is one; clones share it.
    listener: Option<TcpListener>,
    /// Never sent on; tells the task by closing.
    open: Option<Sender<Infallible>>,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let text = format!("`{text}` is no address with a port; write one such as 127.0.0.1:9464");
        serde::de::Error::custom(text)
    })
}

impl Metrics {
    /// The plugin with these settings. It listens when it starts.
    pub fn new(settings: MetricsSettings) -> Self {
        Self { settings, retry: server::RETRY, listener: None, open: None }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(MetricsSettings::default())
    }
}

impl Plugin for Metrics {
    fn start(&mut self, context: &mut Context<'_>) {
        let (open, closing) = async_channel::bounded(1);
        self.open = Some(open);
        let desk = Desk {
            address: self.settings.listen,
            closing,
            mailbox: context.mailbox(),
            reporter: context.reporter(),
            retry: self.retry,
        };
        context.spawn(desk.run(self.listener.clone()));
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        self.open = None;
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new((self.settings.listen, self.listener.take()?)))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(state) = state.downcast::<(SocketAddr, TcpListener)>() {
            let (address, listener) = *state;
            self.listener = (address == self.settings.listen).then_some(listener);
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        match result.downcast::<FromTask>().map(|told| *told) {
            Ok(FromTask::Listening(listener)) => self.listener = Some(listener),
            // Whoever asked may be gone.
            Ok(FromTask::Asked(sender)) => drop(sender.try_send(context.status())),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
